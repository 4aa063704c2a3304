//! The first failover: a backup hears nothing, takes over, and says farewell when stopped.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may fail
use std::time::Duration;
use vrrp::{Auth, Change, Effect, InstanceId, Link, Params, Router, StateKind};
use wire::{Family, Instant, Priority, Vrid};

const ID: InstanceId = InstanceId(1);

fn router() -> Router {
    let mut router = Router::new();
    let link = Link {
        name: "eth0".into(),
        index: 2,
        up: true,
        ipv4: Some([10, 20, 0, 0xf6].into()),
        ipv6: None,
        sources: std::collections::BTreeSet::new(),
    };
    router.handle_link(Instant::ZERO, &link);
    let mut params = Params::new("eth0", Vrid::new(55).unwrap(), Family::V4);
    params.priority = Priority::new(150);
    params.auth = Auth::Pass(*b"1111\0\0\0\0");
    params.addresses = vec!["10.20.0.249".parse().unwrap()];
    router.apply(Instant::ZERO, Change::Add(ID, params));
    router
}

fn drain(router: &mut Router) -> Vec<String> {
    let effects = std::iter::from_fn(|| router.poll_effect());
    effects
        .filter_map(|effect| match effect {
            Effect::Send { message, .. } => Some(format!("send {}", message[2])),
            Effect::Hold(_) => Some("hold".into()),
            Effect::Release(_) => Some("release".into()),
            Effect::Announce { repeat, .. } => Some(format!("announce {repeat}")),
            Effect::Notify(notice) => Some(format!("{:?}", notice.to)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_lone_router_becomes_master_and_leaves_properly() {
    let mut router = router();
    assert_eq!(drain(&mut router), ["Backup"]);
    let down = Instant::ZERO + Duration::from_nanos(3_414_062_500);
    assert_eq!(router.poll_timeout(), Some(down));
    router.handle_timeout(down);
    assert_eq!(
        drain(&mut router),
        ["send 150", "hold", "announce 5", "Master"]
    );
    assert_eq!(router.poll_timeout(), Some(down + Duration::from_secs(1)));
    router.stop(down + Duration::from_millis(10));
    assert_eq!(drain(&mut router), ["send 0", "release", "Stopped"]);
    assert_eq!(router.state(ID), Some(StateKind::Stopped));
    assert_eq!(router.poll_timeout(), None);
}
