//! Everything that can happen to two or three routers, up to a bound.
//!
//! The world moves from one event (a timer, an arrival) to the next. After each of them the
//! adversary may do one of the things in [`Act`], as often as its budget allows; each advert may
//! be lost or delayed on its way to each receiver, which costs as much. States that are alike but
//! for the time of day are visited once. Where the budget is spent, the rest is certain, and
//! there the two promises are checked:
//!
//! - safety: when nothing has gone wrong for `Master_Down_Interval` and one advert interval, no
//!   two routers hold the addresses;
//! - liveness: then one does, if any router can.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use vrrp::{Change, Effect, InstanceId, Link, Params, Preempt, Received, Router};
use wire::{Family, Instant, Priority, Vrid};

const ID: InstanceId = InstanceId(1);
const FAST: Duration = Duration::from_millis(1);
/// Slow enough to arrive after the next advert.
const SLOW: Duration = Duration::from_millis(1400);
/// How long the adversary may act: from the start over the first election to steady state.
const HORIZON: Duration = Duration::from_secs(6);
/// Three lost adverts, the longest skew, and one advert more.
const SETTLE: Duration = Duration::from_millis(5010);

/// What the adversary does to one router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// All its processes die; its addresses go with it.
    Crash,
    /// It starts again.
    Restart,
    /// It is told to stop.
    Stop,
    /// Its link goes down, or comes back.
    Link,
    /// A reload changes its priority from the configured one to 120, or back.
    Reload,
    /// Somebody deletes its virtual address.
    LoseAddress,
}

const ACTS: [Act; 6] = [
    Act::Crash,
    Act::Restart,
    Act::Stop,
    Act::Link,
    Act::Reload,
    Act::LoseAddress,
];

#[derive(Clone)]
struct Node {
    address: Ipv4Addr,
    base: Params,
    params: Params,
    router: Router,
    alive: bool,
    up: bool,
    holds: bool,
}

/// An advert on its way: receiver, sender, message.
type Frame = (usize, Ipv4Addr, Arc<[u8]>);

#[derive(Clone)]
struct World {
    now: Instant,
    nodes: Vec<Node>,
    /// By arrival.
    flying: BTreeMap<(Instant, u64), Frame>,
    sent: u64,
    /// Frames whose fate is not decided yet.
    undecided: Vec<Frame>,
}

impl World {
    fn new(params: &[Params]) -> Self {
        let node = |(index, params): (u8, &Params)| Node {
            address: Ipv4Addr::new(10, 0, 0, 1 + index),
            base: params.clone(),
            params: params.clone(),
            router: Router::new(),
            alive: false,
            up: true,
            holds: false,
        };
        let nodes = (0..).zip(params).map(node).collect();
        let mut world = World {
            now: Instant::ZERO,
            nodes,
            flying: BTreeMap::new(),
            sent: 0,
            undecided: Vec::new(),
        };
        (0..params.len()).for_each(|index| world.act(index, Act::Restart));
        world
    }

    /// False when it makes no sense now.
    fn possible(&self, index: usize, act: Act) -> bool {
        let node = &self.nodes[index];
        match act {
            Act::Restart => !node.alive,
            Act::LoseAddress => node.holds,
            Act::Crash | Act::Stop | Act::Link | Act::Reload => node.alive,
        }
    }

    fn act(&mut self, index: usize, act: Act) {
        let now = self.now;
        let node = &mut self.nodes[index];
        match act {
            Act::Crash => {
                node.router = Router::new();
                (node.alive, node.holds) = (false, false);
            }
            Act::Restart => {
                node.router = Router::new();
                node.router.handle_link(now, &link(node));
                node.router.apply(now, Change::Add(ID, node.params.clone()));
                node.alive = true;
            }
            Act::Stop => {
                node.router.stop(now);
                node.alive = false;
            }
            Act::Link => {
                node.up = !node.up;
                let link = link(node);
                node.router.handle_link(now, &link);
            }
            Act::Reload => {
                let other = Params {
                    priority: Priority::new(120),
                    ..node.base.clone()
                };
                node.params = if node.params == node.base {
                    other
                } else {
                    node.base.clone()
                };
                node.router
                    .apply(now, Change::Tune(ID, node.params.clone()));
            }
            Act::LoseAddress => node.router.handle_address_lost(now, ID),
        }
        self.carry_out(index);
    }

