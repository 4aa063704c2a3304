//! Each kind of change: the least that has to happen, removals first, and masters stay masters.
use crate::common::alone::Alone;
use lab::scenario::{LB02, LONG, host};
use lab::timeline::Stamp;
use lab::{Event, What};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

/// A `vrrp_instance` block.
#[derive(Clone, Copy)]
struct Block {
    name: &'static str,
    vrid: u8,
    priority: u8,
    interface: &'static str,
    /// Last octets, in 10.60.0.0/24.
    vips: &'static [u8],
    more: &'static str,
}

const FAST: &str = "version 3\n advert_int 0.1";
const A: Block = Block {
    name: "A",
    vrid: 51,
    priority: 150,
    interface: "eth0",
    vips: &[1, 2],
    more: FAST,
};
const B: Block = Block {
    name: "B",
    vrid: 52,
    priority: 160,
    interface: "eth0",
    vips: &[3],
    more: FAST,
};

fn file(blocks: &[Block]) -> String {
    let mut text = "global_defs {\n vrrp_garp_master_delay 0\n}\n".to_owned();
    for block in blocks {
        let (name, vrid, interface) = (block.name, block.vrid, block.interface);
        let (priority, more) = (block.priority, block.more);
        write!(
            text,
            "vrrp_instance {name} {{\n interface {interface}\n virtual_router_id {vrid}\n \
             priority {priority}\n {more}\n virtual_ipaddress {{\n"
        )
        .unwrap();
        for vip in block.vips {
            writeln!(text, "  10.60.0.{vip}/32 dev {interface}").unwrap();
        }
        text.push_str(" }\n}\n");
    }
    text
}

/// What one reload came to.
struct Seen {
    since: Stamp,
    events: Vec<Event>,
}

impl Seen {
    fn addresses(&self, what: fn(Ipv4Addr) -> What) -> BTreeSet<u8> {
        let last = |octet: u8| Ipv4Addr::new(10, 60, 0, octet);
        let is = |octet: &u8| self.events.iter().any(|e| e.what == what(last(*octet)));
        (0..=255).filter(is).collect()
    }

    fn added(&self) -> Vec<u8> {
        self.addresses(What::AddressAdded).into_iter().collect()
    }

    fn removed(&self) -> Vec<u8> {
        self.addresses(What::AddressRemoved).into_iter().collect()
    }

    fn announced(&self) -> Vec<u8> {
        let gratuitous = self.events.iter().filter_map(|e| e.frame()?.gratuitous());
        let last: BTreeSet<u8> = gratuitous.map(|address| address.octets()[3]).collect();
        last.into_iter().collect()
    }

    /// Virtual routers and priorities, farewells too.
    fn adverts(&self) -> BTreeSet<(u8, u8)> {
        self.events
            .iter()
            .filter_map(|e| e.frame()?.advert())
            .collect()
    }

    /// Log lines about states.
    fn states(&self) -> Vec<&str> {
        let lines = self.events.iter().filter_map(Event::log);
        lines.filter(|line| line.contains("STATE")).collect()
    }
}

/// A node with two interfaces, whose masters are changed by one reload after another.
struct Node(Alone);

impl Node {
    fn new(blocks: &[Block]) -> Node {
        let mut alone = Alone::new();
        let ip = |words: &str| {
            let words: Vec<&str> = words.split(' ').collect();
            alone.lb.node.space.output("ip", &words).unwrap()
        };
        ip("link add eth1 type veth peer name eth1x");
        ip("addr add 10.61.0.1/24 dev eth1");
        ip("link set eth1 up");
        ip("link set eth1x up");
        alone.lb.config = file(blocks);
        alone.lb.start().unwrap();
        let node = Node(alone);
        for vip in blocks.iter().flat_map(|block| block.vips) {
            node.comes(&What::AddressAdded(Ipv4Addr::new(10, 60, 0, *vip)), 0);
        }
        node
    }

    #[track_caller]
    fn comes(&self, what: &What, since: Stamp) {
        let found = self
            .0
            .lan
            .timeline()
            .wait(since, LONG, |e| (e.what == *what).then_some(()));
        self.0
            .check(found.is_some(), &format!("never came: {what}"));
    }

    /// Reloads, and waits until that has been in force for some adverts.
    #[track_caller]
    fn reload(&mut self, text: &str) -> Seen {
        // what the reload before brought is over
        std::thread::sleep(Duration::from_millis(300));
        let since = self.0.lb.reload(text).unwrap();
        let done = self.0.lb.logs("Reload complete", since);
        self.0.check(done.is_some(), "the reload did not end");
        std::thread::sleep(Duration::from_millis(700));
        let events = self.0.lan.timeline().since(since);
        Seen { since, events }
    }

    #[track_caller]
    fn check(&self, fact: bool, what: &str) {
        self.0.check(fact, what);
    }
}

/// Masters before and after: only adverts differ.
#[track_caller]
fn quietly(node: &mut Node, what: &str, blocks: &[Block]) -> Seen {
    let seen = node.reload(&file(blocks));
    node.check(seen.added().is_empty(), &format!("{what}: address added"));
    node.check(
        seen.removed().is_empty(),
        &format!("{what}: address removed"),
    );
    node.check(seen.states().is_empty(), &format!("{what}: state changed"));
    let farewell = seen.adverts().iter().any(|(_, priority)| *priority == 0);
    node.check(!farewell, &format!("{what}: farewell"));
    for block in blocks {
        let advert = (block.vrid, block.priority);
        node.check(
            seen.adverts().contains(&advert),
            &format!("{what}: no {advert:?}"),
        );
    }
    seen
}

