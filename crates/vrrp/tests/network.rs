//! What a network of routers does, told as timelines.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail
mod lan;
use lan::{Lan, millis, params, secs};
use std::time::Duration;
use wire::{AdvertInterval, Version};

/// The better node first: priority 150 and 100, as in most configurations.
fn pair() -> Lan {
    Lan::new([("a", params(150)), ("b", params(100))])
}

fn settled() -> Lan {
    let mut lan = pair();
    lan.advance(secs(10));
    lan.timeline();
    lan
}

#[test]
fn a_pair_elects_the_better_and_the_other_stays() {
    let mut lan = pair();
    lan.advance(secs(60));
    assert_eq!(
        lan.timeline(),
        "t+0.000s a Init → Backup (Started)\n\
         t+0.000s b Init → Backup (Started)\n\
         t+3.414s a Backup → Master (MasterSilent)\n"
    );
}

#[test]
fn a_stopped_master_is_replaced_after_one_skew() {
    let mut lan = settled();
    lan.stop("a");
    lan.advance(secs(5));
    assert_eq!(
        lan.timeline(),
        "t+10.000s a told to stop\n\
         t+10.000s a Master → Stopped (Stopping)\n\
         t+10.609s b Backup → Master (MasterSilent)\n"
    );
}

#[test]
fn a_killed_master_is_replaced_after_master_down_and_takes_back() {
    let mut lan = settled();
    lan.kill("a");
    lan.advance(secs(10));
    lan.start("a");
    lan.advance(secs(10));
    // the last advert was at 9.414, b waits 3.609 from there
    assert_eq!(
        lan.timeline(),
        "t+10.000s a killed\n\
         t+13.023s b Backup → Master (MasterSilent)\n\
         t+20.000s a started\n\
         t+20.000s a Init → Backup (Started)\n\
         t+23.414s a Backup → Master (MasterSilent)\n\
         t+23.414s b Master → Backup (HigherAdvert)\n"
    );
}

#[test]
fn a_link_that_fails_is_a_fault_and_its_return_a_backup_that_preempts() {
    let mut lan = settled();
    lan.set_link("a", false);
    lan.advance(secs(10));
    lan.set_link("a", true);
    lan.advance(secs(10));
    assert_eq!(
        lan.timeline(),
        "t+10.000s a link down\n\
         t+10.000s a Master → Fault (LinkDown)\n\
         t+13.023s b Backup → Master (MasterSilent)\n\
         t+20.000s a link up\n\
         t+20.000s a Fault → Backup (LinkUp)\n\
         t+23.414s a Backup → Master (MasterSilent)\n\
         t+23.414s b Master → Backup (HigherAdvert)\n"
    );
}

#[test]
fn a_frozen_better_master_wakes_as_master_and_wins() {
    let mut lan = settled();
    lan.freeze("a");
    lan.advance(secs(20));
    lan.thaw("a");
    lan.advance(secs(5));
    assert_eq!(
        lan.timeline(),
        "t+10.000s a frozen\n\
         t+13.023s b Backup → Master (MasterSilent)\n\
         t+30.000s a thawed\n\
         t+30.000s b Master → Backup (HigherAdvert)\n"
    );
}

#[test]
fn a_frozen_master_that_was_replaced_by_a_better_one_hears_it_before_it_speaks() {
    let mut lan = Lan::new([("a", params(150)), ("b", params(100)), ("c", params(200))]);
    lan.kill("c");
    lan.advance(secs(10));
    lan.freeze("a");
    lan.start("c");
    lan.advance(secs(20));
    lan.timeline();
    lan.worst_overlap();
    let frames = lan.frames();
    lan.thaw("a");
    lan.advance(millis(1));
    assert_eq!(
        lan.timeline(),
        "t+30.000s a thawed\nt+30.000s a Master → Backup (HigherAdvert)\n"
    );
    assert_eq!(lan.frames(), frames, "it said nothing");
}

#[test]
fn an_overslept_master_does_not_catch_up() {
    let mut lan = Lan::new([("a", params(150)), ("b", params(1))]);
    lan.advance(secs(4));
    lan.leap("a", secs(100));
    let frames = lan.frames();
    lan.advance(millis(2500));
    // one for the deadline that passed, then the grid of whole seconds after 3.414
    assert_eq!(lan.frames() - frames, 4);
}

#[test]
fn a_partition_has_two_masters_and_heals_within_an_advert_interval() {
    let mut lan = settled();
    lan.partition(&["a"]);
    lan.advance(secs(20));
    assert_eq!(lan.masters().len(), 2);
    lan.timeline();
    lan.worst_overlap();
    lan.heal();
    lan.advance(secs(20));
    assert!(lan.worst_overlap() <= secs(1));
    assert_eq!(
        lan.timeline(),
        "t+30.000s healed\nt+30.023s b Master → Backup (HigherAdvert)\n"
    );
}

#[test]
fn equal_priorities_are_decided_by_the_address() {
    let mut lan = Lan::new([("a", params(100)), ("b", params(100))]);
    lan.advance(secs(60));
    assert_eq!(lan.masters().into_iter().collect::<Vec<_>>(), ["b"]);
    // Both timers end at once, both take over, and the lower address yields.
    assert!(lan.worst_overlap() <= millis(1));
}

#[test]
fn a_lost_address_is_given_up_and_taken_again() {
    let mut lan = settled();
    lan.kill("b");
    lan.lose_address("a");
    lan.advance(secs(3));
    assert_eq!(
        lan.timeline(),
        "t+10.000s b killed\n\
         t+10.000s a address deleted\n\
         t+10.000s a Master → Backup (AddressLost)\n\
         t+10.414s a Backup → Master (MasterSilent)\n"
    );
}

#[test]
fn adverts_do_not_drift() {
    let mut lan = pair();
    let tenth = AdvertInterval::from_centis(10).unwrap();
    for name in ["a", "b"] {
        let mut fast = params(if name == "a" { 150 } else { 100 });
        (fast.version, fast.interval) = (Version::V3, tenth);
        lan.tune(name, fast);
    }
    lan.advance(secs(1));
    let (frames, start) = (lan.frames(), lan.now());
    lan.advance(secs(3600));
    assert_eq!(lan.frames() - frames, 36_000);
    assert_eq!(lan.now() - start, secs(3600));
}

#[test]
fn a_slow_network_is_still_a_healthy_one() {
    let mut lan = pair().delay(millis(400));
    lan.advance(secs(10));
    assert_eq!(lan.masters().into_iter().collect::<Vec<_>>(), ["a"]);
    // While the first advert was on its way, the other took over too.
    assert_eq!(lan.worst_overlap(), Duration::from_nanos(204_687_500));
    lan.advance(secs(100));
    assert_eq!(lan.worst_overlap(), Duration::ZERO);
}
