//! What failover follows, and who is told: scripts, groups, pipes, files of dumps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::Alone;
use lab::timeline::now;
use nix::sys::signal::Signal;

/// Fails while /run/down exists; every change goes to /run/told and into a named pipe.
const TRACKED: &str = "
global_defs {
    vrrp_notify_fifo /run/pipe
    vrrp_notify_fifo_script \"/bin/sh /run/reader.sh\"
}
vrrp_script chk {
    script \"/bin/sh -c 'test ! -e /run/down'\"
    interval 0.1
    fall 1
    rise 1
}
track_file load {
    file /run/load
    weight 1
}
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
    notify \"/bin/sh /run/notify.sh group\"
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    version 3
    track_script {
        chk
    }
    notify \"/bin/sh /run/notify.sh first\"
    virtual_ipaddress {
        10.20.0.249/24 dev eth0 label eth0:1
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    advert_int 0.1
    version 3
    virtual_ipaddress {
        10.20.0.248/24 dev eth0
    }
}
vrrp_instance VI_3 {
    interface eth0
    virtual_router_id 53
    priority 50
    track_file {
        load
    }
    notify_priority_changes on
    virtual_ipaddress {
        10.20.0.247/24 dev eth0
    }
}
";

fn started() -> Alone {
    let mut alone = Alone::new();
    TRACKED.clone_into(&mut alone.lb.config);
    let space = &alone.lb.node.space;
    space
        .write("/run/notify.sh", "echo \"$@\" >>/run/told\n")
        .unwrap();
    space
        .write("/run/reader.sh", "exec cat \"$1\" >/run/lines\n")
        .unwrap();
    space.write("/run/load", "30\n").unwrap();
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    alone
}

/// Waits until a file of the node has this line.
fn has(alone: &mut Alone, file: &str, line: &str) {
    alone.wait(&format!("{file} never had {line:?}"), |lb| {
        let text = lb.node.space.read(file).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().any(|l| l == line)
    });
}

#[test]
fn a_failed_script_takes_its_group_out_and_everybody_is_told() {
    let mut alone = started();
    has(&mut alone, "/run/told", "group GROUP G1 MASTER 0");
    has(&mut alone, "/run/told", "first INSTANCE VI_1 MASTER 100");
    let since = now();
    alone.lb.node.space.write("/run/down", "").unwrap();
    for line in [
        "VRRP_Script(chk) failed (exited with status 1)",
        "(VI_1) Entering FAULT STATE",
        "VRRP_Group(G1) Syncing instances to FAULT state",
        "(VI_2) Entering FAULT STATE",
    ] {
        alone.check(alone.lb.logs(line, since).is_some(), line);
    }
    has(&mut alone, "/run/told", "first INSTANCE VI_1 FAULT 100");
    has(&mut alone, "/run/told", "group GROUP G1 FAULT 0");
    has(&mut alone, "/run/lines", "INSTANCE \"VI_2\" FAULT 100");

    let since = now();
    alone.lb.node.space.finish("rm", &["/run/down"]).unwrap();
    alone.becomes_master(since);
    alone.check(
        alone
            .lb
            .logs("(VI_2) Entering MASTER STATE", since)
            .is_some(),
        "the group did not return",
    );

    let told = alone.lb.node.space.read("/run/told").unwrap();
    let told = String::from_utf8_lossy(&told).into_owned();
    let first: Vec<&str> = told
        .lines()
        .filter_map(|l| l.strip_prefix("first INSTANCE VI_1 "))
        .collect();
    let want = ["BACKUP 100", "MASTER 100", "FAULT 100", "BACKUP 100"];
    assert_eq!(
        first[..4],
        want,
        "one instance's scripts never overtake each other: {told}"
    );
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
    has(&mut alone, "/run/told", "group GROUP G1 STOP 0");
}

#[test]
fn a_tracked_file_moves_the_priority_and_json_tells_it() {
    let mut alone = started();
    alone.check(
        alone
            .lb
            .logs("(VI_3) Changing effective priority from 50 to 80", 0)
            .is_some(),
        "not weighed",
    );
    let since = now();
    alone.lb.node.space.write("/run/load", "-20\n").unwrap();
    alone.check(
        alone
            .lb
            .logs("(VI_3) Changing effective priority from 80 to 30", since)
            .is_some(),
        "not followed",
    );
    alone.wait("no line for the pipe", |lb| {
        let text = lb.node.space.read("/run/lines").unwrap_or_default();
        String::from_utf8_lossy(&text).contains("_PRIORITY 30")
    });
    let json = nix::libc::SIGRTMIN() + 2;
    let pid = alone.lb.daemon().unwrap().pid().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(
        kill.args([format!("-{json}"), pid])
            .status()
            .unwrap()
            .success()
    );
    alone.wait("no JSON", |lb| {
        let text = lb
            .node
            .space
            .read("/tmp/keepalived.json")
            .unwrap_or_default();
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&text) else {
            return false;
        };
        json[2]["data"]["effective_priority"] == 30
            && json[0]["data"]["track_script"][0] == "'/bin/sh' '-c' 'test ! -e /run/down'"
    });
}

