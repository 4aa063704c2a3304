//! `drain_timeout`: a server that a reload removes stays with weight 0 while it has connections.
//!
//! It is nobody's server any more: no check is made, nothing is told, it counts for no quorum. It
//! goes when its last connection has ended, or at the end of its time.
use super::Role;
use super::table::place;
use ledger::ipvs::{DestKey, DestSpec, Service, ServiceKey};
use plan::lvs::VirtualServer;
use pool::PoolId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use wire::Instant;

/// How often connections are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// All servers on their way out.
#[derive(Debug, Default)]
pub(super) struct Drains {
    all: BTreeMap<PoolId, BTreeMap<DestKey, Drain>>,
    look_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drain {
    pub(super) spec: DestSpec,
    until: Instant,
}

impl Drains {
    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.look_at
    }

    /// What a pool's servers on their way out look like in the table.
    pub(super) fn of(&self, pool: PoolId) -> impl Iterator<Item = (DestKey, DestSpec)> {
        let all = self.all.get(&pool).into_iter().flatten();
        all.map(|(key, drain)| (*key, drain.spec))
    }

    /// A reload: `old` becomes `new`. `seen` is what the table holds for it as this service.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        old: &VirtualServer,
        new: &VirtualServer,
        (service, seen): (&ServiceKey, &Service),
    ) {
        let drains = self.all.entry(new.id).or_default();
        let removed = old.servers.iter().map(|s| (s.key, s.forwarding));
        for (key, forwarding) in removed {
            let dest = place(service, key, forwarding);
            if let Some(&spec) = seen.dests.get(&dest)
                && !drains.contains_key(&key)
            {
                let spec = DestSpec { weight: 0, ..spec };
                let until = now + new.drain_timeout;
                drains.insert(key, Drain { spec, until });
            }
        }
        let stay = new.servers.iter().map(|server| server.key);
        let stay: BTreeSet<DestKey> = stay.chain(new.sorry.iter().map(|s| s.key)).collect();
        let wanted = !new.drain_timeout.is_zero();
        drains.retain(|key, _| wanted && !stay.contains(key));
        self.tidy(now);
    }

    /// Only these pools are left.
    fn keep(&mut self, now: Instant, is_left: impl Fn(PoolId) -> bool) {
        self.all.retain(|pool, _| is_left(*pool));
        self.tidy(now);
    }

    /// Ends those whose time is over or that have nothing left; gives the pools that changed.
    fn end(
        &mut self,
        now: Instant,
        mut busy: impl FnMut(PoolId, &BTreeMap<DestKey, Drain>) -> BTreeSet<DestKey>,
    ) -> Vec<PoolId> {
        let mut changed = Vec::new();
        for (&pool, drains) in &mut self.all {
            let busy = busy(pool, drains);
            let before = drains.len();
            drains.retain(|key, drain| drain.until > now && busy.contains(key));
            changed.extend((drains.len() < before).then_some(pool));
        }
        self.look_at = None;
        self.tidy(now);
        changed
    }

    fn tidy(&mut self, now: Instant) {
        self.all.retain(|_, drains| !drains.is_empty());
        if self.all.is_empty() {
            self.look_at = None;
        } else {
            self.look_at.get_or_insert(now + LOOK);
        }
    }
}

impl Role {
    /// A reload: servers that `self.plan` does not have any more begin to drain where their service
    /// says so.
    pub(super) fn drain_removed(&mut self, now: Instant, before: &plan::Plan) {
        let old: BTreeMap<PoolId, &VirtualServer> =
            before.lvs.servers.iter().map(|s| (s.id, s)).collect();
        for new in &self.plan.lvs.servers {
            let mut keys = new.keys(self.marker.works()).iter();
            let seen = keys.find_map(|key| Some((key, self.kernel.seen(key)?)));
            if let (Some(old), Some(seen)) = (old.get(&new.id), seen)
                && *old != new
            {
                self.drains.begin(now, old, new, seen);
            }
        }
        let names = &self.names;
        let plan = &self.plan;
        self.drains
            .keep(now, |pool| names.pool(plan, pool).is_some());
    }

