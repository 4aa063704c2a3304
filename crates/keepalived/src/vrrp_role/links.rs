//! Interfaces and their addresses as the kernel reports them, and what the machine needs of them.
use linux::netlink::{Address, Link};
use plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::MacAddr;

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
    pub(super) fn replace(&mut self, links: Vec<Link>, addresses: &[Address]) {
        self.by_index.clear();
        self.by_name.clear();
        for link in links {
            self.put(link);
        }
        for address in addresses {
            self.add_address(address.clone());
        }
    }

    /// An interface is new or changed; gives what it was before.
    pub(super) fn put(&mut self, link: Link) -> Option<Link> {
        let index = link.index;
        self.by_name.retain(|_, known| *known != index);
        self.by_name.insert(link.name.clone(), index);
        match self.by_index.get_mut(&index) {
            Some(entry) => Some(std::mem::replace(&mut entry.link, link)),
            None => {
                self.by_index.insert(
                    index,
                    Entry {
                        link,
                        addresses: Vec::new(),
                    },
                );
                None
            }
        }
    }

    /// An interface is gone.
    pub(super) fn remove(&mut self, index: u32) -> Option<Link> {
        let entry = self.by_index.remove(&index)?;
        self.by_name.remove(&entry.link.name);
        Some(entry.link)
    }

    /// An address is there; true when it was not before.
    pub(super) fn add_address(&mut self, address: Address) -> bool {
        let Some(entry) = self.by_index.get_mut(&address.key.link) else {
            return false;
        };
        match entry
            .addresses
            .iter_mut()
            .find(|known| known.key == address.key)
        {
            Some(known) => {
                *known = address;
                false
            }
            None => {
                entry.addresses.push(address);
                true
            }
        }
    }

    /// An address is gone.
    pub(super) fn remove_address(&mut self, gone: &Address) {
        if let Some(entry) = self.by_index.get_mut(&gone.key.link) {
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

    /// One interface as the machine sees it.
    pub(super) fn view(&self, index: u32) -> Option<vrrp::Link> {
        let entry = self.by_index.get(&index)?;
        let base = self.bases.get(&entry.link.name);
        let below = base.and_then(|base| self.by_index.get(self.by_name.get(&base.name)?));
        let source = below.filter(|_| base.is_some_and(|base| base.lends_address));
        let source = source.unwrap_or(entry);
        let runs = |entry: &Entry| entry.link.is_up() && entry.link.is_running();
        Some(vrrp::Link {
            name: entry.link.name.clone(),
            index,
            up: runs(entry) && (base.is_none() || below.is_some_and(runs)),
            ipv4: self.source_v4(source),
            ipv6: self.source_v6(source),
        })
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

    /// The index of an interface by name.
    pub(super) fn index_of(&self, name: &str) -> Option<u32> {
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

/// Put there by a keepalived, this one or one before it.
fn is_ours(address: &Address) -> bool {
    address.protocol == linux::netlink::PROTOCOL
}