    fn carry_out(&mut self, index: usize) {
        while let Some(effect) = self.nodes[index].router.poll_effect() {
            match effect {
                Effect::Send { message, .. } => self.broadcast(index, &message),
                Effect::Hold(_) => self.nodes[index].holds = true,
                Effect::Release(_) => self.nodes[index].holds = false,
                _ => {}
            }
        }
    }

    fn broadcast(&mut self, from: usize, message: &Arc<[u8]>) {
        if self.nodes[from].up {
            let address = self.nodes[from].address;
            let others = (0..self.nodes.len()).filter(|to| *to != from);
            self.undecided
                .extend(others.map(|to| (to, address, Arc::clone(message))));
        }
    }

    /// Decides the fate of the next undecided frame.
    fn decide(&mut self, delay: Option<Duration>) {
        let frame = self.undecided.remove(0);
        if let Some(delay) = delay {
            self.sent += 1;
            self.flying.insert((self.now + delay, self.sent), frame);
        }
    }

    fn next(&self) -> Option<Instant> {
        let arrival = self.flying.keys().next().map(|(at, _)| *at);
        let timers = self
            .nodes
            .iter()
            .filter_map(|node| node.router.poll_timeout());
        timers.chain(arrival).min()
    }

    /// Goes to the next event: one arrival, or else the timers of one node.
    fn step(&mut self) {
        let Some(at) = self.next() else { return };
        self.now = self.now.max(at);
        if let Some(key) = self
            .flying
            .keys()
            .next()
            .copied()
            .filter(|(at, _)| *at <= self.now)
        {
            let (to, from, message) = self.flying.remove(&key).unwrap();
            self.deliver(to, from, &message);
            return;
        }
        let due = |node: &Node| node.router.poll_timeout().is_some_and(|at| at <= self.now);
        let index = self.nodes.iter().position(due).unwrap();
        self.nodes[index].router.handle_timeout(self.now);
        self.carry_out(index);
    }

    fn deliver(&mut self, to: usize, from: Ipv4Addr, message: &[u8]) {
        let node = &mut self.nodes[to];
        if !node.up {
            return;
        }
        let rx = Received {
            ifindex: 2,
            source: from.into(),
            destination: vrrp::default_group(Family::V4),
            ttl: 255,
            ipv4: None,
            payload: message,
        };
        node.router.handle_packet(self.now, &rx);
        node.router.handle_timeout(self.now);
        self.carry_out(to);
    }

    fn masters(&self) -> usize {
        self.nodes.iter().filter(|node| node.holds).count()
    }

    /// The same for worlds that differ only in the time of day, and in what is left to spend.
    fn fingerprint(&self, budget: u32, left: Duration) -> u64 {
        let mut hasher = DefaultHasher::new();
        (budget, left).hash(&mut hasher);
        for node in &self.nodes {
            (node.alive, node.up, node.holds).hash(&mut hasher);
            node.router.outlook(self.now, ID).hash(&mut hasher);
        }
        for ((at, _), frame) in &self.flying {
            (*at - self.now, frame).hash(&mut hasher);
        }
        self.undecided.hash(&mut hasher);
        hasher.finish()
    }
}

fn link(node: &Node) -> Link {
    Link {
        name: "eth0".into(),
        index: 2,
        up: node.up,
        ipv4: Some(node.address),
        ipv6: None,
        sources: std::collections::BTreeSet::new(),
    }
}

#[derive(Default)]
struct Explorer {
    seen: HashSet<u64>,
    /// Moves that led to the state at hand.
    path: Vec<String>,
    endings: u64,
}

