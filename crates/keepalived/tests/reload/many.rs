//! 255 instances, and a file in which nothing changes for them.
use crate::common::alone::Alone;
use lab::scenario::LONG;
use lab::timeline::now;
use lab::{Event, Frame, What};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

const INSTANCES: u8 = 255;

fn config(notify: &str) -> String {
    let mut text = String::from("global_defs {\n vrrp_garp_master_delay 0\n vrrp_version 3\n}\n");
    for n in 1..=INSTANCES {
        writeln!(
            text,
            "vrrp_instance V{n} {{\n interface eth0\n virtual_router_id {n}\n priority 200\n {notify}\n \
             virtual_ipaddress {{\n 10.60.0.{n}/32\n }}\n}}"
        )
        .unwrap();
    }
    text
}

/// All are masters, and all that follows from that is over.
fn masters(config: &str) -> Alone {
    let mut alone = Alone::new();
    config.clone_into(&mut alone.lb.config);
    alone.lb.start().unwrap();
    alone.wait("not all are masters", |lb| {
        let shown = lb.node.space.output("ip", &["-4", "-o", "addr"]).unwrap();
        shown.matches("10.60.0.").count() == usize::from(INSTANCES)
    });
    let end = Instant::now() + LONG;
    loop {
        let since = now();
        let before = alone.lb.node.kernel_changes();
        thread::sleep(Duration::from_secs(1));
        let announced = alone.lan.timeline().since(since);
        let quiet = !announced.iter().any(is_announcement);
        if quiet && alone.lb.node.kernel_changes() == before {
            return alone;
        }
        alone.check(Instant::now() < end, "never quiet");
    }
}

fn is_announcement(event: &Event) -> bool {
    event
        .frame()
        .is_some_and(|frame| frame.gratuitous().is_some())
}

/// When each virtual router's adverts were sent.
fn adverts(events: &[Event]) -> BTreeMap<u8, Vec<u64>> {
    let mut sent: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    for event in events {
        if let Some((vrid, priority)) = event.frame().and_then(Frame::advert) {
            assert_eq!(priority, 200, "VRID {vrid}");
            sent.entry(vrid).or_default().push(event.at);
        }
    }
    sent
}

/// Sends HUP and looks at three seconds from there on.
fn does_nothing(alone: &mut Alone, file: &str) {
    let before = alone.lb.node.kernel_changes();
    // in the middle between two adverts of V1, so that one more, or a moved timer, is seen
    let advert = |e: &Event| {
        e.frame()?
            .advert()
            .filter(|(vrid, _)| *vrid == 1)
            .map(|_| e.at)
    };
    let last = alone.lan.timeline().wait(now(), LONG, advert).unwrap();
    thread::sleep(Duration::from_millis(500));
    let since = alone.lb.reload(file).unwrap();
    alone.check(
        alone.lb.logs("Reload complete", since).is_some(),
        "no end of the reload",
    );
    let done = now();
    thread::sleep(Duration::from_secs(3));
    let events = alone.lan.timeline().since(since);
    alone.check(
        !events.iter().any(is_announcement),
        "announced although nothing changed",
    );
    let changed = |e: &Event| matches!(e.what, What::AddressAdded(_) | What::AddressRemoved(_));
    alone.check(!events.iter().any(changed), "an address changed");
    let changes = alone.lb.node.kernel_changes() - before;
    assert_eq!(changes, 0, "netlink writes");
    let told = |e: &Event| e.log().is_some_and(|line| line.contains("STATE"));
    alone.check(!events.iter().any(told), "a state changed");

    let sent = adverts(&events);
    assert_eq!(sent.len(), usize::from(INSTANCES), "somebody fell silent");
    let span = (now() - since) / 1_000_000_000 + 2;
    for (vrid, times) in &sent {
        let count = u64::try_from(times.len()).unwrap();
        assert!(count <= span, "VRID {vrid}: {count} adverts in {span} s");
    }
    // the timer stood still for nobody: adverts keep to the grid from before
    let off = |at: &u64| {
        let phase = (at - last) % 1_000_000_000;
        phase.min(1_000_000_000 - phase)
    };
    let mut phases: Vec<u64> = sent[&1].iter().map(off).collect();
    phases.sort_unstable();
    let median = phases[phases.len() / 2];
    assert!(
        median < 200_000_000,
        "V1 advertises {median} ns off its grid, reload took {} ns",
        done - since
    );
}

#[test]
fn an_unchanged_file_does_nothing() {
    let file = config("");
    let mut alone = masters(&file);
    let processes = alone.lb.daemon().unwrap().processes();
    does_nothing(&mut alone, &file);
    // comments and layout are nothing either
    does_nothing(&mut alone, &format!("# a remark\n\n{file}"));
    // whom the instances notify is nothing that the network sees
    does_nothing(&mut alone, &config("notify_master \"/bin/true now\""));
    assert_eq!(alone.lb.daemon().unwrap().processes(), processes);
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
}
