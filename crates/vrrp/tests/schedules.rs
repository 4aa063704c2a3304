//! Random histories: whatever has happened, a healthy network ends with one master.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail
mod lan;
use lan::{Lan, millis, params, secs};
use proptest::prelude::*;
use std::time::Duration;
use vrrp::{Params, Preempt};
use wire::{AdvertInterval, Version};

const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Wait(u16),
    Stop(usize),
    Kill(usize),
    Start(usize),
    Link(usize, bool),
    Freeze(usize),
    Thaw(usize),
    Leap(usize, u16),
    Partition(usize),
    Heal,
    LoseAddress(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NAMES.len();
    prop_oneof![
        6 => (1u16..8000).prop_map(Step::Wait),
        1 => node.clone().prop_map(Step::Stop),
        1 => node.clone().prop_map(Step::Kill),
        2 => node.clone().prop_map(Step::Start),
        2 => (node.clone(), any::<bool>()).prop_map(|(node, up)| Step::Link(node, up)),
        1 => node.clone().prop_map(Step::Freeze),
        2 => node.clone().prop_map(Step::Thaw),
        1 => (node.clone(), any::<u16>()).prop_map(|(node, ahead)| Step::Leap(node, ahead)),
        1 => node.clone().prop_map(Step::Partition),
        2 => Just(Step::Heal),
        1 => node.prop_map(Step::LoseAddress),
    ]
}

fn play(lan: &mut Lan, step: &Step) {
    match step {
        Step::Wait(time) => {
            lan.advance(millis(u64::from(*time)));
        }
        Step::Stop(node) => lan.stop(NAMES[*node]),
        Step::Kill(node) => lan.kill(NAMES[*node]),
        Step::Start(node) => lan.start(NAMES[*node]),
        Step::Link(node, up) => lan.set_link(NAMES[*node], *up),
        Step::Freeze(node) => lan.freeze(NAMES[*node]),
        Step::Thaw(node) => lan.thaw(NAMES[*node]),
        Step::Leap(node, ahead) => lan.leap(NAMES[*node], millis(u64::from(*ahead))),
        Step::Partition(node) => lan.partition(&[NAMES[*node]]),
        Step::Heal => lan.heal(),
        Step::LoseAddress(node) => lan.lose_address(NAMES[*node]),
    }
}

/// Everything repaired, everybody started.
fn repair(lan: &mut Lan) {
    lan.heal();
    for name in NAMES {
        lan.thaw(name);
        lan.set_link(name, true);
        lan.start(name);
    }
}

/// Settings that the protocol allows to differ between nodes, and that leave elections alone.
fn kinds() -> impl Strategy<Value = [Params; 3]> {
    let node = (1u8..=255, any::<bool>(), any::<bool>());
    (prop::array::uniform3(node), any::<bool>(), 1u16..=200).prop_map(|(nodes, v3, interval)| {
        nodes.map(|(priority, nopreempt, start_master)| {
            let mut params = params(priority);
            params.start_master = start_master;
            params.preempt = if nopreempt { Preempt::No } else { Preempt::Yes };
            if v3 {
                params.version = Version::V3;
                params.interval = AdvertInterval::from_centis(interval).unwrap();
            }
            params
        })
    })
}

fn lan(kinds: [Params; 3], loss: u8, seed: u64) -> Lan {
    Lan::new(NAMES.into_iter().zip(kinds)).loss(loss, seed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Liveness and safety after any history: repaired, the network has one master within the
    /// longest wait, and never again two for longer than an advert interval.
    #[test]
    fn a_repaired_network_has_one_master(kinds in kinds(), steps in prop::collection::vec(step(), 0..40), seed: u64) {
        let interval = kinds[0].interval.as_duration();
        let mut lan = lan(kinds, 0, seed);
        for step in &steps {
            play(&mut lan, step);
        }
        repair(&mut lan);
        lan.advance(secs(10) + interval * 5);
        prop_assert_eq!(lan.masters().len(), 1, "{}", lan.timeline());
        lan.worst_overlap();
        lan.advance(interval * 50);
        prop_assert_eq!(lan.worst_overlap(), Duration::ZERO, "{}", lan.timeline());
        prop_assert_eq!(lan.masters().len(), 1, "{}", lan.timeline());
    }

    /// Safety on the way: on a network that loses nothing, starts, stops, deaths and link
    /// failures never leave two masters for longer than an advert interval.
    #[test]
    fn a_healthy_network_never_has_two_masters_for_long(kinds in kinds(), steps in prop::collection::vec(step(), 0..40)) {
        let interval = kinds[0].interval.as_duration();
        let mut lan = lan(kinds, 0, 1);
        for step in &steps {
            // What makes a network unhealthy is not played; a node whose link is down
            // is alone, and loses the addresses with the link.
            if !matches!(step, Step::Partition(_) | Step::Freeze(_) | Step::Leap(..)) {
                play(&mut lan, step);
            }
        }
        prop_assert!(lan.worst_overlap() <= interval + millis(1), "{}", lan.timeline());
    }

    /// Losing a frame now and then moves nothing for good.
    #[test]
    fn loss_is_survived(kinds in kinds(), loss in 1u8..64, seed: u64) {
        let interval = kinds[0].interval.as_duration();
        let mut lan = lan(kinds, loss, seed);
        lan.advance(secs(10) + interval * 200);
        prop_assert!(lan.worst_overlap() <= interval * 8, "{}", lan.timeline());
        prop_assert!(!lan.masters().is_empty(), "{}", lan.timeline());
    }
}
