//! Scenario D: the tutorial's file, the init script, the systemd unit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::ours;
use lab::scenario::{LONG, TUTORIAL, host};
use lab::{Daemon, Event, Lan, Node};
use nix::sys::signal::Signal;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

const VIPS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(192, 168, 200, 16),
    Ipv4Addr::new(192, 168, 200, 17),
    Ipv4Addr::new(192, 168, 200, 18),
];
const INIT_SCRIPT: &str = include_str!("../../../packaging/init.d/keepalived");
const UNIT: &str = include_str!("../../../packaging/keepalived.service");

fn machine(lan: &Lan) -> Node {
    lan.node("lb", host(Ipv4Addr::new(192, 168, 200, 1)))
        .unwrap()
}

#[track_caller]
fn wait(what: &str, lan: &Lan, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !fact() {
        assert!(Instant::now() < end, "{what}\n{}", lan.timeline().story(0));
        thread::sleep(Duration::from_millis(50));
    }
}

/// Prefix lengths of the addresses on the interface.
fn prefixes(node: &Node) -> Vec<(String, u64)> {
    let shown = node.ip_addr().unwrap();
    let infos = shown.pointer("/0/addr_info").unwrap().as_array().unwrap();
    let pair = |i: &serde_json::Value| {
        Some((
            i.get("local")?.as_str()?.to_owned(),
            i.get("prefixlen")?.as_u64()?,
        ))
    };
    infos.iter().filter_map(pair).collect()
}

#[test]
fn the_tutorials_file() {
    let lan = Lan::new().unwrap();
    let node = machine(&lan);
    let program = node.space.stage(&ours().program).unwrap();
    node.space.write("/tmp/keepalived.conf", TUTORIAL).unwrap();
    let tested = node
        .space
        .finish(program, &["-t", "-f", "/tmp/keepalived.conf"])
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&tested.stderr), "");
    assert_eq!(tested.status.code(), Some(0));

    let mut daemon = Daemon::start(&node, lan.timeline(), &ours(), TUTORIAL).unwrap();
    for vip in VIPS {
        let announced = |e: &Event| e.frame()?.gratuitous().filter(|a| *a == vip);
        assert!(
            lan.timeline().wait(0, LONG, announced).is_some(),
            "{}",
            lan.timeline().story(0)
        );
        wait("no address", &lan, || node.holds(vip, None).unwrap());
        assert!(
            prefixes(&node).contains(&(vip.to_string(), 32)),
            "{:?}",
            prefixes(&node)
        );
    }
    let advert = |e: &Event| {
        e.frame()
            .filter(|f| f.advert().is_some())
            .map(|f| f.bytes.clone())
    };
    let bytes = lan.timeline().wait(0, LONG, advert).unwrap();
    let addresses: Vec<u8> = VIPS.iter().flat_map(Ipv4Addr::octets).collect();
    assert_eq!(bytes[42..54], addresses, "in the file's order");
    assert_eq!(daemon.stop().unwrap().code(), Some(0));
    assert!(VIPS.iter().all(|vip| !node.holds(*vip, None).unwrap()));
}

