//! Unsolicited neighbour advertisements (RFC 4861 section 4.4): how an IPv6 address is announced.
use crate::MacAddr;
use crate::checksum::Sum;
use core::net::Ipv6Addr;

/// Length of a frame: Ethernet, IPv6, advertisement, one option.
pub const FRAME_LEN: usize = 14 + 40 + ICMP_LEN;
/// Ethertype of IPv6.
pub const ETHERTYPE: u16 = 0x86dd;

const ICMP_LEN: usize = 24 + 8;
const NEXT_HEADER_ICMPV6: u8 = 58;
const HOP_LIMIT: u8 = 255;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const TARGET_LINK_LAYER_ADDRESS: u8 = 2;
const FLAG_ROUTER: u8 = 0x80;
const FLAG_OVERRIDE: u8 = 0x20;
/// All nodes on the link, and where Ethernet sends to it (RFC 2464 section 7).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);

/// The announcement of an address to all nodes: from the address itself, Override set, Solicited
/// clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repr {
    /// Where the address is to be found: Ethernet source and target link-layer address.
    pub mac: MacAddr,
    /// The address: IPv6 source and target.
    pub address: Ipv6Addr,
    /// Whether this node forwards packets (`net.ipv6.conf.*.forwarding`).
    pub router: bool,
}

impl Repr {
    /// Reads a frame; `None` for anything but what [`emit`](Self::emit) writes.
    pub fn parse(frame: &[u8]) -> Option<Self> {
        let frame: &[u8; FRAME_LEN] = frame.first_chunk()?;
        let (_, rest) = frame.split_first_chunk::<6>()?;
        let (mac, rest) = rest.split_first_chunk::<6>()?;
        let (_, rest) = rest.split_first_chunk::<10>()?;
        let (address, rest) = rest.split_first_chunk::<16>()?;
        let (_, rest) = rest.split_first_chunk::<20>()?;
        let router = rest.first()? & FLAG_ROUTER != 0;
        let repr = Repr {
            mac: MacAddr(*mac),
            address: (*address).into(),
            router,
        };
        (repr.emit() == *frame).then_some(repr)
    }

    /// Writes the frame.
    pub fn emit(&self) -> [u8; FRAME_LEN] {
        let mut message = self.message(0);
        let length: [u8; 4] = (u32::try_from(ICMP_LEN).unwrap_or(0)).to_be_bytes();
        let sum = Sum::default()
            .with(&self.address.octets())
            .with(&ALL_NODES.octets())
            .with(&length)
            .with(&[0, 0, 0, NEXT_HEADER_ICMPV6])
            .with(&message);
        message = self.message(sum.finish());
        let [.., high, low] = length;
        let parts: [&[u8]; 8] = [
            &ALL_NODES_MAC.0,
            &self.mac.0,
            &ETHERTYPE.to_be_bytes(),
            &[0x60, 0, 0, 0],
            &[high, low, NEXT_HEADER_ICMPV6, HOP_LIMIT],
            &self.address.octets(),
            &ALL_NODES.octets(),
            &message,
        ];
        concat(&parts)
    }

    fn message(&self, checksum: u16) -> [u8; ICMP_LEN] {
        let router = if self.router { FLAG_ROUTER } else { 0 };
        let parts: [&[u8]; 6] = [
            &[NEIGHBOUR_ADVERTISEMENT, 0],
            &checksum.to_be_bytes(),
            &[FLAG_OVERRIDE | router, 0, 0, 0],
            &self.address.octets(),
            // The option's length counts units of eight octets.
            &[TARGET_LINK_LAYER_ADDRESS, 1],
            &self.mac.0,
        ];
        concat(&parts)
    }
}

fn concat<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut whole = [0; N];
    let octets = parts.iter().copied().flatten();
    whole
        .iter_mut()
        .zip(octets)
        .for_each(|(place, octet)| *place = *octet);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the original sends it.
    const CAPTURED: &str = "333300000001 4e576645e7e0 86dd 60000000 0020 3a ff \
        20010db8000000000000000000000005 ff020000000000000000000000000001 \
        88005ea6 20000000 20010db8000000000000000000000005 0201 4e576645e7e0";

    fn captured() -> Vec<u8> {
        let digits: Vec<_> = CAPTURED.chars().filter(|c| !c.is_whitespace()).collect();
        let octet = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
        digits.chunks(2).map(|pair| octet(pair).unwrap()).collect()
    }

    #[test]
    fn the_frame_is_the_originals() {
        let repr = Repr {
            mac: "4e:57:66:45:e7:e0".parse().unwrap(),
            address: "2001:db8::5".parse().unwrap(),
            router: false,
        };
        assert_eq!(repr.emit().to_vec(), captured());
    }

    #[test]
    fn anything_else_is_not_read() {
        let frame = captured();
        for place in 0..frame.len() {
            let mut other = frame.clone();
            other[place] ^= 0x40;
            assert_eq!(Repr::parse(&other), None, "octet {place}");
        }
        assert_eq!(Repr::parse(&frame[..FRAME_LEN - 1]), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(mac: [u8; 6], address: [u8; 16], router: bool) {
            let repr = Repr { mac: MacAddr(mac), address: address.into(), router };
            prop_assert_eq!(Repr::parse(&repr.emit()), Some(repr));
        }
    }
}
