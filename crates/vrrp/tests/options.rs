//! What single options change, and what the original does that no RFC says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // a test may fail
mod wires;
use std::time::Duration;
use vrrp::{Auth, Checksum, Event, Params, Peer, Preempt, Reject, StateKind, Verdict};
use wire::{AdvertInterval, Priority, Version};
use wires::{Host, ID, Packet, address, millis, params, priorities};

/// The first advert of a master at 10.0.0.`last`.
fn advert(last: u8, params: Params) -> Packet {
    Host::new(last, params)
        .until(Duration::from_secs(140))
        .remove(0)
}

fn owner() -> Params {
    Params {
        start_master: true,
        ..params(255)
    }
}

fn master(params: Params) -> Host {
    let mut host = Host::new(5, params);
    host.until(millis(4000));
    assert_eq!(host.state(), StateKind::Master);
    host
}

#[test]
fn an_owner_begins_as_master_only_with_state_master() {
    let mut host = Host::new(5, owner());
    assert_eq!(host.state(), StateKind::Master);
    assert_eq!(priorities(&host.until(millis(1))), [255]);
    let host = Host::new(
        5,
        Params {
            start_master: false,
            ..owner()
        },
    );
    assert_eq!(host.state(), StateKind::Backup);
    assert_eq!(
        host.router.poll_timeout().unwrap().as_nanos(),
        3_003_906_250
    );
}

#[test]
fn of_two_owners_the_lower_address_yields_at_once_and_comes_back_as_owner() {
    let rival = advert(9, owner());
    let mut host = master(owner());
    host.hear(&rival);
    assert_eq!(host.state(), StateKind::Backup);
    assert!(
        host.events
            .contains(&Event::OwnerConflict { with: address(9) })
    );
    assert_eq!(priorities(&host.until(millis(8000))), [255]);
}

#[test]
fn of_two_owners_the_higher_address_warns_twice_then_yields_with_254() {
    let rival = advert(4, owner());
    let mut host = master(owner());
    let mut heard = 0;
    while host.state() == StateKind::Master {
        assert!(heard < 10, "yields in the end");
        let (_, answer) = host.hear(&rival);
        heard += 1;
        if heard == 1 {
            assert_eq!(priorities(&answer), [255], "answered at once");
        }
        host.until(millis(4000 + heard * 1000));
    }
    assert_eq!(heard, 2);
    assert_eq!(host.priority(), 254);
    // The rival is gone: back after its silence, first as 254, then as owner again.
    let sent = priorities(&host.until(millis(12_000)));
    assert_eq!(sent[..3], [254, 255, 255]);
    assert!(host.events.contains(&Event::OwnerRestored));
}

#[test]
fn a_rival_that_goes_silent_in_time_changes_nothing() {
    let mut host = master(owner());
    host.hear(&advert(4, owner()));
    host.until(millis(12_000));
    assert_eq!((host.state(), host.priority()), (StateKind::Master, 255));
    assert!(host.events.contains(&Event::OwnerAlone));
}

#[test]
fn an_owner_that_ignores_adverts_hears_no_rival() {
    let mut host = master(Params {
        owner_ignore_adverts: true,
        ..owner()
    });
    assert_eq!(
        host.hear(&advert(9, owner())).0,
        Verdict::Reject(Reject::Owner)
    );
    assert_eq!(host.state(), StateKind::Master);
}

#[test]
fn held_elections_hear_nothing_and_begin_at_the_end() {
    let mut host = Host::held(5, params(100), millis(2500));
    host.until(millis(1000));
    assert_eq!(host.hear(&advert(9, params(200))).0, Verdict::Ignored(ID));
    assert_eq!(
        host.router.poll_timeout().unwrap().as_nanos(),
        6_109_375_000
    );
    let mut host = Host::held(5, owner(), millis(2500));
    assert!(
        host.until(millis(3400)).is_empty(),
        "an owner waits one interval more"
    );
    assert_eq!(priorities(&host.until(millis(3500))), [255]);
}

