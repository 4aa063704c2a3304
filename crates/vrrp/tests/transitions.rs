//! State × event: what the machine does, row by row, and where that is written.
//!
//! "K" is the original as observed; a manual line names its keyword. The instance has priority
//! 100, version 2, one advert a second, address 10.0.0.5; every event comes 0.3 s after the last
//! one, and "wake" says when the machine wants to be asked next, from then on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use vrrp::{
    Cause, Change, Effect, InstanceId, Link, Params, Preempt, Reading, Received, Router, Tracked,
    Tracker, TrackerId, TrackerKind, What, Why,
};
use wire::vrrp::{Auth, Cover, Repr};
use wire::{AdvertInterval, Family, Instant, Priority, Version, Vrid};

const ID: InstanceId = InstanceId(7);
/// A script without weight, and a file that counts as it stands.
const SCRIPT: TrackerId = TrackerId(1);
const FILE: TrackerId = TrackerId(2);
const STATES: [&str; 6] = [
    "backup",
    "backup nopreempt",
    "backup delayed",
    "master",
    "fault",
    "stopped",
];
const EVENTS: [&str; 19] = [
    "advert 0",
    "advert 50",
    "advert 100 lower address",
    "advert 100 higher address",
    "advert 150",
    "advert 150 bad checksum",
    "deadline",
    "link down",
    "link up",
    "link gone",
    "source lost",
    "source changed",
    "address lost",
    "tracker fails",
    "weight +20",
    "tune priority 120",
    "tune vrid 52",
    "remove",
    "stop",
];

