//! `nftables_ipvs` beside the original: what the packet filter holds and what the load balancer is
//! told, after each step. The load balancer is a stub (`lab::ipvs`), the packet filter the kernel's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{ours, theirs};
use lab::ipvs::{RECORD, Stub, table};
use lab::scenario::LONG;
use lab::{Daemon, Launch, Space};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// Where the real servers are; their checks are made at port 80.
const REALS: [&str; 3] = ["127.0.1.1", "127.0.1.2", "fd00:9::1"];

fn group(name: &str, entries: &[&str]) -> String {
    format!(
        "virtual_server_group {name} {{\n{}\n}}\n",
        entries.join("\n")
    )
}

/// A service of a group: protocol, what else it has, its servers.
fn service(group: &str, protocol: &str, more: &str, reals: &[&str]) -> String {
    let mut text = format!(
        "virtual_server group {group} {{\ndelay_loop 1\nlb_algo rr\nlb_kind NAT\nprotocol {protocol}\n{more}\n"
    );
    for real in reals {
        let check = "TCP_CHECK {\nconnect_timeout 3\nconnect_port 80\nretry 0\n}";
        let _ = writeln!(text, "real_server {real} 80 {{\n{check}\n}}");
    }
    text + "}\n"
}

/// What happens to both.
enum Step {
    /// Nothing: the start.
    Start,
    /// A real server ends.
    Death(&'static str),
    /// It is there again.
    Return(&'static str),
    /// Another file.
    Reload(String),
}

/// A daemon in a network of its own, with its servers.
struct Side {
    daemon: Daemon,
    servers: BTreeMap<&'static str, TcpListener>,
    node: lab::Node,
    lan: lab::Lan,
}

impl Side {
    fn start(launch: &Launch, config: &str) -> Side {
        let lan = lab::Lan::new().unwrap();
        let node = lan
            .node("lb", lab::scenario::host([10, 20, 0, 1].into()))
            .unwrap();
        node.space
            .output("ip", &["link", "set", "lo", "up"])
            .unwrap();
        let v6 = ["addr", "add", "fd00:9::1/128", "dev", "lo", "nodad"];
        node.space.output("ip", &v6).unwrap();
        node.space.write(RECORD, "").unwrap();
        let servers = REALS.map(|real| (real, listen(&node.space, real))).into();
        let daemon = Daemon::start(&node, lan.timeline(), launch, config).unwrap();
        Side {
            daemon,
            servers,
            node,
            lan,
        }
    }

    fn go(&mut self, step: &Step) {
        match step {
            Step::Start => {}
            Step::Death(real) => drop(self.servers.remove(real)),
            Step::Return(real) => drop(self.servers.insert(real, listen(&self.node.space, real))),
            Step::Reload(config) => {
                self.node
                    .space
                    .write(lab::daemon::CONFIG, config.as_str())
                    .unwrap();
                self.daemon.signal(Signal::SIGHUP).unwrap();
            }
        }
    }

    /// The packet filter, then the load balancer's table.
    fn seen(&self) -> String {
        let mut text = self.node.space.output("nft", &["list", "ruleset"]).unwrap();
        let record = self.node.space.read(RECORD).unwrap();
        for (which, how) in table(&String::from_utf8(record).unwrap()) {
            let _ = writeln!(text, "{which} = {how}");
        }
        text
    }

    fn story(&self) -> String {
        self.lan.timeline().story(0)
    }
}

/// Takes connections without a word.
fn listen(space: &Space, address: &'static str) -> TcpListener {
    let bind = move || {
        let address: std::net::IpAddr = address.parse().unwrap();
        TcpListener::bind((address, 80))
    };
    space.run(bind).unwrap().unwrap()
}

/// Both go through the steps. After each, what they show has to be the same, and to tell of the step:
/// it contains the first text and not the second.
#[track_caller]
fn plays(config: &str, steps: &[(Step, &str, &str)]) {
    let stub = Stub::new().unwrap();
    let both = [theirs(), ours()].map(|launch| stub.recorded(&launch));
    let mut both = both.map(|launch| Side::start(&launch, config));
    for (at, (step, some, none)) in steps.iter().enumerate() {
        for side in &mut both {
            side.go(step);
        }
        let end = Instant::now() + LONG;
        loop {
            let [theirs, ours] = both.each_ref().map(Side::seen);
            if theirs == ours && ours.contains(some) && !ours.contains(none) {
                break;
            }
            let stories = both.each_ref().map(Side::story).join("\n----\n");
            assert!(
                Instant::now() < end,
                "step {at}, with {some:?}, without {none:?}\n--- the original\n{theirs}\n--- ours\n{ours}\n{stories}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    for side in &mut both {
        side.daemon.stop().unwrap();
        assert_eq!(side.seen(), "", "{}", side.story());
    }
}

#[test]
fn groups_are_marked() {
    let file = |first: &[&str], sixth: &[&str], more: &str| {
        "global_defs {\nnftables_ipvs\n}\n".to_owned()
            + &group("g1", first)
            + &group("g2", &["10.2.0.1 53", "fwmark 7"])
            + &group("g6", sixth)
            + &service("g1", "TCP", "", &["127.0.1.1", "127.0.1.2"])
            + &service("g1", "UDP", "", &["127.0.1.1"])
            + &service("g2", "UDP", "", &["127.0.1.1", "127.0.1.2"])
            + &service("g6", "SCTP", "", &["fd00:9::1"])
            + more
    };
    let first = file(
        &["10.1.0.1 80", "10.1.0.2-5 8080", "10.1.0.9 443"],
        &["fd00:1::1 80", "fd00:1::2-5 81"],
        "",
    );
    let next = file(
        &[
            "10.1.0.1 80",
            "10.1.0.2-5 8080",
            "10.1.0.10 443",
            "10.1.0.11-13 443",
        ],
        &["fd00:1::1 80", "fd00:1::2-6 81"],
        "virtual_server 10.3.0.1 80 {\nprotocol TCP\nreal_server 127.0.1.1 80 {\n}\n}\n",
    );
    let (two, six) = ("-f 1000 -> 127.0.1.2:80", "-f 1002 -6 -> [fd00:9::1]:80");
    plays(
        &first,
        &[
            (Step::Start, six, "not there"),
            (Step::Death("127.0.1.2"), six, two),
            (
                Step::Reload(next),
                "-t 10.3.0.1:80 -> 127.0.1.1:80",
                "10.1.0.9",
            ),
            (Step::Return("127.0.1.2"), two, "not there"),
            (Step::Death("fd00:9::1"), "-f 1002 -6 =", six),
        ],
    );
}

#[test]
fn a_sorry_server_takes_the_place_of_dead_ones() {
    let file = "global_defs {\nnftables_ipvs\n}\n".to_owned()
        + &group("g", &["10.1.0.1 80"])
        + &service("g", "TCP", "sorry_server 127.0.1.3 80", &["127.0.1.1"]);
    let (real, sorry) = ("-f 1000 -> 127.0.1.1:80", "-f 1000 -> 127.0.1.3:80");
    plays(
        &file,
        &[
            (Step::Start, real, sorry),
            (Step::Death("127.0.1.1"), sorry, real),
            (Step::Return("127.0.1.1"), real, sorry),
        ],
    );
}

#[test]
fn a_table_of_another_name_and_both_families() {
    let global = "global_defs {\nnftables_ipvs mine\nnftables_ipvs_priority -150\n\
                  nftables_ipvs_start_fwmark 77\nnftables_counters\n}\n";
    let tunnel = "lb_kind TUN";
    let file = global.to_owned()
        + &group("g", &["10.1.0.1 80", "fd00:1::1 80"])
        + &group("h", &["10.1.0.4 80", "10.1.0.6-7 80"])
        + &service("g", "TCP", tunnel, &["127.0.1.1"])
        + &service("h", "TCP", "persistence_timeout 60", &["127.0.1.2"]);
    plays(
        &file,
        &[
            (Step::Start, "-f 78 -> 127.0.1.2:80", "not there"),
            (Step::Death("127.0.1.1"), "-f 77 -6 =", "127.0.1.1"),
        ],
    );
}

#[test]
fn groups_come_and_go_with_their_marks() {
    let file = |names: &[&str]| {
        let mut text = "global_defs {\nnftables_ipvs\n}\n".to_owned();
        for name in names {
            let entry = format!("10.{}.0.1 80", &name[1..]);
            text += &group(name, &[&entry]);
            text += &service(name, "TCP", "", &["127.0.1.1"]);
        }
        text
    };
    plays(
        &file(&["g1", "g2", "g3"]),
        &[
            (Step::Start, "-f 1002 -> 127.0.1.1:80", "not there"),
            (
                Step::Reload(file(&["g1", "g3", "g4"])),
                "-f 1003 -> 127.0.1.1:80",
                "1001",
            ),
            (Step::Reload(file(&["g4"])), "10.4.0.1", "10.1.0.1"),
            (
                Step::Reload(file(&["g4", "g1"])),
                "-f 1004 -> 127.0.1.1:80",
                "1000",
            ),
        ],
    );
}