#[test]
fn a_preempt_delay_runs_from_the_first_lower_advert() {
    let preempt = Preempt::After(Duration::from_secs(3));
    let mut host = Host::new(
        5,
        Params {
            preempt,
            ..params(100)
        },
    );
    let lower = advert(9, params(50));
    for time in 1..=6 {
        host.until(Duration::from_secs(time));
        assert_eq!(host.state(), StateKind::Backup);
        host.hear(&lower);
    }
    // 1 s begins the delay, which ends at 4 s: the advert at 3 s was the last to be heeded.
    host.until(millis(6609));
    assert_eq!(host.state(), StateKind::Backup);
    host.until(millis(6610));
    assert_eq!(host.state(), StateKind::Master);
}

#[test]
fn an_overslept_master_lets_go_if_it_was_told_to() {
    let patient = Params {
        preempt: Preempt::No,
        ..params(100)
    };
    let impatient = Params {
        timer_expired_backup: Some(Priority::new(254)),
        ..patient.clone()
    };
    let mut host = master(patient);
    assert_eq!(priorities(&host.oversleep(Duration::from_secs(9))), [100]);
    let mut host = master(impatient.clone());
    assert!(
        host.oversleep(Duration::from_secs(9)).is_empty(),
        "no advert, no farewell"
    );
    assert_eq!(host.state(), StateKind::Backup);
    let mut host = master(impatient);
    assert_eq!(
        priorities(&host.oversleep(millis(6600))),
        [100],
        "3.6 s after the last: not late enough"
    );
}

#[test]
fn lower_prio_no_advert_and_higher_prio_send_advert_do_as_they_say() {
    let (lower, higher) = (advert(9, params(50)), advert(9, params(200)));
    let mut host = master(Params {
        lower_prio_no_advert: true,
        ..params(100)
    });
    let before = host.announced;
    assert!(host.hear(&lower).1.is_empty());
    assert_eq!(host.announced - before, 5, "gratuitous ARP all the same");
    assert!(host.hear(&higher).1.is_empty());
    let mut host = master(Params {
        higher_prio_send_advert: true,
        ..params(100)
    });
    assert_eq!(priorities(&host.hear(&higher).1), [100]);
    assert_eq!(host.state(), StateKind::Backup);
}

#[test]
fn a_flood_of_lower_adverts_is_answered_once_per_interval() {
    let lower = advert(9, params(50));
    let mut host = master(params(100));
    let mut sent = 0;
    for step in 0..3000 {
        sent += host.until(millis(4000 + step)).len() + host.hear(&lower).1.len();
    }
    assert_eq!(
        sent, 4,
        "of 3000 in three seconds: two at once, then one a second"
    );
    let told = host
        .events
        .iter()
        .filter(|event| matches!(event, Event::Lower { .. }))
        .count();
    assert_eq!(told, 4);
}

#[test]
fn a_flood_of_farewells_neither_delays_a_backup_nor_drives_a_master() {
    let mut farewell = advert(9, params(50));
    farewell[22] = 0;
    // The checksum of the priority that is gone.
    farewell[26] += 50;
    let mut host = Host::new(5, params(100));
    for step in 0..20 {
        host.until(millis(step * 100));
        host.hear(&farewell);
    }
    assert_eq!(host.state(), StateKind::Master, "0.609 s after the first");
    let before = host.stats().pri_zero_rcvd;
    host.until(millis(2999));
    let mut sent = 0;
    for step in 0..3000 {
        sent += host.until(millis(3000 + step)).len() + host.hear(&farewell).1.len();
    }
    assert!(
        sent <= 7,
        "{sent} in three seconds: answers, and adverts that were due"
    );
    assert_eq!(host.stats().pri_zero_rcvd - before, 3000);
}

#[test]
fn junk_never_silences_a_master() {
    let mut junk = advert(9, params(50));
    junk[26] ^= 1;
    let mut host = master(params(100));
    let mut sent = 0;
    for step in 0..30 {
        sent += host.until(millis(4000 + step * 100)).len();
        assert!(matches!(
            host.hear(&junk).0,
            Verdict::Reject(Reject::Checksum { .. })
        ));
    }
    assert_eq!(sent, 3);
    assert_eq!(host.stats().checksum_err, 30);
    let told = host
        .events
        .iter()
        .filter(|event| matches!(event, Event::Refused { .. }))
        .count();
    assert_eq!(told, 1);
}

