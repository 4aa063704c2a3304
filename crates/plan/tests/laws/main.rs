//! The laws of a reload, with random pairs of plans: for the plan itself, and for the machine and
//! the ledger that it is put into.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    missing_docs
)] // a test may stop where it stands
mod role;

use plan::{Address, Group, Instance, Plan, adopt_ids, diff};
use proptest::prelude::*;
use role::{LINKS, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use vrrp::{Change, Effect, GroupId, InstanceId, Params, StateKind};
use wire::{AdvertInterval, Family, Priority, Version, Vrid};

/// What may differ between two instances of one name.
#[derive(Debug, Clone)]
struct Block {
    vrid: u8,
    priority: u8,
    interface: usize,
    version: Version,
    interval: u16,
    addresses: Vec<(usize, usize)>,
    group: u32,
}

fn block() -> impl Strategy<Value = Block> {
    let wire = (1..4u8, 100..103u8, 0..2usize, any::<bool>(), 1..3u16);
    // few addresses, so that they move from one instance to another
    let addresses = prop::collection::btree_map(1..5usize, 0..2usize, 0..3);
    (wire, addresses, 0..4u32).prop_map(|(wire, addresses, group)| {
        let (vrid, priority, interface, third, seconds) = wire;
        Block {
            vrid,
            priority,
            interface,
            version: if third { Version::V3 } else { Version::V2 },
            interval: seconds * 100,
            addresses: addresses.into_iter().collect(),
            group,
        }
    })
}

fn instance(name: u8, block: &Block) -> Instance {
    let interface = LINKS[block.interface];
    let mut params = Params::new(interface, Vrid::new(block.vrid).unwrap(), Family::V4);
    params.priority = Priority::new(block.priority);
    params.version = block.version;
    params.interval = AdvertInterval::from_centis(block.interval).unwrap();
    let addresses: Vec<Address> = block
        .addresses
        .iter()
        .map(|(n, dev)| Address::new(format!("10.0.0.{n}/24").parse().unwrap(), LINKS[*dev]))
        .collect();
    params.addresses = addresses.iter().map(|one| one.prefix.addr()).collect();
    Instance {
        extra_garp: None,
        promote_on: Vec::new(),
        name: format!("V{name}"),
        params: params.into(),
        ttl: 255,
        addresses,
        accept: true,
        strict: false,
        promote_secondaries: false,
        receive_buffer: None,
        routes: Vec::new(),
        rules: Vec::new(),
        notify: plan::Notify::default(),
    }
}

fn plan(blocks: BTreeMap<u8, Block>) -> Plan {
    let mut plan = Plan::default();
    let mut taken = BTreeSet::new();
    for (name, block) in blocks {
        // two of one identifier on one link are refused
        if !taken.insert((block.interface, block.vrid)) {
            continue;
        }
        let id = InstanceId(u32::try_from(plan.instances.len()).unwrap());
        plan.instances.insert(id, Box::new(instance(name, &block)));
        if block.group > 0 {
            let group = plan
                .groups
                .entry(GroupId(block.group))
                .or_insert_with(|| Group {
                    name: format!("G{}", block.group),
                    members: Vec::new(),
                    notify: plan::Notify::default(),
                });
            group.members.push(id);
        }
    }
    plan
}

fn plans() -> impl Strategy<Value = Plan> {
    prop::collection::btree_map(0..6u8, block(), 0..6).prop_map(plan)
}

/// Pairs that have something in common: one of them is the other, changed here and there.
fn pairs() -> impl Strategy<Value = (Plan, Plan)> {
    let blocks = prop::collection::btree_map(0..6u8, block(), 0..6);
    let changes = prop::collection::btree_map(0..6u8, prop::option::of(block()), 0..4);
    (blocks, changes).prop_map(|(before, changes)| {
        let mut after = before.clone();
        for (name, change) in changes {
            match change {
                Some(block) => drop(after.insert(name, block)),
                None => drop(after.remove(&name)),
            }
        }
        (plan(before), plan(after))
    })
}

/// A moment of the first ten seconds: during elections and after them.
fn moment() -> impl Strategy<Value = Duration> {
    (0..10_000u64).prop_map(Duration::from_millis)
}

const LONG: Duration = Duration::from_mins(1);

/// What a step is about: what an instance is called is nothing that it knows.
fn nameless(plan: &Plan) -> BTreeMap<InstanceId, Box<Instance>> {
    let mut all = plan.instances.clone();
    for one in all.values_mut() {
        one.name.clear();
    }
    all
}

/// What a role does with the steps.
fn apply(
    running: &Plan,
    changes: Vec<Change<InstanceId, Instance>>,
) -> BTreeMap<InstanceId, Box<Instance>> {
    let mut now = nameless(running);
    for change in changes {
        match change {
            Change::Keep(id) => assert!(now.contains_key(&id)),
            Change::Tune(id, mut new) | Change::Rebuild(id, mut new) => {
                new.name.clear();
                assert!(now.insert(id, Box::new(new)).is_some());
            }
            Change::Add(id, mut new) => {
                new.name.clear();
                assert!(now.insert(id, Box::new(new)).is_none());
            }
            Change::Remove(id) => assert!(now.remove(&id).is_some()),
        }
    }
    now
}

/// Whether an instance stands alone, so that others' changes are none of its business.
fn alone(plan: &Plan, id: InstanceId) -> bool {
    !plan
        .groups
        .values()
        .any(|group| group.members.contains(&id))
}

proptest! {
    #[test]
    fn the_same_plan_changes_nothing(a in plans()) {
        prop_assert!(diff(&a, &a).iter().all(|change| matches!(change, Change::Keep(_))));
    }

    #[test]
    fn going_there_and_back_ends_where_it_began((a, b) in pairs()) {
        let mut there = b;
        adopt_ids(&mut there, &a);
        prop_assert_eq!(apply(&a, diff(&a, &there)), nameless(&there));
        prop_assert_eq!(apply(&there, diff(&there, &a)), nameless(&a));
    }

    #[test]
    fn a_router_keeps_its_id_else_a_name_does_and_the_rest_is_new((a, b) in pairs()) {
        let mut next = b.clone();
        adopt_ids(&mut next, &a);
        prop_assert_eq!(next.instances.len(), b.instances.len());
        let router = |one: &Instance| (one.params.interface.clone(), one.params.vrid);
        let names = |one: &Instance| one.name.clone();
        for (id, instance) in &next.instances {
            let like = a.instances.iter().find(|(_, old)| router(old) == router(instance));
            match (like, a.instances.get(id)) {
                (Some((old, _)), _) => prop_assert_eq!(old, id),
                (None, Some(old)) => prop_assert_eq!(names(old), names(instance)),
                (None, None) => {}
            }
        }
        let mut names: Vec<_> = next.instances.values().map(|one| names(one)).collect();
        let mut wanted: Vec<_> = b.instances.values().map(|one| one.name.clone()).collect();
        names.sort();
        wanted.sort();
        prop_assert_eq!(names, wanted);
    }

    #[test]
    fn removals_come_first_and_additions_last((a, b) in pairs()) {
        let mut next = b;
        adopt_ids(&mut next, &a);
        let rank = |change: &Change<_, _>| match change {
            Change::Remove(_) => 0,
            Change::Keep(_) | Change::Tune(..) | Change::Rebuild(..) => 1,
            Change::Add(..) => 2,
        };
        prop_assert!(diff(&a, &next).iter().map(rank).is_sorted());
    }

    /// Machine and ledger: nothing to do, no timer moved.
    #[test]
    fn a_reload_of_the_same_does_nothing(a in plans(), at in moment()) {
        let mut role = Role::start(a.clone());
        role.pass(at);
        let ids: Vec<_> = role.router.ids().collect();
        let before: Vec<_> = ids.iter().map(|id| role.outlook(*id)).collect();
        let wakes = role.router.poll_timeout();
        role.reload(a);
        prop_assert!(role.effects.is_empty(), "{:?}", role.effects);
        prop_assert!(role.ops.is_empty(), "{:?}", role.ops);
        prop_assert_eq!(role.router.poll_timeout(), wakes);
        let after: Vec<_> = ids.iter().map(|id| role.outlook(*id)).collect();
        prop_assert_eq!(after, before);
    }

    /// Whatever ran before: in the end it is as if the file had been there from the start.
    #[test]
    fn a_reload_ends_where_a_start_would((a, b) in pairs(), at in moment()) {
        let mut reloaded = Role::start(a);
        reloaded.pass(at);
        reloaded.reload(b.clone());
        let mut fresh = Role::start(b);
        let config = |role: &Role| -> Vec<(String, Option<Params>)> {
            let all = role.summary().into_iter();
            all.map(|(name, _, params)| (name.to_owned(), params.cloned())).collect()
        };
        prop_assert_eq!(config(&reloaded), config(&fresh));
        reloaded.pass(LONG);
        fresh.pass(LONG);
        prop_assert_eq!(reloaded.summary(), fresh.summary());
        prop_assert_eq!(&reloaded.kernel, &fresh.kernel);
        let all = reloaded.summary();
        prop_assert!(all.iter().all(|(_, state, _)| *state == Some(StateKind::Master)), "{:?}", all);
    }

    /// There and back again: what was kept both times went on as if nothing had been.
    #[test]
    fn what_is_kept_goes_on_undisturbed((a, b) in pairs(), at in moment()) {
        let mut role = Role::start(a.clone());
        role.pass(at);
        for next in [b, a] {
            let ids: Vec<_> = role.router.ids().filter(|id| alone(&role.plan, *id)).collect();
            let before: BTreeMap<_, _> = ids.iter().map(|id| (*id, role.outlook(*id))).collect();
            let changes = role.reload(next);
            let kept = changes.iter().filter_map(|change| match change {
                Change::Keep(id) => before.get_key_value(id).filter(|_| alone(&role.plan, *id)),
                _ => None,
            });
            for (id, outlook) in kept {
                prop_assert_eq!(&role.outlook(*id), outlook, "{:?}", id);
                let touched = role.effects.iter().any(|effect| match effect {
                    Effect::Send { id: of, .. } | Effect::Hold(of) | Effect::Release(of) => of == id,
                    Effect::Notify(notice) => notice.id == *id,
                    _ => false,
                });
                prop_assert!(!touched, "{:?}", role.effects);
            }
        }
    }

    /// A master that stays on its link and stands alone stays master, without letting go for a
    /// moment.
    #[test]
    fn mastership_outlives_a_reload((a, b) in pairs(), at in moment()) {
        let mut role = Role::start(a);
        role.pass(at);
        let master = |role: &Role, id: &InstanceId| role.router.state(*id) == Some(StateKind::Master);
        let link = |role: &Role, id: &InstanceId| role.router.params(*id).map(|p| p.interface.clone());
        let masters: Vec<_> = role.router.ids().filter(|id| master(&role, id)).collect();
        let links: Vec<_> = masters.iter().map(|id| link(&role, id)).collect();
        role.reload(b);
        let both = masters.iter().zip(links);
        let stay = both.filter(|(id, before)| link(&role, id) == *before).map(|(id, _)| id);
        for id in stay.filter(|id| alone(&role.plan, **id)) {
            prop_assert!(master(&role, id), "{:?}", id);
            prop_assert!(!role.effects.contains(&Effect::Release(*id)), "{:?}", role.effects);
        }
        let ops = &role.ops;
        let adds = ops.iter().skip_while(|op| matches!(op, ledger::Op::Remove(_)));
        prop_assert!(adds.clone().all(|op| matches!(op, ledger::Op::Add(..))), "{:?}", ops);
    }
}
