use super::*;
use ledger::ipvs::{
    DestKey, DestSpec, Forwarding, Protocol, ServiceFlags, ServiceSpec, Tunnel, TunnelKind,
};
use proptest::prelude::*;
use std::net::IpAddr;
use wire::Family;

const HEADERS: usize = 20;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

/// The attributes of a request: what follows the netlink and generic headers.
fn attrs(mut message: Message) -> Vec<u8> {
    message.finish(1)[HEADERS..].to_vec()
}

fn tcp(address: &str) -> ServiceKey {
    ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: address.parse().unwrap(),
        port: 80,
    }
}

fn spec() -> ServiceSpec {
    ServiceSpec {
        scheduler: "rr".into(),
        flags: ServiceFlags::default(),
        persistence: 0,
        granularity: 32,
        engine: None,
    }
}

fn dest_spec(forwarding: Forwarding) -> DestSpec {
    DestSpec {
        forwarding,
        weight: 3,
        upper: 100,
        lower: 50,
    }
}

// The goldens are for little-endian machines.
#[cfg(target_endian = "little")]
#[test]
fn a_service_as_octets() {
    let op = Op::AddService(tcp("10.0.0.1"), spec());
    let expected = hex("5400 0100 \
         0600 0100 0200 0000 \
         0600 0200 0600 0000 \
         1400 0300 0a000001 00000000 00000000 00000000 \
         0600 0400 0050 0000 \
         0700 0600 727200 00 \
         0c00 0700 00000000 ffffffff \
         0800 0800 00000000 \
         0800 0900 ffffffff");
    assert_eq!(attrs(message::op(0x20, &op)), expected);
}

#[cfg(target_endian = "little")]
#[test]
fn a_persistent_service_by_mark_as_octets() {
    let key = ServiceKey::Fwmark {
        family: Family::V6,
        mark: 6,
    };
    let flags = ServiceFlags {
        one_packet: true,
        scheduler: 0b101,
    };
    let spec = ServiceSpec {
        scheduler: "sh".into(),
        flags,
        persistence: 60,
        granularity: 96,
        engine: Some("sip".into()),
    };
    let expected = hex("4000 0100 \
         0600 0100 0a00 0000 \
         0800 0500 06000000 \
         0700 0600 736800 00 \
         0c00 0700 2d000000 ffffffff \
         0800 0800 3c000000 \
         0800 0900 60000000 \
         0800 0b00 73697000");
    assert_eq!(
        attrs(message::op(0x20, &Op::EditService(key, spec))),
        expected
    );
}

#[cfg(target_endian = "little")]
#[test]
fn a_tunnelled_destination_as_octets() {
    let at = DestKey {
        address: "10.0.1.2".parse().unwrap(),
        port: 8080,
    };
    let tunnel = Tunnel {
        kind: TunnelKind::Gue,
        port: 6080,
        checksum: 1,
    };
    let op = Op::AddDest(tcp("10.0.0.1"), at, dest_spec(Forwarding::Tunnel(tunnel)));
    let expected = hex("3000 0100 \
         0600 0100 0200 0000 \
         0600 0200 0600 0000 \
         1400 0300 0a000001 00000000 00000000 00000000 \
         0600 0400 0050 0000 \
         6000 0200 \
         1400 0100 0a000102 00000000 00000000 00000000 \
         0600 0200 1f90 0000 \
         0600 0b00 0200 0000 \
         0800 0300 02000000 \
         0800 0400 03000000 \
         0800 0500 64000000 \
         0800 0600 32000000 \
         0500 0d00 01 000000 \
         0600 0e00 17c0 0000 \
         0600 0f00 0100 0000");
    assert_eq!(attrs(message::op(0x20, &op)), expected);
}

#[cfg(target_endian = "little")]
#[test]
fn a_sync_daemon_as_octets() {
    let daemon = Daemon {
        interface: "eth0".into(),
        id: 7,
        maxlen: Some(1400),
        port: Some(8848),
        ttl: Some(2),
        group: Some("224.0.0.81".parse().unwrap()),
    };
    let begin = || message::request(0x20, uapi::CMD_NEW_DAEMON);
    let start = message::start_daemon(begin(), DaemonRole::Backup, &daemon);
    let expected = hex("4000 0300 \
         0800 0100 02000000 \
         0900 0200 6574683000 000000 \
         0800 0300 07000000 \
         0600 0400 7805 0000 \
         0800 0500 e0000051 \
         0600 0700 9022 0000 \
         0500 0800 02 000000");
    assert_eq!(attrs(start), expected);
    let stop = message::stop_daemon(begin(), DaemonRole::Master, &daemon);
    let expected = hex("2000 0300 \
         0800 0100 01000000 \
         0900 0200 6574683000 000000 \
         0800 0300 07000000");
    assert_eq!(attrs(stop), expected);
}

/// What a request carries is read back as the answer that has the same attributes.
fn answer(message: Message) -> Vec<u8> {
    let mut message = message;
    message.finish(1)[HEADERS - 4..].to_vec()
}

#[test]
fn services_are_read_as_they_are_written() {
    let keys = [
        tcp("10.0.0.1"),
        tcp("fd00::1"),
        ServiceKey::Fwmark {
            family: Family::V4,
            mark: 5,
        },
    ];
    for key in keys {
        for (persistence, scheduler, granularity) in [(0, 0, 32), (360, 7, 24)] {
            let mut spec = spec();
            spec.persistence = persistence;
            spec.granularity = granularity;
            spec.flags.scheduler = scheduler;
            spec.flags.one_packet = persistence == 0;
            let op = Op::AddService(key, spec.clone());
            let bytes = answer(message::op(0x20, &op));
            assert_eq!(parse::service(&bytes), Some((key, spec)));
        }
    }
}

#[test]
fn destinations_are_read_as_they_are_written() {
    let gre = Tunnel {
        kind: TunnelKind::Gre,
        port: 0,
        checksum: 1,
    };
    let all = [
        Forwarding::Masquerade,
        Forwarding::Direct,
        Forwarding::Tunnel(gre),
    ];
    for forwarding in all {
        for address in ["10.0.1.2", "fd00::2"] {
            let address: IpAddr = address.parse().unwrap();
            let at = DestKey { address, port: 81 };
            let op = Op::EditDest(tcp("10.0.0.1"), at, dest_spec(forwarding));
            let bytes = answer(message::op(0x20, &op));
            let read = parse::dest(&bytes, Family::V4);
            assert_eq!(read, Some((at, dest_spec(forwarding))));
        }
    }
}

proptest! {
    #[test]
    fn foreign_octets_never_panic(bytes: Vec<u8>) {
        let _ = parse::service(&bytes);
        let _ = parse::dest(&bytes, Family::V6);
        let _ = parse::daemon(&bytes);
    }
}
