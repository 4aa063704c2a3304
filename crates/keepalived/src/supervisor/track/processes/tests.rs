//! Real processes, followed in both ways.
use super::*;
use std::process::{Child, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vrrp::{Tracker, TrackerKind};

const ID: TrackerId = TrackerId(3);

fn plan(argument: &str) -> Plan {
    let process = Process {
        program: "sleep".into(),
        full_command: true,
        params: Some((vec![argument.into()], plan::ParamMatch::Exact)),
        quorum: 1,
        quorum_max: 1,
        fork_delay: Duration::ZERO,
        terminate_delay: Duration::ZERO,
    };
    let object = plan::Object {
        weight: 0,
        tracker: Tracker {
            name: "p".into(),
            kind: TrackerKind::Process,
        },
        source: Source::Process(process),
    };
    Plan {
        trackers: [(ID, object)].into(),
        ..Plan::default()
    }
}

fn sleep(argument: &str) -> Child {
    Command::new("sleep").arg(argument).spawn().unwrap()
}

/// Lets time pass until the quorum is told to be so.
async fn comes(processes: &mut Processes, inbox: &mut UnboundedReceiver<Event>, met: bool) {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        assert!(Instant::now() < until, "never told: {met}");
        let wake = processes.next_deadline().unwrap_or(until).min(until);
        let news = tokio::select! {
            Some(Event::Processes(batch)) = inbox.recv() => processes.handle(Instant::now(), &batch),
            () = tokio::time::sleep_until(wake) => processes.handle_timeout(Instant::now()),
        };
        if let Some(one) = news.first() {
            assert_eq!(*one, (ID, reading(met)));
            return;
        }
    }
}

/// One, none, two, one of them: each change is told.
async fn lives(argument: &str, begin: impl FnOnce(&mut Processes)) {
    let (events, mut inbox) = unbounded_channel();
    let mut processes = Processes::default();
    begin(&mut processes);
    processes.follow(&plan(argument), Instant::now(), &events);
    let met = |processes: &Processes| processes.known().collect::<Vec<_>>();
    assert_eq!(met(&processes), [(ID, reading(false))]);
    let mut one = sleep(argument);
    comes(&mut processes, &mut inbox, true).await;
    one.kill().unwrap();
    // not collected yet, and ended all the same
    comes(&mut processes, &mut inbox, false).await;
    one.wait().unwrap();
    let mut two = [sleep(argument), sleep(argument)];
    // one is enough, two are too many: what is seen depends on when
    let end = Instant::now() + Duration::from_secs(30);
    while processes.running.len() < 2 {
        assert!(Instant::now() < end, "not both are seen");
        let wake = processes.next_deadline().unwrap_or(end).min(end);
        tokio::select! {
            Some(Event::Processes(batch)) = inbox.recv() => drop(processes.handle(Instant::now(), &batch)),
            () = tokio::time::sleep_until(wake) => drop(processes.handle_timeout(Instant::now())),
        }
    }
    assert_eq!(met(&processes), [(ID, reading(false))]);
    two[0].kill().unwrap();
    comes(&mut processes, &mut inbox, true).await;
    two[1].kill().unwrap();
    comes(&mut processes, &mut inbox, false).await;
    for child in &mut two {
        child.wait().unwrap();
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}

#[test]
fn processes_are_followed_as_the_kernel_allows_here() {
    run(lives("86398.25", |_| {}));
}

#[test]
fn processes_are_followed_where_events_do_not_reach() {
    run(lives("86398.75", |processes| {
        let refused = Err(io::ErrorKind::ConnectionRefused.into());
        let line = processes.open_eyes(refused, Instant::now());
        assert!(line.contains("do not reach here"), "{line}");
    }));
}
