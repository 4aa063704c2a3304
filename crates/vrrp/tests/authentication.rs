//! Authentication between routers: who is believed, and what is counted.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test may fail
mod wires;
use std::time::Duration;
use vrrp::{Auth, Hmac, HmacMode, Params, Reject, Replay, StateKind, Verdict};
use wire::{Secret, Version};
use wires::{Host, ID, Packet, millis, params};

const UTC: Duration = Duration::from_hours(500_000);
const EARLIER: Duration = Duration::from_hours(499_999);

/// A master's adverts, one a second, ten of them.
fn adverts(params: Params) -> Vec<Packet> {
    let mut master = Host::new(9, params);
    master.router.handle_clock(master.now, UTC);
    let sent = master.until(Duration::from_secs(14));
    sent[..10].to_vec()
}

fn backup(params: Params) -> Host {
    let mut host = Host::new(5, params);
    host.router.handle_clock(host.now, UTC);
    host.until(millis(3000));
    host
}

fn obeyed() -> Verdict {
    Verdict::Obeyed(ID)
}

fn pass(password: [u8; 8], priority: u8) -> Params {
    Params {
        auth: Auth::Pass(password),
        ..params(priority)
    }
}

fn ah(key: [u8; 8], priority: u8) -> Params {
    Params {
        auth: Auth::Ah(Secret::new(key.to_vec())),
        ..params(priority)
    }
}

#[test]
fn a_wrong_password_is_refused_and_the_timer_runs_on() {
    let advert = &adverts(pass(*b"right\0\0\0", 200))[0];
    let mut host = backup(pass(*b"wrong\0\0\0", 100));
    assert_eq!(host.hear(advert).0, Verdict::Reject(Reject::Password));
    assert_eq!(host.stats().auth_failure, 1);
    host.until(millis(3610));
    assert_eq!(host.state(), StateKind::Master);
}

#[test]
fn types_have_to_be_equal() {
    let mut host = backup(params(100));
    let refused = |got, want| Verdict::Reject(Reject::AuthType { got, want });
    assert_eq!(
        host.hear(&adverts(pass(*b"right\0\0\0", 200))[0]).0,
        refused(1, 0)
    );
    let mut host = backup(ah(*b"secret12", 100));
    assert_eq!(host.hear(&adverts(params(200))[0]).0, refused(0, 2));
    assert_eq!(host.stats().authtype_mismatch, 1);
}

#[test]
fn ah_counts_up_and_refuses_replays() {
    let adverts = adverts(ah(*b"secret12", 200));
    assert!(adverts.iter().all(|packet| packet[9] == 51), "protocol AH");
    let mut host = backup(ah(*b"secret12", 100));
    assert_eq!(host.hear(&adverts[0]).0, obeyed());
    assert_eq!(host.hear(&adverts[2]).0, obeyed());
    let replay = Verdict::Reject(Reject::AhReplay { got: 2, last: 3 });
    assert_eq!(host.hear(&adverts[1]).0, replay);
    assert_eq!(host.stats().auth_failure, 1);
    let mut other = backup(ah(*b"another1", 100));
    assert_eq!(other.hear(&adverts[0]).0, Verdict::Reject(Reject::AhIcv));
}

#[test]
fn a_backup_goes_on_counting_where_the_master_stopped() {
    let adverts = adverts(ah(*b"secret12", 200));
    let mut host = backup(ah(*b"secret12", 100));
    host.hear(&adverts[9]);
    let sent = host.until(Duration::from_secs(8));
    let mut third = backup(ah(*b"secret12", 50));
    third.hear(&adverts[9]);
    assert_eq!(third.hear(&sent[0]).0, obeyed());
    assert_eq!(sent[0][28..32], [0, 0, 0, 11]);
}

/// The key's identifier is 7.
fn hmac(mode: HmacMode, replay: Replay, version: Version, priority: u8) -> Params {
    let keys = vec![(7, Secret::new(vec![0x5a; 32]))];
    Params {
        hmac: Some(Hmac {
            keys,
            active: 7,
            mode,
            replay,
        }),
        version,
        ..params(priority)
    }
}

const WINDOW: Replay = Replay::Time {
    window: Duration::from_secs(5),
};

