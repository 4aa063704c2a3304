//! A lab whose maker is killed (-9) in the middle leaves no process, mount or interface behind.
#![allow(clippy::unwrap_used)]

use lab::daemon::descendants;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);

fn wait(what: &str, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !fact() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(20));
    }
}

fn process(pid: u32) -> PathBuf {
    PathBuf::from("/proc").join(pid.to_string())
}

fn name(pid: u32) -> String {
    fs::read_to_string(process(pid).join("comm")).unwrap_or_default()
}

/// A process that has ended may wait a moment for somebody to collect it.
fn is_gone(pid: u32) -> bool {
    let stat = fs::read_to_string(process(pid).join("stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}

fn interfaces() -> Vec<String> {
    let links = linux::netlink::Socket::route().unwrap().links().unwrap();
    links.into_iter().map(|l| l.name).collect()
}

#[test]
fn when_it_is_killed() {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let before = interfaces();
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    demo.env("KEEPALIVED", lab::original::path().unwrap());
    let mut demo = demo.stdout(Stdio::null()).spawn().unwrap();
    let mut all = Vec::new();
    wait("no two daemons", || {
        all = descendants(demo.id());
        all.iter()
            .filter(|pid| name(**pid).starts_with("keepalived"))
            .count()
            >= 4
    });
    demo.kill().unwrap();
    demo.wait().unwrap();
    wait("processes stay", || all.iter().all(|pid| is_gone(*pid)));
    assert_eq!(interfaces(), before);
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts);
}