#[test]
fn a_script_that_hangs_is_ended_and_leaves_no_zombie() {
    let mut alone = Alone::new();
    let hang = "trap '' TERM\nsleep 1000 &\nsleep 1000\n";
    alone.lb.node.space.write("/run/hang.sh", hang).unwrap();
    alone.lb.config = TRACKED
        .replace("-c 'test ! -e /run/down'", "/run/hang.sh")
        .replace("fall 1\n", "fall 1\n    timeout 0.3\n    weight 5\n")
        .replace("G1 {\n", "G1 {\n    sync_group_tracking_weight\n");
    alone.lb.start().unwrap();
    alone.check(
        alone.lb.logs("VRRP_Script(chk) timed_out", 0).is_some(),
        "no timeout",
    );
    alone.becomes_master(0);
    let daemon = alone.lb.daemon().unwrap();
    let processes = daemon.processes().len();
    assert!(processes < 10, "{processes} processes");
    daemon.signal(Signal::SIGTERM).unwrap();
    assert!(daemon.wait(lab::scenario::LONG).unwrap().success());
}

/// One instance for each kind of tracked object.
const KINDS: &str = r#"
vrrp_script turned {
    script "/bin/sh -c 'test ! -e /run/down'"
    interval 0.1
    weight -20 reverse
}
vrrp_script slow {
    script "/bin/sleep 3"
    interval 60
    weight -40
    init_fail
}
vrrp_script who {
    script "/bin/sh -c 'id -un >/tmp/who'"
    interval 0.2
    user nobody
}
vrrp_track_process pair {
    process sleep 86001
    quorum 2
    weight 15
}
vrrp_instance SCRIPT {
    interface eth0
    virtual_router_id 51
    track_script {
        turned
        who
    }
}
vrrp_instance INIT {
    interface eth0
    virtual_router_id 52
    track_script {
        slow
    }
}
vrrp_instance LINK {
    interface eth0
    virtual_router_id 53
    track_interface {
        eth1 weight 30
    }
}
vrrp_instance FAULT {
    interface eth0
    virtual_router_id 54
    track_interface {
        eth1
    }
}
vrrp_instance PROCESS {
    interface eth0
    virtual_router_id 55
    track_process {
        pair
    }
}
"#;

#[test]
fn every_kind_of_object_is_followed_both_ways() {
    let mut alone = Alone::new();
    KINDS.clone_into(&mut alone.lb.config);
    let space = &alone.lb.node.space;
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        space.output(words[0], &words[1..]).unwrap();
    };
    run("ip link add eth1 type veth peer name eth1x");
    run("ip link set eth1x up");
    run("ip link set eth1 up");
    alone.lb.start().unwrap();
    let says = |alone: &Alone, since, line: &str| {
        alone.check(alone.lb.logs(line, since).is_some(), line);
    };
    let moved = |name: &str, from: u8, to: u8| {
        format!("({name}) Changing effective priority from {from} to {to}")
    };
    says(&alone, 0, &moved("INIT", 100, 60));
    says(&alone, 0, &moved("LINK", 100, 130));
    says(&alone, 0, "Process events of the kernel do not reach here");
    says(&alone, 0, "(FAULT) Entering BACKUP STATE");

    let since = now();
    alone.lb.node.space.write("/run/down", "").unwrap();
    says(&alone, since, &moved("SCRIPT", 100, 120));
    let mut sleeps: Vec<_> = (0..2)
        .map(|_| {
            let mut sleep = std::process::Command::new("sleep");
            sleep.arg("86001");
            alone.lb.node.space.spawn(sleep).unwrap()
        })
        .collect();
    says(&alone, since, &moved("PROCESS", 100, 115));
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        alone.lb.node.space.output(words[0], &words[1..]).unwrap();
    };
    run("ip link set eth1 down");
    says(&alone, since, &moved("LINK", 130, 100));
    says(&alone, since, "(FAULT) Entering FAULT STATE");
    says(&alone, 0, &moved("INIT", 60, 100));

    let since = now();
    run("rm /run/down");
    run("ip link set eth1 up");
    says(&alone, since, &moved("SCRIPT", 120, 100));
    says(&alone, since, &moved("LINK", 100, 130));
    says(&alone, since, "(FAULT) Entering BACKUP STATE");
    for sleep in &mut sleeps {
        sleep.kill().unwrap();
        sleep.wait().unwrap();
    }
    says(&alone, since, &moved("PROCESS", 115, 100));
    has(&mut alone, "/tmp/who", "nobody");
}

/// 2.3.4 repeats the states of groups only; the manual says all.
#[test]
fn states_are_repeated_to_pipes_at_a_reload_if_that_is_wanted() {
    let mut alone = started();
    has(&mut alone, "/run/lines", "INSTANCE \"VI_1\" MASTER 100");
    let times = |alone: &mut Alone, line: &str| {
        let text = alone.lb.node.space.read("/run/lines").unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines().filter(|l| *l == line).count()
    };
    let all = [
        "GROUP \"G1\" MASTER 0",
        "INSTANCE \"VI_1\" MASTER 100",
        "INSTANCE \"VI_2\" MASTER 100",
    ];
    // without a word nothing is, and with it at each reload, also of the same file
    let file = TRACKED.replace(
        "vrrp_notify_fifo /run/pipe",
        "vrrp_notify_fifo /run/pipe\n    fifo_write_vrrp_states_on_reload",
    );
    for so_often in [2, 3] {
        let since = alone.lb.reload(&file).unwrap();
        alone.check(
            alone.lb.logs("Reload complete", since).is_some(),
            "no reload",
        );
        for line in all {
            alone.wait(line, |lb| {
                let text = lb.node.space.read("/run/lines").unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                text.lines().filter(|l| *l == line).count() >= so_often
            });
            assert_eq!(times(&mut alone, line), so_often, "{line}");
        }
    }
}
