//! Which sets and rules make up the table.
use super::message::{
    Base, Element, Expression, FIRST, Hook, KeyType, Meta, Place, SECOND, Set, SetKind,
    TableFamily, add_chain, add_elements, add_rule, add_set,
};
use super::{Rules, Settings, Vmac};
use crate::netlink::Message;
use std::net::{IpAddr, Ipv6Addr};
use wire::Family;

const IGMP: u8 = 2;
const ICMPV6: u8 = 58;
const ROUTER_SOLICIT: u8 = 133;
const NEIGHBOUR_SOLICIT: u8 = 135;
const NEIGHBOUR_ADVERT: u8 = 136;
const MLD_REPORT: u8 = 131;
const MLD2_REPORT: u8 = 143;
/// Elements in one message.
pub(super) const PORTION: usize = 500;
/// `fe80::/10`.
const LINK_LOCAL: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const LINK_LOCAL_MASK: [u8; 16] = [0xff, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Everything in the table of this family; nothing when there is nothing to filter.
pub(super) fn content(place: Place<'_>, settings: &Settings, rules: &Rules) -> Vec<Message> {
    let mut ruleset = Ruleset {
        place,
        settings,
        messages: Vec::new(),
        sets: 0,
    };
    match place.family {
        TableFamily::Ip => ruleset.ip(rules),
        TableFamily::Ip6 => ruleset.ip6(rules),
    }
    ruleset.messages
}

struct Ruleset<'a> {
    place: Place<'a>,
    settings: &'a Settings,
    messages: Vec<Message>,
    sets: u32,
}

