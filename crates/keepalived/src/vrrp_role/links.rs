//! Interfaces and their addresses as the kernel reports them, and what the machine needs of them.
use ledger::{AddressKey, AddressSpec};
use linux::netlink::{Address, Link, PROTOCOL};
use plan::{LinkDelay, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::{Instant, MacAddr};

/// All interfaces of the namespace.
#[derive(Debug, Default)]
pub(super) struct Links {
    by_index: BTreeMap<u32, Entry>,
    by_name: BTreeMap<String, u32>,
    /// Addresses that are ours to give: never the source of an advert.
    virtuals: BTreeSet<IpAddr>,
    /// Addresses of `static_ipaddress`, which may be.
    statics: BTreeSet<IpAddr>,
    /// What is made on top of what, by name; the source of adverts is below for a VMAC.
    bases: BTreeMap<String, Base>,
    /// `interface_up_down_delays`.
    delays: BTreeMap<String, LinkDelay>,
    /// Addresses that instances send from and cannot do without (`track_src_ip`).
    tracked: BTreeSet<IpAddr>,
}

#[derive(Debug)]
struct Base {
    name: String,
    lends_address: bool,
}

#[derive(Debug)]
struct Entry {
    link: Link,
    /// In the kernel's order: the first of a network is its primary.
    addresses: Vec<Address>,
    /// Put there by us, static ones apart, with their flags: there may be thousands, and none is
    /// a source.
    given: BTreeMap<AddressKey, u32>,
    shown: Shown,
}

impl Entry {
    fn new(link: Link, shown: Shown) -> Self {
        Entry {
            link,
            addresses: Vec::new(),
            given: BTreeMap::new(),
            shown,
        }
    }

    /// What a new plan calls static is the machine's own from now on.
    fn promote(&mut self, statics: &BTreeSet<IpAddr>) {
        let is_static = |key: &AddressKey, _: &mut u32| statics.contains(&key.prefix.addr());
        let promoted = self.given.extract_if(.., is_static);
        self.addresses.extend(promoted.map(|(key, flags)| Address {
            key,
            spec: AddressSpec::default(),
            protocol: PROTOCOL,
            flags,
        }));
    }

    fn has(&self, address: IpAddr) -> bool {
        let own = self.addresses.iter().map(|one| &one.key);
        own.chain(self.given.keys())
            .any(|key| key.prefix.addr() == address)
    }
}

/// Whether an interface runs, as far as that counts by now.
#[derive(Debug, Clone, Copy)]
struct Shown {
    runs: bool,
    /// When the opposite counts, unless it changes back before.
    turns_at: Option<Instant>,
}

impl Shown {
    /// The interface runs, or not.
    fn becomes(&mut self, runs: bool, now: Instant, delay: LinkDelay) {
        let delay = if runs { delay.up } else { delay.down };
        if runs == self.runs {
            self.turns_at = None;
        } else if delay.is_zero() {
            let turns_at = None;
            *self = Shown { runs, turns_at };
        } else {
            self.turns_at = self.turns_at.or(Some(now + delay));
        }
    }
}

impl Links {
    /// Takes up which addresses are virtual in this plan.
    pub(super) fn set_plan(&mut self, plan: &Plan) {
        let all = plan
            .instances
            .values()
            .flat_map(|instance| &instance.addresses);
        self.virtuals = all.map(|address| address.prefix.addr()).collect();
        let statics = plan.statics.iter().flat_map(|one| &one.addresses);
        self.statics = statics.map(|address| address.prefix.addr()).collect();
        for entry in self.by_index.values_mut() {
            entry.promote(&self.statics);
        }
        self.delays.clone_from(&plan.global.link_delays);
        let params = plan.instances.values().map(|one| &one.params);
        let sources = params.filter(|params| params.track_source);
        self.tracked = sources.filter_map(|params| params.source).collect();
        let base = |upper: &plan::Upper| Base {
            name: upper.base.clone(),
            lends_address: matches!(upper.kind, plan::UpperKind::Macvlan(_)),
        };
        let uppers = plan.uppers.iter();
        self.bases = uppers
            .map(|upper| (upper.name.clone(), base(upper)))
            .collect();
    }

    /// Replaces everything by a fresh dump.
    pub(super) fn replace(&mut self, now: Instant, links: Vec<Link>, addresses: &[Address]) {
        let before = std::mem::take(&mut self.by_index);
        self.by_name.clear();
        for link in links {
            let index = link.index;
            if let Some(entry) = before.get(&index) {
                let entry = Entry::new(entry.link.clone(), entry.shown);
                self.by_index.insert(index, entry);
            }
            self.put(now, link);
        }
        for address in addresses {
            self.add_address(address.clone());
        }
    }

    /// An interface is new or changed; gives what it was before.
    pub(super) fn put(&mut self, now: Instant, link: Link) -> Option<Link> {
        let index = link.index;
        let renamed = self
            .by_index
            .get(&index)
            .is_some_and(|entry| entry.link.name != link.name);
        if renamed {
            self.by_name.retain(|_, known| *known != index);
        }
        self.by_name.insert(link.name.clone(), index);
        let runs = runs(&link);
        match self.by_index.get_mut(&index) {
            Some(entry) => {
                let delay = self.delays.get(&link.name).copied().unwrap_or_default();
                entry.shown.becomes(runs, now, delay);
                Some(std::mem::replace(&mut entry.link, link))
            }
            None => {
                let turns_at = None;
                let entry = Entry::new(link, Shown { runs, turns_at });
                self.by_index.insert(index, entry);
                None
            }
        }
    }

    /// When the new state of an interface counts.
    pub(super) fn due_at(&self) -> Option<Instant> {
        if self.delays.is_empty() {
            return None;
        }
        let turns = self.by_index.values().map(|entry| entry.shown.turns_at);
        turns.flatten().min()
    }

    /// Interfaces whose new state counts from now on.
    pub(super) fn settle(&mut self, now: Instant) -> Vec<u32> {
        let mut turned = Vec::new();
        for (index, entry) in &mut self.by_index {
            let shown = &mut entry.shown;
            if shown.turns_at.take_if(|at| *at <= now).is_some() {
                shown.runs = !shown.runs;
                turned.push(*index);
            }
        }
        turned
    }

    /// An interface is gone.
    pub(super) fn remove(&mut self, index: u32) -> Option<Link> {
        let entry = self.by_index.remove(&index)?;
        self.by_name.remove(&entry.link.name);
        Some(entry.link)
    }

    /// An address is there; true when it was not before.
    pub(super) fn add_address(&mut self, address: Address) -> bool {
        let given = !self.is_own(&address);
        let Some(entry) = self.by_index.get_mut(&address.key.link) else {
            return false;
        };
        let mut known = entry.addresses.iter_mut();
        if let Some(known) = known.find(|known| known.key == address.key) {
            *known = address;
            return false;
        }
        if given {
            return entry.given.insert(address.key, address.flags).is_none();
        }
        let new = entry.given.remove(&address.key).is_none();
        entry.addresses.push(address);
        new
    }

    /// An address is gone.
    pub(super) fn remove_address(&mut self, gone: &Address) {
        if let Some(entry) = self.by_index.get_mut(&gone.key.link)
            && entry.given.remove(&gone.key).is_none()
        {
            entry.addresses.retain(|known| known.key != gone.key);
        }
    }

    /// The indices of all interfaces.
    pub(super) fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_index.keys().copied()
    }

    /// Every interface as the machine sees it.
    pub(super) fn all(&self) -> impl Iterator<Item = vrrp::Link> + '_ {
        self.by_index.keys().filter_map(|index| self.view(*index))
    }

    /// Every interface for the dump.
    pub(super) fn shown(&self) -> Vec<report::data::Link> {
        let one = |(index, entry): (&u32, &Entry)| report::data::Link {
            name: entry.link.name.clone(),
            index: *index,
            ipv4: self.source_v4(entry),
            ipv6: self.source_v6(entry),
            mac: entry.link.mac,
            up: (entry.link.is_up(), entry.link.is_running()),
            loopback: entry.link.is_loopback(),
            group: entry.link.group,
            mtu: entry.link.mtu,
        };
        self.by_index.iter().map(one).collect()
    }

    /// One interface as the machine sees it.
    pub(super) fn view(&self, index: u32) -> Option<vrrp::Link> {
        let entry = self.by_index.get(&index)?;
        let base = self.bases.get(&entry.link.name);
        let below = base.and_then(|base| self.by_index.get(self.by_name.get(&base.name)?));
        let source = below.filter(|_| base.is_some_and(|base| base.lends_address));
        let source = source.unwrap_or(entry);
        // what is on top follows what is below, with the delays of that
        let up = match base {
            None => entry.shown.runs,
            Some(_) => entry.link.is_up() && below.is_some_and(|below| below.shown.runs),
        };
        Some(vrrp::Link {
            name: entry.link.name.clone(),
            index,
            up,
            ipv4: self.source_v4(source),
            ipv6: self.source_v6(source),
            sources: self.tracked_sources(),
        })
    }

    /// The sources of `track_src_ip` that some interface has.
    fn tracked_sources(&self) -> BTreeSet<IpAddr> {
        let there = |address: &&IpAddr| {
            let mut all = self.by_index.values();
            all.any(|entry| entry.has(**address))
        };
        self.tracked.iter().filter(there).copied().collect()
    }

    /// Whether some instance cannot do without an address.
    pub(super) fn is_tracked_source(&self, address: IpAddr) -> bool {
        self.tracked.contains(&address)
    }

    /// What is made on top of an interface.
    pub(super) fn uppers_of(&self, index: u32) -> Vec<u32> {
        let name = self.name_of(index);
        let on_top = self
            .bases
            .iter()
            .filter(|(_, base)| Some(&*base.name) == name);
        on_top
            .filter_map(|(upper, _)| self.index_of(upper))
            .collect()
    }

    /// An interface by name.
    pub(super) fn link(&self, name: &str) -> Option<&Link> {
        Some(&self.by_index.get(self.by_name.get(name)?)?.link)
    }

    /// An interface by index.
    pub(super) fn by_number(&self, index: u32) -> Option<&Link> {
        Some(&self.by_index.get(&index)?.link)
    }

    /// The interface's own address: the first primary one that is not virtual. An address owner
    /// (RFC 9568 section 1.7) has no other than the virtual one: then that one, unless we put it
    /// there ourselves.
    fn source_v4(&self, entry: &Entry) -> Option<Ipv4Addr> {
        let mut ranked =
            entry
                .addresses
                .iter()
                .filter_map(|address| match address.key.prefix.addr() {
                    IpAddr::V4(ip) if self.is_own(address) => Some((
                        self.virtuals.contains(&ip.into()),
                        address.is_secondary(),
                        ip,
                    )),
                    _ => None,
                });
        let first = ranked.next()?;
        let best = ranked.fold(first, |best, next| {
            if (next.0, next.1) < (best.0, best.1) {
                next
            } else {
                best
            }
        });
        Some(best.2)
    }

    fn source_v6(&self, entry: &Entry) -> Option<Ipv6Addr> {
        let usable = |a: &&Address| {
            self.is_own(a)
                && !self.virtuals.contains(&a.key.prefix.addr())
                && !a.is_tentative()
                && !a.is_duplicate()
        };
        entry
            .addresses
            .iter()
            .filter(usable)
            .find_map(|address| match address.key.prefix.addr() {
                IpAddr::V6(ip) if ip.is_unicast_link_local() => Some(ip),
                _ => None,
            })
    }

    /// The machine's, not put there for an instance.
    fn is_own(&self, address: &Address) -> bool {
        !is_ours(address) || self.statics.contains(&address.key.prefix.addr())
    }

    /// The index of an interface by name; no name is no particular interface, 0.
    pub(super) fn index_of(&self, name: &str) -> Option<u32> {
        if name.is_empty() {
            return Some(0);
        }
        self.by_name.get(name).copied()
    }

    /// The name of an interface by index.
    pub(super) fn name_of(&self, index: u32) -> Option<&str> {
        self.by_index
            .get(&index)
            .map(|entry| entry.link.name.as_str())
    }

    /// The hardware address of an interface.
    pub(super) fn mac_of(&self, index: u32) -> Option<MacAddr> {
        self.by_index.get(&index)?.link.mac
    }
}

