//! A network in a test: routers on virtual time, joined by a lossy, slow, divisible link.
#![allow(dead_code, missing_docs, unreachable_pub)] // each test file uses its part
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use vrrp::{Change, Destination, Effect, InstanceId, Link, Params, Received, Router, StateKind};
use wire::{Family, Instant, Priority, Vrid};

/// The one instance of each node.
pub const ID: InstanceId = InstanceId(1);
const LINK: u32 = 2;

pub fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Version 2, VRID 51, one address: the common case, to be changed by each test.
pub fn params(priority: u8) -> Params {
    let mut params = Params::new("eth0", Vrid::new(51).unwrap(), Family::V4);
    params.priority = Priority::new(priority);
    params.addresses = vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, 100))];
    params
}

struct Node {
    name: &'static str,
    address: Ipv4Addr,
    /// Restarts begin with these.
    params: Params,
    router: Router,
    /// Ahead of the network's clock.
    ahead: Duration,
    frozen: bool,
    side: u8,
    up: bool,
    holds: bool,
    state: StateKind,
}

struct Frame {
    from: usize,
    to: usize,
    message: Arc<[u8]>,
}

/// Nodes on one link.
pub struct Lan {
    now: Instant,
    nodes: Vec<Node>,
    flying: BTreeMap<(Instant, u64), Frame>,
    sent: u64,
    delay: Duration,
    /// Frames lost of each 256.
    loss: u8,
    seed: u64,
    timeline: String,
    overlap: Duration,
    worst_overlap: Duration,
}

impl Lan {
    /// The first node has address 10.0.0.1, and so on; all start at once.
    pub fn new(nodes: impl IntoIterator<Item = (&'static str, Params)>) -> Self {
        let node = |(index, (name, params)): (usize, (&'static str, Params))| Node {
            name,
            address: Ipv4Addr::new(10, 0, 0, 1 + u8::try_from(index).unwrap()),
            params,
            router: Router::new(),
            ahead: Duration::ZERO,
            frozen: false,
            side: 0,
            up: true,
            holds: false,
            state: StateKind::Init,
        };
        let mut lan = Lan {
            now: Instant::ZERO,
            nodes: nodes.into_iter().enumerate().map(node).collect(),
            flying: BTreeMap::new(),
            sent: 0,
            delay: Duration::from_micros(100),
            loss: 0,
            seed: 1,
            timeline: String::new(),
            overlap: Duration::ZERO,
            worst_overlap: Duration::ZERO,
        };
        (0..lan.nodes.len()).for_each(|index| lan.boot(index));
        lan
    }

    /// Every frame takes this long.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Of 256 frames, this many are lost; which ones, the seed decides.
    pub fn loss(mut self, of_256: u8, seed: u64) -> Self {
        (self.loss, self.seed) = (of_256, seed | 1);
        self
    }

    pub fn index(&self, name: &str) -> usize {
        self.nodes
            .iter()
            .position(|node| node.name == name)
            .unwrap()
    }

    fn boot(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.router = Router::new();
        (node.holds, node.state) = (false, StateKind::Init);
        let now = self.now + node.ahead;
        node.router.handle_link(now, &link(node));
        node.router.apply(now, Change::Add(ID, node.params.clone()));
        self.carry_out(index);
    }

    /// The daemon starts again, its predecessor's addresses cleaned away.
    pub fn start(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "started");
        self.boot(index);
    }

    /// An orderly stop.
    pub fn stop(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "told to stop");
        self.feed(index, Router::stop);
    }

