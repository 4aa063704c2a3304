//! Sync groups: state × event as a table, and random histories in which all members are always
//! in one state.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test may fail
use proptest::prelude::*;
use std::net::Ipv4Addr;
use std::time::Duration;
use vrrp::{
    Cause, Change, Effect, GroupId, InstanceId, Link, Params, Reading, Received, Router, StateKind,
    Tracked, Tracker, TrackerId, TrackerKind, What, Why,
};
use wire::vrrp::{Auth, Cover, Repr};
use wire::{AdvertInterval, Family, Instant, Priority, Version, Vrid};

const GROUP: GroupId = GroupId(4);
const SCRIPT: TrackerId = TrackerId(9);
const BAD: Reading = Reading::Down(Why::Exited(1));

/// Members 1 … n, each on a link of its own; member 1 tracks a script.
struct Bench {
    router: Router,
    now: Instant,
    members: u32,
}

impl Bench {
    fn new(members: u32, heard: bool) -> Bench {
        let mut bench = Bench {
            router: Router::new(),
            now: Instant::ZERO,
            members,
        };
        let (rise, fall, init_fail) = (1, 1, false);
        let kind = TrackerKind::Script {
            rise,
            fall,
            init_fail,
        };
        let name = "script".into();
        bench
            .router
            .set_trackers([(SCRIPT, Tracker { name, kind })].into());
        if heard {
            bench.router.handle_reading(bench.now, SCRIPT, Reading::Up);
        }
        let ids = (1..=members).map(InstanceId).collect();
        bench.router.set_groups(bench.now, [(GROUP, ids)].into());
        for member in 1..=members {
            bench.link(member, true);
        }
        for member in 1..=members {
            bench
                .router
                .apply(bench.now, Change::Add(InstanceId(member), params(member)));
        }
        bench
    }

    fn link(&mut self, member: u32, up: bool) {
        let link = Link {
            name: format!("eth{member}"),
            index: member,
            up,
            ipv4: Some(Ipv4Addr::new(10, 0, 0, 5)),
            ipv6: None,
            sources: std::collections::BTreeSet::new(),
        };
        self.router.handle_link(self.now, &link);
    }

    fn advert(&mut self, member: u32, priority: u8) {
        let message = Repr {
            version: Version::V2,
            family: Family::V4,
            vrid: Vrid::new(50).unwrap(),
            priority: Priority::new(priority),
            interval: AdvertInterval::DEFAULT,
            auth: Auth::None,
            addresses: vec![Ipv4Addr::new(10, 0, 0, 100).into()],
        };
        let message = message.emit(Cover::Message);
        let rx = received(member, &message);
        self.router.handle_packet(self.now, &rx);
    }

    /// As time goes by.
    fn until(&mut self, at: Duration) {
        while let Some(next) = self
            .router
            .poll_timeout()
            .filter(|next| *next <= Instant::ZERO + at)
        {
            self.now = self.now.max(next);
            self.router.handle_timeout(self.now);
        }
        self.now = self.now.max(Instant::ZERO + at);
    }

    /// What was done since the last look: members by number, the group as G.
    fn told(&mut self) -> String {
        let mut words = Vec::new();
        while let Some(effect) = self.router.poll_effect() {
            match effect {
                Effect::Send { id, message, .. } if message[2] == 0 => {
                    words.push(format!("{}:bye", id.0));
                }
                Effect::Notify(notice) => {
                    let led = match notice.cause {
                        Cause::Group { first } => format!("<{}", first.0),
                        _ => String::new(),
                    };
                    words.push(format!("{}:{:?}{led}", notice.id.0, notice.to));
                }
                Effect::NotifyGroup(notice) => words.push(format!("G:{:?}", notice.to)),
                Effect::TellGroup(_, to) => words.push(format!("sync {to:?}")),
                _ => {}
            }
        }
        words.join(" ")
    }

    fn states(&self) -> Vec<StateKind> {
        (1..=self.members)
            .map(|id| self.router.state(InstanceId(id)).unwrap())
            .collect()
    }
}

fn received(member: u32, message: &[u8]) -> Received<'_> {
    Received {
        ifindex: member,
        source: Ipv4Addr::new(10, 0, 0, 9).into(),
        destination: vrrp::default_group(Family::V4),
        ttl: 255,
        ipv4: None,
        payload: message,
    }
}

