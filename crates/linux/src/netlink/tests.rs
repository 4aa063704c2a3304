//! Against a real kernel, each test in a network of its own.
use super::*;
use crate::namespace::Namespace;
use ledger::{AddressKey, AddressSpec, Failure, Ledger, Leftovers, Op, Owner, Seen};
use nix::errno::Errno;
use std::os::fd::AsFd;
use wire::MacAddr;

fn key(link: u32, prefix: &str) -> AddressKey {
    AddressKey::new(link, prefix.parse().unwrap())
}

fn end(name: &str) -> VethEnd<'_> {
    VethEnd {
        name,
        mac: None,
        namespace: None,
    }
}

/// A socket, and a veth `a` that is up with its peer `b`.
pub(super) fn pair() -> (Socket, Link) {
    let mut socket = Socket::route().unwrap();
    socket.create_veth(end("a"), end("b")).unwrap();
    for name in ["a", "b"] {
        let index = socket.link(name).unwrap().unwrap().index;
        socket.set_up(index, true).unwrap();
    }
    let link = socket.link("a").unwrap().unwrap();
    (socket, link)
}

pub(super) fn in_namespace(work: impl FnOnce() + Send) {
    let run = || {
        work();
        Ok(())
    };
    Namespace::new().unwrap().run(run).unwrap();
}

#[test]
fn links_are_made_told_and_removed() {
    in_namespace(|| {
        let mut socket = Socket::route().unwrap();
        assert!(socket.link("a").unwrap().is_none());
        let mac = MacAddr([2, 0, 0, 0, 0, 1]);
        socket
            .create_veth(
                VethEnd {
                    mac: Some(mac),
                    ..end("a")
                },
                end("b"),
            )
            .unwrap();
        socket.create_bridge("br").unwrap();
        let links = socket.links().unwrap();
        let find = |name: &str| links.iter().find(|link| link.name == name).unwrap().clone();
        let (a, br) = (find("a"), find("br"));
        assert_eq!(
            (a.mac, a.kind.as_deref(), a.mtu),
            (Some(mac), Some("veth"), 1500)
        );
        assert!(!a.is_up() && !a.is_running() && !a.is_lower_up() && a.is_arp());
        assert_eq!(a.lower, Some(find("b").index));
        assert_eq!(br.kind.as_deref(), Some("bridge"));
        assert!(find("lo").is_loopback());

        socket.set_master(a.index, Some(br.index)).unwrap();
        socket.set_mtu(a.index, 1400).unwrap();
        socket.set_up(a.index, true).unwrap();
        socket.set_up(find("b").index, true).unwrap();
        let a = socket.link("a").unwrap().unwrap();
        assert_eq!((a.master, a.mtu), (Some(br.index), 1400));
        assert!(a.is_up() && a.is_running() && a.is_lower_up());
        socket.rename(br.index, "switch").unwrap();
        assert!(socket.link("switch").unwrap().is_some());
        socket.delete_link(a.index).unwrap();
        assert!(socket.link("b").unwrap().is_none());
    });
}

#[test]
fn a_veth_connects_two_namespaces() {
    let here = Namespace::new().unwrap();
    let there = Namespace::new().unwrap();
    let beyond = Namespace::new().unwrap();
    let mac = MacAddr([2, 0, 0, 0, 0, 9]);
    here.run(|| {
        let mut socket = Socket::route()?;
        let peer = VethEnd {
            name: "eth0",
            mac: Some(mac),
            namespace: Some(there.as_fd()),
        };
        socket.create_veth(end("port"), peer)?;
        Ok(())
    })
    .unwrap();
    there
        .run(|| {
            let mut socket = Socket::route()?;
            let link = socket.link("eth0")?.unwrap();
            assert_eq!(link.mac, Some(mac));
            socket.move_to(link.index, beyond.as_fd())?;
            assert!(socket.link("eth0")?.is_none());
            Ok(())
        })
        .unwrap();
    assert!(
        beyond
            .run(|| Ok(Socket::route()?.link("eth0")?))
            .unwrap()
            .is_some()
    );
}