#[test]
fn the_init_script() {
    let lan = Lan::new().unwrap();
    let node = machine(&lan);
    node.space.hide("/etc/keepalived").unwrap();
    node.space
        .write("/etc/keepalived/keepalived.conf", TUTORIAL)
        .unwrap();
    node.space.write("/run/lab/init", INIT_SCRIPT).unwrap();
    let program = node.space.stage(&ours().program).unwrap();
    // -G: the machine's own log is no place for a test.
    let setting = format!("DAEMON={}", program.display());
    let call = |verb: &str| -> Output {
        let words = [
            setting.as_str(),
            "DAEMON_ARGS=-G",
            "/bin/sh",
            "/run/lab/init",
            verb,
        ];
        node.space.finish("/usr/bin/env", &words).unwrap()
    };
    let code = |verb: &str| {
        let out = call(verb);
        println!("{verb}: {}", String::from_utf8_lossy(&out.stdout));
        out.status.code()
    };
    let pid = || String::from_utf8(node.space.read("/run/keepalived.pid").unwrap()).unwrap();
    let holds = |held: bool| {
        wait("addresses", &lan, || {
            VIPS.iter()
                .all(|vip| node.holds(*vip, None).unwrap() == held)
        });
    };

    assert_eq!(code("status"), Some(3));
    assert_eq!(code("start"), Some(0));
    assert_eq!(code("status"), Some(0));
    holds(true);
    let first = pid();
    assert_eq!(code("start"), Some(0), "a second start does nothing");
    assert_eq!(pid(), first);

    let names = node.space.output("ps", &["-e", "-o", "comm="]).unwrap();
    assert!(
        names.lines().filter(|n| *n == "keepalived").count() >= 2,
        "{names}"
    );
    let listed = node.space.output("ps", &["-ef"]).unwrap();
    assert!(
        listed.lines().filter(|l| l.contains("keepalived")).count() >= 2,
        "{listed}"
    );

    let two = TUTORIAL.replace("        192.168.200.18\n", "");
    assert_ne!(two, TUTORIAL);
    node.space
        .write("/etc/keepalived/keepalived.conf", two)
        .unwrap();
    assert_eq!(code("reload"), Some(0));
    wait("not reloaded", &lan, || !node.holds(VIPS[2], None).unwrap());
    assert!(node.holds(VIPS[0], None).unwrap());
    assert_eq!(pid(), first, "reload keeps the process");

    assert_eq!(code("restart"), Some(0));
    assert_ne!(pid(), first);
    wait("not back", &lan, || node.holds(VIPS[0], None).unwrap());
    assert_eq!(code("stop"), Some(0));
    holds(false);
    assert_eq!(code("status"), Some(3));
    assert_eq!(
        code("stop"),
        Some(0),
        "stopping what is stopped is no error"
    );
    assert_eq!(code("reload"), Some(7));
    assert_eq!(code("dance"), Some(2));
    let names = node.space.output("ps", &["-e", "-o", "comm="]).unwrap();
    assert!(!names.contains("keepalived"), "{names}");
}

/// The value of a setting of the unit.
fn unit(key: &str) -> &'static str {
    UNIT.lines()
        .find_map(|l| l.strip_prefix(key)?.strip_prefix('='))
        .unwrap()
}

/// What the service manager would run: the command line with its variables filled in.
fn words(line: &str, program: &str) -> Vec<String> {
    let words = line.split_whitespace().map(|w| match w {
        "/usr/sbin/keepalived" => program,
        "$DAEMON_ARGS" => "-G",
        "$KEEPALIVED_OPTIONS" => "-l",
        other => other,
    });
    words.map(str::to_owned).collect()
}

#[test]
fn the_systemd_unit() {
    assert_eq!(unit("Type"), "notify");
    let lan = Lan::new().unwrap();
    let node = machine(&lan);
    node.space.hide("/etc/keepalived").unwrap();
    node.space
        .write("/etc/keepalived/keepalived.conf", TUTORIAL)
        .unwrap();
    let manager = node
        .space
        .run(|| UnixDatagram::bind("/tmp/notify"))
        .unwrap()
        .unwrap();
    manager.set_read_timeout(Some(LONG)).unwrap();
    let hears = |wanted: &str| {
        let mut heard = Vec::new();
        loop {
            let mut buffer = [0; 4096];
            let count = manager
                .recv(&mut buffer)
                .unwrap_or_else(|why| panic!("{wanted}: {why}; heard {heard:?}"));
            heard.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
            if heard
                .last()
                .is_some_and(|text| text.lines().any(|l| l == wanted))
            {
                return;
            }
        }
    };

    let program = node
        .space
        .stage(&ours().program)
        .unwrap()
        .display()
        .to_string();
    let words = words(unit("ExecStart"), &program);
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env("NOTIFY_SOCKET", "/tmp/notify");
    let mut child = node.space.spawn(command).unwrap();
    hears("READY=1");
    wait("no address", &lan, || node.holds(VIPS[0], None).unwrap());

    let reload = unit("ExecReload").replace("$MAINPID", &pid_inside(&node));
    let reload: Vec<&str> = reload.split_whitespace().collect();
    node.space
        .write(
            "/etc/keepalived/keepalived.conf",
            TUTORIAL.replace("        192.168.200.16\n", ""),
        )
        .unwrap();
    node.space.output(reload[0], &reload[1..]).unwrap();
    hears("RELOADING=1");
    hears("READY=1");
    wait("not reloaded", &lan, || !node.holds(VIPS[0], None).unwrap());

    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    hears("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn pid_inside(node: &Node) -> String {
    String::from_utf8(node.space.read("/run/keepalived.pid").unwrap())
        .unwrap()
        .trim()
        .to_owned()
}
