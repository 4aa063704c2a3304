//! What the system tests share. They need root (namespaces, raw sockets) and say so loudly.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod alone;
pub(crate) mod listener;

use lab::scenario::{Death, LABEL, Pair, VIP};
use lab::timeline::Stamp;
use lab::{Launch, original};

/// The daemon under test: `$KEEPALIVED`, so that the tests can be tried on the original, else
/// the one just built.
pub(crate) fn ours() -> Launch {
    let built = env!("CARGO_BIN_EXE_keepalived");
    Launch::new(std::env::var("KEEPALIVED").unwrap_or_else(|_| built.to_owned()))
}

/// The original.
pub(crate) fn theirs() -> Launch {
    Launch::new(original::path().unwrap())
}

/// Fails with the whole timeline unless `fact` holds.
#[track_caller]
pub(crate) fn check(fact: bool, what: &str, pair: &Pair) {
    assert!(fact, "{}", pair.failed(what));
}

/// Which of the two carries the address with its label, as `ip addr` shows it: lb01, lb02.
pub(crate) fn holders(pair: &Pair) -> (bool, bool) {
    let held = |node: &lab::Node| node.holds(VIP, Some(LABEL)).unwrap();
    (held(&pair.lb01.node), held(&pair.lb02.node))
}

/// Scenario A: lb01 is master, dies in this way, lb02 takes over; lb01 returns and takes back.
pub(crate) fn takeover(launches: [Launch; 2], death: Death) {
    let mut pair = Pair::new(launches, lab::scenario::ACTIVE_BACKUP).unwrap();
    pair.start().unwrap();
    settle(&pair, true);

    let struck = death.strike(&mut pair.lb01).unwrap();
    let taken = pair.lb02.announces(VIP, struck);
    check(taken.is_some(), "lb02 did not take over", &pair);
    check(
        pair.lb02
            .logs("(VI_1) Entering MASTER STATE", struck)
            .is_some(),
        "lb02 did not say so",
        &pair,
    );
    check(
        pair.lb02.comes_to_hold(VIP, Some(LABEL), true).unwrap(),
        "lb02 lacks the address",
        &pair,
    );
    let kept = pair
        .lb01
        .comes_to_hold(VIP, Some(LABEL), death.leaves_address())
        .unwrap();
    check(
        kept,
        "the address on the dead lb01 is not as it should be",
        &pair,
    );
    never_early(&pair, struck, taken.unwrap(), death);

    let back = death.undo(&mut pair.lb01).unwrap();
    check(
        pair.lb01.announces(VIP, back).is_some(),
        "lb01 did not take back",
        &pair,
    );
    check(
        pair.lb02
            .logs("(VI_1) Entering BACKUP STATE", back)
            .is_some(),
        "lb02 did not yield",
        &pair,
    );
    settle(&pair, true);
}

/// Waits until exactly one node, lb01 or lb02, carries the address.
pub(crate) fn settle(pair: &Pair, first: bool) {
    check(
        pair.lb01.comes_to_hold(VIP, Some(LABEL), first).unwrap(),
        "lb01: address",
        pair,
    );
    check(
        pair.lb02.comes_to_hold(VIP, Some(LABEL), !first).unwrap(),
        "lb02: address",
        pair,
    );
    assert_eq!(
        holders(pair),
        (first, !first),
        "{}",
        pair.failed("not exactly one holder")
    );
}

/// A backup may be late on a busy machine, but it must not take over before its time: three
/// intervals and the skew after the last advert, or the skew alone after a goodbye.
fn never_early(pair: &Pair, struck: Stamp, taken: Stamp, death: Death) {
    let heard = |e: &lab::Event| (e.node == "lb01").then_some(()).and(e.frame()?.advert());
    let (last, (_, priority)) = pair.lan.timeline().last_before(taken, heard).unwrap();
    let demanded = if priority == 0 { 0.609 } else { 3.609 };
    let waited = lab::timeline::seconds(last, taken);
    check(
        waited > demanded - 0.01,
        &format!("lb02 took over {waited} s after the last advert"),
        pair,
    );
    if death == Death::Stopped {
        check(
            priority == 0 && last >= struck,
            "no goodbye with priority 0",
            pair,
        );
    }
}