#[test]
fn a_version_3_interval_of_zero_is_refused() {
    let v3 = Params {
        version: Version::V3,
        checksum: Checksum::AsV2,
        ..params(200)
    };
    let mut zero = advert(9, v3.clone());
    (zero[24], zero[25]) = (0, 0);
    let mut host = Host::new(
        5,
        Params {
            priority: Priority::new(100),
            ..v3
        },
    );
    let refused = Reject::Interval {
        got: 0,
        want: 100,
        version: Version::V3,
    };
    assert_eq!(host.hear(&zero).0, Verdict::Reject(refused));
}

#[test]
fn the_masters_interval_is_learnt_and_forgotten() {
    let slow = AdvertInterval::from_centis(400).unwrap();
    let v3 = Params {
        version: Version::V3,
        ..params(100)
    };
    let mut host = Host::new(5, v3.clone());
    host.hear(&advert(
        9,
        Params {
            interval: slow,
            priority: Priority::new(200),
            ..v3
        },
    ));
    // 3 × 4 s, and the skew scaled with them.
    assert_eq!(
        host.router.poll_timeout().unwrap().as_nanos(),
        14_437_500_000
    );
    assert_eq!(
        host.until(millis(16_500)).len(),
        3,
        "its own interval as master"
    );
}

fn unicast(priority: u8, peers: &[u8]) -> Params {
    let peers = peers
        .iter()
        .map(|last| Peer {
            address: address(*last),
            ttl: None,
        })
        .collect();
    Params {
        peers,
        version: Version::V3,
        ..params(priority)
    }
}

#[test]
fn each_peer_gets_its_copy_with_its_checksum() {
    let mut host = master(unicast(100, &[9, 8]));
    let sent = host.until(millis(5000));
    assert_eq!(
        sent.iter().map(|packet| packet[19]).collect::<Vec<_>>(),
        [9, 8]
    );
    assert_ne!(sent[0][26..28], sent[1][26..28]);
    let mut peer = Host::new(9, unicast(50, &[5]));
    assert_eq!(peer.hear(&sent[0]).0, Verdict::Obeyed(ID));
}

#[test]
fn peers_are_told_where_we_are_after_a_fault() {
    let again = |params| {
        let mut host = Host::new(5, params);
        host.set_link(false);
        let before = host.announced;
        host.set_link(true);
        host.announced - before
    };
    assert_eq!(again(unicast(100, &[9])), 1);
    assert_eq!(again(params(100)), 0);
}

#[test]
fn groups_and_peers_do_not_mix() {
    let mut host = Host::new(5, unicast(100, &[9]));
    let group = advert(
        9,
        Params {
            version: Version::V3,
            ..params(200)
        },
    );
    assert_eq!(host.hear(&group).0, Verdict::Reject(Reject::Cast));
    let mut host = Host::new(
        5,
        Params {
            version: Version::V3,
            ..params(100)
        },
    );
    assert_eq!(
        host.hear(&advert(9, unicast(200, &[5]))).0,
        Verdict::Reject(Reject::Cast)
    );
    assert_eq!(host.stats().addr_list_err, 1);
}

#[test]
fn strangers_are_heard_unless_sources_are_checked() {
    let stranger = advert(8, unicast(200, &[5]));
    let open = unicast(100, &[9]);
    assert_eq!(
        Host::new(5, open.clone()).hear(&stranger).0,
        Verdict::Obeyed(ID)
    );
    let mut host = Host::new(
        5,
        Params {
            check_peers: true,
            ..open.clone()
        },
    );
    assert_eq!(host.hear(&stranger).0, Verdict::Reject(Reject::NotPeer));
    let peers = vec![Peer {
        address: address(8),
        ttl: Some((0, 254)),
    }];
    let mut host = Host::new(
        5,
        Params {
            check_peers: true,
            peers,
            ..open
        },
    );
    assert_eq!(
        host.hear(&stranger).0,
        Verdict::Reject(Reject::PeerTtl {
            got: 255,
            low: 0,
            high: 254
        })
    );
}