impl Ruleset<'_> {
    fn ip(&mut self, rules: &Rules) {
        use Expression::{Equals, In, Payload};
        let closed: Vec<_> = rules
            .closed
            .iter()
            .filter_map(|(address, _)| v4(*address))
            .collect();
        let vmacs: Vec<_> = rules
            .vmacs
            .iter()
            .filter(|v| v.family == Family::V4)
            .collect();
        if closed.is_empty() && vmacs.is_empty() {
            return;
        }
        self.chain("out", Some(Hook::LocalOut));
        if !vmacs.is_empty() {
            self.vmac_map(&vmacs);
            let protocol = [Payload(Base::Network, 9, 1, FIRST), Equals(&[IGMP])];
            self.move_reports(&protocol, Payload(Base::Network, 16, 4, FIRST));
        }
        if !closed.is_empty() {
            self.set("vips", &[KeyType::IPV4], closed);
            self.drop("out", &[Payload(Base::Network, 12, 4, FIRST), In("vips")]);
            self.chain("in", Some(Hook::LocalIn));
            self.drop("in", &[Payload(Base::Network, 16, 4, FIRST), In("vips")]);
        }
    }

    fn ip6(&mut self, rules: &Rules) {
        let closed: Vec<_> = rules
            .closed
            .iter()
            .filter_map(|(ip, link)| v6(*ip, *link))
            .collect();
        let vmacs: Vec<_> = rules
            .vmacs
            .iter()
            .filter(|v| v.family == Family::V6)
            .collect();
        if closed.is_empty() && vmacs.is_empty() {
            return;
        }
        self.chain("out", Some(Hook::LocalOut));
        self.ip6_parents(&vmacs);
        if !vmacs.is_empty() {
            self.ip6_vmacs(&vmacs);
        }
        if !closed.is_empty() {
            self.ip6_closed(&closed);
        }
    }

    /// Neighbour advertisements that would move a parent's address to a VMAC are dropped. The
    /// original has the rule, over an empty set, also where there are no VMACs.
    fn ip6_parents(&mut self, vmacs: &[&Vmac]) {
        use Expression::{Equals, In, Meta as Look, Payload};
        let parents = vmacs.iter().filter_map(|vmac| {
            let address = vmac.parent_link_local?;
            Some([address.octets().as_slice(), &name(&vmac.link.name)].concat())
        });
        self.set(
            "parent_link_local",
            &[KeyType::IPV6, KeyType::LINK_NAME],
            parents.collect(),
        );
        let [icmp, is_icmp, kind] = icmp_type();
        let macvlan = name("macvlan");
        let [look, is_macvlan] = [Look(Meta::OutLinkKind, FIRST), Equals(&macvlan)];
        let source = Payload(Base::Network, 8, 16, FIRST);
        let link = Look(Meta::OutLinkName, SECOND);
        let advert = Equals(&[NEIGHBOUR_ADVERT]);
        let known = In("parent_link_local");
        self.drop(
            "out",
            &[
                icmp, is_icmp, kind, advert, look, is_macvlan, source, link, known,
            ],
        );
    }

    fn ip6_vmacs(&mut self, vmacs: &[&Vmac]) {
        use Expression::{Equals, In, Meta as Look, Payload};
        self.vmac_map(vmacs);
        let links = vmacs
            .iter()
            .map(|vmac| vmac.link.index.to_ne_bytes().to_vec());
        self.set("vmac_set", &[KeyType::LINK_INDEX], links.collect());
        self.types("mld-report", &[MLD_REPORT, MLD2_REPORT]);
        let [icmp, is_icmp, kind] = icmp_type();
        let macvlan = name("macvlan");
        let [look, is_macvlan] = [Look(Meta::OutLinkKind, FIRST), Equals(&macvlan)];
        let report = [icmp, is_icmp, kind, In("mld-report")];
        self.move_reports(&report, Payload(Base::Network, 24, 16, FIRST));
        let solicit = Equals(&[ROUTER_SOLICIT]);
        let ours = [Look(Meta::OutLink, FIRST), In("vmac_set")];
        self.drop(
            "out",
            &[
                icmp, is_icmp, kind, solicit, look, is_macvlan, ours[0], ours[1],
            ],
        );
    }

    fn ip6_closed(&mut self, closed: &[(Ipv6Addr, u32)]) {
        use Expression::{Accept, Equals, Goto, In, Mask, Meta as Look, Payload};
        let (local, global): (Vec<_>, Vec<_>) = closed
            .iter()
            .partition(|(address, _)| address.is_unicast_link_local());
        let global = global
            .iter()
            .map(|(address, _)| address.octets().to_vec())
            .collect();
        self.set("vips", &[KeyType::IPV6], global);
        self.types("neighbor-discovery", &[NEIGHBOUR_SOLICIT, NEIGHBOUR_ADVERT]);
        // The same link-local address may be on any interface.
        let local = local
            .iter()
            .map(|(address, link)| [address.octets().as_slice(), &link.to_ne_bytes()].concat());
        let key = [KeyType::IPV6, KeyType::LINK_INDEX];
        self.set("vips_link_local", &key, local.collect());
        self.chain("in", Some(Hook::LocalIn));
        self.chain("in_link_local", None);
        self.chain("out_link_local", None);
        let [icmp, is_icmp, kind] = icmp_type();
        let sides = [
            ("out", "out_link_local", 8, Meta::OutLink),
            ("in", "in_link_local", 24, Meta::InLink),
        ];
        for (chain, local, offset, link) in sides {
            let address = Payload(Base::Network, offset, 16, FIRST);
            self.rule(
                chain,
                &[icmp, is_icmp, kind, In("neighbor-discovery"), Accept],
            );
            let is_local = [Mask(&LINK_LOCAL_MASK), Equals(&LINK_LOCAL), Goto(local)];
            self.rule(chain, &[address, is_local[0], is_local[1], is_local[2]]);
            self.drop(chain, &[address, In("vips")]);
            self.drop(local, &[address, Look(link, SECOND), In("vips_link_local")]);
        }
    }

    /// Group reports of a VMAC leave by its parent, so that the switch does not learn the virtual
    /// hardware address at a backup's port.
    fn move_reports(&mut self, which: &[Expression<'_>], destination: Expression<'_>) {
        let macvlan = name("macvlan");
        let mut rule = which.to_vec();
        rule.extend([
            Expression::Meta(Meta::OutLinkKind, FIRST),
            Expression::Equals(&macvlan),
            destination,
            Expression::Meta(Meta::OutLink, SECOND),
            Expression::Map("vmac_map", SECOND),
            Expression::Copy,
        ]);
        self.drop("out", &rule);
    }

    fn vmac_map(&mut self, vmacs: &[&Vmac]) {
        let elements = vmacs.iter().map(|vmac| Element {
            key: vmac.link.index.to_ne_bytes().to_vec(),
            last: None,
            data: Some(vmac.parent.to_ne_bytes().to_vec()),
        });
        self.add(&Set {
            name: "vmac_map",
            key: &[KeyType::LINK_INDEX],
            data: Some(KeyType::LINK_INDEX),
            kind: SetKind::Plain,
            elements: elements.collect(),
        });
    }

    fn types(&mut self, name: &str, types: &[u8]) {
        let elements = types.iter().map(|kind| Element {
            key: vec![*kind],
            last: None,
            data: None,
        });
        let key = &[KeyType::ICMPV6_TYPE];
        self.add(&Set {
            name,
            key,
            data: None,
            kind: SetKind::Constant,
            elements: elements.collect(),
        });
    }

    fn set(&mut self, name: &str, key: &[KeyType], mut elements: Vec<Vec<u8>>) {
        elements.sort_unstable();
        elements.dedup();
        let elements = elements
            .into_iter()
            .map(|key| Element {
                key,
                last: None,
                data: None,
            })
            .collect();
        self.add(&Set {
            name,
            key,
            data: None,
            kind: SetKind::Plain,
            elements,
        });
    }

    fn add(&mut self, set: &Set<'_>) {
        self.sets += 1;
        self.messages.push(add_set(self.place, set, self.sets));
        let portions = set.elements.chunks(PORTION);
        self.messages
            .extend(portions.map(|part| add_elements(self.place, set.name, part)));
    }

    fn chain(&mut self, name: &str, hook: Option<Hook>) {
        let hook = hook.map(|hook| (hook, self.settings.priority));
        self.messages.push(add_chain(self.place, name, hook));
    }

    fn rule(&mut self, chain: &str, expressions: &[Expression<'_>]) {
        self.messages.push(add_rule(self.place, chain, expressions));
    }

    fn drop(&mut self, chain: &str, which: &[Expression<'_>]) {
        let mut rule = which.to_vec();
        if self.settings.counters {
            rule.push(Expression::Counter);
        }
        rule.push(Expression::Drop);
        self.rule(chain, &rule);
    }
}

/// Leaves the type of an ICMP message for IPv6 in the first register.
const fn icmp_type() -> [Expression<'static>; 3] {
    [
        Expression::Meta(Meta::Protocol, FIRST),
        Expression::Equals(&[ICMPV6]),
        Expression::Payload(Base::Transport, 0, 1, FIRST),
    ]
}

fn v4(address: IpAddr) -> Option<Vec<u8>> {
    match address {
        IpAddr::V4(address) => Some(address.octets().to_vec()),
        IpAddr::V6(_) => None,
    }
}

const fn v6(address: IpAddr, link: u32) -> Option<(Ipv6Addr, u32)> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some((address, link)),
    }
}

/// Sixteen octets, filled with zeroes.
fn name(text: &str) -> [u8; 16] {
    let mut name = [0; 16];
    name.iter_mut()
        .zip(text.bytes().take(15))
        .for_each(|(place, octet)| *place = octet);
    name
}
