//! The IPv4 header (RFC 791) as VRRP uses it: parsed leniently, emitted without options.
use crate::checksum::Sum;
use core::net::Ipv4Addr;

/// Length of a header without options.
pub const HEADER_LEN: usize = 20;
/// Protocol number of VRRP.
pub const PROTOCOL_VRRP: u8 = 112;
/// Protocol number of the IP Authentication Header.
pub const PROTOCOL_AH: u8 = 51;
/// Type of service of adverts: precedence "internetwork control" (CS6).
pub const TOS_CONTROL: u8 = 0xc0;

/// Why a packet is not IPv4 as we understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Fewer octets than the header says or needs.
    #[error("{got} octets, {want} needed")]
    Length {
        /// Octets needed.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// The version field is not 4.
    #[error("IP version {got}")]
    Version {
        /// The field's value.
        got: u8,
    },
}

/// The fields of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repr {
    /// Type of service.
    pub tos: u8,
    /// Identification.
    pub id: u16,
    /// Flags and fragment offset as one word (0: may be fragmented, is not).
    pub fragment: u16,
    /// Time to live.
    pub ttl: u8,
    /// Protocol of the payload.
    pub protocol: u8,
    /// Source.
    pub src: Ipv4Addr,
    /// Destination.
    pub dst: Ipv4Addr,
    /// Octets after the header.
    pub payload_len: usize,
}

impl Repr {
    /// The header of an advert: class CS6, DF clear.
    pub const fn advert(
        src: Ipv4Addr,
        dst: Ipv4Addr,
        ttl: u8,
        id: u16,
        payload_len: usize,
    ) -> Self {
        Repr {
            tos: TOS_CONTROL,
            id,
            fragment: 0,
            ttl,
            protocol: PROTOCOL_VRRP,
            src,
            dst,
            payload_len,
        }
    }

    /// Reads the header and returns it with the payload.
    ///
    /// Octets behind the total length (Ethernet padding) are cut off. The header checksum is
    /// not looked at: the kernel has done that, and a raw socket may show it before it is filled.
    pub fn parse(packet: &[u8]) -> Result<(Repr, &[u8]), Refused> {
        let got = packet.len();
        let short = |want| Refused::Length { want, got };
        let header: &[u8; HEADER_LEN] = packet.first_chunk().ok_or(short(HEADER_LEN))?;
        let [
            ver_ihl,
            tos,
            l0,
            l1,
            i0,
            i1,
            f0,
            f1,
            ttl,
            protocol,
            _,
            _,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ] = *header;
        if ver_ihl >> 4 != 4 {
            return Err(Refused::Version { got: ver_ihl >> 4 });
        }
        let header_len = usize::from(ver_ihl & 0xf) * 4;
        let total = usize::from(u16::from_be_bytes([l0, l1]));
        let payload = packet
            .get(header_len..total)
            .filter(|_| header_len >= HEADER_LEN)
            .ok_or(short(total.max(header_len).max(HEADER_LEN)))?;
        let repr = Repr {
            tos,
            id: u16::from_be_bytes([i0, i1]),
            fragment: u16::from_be_bytes([f0, f1]),
            ttl,
            protocol,
            src: Ipv4Addr::new(s0, s1, s2, s3),
            dst: Ipv4Addr::new(d0, d1, d2, d3),
            payload_len: payload.len(),
        };
        Ok((repr, payload))
    }

    /// Writes the header with its checksum. `None` when the payload is longer than IPv4 carries.
    pub fn emit(&self) -> Option<[u8; HEADER_LEN]> {
        let sum = Sum::default().with(&self.emit_unsummed()?).finish();
        self.emit_with(sum)
    }

    /// Writes the header with zero for the checksum, as integrity checks cover it.
    pub fn emit_unsummed(&self) -> Option<[u8; HEADER_LEN]> {
        self.emit_with(0)
    }

    fn emit_with(&self, sum: u16) -> Option<[u8; HEADER_LEN]> {
        let [l0, l1] = u16::try_from(HEADER_LEN + self.payload_len)
            .ok()?
            .to_be_bytes();
        let [i0, i1] = self.id.to_be_bytes();
        let [f0, f1] = self.fragment.to_be_bytes();
        let [c0, c1] = sum.to_be_bytes();
        let [s0, s1, s2, s3] = self.src.octets();
        let [d0, d1, d2, d3] = self.dst.octets();
        Some([
            0x45,
            self.tos,
            l0,
            l1,
            i0,
            i1,
            f0,
            f1,
            self.ttl,
            self.protocol,
            c0,
            c1,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the original sends it: the kernel fills the checksum.
    const HEADER: [u8; 20] = [
        0x45, 0xc0, 0x00, 0x28, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0x00, 0x00, 10, 20, 0, 0xf6,
        224, 0, 0, 18,
    ];

    #[test]
    fn an_advert_header_is_the_originals() {
        let repr = Repr::advert(
            Ipv4Addr::new(10, 20, 0, 0xf6),
            Ipv4Addr::new(224, 0, 0, 18),
            255,
            1,
            20,
        );
        let ours = repr.emit().unwrap();
        assert_eq!((&ours[..10], &ours[12..]), (&HEADER[..10], &HEADER[12..]));
        assert_eq!(Sum::default().with(&ours).finish(), 0);
    }

    #[test]
    fn refusals_say_what_they_wanted() {
        assert_eq!(
            Repr::parse(&HEADER[..19]),
            Err(Refused::Length { want: 20, got: 19 })
        );
        assert_eq!(
            Repr::parse(&HEADER),
            Err(Refused::Length { want: 40, got: 20 })
        );
        let mut v6 = HEADER;
        v6[0] = 0x65;
        assert_eq!(Repr::parse(&v6), Err(Refused::Version { got: 6 }));
        let mut tiny = HEADER;
        tiny[0] = 0x44;
        assert!(matches!(Repr::parse(&tiny), Err(Refused::Length { .. })));
    }

    #[test]
    fn padding_behind_the_total_length_is_cut() {
        let mut packet = HEADER.to_vec();
        packet.extend([7; 26]);
        assert_eq!(Repr::parse(&packet).unwrap().1, [7; 20]);
    }

    proptest! {
        #[test]
        fn parse_undoes_emit(tos: u8, id: u16, fragment: u16, ttl: u8, protocol: u8, src: u32, dst: u32, payload_len in 0usize..1500) {
            let repr = Repr { tos, id, fragment, ttl, protocol, src: src.into(), dst: dst.into(), payload_len };
            let mut packet = repr.emit().unwrap().to_vec();
            packet.resize(packet.len() + payload_len, 0);
            prop_assert_eq!(Repr::parse(&packet).unwrap().0, repr);
        }

        #[test]
        fn no_input_panics(packet: Vec<u8>) {
            let _ = Repr::parse(&packet);
        }
    }
}