fn params(member: u32) -> Params {
    let mut params = Params::new(format!("eth{member}"), Vrid::new(50).unwrap(), Family::V4);
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

/// State, event, where that is written, what is told. Two members.
#[rustfmt::skip] // a table
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("start", "", "K: the group is told of first", "G:Backup 1:Backup 2:Backup"),
    ("start unheard", "", "K: all wait for a script's first result", ""),
    ("start unheard", "script ok", "K: all go on together", "1:Backup sync Backup 2:Backup G:Backup"),
    ("start unheard", "script fails", "K: a real fault is told", "1:Fault sync Fault 2:Fault<1 G:Fault"),
    ("backup", "higher advert on 1", "listens", ""),
    ("backup", "deadline", "K: the last whose time comes goes first", "2:Master sync Master 1:Master<2 G:Master"),
    ("backup", "link 2 down", "keepalived.conf(5): any member in fault", "2:Fault sync Fault 1:Fault<2 G:Fault"),
    ("backup", "script fails", "keepalived.conf(5): any member in fault", "1:Fault sync Fault 2:Fault<1 G:Fault"),
    ("backup", "stop", "K: the group is told of last", "1:Stopped 2:Stopped G:Stopped"),
    ("held", "deadline", "keepalived.conf(5): master only when all can", ""),
    ("held", "advert 0 on 1", "RFC 9568 6.4.2: after a skew, with all others", "1:Master sync Master 2:Master<1 G:Master"),
    ("master", "higher advert on 1", "K: the others follow, without farewell", "1:Backup sync Backup 2:Backup<1 G:Backup"),
    ("master", "link 2 down", "K: farewell of all", "2:bye 2:Fault sync Fault 1:bye 1:Fault<2 G:Fault"),
    ("master", "script fails", "K: farewell of all", "1:bye 1:Fault sync Fault 2:bye 2:Fault<1 G:Fault"),
    ("master", "address of 1 lost", "K: steps back", "1:bye 1:Backup sync Backup 2:Backup<1 G:Backup"),
    ("master", "stop", "K: the group is told of last", "1:bye 1:Stopped 2:bye 2:Stopped G:Stopped"),
    ("fault", "link 1 down", "already in fault", ""),
    ("fault", "link 2 up", "K: all leave when nobody has a reason", "2:Backup sync Backup 1:Backup<2 G:Backup"),
    ("double fault", "link 2 up", "one reason is left", ""),
    ("fault", "stop", "K: STOP is notified", "1:Stopped 2:Stopped G:Stopped"),
];

fn outcome(state: &str, event: &str) -> String {
    let mut bench = Bench::new(2, state != "start unheard");
    if event.is_empty() {
        return bench.told();
    }
    match state {
        "master" => bench.until(Duration::from_secs(4)),
        "fault" => bench.link(2, false),
        "double fault" => {
            bench.link(2, false);
            bench.link(1, false);
        }
        "held" => {
            for tenth in [10, 20, 30, 40] {
                bench.until(Duration::from_millis(tenth * 100));
                bench.advert(1, 200);
            }
        }
        _ => {}
    }
    bench.told();
    match event {
        "deadline" => bench.until(Duration::from_millis(3900).max(bench.now - Instant::ZERO)),
        "higher advert on 1" => bench.advert(1, 200),
        "advert 0 on 1" => {
            bench.advert(1, 0);
            bench.until(Duration::from_secs(5));
        }
        "link 1 down" => bench.link(1, false),
        "link 2 down" => bench.link(2, false),
        "link 2 up" => bench.link(2, true),
        "script ok" => bench.router.handle_reading(bench.now, SCRIPT, Reading::Up),
        "script fails" => bench.router.handle_reading(bench.now, SCRIPT, BAD),
        "address of 1 lost" => bench.router.handle_address_lost(bench.now, InstanceId(1)),
        "stop" => bench.router.stop(bench.now),
        other => panic!("{other}"),
    }
    bench.told()
}

#[test]
fn every_state_answers_every_event_as_written() {
    let mut wrong = Vec::new();
    for (state, event, source, want) in ROWS {
        let got = outcome(state, event);
        if got != *want {
            wrong.push(format!(
                "{state}, {event} ({source}): want {want:?}, got {got:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_new_member_joins_without_taking_the_others_down() {
    let mut bench = Bench::new(2, true);
    bench.until(Duration::from_secs(4));
    bench.told();
    let ids = (1..=3).map(InstanceId).collect();
    bench.link(3, true);
    bench.router.set_groups(bench.now, [(GROUP, ids)].into());
    bench
        .router
        .apply(bench.now, Change::Add(InstanceId(3), params(3)));
    bench.members = 3;
    assert_eq!(bench.told(), "3:Backup");
    bench.until(Duration::from_secs(8));
    assert_eq!(bench.states(), [StateKind::Master; 3]);
}

proptest! {
    /// Links, adverts, scripts and address losses at random.
    #[test]
    fn all_members_are_always_in_one_state(steps in prop::collection::vec((0..7u8, 1..4u32, 0..2000u64), 0..200)) {
        let mut bench = Bench::new(3, true);
        for (what, member, millis) in steps {
            match what {
                0 | 1 => bench.link(member, what == 0),
                2 => bench.advert(member, 200),
                3 => bench.advert(member, 0),
                4 => bench.router.handle_reading(bench.now, SCRIPT, BAD),
                5 => bench.router.handle_reading(bench.now, SCRIPT, Reading::Up),
                _ => bench.router.handle_address_lost(bench.now, InstanceId(member)),
            }
            let states = bench.states();
            prop_assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
            prop_assert_eq!(bench.router.group_state(GROUP), Some(states[0]));
            let next = (bench.now - Instant::ZERO) + Duration::from_millis(millis);
            bench.until(next);
            let states = bench.states();
            prop_assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
        }
    }
}