#[test]
fn addresses_are_added_with_everything_said_about_them() {
    in_namespace(|| {
        let (mut socket, link) = pair();
        let plain = key(link.index, "10.0.0.1/24");
        socket.add_address(&plain, &AddressSpec::default()).unwrap();
        let second = key(link.index, "10.0.0.2/24");
        socket
            .add_address(&second, &AddressSpec::default())
            .unwrap();
        let full = key(link.index, "10.0.2.2/24");
        let spec = AddressSpec {
            label: Some("a:1".into()),
            scope: 253,
            broadcast: Some("10.0.2.255".parse().unwrap()),
            flags: 0x200,
            preferred: Some(0),
        };
        socket.add_address(&full, &spec).unwrap();
        let six = key(link.index, "2001:db8::1/64");
        let nodad = AddressSpec {
            flags: 0x02,
            preferred: Some(0),
            ..AddressSpec::default()
        };
        socket.add_address(&six, &nodad).unwrap();
        let mut peer = key(link.index, "10.1.0.1/32");
        peer.peer = Some("10.1.0.2".parse().unwrap());
        socket.add_address(&peer, &AddressSpec::default()).unwrap();

        let all = socket.addresses().unwrap();
        let find = |key: AddressKey| all.iter().find(|address| address.key == key).unwrap();
        assert_eq!(find(plain).spec.label.as_deref(), Some("a"));
        assert!(!find(plain).is_secondary());
        assert_eq!(find(full).spec, spec);
        assert!(find(second).is_secondary());
        assert_eq!(find(six).spec, nodad);
        assert!(!find(six).is_tentative());
        assert!(find(peer).spec.broadcast.is_none());
        assert!(
            [plain, full, six, peer]
                .iter()
                .all(|key| find(*key).protocol == PROTOCOL)
        );

        for key in [second, full, six, peer] {
            socket.delete_address(&key).unwrap();
        }
        let left = socket.addresses().unwrap();
        let ours: Vec<_> = left.iter().filter(|a| a.protocol == PROTOCOL).collect();
        assert_eq!(ours.len(), 1);
        assert_eq!(ours[0].key, plain);
    });
}

#[test]
fn refusals_carry_number_and_text() {
    in_namespace(|| {
        let (mut socket, link) = pair();
        let it = key(link.index, "10.0.0.1/24");
        socket.add_address(&it, &AddressSpec::default()).unwrap();
        let why = socket
            .add_address(&it, &AddressSpec::default())
            .unwrap_err();
        assert!(why.is(Errno::EEXIST));
        assert!(
            why.text().is_some_and(|text| text.contains("already")),
            "{why}"
        );
        let why = socket
            .delete_address(&key(link.index, "10.0.0.9/24"))
            .unwrap_err();
        assert!(why.is(Errno::EADDRNOTAVAIL), "{why}");
        let why = socket.add_address(&key(9999, "10.0.0.1/24"), &AddressSpec::default());
        assert!(why.unwrap_err().is(Errno::ENODEV));
    });
}

#[test]
fn a_batch_answers_each_request_in_order() {
    in_namespace(|| {
        let (mut socket, link) = pair();
        let keys: Vec<_> = (0..500u32)
            .map(|n| key(link.index, &format!("10.0.{}.{}/32", n / 250, n % 250 + 1)))
            .collect();
        let mut ops: Vec<_> = keys
            .iter()
            .map(|key| Op::Add(*key, AddressSpec::default()))
            .collect();
        ops.insert(100, ops[0].clone());
        ops.push(Op::Remove(key(link.index, "10.9.0.1/32")));
        ops.push(Op::Add(key(9999, "10.9.0.1/32"), AddressSpec::default()));
        let answers = socket.carry_out(&ops);
        let why = |place: usize| answers[place].as_ref().unwrap_err().failure();
        assert_eq!(why(100), Failure::AlreadyThere);
        assert_eq!(why(501), Failure::NotThere);
        assert_eq!(why(502), Failure::Refused);
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 3);
        let ours = socket
            .addresses()
            .unwrap()
            .iter()
            .filter(|a| a.protocol == 18)
            .count();
        assert_eq!(ours, 500);
        let ops: Vec<_> = keys.iter().map(|key| Op::Remove(*key)).collect();
        assert!(socket.carry_out(&ops).iter().all(Result::is_ok));
    });
}

