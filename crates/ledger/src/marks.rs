//! Marks that the packet filter puts on packets, so that the load balancer knows a whole group of
//! addresses by one number (`nftables_ipvs`).
//!
//! Each family and protocol has a map from addresses and ports to marks. [`Marks`] is what the maps
//! should hold; [`changes`] is what makes one content another.
#[cfg(test)]
mod tests;

use crate::ipvs::Protocol;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::Family;

/// Addresses from the first to the last, and ports from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Both of one family.
    pub addresses: (IpAddr, IpAddr),
    /// Ports.
    pub ports: (u16, u16),
}

/// What is marked, and how.
pub type Entry = (Span, u32);

/// Which map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MapKey {
    /// Of addresses of this family.
    pub family: Family,
    /// For packets of this protocol.
    pub protocol: Protocol,
}

/// One map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// Which.
    pub key: MapKey,
    /// In the order in which they were added; none meets another.
    pub entries: Vec<Entry>,
    /// The same by ports, then by the first address.
    places: BTreeMap<(u16, u16), BTreeMap<IpAddr, IpAddr>>,
}

/// What all maps hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// In the order in which they were first needed.
    pub maps: Vec<Map>,
}

/// A step from one content to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its family has a table, with a chain.
    Table(Family),
    /// There is a map, and a rule that looks into it.
    Map(MapKey),
    /// These are not marked any more.
    Remove(MapKey, Vec<Entry>),
    /// These are.
    Add(MapKey, Vec<Entry>),
}

impl Marks {
    /// Has these packets marked. What is marked already keeps its mark; a span that ends before
    /// it begins is none.
    pub fn add(&mut self, protocol: Protocol, span: Span, mark: u32) {
        let family = match span.addresses {
            (first @ IpAddr::V4(_), last @ IpAddr::V4(_)) if first <= last => Family::V4,
            (first @ IpAddr::V6(_), last @ IpAddr::V6(_)) if first <= last => Family::V6,
            _ => return,
        };
        let key = MapKey { family, protocol };
        let known = self.maps.iter().position(|map| map.key == key);
        let at = known.unwrap_or_else(|| {
            self.maps.push(Map::empty(key));
            self.maps.len() - 1
        });
        if let Some(map) = self.maps.get_mut(at) {
            map.add(span, mark);
        }
    }

    fn map(&self, key: MapKey) -> Option<&Map> {
        self.maps.iter().find(|map| map.key == key)
    }

    /// The same, with an empty map for each that only `held` has: maps stay as long as their table.
    #[must_use]
    pub fn with_maps_of(mut self, held: &Marks) -> Marks {
        for map in &held.maps {
            if self.map(map.key).is_none() {
                self.maps.push(Map::empty(map.key));
            }
        }
        self
    }
}

impl Map {
    const fn empty(key: MapKey) -> Map {
        Map {
            key,
            entries: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// What it has and the other has not.
    fn beyond(&self, other: Option<&Map>) -> Vec<Entry> {
        let others: BTreeSet<&Entry> = other.into_iter().flat_map(|map| &map.entries).collect();
        let own = self.entries.iter().filter(|entry| !others.contains(entry));
        own.copied().collect()
    }

    fn add(&mut self, span: Span, mark: u32) {
        let mut left = vec![span];
        for (ports, addresses) in &self.places {
            if !meet(*ports, span.ports) {
                continue;
            }
            left = left
                .into_iter()
                .flat_map(|span| span.without_all(*ports, addresses))
                .collect();
        }
        for span in left {
            let (first, last) = span.addresses;
            self.places
                .entry(span.ports)
                .or_default()
                .insert(first, last);
            self.entries.push((span, mark));
        }
    }
}

impl Span {
    /// What is left without these ports of these ranges of addresses, which do not meet.
    fn without_all(self, ports: (u16, u16), ranges: &BTreeMap<IpAddr, IpAddr>) -> Vec<Span> {
        let (first, last) = self.addresses;
        // the last one that begins before us may reach us, and then those that begin within us
        let before = ranges.range(..first).next_back();
        let within = ranges.range(first..=last);
        let mut left = vec![self];
        for (from, to) in before.into_iter().chain(within) {
            let hole = Span {
                addresses: (*from, *to),
                ports,
            };
            let rest = left.pop();
            left.extend(rest.into_iter().flat_map(|rest| rest.without(hole)));
        }
        left
    }

    /// What is left without the hole; what lies behind it comes last.
    fn without(self, hole: Span) -> Vec<Span> {
        if !meet(self.addresses, hole.addresses) || !meet(self.ports, hole.ports) {
            return vec![self];
        }
        let ((first, last), (from, to)) = (self.addresses, hole.addresses);
        let middle = (first.max(from), last.min(to));
        let mut left = Vec::new();
        let mut keep = |addresses, ports| left.push(Span { addresses, ports });
        if let Some(end) = step(from, false).filter(|_| first < from) {
            keep((first, end), self.ports);
        }
        if let Some(end) = hole.ports.0.checked_sub(1)
            && self.ports.0 <= end
        {
            keep(middle, (self.ports.0, end));
        }
        if let Some(begin) = hole.ports.1.checked_add(1)
            && begin <= self.ports.1
        {
            keep(middle, (begin, self.ports.1));
        }
        if let Some(begin) = step(to, true).filter(|_| to < last) {
            keep((begin, last), self.ports);
        }
        left
    }
}

fn meet<T: PartialOrd + Copy>(a: (T, T), b: (T, T)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

/// The next address, or the one before.
fn step(address: IpAddr, up: bool) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => {
            let number = u32::from(address);
            let next = if up {
                number.checked_add(1)
            } else {
                number.checked_sub(1)
            };
            IpAddr::V4(Ipv4Addr::from(next?))
        }
        IpAddr::V6(address) => {
            let number = u128::from(address);
            let next = if up {
                number.checked_add(1)
            } else {
                number.checked_sub(1)
            };
            IpAddr::V6(Ipv6Addr::from(next?))
        }
    })
}

/// What makes `held` (nothing at first) become `next`: removals come before additions.
pub fn changes(held: &Marks, next: &Marks) -> Vec<Change> {
    let mut changes = Vec::new();
    for map in &held.maps {
        let gone = map.beyond(next.map(map.key));
        changes.extend((!gone.is_empty()).then_some(Change::Remove(map.key, gone)));
    }
    let mut families: BTreeSet<Family> = held.maps.iter().map(|map| map.key.family).collect();
    for map in &next.maps {
        let (known, key) = (held.map(map.key), map.key);
        if families.insert(key.family) {
            changes.push(Change::Table(key.family));
        }
        changes.extend(known.is_none().then_some(Change::Map(key)));
        let new = map.beyond(known);
        changes.extend((!new.is_empty()).then_some(Change::Add(key, new)));
    }
    changes
}
