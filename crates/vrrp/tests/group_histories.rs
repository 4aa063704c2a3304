//! Four nodes with a sync group of three instances, each instance on a link of its own, and half
//! an hour of faults at random: all members of a group are always in one state, and no state is
//! entered without the cause that it names.
//!
//! One round is one history; there are 100 of them, or as many as `SOAK_ROUNDS` says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test may fail
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use vrrp::{
    Cause, Change, Effect, GroupId, InstanceId, Link, Notice, Params, Reading, Received, Router,
    StateKind, Tracked, Tracker, TrackerId, TrackerKind, What, Why,
};
use wire::{Family, Instant, Priority, Vrid};

const NODES: usize = 4;
const MEMBERS: u32 = 3;
const GROUP: GroupId = GroupId(1);
const SCRIPT: TrackerId = TrackerId(1);
const HALF_AN_HOUR: Duration = Duration::from_mins(30);
const FLIGHT: Duration = Duration::from_micros(100);

/// What happens to a node or a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Start,
    Crash,
    Stop,
    Link(u32),
    Script,
    LoseAddress(u32),
    Reload(u8),
    Freeze,
    /// Nothing but time and packets.
    None,
}

struct Node {
    router: Router,
    address: Ipv4Addr,
    alive: bool,
    frozen: bool,
    script_ok: bool,
    /// By member.
    up: [bool; 3],
    states: BTreeMap<InstanceId, StateKind>,
}

struct Frame {
    at: Instant,
    from: usize,
    to: usize,
    link: u32,
    message: Arc<[u8]>,
}

struct World {
    now: Instant,
    nodes: Vec<Node>,
    flying: VecDeque<Frame>,
    /// For each link, which side each node is on.
    sides: [[bool; NODES]; 3],
    /// Frames lost of each 256.
    loss: u64,
    seed: u64,
    notices: usize,
    story: Vec<String>,
}

impl World {
    fn new(seed: u64) -> World {
        let node = |last| Node {
            router: Router::new(),
            address: Ipv4Addr::new(10, 0, 0, last),
            alive: false,
            frozen: false,
            script_ok: true,
            up: [true; 3],
            states: BTreeMap::new(),
        };
        let mut world = World {
            now: Instant::ZERO,
            nodes: (1..=4).map(node).collect(),
            flying: VecDeque::new(),
            sides: [[false; NODES]; 3],
            loss: 0,
            seed: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            notices: 0,
            story: Vec::new(),
        };
        (0..NODES).for_each(|index| world.act(index, Act::Start));
        world
    }

