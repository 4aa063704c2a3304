//! Settings of interfaces and of the kernel around an instance, on one node.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;
use common::ours;
use lab::forge::{Advert, Forger};
use lab::scenario::{Balancer, LB01, LONG, VIP, host};
use lab::timeline::{now, seconds};
use lab::{Event, Lan};
use linux::netlink::{Fact, Monitor};
use std::net::Ipv4Addr;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// `VI_1` with these words in the block and around it.
fn config(words: &str, around: &str) -> String {
    format!(
        "{around}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority 200
    advert_int 0.4
    version 3
    {words}
    virtual_ipaddress {{
        {VIP}/24
    }}
}}
"
    )
}

/// A master of `VI_1` with these words in the block and around it.
fn master(words: &str, around: &str) -> (Lan, Balancer) {
    let lan = Lan::new().unwrap();
    let config = config(words, around);
    let mut lb = Balancer::new(&lan, "lb01", LB01, ours(), &config).unwrap();
    lb.start().unwrap();
    let announced = lb.announces(VIP, 0).is_some();
    assert!(announced, "{}", lan.timeline().story(0));
    (lan, lb)
}

fn value(lb: &Balancer, setting: &str) -> String {
    let text = lb.node.space.read(format!("/proc/sys/net/{setting}"));
    String::from_utf8(text.unwrap()).unwrap().trim().to_owned()
}

#[test]
fn kernel_settings_are_changed_and_put_back() {
    const PROMOTE: &str = "ipv4/conf/eth0/promote_secondaries";
    const REPORTS: &str = "ipv4/igmp_link_local_mcast_reports";
    let (_lan, mut lb) = master(
        "promote_secondaries",
        "global_defs {\n disable_local_igmp\n}",
    );
    assert_eq!(
        (value(&lb, PROMOTE), value(&lb, REPORTS)),
        ("1".into(), "0".into())
    );
    lb.daemon().unwrap().stop().unwrap();
    assert_eq!(
        (value(&lb, PROMOTE), value(&lb, REPORTS)),
        ("0".into(), "1".into())
    );
}

#[test]
fn interfaces_without_adverts_are_announced_now_and_then() {
    let words =
        "use_vmac\n vmac_xmit_base\n garp_extra_if 1\n garp_master_repeat 1\n garp_master_delay 0";
    let (lan, _lb) = master(words, "");
    let mut count = 0;
    // the first is that of the new master, and there is no second burst
    let three = lan.timeline().wait(0, LONG, |e: &Event| {
        count += usize::from(e.frame()?.gratuitous() == Some(VIP));
        (count == 3).then_some(e.at)
    });
    let first = lan.timeline().wait(0, LONG, |e| {
        (e.frame()?.gratuitous() == Some(VIP)).then_some(e.at)
    });
    let span = seconds(first.unwrap(), three.expect("no more announcements"));
    assert!(span > 1.9, "{span}\n{}", lan.timeline().story(0));
}

/// Programs that miss what happens on top of an interface hear of that one once more.
#[test]
fn the_interface_below_is_told_of_again_where_that_is_written() {
    for (words, again) in [("use_vmac netlink_notify_msg", true), ("use_vmac", false)] {
        let lan = Lan::new().unwrap();
        let config = config(words, "");
        let mut lb = Balancer::new(&lan, "lb01", LB01, ours(), &config).unwrap();
        let mut monitor = lb.node.space.run(Monitor::new).unwrap().unwrap();
        lb.start().unwrap();
        assert!(
            lb.announces(VIP, 0).is_some(),
            "{}",
            lan.timeline().story(0)
        );
        let mut told = Vec::new();
        while let Ok(Some(fact)) = monitor.next_fact() {
            if let Fact::Link(link) = fact {
                told.push((link.name.clone(), link.is_up()));
            }
        }
        let up = told
            .iter()
            .position(|told| *told == ("vrrp.51".into(), true));
        let behind = told.get(up.unwrap()..).unwrap_or_default();
        let is_there = behind.iter().any(|(name, _)| name == "eth0");
        assert_eq!(is_there, again, "{words}: {told:?}");
    }
}

