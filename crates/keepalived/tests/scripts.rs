//! Scripts that misbehave under a whole daemon: it lives on, says what they did, and leaves nothing
//! of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::Alone;
use lab::scenario::Balancer;
use lab::timeline::now;
use std::fs;

/// Each tracked by weight, so that mastership does not depend on them.
const TRACKED: [(&str, &str); 5] = [
    ("hang", "trap '' TERM\nsleep 1000 &\nsleep 1000\n"),
    ("flood", "while :; do echo yyyyyyyyyyyyyyyyyy; done\n"),
    ("signal", "kill -USR1 $$\n"),
    // a child that outlives it comes to the daemon, which did not start it
    ("fork", "sleep 0.05 &\nexit 0\n"),
    ("owner", "exit 0\n"),
];

fn config() -> String {
    let blocks = TRACKED.map(|(name, _)| {
        // the others may take as long as a busy machine makes them
        let timeout = if matches!(name, "hang" | "flood") { "0.3" } else { "20" };
        format!(
            "vrrp_script {name} {{\n    script /run/{name}\n    interval 0.05\n    timeout {timeout}\n    fall 1\n    rise 1\n    weight 1\n}}\n"
        )
    });
    let lines = TRACKED.map(|(name, _)| format!("        {name}\n"));
    let (scripts, tracks) = (blocks.concat(), lines.concat());
    format!(
        "global_defs {{
    enable_script_security
    script_user root
}}
{scripts}
vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 0.1
    version 3
    track_script {{
{tracks}    }}
    notify \"/run/notify own\"
    virtual_ipaddress {{
        10.20.0.249/24 dev eth0 label eth0:1
    }}
}}
"
    )
}

fn script(alone: &Alone, name: &str, text: &str) {
    let (path, space) = (format!("/run/{name}"), &alone.lb.node.space);
    let text = format!("#!/bin/sh\n{text}");
    space.write(&path, text).unwrap();
    space.output("chmod", &["755", &path]).unwrap();
}

/// Open descriptors of the supervisor.
fn open(lb: &mut Balancer) -> usize {
    let pid = lb.daemon().unwrap().pid();
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// Dead children that nobody has collected.
fn zombies(alone: &mut Alone) -> usize {
    let state = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')')
            .is_some_and(|(_, rest)| rest.starts_with(" Z"))
    };
    let all = alone.lb.daemon().unwrap().processes();
    all.iter().filter(|pid| state(pid)).count()
}

#[test]
fn all_kinds_at_once() {
    let mut alone = Alone::new();
    for (name, text) in TRACKED {
        script(&alone, name, text);
    }
    script(&alone, "notify", "echo \"$# $*\" >>/run/told\n");
    alone.lb.config = config();
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    for line in [
        "VRRP_Script(hang) timed_out",
        "VRRP_Script(flood) timed_out",
        "VRRP_Script(signal) failed (due to signal 10)",
        "VRRP_Script(fork) succeeded",
        "VRRP_Script(owner) succeeded",
    ] {
        alone.check(alone.lb.logs(line, 0).is_some(), line);
    }
    // own arguments first, then the four
    alone.wait("not told", |lb| {
        let told = lb.node.space.read("/run/told").unwrap_or_default();
        told == b"5 own INSTANCE VI_1 BACKUP 100\n5 own INSTANCE VI_1 MASTER 102\n"
            || told.ends_with(b" MASTER 102\n")
    });

    // while it runs: the owner changes, and the file vanishes
    let since = now();
    alone
        .lb
        .node
        .space
        .output("chown", &["65534", "/run/owner"])
        .unwrap();
    alone.lb.node.space.output("rm", &["/run/fork"]).unwrap();
    for line in [
        "VRRP_Script(owner) failed (could not be run)",
        "has mode 0755, owner 65534, group 0: somebody else than root can change what root runs",
        "VRRP_Script(fork) failed (could not be run)",
        "Track script fork cannot be run: No such file or directory",
    ] {
        alone.check(alone.lb.logs(line, since).is_some(), line);
    }
    let since = now();
    alone
        .lb
        .node
        .space
        .output("chown", &["0", "/run/owner"])
        .unwrap();
    let line = "VRRP_Script(owner) succeeded";
    alone.check(alone.lb.logs(line, since).is_some(), line);

    // some hundred more runs of all of them: what is open stays as it is
    let settled = open(&mut alone.lb);
    script(&alone, "owner", "echo >>/run/runs\n");
    alone.wait("not many runs", |lb| {
        lb.node
            .space
            .read("/run/runs")
            .is_ok_and(|runs| runs.len() > 100)
    });
    let (mut tries, mut left) = (0, zombies(&mut alone));
    while left > 0 && tries < 100 {
        // one may have died this moment
        std::thread::sleep(std::time::Duration::from_millis(20));
        (tries, left) = (tries + 1, zombies(&mut alone));
    }
    assert_eq!(left, 0, "zombies");
    // scripts that run just now have some; what leaks stays for ever
    alone.wait("descriptors leak", |lb| open(lb) <= settled + 1);
    let processes = alone.lb.daemon().unwrap().processes().len();
    assert!(processes < 15, "{processes} processes");
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
}
