//! What of the pools people are told by mail: the supervisor makes the mail, the facts are here.
use super::Role;
use crate::link::{FromRole, PoolAlert, Quorum};
use plan::Plan;
use plan::lvs::VirtualServer;
use pool::{CheckId, Event, ServerId};
use std::collections::{BTreeMap, BTreeSet};

/// What was told last, so that only changes are.
#[derive(Debug, Default)]
pub(super) struct Told {
    checks: BTreeMap<CheckId, bool>,
    servers: BTreeMap<ServerId, bool>,
}

impl Role {
    /// A plan is in force: what is new in it is as it starts. Changes come after this.
    pub(super) fn expect_changes(&mut self, starting: bool) {
        let before = std::mem::take(&mut self.told);
        let mut starts = Vec::new();
        for service in &self.plan.lvs.servers {
            for real in &service.servers {
                let alive = self.pools.is_alive(service.id, real.id);
                let known = before.servers.get(&real.id).copied();
                self.told.servers.insert(real.id, known.unwrap_or(alive));
                for check in &real.checks {
                    let known = before.checks.get(&check.id).copied();
                    let up = known.unwrap_or_else(|| self.pools.is_up(check.id));
                    self.told.checks.insert(check.id, up);
                }
            }
            if service.alert && starting {
                let up = self.pools.has_quorum(service.id);
                let weight = self.alive_weight(service);
                starts.push(PoolAlert::Quorum(service.id, up, Quorum::Starting, weight));
            }
        }
        for alert in starts {
            self.send_alert(alert);
        }
    }

    fn alive_weight(&self, service: &VirtualServer) -> u64 {
        let alive = service.servers.iter();
        let alive = alive.filter(|real| self.pools.is_alive(service.id, real.id));
        let weights = alive.filter_map(|real| self.pools.weight(service.id, real.id));
        weights.map(u64::from).sum()
    }

    /// Tells of an event, if people are to know.
    pub(super) fn alert(&mut self, event: &Event) {
        match *event {
            Event::Check { check, up, .. } => self.alert_check(check, up),
            Event::Quorum {
                pool,
                up,
                weight,
                announced: false,
            } => {
                let service = self.names.pool(&self.plan, pool);
                if service.is_some_and(|service| service.alert) {
                    self.send_alert(PoolAlert::Quorum(pool, up, Quorum::Changed, weight));
                }
            }
            _ => {}
        }
    }

    fn alert_check(&mut self, check: CheckId, up: bool) {
        let Some((service, real, _)) = self.names.check(&self.plan, check) else {
            return;
        };
        let (wanted, server) = (real.alert, real.id);
        // the machine has settled: this is what became of the server
        let alive = self.pools.is_alive(service.id, server);
        let same = self.told.checks.insert(check, up) == Some(up);
        let decisive = self.told.servers.insert(server, alive) != Some(alive);
        if wanted && !same {
            let timed_out = self
                .reasons
                .get(&check)
                .is_some_and(|why| why == "timed out");
            self.send_alert(PoolAlert::Check {
                check,
                up,
                alive,
                decisive,
                timed_out,
            });
        }
    }

    /// Real servers that `next` does not have any more.
    pub(super) fn alert_removed(&mut self, next: &Plan) {
        let stays = next.lvs.servers.iter().flat_map(|service| &service.servers);
        let stays: BTreeSet<_> = stays.map(|real| real.id).collect();
        for service in &self.plan.lvs.servers {
            for real in &service.servers {
                let alive = self.pools.is_alive(service.id, real.id);
                if real.alert && alive && !stays.contains(&real.id) {
                    let removed = PoolAlert::Removed(real.id);
                    self.outbox.push(FromRole::Alert(removed));
                }
            }
        }
    }

    fn send_alert(&mut self, alert: PoolAlert) {
        self.outbox.push(FromRole::Alert(alert));
    }
}
