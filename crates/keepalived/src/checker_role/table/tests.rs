//! From plan to table without a kernel: the table here is carried out operation by operation, and
//! counts them.
use super::{Ledger, changed, forget_services, wanted};
use crate::checker_role::names::Names;
use core::time::Duration;
use ledger::ipvs::{
    DestKey, Forwarding, Op, Protocol, Service, ServiceFlags, ServiceKey, ServiceSpec, Table,
};
use plan::Plan;
use plan::lvs::{Check, Inherited, Probe, RealServer, VirtualServer};
use pool::{CheckId, CheckParams, Effect, PoolId, Pools, ServerId, Verdict};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use wire::Instant;

fn check(id: u32) -> Check {
    Check {
        id: CheckId(id),
        params: CheckParams {
            delay_loop: Duration::from_secs(1),
            delay_before_retry: Duration::from_secs(1),
            retry: 0,
            warmup: Duration::ZERO,
            alpha: false,
            steps: 1,
            fast_recovery: false,
            prove_again: false,
            passive: false,
        },
        // any: none is made here
        probe: Probe::Bfd(String::new()),
        log_all_failures: false,
    }
}

/// A real server with one check; `id` is unique in the plan.
pub(in crate::checker_role) fn server(id: u32, weight: u32) -> RealServer {
    RealServer {
        id: ServerId(id),
        name: format!("server {id}"),
        key: DestKey {
            address: Ipv4Addr::from(0x0a00_0000 + id).into(),
            port: 80,
        },
        forwarding: Forwarding::Masquerade,
        weight,
        upper: 0,
        lower: 0,
        inhibit_on_failure: false,
        notify_up: None,
        notify_down: None,
        alert: false,
        checks: vec![check(id)],
        inherited: None,
    }
}

/// A virtual server for these.
pub(in crate::checker_role) fn service(id: u32, servers: Vec<RealServer>) -> VirtualServer {
    VirtualServer {
        id: PoolId(id),
        name: format!("service {id}"),
        services: vec![ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: Ipv4Addr::from(0xc0a8_0000 + id).into(),
            port: 80,
        }],
        spec: ServiceSpec {
            scheduler: "rr".into(),
            flags: ServiceFlags::default(),
            persistence: 0,
            granularity: 32,
            engine: None,
        },
        servers,
        sorry: None,
        quorum: 1,
        hysteresis: 0,
        alpha: false,
        omega: false,
        announce_initial: false,
        ha_suspend: false,
        drain_timeout: Duration::ZERO,
        quorum_up: None,
        quorum_down: None,
        group: None,
        marked: Vec::new(),
        forwarding: Forwarding::Masquerade,
        inhibit_on_failure: false,
        inherited: Inherited::default(),
        alert: false,
    }
}

/// `services` times `servers`, all of weight 1.
fn many(services: u32, servers: u32) -> Plan {
    let mut plan = Plan::default();
    plan.lvs.servers = (0..services)
        .map(|s| {
            let ids = s * servers..(s + 1) * servers;
            service(s, ids.map(|id| server(id, 1)).collect())
        })
        .collect();
    plan
}

/// What the role does, with a table in the kernel's place.
struct World {
    plan: Plan,
    names: Names,
    pools: Pools,
    ledger: Ledger,
    table: Table,
    now: Instant,
}

impl World {
    fn new(plan: Plan) -> World {
        let mut world = World {
            plan: Plan::default(),
            names: Names::default(),
            pools: Pools::new(7),
            ledger: Ledger::default(),
            table: Table::new(),
            now: Instant::ZERO,
        };
        world.ledger.adopt(Table::new());
        world.take_over(plan);
        world
    }

    /// A start or a reload; gives the operations.
    fn take_over(&mut self, next: Plan) -> Vec<Op> {
        self.ledger.adopt(self.table.clone());
        let services = next.lvs.servers.iter();
        let params = services.map(|s| (s.id, s.params())).collect();
        self.names = Names::of(&next);
        forget_services(&mut self.ledger, &next, false);
        let before = std::mem::replace(&mut self.plan, next);
        self.pools.apply(self.now, &params);
        for id in changed(&before, &self.plan) {
            self.want(id);
        }
        self.perform()
    }

    fn want(&mut self, id: PoolId) {
        let Some(service) = self.names.pool(&self.plan, id) else {
            return;
        };
        let entries = self.pools.entries(id);
        for key in &service.services {
            self.ledger.want(*key, wanted(key, service, &entries));
        }
    }

    fn perform(&mut self) -> Vec<Op> {
        while let Some(effect) = self.pools.poll_effect() {
            if let Effect::Entries(pool) = effect {
                self.want(pool);
            }
        }
        let mut all = Vec::new();
        while self.ledger.has_work() {
            let ops = self.ledger.settle(256);
            carry_out(&mut self.table, &ops);
            all.extend(ops);
        }
        all
    }

    /// The next round of checks, all at once; gives the operations.
    fn round(&mut self, passes: impl Fn(CheckId) -> bool) -> Vec<Op> {
        self.now += Duration::from_secs(1);
        self.pools.handle_timeout(self.now);
        for check in self.pools.running() {
            let verdict = if passes(check) {
                Verdict::PASS
            } else {
                Verdict::Fail
            };
            self.pools.handle_result(self.now, check, verdict);
        }
        self.perform()
    }