    /// All processes die at once; nothing is said, and a fresh kernel holds no address.
    pub fn kill(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "killed");
        let node = &mut self.nodes[index];
        node.router = Router::new();
        (node.holds, node.state) = (false, StateKind::Stopped);
    }

    /// The link of one node goes down or comes up.
    pub fn set_link(&mut self, name: &str, up: bool) {
        let index = self.index(name);
        self.note(index, if up { "link up" } else { "link down" });
        self.nodes[index].up = up;
        let link = link(&self.nodes[index]);
        self.feed(index, |router, now| router.handle_link(now, &link));
    }

    /// The process stops running (SIGSTOP, a stalled hypervisor); its sockets fill.
    pub fn freeze(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "frozen");
        self.nodes[index].frozen = true;
    }

    pub fn thaw(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "thawed");
        self.nodes[index].frozen = false;
    }

    /// The clock of one node leaps ahead, as after a suspended virtual machine.
    pub fn leap(&mut self, name: &str, ahead: Duration) {
        let index = self.index(name);
        self.note(index, &format!("clock leaps {ahead:?}"));
        self.nodes[index].ahead += ahead;
    }

    /// These nodes hear each other only, the others hear each other only.
    pub fn partition(&mut self, names: &[&str]) {
        self.note_all(&format!("partition {}", names.join(" ")));
        for node in &mut self.nodes {
            node.side = u8::from(names.contains(&node.name));
        }
    }

    pub fn heal(&mut self) {
        self.note_all("healed");
        self.nodes.iter_mut().for_each(|node| node.side = 0);
    }

    /// New parameters by reload.
    pub fn tune(&mut self, name: &str, params: Params) {
        let index = self.index(name);
        self.note(index, "reloaded");
        self.nodes[index].params = params.clone();
        self.feed(index, |router, now| {
            router.apply(now, Change::Tune(ID, params));
        });
    }

    /// Somebody deletes the virtual address on a node.
    pub fn lose_address(&mut self, name: &str) {
        let index = self.index(name);
        self.note(index, "address deleted");
        self.feed(index, |router, now| router.handle_address_lost(now, ID));
    }

    /// Lets time pass.
    pub fn advance(&mut self, span: Duration) -> &mut Self {
        let end = self.now + span;
        while let Some(at) = self.next().filter(|at| *at <= end) {
            self.pass(at);
            self.step();
        }
        self.pass(end);
        self
    }

    /// Moves the clock and watches for two masters meanwhile.
    fn pass(&mut self, at: Instant) {
        let span = at - self.now;
        self.overlap = if self.masters().len() > 1 {
            self.overlap + span
        } else {
            Duration::ZERO
        };
        self.worst_overlap = self.worst_overlap.max(self.overlap);
        self.now = at.max(self.now);
    }

    fn next(&self) -> Option<Instant> {
        let arrival = self
            .flying
            .keys()
            .map(|(at, _)| *at)
            .find(|at| self.deliverable(*at));
        let awake = self.nodes.iter().filter(|node| !node.frozen);
        let timers = awake.filter_map(|node| Some((node.router.poll_timeout()?, node.ahead)));
        let timers = timers.map(|(at, ahead)| (self.now + (at - (self.now + ahead))).max(self.now));
        timers.chain(arrival.map(|at| at.max(self.now))).min()
    }

    fn deliverable(&self, at: Instant) -> bool {
        let frames = self.flying.range((at, 0)..=(at, u64::MAX));
        frames
            .map(|(_, frame)| frame.to)
            .any(|to| !self.nodes[to].frozen)
    }

    /// Everything due now: sockets first, then timers.
    fn step(&mut self) {
        let due: Vec<_> = self
            .flying
            .range(..=(self.now, u64::MAX))
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            if !self.nodes[self.flying[&key].to].frozen {
                let frame = self.flying.remove(&key).unwrap();
                self.deliver(&frame);
            }
        }
        for index in 0..self.nodes.len() {
            if !self.nodes[index].frozen {
                self.feed(index, Router::handle_timeout);
            }
        }
    }

    fn deliver(&mut self, frame: &Frame) {
        let source = IpAddr::V4(self.nodes[frame.from].address);
        if !self.nodes[frame.to].up {
            return;
        }
        self.feed(frame.to, |router, now| {
            let rx = Received {
                ifindex: LINK,
                source,
                destination: vrrp::default_group(Family::V4),
                ttl: 255,
                ipv4: None,
                payload: &frame.message,
            };
            router.handle_packet(now, &rx);
        });
    }

    fn feed(&mut self, index: usize, work: impl FnOnce(&mut Router, Instant)) {
        let node = &mut self.nodes[index];
        work(&mut node.router, self.now + node.ahead);
        self.carry_out(index);
    }

    fn carry_out(&mut self, index: usize) {
        while let Some(effect) = self.nodes[index].router.poll_effect() {
            match effect {
                Effect::Send {
                    to: Destination::Group,
                    message,
                    ..
                } => self.broadcast(index, &message),
                Effect::Hold(_) => self.nodes[index].holds = true,
                Effect::Release(_) => self.nodes[index].holds = false,
                Effect::Notify(notice) => {
                    let cause = format!("{:?}", notice.cause);
                    let cause = cause.split(' ').next().unwrap();
                    let text = format!("{:?} → {:?} ({cause})", self.nodes[index].state, notice.to);
                    self.nodes[index].state = notice.to;
                    self.note(index, &text);
                }
                _ => {}
            }
        }
    }

    fn broadcast(&mut self, from: usize, message: &Arc<[u8]>) {
        let reachable = |node: &Node| node.up && node.side == self.nodes[from].side;
        let others: Vec<_> = (0..self.nodes.len())
            .filter(|to| *to != from && reachable(&self.nodes[*to]))
            .collect();
        if !self.nodes[from].up {
            return;
        }
        for to in others {
            if !self.lost() {
                self.sent += 1;
                let frame = Frame {
                    from,
                    to,
                    message: Arc::clone(message),
                };
                self.flying
                    .insert((self.now + self.delay, self.sent), frame);
            }
        }
    }

    /// xorshift64: the same seed loses the same frames.
    fn lost(&mut self) -> bool {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed.to_be_bytes()[0] < self.loss
    }

    fn note(&mut self, index: usize, text: &str) {
        let at = self.now.as_nanos() / 1_000_000;
        let name = self.nodes[index].name;
        writeln!(
            self.timeline,
            "t+{}.{:03}s {name} {text}",
            at / 1000,
            at % 1000
        )
        .unwrap();
    }

    fn note_all(&mut self, text: &str) {
        let at = self.now.as_nanos() / 1_000_000;
        writeln!(self.timeline, "t+{}.{:03}s {text}", at / 1000, at % 1000).unwrap();
    }

    /// What has happened since the last time this was asked.
    pub fn timeline(&mut self) -> String {
        std::mem::take(&mut self.timeline)
    }

    /// Who holds the addresses.
    pub fn masters(&self) -> BTreeSet<&'static str> {
        self.nodes
            .iter()
            .filter(|node| node.holds)
            .map(|node| node.name)
            .collect()
    }

    /// The longest time that more than one node held them, since last asked.
    pub fn worst_overlap(&mut self) -> Duration {
        self.overlap = Duration::ZERO;
        std::mem::take(&mut self.worst_overlap)
    }

    pub fn router(&mut self, name: &str) -> &mut Router {
        let index = self.index(name);
        &mut self.nodes[index].router
    }

    /// Frames that any node has sent, each copy counted.
    pub fn frames(&self) -> u64 {
        self.sent
    }

    pub fn now(&self) -> Instant {
        self.now
    }
}

fn link(node: &Node) -> Link {
    Link {
        name: "eth0".into(),
        index: LINK,
        up: node.up,
        ipv4: Some(node.address),
        ipv6: None,
        sources: BTreeSet::new(),
    }
}
