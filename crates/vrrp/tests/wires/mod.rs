//! Two routers and the packets between them, whole with their IP headers.
#![allow(dead_code, missing_docs, unreachable_pub)] // each test file uses its part
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use vrrp::{
    Change, Destination, Effect, Event, InstanceId, Link, Params, Received, Router, StateKind,
    Stats, Verdict,
};
use wire::{Family, Instant, Priority, Vrid, ipv4};

pub const ID: InstanceId = InstanceId(1);

/// An IPv4 packet on the wire.
pub type Packet = Vec<u8>;

/// One router at 10.0.0.N on its own clock.
pub struct Host {
    pub router: Router,
    pub now: Instant,
    pub events: Vec<Event>,
    pub announced: u32,
    last: u8,
    sent: Vec<Packet>,
}

pub fn params(priority: u8) -> Params {
    let mut params = Params::new("eth0", Vrid::new(51).unwrap(), Family::V4);
    params.priority = Priority::new(priority);
    params.addresses = vec![address(100)];
    params
}

pub fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

impl Host {
    pub fn new(last: u8, params: Params) -> Self {
        Host::held(last, params, Duration::ZERO)
    }

    /// With `vrrp_startup_delay`.
    pub fn held(last: u8, params: Params, delay: Duration) -> Self {
        let mut host = Host {
            router: Router::new(),
            now: Instant::ZERO,
            events: Vec::new(),
            announced: 0,
            last,
            sent: Vec::new(),
        };
        let ipv4 = Some(Ipv4Addr::new(10, 0, 0, last));
        host.router.hold_elections(Instant::ZERO + delay);
        let link = Link {
            name: "eth0".into(),
            index: 2,
            up: true,
            ipv4,
            ipv6: None,
            sources: std::collections::BTreeSet::new(),
        };
        host.router.handle_link(Instant::ZERO, &link);
        host.router.apply(Instant::ZERO, Change::Add(ID, params));
        host.drain();
        host
    }

    /// Runs its timers until then, and returns what it sent meanwhile.
    pub fn until(&mut self, time: Duration) -> Vec<Packet> {
        let end = Instant::ZERO + time;
        while let Some(at) = self.router.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.router.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
        std::mem::take(&mut self.sent)
    }

    /// Its link goes down or comes up.
    pub fn set_link(&mut self, up: bool) {
        self.see(up, &[]);
    }

    /// Its link is as this, and the machine has these of the sources that it must have.
    pub fn see(&mut self, up: bool, sources: &[IpAddr]) {
        let ipv4 = Some(Ipv4Addr::new(10, 0, 0, self.last));
        let link = Link {
            name: "eth0".into(),
            index: 2,
            up,
            ipv4,
            ipv6: None,
            sources: sources.iter().copied().collect(),
        };
        self.router.handle_link(self.now, &link);
        self.drain();
    }

    /// Sleeps until then, and only then looks at its timers.
    pub fn oversleep(&mut self, time: Duration) -> Vec<Packet> {
        self.now = Instant::ZERO + time;
        self.router.handle_timeout(self.now);
        self.drain();
        std::mem::take(&mut self.sent)
    }

    /// Hears a packet, and returns the answer to it.
    pub fn hear(&mut self, packet: &[u8]) -> (Verdict, Vec<Packet>) {
        let rx = Received::from_ipv4(2, packet).unwrap();
        let verdict = self.router.handle_packet(self.now, &rx);
        self.router.handle_timeout(self.now);
        self.drain();
        (verdict, std::mem::take(&mut self.sent))
    }

    fn drain(&mut self) {
        while let Some(effect) = self.router.poll_effect() {
            match effect {
                Effect::Send {
                    from: IpAddr::V4(from),
                    to,
                    protocol,
                    ip_id,
                    message,
                    ..
                } => {
                    let params = self.router.params(ID).unwrap();
                    let to = match to {
                        Destination::Group => params.group,
                        Destination::Peer(peer) => peer,
                    };
                    let IpAddr::V4(to) = to else {
                        panic!("IPv4 only")
                    };
                    let ip = ipv4::Repr::advert(from, to, 255, ip_id, message.len());
                    let header = ipv4::Repr { protocol, ..ip }.emit().unwrap();
                    self.sent.push([&header, &*message].concat());
                }
                Effect::Tell(_, event) => self.events.push(event),
                Effect::Announce { repeat, .. } => self.announced += repeat,
                Effect::AnnounceSource { .. } => self.announced += 1,
                _ => {}
            }
        }
    }

    pub fn state(&self) -> StateKind {
        self.router.state(ID).unwrap()
    }

    pub fn stats(&self) -> Stats {
        *self.router.stats(ID).unwrap()
    }

    pub fn priority(&self) -> u8 {
        self.router.effective_priority(ID).unwrap().get()
    }
}

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Priorities of adverts in packets without authentication header.
pub fn priorities(packets: &[Packet]) -> Vec<u8> {
    packets.iter().map(|packet| packet[22]).collect()
}
