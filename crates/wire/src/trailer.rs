//! The authentication trailer behind an advert (`auth_hmac`), in the wire form of the original
//! since 2.4.2: 28 octets that the advert's count does not know of.
//!
//! ```text
//! type 1 | key id | 0 0 | UTC seconds (4) | fraction (2) | counter (2) | MAC (16)
//! ```
//! The MAC is the first half of an HMAC-SHA256 over a pseudo-header, the advert with its
//! checksum zeroed, and the trailer with its MAC zeroed.
use crate::secret::same;
use core::net::IpAddr;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of the trailer.
pub const LEN: usize = 28;
const TYPE_HMAC_SHA256: u8 = 1;
const MAC_LEN: usize = 16;
/// Offset of the MAC.
const MAC_AT: usize = LEN - MAC_LEN;
/// Where the checksum lies in an advert.
const CHECKSUM: core::ops::Range<usize> = 6..8;

/// Replay counter: UTC seconds, 1/65536 s, and a count within that, most significant first.
///
/// Compared as serial numbers, so that it may wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sequence(pub u64);

impl Sequence {
    /// A point in UTC, counter 0.
    pub fn at(utc: core::time::Duration) -> Self {
        let fraction = u64::from(utc.subsec_nanos()) * 65_536 / 1_000_000_000;
        Sequence(utc.as_secs() << 32 | fraction << 16)
    }

    /// The whole seconds, 32 bits of them.
    pub fn secs(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(u32::MAX)
    }

    /// Does it come after `other` in serial number arithmetic?
    pub const fn after(self, other: Sequence) -> bool {
        self.0 != other.0 && self.0.wrapping_sub(other.0) < 1 << 63
    }

    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        Sequence(self.0.wrapping_add(1))
    }

    /// How far apart two are, in seconds, whichever comes first.
    pub fn apart(self, other: Sequence) -> u32 {
        let ahead = self.secs().wrapping_sub(other.secs());
        ahead.min(ahead.wrapping_neg())
    }
}

/// Who sends, to what virtual router: goes into the MAC before the advert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Source address of the packet.
    pub source: IpAddr,
}

impl Scope {
    /// 4 or 6, version, VRID, 0, and the source padded to 16 octets.
    fn header(self) -> [u8; 20] {
        let mut header = [0; 20];
        let (family, v4, v6);
        let source: &[u8] = match self.source {
            IpAddr::V4(address) => {
                (family, v4) = (4, address.octets());
                &v4
            }
            IpAddr::V6(address) => {
                (family, v6) = (6, address.octets());
                &v6
            }
        };
        let fields: [&[u8]; 2] = [&[family, self.version, self.vrid, 0], source];
        header
            .iter_mut()
            .zip(fields.into_iter().flatten())
            .for_each(|(place, octet)| *place = *octet);
        header
    }
}

/// A trailer that has the right form; whether its MAC is right, [`Trailer::verify`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Which key.
    pub key: u8,
    /// Replay counter.
    pub sequence: Sequence,
    mac: [u8; MAC_LEN],
}

/// The octets are no trailer of the known type, or the reserved ones are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an HMAC-SHA256 trailer")]
pub struct Malformed;

impl Trailer {
    /// Reads a trailer of exactly [`LEN`] octets.
    pub fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        let octets: &[u8; LEN] = octets.try_into().map_err(|_| Malformed)?;
        let [
            TYPE_HMAC_SHA256,
            key,
            0,
            0,
            s0,
            s1,
            s2,
            s3,
            f0,
            f1,
            c0,
            c1,
            mac @ ..,
        ] = *octets
        else {
            return Err(Malformed);
        };
        let sequence = Sequence(u64::from_be_bytes([s0, s1, s2, s3, f0, f1, c0, c1]));
        Ok(Trailer { key, sequence, mac })
    }

    /// Signs an advert.
    pub fn sign(secret: &[u8], key: u8, sequence: Sequence, scope: Scope, advert: &[u8]) -> Self {
        Trailer {
            key,
            sequence,
            mac: mac(secret, key, sequence, scope, advert),
        }
    }

    /// Was this advert signed with this secret?
    pub fn verify(&self, secret: &[u8], scope: Scope, advert: &[u8]) -> bool {
        same(
            &self.mac,
            &mac(secret, self.key, self.sequence, scope, advert),
        )
    }

    /// Writes the trailer.
    pub fn emit(&self) -> [u8; LEN] {
        let mut octets = [0; LEN];
        let head = head(self.key, self.sequence);
        octets
            .iter_mut()
            .zip(head.iter().chain(&self.mac))
            .for_each(|(place, octet)| *place = *octet);
        octets
    }
}

/// What stands before the MAC.
fn head(key: u8, sequence: Sequence) -> [u8; MAC_AT] {
    let [s0, s1, s2, s3, f0, f1, c0, c1] = sequence.0.to_be_bytes();
    [TYPE_HMAC_SHA256, key, 0, 0, s0, s1, s2, s3, f0, f1, c0, c1]
}