impl Explorer {
    fn explore(&mut self, world: &World, budget: u32) {
        let left = HORIZON.saturating_sub(world.now - Instant::ZERO);
        if !self.seen.insert(world.fingerprint(budget, left)) {
            return;
        }
        if budget == 0 || left.is_zero() {
            self.ending(world.clone());
            return;
        }
        if !world.undecided.is_empty() {
            for (word, delay, price) in [
                ("", Some(FAST), 0),
                ("lost", None, 1),
                ("slow", Some(SLOW), 1),
            ] {
                self.try_move(world, budget - price, word, |world| world.decide(delay));
            }
            return;
        }
        self.try_move(world, budget, "", World::step);
        for (index, act) in (0..world.nodes.len()).flat_map(|index| ACTS.map(|act| (index, act))) {
            if world.possible(index, act) {
                let word = format!("{act:?} {index}");
                self.try_move(world, budget - 1, &word, |world| world.act(index, act));
            }
        }
    }

    fn try_move(&mut self, world: &World, budget: u32, word: &str, work: impl FnOnce(&mut World)) {
        let mut next = world.clone();
        work(&mut next);
        if !word.is_empty() {
            self.path
                .push(format!("{:?} {word}", world.now - Instant::ZERO));
        }
        self.explore(&next, budget);
        if !word.is_empty() {
            self.path.pop();
        }
    }

    /// From here on nothing goes wrong.
    fn ending(&mut self, mut world: World) {
        self.endings += 1;
        let mut settled = world.now + SETTLE;
        if let Some(last) = world.flying.keys().next_back() {
            settled = settled.max(last.0 + SETTLE);
        }
        let end = settled + Duration::from_secs(3);
        loop {
            while !world.undecided.is_empty() {
                world.decide(Some(FAST));
            }
            let Some(next) = world.next().filter(|next| *next < end) else {
                break;
            };
            if next >= settled {
                self.check(&world);
            }
            world.step();
        }
        self.check(&world);
    }

    fn check(&self, world: &World) {
        let able = world.nodes.iter().any(|node| node.alive && node.up);
        assert_eq!(
            world.masters(),
            usize::from(able),
            "after {}",
            self.path.join(", ")
        );
    }
}

fn params(priority: u8, preempt: Preempt) -> Params {
    let mut params = Params::new("eth0", Vrid::new(1).unwrap(), Family::V4);
    params.priority = Priority::new(priority);
    params.preempt = preempt;
    params.addresses = vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, 100))];
    // Announcements decide nothing; without them there are fewer moments to look at.
    params.garp.delay = Duration::ZERO;
    params.garp.lower_prio_repeat = 0;
    params
}

/// Explores, and says how much there was.
fn explore(params: &[Params], budget: u32) -> (usize, u64) {
    let mut explorer = Explorer::default();
    explorer.explore(&World::new(params), budget);
    (explorer.seen.len(), explorer.endings)
}

/// The bounds that are reported: fewer would mean that less is looked at than is said.
fn at_least(params: &[Params], budget: u32, states: usize) {
    let (seen, endings) = explore(params, budget);
    println!(
        "{} routers, {budget} mishaps: {seen} states, {endings} endings",
        params.len()
    );
    assert!(seen >= states, "{seen} states seen");
}

#[test]
fn two_routers_that_preempt() {
    at_least(
        &[params(150, Preempt::Yes), params(100, Preempt::Yes)],
        3,
        15_000,
    );
}

#[test]
fn two_routers_that_do_not_preempt() {
    at_least(
        &[params(150, Preempt::No), params(100, Preempt::No)],
        3,
        15_000,
    );
}

#[test]
fn two_routers_of_equal_priority() {
    at_least(
        &[params(100, Preempt::Yes), params(100, Preempt::Yes)],
        3,
        30_000,
    );
}

#[test]
fn three_routers() {
    let preempt = Preempt::Yes;
    at_least(
        &[
            params(150, preempt),
            params(100, preempt),
            params(50, preempt),
        ],
        2,
        4_000,
    );
}
