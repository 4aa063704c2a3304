//! Crashes and interference.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::{Alone, end};
use common::{check, ours, settle};
use lab::scenario::{ACTIVE_BACKUP, LABEL, LB01, LONG, Pair, VIP, host};
use lab::timeline::now;
use lab::{Event, What};
use nix::sys::signal::Signal;
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

#[test]
fn what_a_killed_daemon_left_is_removed_at_start() {
    let mut alone = Alone::master();
    alone.lb.daemon().unwrap().kill().unwrap();
    alone.check(
        alone.lb.node.holds(VIP, Some(LABEL)).unwrap(),
        "the address should have stayed",
    );
    let back = now();
    alone.lb.start().unwrap();
    let removed = alone.lan.timeline().wait(back, LONG, |e| {
        (e.what == What::AddressRemoved(VIP)).then_some(e.at)
    });
    alone.check(removed.is_some(), "not removed");
    alone.becomes_master(back);
    let master = |e: &Event| {
        e.log()
            .filter(|l| l.contains("Entering MASTER STATE"))
            .map(|_| e.at)
    };
    alone.check(
        removed < alone.lan.timeline().wait(back, LONG, master),
        "removed too late",
    );
}

#[test]
fn foreign_addresses_are_not_touched() {
    let foreign = [Ipv4Addr::new(10, 20, 0, 77), Ipv4Addr::new(192, 0, 2, 7)];
    let mut alone = Alone::new();
    for address in foreign {
        alone.lb.node.add_address(host(address)).unwrap();
    }
    let since = now();
    alone.lb.start().unwrap();
    alone.becomes_master(since);
    alone.lb.daemon().unwrap().kill().unwrap();
    let back = now();
    alone.lb.start().unwrap();
    alone.becomes_master(back);
    alone.lb.daemon().unwrap().stop().unwrap();
    alone.check(
        !alone.lb.node.holds(VIP, None).unwrap(),
        "the address stayed",
    );
    for address in foreign.into_iter().chain([LB01]) {
        alone.check(
            alone.lb.node.holds(address, None).unwrap(),
            &format!("{address} is gone"),
        );
        alone.check(
            !alone.happened(since, &What::AddressRemoved(address)),
            &format!("{address} was gone"),
        );
    }
}

#[test]
fn somebody_deleting_the_address_is_noticed() {
    let mut alone = Alone::master();
    // Not in the middle of the bursts after becoming master.
    alone.check(
        alone.lb.announces(VIP, now() + 1_000_000_000).is_some(),
        "no second burst",
    );
    thread::sleep(Duration::from_millis(200));
    let since = now();
    alone.lb.node.remove_address(host(VIP)).unwrap();
    let again = alone.lan.timeline().wait(since, LONG, |e| {
        (e.what == What::AddressAdded(VIP)).then_some(())
    });
    alone.check(again.is_some(), "the address did not come back");
    alone.becomes_master(since);
    let running = alone.lb.daemon().unwrap().is_running();
    alone.check(running, "the daemon ended");
}

#[test]
fn a_killed_child_is_respawned() {
    let mut alone = Alone::master();
    let children = alone.children();
    alone.check(!children.is_empty(), "no children");
    let since = now();
    for child in &children {
        end(*child);
    }
    alone.wait("no new child", |lb| {
        let now = lb.daemon().unwrap().processes().split_off(1);
        !now.is_empty() && now.iter().all(|pid| !children.contains(pid))
    });
    alone.becomes_master(since);
    let running = alone.lb.daemon().unwrap().is_running();
    alone.check(running, "the daemon ended");
}

#[test]
fn without_the_parent_nothing_stays() {
    let mut alone = Alone::master();
    let (parent, children) = (alone.lb.daemon().unwrap().pid(), alone.children());
    end(parent);
    alone.wait("the address stayed", |lb| {
        !lb.node.holds(VIP, None).unwrap()
    });
    alone.wait("a child stayed", |_| {
        children
            .iter()
            .all(|pid| !std::path::Path::new("/proc").join(pid.to_string()).exists())
    });
}