    /// The servers of the plan that are alive.
    fn alive(&self) -> BTreeSet<ServerId> {
        let services = self.plan.lvs.servers.iter();
        let all = services.flat_map(|s| s.servers.iter().map(|r| (s.id, r.id)));
        all.filter(|(pool, id)| self.pools.is_alive(*pool, *id))
            .map(|(_, id)| id)
            .collect()
    }

    /// What the table should be: the alive servers of each service.
    fn expected(&self) -> Table {
        let alive = self.alive();
        let services = self.plan.lvs.servers.iter();
        let expected = services.flat_map(|service| {
            let servers = service.servers.iter().filter(|r| alive.contains(&r.id));
            let dests: BTreeMap<_, _> = servers
                .map(|r| (r.key, super::plain(r.forwarding, r.weight)))
                .collect();
            let spec = service.spec.clone();
            let made = move |key: &ServiceKey| {
                let (spec, dests) = (spec.clone(), dests.clone());
                (*key, Service { spec, dests })
            };
            service.services.iter().map(made)
        });
        expected.collect()
    }
}

/// As the kernel does, refusing what makes no sense there.
fn carry_out(table: &mut Table, ops: &[Op]) {
    for op in ops {
        assert!(op.clone().is_taken_by(table), "{op:?}");
    }
}

#[test]
fn a_reload_that_changes_one_server_of_100_000_is_one_request() {
    let before = many(10_000, 10);
    let mut after = before.clone();
    after.lvs.servers[7_777].servers[3].weight = 9;
    let mut fewer = after.clone();
    fewer.lvs.servers[123].servers.remove(0);
    let mut world = World::new(before);
    assert_eq!(world.table.len(), 10_000);
    let told = |ops: &[Op]| ops.iter().map(ToString::to_string).collect::<Vec<_>>();
    let ops = world.take_over(after);
    assert_eq!(
        told(&ops),
        ["edit [10.1.47.205]:80 of [192.168.30.97]:tcp:80"]
    );
    let ops = world.take_over(fewer.clone());
    assert_eq!(
        told(&ops),
        ["remove [10.0.4.206]:80 from [192.168.0.123]:tcp:80"]
    );
    assert_eq!(told(&world.take_over(fewer)), [""; 0]);
    assert_eq!(world.table, world.expected());
}

#[test]
fn ten_thousand_flapping_servers_cost_one_request_per_change() {
    let mut world = World::new(many(1_000, 10));
    let mut alive = world.alive();
    for turn in 0..20u32 {
        // some die, some return, some stay: a different third each time
        let ops = world.round(|CheckId(id)| (id.wrapping_mul(7919) >> (turn % 5)) % 3 != turn % 3);
        let now = world.alive();
        let changed = alive.symmetric_difference(&now).count();
        assert!(changed > 1_000 || turn == 0, "turn {turn}: {changed}");
        assert_eq!(ops.len(), changed, "turn {turn}");
        assert_eq!(world.table, world.expected(), "turn {turn}");
        alive = now;
    }
    world.round(|_| true);
    assert_eq!(world.alive().len(), 10_000);
    assert!(world.round(|_| true).is_empty());
}

/// Services and their servers, with weights. Ids are those that `plan::adopt_ids` would give: a
/// server of the same place is the same.
fn plans() -> impl Strategy<Value = Plan> {
    let servers = prop::collection::btree_map(0..6u32, 1..4u32, 0..6);
    prop::collection::btree_map(0..4u32, servers, 0..4).prop_map(|services| {
        let mut plan = Plan::default();
        plan.lvs.servers = services
            .into_iter()
            .map(|(s, servers)| {
                let servers = servers.into_iter();
                service(s, servers.map(|(r, w)| server(s * 100 + r, w)).collect())
            })
            .collect();
        plan
    })
}

proptest! {
    #[test]
    fn the_laws_of_the_reload(
        steps in prop::collection::vec((plans(), any::<u64>()), 1..6),
    ) {
        let mut world = World::new(Plan::default());
        for (plan, results) in steps {
            let (known, before) = (ids(&world.plan), world.alive());
            world.take_over(plan.clone());
            // what stays keeps what is known of it, what is new counts as alive
            let (both, now) = (ids(&plan), world.alive());
            for id in &both {
                let expected = !known.contains(id) || before.contains(id);
                prop_assert_eq!(now.contains(id), expected);
            }
            prop_assert_eq!(&world.table, &world.expected());
            // the same again is nothing
            let due = world.pools.poll_timeout();
            prop_assert!(world.take_over(plan.clone()).is_empty());
            prop_assert_eq!(world.pools.poll_timeout(), due);
            // there and back again is the same table
            let here = world.table.clone();
            world.take_over(Plan::default());
            prop_assert!(world.table.is_empty());
            world.take_over(plan);
            let spec = |t: &Table| t.keys().copied().collect::<Vec<_>>();
            prop_assert_eq!(spec(&world.table), spec(&here));
            for _ in 0..2 {
                world.round(|CheckId(id)| results >> (id % 64) & 1 == 0);
                prop_assert_eq!(&world.table, &world.expected());
            }
        }
    }
}

fn ids(plan: &Plan) -> BTreeSet<ServerId> {
    let servers = plan.lvs.servers.iter().flat_map(|s| &s.servers);
    servers.map(|server| server.id).collect()
}