/// State, event, source of the rule, what happens.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip] // a table
const ROWS: &[Row] = &[
    ("backup", "advert 0", "RFC 9568 6.4.2: Skew_Time", "wake 609375"),
    ("backup", "advert 50", "RFC 9568 6.4.2: discarded, the timer runs on", "wake 3309375"),
    ("backup", "advert 100 lower address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup", "advert 100 higher address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup", "advert 150", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup", "advert 150 bad checksum", "RFC 9568 7.1: discarded", "wake 3309375"),
    ("backup", "deadline", "RFC 9568 6.4.2: advert first", "send 100 from .5, hold, announce 5, Master, wake 1000000"),
    ("backup", "link down", "K: fault", "Fault"),
    ("backup", "link up", "nothing new", "wake 3309375"),
    ("backup", "link gone", "K: fault", "Fault"),
    ("backup", "source lost", "K: fault", "Fault"),
    ("backup", "source changed", "nothing to send yet", "wake 3309375"),
    ("backup", "address lost", "holds none", "wake 3309375"),
    ("backup", "tracker fails", "keepalived.conf(5) track_script without weight", "Fault"),
    ("backup", "weight +20", "K: the running timer moves by the difference of skews", "wake 3231250"),
    ("backup", "tune priority 120", "K: a reload restarts the timer", "wake 3531250"),
    ("backup", "tune vrid 52", "not K, which starts again: a reload restarts the timer", "wake 3609375"),
    ("backup", "remove", "K: told at reload", "Stopped"),
    ("backup", "stop", "RFC 9568 6.4.2: says nothing", "Stopped"),
    ("backup nopreempt", "advert 0", "RFC 9568 6.4.2: Skew_Time", "wake 609375"),
    ("backup nopreempt", "advert 50", "keepalived.conf(5) nopreempt; RFC 9568 6.4.2", "wake 3609375"),
    ("backup nopreempt", "advert 100 lower address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup nopreempt", "advert 100 higher address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup nopreempt", "advert 150", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup nopreempt", "advert 150 bad checksum", "RFC 9568 7.1: discarded", "wake 3309375"),
    ("backup nopreempt", "deadline", "RFC 9568 6.4.2: advert first", "send 100 from .5, hold, announce 5, Master, wake 1000000"),
    ("backup nopreempt", "link down", "K: fault", "Fault"),
    ("backup nopreempt", "link up", "nothing new", "wake 3309375"),
    ("backup nopreempt", "link gone", "K: fault", "Fault"),
    ("backup nopreempt", "source lost", "K: fault", "Fault"),
    ("backup nopreempt", "source changed", "nothing to send yet", "wake 3309375"),
    ("backup nopreempt", "address lost", "holds none", "wake 3309375"),
    ("backup nopreempt", "tracker fails", "keepalived.conf(5) track_script without weight", "Fault"),
    ("backup nopreempt", "weight +20", "K: the running timer moves by the difference of skews", "wake 3231250"),
    ("backup nopreempt", "tune priority 120", "K: a reload restarts the timer", "wake 3531250"),
    ("backup nopreempt", "tune vrid 52", "a reload restarts the timer", "wake 3609375"),
    ("backup nopreempt", "remove", "K: told at reload", "Stopped"),
    ("backup nopreempt", "stop", "RFC 9568 6.4.2: says nothing", "Stopped"),
    ("backup delayed", "advert 0", "RFC 9568 6.4.2; K: forgets the delay", "wake 609375"),
    ("backup delayed", "advert 50", "keepalived.conf(5) preempt_delay; K: the delay restarts the timer", "wake 3609375"),
    ("backup delayed", "advert 100 lower address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup delayed", "advert 100 higher address", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup delayed", "advert 150", "RFC 9568 6.4.2", "wake 3609375"),
    ("backup delayed", "advert 150 bad checksum", "RFC 9568 7.1: discarded", "wake 3309375"),
    ("backup delayed", "deadline", "RFC 9568 6.4.2: advert first", "send 100 from .5, hold, announce 5, Master, wake 1000000"),
    ("backup delayed", "link down", "K: fault", "Fault"),
    ("backup delayed", "link up", "nothing new", "wake 3309375"),
    ("backup delayed", "link gone", "K: fault", "Fault"),
    ("backup delayed", "source lost", "K: fault", "Fault"),
    ("backup delayed", "source changed", "nothing to send yet", "wake 3309375"),
    ("backup delayed", "address lost", "holds none", "wake 3309375"),
    ("backup delayed", "tracker fails", "keepalived.conf(5) track_script without weight", "Fault"),
    ("backup delayed", "weight +20", "K: the running timer moves by the difference of skews", "wake 3231250"),
    ("backup delayed", "tune priority 120", "K: a reload restarts the timer", "wake 3531250"),
    ("backup delayed", "tune vrid 52", "a reload restarts the timer; another router, another master", "wake 3609375"),
    ("backup delayed", "remove", "K: told at reload", "Stopped"),
    ("backup delayed", "stop", "RFC 9568 6.4.2: says nothing", "Stopped"),
    ("master", "advert 0", "RFC 9568 6.4.3: at once", "send 100 from .5, wake 1000000"),
    ("master", "advert 50", "RFC 9568 6.4.3: at once; keepalived.conf(5) garp_lower_prio_repeat", "send 100 from .5, announce 5, wake 1000000"),
    ("master", "advert 100 lower address", "RFC 9568 6.4.3; keepalived.conf(5) garp_lower_prio_repeat", "send 100 from .5, announce 5, wake 1000000"),
    ("master", "advert 100 higher address", "RFC 9568 6.4.3: the higher address wins", "release, Backup, wake 3609375"),
    ("master", "advert 150", "RFC 9568 6.4.3", "release, Backup, wake 3609375"),
    ("master", "advert 150 bad checksum", "RFC 9568 7.1: discarded; no restart of the advert timer, unlike K", "wake 700000"),
    ("master", "deadline", "RFC 9568 6.4.3", "send 100 from .5, wake 1000000"),
    ("master", "link down", "K: farewell, then fault", "send 0 from .5, release, Fault"),
    ("master", "link up", "nothing new", "wake 700000"),
    ("master", "link gone", "K: fault; nothing to send on", "release, Fault"),
    ("master", "source lost", "K: farewell from the last address, then fault", "send 0 from .5, release, Fault"),
    ("master", "source changed", "K: the next advert has the new source", "wake 700000"),
    ("master", "address lost", "K: farewell, and back after one skew", "send 0 from .5, release, Backup, wake 609375"),
    ("master", "tracker fails", "keepalived.conf(5) track_script without weight", "send 0 from .5, release, Fault"),
    ("master", "weight +20", "K: counts from the next advert", "wake 700000"),
    ("master", "tune priority 120", "K: the new priority is told at once", "send 120 from .5, wake 1000000"),
    ("master", "tune vrid 52", "not K, which starts again: goes on under the new identifier", "send 100 from .5, announce 5, wake 1000000"),
    ("master", "remove", "K: farewell at reload", "send 0 from .5, release, Stopped"),
    ("master", "stop", "RFC 9568 6.4.3: farewell", "send 0 from .5, release, Stopped"),
    ("fault", "advert 0", "K: takes no part in fault", ""),
    ("fault", "advert 50", "K: takes no part in fault", ""),
    ("fault", "advert 100 lower address", "K: takes no part in fault", ""),
    ("fault", "advert 100 higher address", "K: takes no part in fault", ""),
    ("fault", "advert 150", "K: takes no part in fault", ""),
    ("fault", "advert 150 bad checksum", "K: takes no part in fault", ""),
    ("fault", "deadline", "K: takes no part in fault", ""),
    ("fault", "link down", "K: takes no part in fault", ""),
    ("fault", "link up", "K: backup with the full Master_Down_Interval", "Backup, wake 3609375"),
    ("fault", "link gone", "K: takes no part in fault", ""),
    ("fault", "source lost", "K: takes no part in fault", ""),
    ("fault", "source changed", "K: up again, with another address", "Backup, wake 3609375"),
    ("fault", "address lost", "K: takes no part in fault", ""),
    ("fault", "tracker fails", "K: takes no part in fault", ""),
    ("fault", "weight +20", "K: takes no part in fault", ""),
    ("fault", "tune priority 120", "K: takes no part in fault", ""),
    ("fault", "tune vrid 52", "K: takes no part in fault", ""),
    ("fault", "remove", "K: told at reload", "Stopped"),
    ("fault", "stop", "K: STOP is notified", "Stopped"),
    ("stopped", "advert 0", "the end", ""),
    ("stopped", "advert 50", "the end", ""),
    ("stopped", "advert 100 lower address", "the end", ""),
    ("stopped", "advert 100 higher address", "the end", ""),
    ("stopped", "advert 150", "the end", ""),
    ("stopped", "advert 150 bad checksum", "the end", ""),
    ("stopped", "deadline", "the end", ""),
    ("stopped", "link down", "the end", ""),
    ("stopped", "link up", "the end", ""),
    ("stopped", "link gone", "the end", ""),
    ("stopped", "source lost", "the end", ""),
    ("stopped", "source changed", "the end", ""),
    ("stopped", "address lost", "the end", ""),
    ("stopped", "tracker fails", "the end", ""),
    ("stopped", "weight +20", "the end", ""),
    ("stopped", "tune priority 120", "the end", ""),
    ("stopped", "tune vrid 52", "the end", ""),
    ("stopped", "remove", "the end", ""),
    ("stopped", "stop", "the end", ""),
];

struct Bench {
    router: Router,
    now: Instant,
}

impl Bench {
    fn new(state: &str) -> Self {
        let mut bench = Bench {
            router: Router::new(),
            now: Instant::ZERO,
        };
        bench.router.handle_link(bench.now, &link(true, Some(5)));
        bench
            .router
            .set_trackers([(SCRIPT, script()), (FILE, file())].into());
        bench.router.handle_reading(bench.now, SCRIPT, Reading::Up);
        bench
            .router
            .apply(bench.now, Change::Add(ID, params(state)));
        match state {
            "master" => bench.event("deadline"),
            "fault" => bench.event("link down"),
            "stopped" => bench.event("stop"),
            "backup delayed" => bench.event("advert 50"),
            _ => bench.drain(),
        };
        bench
    }

    /// One turn: what happened, then the timers, then what is to be done.
    fn event(&mut self, event: &str) -> String {
        self.happens(event);
        self.drain()
    }

    fn happens(&mut self, event: &str) {
        self.now += Duration::from_millis(300);
        let now = self.now;
        let router = &mut self.router;
        match event {
            "deadline" => {
                self.now = router.poll_timeout().unwrap_or(now);
            }
            "link down" => router.handle_link(now, &link(false, Some(5))),
            "link up" => router.handle_link(now, &link(true, Some(5))),
            "link gone" => router.handle_link_gone(now, 2),
            "source lost" => router.handle_link(now, &link(true, None)),
            "source changed" => router.handle_link(now, &link(true, Some(6))),
            "address lost" => router.handle_address_lost(now, ID),
            "tracker fails" => router.handle_reading(now, SCRIPT, Reading::Down(Why::Exited(1))),
            "tracker recovers" => router.handle_reading(now, SCRIPT, Reading::Up),
            "weight +20" => router.handle_reading(now, FILE, Reading::Value(20)),
            "tune priority 120" => {
                let params = Params {
                    priority: Priority::new(120),
                    ..router.params(ID).unwrap().clone()
                };
                router.apply(now, Change::Tune(ID, params));
            }
            "tune vrid 52" => {
                let params = Params {
                    vrid: Vrid::new(52).unwrap(),
                    ..router.params(ID).unwrap().clone()
                };
                router.apply(now, Change::Tune(ID, params));
            }
            "remove" => router.remove(now, ID),
            "stop" => router.stop(now),
            advert => self.advert(advert),
        }
        self.router.handle_timeout(self.now);
    }

    fn advert(&mut self, advert: &str) {
        let priority = advert.split(' ').nth(1).unwrap().parse().unwrap();
        let source = if advert.ends_with("lower address") {
            4
        } else {
            9
        };
        let mut message = Repr {
            version: Version::V2,
            family: Family::V4,
            vrid: Vrid::new(51).unwrap(),
            priority: Priority::new(priority),
            interval: AdvertInterval::DEFAULT,
            auth: Auth::None,
            addresses: vec![Ipv4Addr::new(10, 0, 0, 100).into()],
        }
        .emit(Cover::Message);
        message[6] ^= u8::from(advert.ends_with("bad checksum"));
        let rx = Received {
            ifindex: 2,
            source: address(source),
            destination: vrrp::default_group(Family::V4),
            ttl: 255,
            ipv4: None,
            payload: &message,
        };
        self.router.handle_packet(self.now, &rx);
    }

    fn drain(&mut self) -> String {
        let effects = std::iter::from_fn(|| self.router.poll_effect());
        let mut words: Vec<String> = effects.filter_map(|effect| word(&effect)).collect();
        if let Some(at) = self.router.poll_timeout() {
            words.push(format!("wake {}", (at - self.now).as_micros()));
        }
        words.join(", ")
    }
}

fn word(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Send { from, message, .. } => {
            let last = from.to_string();
            format!(
                "send {} from .{}",
                message[2],
                last.rsplit('.').next().unwrap()
            )
        }
        Effect::Hold(_) => "hold".into(),
        Effect::Release(_) => "release".into(),
        Effect::Announce { repeat, .. } => format!("announce {repeat}"),
        Effect::AnnounceSource { address, .. } => format!("announce {address}"),
        Effect::Notify(notice) => format!("{:?}", notice.to),
        _ => return None,
    })
}

/// What each event is as a cause; for all states that it makes an instance leave.
fn cause(event: &str) -> Option<Cause> {
    let script = What::Object(SCRIPT);
    Some(match event {
        "deadline" => Cause::MasterSilent,
        "advert 150" => Cause::HigherAdvert {
            from: address(9),
            priority: Priority::new(150),
        },
        "advert 100 higher address" => Cause::HigherAdvert {
            from: address(9),
            priority: Priority::new(100),
        },
        "link down" | "link gone" | "source lost" => Cause::LinkDown,
        "link up" | "source changed" => Cause::LinkUp,
        "address lost" => Cause::AddressLost,
        "tracker fails" => Cause::Tracked { what: script },
        "remove" => Cause::Reloaded,
        "stop" => Cause::Stopping,
        _ => return None,
    })
}

fn causes(router: &mut Router) -> Vec<Cause> {
    let effects = std::iter::from_fn(|| router.poll_effect());
    let notices = effects.filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(notice.cause),
        _ => None,
    });
    notices.collect()
}