#[test]
fn signed_adverts_are_believed_in_both_versions() {
    for version in [Version::V2, Version::V3] {
        for replay in [WINDOW, Replay::Monotonic] {
            let adverts = adverts(hmac(HmacMode::Enforce, replay, version, 200));
            let mut host = backup(hmac(HmacMode::Enforce, replay, version, 100));
            assert_eq!(host.hear(&adverts[0]).0, obeyed());
            assert_eq!(
                host.hear(&adverts[0]).0,
                Verdict::Reject(Reject::HmacReplay)
            );
            assert_eq!(host.hear(&adverts[1]).0, obeyed());
            assert_eq!(host.stats().auth_ext_replay, 1);
        }
    }
}

#[test]
fn who_knows_of_no_trailer_finds_the_advert_too_long() {
    let advert = &adverts(hmac(HmacMode::Enforce, WINDOW, Version::V3, 200))[0];
    let mut host = backup(Params {
        version: Version::V3,
        ..params(100)
    });
    assert_eq!(
        host.hear(advert).0,
        Verdict::Reject(Reject::Length { want: 32, got: 60 })
    );
}

#[test]
fn modes_decide_on_bare_adverts() {
    let bare = &adverts(Params {
        version: Version::V3,
        ..params(200)
    })[0];
    let mut strict = backup(hmac(HmacMode::Enforce, WINDOW, Version::V3, 100));
    assert_eq!(strict.hear(bare).0, Verdict::Reject(Reject::HmacMissing));
    assert_eq!(strict.stats().auth_ext_missing, 1);
    for mode in [HmacMode::Permissive, HmacMode::ReceiveOnly] {
        let mut host = backup(hmac(mode, WINDOW, Version::V3, 100));
        assert_eq!(host.hear(bare).0, obeyed());
    }
    let unsigned = &adverts(hmac(HmacMode::ReceiveOnly, WINDOW, Version::V3, 200))[0];
    assert_eq!(unsigned[20..], bare[20..]);
}

#[test]
fn a_trailer_is_checked_in_order() {
    let advert = adverts(hmac(HmacMode::Enforce, WINDOW, Version::V3, 200)).remove(0);
    let verdict = |change: &dyn Fn(&mut Packet)| {
        let mut packet = advert.clone();
        change(&mut packet);
        backup(hmac(HmacMode::Permissive, WINDOW, Version::V3, 100))
            .hear(&packet)
            .0
    };
    let trailer = advert.len() - 28;
    let refused = |why| Verdict::Reject(why);
    assert_eq!(
        verdict(&|packet| packet[trailer] = 2),
        refused(Reject::HmacMalformed)
    );
    assert_eq!(
        verdict(&|packet| packet[trailer + 5] ^= 1),
        refused(Reject::HmacStale)
    );
    assert_eq!(
        verdict(&|packet| packet[trailer + 1] = 8),
        refused(Reject::HmacKey { got: 8 })
    );
    assert_eq!(
        verdict(&|packet| packet[trailer + 12] ^= 1),
        refused(Reject::HmacWrong)
    );
    assert_eq!(
        verdict(&|packet| packet[22] = 255),
        refused(Reject::HmacWrong)
    );
    // The source address is covered as well.
    assert_eq!(
        verdict(&|packet| packet[15] = 8),
        refused(Reject::HmacWrong)
    );
}

#[test]
fn a_clock_set_back_far_does_not_silence_a_sender_in_time_mode() {
    let mut master = Host::new(9, hmac(HmacMode::Enforce, WINDOW, Version::V3, 200));
    master.router.handle_clock(master.now, UTC);
    let before = master.until(Duration::from_secs(4));
    let mut host = backup(hmac(HmacMode::Enforce, WINDOW, Version::V3, 100));
    assert_eq!(host.hear(&before[0]).0, obeyed());
    // Set back a little, the sequence still goes forward.
    master
        .router
        .handle_clock(master.now, UTC + Duration::from_secs(2));
    let little = master.until(Duration::from_secs(5));
    assert_eq!(host.hear(&little[0]).0, obeyed());
    // Set back far, it follows the clock; who has set its clock back too has to be told apart
    // from a replay, which it cannot: the receiver's memory decides.
    master.router.handle_clock(master.now, EARLIER);
    let far = master.until(Duration::from_secs(6));
    assert_eq!(host.hear(&far[0]).0, Verdict::Reject(Reject::HmacStale));
    let mut fresh = Host::new(5, hmac(HmacMode::Enforce, WINDOW, Version::V3, 100));
    fresh.router.handle_clock(fresh.now, EARLIER);
    assert_eq!(fresh.hear(&far[0]).0, obeyed());
}
