//! Where the plan keeps what an id means.
use plan::Plan;
use plan::lvs::{Check, RealServer, VirtualServer};
use pool::{CheckId, PoolId, ServerId};
use std::collections::BTreeMap;

/// Places in the plan's lists.
#[derive(Debug, Default)]
pub(super) struct Names {
    pools: BTreeMap<PoolId, usize>,
    servers: BTreeMap<ServerId, (usize, usize)>,
    checks: BTreeMap<CheckId, (usize, usize, usize)>,
}

impl Names {
    pub(super) fn of(plan: &Plan) -> Names {
        let mut names = Names::default();
        for (v, service) in plan.lvs.servers.iter().enumerate() {
            names.pools.insert(service.id, v);
            for (r, real) in service.servers.iter().enumerate() {
                names.servers.insert(real.id, (v, r));
                for (c, check) in real.checks.iter().enumerate() {
                    names.checks.insert(check.id, (v, r, c));
                }
            }
        }
        names
    }

    pub(super) fn pool<'a>(&self, plan: &'a Plan, id: PoolId) -> Option<&'a VirtualServer> {
        plan.lvs.servers.get(*self.pools.get(&id)?)
    }

    pub(super) fn server<'a>(
        &self,
        plan: &'a Plan,
        id: ServerId,
    ) -> Option<(&'a VirtualServer, &'a RealServer)> {
        let (v, r) = self.servers.get(&id)?;
        let service = plan.lvs.servers.get(*v)?;
        Some((service, service.servers.get(*r)?))
    }

    pub(super) fn check<'a>(
        &self,
        plan: &'a Plan,
        id: CheckId,
    ) -> Option<(&'a VirtualServer, &'a RealServer, &'a Check)> {
        let (v, r, c) = self.checks.get(&id)?;
        let service = plan.lvs.servers.get(*v)?;
        let real = service.servers.get(*r)?;
        Some((service, real, real.checks.get(*c)?))
    }
}