#[test]
fn every_transition_names_its_cause() {
    for (state, event) in STATES
        .into_iter()
        .flat_map(|state| EVENTS.map(|event| (state, event)))
    {
        let mut bench = Bench::new(state);
        bench.happens(event);
        for told in causes(&mut bench.router) {
            assert_eq!(Some(told), cause(event), "{state}, {event}");
        }
    }
}

/// What held it in fault last is what its end is told to be.
#[test]
fn the_end_of_a_fault_names_what_is_over() {
    let script = What::Object(SCRIPT);
    for (first, then, want) in [
        (
            "tracker fails",
            "tracker recovers",
            Cause::Recovered { what: script },
        ),
        ("link down", "link up", Cause::LinkUp),
    ] {
        let mut bench = Bench::new("master");
        bench.happens(first);
        bench.happens(then);
        assert_eq!(causes(&mut bench.router).pop(), Some(want));
    }
    let mut bench = Bench::new("backup");
    for event in ["tracker fails", "link down", "tracker recovers"] {
        bench.happens(event);
    }
    let (tracked, up) = (
        Cause::Tracked {
            what: What::Object(SCRIPT),
        },
        Cause::LinkUp,
    );
    assert_eq!(causes(&mut bench.router), [tracked]);
    bench.happens("link up");
    assert_eq!(causes(&mut bench.router), [up]);
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

fn file() -> Tracker {
    Tracker {
        name: "file".into(),
        kind: TrackerKind::File,
    }
}

fn tracked(what: TrackerId, weight: i32) -> Tracked {
    Tracked {
        what: What::Object(what),
        weight,
        reverse: false,
    }
}

fn params(state: &str) -> Params {
    let mut params = Params::new("eth0", Vrid::new(51).unwrap(), Family::V4);
    params.addresses = vec![address(100)];
    params.tracks = vec![tracked(SCRIPT, 0), tracked(FILE, 1)];
    params.preempt = match state {
        "backup nopreempt" => Preempt::No,
        "backup delayed" => Preempt::After(Duration::from_secs(10)),
        _ => Preempt::Yes,
    };
    params
}

fn link(up: bool, source: Option<u8>) -> Link {
    let ipv4 = source.map(|last| Ipv4Addr::new(10, 0, 0, last));
    Link {
        name: "eth0".into(),
        index: 2,
        up,
        ipv4,
        ipv6: None,
        sources: std::collections::BTreeSet::new(),
    }
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, last).into()
}

#[test]
fn every_state_answers_every_event_as_written() {
    let mut wrong = Vec::new();
    for (state, event) in STATES
        .into_iter()
        .flat_map(|state| EVENTS.map(|event| (state, event)))
    {
        let got = Bench::new(state).event(event);
        match ROWS.iter().find(|row| (row.0, row.1) == (state, event)) {
            Some(row) if row.3 == got => {}
            Some(row) => wrong.push(format!(
                "{state}, {event}: want {:?} ({}), got {got:?}",
                row.3, row.2
            )),
            None => wrong.push(format!("    (\"{state}\", \"{event}\", \"\", \"{got}\"),")),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(
        ROWS.len(),
        STATES.len() * EVENTS.len(),
        "a row stands twice"
    );
}
