//! Routes and rules beside addresses.
use super::*;
use wire::Family;

const A: Owner = Owner(1);
const LINK: u32 = 1;

fn address() -> (AddressKey, AddressSpec) {
    (
        AddressKey::new(LINK, "10.0.0.1/32".parse().unwrap()),
        AddressSpec::default(),
    )
}

fn route(destination: &str) -> Route {
    let hop = Hop {
        via: Some("10.0.0.254".parse().unwrap()),
        link: Some(LINK),
        ..Hop::default()
    };
    Route::new(destination.parse().unwrap(), vec![hop])
}

fn rule(priority: u32) -> Rule {
    let from = Some("10.0.0.7/24".parse().unwrap());
    Rule {
        from,
        ..Rule::new(Family::V4, priority, Action::Table(100))
    }
}

fn items() -> Items {
    let routes = vec![route("192.0.2.0/24"), route("0.0.0.0/0")];
    Items {
        addresses: vec![address()],
        routes,
        rules: vec![rule(500)],
        ..Items::default()
    }
}

fn held() -> Ledger {
    let mut ledger = Ledger::new(Leftovers::Keep);
    ledger.configure(A, items());
    ledger.adopt(Vec::new());
    ledger.adopt_routes(Vec::new());
    ledger.adopt_rules(Vec::new());
    ledger.hold(A);
    ledger
}

fn add(route: Route) -> Op {
    Op::AddRoute(Box::new(route))
}

/// Conformance 67: "added after the addresses and removed before".
#[test]
fn addresses_come_first_and_go_last() {
    let mut ledger = held();
    let (key, spec) = address();
    let additions = ledger.settle(9);
    assert_eq!(
        additions[..3],
        [
            Op::Add(key, spec),
            add(route("192.0.2.0/24")),
            add(route("0.0.0.0/0")),
        ]
    );
    assert_eq!(additions[3], Op::AddRule(Box::new(rule(500).normal())));
    assert!(ledger.is_in_force(A));
    assert_eq!(ledger.settle(9), []);
    ledger.release(A);
    let mut removals = Vec::new();
    while let Some(op) = ledger.settle(1).pop() {
        removals.push(op);
    }
    assert_eq!(
        removals,
        [
            Op::RemoveRule(Box::new(rule(500).normal())),
            Op::RemoveRoute(Box::new(route("192.0.2.0/24"))),
            Op::RemoveRoute(Box::new(route("0.0.0.0/0"))),
            Op::Remove(key),
        ]
    );
}

#[test]
fn what_the_kernel_fills_in_is_no_difference() {
    let mut ledger = held();
    ledger.settle(9);
    let mut told = route("192.0.2.0/24");
    told.scope = Some(0);
    told.source = Some("10.0.0.1".parse().unwrap());
    ledger.observe(Fact::RoutePresent(Box::new(told.clone())));
    ledger.observe(Fact::RulePresent(Box::new(rule(500))));
    assert_eq!(ledger.settle(9), []);
    // Also for the next life of the daemon, which finds all of it.
    let mut next = Ledger::new(Leftovers::Keep);
    next.configure(
        A,
        Items {
            addresses: Vec::new(),
            ..items()
        },
    );
    next.hold(A);
    next.adopt_routes(vec![told, route("0.0.0.0/0")]);
    next.adopt_rules(vec![rule(500)]);
    assert_eq!(next.settle(9), []);
}

#[test]
fn a_start_removes_what_is_named_and_not_wanted() {
    let mut ledger = Ledger::new(Leftovers::Keep);
    ledger.configure(A, items());
    let foreign = Route {
        protocol: 4,
        ..route("192.0.2.0/24")
    };
    ledger.adopt_routes(vec![
        foreign,
        route("192.0.2.0/24"),
        route("203.0.113.0/24"),
    ]);
    ledger.adopt_rules(vec![rule(500), rule(501)]);
    assert_eq!(
        ledger.settle(9),
        [
            Op::RemoveRule(Box::new(rule(500).normal())),
            Op::RemoveRoute(Box::new(route("192.0.2.0/24"))),
        ]
    );
    let mut alone = Ledger::new(Leftovers::Remove);
    alone.adopt_routes(vec![route("203.0.113.0/24")]);
    assert_eq!(
        alone.settle(9),
        [Op::RemoveRoute(Box::new(route("203.0.113.0/24")))]
    );
}

/// Conformance 67: a tracked route that somebody deletes makes the instance step down.
#[test]
fn interference_is_told() {
    let mut ledger = held();
    ledger.settle(9);
    assert_eq!(
        ledger.observe(Fact::RouteAbsent(Box::new(route("0.0.0.0/0")))),
        [A]
    );
    assert_eq!(ledger.observe(Fact::RuleAbsent(Box::new(rule(500)))), [A]);
    assert_eq!(
        ledger.observe(Fact::RouteAbsent(Box::new(route("203.0.113.0/24")))),
        []
    );
    assert_eq!(ledger.settle(9).len(), 2);
}