#[test]
fn adverts_of_unknown_routers_are_told_of() {
    const LINE: &str = "Unknown VRID(55) received on interface(eth0). ignoring...";
    let (lan, _lb) = master("", "global_defs {\n log_unknown_vrids\n}");
    let stranger = lan
        .node("stranger", host(Ipv4Addr::new(10, 20, 0, 66)))
        .unwrap();
    let forger = Forger::new(&stranger).unwrap();
    let told = |since| {
        let events = lan.timeline().since(since);
        events.iter().any(|e| e.log() == Some(LINE))
    };
    // a port that was just plugged in may not forward yet
    let end = Instant::now() + LONG;
    while !told(0) {
        assert!(Instant::now() < end, "{}", lan.timeline().story(0));
        forger.send(&Advert::good(50)).unwrap();
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_link_that_is_down_for_long_enough_is_a_fault() {
    // beside words of polling, which change nothing: the kernel tells of the carrier anyway
    let around = "linkbeat_use_polling
linkbeat_interfaces {
    eth0 MII
}
interface_up_down_delays {
    eth0 0.7 0.7
}";
    let (lan, lb) = master("linkbeat_use_polling", around);
    for (plugged, state, told) in [
        (false, "Entering FAULT STATE", "reports eth0 down"),
        (true, "Entering BACKUP STATE", "reports eth0 up"),
    ] {
        let since = now();
        lb.node.cable(plugged).unwrap();
        let at = |text: &'static str| {
            lan.timeline().wait(since, LONG, move |e| {
                e.log().filter(|line| line.contains(text)).map(|_| e.at)
            })
        };
        let (link, moved) = (at(told), at(state));
        let (Some(link), Some(moved)) = (link, moved) else {
            panic!("{state}\n{}", lan.timeline().story(0));
        };
        // log lines of one process keep their order and nearly their distance
        assert!(
            seconds(link, moved) > 0.5,
            "{state}\n{}",
            lan.timeline().story(0)
        );
    }
}

#[test]
fn processes_are_called_as_the_file_says() {
    let names = |lb: &mut Balancer| {
        let pids = lb.daemon().unwrap().processes();
        let name = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/comm"));
        let names = pids
            .into_iter()
            .map(|pid| name(pid).unwrap().trim().to_owned());
        names.collect::<Vec<_>>()
    };
    let (_lan, mut lb) = master("", "global_defs {\n process_names\n process_name parent\n}");
    assert_eq!(names(&mut lb), ["parent", "keepalived_vrrp"]);
    let (_lan, mut lb) = master("", "global_defs {\n vrrp_process_name speaker\n}");
    assert_eq!(names(&mut lb), ["keepalived", "speaker"]);
}

#[test]
fn the_checker_is_as_nice_as_the_file_says() {
    let around = "global_defs {\n process_names\n checker_priority 7\n}
virtual_server 10.20.0.201 80 {\n protocol TCP\n real_server 10.20.0.9 80 {\n }\n}";
    let (_lan, mut lb) = master("", around);
    let end = Instant::now() + LONG;
    // it starts beside the vrrp process, and is called after that first
    let nice = loop {
        let pids = lb.daemon().unwrap().processes();
        let stat = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        let checker = pids.iter().filter_map(stat).find_map(|stat| {
            let (name, fields) = stat.rsplit_once(") ")?;
            let nice = fields.split(' ').nth(16)?.parse().ok();
            nice.filter(|nice: &i32| name.ends_with("(keepalived_lvs") && *nice != 0)
        });
        if checker.is_some() || Instant::now() > end {
            break checker;
        }
        sleep(Duration::from_millis(50));
    };
    assert_eq!(nice, Some(7));
}

#[test]
fn it_runs_in_the_namespace_that_is_named_and_has_files_of_its_own() {
    let lan = Lan::new().unwrap();
    let config = format!(
        "instance two
vrrp_instance VI_1 {{
    interface inner
    virtual_router_id 51
    version 3
    advert_int 0.2
    virtual_ipaddress {{
        {VIP}/24
    }}
}}
"
    );
    let launch = ours().arg("-s").arg("blue");
    let mut lb = Balancer::new(&lan, "lb01", LB01, launch, &config).unwrap();
    let ip = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        lb.node.space.output("ip", &words).unwrap()
    };
    ip("netns add blue");
    ip("link add outer type veth peer name inner netns blue");
    ip("link set outer up");
    ip("-n blue addr add 10.20.0.1/24 dev inner");
    ip("-n blue link set inner up");
    lb.start().unwrap();
    let master = lb.logs("(VI_1) Entering MASTER STATE", 0);
    assert!(master.is_some(), "{}", lan.timeline().story(0));
    let end = Instant::now() + LONG;
    let held = || {
        let words = ["-n", "blue", "addr", "show", "dev", "inner"];
        lb.node
            .space
            .output("ip", &words)
            .unwrap()
            .contains("10.20.0.249")
    };
    while !held() {
        assert!(Instant::now() < end, "{}", lan.timeline().story(0));
        sleep(Duration::from_millis(20));
    }
    for name in ["keepalived", "vrrp"] {
        let path = format!("/run/keepalived/blue/{name}_two.pid");
        assert!(lb.node.space.read(&path).is_ok(), "{path}");
    }
}

