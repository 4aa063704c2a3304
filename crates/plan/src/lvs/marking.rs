//! `nftables_ipvs`: the packet filter marks what is for a group, and the load balancer knows the group
//! by its mark instead of address by address.
use super::{Group, Lvs, Target, VirtualServer};
use conf::config;
use ledger::ipvs::{Protocol, ServiceKey};
use ledger::marks::{Marks, Span};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wire::Family;

/// The table that marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// Its name.
    pub table: String,
    /// `nftables_ipvs_priority`.
    pub priority: i32,
    /// `nftables_counters`.
    pub counters: bool,
    /// The first mark that was never given to a group; `nftables_ipvs_start_fwmark` at the start.
    pub next: Option<u32>,
}

pub(super) fn of(global: &config::Global) -> Option<Marking> {
    let kernel = &global.kernel;
    let table = kernel.nftables_ipvs.as_ref()?;
    let priority = kernel.nftables_ipvs_priority.as_ref();
    let start = kernel.nftables_ipvs_start_fwmark.as_ref();
    Some(Marking {
        table: table.value.as_deref().unwrap_or("keepalived_ipvs").into(),
        priority: priority.map_or(-1, |priority| priority.value),
        counters: kernel.nftables_counters,
        next: Some(start.map_or(1000, |mark| mark.value)),
    })
}

/// Gives each group and protocol a mark: that of the running plan, else one that was never used and
/// that the configuration does not name. Groups that contain marks are served entry by entry.
pub(super) fn assign(lvs: &mut Lvs, running: Option<&Lvs>) {
    let Some(marking) = &mut lvs.marking else {
        return;
    };
    let before = running.and_then(|running| running.marking.as_ref());
    marking.next = before.map_or(marking.next, |before| before.next);
    let named: BTreeSet<u32> = lvs.servers.iter().flat_map(named).collect();
    let mut given = running.map_or_else(BTreeMap::new, given);
    given.retain(|_, mark| !named.contains(mark));
    let mixed = lvs.groups.iter().filter(|group| has_marks(group));
    let mixed: BTreeSet<&str> = mixed.map(|group| &*group.name).collect();
    for server in &mut lvs.servers {
        server.marked.clear();
        let Some(key) = group_key(server).filter(|(group, _)| !mixed.contains(&**group)) else {
            continue;
        };
        let mark = given.get(&key).copied();
        if let Some(mark) = mark.or_else(|| fresh(&mut marking.next, &named)) {
            given.insert(key, mark);
            server.marked = keys(&server.services, mark);
        }
    }
}

fn fresh(next: &mut Option<u32>, named: &BTreeSet<u32>) -> Option<u32> {
    loop {
        let mark = (*next)?;
        *next = mark.checked_add(1);
        if !named.contains(&mark) {
            return Some(mark);
        }
    }
}

fn has_marks(group: &Group) -> bool {
    let mut targets = group.targets.iter();
    targets.any(|target| matches!(target, Target::Fwmark(_)))
}

/// Marks that somebody wrote down.
fn named(server: &VirtualServer) -> impl Iterator<Item = u32> {
    server.services.iter().filter_map(|key| match key {
        ServiceKey::Fwmark { mark, .. } => Some(*mark),
        ServiceKey::Address { .. } => None,
    })
}

fn given(lvs: &Lvs) -> BTreeMap<(String, Protocol), u32> {
    let mark = |server: &VirtualServer| match server.marked.first()? {
        ServiceKey::Fwmark { mark, .. } => Some((group_key(server)?, *mark)),
        ServiceKey::Address { .. } => None,
    };
    lvs.servers.iter().filter_map(mark).collect()
}

/// The group and the protocol that a service is for.
fn group_key(server: &VirtualServer) -> Option<(String, Protocol)> {
    Some((server.group.clone()?, server.protocol()?))
}

/// One service for each family.
fn keys(services: &[ServiceKey], mark: u32) -> Vec<ServiceKey> {
    let has = |family: &Family| services.iter().any(|key| key.family() == *family);
    let families = [Family::V4, Family::V6].into_iter().filter(has);
    families
        .map(|family| ServiceKey::Fwmark { family, mark })
        .collect()
}

impl Lvs {
    /// What the packet filter is to mark.
    pub fn marks(&self) -> Marks {
        let groups = self.groups.iter().map(|group| (&*group.name, group));
        let groups: BTreeMap<&str, &Group> = groups.collect();
        let mut marks = Marks::default();
        for server in &self.servers {
            let group = server.group.as_ref().and_then(|name| groups.get(&**name));
            let Some(ServiceKey::Fwmark { mark, .. }) = server.marked.first() else {
                continue;
            };
            if let (Some(group), Some(protocol)) = (group, server.protocol()) {
                for target in &group.targets {
                    mark_target(&mut marks, protocol, target, *mark);
                }
            }
        }
        marks
    }

    /// The mark of a group for a protocol; 0 where it has none.
    pub fn mark_of(&self, group: &str, wanted: Protocol) -> u32 {
        let is_it = |server: &&VirtualServer| {
            server.group.as_deref() == Some(group) && server.protocol() == Some(wanted)
        };
        let mut servers = self.servers.iter().filter(is_it);
        match servers.next().and_then(|server| server.marked.first()) {
            Some(ServiceKey::Fwmark { mark, .. }) => *mark,
            _ => 0,
        }
    }
}

fn mark_target(marks: &mut Marks, protocol: Protocol, target: &Target, mark: u32) {
    if let Target::Range(first, last, port) = *target {
        let span = Span {
            addresses: (first, last),
            // without a port: all
            ports: if port == 0 {
                (0, u16::MAX)
            } else {
                (port, port)
            },
        };
        marks.add(protocol, span, mark);
    }
}

impl VirtualServer {
    /// The protocol of its addresses; `None` where it has marks only.
    pub fn protocol(&self) -> Option<Protocol> {
        self.services.iter().find_map(|key| match key {
            ServiceKey::Address { protocol, .. } => Some(*protocol),
            ServiceKey::Fwmark { .. } => None,
        })
    }

    /// What it is in the load balancer's table, where packets are marked or not.
    pub fn keys(&self, marking: bool) -> &[ServiceKey] {
        if marking && !self.marked.is_empty() {
            &self.marked
        } else {
            &self.services
        }
    }
}