/// Two lives of a daemon, the first killed: what it left goes, what others have stays.
#[test]
fn the_ledger_and_the_kernel_agree() {
    in_namespace(|| {
        let (mut socket, link) = pair();
        let own = key(link.index, "10.0.0.1/24");
        let tagging = std::mem::replace(&mut socket.tags_addresses, false);
        socket.add_address(&own, &AddressSpec::default()).unwrap();
        socket.tags_addresses = tagging;
        let vips = |all: &[&str]| -> Vec<_> {
            all.iter()
                .map(|vip| (key(link.index, vip), AddressSpec::default()))
                .collect()
        };
        let present = |socket: &mut Socket| -> Vec<_> {
            let all = socket.addresses().unwrap();
            let v4 = all
                .iter()
                .filter(|address| address.key.prefix.addr().is_ipv4());
            v4.map(|address| address.key.prefix.addr().to_string())
                .collect()
        };
        let settle = |ledger: &mut Ledger, socket: &mut Socket| loop {
            let ops = ledger.settle(2);
            if ops.is_empty() {
                break;
            }
            assert!(socket.carry_out(&ops).iter().all(Result::is_ok));
        };

        let mut first = Ledger::new(Leftovers::Remove);
        first.configure(
            Owner(1),
            vips(&["10.0.0.8/24", "10.0.0.9/24", "10.0.0.10/32"]),
        );
        first.hold(Owner(1));
        settle(&mut first, &mut socket);
        assert_eq!(present(&mut socket).len(), 4);

        let mut monitor = Monitor::new().unwrap();
        let mut second = Ledger::new(Leftovers::Remove);
        second.configure(Owner(1), vips(&["10.0.0.1/24", "10.0.0.9/24"]));
        second.adopt(
            socket
                .addresses()
                .unwrap()
                .into_iter()
                .map(Seen::from)
                .collect(),
        );
        second.hold(Owner(1));
        settle(&mut second, &mut socket);
        assert_eq!(present(&mut socket), ["10.0.0.1", "10.0.0.9"]);
        let drain = |monitor: &mut Monitor, ledger: &mut Ledger| {
            let mut lost = Vec::new();
            while let Some(fact) = monitor.next_fact().unwrap() {
                lost.extend(ledger.observe(fact.for_ledger().unwrap()));
            }
            lost
        };
        assert_eq!(drain(&mut monitor, &mut second), []);
        socket
            .delete_address(&key(link.index, "10.0.0.9/24"))
            .unwrap();
        assert_eq!(drain(&mut monitor, &mut second), [Owner(1)]);
        second.release(Owner(1));
        settle(&mut second, &mut socket);
        assert_eq!(present(&mut socket), ["10.0.0.1"]);
        assert_eq!(drain(&mut monitor, &mut second), []);
        assert!(socket.delete_address(&own).is_ok());
    });
}

#[test]
fn the_monitor_tells_what_happens() {
    in_namespace(|| {
        let mut monitor = Monitor::new().unwrap();
        assert_eq!(monitor.next_fact().unwrap(), None);
        let (mut socket, link) = pair();
        let it = key(link.index, "10.0.0.1/24");
        socket.add_address(&it, &AddressSpec::default()).unwrap();
        socket.delete_address(&it).unwrap();
        socket.delete_link(link.index).unwrap();
        let mut facts = Vec::new();
        while let Some(fact) = monitor.next_fact().unwrap() {
            facts.push(fact);
        }
        let place = |what: &dyn Fn(&Fact) -> bool| facts.iter().position(what).unwrap();
        let up = place(&|fact| matches!(fact, Fact::Link(l) if l.name == "a" && l.is_running()));
        let added = place(&|fact| matches!(fact, Fact::AddressAdded(a) if a.key == it));
        let removed = place(&|fact| matches!(fact, Fact::AddressRemoved(a) if a.key == it));
        let gone = place(&|fact| matches!(fact, Fact::LinkGone(l) if l.name == "a"));
        assert!(up < added && added < removed && removed < gone);
    });
}

#[test]
fn leaving_a_bridge_is_not_the_end_of_a_link() {
    in_namespace(|| {
        let (mut socket, link) = pair();
        socket.create_bridge("br").unwrap();
        let bridge = socket.link("br").unwrap().unwrap();
        socket.set_master(link.index, Some(bridge.index)).unwrap();
        let mut monitor = Monitor::new().unwrap();
        socket.set_master(link.index, None).unwrap();
        let mut left = false;
        while let Some(fact) = monitor.next_fact().unwrap() {
            assert!(!matches!(fact, Fact::LinkGone(_)), "{fact:?}");
            left |= matches!(fact, Fact::Link(l) if l.name == "a" && l.master.is_none());
        }
        assert!(left);
    });
}

#[test]
fn an_overrun_is_told_and_listening_goes_on() {
    in_namespace(|| {
        let mut monitor = Monitor::new().unwrap();
        let small: i32 = 1;
        crate::sockopt::set(&monitor, libc::SOL_SOCKET, libc::SO_RCVBUF, &small).unwrap();
        let (mut socket, link) = pair();
        for _ in 0..50 {
            socket.set_up(link.index, false).unwrap();
            socket.set_up(link.index, true).unwrap();
        }
        let mut lost = false;
        while let Some(fact) = monitor.next_fact().unwrap() {
            lost |= fact == Fact::Lost;
        }
        assert!(lost);
        crate::sockopt::set_receive_buffer(&monitor, 1 << 20).unwrap();
        let it = key(link.index, "10.0.0.1/24");
        socket.add_address(&it, &AddressSpec::default()).unwrap();
        let mut heard = false;
        while let Some(fact) = monitor.next_fact().unwrap() {
            heard |= matches!(fact, Fact::AddressAdded(a) if a.key == it);
        }
        assert!(heard);
    });
}
