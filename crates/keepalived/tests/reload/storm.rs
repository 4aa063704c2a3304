//! Reloads faster than they can be made, and at moments that are none.
use crate::common::alone::Alone;
use lab::scenario::{LONG, VIP};
use lab::timeline::now;
use lab::{Event, Frame, What};
use nix::sys::signal::Signal;
use std::thread;
use std::time::Duration;

fn config(priority: u8) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n version 3\n \
         advert_int 0.1\n priority {priority}\n virtual_ipaddress {{\n \
         10.20.0.249/24 dev eth0 label eth0:1\n }}\n}}\n"
    )
}

/// A reload may begin at any moment: it must not find half a file.
fn replace(alone: &Alone, file: String) {
    let renamed = alone.lb.node.space.run(|| {
        std::fs::write("/tmp/next.conf", file)?;
        std::fs::rename("/tmp/next.conf", lab::daemon::CONFIG)
    });
    renamed.unwrap().unwrap();
}

fn advertises(alone: &Alone, priority: u8, since: u64) {
    let advert = |e: &Event| {
        e.frame()?
            .advert()
            .filter(|a| *a == (51, priority))
            .map(|_| ())
    };
    alone.check(
        alone.lan.timeline().wait(since, LONG, advert).is_some(),
        &format!("priority {priority} never came"),
    );
}

/// Megabytes of memory and number of open files of the supervisor.
fn holds(pid: u32) -> (u64, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    (kilobytes / 1024, files)
}

#[test]
fn a_storm_of_hups_ends_in_the_last_file() {
    let mut alone = Alone::new();
    alone.lb.config = config(100);
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    let pid = alone.lb.daemon().unwrap().pid();
    let processes = alone.lb.daemon().unwrap().processes();
    let (memory, files) = holds(pid);
    let since = now();
    for n in 0..1000_u32 {
        let file = config(u8::try_from(101 + n % 100).unwrap());
        replace(&alone, file);
        alone.lb.daemon().unwrap().signal(Signal::SIGHUP).unwrap();
        thread::sleep(Duration::from_millis(9));
    }
    replace(&alone, config(222));
    alone.lb.daemon().unwrap().signal(Signal::SIGHUP).unwrap();
    advertises(&alone, 222, since);
    // and it stays so
    let last = now();
    advertises(&alone, 222, last + 500_000_000);
    let events = alone.lan.timeline().since(last);
    let other = |e: &Event| {
        e.frame()
            .and_then(Frame::advert)
            .is_some_and(|a| a.1 != 222)
    };
    alone.check(!events.iter().any(other), "an older file came back");
    let telling = |e: &Event| e.log().is_some_and(|line| line.contains("VI_1"));
    let told: Vec<_> = alone
        .lan
        .timeline()
        .since(0)
        .into_iter()
        .filter(telling)
        .collect();
    assert!(
        !alone.happened(since, &What::AddressRemoved(VIP)),
        "the address went: {told:?}"
    );
    let (memory_after, files_after) = holds(pid);
    assert!(
        memory_after < memory + 32,
        "{memory} MB before, {memory_after} after"
    );
    assert!(
        files_after <= files + 2,
        "{files} files before, {files_after} after"
    );
    assert_eq!(alone.lb.daemon().unwrap().processes(), processes);
}

#[test]
fn a_reload_during_the_start_is_not_lost() {
    for delay in [0, 1, 2, 4, 8, 16, 32, 64] {
        let mut alone = Alone::new();
        alone.lb.config = config(100);
        let since = now();
        alone.lb.start().unwrap();
        alone.check(alone.lb.logs("Starting", since).is_some(), "no first line");
        thread::sleep(Duration::from_millis(delay));
        alone.lb.reload(&config(201)).unwrap();
        advertises(&alone, 201, since);
        let early = |e: &Event| {
            e.frame()
                .and_then(Frame::advert)
                .is_some_and(|a| a.1 == 100)
        };
        // it had not even come to be master by the old file
        alone.check(
            !alone.lan.timeline().since(since).iter().any(early),
            "the old file came first",
        );
    }
}
