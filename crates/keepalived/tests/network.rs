//! What an instance owns besides its addresses: routes, rules, interfaces, filters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;
use common::ours;
use lab::Lan;
use lab::scenario::{Balancer, LB01, LONG, VIP, host};
use lab::timeline::now;
use std::thread;
use std::time::{Duration, Instant};

const ROUTES: &str = "
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 255
    advert_int 0.5
    version 3
    virtual_ipaddress {
        10.20.0.249/24 dev eth0 label eth0:1
        10.70.0.1 peer 10.70.0.2
    }
    virtual_routes {
        192.0.2.0/24 via 10.20.0.9 src 10.20.0.249
        198.51.100.0/24 via 10.20.0.9 no_track
        2001:db8::/32 via fe80::9 dev eth0
        blackhole 203.0.113.0/24 table 77
    }
    virtual_rules {
        from 10.20.0.249/32 table 77 priority 1000
    }
}
";

struct Alone {
    lb: Balancer,
    lan: Lan,
}

impl Alone {
    fn master(config: &str) -> Self {
        let lan = Lan::new().unwrap();
        let lb = Balancer::new(&lan, "lb01", LB01, ours(), config).unwrap();
        let mut alone = Alone { lb, lan };
        alone.lb.start().unwrap();
        alone.is_master();
        alone
    }

    /// Waits until it announces the address and has said so.
    #[track_caller]
    fn is_master(&self) {
        let said = self.lb.logs("(VI_1) Entering MASTER STATE", 0);
        let master = said.is_some() && self.lb.announces(VIP, 0).is_some();
        assert!(master, "{}", self.story());
    }

    fn story(&self) -> String {
        self.lan.timeline().story(0)
    }

    /// What `ip` with these words says.
    fn ip(&self, words: &str) -> String {
        let words: Vec<_> = words.split(' ').collect();
        self.lb.node.space.output("ip", &words).unwrap()
    }

