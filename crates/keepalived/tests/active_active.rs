//! Scenario B: two addresses, two hosts, each the other's backup.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{check, ours};
use lab::scenario::{ACTIVE_ACTIVE, Death, LABEL, LABEL2, Pair, VIP, VIP2};

/// Waits until exactly these nodes hold the first and the second address.
fn settle(pair: &Pair, first: &str, second: &str) {
    for balancer in [&pair.lb01, &pair.lb02] {
        for (address, label, holder) in [(VIP, LABEL, first), (VIP2, LABEL2, second)] {
            let wanted = balancer.node.name == holder;
            let came = balancer
                .comes_to_hold(address, Some(label), wanted)
                .unwrap();
            check(
                came,
                &format!("{}: {address} {wanted}", balancer.node.name),
                pair,
            );
        }
    }
}

#[test]
fn each_is_the_other_ones_backup() {
    let mut pair = Pair::new([ours(), ours()], ACTIVE_ACTIVE).unwrap();
    let begin = pair.start().unwrap();
    check(
        pair.lb02.announces(VIP2, 0).is_some(),
        "lb02 does not announce its own",
        &pair,
    );
    settle(&pair, "lb01", "lb02");

    let struck = Death::Killed.strike(&mut pair.lb01).unwrap();
    check(
        pair.lb02.announces(VIP, struck).is_some(),
        "lb02 did not take over VI_1",
        &pair,
    );
    check(
        pair.lb02.comes_to_hold(VIP2, Some(LABEL2), true).unwrap(),
        "lb02 lost VI_2",
        &pair,
    );
    let back = Death::Killed.undo(&mut pair.lb01).unwrap();
    check(
        pair.lb01.announces(VIP, back).is_some(),
        "lb01 did not take back VI_1",
        &pair,
    );
    settle(&pair, "lb01", "lb02");

    let struck = Death::CablePulled.strike(&mut pair.lb02).unwrap();
    check(
        pair.lb01.announces(VIP2, struck).is_some(),
        "lb01 did not take over VI_2",
        &pair,
    );
    settle(&pair, "lb01", "lb01");
    let back = Death::CablePulled.undo(&mut pair.lb02).unwrap();
    check(
        pair.lb02.announces(VIP2, back).is_some(),
        "lb02 did not take back VI_2",
        &pair,
    );
    settle(&pair, "lb01", "lb02");

    // VI_1 on lb02 and VI_2 on lb01 moved only when the other host was away.
    let moved = |e: &lab::Event| {
        e.node == "lb02"
            && e.log()
                .is_some_and(|l| l.starts_with("(VI_1) Entering MASTER"))
    };
    let times = pair
        .lan
        .timeline()
        .since(begin)
        .into_iter()
        .filter(moved)
        .count();
    assert_eq!(times, 1, "{}", pair.failed("VI_1 on lb02"));
}