    /// Looks at the connections of servers on their way out, when that is due.
    pub(super) fn keep_drains(&mut self, now: Instant) {
        if self.drains.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        let (names, plan, kernel) = (&self.names, &self.plan, &mut self.kernel);
        let marking = self.marker.works();
        let changed = self.drains.end(now, |pool, drains| {
            let service = names.pool(plan, pool);
            let keys: &[ServiceKey] = service.map_or(&[], |service| service.keys(marking));
            kernel.connections(keys, drains)
        });
        for pool in changed {
            self.want(pool);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker_role::table::tests as made;
    use ledger::ipvs::Forwarding;

    fn at(secs: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(secs)
    }

    fn key(last: u8) -> DestKey {
        DestKey {
            address: [10, 0, 0, last].into(),
            port: 80,
        }
    }

    fn service(servers: &[u8], drain: u64) -> VirtualServer {
        let servers = servers.iter().map(|&last| {
            let mut server = made::server(u32::from(last), 3);
            server.key = key(last);
            server
        });
        let mut service = made::service(1, servers.collect());
        service.drain_timeout = Duration::from_secs(drain);
        service
    }

    fn table() -> ServiceKey {
        service(&[], 0).services[0]
    }

    fn seen(servers: &[u8]) -> Service {
        let spec_of = |weight| DestSpec {
            forwarding: Forwarding::Direct,
            weight,
            upper: 0,
            lower: 0,
        };
        Service {
            spec: service(&[], 0).spec,
            dests: servers.iter().map(|&s| (key(s), spec_of(3))).collect(),
        }
    }

    fn draining(drains: &Drains) -> Vec<(DestKey, u32)> {
        drains.of(PoolId(1)).map(|(k, s)| (k, s.weight)).collect()
    }

    #[test]
    fn a_removed_server_stays_until_its_connections_are_gone() {
        let mut drains = Drains::default();
        let (old, new) = (service(&[1, 2, 3], 30), service(&[1], 30));
        // 3 was dead: what is not in the table has nothing to drain
        drains.begin(at(0), &old, &new, (&table(), &seen(&[1, 2])));
        assert_eq!(draining(&drains), [(key(2), 0)]);
        assert_eq!(drains.poll_timeout(), Some(at(1)));
        let busy = |_, _: &_| BTreeSet::from([key(2)]);
        assert!(drains.end(at(1), busy).is_empty());
        assert_eq!(drains.poll_timeout(), Some(at(2)));
        assert_eq!(drains.end(at(2), |_, _| BTreeSet::new()), [PoolId(1)]);
        assert_eq!((draining(&drains), drains.poll_timeout()), (vec![], None));
    }

    #[test]
    fn the_time_is_an_end_too() {
        let mut drains = Drains::default();
        let (old, new) = (service(&[1, 2], 5), service(&[1], 5));
        drains.begin(at(0), &old, &new, (&table(), &seen(&[1, 2])));
        let busy = |_, _: &_| BTreeSet::from([key(2)]);
        assert!(drains.end(at(4), busy).is_empty());
        assert_eq!(drains.end(at(5), busy), [PoolId(1)]);
    }

    #[test]
    fn a_server_that_comes_back_is_a_server_again() {
        let mut drains = Drains::default();
        let (both, one) = (service(&[1, 2], 30), service(&[1], 30));
        drains.begin(at(0), &both, &one, (&table(), &seen(&[1, 2])));
        drains.begin(at(1), &one, &both, (&table(), &seen(&[1, 2])));
        assert_eq!((draining(&drains), drains.poll_timeout()), (vec![], None));
    }

    #[test]
    fn nothing_drains_where_it_was_not_written_or_the_service_is_gone() {
        let mut drains = Drains::default();
        let without = service(&[1], 0);
        drains.begin(
            at(0),
            &service(&[1, 2], 30),
            &without,
            (&table(), &seen(&[1, 2])),
        );
        assert_eq!(draining(&drains), []);
        let (old, new) = (service(&[1, 2], 30), service(&[1], 30));
        drains.begin(at(0), &old, &new, (&table(), &seen(&[1, 2])));
        drains.keep(at(1), |_| false);
        assert_eq!(drains.poll_timeout(), None);
    }
}