#[test]
fn what_a_master_can_take_up_costs_no_address_and_no_state() {
    let mut node = Node::new(&[A, B]);
    let with = |more| Block { more, ..A };
    let mut step = |what, a: Block| quietly(&mut node, what, &[a, B]);
    step("priority", Block { priority: 140, ..A });
    step("interval", with("version 3\n advert_int 0.2"));
    step("version", with("version 2\n advert_int 1"));
    step(
        "authentication",
        with("version 2\n advert_int 1\n authentication {\n auth_type PASS\n auth_pass abc\n }"),
    );
    step("back", A);
    step(
        "source",
        with("version 3\n advert_int 0.1\n mcast_src_ip 10.20.0.1"),
    );
    step(
        "a tracked interface",
        with("version 3\n advert_int 0.1\n track_interface {\n eth1\n }"),
    );
    step("identifier", Block { vrid: 77, ..A });
    let named = Block {
        name: "C",
        vrid: 77,
        ..A
    };
    step("name", named);
    let scripts = Block {
        more: "version 3\n advert_int 0.1\n notify_master \"/bin/true x\"",
        ..named
    };
    let seen = step("scripts", scripts);
    node.check(seen.announced().is_empty(), "scripts: announcements");
}

#[test]
fn peers_come_and_go() {
    let mut node = Node::new(&[A, B]);
    // somebody has to answer for the peer's address
    let _peer = node.0.lan.node("lb02", host(LB02)).unwrap();
    let more =
        "version 3\n advert_int 0.1\n unicast_src_ip 10.20.0.1\n unicast_peer {\n 10.20.0.2\n }";
    let to = |e: &Event| {
        let frame = e
            .frame()
            .filter(|f| f.advert().is_some_and(|(vrid, _)| vrid == 51))?;
        Some(frame.bytes[30..34].to_vec())
    };
    let seen = quietly(&mut node, "peers", &[Block { more, ..A }, B]);
    node.check(
        seen.events.iter().rev().find_map(to) == Some(vec![10, 20, 0, 2]),
        "not to the peer",
    );
    let seen = quietly(&mut node, "no peers", &[A, B]);
    node.check(
        seen.events.iter().rev().find_map(to) == Some(vec![224, 0, 0, 18]),
        "not to the group",
    );
}

#[test]
fn addresses_come_go_and_change_hands() {
    let mut node = Node::new(&[A, B]);
    let (one, two) = (Block { vips: &[1], ..A }, Block { vips: &[2, 3], ..B });
    let seen = quietly(&mut node, "an address from A to B", &[one, two]);
    node.check(
        seen.announced().contains(&2),
        "its new master does not announce it",
    );

    let seen = node.reload(&file(&[Block { vips: &[1, 4], ..A }, B]));
    assert_eq!((seen.removed(), seen.added()), (vec![2], vec![4]));
    let at = |what: What| seen.events.iter().find(|e| e.what == what).map(|e| e.at);
    let vip = |last| Ipv4Addr::new(10, 60, 0, last);
    node.check(
        at(What::AddressRemoved(vip(2))) <= at(What::AddressAdded(vip(4))),
        "the addition came before the removal",
    );
    node.check(seen.states().is_empty(), "a state changed");

    // each is master of the other's router now, with the other's addresses
    let (one, two) = (Block { vrid: B.vrid, ..A }, Block { vrid: A.vrid, ..B });
    node.reload(&file(&[A, B]));
    quietly(&mut node, "identifiers exchanged", &[one, two]);
}

#[test]
fn instances_come_and_go() {
    let mut node = Node::new(&[A, B]);
    let c = Block {
        name: "C",
        vrid: 53,
        vips: &[5],
        ..A
    };
    let seen = node.reload(&file(&[A, B, c]));
    node.comes(&What::AddressAdded(Ipv4Addr::new(10, 60, 0, 5)), seen.since);
    assert_eq!((seen.removed(), seen.added()), (vec![], vec![5]));
    assert_eq!(
        seen.states(),
        [
            "(C) Entering BACKUP STATE (init)",
            "(C) Entering MASTER STATE"
        ]
    );

    let seen = node.reload(&file(&[A, c]));
    assert_eq!((seen.removed(), seen.added()), (vec![3], vec![]));
    node.check(seen.adverts().contains(&(52, 0)), "no farewell of B");
    node.check(!seen.adverts().contains(&(51, 0)), "a farewell of A");
    assert_eq!(seen.states(), [""; 0]);

    // on another link it is another router: it leaves the one and begins on the other
    let seen = node.reload(&file(&[
        Block {
            interface: "eth1",
            ..A
        },
        c,
    ]));
    node.check(
        seen.adverts().contains(&(51, 0)),
        "no farewell where it was",
    );
    node.comes(&What::AddressAdded(Ipv4Addr::new(10, 60, 0, 1)), seen.since);
    let shown = node
        .0
        .lb
        .node
        .space
        .output("ip", &["-4", "-o", "addr", "show", "dev", "eth1"]);
    let shown = shown.unwrap();
    node.check(
        shown.contains("10.60.0.1/32") && shown.contains("10.60.0.2/32"),
        &shown,
    );
    node.check(
        !node.0.happened(
            seen.since,
            &What::AddressRemoved(Ipv4Addr::new(10, 60, 0, 5)),
        ),
        "C lost its address",
    );
    let running = node.0.lb.daemon().unwrap().is_running();
    node.check(running, "the daemon ended");
}
