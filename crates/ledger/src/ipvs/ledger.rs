//! Wanted and observed, side by side.
use super::difference::difference;
use super::{DestKey, Op, Service, ServiceKey, Table, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// The ledger of the load balancer table: see the module's documentation.
#[derive(Debug, Clone, Default)]
pub struct Ipvs {
    wanted: BTreeMap<ServiceKey, Wanted>,
    /// The kernel's table as far as we know it.
    seen: Table,
    /// Destinations that are or were of our configuration.
    ours: BTreeMap<ServiceKey, BTreeSet<DestKey>>,
    /// Services that may differ.
    unsettled: BTreeSet<ServiceKey>,
}

impl Ipvs {
    /// Takes the kernel's whole table: at the start, and whenever what we know may be wrong.
    pub fn adopt(&mut self, table: Table) {
        self.seen = table;
        self.unsettled.extend(self.ours.keys());
    }

    /// This service is wanted like this from now on.
    pub fn want(&mut self, key: ServiceKey, wanted: Wanted) {
        let ours = self.ours.entry(key).or_default();
        ours.extend(&wanted.members);
        ours.extend(wanted.service.dests.keys());
        self.unsettled.insert(key);
        self.wanted.insert(key, wanted);
    }

    /// This service is not wanted any more.
    pub fn forget(&mut self, key: ServiceKey) {
        if self.wanted.remove(&key).is_some() {
            self.unsettled.insert(key);
        }
    }

    /// The services that are wanted.
    pub fn services(&self) -> impl Iterator<Item = &ServiceKey> {
        self.wanted.keys()
    }

    /// What the kernel holds for a service, as far as known.
    pub fn seen(&self, key: &ServiceKey) -> Option<&Service> {
        self.seen.get(key)
    }

    /// Whether there may be something to do.
    pub fn has_work(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// The next operations, those of whole services until there are at least `enough`. They are
    /// taken as done: after one that failed, [`Ipvs::adopt`] the kernel's table.
    pub fn settle(&mut self, enough: usize) -> Vec<Op> {
        let mut ops = Vec::new();
        while ops.len() < enough
            && let Some(key) = self.unsettled.pop_first()
        {
            ops.extend(self.settle_service(key));
        }
        ops
    }

    fn settle_service(&mut self, key: ServiceKey) -> Vec<Op> {
        let wanted = self.wanted.get(&key);
        let ours = self.ours.entry(key).or_default();
        let ops = difference(key, wanted, self.seen.get(&key), ours);
        let Some(wanted) = wanted else {
            self.ours.remove(&key);
            self.seen.remove(&key);
            return ops;
        };
        let seen = self.seen.entry(key).or_insert_with(|| Service {
            spec: wanted.service.spec.clone(),
            dests: BTreeMap::new(),
        });
        seen.spec = wanted.service.spec.clone();
        seen.dests
            .retain(|dest, _| !ours.contains(dest) || wanted.service.dests.contains_key(dest));
        for (dest, spec) in &wanted.service.dests {
            let known = seen.dests.entry(*dest).or_insert(*spec);
            if !spec.is_met_by(known) {
                *known = *spec;
            }
        }
        ours.retain(|dest| {
            wanted.members.contains(dest) || wanted.service.dests.contains_key(dest)
        });
        ops
    }
}
