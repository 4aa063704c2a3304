//! What the vrrp process does with plans, on virtual time and beside a kernel of sets.
use ledger::{AddressKey, AddressSpec, Fact, Items, Ledger, Leftovers, Op, Owner};
use plan::{Instance, Plan, adopt_ids, diff};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use vrrp::{Change, Effect, InstanceId, Link, Params, Router, StateKind};
use wire::Instant;

/// Machine, ledger and kernel of one node; nobody else is on its links.
pub struct Role {
    pub plan: Plan,
    pub router: Router,
    pub now: Instant,
    ledger: Ledger,
    pub kernel: BTreeSet<AddressKey>,
    /// What was done since the last look.
    pub effects: Vec<Effect>,
    pub ops: Vec<Op>,
}

pub const LINKS: [&str; 2] = ["eth0", "eth1"];

impl Role {
    pub fn start(plan: Plan) -> Role {
        let mut role = Role {
            plan: Plan::default(),
            router: Router::new(),
            now: Instant::ZERO,
            ledger: Ledger::new(Leftovers::Keep),
            kernel: BTreeSet::new(),
            effects: Vec::new(),
            ops: Vec::new(),
        };
        role.ledger.adopt(Vec::new());
        for (index, name) in (1..).zip(LINKS) {
            role.ledger.observe(Fact::Link { index, up: true });
            let link = Link {
                name: name.into(),
                index,
                up: true,
                ipv4: Some(Ipv4Addr::new(10, 0, 9, 5)),
                ipv6: None,
                sources: std::collections::BTreeSet::new(),
            };
            role.router.handle_link(role.now, &link);
        }
        role.take_over(plan);
        role
    }

    /// A reload.
    pub fn reload(&mut self, mut next: Plan) -> Vec<Change<InstanceId, Instance>> {
        adopt_ids(&mut next, &self.plan);
        (self.effects, self.ops) = (Vec::new(), Vec::new());
        let changes = diff(&self.plan, &next);
        self.take_over(next);
        changes
    }

    fn take_over(&mut self, next: Plan) {
        let (mut staying, now) = (Vec::new(), self.now);
        for change in diff(&self.plan, &next) {
            match change.map(|instance| instance.params) {
                Change::Remove(id) => self.router.remove(now, id),
                Change::Rebuild(id, params) => {
                    self.router.remove(now, id);
                    staying.push(Change::Add(id, params));
                }
                other => staying.push(other),
            }
            self.drain();
        }
        for id in self.plan.instances.keys() {
            if !next.instances.contains_key(id) {
                self.ledger.forget(owner(*id));
            }
        }
        for (id, instance) in &next.instances {
            if self.plan.instances.get(id) != Some(instance) {
                self.ledger.configure(owner(*id), items(instance));
            }
        }
        self.plan = next;
        let trackers = self.plan.trackers.iter();
        let trackers = trackers.map(|(id, object)| (*id, object.tracker.clone()));
        self.router.set_trackers(trackers.collect());
        let groups = self.plan.groups.iter();
        let groups = groups.map(|(id, group)| (*id, group.members.clone()));
        self.router.set_groups(now, groups.collect());
        for change in staying {
            self.router.apply(now, change);
        }
        self.drain();
        self.settle();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.router.poll_effect() {
            match effect {
                Effect::Hold(id) => self.ledger.hold(owner(id)),
                Effect::Release(id) => self.ledger.release(owner(id)),
                _ => {}
            }
            self.effects.push(effect);
        }
    }

    /// What is removed was there, and what is added was not: within one turn a key is free
    /// before somebody else gets it.
    fn settle(&mut self) {
        for op in self.ledger.settle(usize::MAX) {
            match &op {
                Op::Add(key, _) => assert!(self.kernel.insert(*key), "{key:?} is there"),
                Op::Remove(key) => assert!(self.kernel.remove(key), "{key:?} is not there"),
                other => panic!("{other:?}"),
            }
            self.ops.push(op);
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.router.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.router.handle_timeout(self.now);
            self.drain();
            self.settle();
        }
        self.now = end;
    }

    /// What an instance will do, and the state it is in.
    pub fn outlook(&self, id: InstanceId) -> (Option<StateKind>, Option<Vec<u64>>) {
        (self.router.state(id), self.router.outlook(self.now, id))
    }

    /// What everybody is, by name.
    pub fn summary(&self) -> Vec<(&str, Option<StateKind>, Option<&Params>)> {
        let mut all: Vec<_> = self
            .plan
            .instances
            .iter()
            .map(|(id, one)| (&*one.name, self.router.state(*id), self.router.params(*id)))
            .collect();
        all.sort_by_key(|(name, ..)| *name);
        all
    }
}

fn owner(id: InstanceId) -> Owner {
    Owner(id.0)
}

fn items(instance: &Instance) -> Items {
    let link = |dev: &str| (1..).zip(LINKS).find(|(_, name)| *name == dev).unwrap().0;
    let one = |address: &plan::Address| {
        (
            AddressKey::new(link(&address.dev), address.prefix),
            AddressSpec::default(),
        )
    };
    Items::from(instance.addresses.iter().map(one).collect::<Vec<_>>())
}
