//! The laws of a reload, with random pairs of plans.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use plan::{Address, Global, Instance, Plan, adopt_ids, diff};
use proptest::prelude::*;
use std::collections::BTreeMap;
use vrrp::{Change, InstanceId, Params};
use wire::{Family, Priority, Vrid};

fn instance(name: u8, vrid: u8, priority: u8, interface: bool, addresses: usize) -> Instance {
    let interface = if interface { "eth0" } else { "eth1" };
    let mut params = Params::new(interface, Vrid::new(vrid).unwrap(), Family::V4);
    params.priority = Priority::new(priority);
    let address = |n: usize| Address::new(format!("10.0.0.{n}/24").parse().unwrap(), interface);
    Instance {
        name: format!("V{name}"),
        params,
        ttl: 255,
        addresses: (1..=addresses).map(address).collect(),
        accept: true,
        routes: Vec::new(),
        rules: Vec::new(),
        notify: plan::Notify::default(),
    }
}

fn plans() -> impl Strategy<Value = Plan> {
    let one = (1..4u8, 100..103u8, any::<bool>(), 0..3usize);
    prop::collection::btree_map(0..6u8, one, 0..6).prop_map(|blocks| Plan {
        global: Global::default(),
        instances: (0..)
            .map(InstanceId)
            .zip(
                blocks
                    .into_iter()
                    .map(|(name, (vrid, priority, interface, n))| {
                        instance(name, vrid, priority, interface, n)
                    }),
            )
            .collect(),
        ..Plan::default()
    })
}

/// What a role does with the steps.
fn apply(
    running: &Plan,
    changes: Vec<Change<InstanceId, Instance>>,
) -> BTreeMap<InstanceId, Instance> {
    let mut now = running.instances.clone();
    for change in changes {
        match change {
            Change::Keep(id) => assert!(now.contains_key(&id)),
            Change::Tune(id, new) | Change::Rebuild(id, new) => {
                assert!(now.insert(id, new).is_some());
            }
            Change::Add(id, new) => assert!(now.insert(id, new).is_none()),
            Change::Remove(id) => assert!(now.remove(&id).is_some()),
        }
    }
    now
}

proptest! {
    #[test]
    fn the_same_plan_changes_nothing(a in plans()) {
        prop_assert!(diff(&a, &a).iter().all(|change| matches!(change, Change::Keep(_))));
    }

    #[test]
    fn going_there_and_back_ends_where_it_began(a in plans(), b in plans()) {
        let mut there = b;
        adopt_ids(&mut there, &a);
        prop_assert_eq!(apply(&a, diff(&a, &there)), there.instances.clone());
        prop_assert_eq!(apply(&there, diff(&there, &a)), a.instances.clone());
    }

    #[test]
    fn a_name_keeps_its_id_and_new_names_get_new_ones(a in plans(), b in plans()) {
        let mut next = b.clone();
        adopt_ids(&mut next, &a);
        prop_assert_eq!(next.instances.len(), b.instances.len());
        for (id, instance) in &next.instances {
            let old = a.instances.iter().find(|(_, old)| old.name == instance.name);
            match old {
                Some((old_id, _)) => prop_assert_eq!(old_id, id),
                None => prop_assert!(!a.instances.contains_key(id)),
            }
        }
    }

    #[test]
    fn removals_come_first_and_additions_last(a in plans(), b in plans()) {
        let mut next = b;
        adopt_ids(&mut next, &a);
        let rank = |change: &Change<_, _>| match change {
            Change::Remove(_) => 0,
            Change::Keep(_) | Change::Tune(..) | Change::Rebuild(..) => 1,
            Change::Add(..) => 2,
        };
        prop_assert!(diff(&a, &next).iter().map(rank).is_sorted());
    }
}
