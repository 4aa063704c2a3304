use super::*;
use crate::{AdvertInterval, Family, Priority, Version, Vrid};
use proptest::prelude::*;

/// Captured from the original (version 2, PASS), behind the IP header.
const CAPTURED: [u8; 20] = [
    0x21, 0x37, 0x96, 0x01, 0x01, 0x01, 0xda, 0x56, 10, 20, 0, 0xf9, 0x31, 0x31, 0x31, 0x31, 0, 0,
    0, 0,
];

fn captured() -> Repr {
    Repr {
        version: Version::V2,
        family: Family::V4,
        vrid: Vrid::new(55).unwrap(),
        priority: Priority::new(150),
        interval: AdvertInterval::DEFAULT,
        auth: Auth::Pass(*b"1111\0\0\0\0"),
        addresses: vec!["10.20.0.249".parse().unwrap()],
    }
}

#[test]
fn a_captured_advert_is_read_and_written_octet_for_octet() {
    assert_eq!(
        Repr::parse(&CAPTURED, Family::V4, Cover::Message),
        Ok(captured())
    );
    assert_eq!(captured().emit(Cover::Message), CAPTURED);
}

#[test]
fn refusals_say_what_they_wanted() {
    let changed = |at: usize, to: u8| {
        let mut message = CAPTURED;
        message[at] = to;
        Repr::parse(&message, Family::V4, Cover::Message)
    };
    let parse = |message: &[u8]| Repr::parse(message, Family::V4, Cover::Message);
    assert_eq!(
        parse(&CAPTURED[..7]),
        Err(Refused::Length { want: 8, got: 7 })
    );
    assert_eq!(
        parse(&CAPTURED[..19]),
        Err(Refused::Length { want: 20, got: 19 })
    );
    assert_eq!(changed(0, 0x41), Err(Refused::Version { got: 4 }));
    assert_eq!(changed(0, 0x22), Err(Refused::Type { got: 2 }));
    assert_eq!(changed(3, 2), Err(Refused::Length { want: 24, got: 20 }));
    assert_eq!(changed(7, 0), Err(Refused::Checksum));
}

#[test]
fn fields_without_meaning_are_refused_after_the_checksum() {
    let parse = |change: fn(&mut [u8; 20])| {
        let mut message = CAPTURED;
        change(&mut message);
        message[6..8].copy_from_slice(&[0, 0]);
        let sum = Sum::default().with(&message).finish();
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        Repr::parse(&message, Family::V4, Cover::Message)
    };
    assert_eq!(parse(|m| m[1] = 0), Err(Refused::Vrid));
    assert_eq!(parse(|m| m[5] = 0), Err(Refused::Interval));
    assert_eq!(parse(|m| m[4] = 3), Err(Refused::AuthType { got: 3 }));
}

#[test]
fn version_3_sums_a_pseudo_header_and_ignores_reserved_bits() {
    let (src, dst) = ("10.0.0.1".parse().unwrap(), "224.0.0.18".parse().unwrap());
    let repr = Repr {
        version: Version::V3,
        auth: Auth::None,
        ..captured()
    };
    let mut message = repr.emit(Cover::Pseudo { src, dst });
    assert_eq!(message.len(), 12);
    assert_eq!(
        Repr::parse(&message, Family::V4, Cover::Message),
        Err(Refused::Checksum)
    );
    message[4] |= 0xf0;
    let field = !u16::from_be_bytes([message[6], message[7]]);
    let (sum, carry) = field.overflowing_add(0xf000);
    message[6..8].copy_from_slice(&(!(sum + u16::from(carry))).to_be_bytes());
    assert_eq!(
        Repr::parse(&message, Family::V4, Cover::Pseudo { src, dst }),
        Ok(repr)
    );
}

#[test]
fn what_a_version_cannot_carry_is_cut_not_wrapped() {
    let long = AdvertInterval::from_centis(60_000).unwrap();
    let v2 = Repr {
        interval: long,
        ..captured()
    }
    .emit(Cover::Message);
    assert_eq!(v2[5], 255);
    let v3 = Repr {
        interval: long,
        version: Version::V3,
        ..captured()
    }
    .emit(Cover::Message);
    assert_eq!(v3[4..6], [0x0f, 0xff]);
    let mut many = captured();
    many.addresses = vec!["10.20.0.249".parse().unwrap(); 300];
    assert_eq!(many.emit(Cover::Message)[3], 255);
}

fn repr() -> impl Strategy<Value = Repr> {
    let auth = prop_oneof![
        Just(Auth::None),
        any::<[u8; 8]>().prop_map(Auth::Pass),
        Just(Auth::Ah)
    ];
    let fields = (
        any::<bool>(),
        any::<bool>(),
        1u8..,
        any::<u8>(),
        1u16..=4095,
        auth,
        prop::collection::vec(any::<[u8; 16]>(), 0..=255),
    );
    fields.prop_map(|(v3, v6, vrid, priority, interval, auth, addresses)| Repr {
        version: if v3 { Version::V3 } else { Version::V2 },
        family: if v6 { Family::V6 } else { Family::V4 },
        vrid: Vrid::new(vrid).unwrap(),
        priority: Priority::new(priority),
        interval: if v3 {
            AdvertInterval::from_centis(interval)
        } else {
            AdvertInterval::from_secs(vrid)
        }
        .unwrap(),
        auth: if v3 { Auth::None } else { auth },
        addresses: addresses
            .into_iter()
            .map(|a| {
                if v6 {
                    a.into()
                } else {
                    [a[0], a[1], a[2], a[3]].into()
                }
            })
            .collect(),
    })
}

proptest! {
    #[test]
    fn parse_undoes_emit(repr in repr(), src: u32, dst: u32, pseudo: bool) {
        let cover = if pseudo { Cover::Pseudo { src: IpAddr::V4(src.into()), dst: IpAddr::V4(dst.into()) } } else { Cover::Message };
        prop_assert_eq!(Repr::parse(&repr.emit(cover), repr.family, cover), Ok(repr));
    }

    #[test]
    fn what_parses_is_written_back_alike(mut message in prop::collection::vec(any::<u8>(), 8..64), v3: bool) {
        message[0] = if v3 { 0x31 } else { 0x21 };
        let count = message.len().saturating_sub(if v3 { 8 } else { 16 }) / 4;
        message[3] = u8::try_from(count).unwrap();
        if v3 { message[4] &= 0x0f } else { message[4] = 1 }
        message[6..8].copy_from_slice(&[0, 0]);
        let sum = Sum::default().with(&message).finish();
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        if let Ok(repr) = Repr::parse(&message, Family::V4, Cover::Message) {
            prop_assert_eq!(repr.emit(Cover::Message), message);
        }
    }

    #[test]
    fn no_input_panics(message: Vec<u8>, v6: bool) {
        let family = if v6 { Family::V6 } else { Family::V4 };
        let _ = Repr::parse(&message, family, Cover::Message);
        if let Ok(packet) = Packet::new(&message) {
            for version in [Version::V2, Version::V3] {
                let _ = (packet.rest(version, family), packet.checksum_ok(Cover::Message, usize::MAX));
            }
            let _ = (packet.addresses(family).count(), packet.auth_data(family));
        }
    }
}