/// `-nodad` has the kernel ask the network first; what it learns is told, and asked again until
/// the other host lets the address go.
#[test]
fn another_host_with_a_virtual_address_is_told_of() {
    let lan = Lan::new().unwrap();
    let other = lan
        .node("other", host(Ipv4Addr::new(10, 20, 0, 66)))
        .unwrap();
    let address = ["addr", "add", "2001:db8::249/64", "dev", "eth0", "nodad"];
    let added = other.space.finish("ip", &address).unwrap();
    assert!(added.status.success(), "{added:?}");
    let config = "vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {
        fe80::249
        2001:db8::249/64 -nodad
    }
}
";
    let mut lb = Balancer::new(&lan, "lb01", LB01, ours(), config).unwrap();
    lb.start().unwrap();
    let line = "Virtual address 2001:db8::249 on eth0 is another host's too";
    assert!(lb.logs(line, 0).is_some(), "{}", lan.timeline().story(0));
    let address = ["addr", "del", "2001:db8::249/64", "dev", "eth0"];
    let removed = other.space.finish("ip", &address).unwrap();
    assert!(removed.status.success(), "{removed:?}");
    let line = "Virtual address 2001:db8::249 on eth0 is no other host's any more";
    assert!(lb.logs(line, 0).is_some(), "{}", lan.timeline().story(0));
    let words = ["-6", "addr", "show", "dev", "eth0", "dadfailed"];
    let failed = lb.node.space.output("ip", &words).unwrap();
    assert!(!failed.contains("2001:db8::249"), "{failed}");
}

/// The memory that a large file takes is taken at once, and goes back when the file has become a
/// plan; so it is at a reload.
#[test]
fn a_large_file_leaves_nothing_behind() {
    let comment = format!("! {}\n", "many words ".repeat(9)).repeat(100_000);
    assert!(comment.len() > 8 << 20);
    let (lan, mut lb) = master("", &comment);
    let told = lb.logs("Startup complete", 0).is_some();
    assert!(told, "{}", lan.timeline().story(0));
    become_small(lb.daemon().unwrap().processes());
    let since = lb.reload(&config("garp_master_delay 2", &comment)).unwrap();
    let told = lb.logs("Reload complete", since).is_some();
    assert!(told, "{}", lan.timeline().story(0));
    become_small(lb.daemon().unwrap().processes());
}

/// Waits until none of the processes has more than 6 MiB of the machine's memory alone.
fn become_small(pids: Vec<u32>) {
    assert!(pids.len() >= 2, "{pids:?}");
    let end = Instant::now() + LONG;
    for pid in pids {
        while anonymous(pid) > 6 * 1024 {
            assert!(Instant::now() < end, "{pid}: {} KiB", anonymous(pid));
            sleep(Duration::from_millis(20));
        }
    }
}

/// In KiB.
fn anonymous(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap()
}
