//! Adverts that are wrong: each counted under its own reason, none believed, however many.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{check, ours, settle, theirs};
use lab::forge::{Advert, Forger};
use lab::scenario::{ACTIVE_BACKUP, Balancer, LABEL, LB01, LONG, Pair, VIP, host};
use lab::timeline::now;
use lab::{Event, Lan, Launch, Node, stats};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::thread;
use std::time::{Duration, Instant};
use wire::vrrp::Auth;
use wire::{AdvertInterval, Vrid};

const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 66);
const STATS: &str = "/tmp/keepalived.stats";
type Counters = BTreeMap<String, u64>;

/// A wrong advert; believed, its priority of 200 would end a mastership.
struct Bad {
    name: &'static str,
    advert: Advert,
    /// What it counts as; empty where the statistics file has no line for it.
    counter: &'static str,
    /// What the log says, whatever the version; empty: nothing.
    log: &'static str,
}

fn bad() -> Vec<Bad> {
    let good = || Advert::good(200);
    let row = |name, advert, counter, log| Bad {
        name,
        advert,
        counter,
        log,
    };
    let other = Advert::with(200, |a| a.auth = Auth::Pass(*b"wrong\0\0\0"));
    let bare = Advert::with(200, |a| a.auth = Auth::None);
    let slow = Advert::with(200, |a| a.interval = AdvertInterval::from_secs(2).unwrap());
    let stray = Advert::with(200, |a| a.vrid = Vrid::new(77).unwrap());
    vec![
        row(
            "TTL",
            good().ttl(254),
            "Packet Errors/TTL",
            "Received 254 and expect 255",
        ),
        row("checksum", good().spoil(), "", "Invalid VRRPv2 checksum"),
        row("version", good().poke(0, 0x31).resize(12), "", "version"),
        row(
            "type",
            good().poke(0, 0x22),
            "Packet Errors/Invalid Type",
            "Invalid packet type",
        ),
        row(
            "password",
            other,
            "Authentication Errors/Failure",
            "invalid passwd",
        ),
        row(
            "authentication",
            bare,
            "Authentication Errors/Type Mismatch",
            "received a 0 auth",
        ),
        row(
            "unknown authentication",
            good().poke(4, 9),
            "Authentication Errors/Invalid Type",
            "Invalid auth type",
        ),
        row("VRID", stray, "", ""),
        row("short", good().resize(16), "Packet Errors/Length", "short"),
        row("long", good().resize(60), "Packet Errors/Length", ""),
        row("stub", good().resize(4), "", "too short"),
        row(
            "interval",
            slow,
            INTERVAL,
            "advertisement interval mismatch",
        ),
    ]
}

/// The original has this line in its file, and never counts it.
const INTERVAL: &str = "Packet Errors/Advertisement Interval";

/// lb01 alone is master; a stranger sits on the same LAN.
struct Table {
    master: Balancer,
    _stranger: Node,
    forger: Forger,
    lan: Lan,
}

impl Table {
    fn new(launch: Launch) -> Self {
        let lan = Lan::new().unwrap();
        let mut master = Balancer::new(&lan, "lb01", LB01, launch, ACTIVE_BACKUP[0]).unwrap();
        let stranger = lan.node("stranger", host(STRANGER)).unwrap();
        master.start().unwrap();
        assert!(
            master.announces(VIP, 0).is_some(),
            "{}",
            lan.timeline().story(0)
        );
        let forger = Forger::new(&stranger).unwrap();
        Self {
            master,
            _stranger: stranger,
            forger,
            lan,
        }
    }

