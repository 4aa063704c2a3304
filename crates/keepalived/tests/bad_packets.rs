//! Adverts that are wrong: each counted under its own reason, none believed, however many.
mod common;
use common::ours;
use lab::forge::{Advert, Forger};
use lab::scenario::{ACTIVE_BACKUP, Balancer, LABEL, LB01, VIP, host};
use lab::{Lan, Node, stats};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};
use wire::vrrp::Auth;
use wire::{AdvertInterval, Vrid};

const STATS: &str = "/tmp/keepalived.stats";

struct Table {
    master: Balancer,
    _stranger: Node,
    forger: Forger,
    lan: Lan,
}

impl Table {
    /// lb01 alone is master; a stranger sits on the same LAN.
    fn new() -> Self {
        let lan = Lan::new().unwrap();
        let mut master = Balancer::new(&lan, "lb01", LB01, ours(), ACTIVE_BACKUP[0]).unwrap();
        let stranger = lan.node("stranger", host(Ipv4Addr::new(10, 20, 0, 66))).unwrap();
        master.start().unwrap();
        assert!(master.announces(VIP, 0).is_some(), "{}", lan.timeline().story(0));
        let forger = Forger::new(&stranger).unwrap();
        Self { master, _stranger: stranger, forger, lan }
    }

    /// The counters as they are now: a new statistics file.
    fn counters(&mut self) -> BTreeMap<String, u64> {
        let space = &self.master.node.space;
        let _ = space.run(|| std::fs::remove_file(STATS)).unwrap();
        self.master.daemon().unwrap().signal(Signal::SIGUSR2).unwrap();
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let text = self.master.node.space.read(STATS).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            // The last line of the file: before it is there, the file is being written.
            if text.contains("Priority Zero") && text.trim_end().rsplit('\n').next().is_some_and(|l| l.contains("Sent:")) {
                return stats::counters(&text, "VI_1");
            }
            assert!(Instant::now() < end, "no statistics\n{}", self.lan.timeline().story(0));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What one advert counts as: the counters that it moved, but for adverts sent.
    fn counted(&mut self, advert: &Advert) -> Vec<String> {
        let before = self.counters();
        self.forger.send(advert).unwrap();
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let now = self.counters();
            let moved: Vec<String> = now
                .iter()
                .filter(|(key, value)| !key.starts_with("Advertisements/") && before.get(*key) != Some(value))
                .map(|(key, _)| key.clone())
                .collect();
            if !moved.is_empty() || Instant::now() > end {
                return moved;
            }
        }
    }

    fn still_master(&self) {
        let story = || self.lan.timeline().story(0);
        assert!(self.master.node.holds(VIP, Some(LABEL)).unwrap(), "{}", story());
        let left = |e: &lab::Event| e.log().is_some_and(|l| l.contains("Entering BACKUP STATE") && !l.contains("init"));
        assert!(!self.lan.timeline().since(0).iter().any(left), "{}", story());
    }
}

/// One whose every field is wrong in one way; priority 200 would end the mastership if believed.
fn bad(name: &str) -> Advert {
    let good = Advert::good(200);
    match name {
        "ttl" => good.ttl(254),
        "checksum" => good.spoil(),
        "version" => good.poke(0, 0x31),
        "type" => good.poke(0, 0x22),
        "password" => Advert::with(200, |a| a.auth = Auth::Pass(*b"wrong\0\0\0")),
        "no authentication" => Advert::with(200, |a| a.auth = Auth::None),
        "unknown authentication" => good.poke(4, 9),
        "vrid" => Advert::with(200, |a| a.vrid = Vrid::new(56).unwrap()),
        "short" => good.resize(16),
        "long" => good.resize(60),
        "stub" => good.resize(4),
        "interval" => Advert::with(200, |a| a.interval = AdvertInterval::from_secs(2).unwrap()),
        "addresses" => Advert::with(50, |a| a.addresses = vec![IpAddr::from([10, 20, 0, 7])]),
        other => panic!("no such advert: {other}"),
    }
}

#[test]
fn what() {
    let mut table = Table::new();
    for name in ["ttl", "checksum", "version", "type", "password", "no authentication", "unknown authentication", "vrid", "short", "long", "stub", "interval", "addresses"] {
        let t = lab::timeline::now();
        let c = table.counted(&bad(name));
        let logs: Vec<String> = table.lan.timeline().since(t).iter().filter_map(|e| e.log().map(str::to_owned)).collect();
        println!("{name}: {c:?} {logs:?}");
    }
    table.still_master();
    let t = lab::timeline::now();
    for _ in 0..10 { for name in ["ttl", "checksum", "version", "type", "password", "no authentication", "unknown authentication", "vrid", "short", "long", "stub", "interval", "addresses"] { table.forger.send(&bad(name)).unwrap(); } }
    println!("{} s", lab::timeline::seconds(t, lab::timeline::now()));
    table.still_master();
    println!("{:?}", table.counters());

}