#[test]
fn routes_that_vanish_untold_with_their_link_come_back_with_it() {
    let mut ledger = held();
    ledger.settle(9);
    ledger.observe(Fact::Link {
        index: LINK,
        up: false,
    });
    assert_eq!(ledger.settle(9), []);
    // IPv6 routes are told of; it is nobody's doing.
    assert_eq!(
        ledger.observe(Fact::RouteAbsent(Box::new(route("0.0.0.0/0")))),
        []
    );
    ledger.observe(Fact::Link {
        index: LINK,
        up: true,
    });
    let back = ledger.settle(9);
    assert_eq!(back, [add(route("192.0.2.0/24")), add(route("0.0.0.0/0"))]);
    // One was there all the time: it is still ours to remove.
    assert_eq!(ledger.failed(&back[0], Failure::AlreadyThere), []);
    ledger.configure(A, Items::default());
    assert_eq!(
        ledger.settle(9).iter().filter(|op| op.is_removal()).count(),
        4
    );
}

#[test]
fn routes_vanish_with_their_source_address() {
    let mut ledger = Ledger::new(Leftovers::Keep);
    let (key, spec) = address();
    let sourced = Route {
        source: Some(key.prefix.addr()),
        ..route("192.0.2.0/24")
    };
    let routes = vec![sourced.clone(), route("0.0.0.0/0")];
    ledger.configure(
        A,
        Items {
            addresses: vec![(key, spec.clone())],
            routes,
            rules: Vec::new(),
            ..Items::default()
        },
    );
    let other = AddressKey::new(LINK, "10.0.0.2/24".parse().unwrap());
    ledger.adopt(vec![Seen {
        key: other,
        spec: spec.clone(),
        tagged: false,
        secondary: false,
    }]);
    ledger.hold(A);
    ledger.settle(9);
    assert_eq!(ledger.observe(Fact::Absent(key)), [A]);
    assert_eq!(
        ledger.settle(9),
        [Op::Add(key, spec.clone()), add(sourced.clone())]
    );
    // The last address of a link takes all its routes.
    ledger.observe(Fact::Absent(other));
    ledger.observe(Fact::Absent(key));
    let back = [Op::Add(key, spec), add(sourced), add(route("0.0.0.0/0"))];
    assert_eq!(ledger.settle(9), back);
}

/// `no_track`: "the `vrrp_instance` will not transition out of master state if the
/// address/route/rule is deleted and [it] will not be reinstated until the vrrp instance next
/// transitions to master" (keepalived.conf(5)).
#[test]
fn what_is_not_tracked_may_be_lost() {
    let mut ledger = held();
    let (key, spec) = address();
    let mut items = items();
    items.untracked = Untracked {
        addresses: [key].into(),
        routes: [route("192.0.2.0/24").key()].into(),
        rules: [rule(500)].into(),
    };
    ledger.configure(A, items);
    assert_eq!(ledger.settle(9).len(), 4);
    let lost = [
        Fact::RouteAbsent(Box::new(route("192.0.2.0/24"))),
        Fact::RuleAbsent(Box::new(rule(500).normal())),
    ];
    for fact in lost {
        assert_eq!(ledger.observe(fact), []);
    }
    assert_eq!(ledger.settle(9), []);
    let tracked = Fact::RouteAbsent(Box::new(route("0.0.0.0/0")));
    assert_eq!(ledger.observe(tracked), [A]);
    assert_eq!(ledger.settle(9), [add(route("0.0.0.0/0"))]);
    // the kernel drops routes with the last address: only what is tracked is put back
    assert_eq!(ledger.observe(Fact::Absent(key)), []);
    assert_eq!(ledger.settle(9), [add(route("0.0.0.0/0"))]);
    ledger.release(A);
    ledger.settle(9);
    ledger.hold(A);
    let again = ledger.settle(9);
    assert_eq!(again[0], Op::Add(key, spec));
    assert_eq!(again.len(), 4);
}

#[test]
fn a_route_without_gateway_is_tried_again_when_an_address_comes() {
    let mut ledger = held();
    let ops = ledger.settle(9);
    let refused = &ops[1];
    assert_eq!(ledger.failed(refused, Failure::Refused), [A]);
    assert!(!ledger.is_in_force(A));
    assert_eq!(ledger.settle(9), []);
    let other = AddressKey::new(LINK, "10.0.0.2/24".parse().unwrap());
    let (key, spec) = (other, AddressSpec::default());
    let (tagged, secondary) = (false, false);
    ledger.observe(Fact::Present(Seen {
        key,
        spec,
        tagged,
        secondary,
    }));
    assert_eq!(ledger.settle(9), ops[1..2]);
    assert!(ledger.is_in_force(A));
}

#[test]
fn abandoned_routes_stay() {
    let mut ledger = held();
    ledger.settle(9);
    ledger.abandon_routes(A);
    ledger.release(A);
    let ops = ledger.settle(9);
    assert!(ops.iter().all(|op| !matches!(op, Op::RemoveRoute(_))));
    assert_eq!(ops.len(), 2);
}