    /// The counters as they are now: a new statistics file.
    fn counters(&mut self) -> Counters {
        let _ = self
            .master
            .node
            .space
            .run(|| std::fs::remove_file(STATS))
            .unwrap();
        self.master
            .daemon()
            .unwrap()
            .signal(Signal::SIGUSR2)
            .unwrap();
        let end = Instant::now() + LONG;
        while Instant::now() < end {
            let text = self.master.node.space.read(STATS).unwrap_or_default();
            let counters = stats::counters(&String::from_utf8_lossy(&text), "VI_1");
            if counters.contains_key("Priority Zero/Sent") {
                return counters;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("no statistics\n{}", self.lan.timeline().story(0));
    }

    /// Sends an advert, then an honest one of lower priority, and waits until the master has
    /// answered that: by then it has read the first. Returns the counters.
    fn send(&mut self, advert: &Advert) -> Counters {
        let since = now();
        self.forger.send(advert).unwrap();
        self.forger.send(&Advert::good(50)).unwrap();
        assert!(
            self.master.announces(VIP, since).is_some(),
            "no answer\n{}",
            self.lan.timeline().story(0)
        );
        self.counters()
    }

    fn said_since(&self, since: u64) -> String {
        let events = self.lan.timeline().since(since);
        let lines: Vec<&str> = events.iter().filter_map(Event::log).collect();
        lines.join("\n")
    }
}

/// Sends all of them; checks each one's counter and log line, and returns all counters.
fn refuses_each(launch: Launch, counts_intervals: bool) -> Counters {
    let mut table = Table::new(launch);
    // The first burst's second half would be taken for an answer.
    assert!(table.master.announces(VIP, now() + 1_000_000_000).is_some());
    let mut before = table.counters();
    for Bad {
        name,
        advert,
        counter,
        log,
    } in bad()
    {
        let since = now();
        let after = table.send(&advert);
        let moved: Vec<&str> = after
            .iter()
            .filter(|(key, value)| before.get(*key) != Some(value))
            .map(|(key, _)| key.as_str())
            .collect();
        let moved: Vec<&str> = moved
            .into_iter()
            .filter(|key| !key.starts_with("Advertisements/"))
            .collect();
        let wanted: Vec<&str> = [counter]
            .into_iter()
            .filter(|c| !c.is_empty() && (counts_intervals || *c != INTERVAL))
            .collect();
        assert_eq!(moved, wanted, "{name}\n{}", table.said_since(since));
        let said = table.said_since(since);
        assert!(said.contains(log), "{name}: {log:?} is not in\n{said}");
        before = after;
    }
    assert!(table.master.node.holds(VIP, Some(LABEL)).unwrap());
    assert_eq!(before.get("Released master"), Some(&0));
    before
}

#[test]
fn each_is_counted_under_its_own_reason() {
    let original = thread::spawn(|| refuses_each(theirs(), false));
    let mut ours = refuses_each(ours(), true);
    let mut theirs = original.join().unwrap();
    // How many adverts went out is a matter of time.
    for counters in [&mut ours, &mut theirs] {
        counters.remove("Advertisements/Sent");
        counters.remove(INTERVAL);
    }
    assert_eq!(ours, theirs);
}

#[test]
fn a_wrong_address_list_is_counted() {
    let mut table = Table::new(ours());
    let advert = Advert::with(50, |a| a.addresses = vec![IpAddr::from([10, 20, 0, 7])]);
    let since = now();
    let after = table.send(&advert);
    assert_eq!(
        after.get("Packet Errors/Address List"),
        Some(&1),
        "{after:?}"
    );
    let said = table.said_since(since);
    assert!(
        said.contains("ip address associated with VRID 55 not present"),
        "{said}"
    );
    assert!(table.master.node.holds(VIP, Some(LABEL)).unwrap());
}

#[test]
fn a_flood_does_not_cost_the_mastership() {
    let mut pair = Pair::new([ours(), ours()], ACTIVE_BACKUP).unwrap();
    let stranger = pair.lan.node("stranger", host(STRANGER)).unwrap();
    pair.start().unwrap();
    settle(&pair, true);
    let (forger, rows) = (Forger::new(&stranger).unwrap(), bad());
    let since = now();
    for index in 0..200_000 {
        forger.send(&rows[index % rows.len()].advert).unwrap();
    }
    let ended = now();
    // The backup would take over within 3.6 s of silence: wait for more adverts than that.
    for _ in 0..5 {
        let heard = now();
        let advert = |e: &Event| (e.node == "lb01").then_some(()).and(e.frame()?.advert());
        check(
            pair.lan.timeline().wait(heard, LONG, advert).is_some(),
            "lb01 fell silent",
            &pair,
        );
    }
    println!("200,000 in {:.1} s", lab::timeline::seconds(since, ended));
    settle(&pair, true);
    let states = pair.lan.timeline().since(since);
    let states: Vec<&str> = states
        .iter()
        .filter_map(Event::log)
        .filter(|l| l.contains("STATE"))
        .collect();
    assert_eq!(states, Vec::<&str>::new(), "the state changed");
}