    /// xorshift64.
    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) % below
    }

    fn link(&self, index: usize, member: u32) -> Link {
        let node = &self.nodes[index];
        Link {
            name: format!("eth{member}"),
            index: member,
            up: node.up[place(member)],
            ipv4: Some(node.address),
            ipv6: None,
            sources: std::collections::BTreeSet::new(),
        }
    }

    fn act(&mut self, index: usize, act: Act) {
        self.story
            .push(format!("{:?} node {index} {act:?}", self.now));
        let node = &mut self.nodes[index];
        match act {
            Act::Start => {
                node.router = Router::new();
                node.alive = true;
                node.states.clear();
                self.feed(index, act, |_, _| {});
                self.boot(index);
            }
            Act::Crash => {
                node.alive = false;
                node.frozen = false;
            }
            Act::Stop => {
                self.feed(index, act, Router::stop);
                self.nodes[index].alive = false;
            }
            Act::Link(member) => {
                node.up[place(member)] ^= true;
                let link = self.link(index, member);
                self.feed(index, act, |router, now| router.handle_link(now, &link));
            }
            Act::Script => {
                node.script_ok ^= true;
                let reading = reading(node.script_ok);
                self.feed(index, act, |router, now| {
                    router.handle_reading(now, SCRIPT, reading);
                });
            }
            Act::LoseAddress(member) => self.feed(index, act, |router, now| {
                router.handle_address_lost(now, InstanceId(member));
            }),
            Act::Reload(priority) => self.feed(index, act, |router, now| {
                for member in 1..=MEMBERS {
                    let params = params(member, priority);
                    router.apply(now, Change::Tune(InstanceId(member), params));
                }
            }),
            Act::Freeze => node.frozen ^= true,
            Act::None => {}
        }
    }

    fn boot(&mut self, index: usize) {
        let links: Vec<Link> = (1..=MEMBERS)
            .map(|member| self.link(index, member))
            .collect();
        let reading = reading(self.nodes[index].script_ok);
        let priority = 100 + 10 * u8::try_from(index).unwrap();
        self.feed(index, Act::Start, |router, now| {
            for link in &links {
                router.handle_link(now, link);
            }
            router.set_trackers([(SCRIPT, script())].into());
            router.handle_reading(now, SCRIPT, reading);
            router.set_groups(
                now,
                [(GROUP, (1..=MEMBERS).map(InstanceId).collect())].into(),
            );
            for member in 1..=MEMBERS {
                router.apply(
                    now,
                    Change::Add(InstanceId(member), params(member, priority)),
                );
            }
        });
    }

    /// One call of the machine, and what it came to.
    fn feed(&mut self, index: usize, act: Act, work: impl FnOnce(&mut Router, Instant)) {
        if !self.nodes[index].alive {
            return;
        }
        work(&mut self.nodes[index].router, self.now);
        let mut notices = Vec::new();
        while let Some(effect) = self.nodes[index].router.poll_effect() {
            match effect {
                Effect::Send { id, message, .. } => self.broadcast(index, id.0, &message),
                Effect::Notify(notice) => notices.push(notice),
                _ => {}
            }
        }
        self.notices += notices.len();
        for notice in &notices {
            self.check_cause(index, act, notice, &notices);
        }
        self.check_states(index);
    }

    fn broadcast(&mut self, from: usize, link: u32, message: &Arc<[u8]>) {
        let sides = self.sides[place(link)];
        for to in (0..NODES).filter(|to| *to != from && sides[*to] == sides[from]) {
            if !self.nodes[from].up[place(link)] || self.random(256) < self.loss {
                continue;
            }
            self.flying.push_back(Frame {
                at: self.now + FLIGHT,
                from,
                to,
                link,
                message: Arc::clone(message),
            });
        }
    }

    fn check_states(&self, index: usize) {
        let node = &self.nodes[index];
        let state = |member| node.router.state(InstanceId(member));
        let states: Vec<_> = (1..=MEMBERS).filter_map(state).collect();
        let (first, told) = (states.first(), node.router.group_state(GROUP));
        let fail = || self.fail(index, &format!("{states:?}, the group {told:?}"));
        if !states.iter().all(|state| Some(state) == first) {
            fail();
        }
        if first.is_some() && told.as_ref() != first {
            fail();
        }
        let known = (1..=MEMBERS).filter_map(|member| node.states.get(&InstanceId(member)));
        if !known.eq(states.iter()) {
            self.fail(index, "a state that no notice told of");
        }
    }

    /// The cause that a notice names is what has happened.
    fn check_cause(&mut self, index: usize, act: Act, notice: &Notice, all: &[Notice]) {
        let before = self.nodes[index].states.insert(notice.id, notice.to);
        let node = &self.nodes[index];
        let well = node.script_ok && node.up.iter().all(|up| *up);
        let (from, to) = (notice.from, notice.to);
        let (backup, master, fault) = (StateKind::Backup, StateKind::Master, StateKind::Fault);
        let own_up = node.up[place(notice.id.0)];
        let right = match notice.cause {
            Cause::Started => act == Act::Start && to == backup,
            Cause::MasterSilent => (from, to) == (backup, master) && well,
            Cause::HigherAdvert {
                from: source,
                priority,
            } => {
                let other = self
                    .nodes
                    .iter()
                    .any(|one| IpAddr::V4(one.address) == source);
                let ours = node.router.effective_priority(notice.id).unwrap();
                let own = source == IpAddr::V4(node.address);
                (from, to) == (master, backup) && other && !own && priority >= ours
            }
            Cause::LinkDown => to == fault && !own_up,
            Cause::Tracked { ref what } => {
                *what == What::Object(SCRIPT) && to == fault && own_up && !node.script_ok
            }
            Cause::LinkUp => (from, to) == (fault, backup) && well && act == Act::Link(notice.id.0),
            Cause::Recovered { .. } => (from, to) == (fault, backup) && well && act == Act::Script,
            Cause::Group { first } => {
                let leads = |one: &Notice| {
                    one.id == first && one.to == to && !matches!(one.cause, Cause::Group { .. })
                };
                let bad = |member: u32| !node.up[place(member)] || !node.script_ok;
                let led = all.iter().any(leads) || (act == Act::Start && bad(first.0));
                first != notice.id && led
            }
            Cause::AddressLost => act == Act::LoseAddress(notice.id.0) && to == backup,
            Cause::Stopping => act == Act::Stop && to == StateKind::Stopped,
            Cause::MasterLeft { .. }
            | Cause::Resumed
            | Cause::Owner
            | Cause::Overslept
            | Cause::StaticLost
            | Cause::Reloaded => false,
        };
        if !right || before.unwrap_or(StateKind::Init) != from {
            self.fail(
                index,
                &format!("no such cause: {notice:?} after {act:?}, was {before:?}"),
            );
        }
    }

    #[track_caller]
    fn fail(&self, index: usize, what: &str) -> ! {
        let last = self.story.len().saturating_sub(20);
        panic!(
            "{:?} node {index}: {what}\n{}",
            self.now,
            self.story[last..].join("\n")
        );
    }

    /// Lets time pass: packets before timers, as the process does.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let awake = self.nodes.iter().filter(|node| node.alive && !node.frozen);
            let timer = awake.filter_map(|node| node.router.poll_timeout()).min();
            let arrival = self.flying.front().map(|frame| frame.at);
            let next = timer.into_iter().chain(arrival).min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.now = self.now.max(at);
            while let Some(frame) = self.flying.pop_front_if(|frame| frame.at <= at) {
                self.deliver(&frame);
            }
            for index in 0..NODES {
                let node = &self.nodes[index];
                let due = node.router.poll_timeout().is_some_and(|at| at <= self.now);
                if due && !node.frozen {
                    self.feed(index, Act::None, Router::handle_timeout);
                }
            }
        }
        self.now = end;
    }

    /// A frozen process misses what its socket cannot hold; here, everything.
    fn deliver(&mut self, frame: &Frame) {
        let node = &self.nodes[frame.to];
        if !node.up[place(frame.link)] || node.frozen {
            return;
        }
        let rx = Received {
            ifindex: frame.link,
            source: self.nodes[frame.from].address.into(),
            destination: vrrp::default_group(Family::V4),
            ttl: 255,
            ipv4: None,
            payload: &frame.message,
        };
        self.feed(frame.to, Act::None, |router, now| {
            router.handle_packet(now, &rx);
        });
    }

    /// Something goes wrong, or right again.
    fn mishap(&mut self) {
        let index = usize::try_from(self.random(4)).unwrap();
        let member = u32::try_from(1 + self.random(3)).unwrap();
        let node = &self.nodes[index];
        let (alive, frozen) = (node.alive, node.frozen);
        let act = match self.random(12) {
            0 | 1 => Act::Link(member),
            2 | 3 => Act::Script,
            4 => Act::LoseAddress(member),
            5 => Act::Reload(u8::try_from(100 + self.random(50)).unwrap()),
            6 if alive => Act::Crash,
            7 if alive && !frozen => Act::Stop,
            8 if alive => Act::Freeze,
            9 => {
                let sides = self.random(16);
                let side = |node: usize| sides >> node & 1 == 1;
                self.sides[place(member)] = std::array::from_fn(side);
                Act::None
            }
            10 => {
                self.loss = [0, 0, 30, 200][usize::try_from(self.random(4)).unwrap()];
                Act::None
            }
            _ if !alive => Act::Start,
            _ => Act::None,
        };
        // a process that does not run takes no part
        if !frozen || matches!(act, Act::Crash | Act::Freeze | Act::None) {
            self.act(index, act);
        }
    }

    /// Everything is well again.
    fn heal(&mut self) {
        (self.sides, self.loss) = ([[false; NODES]; 3], 0);
        for index in 0..NODES {
            self.nodes[index].frozen = false;
            if !self.nodes[index].alive {
                self.act(index, Act::Start);
            }
            for member in 1..=MEMBERS {
                if !self.nodes[index].up[place(member)] {
                    self.act(index, Act::Link(member));
                }
            }
            if !self.nodes[index].script_ok {
                self.act(index, Act::Script);
            }
        }
    }

    fn masters(&self) -> Vec<usize> {
        let state = |index: &usize| self.nodes[*index].router.group_state(GROUP);
        (0..NODES)
            .filter(|index| state(index) == Some(StateKind::Master))
            .collect()
    }
}