#[test]
fn checksum_dialects_are_spoken_and_understood() {
    let with = |checksum, priority, peer| Params {
        checksum,
        ..unicast(priority, &[peer])
    };
    let old = advert(9, with(Checksum::OldUnicast, 200, 5));
    let hear = |checksum| Host::new(5, with(checksum, 100, 9)).hear(&old).0;
    assert_eq!(hear(Checksum::Standard), Verdict::Obeyed(ID));
    assert_eq!(hear(Checksum::AsV2), Verdict::Obeyed(ID));
    let refused = Verdict::Reject(Reject::Checksum {
        version: Version::V3,
    });
    assert_eq!(hear(Checksum::NeverOld), refused);
    let bare = advert(
        9,
        Params {
            version: Version::V3,
            checksum: Checksum::AsV2,
            ..params(200)
        },
    );
    let mut host = Host::new(
        5,
        Params {
            version: Version::V3,
            ..params(100)
        },
    );
    assert_eq!(host.hear(&bare).0, refused);
}

#[test]
fn address_lists_that_differ_are_counted_and_obeyed() {
    let other = advert(
        9,
        Params {
            addresses: vec![address(101)],
            ..params(200)
        },
    );
    let mut host = Host::new(5, params(100));
    assert_eq!(host.hear(&other).0, Verdict::Obeyed(ID));
    assert_eq!(host.hear(&other).0, Verdict::Obeyed(ID));
    assert_eq!(host.stats().addr_list_err, 2);
    let mut host = Host::new(
        5,
        Params {
            skip_address_check: true,
            ..params(100)
        },
    );
    host.hear(&other);
    host.hear(&other);
    assert_eq!(
        host.stats().addr_list_err,
        1,
        "only when the master changes"
    );
}

#[test]
fn weights_move_the_priority_within_bounds() {
    let file = vrrp::TrackerId(1);
    let tracks = vec![vrrp::Tracked {
        what: vrrp::What::Object(file),
        weight: 1,
        reverse: false,
    }];
    let weighted = |params: Params, value| {
        let tracks = tracks.clone();
        let mut host = Host::new(5, Params { tracks, ..params });
        let (name, kind) = ("file".into(), vrrp::TrackerKind::File);
        let trackers = [(file, vrrp::Tracker { name, kind })];
        host.router.set_trackers(trackers.into());
        let reading = vrrp::Reading::Value(value);
        host.router.handle_reading(host.now, file, reading);
        host.priority()
    };
    assert_eq!(weighted(params(100), 20), 120);
    assert_eq!(weighted(params(100), -30), 70);
    assert_eq!(weighted(params(100), 200), 254);
    assert_eq!(weighted(params(100), -200), 1);
    assert_eq!(weighted(params(255), -200), 255);
}

#[test]
fn ethernet_padding_is_tolerated() {
    let padded = |octets: usize| {
        let mut packet = advert(9, params(200));
        packet.extend(vec![0; octets]);
        packet[3] = u8::try_from(packet.len()).unwrap();
        Host::new(5, params(100)).hear(&packet).0
    };
    assert_eq!(padded(6), Verdict::Obeyed(ID));
    assert_eq!(padded(2), Verdict::Obeyed(ID));
    for octets in [4, 10] {
        assert_eq!(
            padded(octets),
            Verdict::Reject(Reject::Length {
                want: 40,
                got: 40 + octets
            })
        );
    }
}

#[test]
fn padding_behind_a_password_is_taken_for_one() {
    let secret = Params {
        auth: Auth::Pass(*b"1111\0\0\0\0"),
        ..params(200)
    };
    let mut packet = advert(9, secret.clone());
    packet.extend([0; 6]);
    packet[3] = u8::try_from(packet.len()).unwrap();
    let mut host = Host::new(
        5,
        Params {
            priority: Priority::new(100),
            ..secret
        },
    );
    assert_eq!(host.hear(&packet).0, Verdict::Reject(Reject::Password));
}

