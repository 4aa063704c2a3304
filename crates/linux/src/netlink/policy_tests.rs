//! Routes and rules against a real kernel, each test in a network of its own.
use super::tests::{in_namespace, pair};
use super::*;
use ledger::{
    Action, AddressKey, AddressSpec, Failure, Hop, Items, Ledger, Leftovers, Op, Owner, Route,
    Rule, route_type,
};
use std::net::IpAddr;
use wire::{Family, Prefix};

const A: Owner = Owner(1);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn via(gateway: &str) -> Hop {
    Hop {
        via: Some(ip(gateway)),
        ..Hop::default()
    }
}

/// Routes of every sort that this kernel knows.
fn routes(link: u32) -> Vec<Route> {
    let on_link = Hop {
        link: Some(link),
        ..Hop::default()
    };
    let plain = Route::new(prefix("192.0.2.0/24"), vec![via("10.0.0.254")]);
    let direct = Route::new(prefix("192.0.3.7/24"), vec![on_link.clone()]);
    let table = Route {
        table: 1000,
        metric: 7,
        ..Route::new(prefix("0.0.0.0/0"), vec![via("10.0.0.253")])
    };
    let metrics = Route {
        tos: 0x10,
        source: Some(ip("10.0.0.1")),
        metrics: vec![(2, 1400), (10, 32), (11, 20)],
        locked: 1 << 2,
        congestion: Some("reno".into()),
        ..Route::new(prefix("192.0.4.0/24"), vec![via("10.0.0.254")])
    };
    let onlink = Hop {
        onlink: true,
        link: Some(link),
        ..via("172.16.0.1")
    };
    let weights = vec![
        Hop {
            weight: 2,
            ..via("10.0.0.253")
        },
        Hop {
            weight: 199,
            link: Some(link),
            ..via("10.0.0.254")
        },
    ];
    let hole = |kind, to: &str| Route {
        kind,
        ..Route::new(prefix(to), Vec::new())
    };
    let via6 = Hop {
        link: Some(link),
        ..via("fe80::1")
    };
    vec![
        plain,
        direct,
        table,
        metrics,
        Route::new(prefix("192.0.5.0/24"), vec![onlink]),
        Route::new(prefix("192.0.6.0/24"), weights),
        Route::new(prefix("192.0.7.0/24"), vec![via6.clone()]),
        hole(route_type::BLACKHOLE, "198.51.100.0/24"),
        hole(route_type::PROHIBIT, "198.51.101.0/24"),
        hole(route_type::UNREACHABLE, "2001:db8:2::/48"),
        Route {
            metric: 50,
            preference: Some(1),
            metrics: vec![(2, 1400)],
            ..Route::new(prefix("2001:db8:1::/48"), vec![via6])
        },
    ]
}

fn rules() -> Vec<Rule> {
    let table = |priority| Rule::new(Family::V4, priority, Action::Table(100));
    vec![
        Rule {
            from: Some(prefix("10.0.0.0/24")),
            ..table(500)
        },
        Rule {
            to: Some(prefix("10.1.0.7/16")),
            tos: 0x10,
            iif: Some("a".into()),
            ..table(501)
        },
        Rule {
            mark: Some((6, 0xff)),
            not: true,
            oif: Some("b".into()),
            ..table(502)
        },
        Rule {
            users: Some((100, 200)),
            ip_protocol: Some(6),
            ..table(503)
        },
        Rule {
            source_ports: Some((1000, 2000)),
            destination_ports: Some((80, 80)),
            ip_protocol: Some(17),
            ..table(504)
        },
        Rule {
            suppress_prefix: Some(0),
            suppress_group: Some(7),
            tunnel: Some(9),
            ..table(505)
        },
        Rule::new(Family::V4, 506, Action::Goto(600)),
        Rule::new(Family::V4, 507, Action::Nop),
        Rule::new(Family::V4, 508, Action::Blackhole),
        Rule::new(Family::V6, 509, Action::Unreachable),
        Rule::new(Family::V6, 510, Action::Prohibit),
        Rule {
            from: Some(prefix("2001:db8::/32")),
            ..Rule::new(Family::V6, 511, Action::Table(7))
        },
    ]
}

/// A socket and the index of a link that is up with 10.0.0.1/24.
fn ready() -> (Socket, u32) {
    let (mut socket, link) = pair();
    let key = AddressKey::new(link.index, prefix("10.0.0.1/24"));
    socket.add_address(&key, &AddressSpec::default()).unwrap();
    (socket, link.index)
}

fn settle(ledger: &mut Ledger, socket: &mut Socket) -> usize {
    let ops = ledger.settle(usize::MAX);
    for (op, answer) in ops.iter().zip(socket.carry_out(&ops)) {
        assert!(answer.is_ok(), "{op:?}: {}", answer.unwrap_err());
    }
    ops.len()
}