/// The administrator wants it up, and it can carry packets.
pub(super) fn runs(link: &Link) -> bool {
    link.is_up() && link.is_running()
}

/// Put there by a keepalived, this one or one before it.
fn is_ours(address: &Address) -> bool {
    address.protocol == PROTOCOL
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn link(running: bool) -> Link {
        Link {
            index: 2,
            name: "eth0".into(),
            mac: None,
            mtu: 1500,
            flags: if running { 0x41 } else { 0x1 },
            kind: None,
            master: None,
            group: 0,
            private_macvlan: false,
            vrf_table: None,
            lower: None,
        }
    }

    #[test]
    fn what_we_gave_is_no_source_until_a_plan_calls_it_static() {
        let mut links = Links::default();
        links.put(Instant::ZERO, link(true));
        let given = Address {
            key: AddressKey::new(2, "10.0.0.9/24".parse().unwrap()),
            spec: AddressSpec::default(),
            protocol: PROTOCOL,
            flags: 0,
        };
        let source = |links: &Links| links.view(2).and_then(|link| link.ipv4);
        assert!(links.add_address(given.clone()));
        assert!(!links.add_address(given.clone()), "it was there");
        assert_eq!(source(&links), None);
        let statics = plan::Statics {
            addresses: vec![plan::Address::new(given.key.prefix, "eth0")],
            ..plan::Statics::default()
        };
        let plan = Plan {
            statics: vec![statics],
            ..Plan::default()
        };
        links.set_plan(&plan);
        assert_eq!(source(&links), Some(Ipv4Addr::new(10, 0, 0, 9)));
        assert!(!links.add_address(given.clone()), "it still is");
        links.remove_address(&given);
        assert_eq!(source(&links), None);
        assert!(links.add_address(given.clone()));
        assert!(source(&links).is_some());
        links.set_plan(&Plan::default());
        assert_eq!(source(&links), None, "nobody calls it static any more");
    }

    #[test]
    fn a_state_counts_when_it_has_lasted_and_a_short_one_never() {
        let at = |millis| Instant::ZERO + Duration::from_millis(millis);
        let mut links = Links::default();
        let (down, up) = (Duration::from_secs(1), Duration::from_secs(3));
        links.delays.insert("eth0".into(), LinkDelay { down, up });
        let shown = |links: &Links| links.view(2).is_some_and(|link| link.up);
        links.put(at(0), link(true));
        assert!(shown(&links), "at the start it is what it is");
        links.put(at(100), link(false));
        assert_eq!((shown(&links), links.due_at()), (true, Some(at(1100))));
        links.put(at(900), link(true));
        assert_eq!(links.due_at(), None, "it was too short");
        links.put(at(2000), link(false));
        links.put(at(2500), link(false));
        assert!(links.settle(at(2999)).is_empty() && shown(&links));
        assert_eq!(links.settle(at(3000)), [2]);
        assert!(!shown(&links));
        links.put(at(4000), link(true));
        assert_eq!((shown(&links), links.due_at()), (false, Some(at(7000))));
        // a whole list of links does not start the wait anew
        links.replace(at(5000), vec![link(true)], &[]);
        assert_eq!(links.settle(at(7000)), [2]);
        assert!(shown(&links));
    }
}
