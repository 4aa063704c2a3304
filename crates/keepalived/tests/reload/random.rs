//! One reload after another at random, and then a start with the last file: the kernel must be left
//! in the same state. 30 reloads, or as many as `SOAK_ROUNDS` says.
use crate::common::alone::Alone;
use lab::scenario::LONG;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

/// xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn one_in(&mut self, limit: u64) -> bool {
        self.below(limit) == 0
    }
}

/// A file, and the addresses that are in force when all its instances are masters.
fn file(dice: &mut Dice) -> (String, Vec<String>) {
    let mut text = "global_defs {\n vrrp_garp_master_delay 0\n vrrp_version 3\n}\n".to_owned();
    text.push_str("vrrp_script ok {\n script \"/bin/true\"\n interval 1\n}\n");
    let (mut vips, mut members) = (Vec::new(), Vec::new());
    // an address belongs to whoever names it: at random, but to one
    let mut addresses: Vec<u64> = (1..=12).filter(|_| dice.one_in(2)).collect();
    let mut vrids: Vec<u64> = (51..=58).collect();
    for name in 0..8 {
        if dice.one_in(3) {
            continue;
        }
        let at = usize::try_from(dice.below(u64::try_from(vrids.len()).unwrap())).unwrap();
        let vrid = vrids.swap_remove(at);
        let interface = if dice.one_in(4) { "eth1" } else { "eth0" };
        write!(text, "vrrp_instance V{name} {{\n interface {interface}\n virtual_router_id {vrid}\n advert_int 0.1\n").unwrap();
        writeln!(text, " priority {}", 100 + dice.below(100)).unwrap();
        if dice.one_in(5) {
            text.push_str(" use_vmac\n");
        }
        if dice.one_in(4) {
            text.push_str(" track_script {\n  ok\n }\n");
        }
        text.push_str(" virtual_ipaddress {\n");
        // without any the instance takes its place all the same
        for _ in 0..=dice.below(2) {
            let Some(last) = addresses.pop() else { break };
            let label = if interface == "eth0" && dice.one_in(3) && !text.ends_with("use_vmac\n") {
                ""
            } else {
                " scope link"
            };
            writeln!(text, "  10.60.0.{last}/32{label}").unwrap();
            vips.push(format!("10.60.0.{last}/32"));
        }
        writeln!(text, "  10.61.{name}.1/32\n }}").unwrap();
        vips.push(format!("10.61.{name}.1/32"));
        if dice.one_in(3) {
            writeln!(
                text,
                " virtual_routes {{\n  192.0.{name}.0/24 dev {interface}\n }}"
            )
            .unwrap();
        }
        if dice.one_in(4) {
            writeln!(
                text,
                " virtual_rules {{\n  from 192.0.{name}.0/24 table {} priority {}\n }}",
                100 + name,
                1000 + name
            )
            .unwrap();
        }
        text.push_str("}\n");
        members.push(name);
    }
    if members.len() > 3 && dice.one_in(2) {
        let (first, second) = (members[0], members[1]);
        writeln!(
            text,
            "vrrp_sync_group G {{\n group {{\n  V{first}\n  V{second}\n }}\n}}"
        )
        .unwrap();
    }
    (text, vips)
}

/// All that the daemon might change, without what only counts or differs by time.
fn kernel(alone: &Alone) -> String {
    let mut all: Vec<String> = Vec::new();
    for words in [
        "ip -o -4 addr",
        "ip -o -d link show type macvlan",
        "ip route show table all proto 18",
        "ip rule",
        "nft list ruleset",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let text = alone.lb.node.space.output(words[0], &words[1..]).unwrap();
        let lines = text.lines().map(|line| match line.split_once(": ") {
            // interfaces are numbered in the order in which they were made
            Some((number, rest))
                if number.bytes().all(|b| b.is_ascii_digit()) && words[1] != "rule" =>
            {
                rest.to_owned()
            }
            _ => line.to_owned(),
        });
        let mut lines: Vec<String> = lines.collect();
        if words[0] == "ip" {
            lines.sort();
        }
        all.extend(lines);
    }
    all.join("\n")
}

/// Waits until exactly these virtual addresses are in force and nothing changes any more.
#[track_caller]
fn settles(alone: &Alone, vips: &[String], file: &str) -> String {
    let end = Instant::now() + LONG;
    let mut before = String::new();
    loop {
        let state = kernel(alone);
        let there = |vip: &&String| state.contains(&format!(" {vip} "));
        let count = state.matches("inet 10.60.").count() + state.matches("inet 10.61.").count();
        let whole = vips.iter().filter(there).count() == vips.len() && count == vips.len();
        if whole && state == before {
            return state;
        }
        alone.check(
            Instant::now() < end,
            &format!("not in force:\n{file}\n{state}\nwanted {vips:?}"),
        );
        before = state;
        thread::sleep(Duration::from_millis(150));
    }
}

#[test]
fn after_any_reloads_the_kernel_is_as_after_a_start() {
    let rounds = std::env::var("SOAK_ROUNDS").map_or(30, |text| text.parse().unwrap());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut alone = Alone::new();
    for words in [
        "link add eth1 type veth peer name eth1x",
        "addr add 10.30.0.1/24 dev eth1",
        "link set eth1 up",
        "link set eth1x up",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        alone.lb.node.space.output("ip", &words).unwrap();
    }
    let bare = kernel(&alone);
    let (mut text, mut vips) = file(&mut dice);
    alone.lb.config.clone_from(&text);
    alone.lb.start().unwrap();
    alone.check(alone.lb.logs("Starting", 0).is_some(), "no first line");
    for round in 0..rounds {
        (text, vips) = file(&mut dice);
        let since = alone.lb.reload(&text).unwrap();
        let ended = alone.lb.logs("Reload complete", since).is_some();
        alone.check(ended, &format!("reload {round} did not end\n{text}"));
        // some follow at once, some when all are masters
        if dice.one_in(3) {
            settles(&alone, &vips, &text);
        } else {
            thread::sleep(Duration::from_millis(dice.below(300)));
        }
    }
    let reloaded = settles(&alone, &vips, &text);
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
    assert_eq!(kernel(&alone), bare, "what is left at the end\n{text}");
    alone.lb.start().unwrap();
    let fresh = settles(&alone, &vips, &text);
    assert_eq!(reloaded, fresh, "{text}");
}
