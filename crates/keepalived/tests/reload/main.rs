//! SIGHUP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#[path = "../common/mod.rs"]
mod common;
mod kinds;
mod many;
mod random;
mod storm;
use common::alone::Alone;
use lab::scenario::{ACTIVE_BACKUP, LABEL, LONG, VIP};
use lab::timeline::now;
use lab::{Event, What};
use std::net::Ipv4Addr;

#[test]
fn reload_changes_addresses_and_priority_without_losing_mastership() {
    let added = Ipv4Addr::new(10, 20, 0, 250);
    let mut alone = Alone::master();
    let since = now();
    let two = ACTIVE_BACKUP[0]
        .replace("priority 150", "priority 160")
        .replace(
            "label eth0:1\n",
            "label eth0:1\n        10.20.0.250/24 dev eth0 label eth0:3\n",
        );
    alone.lb.reload(&two).unwrap();
    alone.check(
        alone.lb.announces(added, since).is_some(),
        "the new address is not announced",
    );
    alone.check(
        alone.lb.comes_to_hold(added, Some("eth0:3"), true).unwrap(),
        "no new address",
    );
    let priority = |e: &Event| e.frame()?.advert().filter(|a| *a == (55, 160)).map(|_| ());
    alone.check(
        alone.lan.timeline().wait(since, LONG, priority).is_some(),
        "no new priority",
    );
    alone.check(
        alone.lb.node.holds(VIP, Some(LABEL)).unwrap(),
        "the old address is gone",
    );

    alone.lb.reload(ACTIVE_BACKUP[0]).unwrap();
    alone.check(
        alone.lb.comes_to_hold(added, None, false).unwrap(),
        "the address stayed",
    );
    let priority = |e: &Event| e.frame()?.advert().filter(|a| *a == (55, 150)).map(|_| ());
    alone.check(
        alone.lan.timeline().wait(now(), LONG, priority).is_some(),
        "no old priority",
    );
    alone.check(
        !alone.happened(since, &What::AddressRemoved(VIP)),
        "the old address went",
    );
    let left = |e: &Event| e.log().is_some_and(|l| l.contains("STATE"));
    alone.check(
        !alone.lan.timeline().since(since).iter().any(left),
        "the state changed",
    );
    let running = alone.lb.daemon().unwrap().is_running();
    alone.check(running, "the daemon ended");
}

#[test]
fn a_broken_file_at_reload_changes_nothing() {
    let mut alone = Alone::master();
    let (before, since) = (alone.lb.daemon().unwrap().processes(), now());
    let broken = ACTIVE_BACKUP[0].replace("priority 150", "priority");
    alone.lb.reload(&broken).unwrap();
    alone.check(
        alone.lb.logs("priority", since).is_some(),
        "not a word about it",
    );
    // It goes on advertising for longer than a backup would wait.
    for _ in 0..5 {
        let advert = |e: &Event| e.frame()?.advert().filter(|a| *a == (55, 150));
        alone.check(
            alone.lan.timeline().wait(now(), LONG, advert).is_some(),
            "it fell silent",
        );
    }
    alone.check(
        !alone.happened(since, &What::AddressRemoved(VIP)),
        "the address went",
    );
    assert_eq!(alone.lb.daemon().unwrap().processes(), before);
}

/// In the original's words, and with its effect: nothing of the file comes into force.
#[test]
fn what_lasts_as_long_as_the_daemon_is_not_changed_by_a_reload() {
    let mut alone = Alone::master();
    let before = alone.lb.daemon().unwrap().processes();
    let lines = [
        ("net_namespace other\n", "network namespace"),
        ("net_namespace_ipvs other\n", "IPVS network namespace"),
        ("instance other\n", "instance name"),
        ("global_defs {\n nftables t\n}\n", "nftables table name"),
        (
            "global_defs {\n nftables_ipvs t\n}\n",
            "IPVS nftables table name",
        ),
        (
            "global_defs {\n tmp_config_directory /tmp\n}\n",
            "config_directory",
        ),
        (
            "global_defs {\n disable_local_igmp\n}\n",
            "disable_local_igmp",
        ),
    ];
    for (line, what) in lines {
        let since = now();
        let next = ACTIVE_BACKUP[0].replace("priority 150", "priority 140");
        alone.lb.reload(&format!("{line}{next}")).unwrap();
        let told = format!("Cannot change {what} at a reload - please restart keepalived");
        alone.check(alone.lb.logs(&told, since).is_some(), &told);
    }
    let since = now();
    let advert = |e: &Event| e.frame()?.advert().filter(|a| *a == (55, 150));
    alone.check(
        alone.lan.timeline().wait(since, LONG, advert).is_some(),
        "the priority of a file that was refused",
    );
    assert_eq!(alone.lb.daemon().unwrap().processes(), before);
}