#[test]
fn several_instances_share_a_vrid_when_their_peers_differ() {
    use vrrp::{Change, InstanceId};
    let mut host = Host::new(5, unicast(100, &[9]));
    host.router
        .apply(host.now, Change::Add(InstanceId(2), unicast(100, &[8])));
    assert_eq!(
        host.hear(&advert(8, unicast(200, &[5]))).0,
        Verdict::Obeyed(InstanceId(2))
    );
    assert_eq!(
        host.hear(&advert(9, unicast(200, &[5]))).0,
        Verdict::Obeyed(ID)
    );
}

#[test]
fn identifications_count_packets() {
    let mut host = master(unicast(100, &[9, 8]));
    let ids: Vec<u8> = host
        .until(millis(7000))
        .iter()
        .map(|packet| packet[5])
        .collect();
    assert_eq!(ids, [3, 4, 5, 6, 7, 8], "two went out before");
}

#[test]
fn without_peers_it_is_in_fault_if_it_was_told_to() {
    let mut host = Host::new(
        5,
        Params {
            needs_peers: true,
            ..params(100)
        },
    );
    assert_eq!(host.state(), StateKind::Fault);
    assert!(
        host.until(millis(9000)).is_empty(),
        "nothing goes to the group"
    );
    let peers = vec![Peer {
        address: address(9),
        ttl: None,
    }];
    let host = Host::new(
        5,
        Params {
            needs_peers: true,
            peers,
            ..params(100)
        },
    );
    assert_eq!(host.state(), StateKind::Backup);
}

#[test]
fn a_source_that_is_tracked_must_be_there() {
    let tracked = Params {
        source: Some(address(77)),
        track_source: true,
        ..params(100)
    };
    let mut host = Host::new(5, tracked);
    assert_eq!(host.state(), StateKind::Fault);
    host.see(true, &[address(77)]);
    assert_eq!(host.state(), StateKind::Backup);
    host.until(millis(9000));
    assert_eq!(host.state(), StateKind::Master);
    host.see(true, &[]);
    assert_eq!(host.state(), StateKind::Fault);
}

#[test]
fn without_an_interface_peers_are_spoken_to_from_the_source_that_is_written() {
    let of = |own: u8, other: u8, priority| Params {
        interface: String::new(),
        source: Some(address(own)),
        peers: vec![Peer {
            address: address(other),
            ttl: None,
        }],
        ..params(priority)
    };
    let adverts = Host::new(5, of(5, 9, 200)).until(millis(5000));
    assert_eq!(priorities(&adverts)[0], 200);
    let mut other = Host::new(9, of(9, 5, 100));
    assert_eq!(other.state(), StateKind::Backup);
    let rx = vrrp::Received::from_ipv4(0, &adverts[0]).unwrap();
    let verdict = other.router.handle_packet(other.now, &rx);
    assert_eq!(verdict, Verdict::Obeyed(ID));
}

#[test]
fn a_master_may_be_of_another_subnet() {
    let elsewhere = Params {
        source: Some([192, 168, 7, 9].into()),
        ..params(200)
    };
    let mut host = Host::new(5, params(100));
    host.until(millis(1000));
    let (verdict, _) = host.hear(&advert(9, elsewhere));
    assert_eq!(verdict, Verdict::Obeyed(ID));
    assert!(host.until(millis(4000)).is_empty(), "its timer began anew");
    assert_eq!(host.state(), StateKind::Backup);
}

#[test]
fn an_equal_advert_from_our_own_address_changes_nothing() {
    let mut host = master(params(200));
    host.hear(&advert(5, params(200)));
    assert_eq!(host.state(), StateKind::Master);
}

#[test]
fn refreshing_counts_from_the_end_of_the_delay() {
    let mut refreshing = params(100);
    refreshing.garp.refresh = Duration::from_secs(10);
    let mut host = Host::new(5, refreshing);
    // master at 3.609 s: at once, 5 s later, and from there each 10 s
    for (until, announced) in [
        (3700, 5),
        (8700, 10),
        (18_500, 10),
        (18_700, 11),
        (28_700, 12),
    ] {
        host.until(millis(until));
        assert_eq!(host.announced, announced, "{until}");
    }
}
