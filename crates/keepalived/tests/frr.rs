//! Ours and FRR's vrrpd on one network: version 3, IPv4 and IPv6, each as the better one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;
use common::ours;
use lab::scenario::{Balancer, LB01, LB02, LONG, host};
use lab::timeline::{Stamp, now};
use lab::{Lan, Node};
use std::process::{Child, Command, Stdio};

const PROGRAMS: &str = "/usr/lib/frr";
/// Adverts in a row that all come from one router: then the other is silent.
const IN_A_ROW: usize = 8;

/// What the two families need.
#[derive(Clone, Copy)]
struct Family {
    address: &'static str,
    length: u8,
    /// FRR's word for it.
    word: &'static str,
    /// Hardware address of VRID 55, which FRR finds its interface by.
    mac: &'static str,
}

const V4: Family = Family {
    address: "10.20.0.249",
    length: 24,
    word: "ip",
    mac: "00:00:5e:00:01:37",
};
const V6: Family = Family {
    address: "fe80::249",
    length: 64,
    word: "ipv6",
    mac: "00:00:5e:00:02:37",
};

/// A node with FRR on it.
struct Frr {
    running: Vec<Child>,
    node: Node,
}

impl Frr {
    fn new(lan: &Lan, family: Family, priority: u8) -> Self {
        let Family {
            address,
            length,
            word,
            mac,
        } = family;
        let node = lan.node("lb02", host(LB02)).unwrap();
        let config = format!(
            "interface eth0\n vrrp 55 version 3\n vrrp 55 priority {priority}\n vrrp 55 advertisement-interval 200\n vrrp 55 {word} {address}\n!\n"
        );
        node.space.write("/tmp/vrrpd.conf", config).unwrap();
        node.space.write("/tmp/zebra.conf", "!\n").unwrap();
        let address = format!("{address}/{length}");
        for line in [
            &[
                "link", "add", "vr", "link", "eth0", "type", "macvlan", "mode", "bridge",
            ][..],
            &["link", "set", "vr", "address", mac],
            &["addr", "add", &address, "dev", "vr", "nodad"],
            &["link", "set", "vr", "up"],
        ] {
            node.space.output("ip", line).unwrap();
        }
        node.space
            .output("install", &["-d", "-o", "frr", "-g", "frr", "/run/frr"])
            .unwrap();
        Frr {
            running: Vec::new(),
            node,
        }
    }

    fn start(&mut self) {
        self.run("zebra");
        let socket = "test -S /run/frr/zserv.api";
        let waiting =
            format!("for i in $(seq 600); do {socket} && exit 0; sleep 0.05; done; exit 1");
        self.node.space.output("sh", &["-c", &waiting]).unwrap();
        self.run("vrrpd");
    }

    fn run(&mut self, program: &str) {
        let mut command = Command::new(format!("{PROGRAMS}/{program}"));
        command
            .args(["-f", &format!("/tmp/{program}.conf"), "--vty_port", "0"])
            .args(["-i", &format!("/run/frr/{program}.pid")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/");
        self.running.push(self.node.space.spawn(command).unwrap());
    }

    /// As a power cut.
    fn kill(&mut self) {
        for mut child in self.running.drain(..).rev() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.node
            .space
            .output("rm", &["-f", "/run/frr/zserv.api"])
            .unwrap();
    }
}

impl Drop for Frr {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until adverts come from this node alone.
#[track_caller]
fn settles(lan: &Lan, node: &str, since: Stamp, what: &str) {
    let mut row = 0;
    let alone = lan.timeline().wait(since, LONG, |e| {
        let (_, priority) = e.frame()?.advert()?;
        match (e.node == node, priority) {
            (true, 1..) => row += 1,
            (false, 1..) => row = 0,
            _ => {}
        }
        (row >= IN_A_ROW).then_some(())
    });
    assert!(alone.is_some(), "{what}\n{}", lan.timeline().story(0));
}

fn balancer(lan: &Lan, family: Family, priority: u8) -> Balancer {
    let Family {
        address, length, ..
    } = family;
    let config = format!(
        "vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 55
    version 3
    priority {priority}
    advert_int 0.2
    virtual_ipaddress {{
        {address}/{length}
    }}
}}
"
    );
    Balancer::new(lan, "lb01", LB01, ours(), &config).unwrap()
}

#[track_caller]
fn no_complaints(lan: &Lan) {
    let events = lan.timeline().since(0);
    let complaint = events.iter().filter_map(|e| e.log()).find(|line| {
        line.contains("nvalid") || line.contains("ismatch") || line.contains("hecksum")
    });
    assert_eq!(complaint, None, "{}", lan.timeline().story(0));
}

fn ours_is_better(family: Family) {
    let lan = Lan::new().unwrap();
    let mut frr = Frr::new(&lan, family, 100);
    let mut lb = balancer(&lan, family, 150);
    frr.start();
    settles(&lan, "lb02", 0, "FRR does not begin");
    let since = now();
    lb.start().unwrap();
    settles(&lan, "lb01", since, "FRR does not yield");
    let since = now();
    lb.daemon().unwrap().stop().unwrap();
    settles(&lan, "lb02", since, "FRR does not take over");
    no_complaints(&lan);
}

fn frr_is_better(family: Family) {
    let lan = Lan::new().unwrap();
    let mut frr = Frr::new(&lan, family, 150);
    let mut lb = balancer(&lan, family, 100);
    lb.start().unwrap();
    settles(&lan, "lb01", 0, "ours does not begin");
    let since = now();
    frr.start();
    settles(&lan, "lb02", since, "ours does not yield");
    let yields = lb.logs("(VI_1) Entering BACKUP STATE", since);
    assert!(yields.is_some(), "{}", lan.timeline().story(0));
    let since = now();
    frr.kill();
    settles(&lan, "lb01", since, "ours does not take over");
    no_complaints(&lan);
}

#[test]
fn ours_takes_over_from_frr_and_says_farewell() {
    ours_is_better(V4);
}

#[test]
fn ours_takes_over_from_frr_and_says_farewell_over_ipv6() {
    ours_is_better(V6);
}

#[test]
fn ours_yields_to_frr_and_replaces_it_when_it_dies() {
    frr_is_better(V4);
}

#[test]
fn ours_yields_to_frr_and_replaces_it_when_it_dies_over_ipv6() {
    frr_is_better(V6);
}