#[test]
fn a_second_start_says_so_and_changes_nothing() {
    let mut alone = Alone::master();
    let (before, since) = (alone.lb.daemon().unwrap().processes(), now());
    let program = alone.lb.node.space.stage(&alone.lb.launch.program).unwrap();
    let arguments = ["-n", "-l", "-G", "-f", lab::daemon::CONFIG];
    let second = alone.lb.node.space.finish(program, &arguments).unwrap();
    let said = String::from_utf8_lossy(&second.stdout).into_owned()
        + &String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(0), "{said}");
    assert!(said.contains("daemon is already running"), "{said}");
    assert_eq!(alone.lb.daemon().unwrap().processes(), before);
    alone.check(
        !alone.happened(since, &What::AddressRemoved(VIP)),
        "the address went",
    );
    alone.check(
        alone.lb.node.holds(VIP, Some(LABEL)).unwrap(),
        "the address is gone",
    );
}

#[test]
fn stopping_leaves_nothing() {
    let mut alone = Alone::master();
    let files = ["/run/keepalived.pid", "/run/vrrp.pid"];
    for file in files {
        assert!(alone.lb.node.space.read(file).is_ok(), "no {file}");
    }
    let since = now();
    let status = alone.lb.daemon().unwrap().stop().unwrap();
    assert_eq!(status.code(), Some(0));
    let goodbye = |e: &Event| e.frame()?.advert().filter(|a| *a == (55, 0)).map(|_| ());
    alone.check(
        alone.lan.timeline().wait(since, LONG, goodbye).is_some(),
        "no priority 0",
    );
    alone.check(
        !alone.lb.node.holds(VIP, None).unwrap(),
        "the address stayed",
    );
    for file in files {
        assert!(alone.lb.node.space.read(file).is_err(), "{file} stayed");
    }
}

#[test]
fn statistics_go_where_tmpdir_says() {
    let mut alone = Alone::new();
    alone.lb.node.space.write("/tmp/own/.keep", "").unwrap();
    alone.lb.launch = ours().env("TMPDIR", "/tmp/own");
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    alone.lb.daemon().unwrap().signal(Signal::SIGUSR2).unwrap();
    alone.wait("no statistics", |lb| {
        let text = lb
            .node
            .space
            .read("/tmp/own/keepalived.stats")
            .unwrap_or_default();
        String::from_utf8_lossy(&text).contains("Became master: 1")
    });
    assert!(alone.lb.node.space.read("/tmp/keepalived.stats").is_err());
    alone.lb.daemon().unwrap().signal(Signal::SIGUSR1).unwrap();
    alone.wait("no data", |lb| {
        let text = lb
            .node
            .space
            .read("/tmp/own/keepalived.data")
            .unwrap_or_default();
        String::from_utf8_lossy(&text).contains(" VRRP Instance = VI_1")
    });
}

#[test]
fn the_peer_does_not_notice_a_killed_child() {
    let mut pair = Pair::new([ours(), ours()], ACTIVE_BACKUP).unwrap();
    pair.start().unwrap();
    settle(&pair, true);
    let since = now();
    for child in pair.lb01.daemon().unwrap().processes().split_off(1) {
        end(child);
    }
    // The new process advertises again, and more often than the backup's patience is long.
    for _ in 0..5 {
        let advert = |e: &Event| (e.node == "lb01").then_some(()).and(e.frame()?.advert());
        check(
            pair.lan.timeline().wait(now(), LONG, advert).is_some(),
            "lb01 fell silent",
            &pair,
        );
    }
    settle(&pair, true);
    let other = |e: &Event| e.node == "lb02" && e.log().is_some_and(|l| l.contains("MASTER STATE"));
    check(
        !pair.lan.timeline().since(since).iter().any(other),
        "lb02 took over",
        &pair,
    );
    let gone = |e: &Event| e.node == "lb01" && e.what == What::AddressRemoved(VIP);
    check(
        !pair.lan.timeline().since(since).iter().any(gone),
        "the address went",
        &pair,
    );
}
