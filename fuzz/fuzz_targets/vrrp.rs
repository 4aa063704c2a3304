//! Any bytes as a stream of VRRP messages to a router with instances of all kinds: no panic, no
//! endless timers; and what parses as an advert is written back alike.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use std::time::Duration;
use vrrp::{
    Auth, Change, Hmac, HmacMode, InstanceId, Link, Params, Peer, Preempt, Received, Replay, Router, default_group,
};
use wire::vrrp::{Cover, Repr};
use wire::{Family, Instant, Secret, Version, Vrid, ipv4};

fuzz_target!(|data: &[u8]| {
    let Some((&kind, message)) = data.split_first() else { return };
    let family = if kind & 1 == 0 { Family::V4 } else { Family::V6 };
    written_back(family, message);
    hear(kind, family, message);
});

fn written_back(family: Family, message: &[u8]) {
    let Ok(repr) = Repr::parse(message, family, Cover::Message) else { return };
    let again = Repr::parse(&repr.emit(Cover::Message), family, Cover::Message);
    assert_eq!(again, Ok(repr));
}

fn hear(kind: u8, family: Family, messages: &[u8]) {
    let (mut router, mut now) = (router(kind, family), Instant::ZERO);
    for message in messages.chunks(44) {
        let source: IpAddr = match family {
            Family::V4 => [10, 0, 0, 9].into(),
            Family::V6 => [0xfe80, 0, 0, 0, 0, 0, 0, 9].into(),
        };
        let destination = default_group(family);
        let ipv4 = ipv4_header(kind, source, destination, message.len());
        let rx = Received { ifindex: 2, source, destination, ttl: 255, ipv4, payload: message };
        router.handle_packet(now, &rx);
        router.handle_timeout(now);
        while router.poll_effect().is_some() {}
        if let Some(at) = router.poll_timeout() {
            assert!(at > now, "a timer that is due was handled");
        }
        now += Duration::from_millis(u64::from(kind) * 20);
    }
}

/// With an authentication header behind it for some kinds.
fn ipv4_header(kind: u8, source: IpAddr, destination: IpAddr, len: usize) -> Option<ipv4::Repr> {
    let (IpAddr::V4(src), IpAddr::V4(dst)) = (source, destination) else { return None };
    let protocol = if kind & 128 == 0 { ipv4::PROTOCOL_VRRP } else { ipv4::PROTOCOL_AH };
    Some(ipv4::Repr { protocol, ..ipv4::Repr::advert(src, dst, 255, 1, len) })
}

fn router(kind: u8, family: Family) -> Router {
    let mut router = Router::new();
    let (ipv4, ipv6) = (Some([10, 0, 0, 1].into()), Some([0xfe80, 0, 0, 0, 0, 0, 0, 1].into()));
    router.handle_link(Instant::ZERO, &Link { name: "eth0".into(), index: 2, up: true, ipv4, ipv6, sources: std::collections::BTreeSet::new() });
    let vrid = Vrid::new(1).expect("not 0");
    let mut params = Params::new("eth0", vrid, family);
    params.version = if kind & 2 == 0 { Version::V2 } else { Version::V3 };
    params.auth = match kind & 132 {
        0 => Auth::None,
        4 => Auth::Pass(*b"secret\0\0"),
        _ => Auth::Ah(Secret::new(b"secret\0\0".to_vec())),
    };
    if kind & 32 != 0 {
        let keys = vec![(1, Secret::new(vec![1; 32]))];
        let replay = Replay::Time { window: Duration::from_secs(300) };
        params.hmac = Some(Hmac { keys, active: 1, mode: HmacMode::Permissive, replay });
    }
    params.preempt = [Preempt::Yes, Preempt::No, Preempt::After(Duration::from_secs(1))][usize::from(kind >> 3) % 3];
    params.addresses = vec![match family {
        Family::V4 => IpAddr::from([10, 0, 0, 100]),
        Family::V6 => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 0x100]),
    }];
    if kind & 64 != 0 {
        params.peers = vec![Peer { address: [10, 0, 0, 9].into(), ttl: Some((10, 255)) }];
    }
    router.apply(Instant::ZERO, Change::Add(InstanceId(1), params));
    while router.poll_effect().is_some() {}
    router
}
