//! Version 3 over IPv6: sums with pseudo-header, hop limits, signatures.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test may fail
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use vrrp::{
    Change, Effect, Hmac, HmacMode, InstanceId, Link, Params, Received, Reject, Replay, Router,
    StateKind, Verdict, default_group,
};
use wire::vrrp::{Cover, Repr};
use wire::{Family, Instant, Priority, Secret, Version, Vrid};

const ID: InstanceId = InstanceId(1);

fn address(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last)
}

fn params(priority: u8) -> Params {
    let mut params = Params::new("eth0", Vrid::new(51).unwrap(), Family::V6);
    params.priority = Priority::new(priority);
    params.addresses = vec![address(0x100).into(), "2001:db8::100".parse().unwrap()];
    params
}

fn router(last: u16, params: Params) -> Router {
    let mut router = Router::new();
    let link = Link {
        name: "eth0".into(),
        index: 2,
        up: true,
        ipv4: None,
        ipv6: Some(address(last)),
        sources: std::collections::BTreeSet::new(),
    };
    router.handle_link(Instant::ZERO, &link);
    router.apply(Instant::ZERO, Change::Add(ID, params));
    router
}

/// The first advert of a master at `fe80::9`.
fn advert(params: Params) -> Arc<[u8]> {
    let mut router = router(9, params);
    let at = router.poll_timeout().unwrap();
    router.handle_timeout(at);
    let mut effects = std::iter::from_fn(|| router.poll_effect());
    effects
        .find_map(|effect| match effect {
            Effect::Send { from, message, .. } => {
                assert_eq!(from, IpAddr::V6(address(9)));
                Some(message)
            }
            _ => None,
        })
        .unwrap()
}

fn hear(router: &mut Router, hops: u8, message: &[u8]) -> Verdict {
    let source = address(9).into();
    let destination = default_group(Family::V6);
    let rx = Received {
        ifindex: 2,
        source,
        destination,
        ttl: hops,
        ipv4: None,
        payload: message,
    };
    router.handle_packet(Instant::ZERO, &rx)
}

fn cover() -> Cover {
    Cover::Pseudo {
        src: address(9).into(),
        dst: default_group(Family::V6),
    }
}

#[test]
fn an_advert_has_version_3_and_the_pseudo_header_in_its_sum() {
    let repr = Repr::parse(&advert(params(200)), Family::V6, cover()).unwrap();
    assert_eq!(
        (repr.version, repr.addresses),
        (Version::V3, params(1).addresses)
    );
}

#[test]
fn a_backup_believes_it_and_refuses_what_is_wrong() {
    let advert = advert(params(200));
    let mut backup = router(5, params(100));
    assert_eq!(hear(&mut backup, 255, &advert), Verdict::Obeyed(ID));
    assert_eq!(
        hear(&mut backup, 254, &advert),
        Verdict::Reject(Reject::Ttl {
            got: 254,
            want: 255
        })
    );
    let mut wrong = advert.to_vec();
    wrong[6] ^= 1;
    let refused = Reject::Checksum {
        version: Version::V3,
    };
    assert_eq!(hear(&mut backup, 255, &wrong), Verdict::Reject(refused));
    let refused = Reject::Length { want: 40, got: 39 };
    assert_eq!(
        hear(&mut backup, 255, &advert[..39]),
        Verdict::Reject(refused)
    );
}

#[test]
fn without_a_link_local_address_there_is_nothing_to_say() {
    let mut router = Router::new();
    let ipv4 = Some([10, 0, 0, 1].into());
    router.handle_link(
        Instant::ZERO,
        &Link {
            name: "eth0".into(),
            index: 2,
            up: true,
            ipv4,
            ipv6: None,
            sources: std::collections::BTreeSet::new(),
        },
    );
    router.apply(Instant::ZERO, Change::Add(ID, params(100)));
    assert_eq!(router.state(ID), Some(StateKind::Fault));
}

#[test]
fn one_vrid_may_serve_both_families() {
    let mut router = router(5, params(100));
    let ipv4 = Some([10, 0, 0, 5].into());
    router.handle_link(
        Instant::ZERO,
        &Link {
            name: "eth0".into(),
            index: 2,
            up: true,
            ipv4,
            ipv6: Some(address(5)),
            sources: std::collections::BTreeSet::new(),
        },
    );
    let v4 = Params::new("eth0", Vrid::new(51).unwrap(), Family::V4);
    router.apply(Instant::ZERO, Change::Add(InstanceId(2), v4));
    assert_eq!(
        hear(&mut router, 255, &advert(params(200))),
        Verdict::Obeyed(ID)
    );
}

#[test]
fn the_sum_covers_the_signature_as_the_kernel_makes_it() {
    let keys = vec![(1, Secret::new(vec![7; 32]))];
    let replay = Replay::Time {
        window: Duration::from_secs(5),
    };
    let hmac = Some(Hmac {
        keys,
        active: 1,
        mode: HmacMode::Enforce,
        replay,
    });
    let signed = advert(Params {
        hmac: hmac.clone(),
        ..params(200)
    });
    assert_eq!(signed.len(), 40 + 28);
    assert_eq!(cover().sum(signed.len()).with(&signed).finish(), 0);
    let mut backup = router(
        5,
        Params {
            hmac,
            ..params(100)
        },
    );
    assert_eq!(hear(&mut backup, 255, &signed), Verdict::Obeyed(ID));
}