#[test]
fn routes_and_rules_are_put_there_found_again_and_removed() {
    in_namespace(|| {
        let (mut socket, link) = ready();
        // IPv4 only: the kernel adds IPv6 routes of its own when it likes.
        let others = |socket: &mut Socket| {
            let routes = socket.routes(0).unwrap().into_iter();
            let routes = routes.filter(|route| route.destination.addr().is_ipv4());
            (routes.collect::<Vec<_>>(), socket.rules().unwrap())
        };
        let before = others(&mut socket);
        let items = Items {
            addresses: Vec::new(),
            routes: routes(link),
            rules: rules(),
            ..Items::default()
        };
        let (all_routes, all_rules) = (items.routes.len(), items.rules.len());
        let mut monitor = Monitor::new().unwrap();
        monitor.hear_policy(PROTOCOL).unwrap();
        let mut first = Ledger::new(Leftovers::Keep);
        first.configure(A, items.clone());
        first.hold(A);
        assert_eq!(settle(&mut first, &mut socket), all_routes + all_rules);
        assert_eq!(socket.routes(PROTOCOL).unwrap().len(), all_routes);
        // What the kernel tells of it is no reason to do anything.
        let mut told = 0;
        while let Some(fact) = monitor.next_fact().unwrap() {
            told += usize::from(matches!(fact, Fact::Policy(_)));
            assert_eq!(first.observe(fact.for_ledger().unwrap()), []);
        }
        assert!(told >= all_routes + all_rules, "{told}");
        assert_eq!(first.settle(9), []);

        // A second life finds everything as wanted, and lets it go.
        let mut second = Ledger::new(Leftovers::Keep);
        second.configure(A, items);
        second.hold(A);
        second.adopt_routes(socket.routes(PROTOCOL).unwrap());
        second.adopt_rules(socket.rules().unwrap());
        assert_eq!(second.settle(99), []);
        second.release(A);
        assert_eq!(settle(&mut second, &mut socket), all_routes + all_rules);
        assert_eq!(others(&mut socket), before);
        assert!(socket.routes(PROTOCOL).unwrap().is_empty());
    });
}

#[test]
fn what_somebody_else_removes_is_told() {
    in_namespace(|| {
        let (mut socket, link) = ready();
        let mut monitor = Monitor::new().unwrap();
        monitor.hear_policy(PROTOCOL).unwrap();
        let mut ledger = Ledger::new(Leftovers::Keep);
        // Without the rules that drop everything: the kernel would look up gateways by them.
        let rules = rules()[..6].to_vec();
        let items = Items {
            addresses: Vec::new(),
            routes: routes(link),
            rules: rules.clone(),
            ..Items::default()
        };
        ledger.configure(A, items);
        ledger.hold(A);
        settle(&mut ledger, &mut socket);
        let route = Op::RemoveRoute(Box::new(routes(link)[0].clone()));
        let rule = Op::RemoveRule(Box::new(rules[1].clone()));
        let both = [route, rule];
        assert!(socket.carry_out(&both).iter().all(Result::is_ok));
        let again = socket.carry_out(&both);
        let why: Vec<_> = again
            .iter()
            .map(|why| why.as_ref().unwrap_err().failure())
            .collect();
        assert_eq!(why, [Failure::NotThere, Failure::NotThere]);
        let mut lost = Vec::new();
        while let Some(fact) = monitor.next_fact().unwrap() {
            lost.extend(ledger.observe(fact.for_ledger().unwrap()));
        }
        assert_eq!(lost, [A, A]);
        assert_eq!(settle(&mut ledger, &mut socket), 2);
    });
}

#[test]
fn routes_return_after_the_link_was_down() {
    in_namespace(|| {
        let (mut socket, link) = ready();
        let mut monitor = Monitor::new().unwrap();
        monitor.hear_policy(PROTOCOL).unwrap();
        let mut ledger = Ledger::new(Leftovers::Keep);
        let v4 = routes(link)
            .into_iter()
            .filter(|route| route.destination.addr().is_ipv4());
        let items = Items {
            routes: v4.collect(),
            ..Items::default()
        };
        let count = items.routes.len();
        ledger.configure(A, items);
        ledger.hold(A);
        settle(&mut ledger, &mut socket);
        socket.set_up(link, false).unwrap();
        assert!(socket.routes(PROTOCOL).unwrap().len() < count);
        socket.set_up(link, true).unwrap();
        while let Some(fact) = monitor.next_fact().unwrap() {
            assert_eq!(ledger.observe(fact.for_ledger().unwrap()), []);
        }
        assert!(settle(&mut ledger, &mut socket) > 0);
        assert_eq!(socket.routes(PROTOCOL).unwrap().len(), count);
        assert_eq!(ledger.settle(9), []);
    });
}