    #[track_caller]
    fn wait(&self, what: &str, fact: impl Fn(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while !fact(self) {
            assert!(Instant::now() < end, "{what}\n{}", self.story());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Routes of ours in all tables, and rules.
    fn policy(&self) -> String {
        let routes = self.ip("route show table all proto 18");
        let more = self.ip("-6 route show table all proto 18");
        routes + &more + &self.ip("rule show")
    }
}

#[test]
fn routes_and_rules_come_and_go_with_the_instance() {
    let mut alone = Alone::master(ROUTES);
    let whole = alone.policy();
    for part in [
        "192.0.2.0/24 via 10.20.0.9 dev eth0 src 10.20.0.249",
        "198.51.100.0/24 via 10.20.0.9 dev eth0",
        "2001:db8::/32 via fe80::9 dev eth0",
        "blackhole 203.0.113.0/24 table 77",
        "1000:\tfrom 10.20.0.249 lookup 77",
    ] {
        assert!(whole.contains(part), "{part} is not in\n{whole}");
    }
    alone.lb.daemon().unwrap().stop().unwrap();
    let left = alone.policy();
    for part in [
        "192.0.2.0",
        "198.51.100.0",
        "2001:db8",
        "203.0.113.0",
        "1000:",
    ] {
        assert!(!left.contains(part), "{part} is still in\n{left}");
    }
    let addresses = alone.ip("addr show dev eth0");
    assert!(!addresses.contains("10.70.0.1"), "{addresses}");
}

#[test]
fn a_tracked_route_that_somebody_deletes_makes_the_master_step_down_and_come_back() {
    let alone = Alone::master(ROUTES);
    for object in ["route del 192.0.2.0/24", "rule del priority 1000"] {
        let since = now();
        alone.ip(object);
        let down = alone.lb.logs("(VI_1) Entering BACKUP STATE", since);
        assert!(down.is_some(), "{object}: no reaction\n{}", alone.story());
        let up = alone.lb.logs("(VI_1) Entering MASTER STATE", since);
        assert!(
            up.is_some(),
            "{object}: did not come back\n{}",
            alone.story()
        );
        alone.wait("not in force again", |alone| {
            let policy = alone.policy();
            policy.contains("192.0.2.0/24") && policy.contains("1000:")
        });
    }
    let since = now();
    alone.ip("route del 198.51.100.0/24");
    alone.ip("route del 192.0.2.0/24");
    assert!(
        alone
            .lb
            .logs("(VI_1) Entering BACKUP STATE", since)
            .is_some()
    );
    alone.wait(
        "what is not tracked comes back with the next mastership",
        |alone| alone.policy().contains("198.51.100.0/24"),
    );
}

#[test]
fn a_reload_changes_only_what_differs() {
    let mut alone = Alone::master(ROUTES);
    alone
        .lb
        .node
        .space
        .output("ip", &["route", "show"])
        .unwrap();
    let next = ROUTES.replace("blackhole 203.0.113.0/24", "prohibit 203.0.113.0/25");
    let since = now();
    alone.lb.reload(&next).unwrap();
    alone.wait("the new route is missing", |alone| {
        let policy = alone.policy();
        policy.contains("prohibit 203.0.113.0/25") && !policy.contains("blackhole")
    });
    let states = alone.lan.timeline().since(since);
    let moved = states
        .iter()
        .any(|e| e.log().is_some_and(|l| l.contains("STATE")));
    assert!(!moved, "{}", alone.story());
}

const VMAC: &str = "
global_defs {
    nftables vmac_test
}
vrrp_instance VI_1 {
    interface eth0
    use_vmac
    virtual_router_id 51
    priority 200
    advert_int 0.5
    version 3
    virtual_ipaddress {
        10.20.0.249/24
    }
}
vrrp_instance VI_2 {
    interface eth0
    use_vmac closed
    virtual_router_id 52
    no_accept
    advert_int 0.5
    version 3
    virtual_ipaddress {
        10.20.0.248/24
    }
}
static_ipaddress {
    10.88.0.1/24 dev eth0
}
static_rules {
    from 10.88.0.0/24 table 210 priority 2000
}
";

/// What the kernel's settings around a VMAC are.
fn settings(alone: &Alone) -> String {
    let files = ["arp_ignore", "arp_filter"].map(|name| {
        let path = format!("/proc/sys/net/ipv4/conf/eth0/{name}");
        alone.lb.node.space.output("cat", &[&path]).unwrap()
    });
    files.concat().replace('\n', " ")
}

#[test]
fn a_virtual_mac_is_made_used_and_removed_and_the_settings_are_put_back() {
    let mut alone = Alone::master(VMAC);
    alone.wait("the second is not master", |alone| {
        alone.ip("addr show dev closed").contains("10.20.0.248/24")
    });
    let link = alone.ip("-d link show vrrp.51");
    assert!(
        link.contains("00:00:5e:00:01:33") && link.contains("macvlan mode private"),
        "{link}"
    );
    assert!(alone.ip("addr show dev vrrp.51").contains("10.20.0.249/24"));
    assert_eq!(settings(&alone), "1 1 ");
    let table = alone
        .lb
        .node
        .space
        .output("nft", &["list", "table", "ip", "vmac_test"])
        .unwrap();
    assert!(
        table.contains("10.20.0.248") && !table.contains("10.20.0.249"),
        "{table}"
    );
    assert!(table.contains("vmac_map"), "{table}");
    let senders = alone.lan.timeline().since(0);
    let advert = |e: &lab::Event| e.frame().is_some_and(|f| f.advert().is_some());
    assert!(senders.iter().any(advert), "{}", alone.story());
    let log = alone.story();
    assert!(!log.contains("FAULT"), "{log}");

    // A reload to one instance takes the other's interface away.
    let next = VMAC.replace("use_vmac closed", "");
    alone.lb.reload(&next).unwrap();
    alone.wait("still there", |alone| {
        !alone.ip("link show").contains("closed")
    });
    alone.lb.daemon().unwrap().stop().unwrap();
    assert!(!alone.ip("link show").contains("vrrp.51"));
    assert_eq!(settings(&alone), "0 0 ");
    let tables = alone
        .lb
        .node
        .space
        .output("nft", &["list", "tables"])
        .unwrap();
    assert!(!tables.contains("vmac_test"), "{tables}");
    let left = alone.ip("addr show dev eth0") + &alone.policy();
    assert!(
        !left.contains("10.88.0.1") && !left.contains("2000:"),
        "{left}"
    );
}

#[test]
fn what_a_killed_daemon_left_of_a_virtual_mac_is_taken_over() {
    let mut alone = Alone::master(VMAC);
    let index = |alone: &Alone| {
        let line = alone.ip("-o link show vrrp.51");
        line.split(':').next().unwrap_or_default().to_owned()
    };
    let before = index(&alone);
    alone.lb.daemon().unwrap().kill().unwrap();
    let back = now();
    alone.lb.start().unwrap();
    assert!(alone.lb.announces(VIP, back).is_some(), "{}", alone.story());
    assert_eq!(index(&alone), before);
    alone.lb.daemon().unwrap().stop().unwrap();
    assert!(!alone.ip("link show").contains("vrrp.51"));
}

#[test]
fn a_static_object_that_cannot_be_put_back_is_a_fault_of_its_trackers() {
    let config = format!(
        "{ROUTES}
static_routes {{
    192.0.2.128/25 via 10.99.0.1 src 10.99.0.2 dev eth0 track_group G
}}
track_group G {{
    group {{
        VI_1
    }}
}}
"
    );
    let lan = Lan::new().unwrap();
    let lb = Balancer::new(&lan, "lb01", LB01, ours(), &config).unwrap();
    let gateway = host([10, 99, 0, 2].into());
    lb.node.add_address(gateway).unwrap();
    let mut alone = Alone { lb, lan };
    alone.lb.start().unwrap();
    alone.is_master();
    // Put back at once: nobody minds.
    let since = now();
    alone.ip("route del 192.0.2.128/25");
    alone.wait("not put back", |alone| {
        alone.policy().contains("192.0.2.128/25")
    });
    let states = alone.lan.timeline().since(since);
    let moved = states
        .iter()
        .any(|e| e.log().is_some_and(|l| l.contains("STATE")));
    assert!(!moved, "{}", alone.story());
    // Without its source address the kernel refuses it.
    alone.lb.node.remove_address(gateway).unwrap();
    let fault = alone.lb.logs("(VI_1) Entering FAULT STATE", since);
    assert!(fault.is_some(), "{}", alone.story());
    alone.lb.node.add_address(gateway).unwrap();
    let back = alone.lb.logs("(VI_1) Entering MASTER STATE", since);
    assert!(back.is_some(), "{}", alone.story());
}