fn mac(secret: &[u8], key: u8, sequence: Sequence, scope: Scope, advert: &[u8]) -> [u8; MAC_LEN] {
    let mut mac = keyed(secret);
    mac.update(&scope.header());
    mac.update(advert.get(..CHECKSUM.start).unwrap_or(advert));
    mac.update(&[0; 2]);
    mac.update(advert.get(CHECKSUM.end..).unwrap_or_default());
    mac.update(&head(key, sequence));
    mac.update(&[0; MAC_LEN]);
    let digest = mac.finalize().into_bytes();
    digest.first_chunk().copied().unwrap_or_default()
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    // Keys of any length are taken; the fallback stands where the type cannot say so.
    Hmac::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const ADVERT: [u8; 12] = [0x31, 55, 100, 1, 0, 100, 0x12, 0x34, 10, 20, 0, 249];

    const MAC_V4: [u8; 16] = [
        0xc6, 0x80, 0x6a, 0xc3, 0xbe, 0xe5, 0xb4, 0x27, 0x19, 0x22, 0x9e, 0xff, 0x9b, 0x5d, 0xda,
        0x1c,
    ];
    const MAC_V6: [u8; 16] = [
        0x3d, 0xfa, 0x3f, 0x36, 0xf3, 0x01, 0xd9, 0x47, 0x86, 0xe5, 0x99, 0x0f, 0x81, 0x8f, 0xae,
        0xf6,
    ];

    fn scope() -> Scope {
        Scope {
            version: 3,
            vrid: 55,
            source: [10, 20, 0, 1].into(),
        }
    }

    /// Computed apart from this code, with Python's `hmac` and `hashlib`, from the description
    /// of the format.
    #[test]
    fn the_mac_is_that_of_the_description() {
        let trailer = Trailer::sign(SECRET, 7, Sequence(0x6721_5abc_8000_0003), scope(), &ADVERT);
        let octets = trailer.emit();
        assert_eq!(
            octets[..12],
            [1, 7, 0, 0, 0x67, 0x21, 0x5a, 0xbc, 0x80, 0, 0, 3]
        );
        assert_eq!(octets[12..], MAC_V4);
        let source = "fe80::1".parse().unwrap();
        let v6 = Trailer::sign(
            SECRET,
            7,
            Sequence(0x6721_5abc_8000_0003),
            Scope { source, ..scope() },
            &ADVERT,
        );
        assert_eq!(v6.emit()[12..], MAC_V6);
    }

    #[test]
    fn what_is_changed_on_the_way_is_found_but_for_the_checksum() {
        let trailer = Trailer::sign(SECRET, 7, Sequence(9), scope(), &ADVERT);
        let changed = |at: usize| {
            let mut advert = ADVERT;
            advert[at] ^= 1;
            trailer.verify(SECRET, scope(), &advert)
        };
        assert!(changed(6) && changed(7));
        assert!(
            (0..12)
                .filter(|at| ![6, 7].contains(at))
                .all(|at| !changed(at))
        );
        assert!(!trailer.verify(&SECRET[1..], scope(), &ADVERT));
        assert!(!trailer.verify(
            SECRET,
            Scope {
                vrid: 56,
                ..scope()
            },
            &ADVERT
        ));
        assert!(!trailer.verify(
            SECRET,
            Scope {
                source: [10, 20, 0, 2].into(),
                ..scope()
            },
            &ADVERT
        ));
        assert!(
            !Trailer {
                sequence: Sequence(10),
                ..trailer
            }
            .verify(SECRET, scope(), &ADVERT)
        );
        assert!(!Trailer { key: 8, ..trailer }.verify(SECRET, scope(), &ADVERT));
    }

    #[test]
    fn other_types_and_reserved_bits_are_malformed() {
        let octets = Trailer::sign(SECRET, 7, Sequence(9), scope(), &ADVERT).emit();
        for at in [0, 2, 3] {
            let mut octets = octets;
            octets[at] ^= 2;
            assert_eq!(Trailer::parse(&octets), Err(Malformed));
        }
        assert_eq!(Trailer::parse(&octets[1..]), Err(Malformed));
    }

    #[test]
    fn sequences_are_serial_numbers() {
        let now = Sequence::at(Duration::new(1_800_000_000, 500_000_000));
        assert_eq!(now, Sequence(1_800_000_000 << 32 | 0x8000 << 16));
        assert!(now.next().after(now) && !now.after(now) && !now.after(now.next()));
        assert!(Sequence(5).after(Sequence(u64::MAX - 5)));
        let later = Sequence::at(Duration::from_secs(1_800_000_007));
        assert_eq!((later.apart(now), now.apart(later)), (7, 7));
    }

    proptest! {
        #[test]
        fn parse_undoes_emit(key: u8, sequence: u64, advert: Vec<u8>) {
            let trailer = Trailer::sign(SECRET, key, Sequence(sequence), scope(), &advert);
            prop_assert_eq!(Trailer::parse(&trailer.emit()), Ok(trailer));
            prop_assert!(trailer.verify(SECRET, scope(), &advert));
        }

        #[test]
        fn no_input_panics(octets: Vec<u8>) {
            let _ = Trailer::parse(&octets);
        }
    }
}