fn place(member: u32) -> usize {
    usize::try_from(member - 1).unwrap()
}

fn reading(ok: bool) -> Reading {
    if ok {
        Reading::Up
    } else {
        Reading::Down(Why::Exited(1))
    }
}

fn script() -> Tracker {
    let (rise, fall, init_fail) = (1, 1, false);
    Tracker {
        name: "script".into(),
        kind: TrackerKind::Script {
            rise,
            fall,
            init_fail,
        },
    }
}

/// The first member tracks a script.
fn params(member: u32, priority: u8) -> Params {
    let vrid = Vrid::new(50 + u8::try_from(member).unwrap()).unwrap();
    let mut params = Params::new(format!("eth{member}"), vrid, Family::V4);
    params.priority = Priority::new(priority);
    params.addresses = vec![Ipv4Addr::new(10, 0, 0, 100).into()];
    if member == 1 {
        params.tracks = vec![Tracked {
            what: What::Object(SCRIPT),
            weight: 0,
            reverse: false,
        }];
    }
    params
}

/// One history; gives the number of transitions.
fn history(seed: u64) -> usize {
    let mut world = World::new(seed);
    while world.now - Instant::ZERO < HALF_AN_HOUR {
        let pause = Duration::from_millis(1 + world.random(20_000));
        world.pass(pause);
        world.mishap();
    }
    world.heal();
    world.pass(Duration::from_secs(20));
    assert_eq!(
        world.masters().len(),
        1,
        "history {seed}: {}",
        world.story.join("\n")
    );
    world.notices
}

#[test]
fn all_members_are_in_one_state_and_every_state_has_its_cause() {
    let rounds = std::env::var("SOAK_ROUNDS").map_or(100, |text| text.parse().unwrap());
    let transitions: usize = (1..=rounds).map(history).sum();
    println!("{rounds} histories, {transitions} transitions");
    let few = usize::try_from(rounds).unwrap() * 100;
    assert!(transitions > few, "hardly anything happened: {transitions}");
}
