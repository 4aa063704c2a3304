use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn key(last: u8) -> ServiceKey {
    ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: [10, 0, 0, last].into(),
        port: 80,
    }
}

fn dest(last: u8) -> DestKey {
    DestKey {
        address: [10, 0, 1, last].into(),
        port: 80,
    }
}

fn spec(weight: u32) -> DestSpec {
    DestSpec {
        forwarding: Forwarding::Masquerade,
        weight,
        upper: 0,
        lower: 0,
    }
}

fn service(scheduler: &str, dests: &[(u8, u32)]) -> Service {
    Service {
        spec: ServiceSpec {
            scheduler: scheduler.into(),
            flags: ServiceFlags::default(),
            persistence: 0,
            granularity: 32,
            engine: None,
        },
        dests: dests.iter().map(|&(d, w)| (dest(d), spec(w))).collect(),
    }
}

fn wanted(scheduler: &str, dests: &[(u8, u32)], members: &[u8]) -> Wanted {
    Wanted {
        service: service(scheduler, dests),
        members: members.iter().map(|&d| dest(d)).collect(),
    }
}

fn told(ops: &[Op]) -> Vec<String> {
    ops.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_table_is_filled_and_a_full_one_left_alone() {
    let mut ledger = Ipvs::default();
    ledger.adopt(Table::new());
    ledger.want(key(1), wanted("rr", &[(1, 1), (2, 1)], &[1, 2]));
    let ops = [
        "add service [10.0.0.1]:tcp:80",
        "add [10.0.1.1]:80 to [10.0.0.1]:tcp:80",
        "add [10.0.1.2]:80 to [10.0.0.1]:tcp:80",
    ];
    assert_eq!(told(&ledger.settle(100)), ops);
    assert!(!ledger.has_work());
    ledger.want(key(1), wanted("rr", &[(1, 1), (2, 1)], &[1, 2]));
    assert!(ledger.settle(100).is_empty());
}

#[test]
fn what_a_killed_process_left_is_adopted_and_what_differs_is_changed() {
    let mut ledger = Ipvs::default();
    let left = service("wlc", &[(1, 1), (2, 9), (3, 1), (9, 1)]);
    ledger.adopt(Table::from([(key(1), left), (key(7), service("rr", &[]))]));
    // 3 is configured but dead; 9 is nobody we know, and so is service 7
    ledger.want(key(1), wanted("rr", &[(1, 1), (2, 1)], &[1, 2, 3]));
    let ops = [
        "edit service [10.0.0.1]:tcp:80",
        "edit [10.0.1.2]:80 of [10.0.0.1]:tcp:80",
        "remove [10.0.1.3]:80 from [10.0.0.1]:tcp:80",
    ];
    assert_eq!(told(&ledger.settle(100)), ops);
}

#[test]
fn a_service_is_never_empty_while_servers_change() {
    let mut ledger = Ipvs::default();
    ledger.want(key(1), wanted("rr", &[(1, 1)], &[1, 2]));
    ledger.settle(100);
    ledger.want(key(1), wanted("rr", &[(2, 1)], &[1, 2]));
    let ops = [
        "add [10.0.1.2]:80 to [10.0.0.1]:tcp:80",
        "remove [10.0.1.1]:80 from [10.0.0.1]:tcp:80",
    ];
    assert_eq!(told(&ledger.settle(100)), ops);
}

#[test]
fn a_removed_server_goes_once_and_is_foreign_afterwards() {
    let mut ledger = Ipvs::default();
    ledger.want(key(1), wanted("rr", &[(1, 1), (2, 1)], &[1, 2]));
    ledger.settle(100);
    ledger.want(key(1), wanted("rr", &[(1, 1)], &[1]));
    assert_eq!(
        told(&ledger.settle(100)),
        ["remove [10.0.1.2]:80 from [10.0.0.1]:tcp:80"]
    );
    let again = service("rr", &[(1, 1), (2, 1)]);
    ledger.adopt(Table::from([(key(1), again)]));
    assert!(ledger.settle(100).is_empty(), "somebody else put it back");
}

#[test]
fn a_table_changed_behind_our_back_is_put_right() {
    let mut ledger = Ipvs::default();
    ledger.want(key(1), wanted("rr", &[(1, 1), (2, 1)], &[1, 2]));
    ledger.settle(100);
    ledger.adopt(Table::from([(key(1), service("rr", &[(1, 5)]))]));
    let ops = [
        "edit [10.0.1.1]:80 of [10.0.0.1]:tcp:80",
        "add [10.0.1.2]:80 to [10.0.0.1]:tcp:80",
    ];
    assert_eq!(told(&ledger.settle(100)), ops);
    ledger.forget(key(1));
    assert_eq!(
        told(&ledger.settle(100)),
        ["remove service [10.0.0.1]:tcp:80"]
    );
    ledger.adopt(Table::from([(key(1), service("rr", &[]))]));
    assert!(ledger.settle(100).is_empty());
}

#[test]
fn a_destination_on_this_machine_is_as_wanted() {
    let mut ledger = Ipvs::default();
    ledger.want(key(1), wanted("rr", &[(1, 1)], &[1]));
    ledger.settle(100);
    let mut seen = service("rr", &[(1, 1)]);
    for spec in seen.dests.values_mut() {
        spec.forwarding = Forwarding::Local;
    }
    ledger.adopt(Table::from([(key(1), seen)]));
    assert!(ledger.settle(100).is_empty());
}

/// Carries out operations as the kernel does, refusing what makes no sense there.
fn carry_out(table: &mut Table, ops: &[Op]) {
    for op in ops {
        assert!(op.clone().is_taken_by(table), "{op:?}");
    }
}

fn plans() -> impl Strategy<Value = BTreeMap<u8, BTreeMap<u8, u32>>> {
    let dests = prop::collection::btree_map(0..5u8, 0..3u32, 0..5);
    prop::collection::btree_map(0..4u8, dests, 0..4)
}

proptest! {
    #[test]
    fn any_plan_after_any_other_gives_its_table_and_then_rest(
        steps in prop::collection::vec(plans(), 1..6),
        enough in 1..4usize,
    ) {
        let mut ledger = Ipvs::default();
        let foreign = (key(200), service("rr", &[(1, 1)]));
        let mut table = Table::from([foreign.clone()]);
        ledger.adopt(table.clone());
        for plan in steps {
            let gone: Vec<_> = ledger.services().copied().collect();
            for old in gone {
                if !plan.keys().any(|&k| key(k) == old) {
                    ledger.forget(old);
                }
            }
            for (&k, dests) in &plan {
                let dests: Vec<_> = dests.iter().map(|(&d, &w)| (d, w)).collect();
                ledger.want(key(k), wanted("rr", &dests, &[]));
            }
            while ledger.has_work() {
                carry_out(&mut table, &ledger.settle(enough));
            }
            let mut expected: Table = plan.iter().map(|(&k, dests)| {
                let dests: Vec<_> = dests.iter().map(|(&d, &w)| (d, w)).collect();
                (key(k), service("rr", &dests))
            }).collect();
            expected.extend([foreign.clone()]);
            prop_assert_eq!(&table, &expected);
            ledger.adopt(table.clone());
            prop_assert!(ledger.settle(1000).is_empty());
        }
    }
}

#[test]
fn members_are_ours_even_when_not_wanted_now() {
    let mut ledger = Ipvs::default();
    ledger.adopt(Table::from([(key(1), service("rr", &[(1, 1)]))]));
    let members = BTreeSet::from([dest(1)]);
    let service = service("rr", &[]);
    ledger.want(key(1), Wanted { service, members });
    assert_eq!(
        told(&ledger.settle(1)),
        ["remove [10.0.1.1]:80 from [10.0.0.1]:tcp:80"]
    );
}
