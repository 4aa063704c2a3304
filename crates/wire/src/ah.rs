//! The IP Authentication Header before a VRRP version 2 message (RFC 2338 section 5.3.6.3), as
//! the original makes it: HMAC-MD5-96 over IPv4, the TTL of multicasts included.
use crate::ipv4;
use crate::secret::same;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

/// Length of the header.
pub const LEN: usize = 24;
/// Length of the integrity check value.
const ICV_LEN: usize = 12;
/// Offset of the integrity check value.
const ICV_AT: usize = LEN - ICV_LEN;

/// Why a packet fails authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Shorter than the header.
    #[error("{got} octets, {want} needed")]
    Length {
        /// Octets needed.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// The integrity check value is wrong.
    #[error("integrity check value")]
    Icv,
    /// The security parameters index is not the source address.
    #[error("security parameters index {got:#010x}, expected {want:#010x}")]
    Spi {
        /// The value there.
        got: u32,
        /// The value expected.
        want: u32,
    },
}

/// Writes the header that goes between `ip` and `message`. The check value covers the
/// identification, so `ip` has to be sent exactly as given, with a payload length that counts
/// this header.
pub fn emit(key: &[u8], ip: &ipv4::Repr, sequence: u32, message: &[u8]) -> [u8; LEN] {
    let mut header = [0; LEN];
    let spi = u32::from(ip.src).to_be_bytes();
    let fields: [&[u8]; 3] = [
        &[ipv4::PROTOCOL_VRRP, 4, 0, 0],
        &spi,
        &sequence.to_be_bytes(),
    ];
    header
        .iter_mut()
        .zip(fields.into_iter().flatten())
        .for_each(|(place, octet)| *place = *octet);
    let icv = icv(key, ip, &header, message);
    header
        .iter_mut()
        .skip(ICV_AT)
        .zip(icv)
        .for_each(|(place, octet)| *place = octet);
    header
}

/// Checks the header at the start of `payload` and returns its sequence number with the message
/// behind it.
pub fn verify<'a>(
    key: &[u8],
    ip: &ipv4::Repr,
    payload: &'a [u8],
) -> Result<(u32, &'a [u8]), Refused> {
    let short = Refused::Length {
        want: LEN,
        got: payload.len(),
    };
    let (header, message) = payload.split_first_chunk::<LEN>().ok_or(short)?;
    let (fields, there) = header.split_at(ICV_AT);
    let mut blank = [0; LEN];
    blank
        .iter_mut()
        .zip(fields)
        .for_each(|(place, octet)| *place = *octet);
    if !same(&icv(key, ip, &blank, message), there) {
        return Err(Refused::Icv);
    }
    let [_, _, _, _, s0, s1, s2, s3, n0, n1, n2, n3, ..] = *header;
    let (got, want) = (u32::from_be_bytes([s0, s1, s2, s3]), u32::from(ip.src));
    if got != want {
        return Err(Refused::Spi { got, want });
    }
    Ok((u32::from_be_bytes([n0, n1, n2, n3]), message))
}

/// The VRRP message behind the header, unverified: to find out whose it is.
pub fn message(payload: &[u8]) -> Option<&[u8]> {
    payload.get(LEN..)
}

/// Mutable fields count as zero, but for the TTL of multicasts.
fn icv(key: &[u8], ip: &ipv4::Repr, header: &[u8; LEN], message: &[u8]) -> [u8; ICV_LEN] {
    let ttl = if ip.dst.is_multicast() { ip.ttl } else { 0 };
    let covered = ipv4::Repr {
        tos: 0,
        fragment: 0,
        ttl,
        protocol: ipv4::PROTOCOL_AH,
        ..*ip
    };
    let mut mac = keyed(key);
    mac.update(&covered.emit_unsummed().unwrap_or_default());
    mac.update(header);
    mac.update(message);
    let digest = mac.finalize().into_bytes();
    digest.first_chunk().copied().unwrap_or_default()
}

fn keyed(key: &[u8]) -> Hmac<Md5> {
    // Keys of any length are taken; the fallback stands where the type cannot say so.
    Hmac::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Md5>>::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Captured from the original: behind the IP header, sequence 31, password `secret12`.
    const PAYLOAD: [u8; 44] = [
        0x70, 0x04, 0x00, 0x00, 0x0a, 0x14, 0x00, 0x01, 0x00, 0x00, 0x00, 0x1f, 0xfa, 0x7f, 0x52,
        0x0e, 0x15, 0x43, 0x78, 0x31, 0x6c, 0x3e, 0x7d, 0xda, 0x21, 0x37, 0x64, 0x01, 0x02, 0x01,
        0x6d, 0xb9, 0x0a, 0x14, 0x00, 0xf9, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    const KEY: &[u8] = b"secret12";

    fn ip() -> ipv4::Repr {
        let (src, dst) = ([10, 20, 0, 1].into(), [224, 0, 0, 18].into());
        ipv4::Repr {
            protocol: ipv4::PROTOCOL_AH,
            ..ipv4::Repr::advert(src, dst, 255, 1, PAYLOAD.len())
        }
    }

    #[test]
    fn a_captured_header_is_verified_and_written_octet_for_octet() {
        let (sequence, message) = verify(KEY, &ip(), &PAYLOAD).unwrap();
        assert_eq!((sequence, message), (31, &PAYLOAD[LEN..]));
        assert_eq!(emit(KEY, &ip(), 31, message), PAYLOAD[..LEN]);
    }

    #[test]
    fn what_is_changed_on_the_way_is_found() {
        let id = ipv4::Repr { id: 2, ..ip() };
        assert_eq!(verify(KEY, &id, &PAYLOAD), Err(Refused::Icv));
        let ttl = ipv4::Repr { ttl: 254, ..ip() };
        assert_eq!(verify(KEY, &ttl, &PAYLOAD), Err(Refused::Icv));
        assert_eq!(verify(b"secret13", &ip(), &PAYLOAD), Err(Refused::Icv));
        let mut message = PAYLOAD;
        message[26] = 255;
        assert_eq!(verify(KEY, &ip(), &message), Err(Refused::Icv));
        assert_eq!(
            verify(KEY, &ip(), &PAYLOAD[..23]),
            Err(Refused::Length { want: 24, got: 23 })
        );
    }

    #[test]
    fn a_peer_may_be_some_hops_away() {
        let sent = ipv4::Repr {
            dst: [10, 20, 0, 9].into(),
            ..ip()
        };
        let header = emit(KEY, &sent, 1, &PAYLOAD[LEN..]);
        let got = ipv4::Repr {
            ttl: 250,
            tos: 0,
            ..sent
        };
        assert!(verify(KEY, &got, &[&header, &PAYLOAD[LEN..]].concat()).is_ok());
    }

    proptest! {
        #[test]
        fn verify_undoes_emit(key: Vec<u8>, sequence: u32, message: Vec<u8>) {
            let header = emit(&key, &ip(), sequence, &message);
            let payload = [&header[..], &message].concat();
            prop_assert_eq!(verify(&key, &ip(), &payload), Ok((sequence, &message[..])));
        }

        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = verify(KEY, &ip(), &payload);
        }
    }
}
