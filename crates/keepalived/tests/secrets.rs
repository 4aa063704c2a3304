//! Keys and passwords: in no log line, no dump file, and, once they are not used any more, in no
//! process's memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;
use common::ours;
use lab::Lan;
use lab::scenario::{Balancer, LB01, LONG, VIP};
use lab::timeline::now;
use nix::sys::signal::Signal;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

const KEY: &str = "an-octet-string-that-is-nowhere-else-7731";
const PASSWORD: &str = "pw-55aa9";

fn config(key: &str, auth: &str) -> String {
    let hmac = if key.is_empty() {
        String::new()
    } else {
        format!("auth_hmac {{\n active_key 1\n key 1 {key}\n }}")
    };
    format!(
        "vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority 200
    advert_int 0.3
    version 3
    {hmac}
    virtual_ipaddress {{
        {VIP}/24
    }}
}}
vrrp_instance VI_2 {{
    interface eth0
    virtual_router_id 52
    {auth}
    virtual_ipaddress {{
        10.20.0.248/24
    }}
}}
"
    )
}

/// Whether any process of the daemon has these octets where it can write.
fn remembered(lb: &mut Balancer, what: &str) -> bool {
    let processes = lb.daemon().unwrap().processes();
    processes.into_iter().any(|pid| has(pid, what.as_bytes()))
}

fn has(pid: u32, what: &[u8]) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let number = |text: &str| u64::from_str_radix(text, 16).unwrap();
    maps.lines()
        .filter(|line| {
            line.split(' ')
                .nth(1)
                .is_some_and(|mode| mode.starts_with("rw"))
        })
        .any(|line| {
            let (begin, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let (begin, end) = (number(begin), number(end));
            let mut octets = vec![0; usize::try_from(end - begin).unwrap()];
            memory.read_exact_at(&mut octets, begin).is_ok()
                && octets.windows(what.len()).any(|part| part == what)
        })
}

fn text(lb: &Balancer, file: &str) -> Option<String> {
    let octets = lb.node.space.read(file).ok()?;
    Some(String::from_utf8_lossy(&octets).into_owned())
}

#[test]
fn keys_are_neither_told_nor_kept() {
    let lan = Lan::new().unwrap();
    let launch = ours().arg("-D").arg("-d");
    let auth = format!("authentication {{\n auth_type PASS\n auth_pass {PASSWORD}\n }}");
    let mut lb = Balancer::new(&lan, "lb01", LB01, launch, &config(KEY, &auth)).unwrap();
    lb.start().unwrap();
    assert!(
        lb.announces(VIP, 0).is_some(),
        "{}",
        lan.timeline().story(0)
    );
    assert!(remembered(&mut lb, KEY), "it is in use");

    for (signal, file) in [
        (Signal::SIGUSR1, "/tmp/keepalived.data"),
        (Signal::SIGUSR2, "/tmp/keepalived.stats"),
    ] {
        lb.daemon().unwrap().signal(signal).unwrap();
        let end = Instant::now() + LONG;
        let written = loop {
            if let Some(written) = text(&lb, file) {
                break written;
            }
            assert!(Instant::now() < end, "{file} is not written");
            sleep(Duration::from_millis(20));
        };
        assert!(
            !written.contains(KEY) && !written.contains(PASSWORD),
            "{written}"
        );
    }

    let since = now();
    lb.reload(&config("", "")).unwrap();
    let done = lb.logs("Reload complete", since);
    assert!(done.is_some(), "{}", lan.timeline().story(0));
    let end = Instant::now() + LONG;
    // the channel's last message and the log's last lines are still under way
    while remembered(&mut lb, KEY) {
        assert!(Instant::now() < end, "still remembered");
        sleep(Duration::from_millis(50));
    }
    let story = lan.timeline().story(0);
    assert!(!story.contains(KEY) && !story.contains(PASSWORD), "{story}");
}
