//! `garp_extra_if`: announcements now and then by interfaces that send no adverts, so that switches
//! keep in mind where their hardware addresses are.
use super::Role;
use super::announce::{Announcement, Lane};
use plan::{Plan, UpperKind};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use vrrp::InstanceId;
use wire::Instant;

/// When each master is due.
#[derive(Debug, Default)]
pub(super) struct Extra(BTreeMap<InstanceId, Instant>);

impl Extra {
    /// An instance has become master.
    pub(super) fn begin(&mut self, id: InstanceId, now: Instant, interval: Duration) {
        self.0.insert(id, now + interval);
    }

    /// It is master no more.
    pub(super) fn end(&mut self, id: InstanceId) {
        self.0.remove(&id);
    }

    pub(super) fn due_at(&self) -> Option<Instant> {
        self.0.values().min().copied()
    }

    fn due(&self, now: Instant) -> Vec<InstanceId> {
        let due = self.0.iter().filter(|(_, at)| **at <= now);
        due.map(|(id, _)| *id).collect()
    }
}

impl Role {
    /// An instance has become master, or its settings may be others.
    pub(super) fn begin_extra(&mut self, id: InstanceId, now: Instant) {
        let instance = self.plan.instances.get(&id);
        match instance.and_then(|instance| instance.extra_garp) {
            Some(extra) => self.extra.begin(id, now, extra.interval),
            None => self.extra.end(id),
        }
    }

    /// Announces what is due: one address of each interface serves the end.
    pub(super) fn announce_extra(&mut self, now: Instant) {
        for id in self.extra.due(now) {
            let targets = self.extra_targets(id);
            self.announcer.push(targets, 1);
            self.begin_extra(id, now);
        }
    }

    fn extra_targets(&self, id: InstanceId) -> Vec<(Lane, Announcement)> {
        let Some(instance) = self.plan.instances.get(&id) else {
            return Vec::new();
        };
        let all = instance.extra_garp.is_some_and(|extra| extra.all);
        let mut seen = BTreeSet::new();
        let wanted = instance.addresses.iter().filter(|address| {
            address.dev != instance.params.interface
                && (all || is_macvlan(&self.plan, &address.dev))
                && seen.insert((&address.dev, address.prefix.addr().is_ipv6()))
        });
        let target = |address: &plan::Address| {
            let ip = address.prefix.addr();
            let target = self.announcement(id, &address.dev, ip)?;
            Some((self.lane(&address.dev, ip), target))
        };
        wanted.filter_map(target).collect()
    }
}

fn is_macvlan(plan: &Plan, name: &str) -> bool {
    let mut uppers = plan.uppers.iter();
    uppers.any(|upper| upper.name == name && matches!(upper.kind, UpperKind::Macvlan(_)))
}
