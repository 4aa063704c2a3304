//! A view of an advert whose fields may be asked one by one.
use super::{AUTH_LEN, Cover, HEADER_LEN, Refused};
use crate::{Family, Priority, Version};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An advert of at least [`HEADER_LEN`] octets; nothing else is checked.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    header: &'a [u8; HEADER_LEN],
    body: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Refuses only what is shorter than the fixed part.
    pub fn new(message: &'a [u8]) -> Result<Self, Refused> {
        let (header, body) = message.split_first_chunk().ok_or(Refused::Length {
            want: HEADER_LEN,
            got: message.len(),
        })?;
        Ok(Packet { header, body })
    }

    /// Version nibble.
    pub fn version(self) -> u8 {
        self.header[0] >> 4
    }

    /// Type nibble.
    pub fn kind(self) -> u8 {
        self.header[0] & 0xf
    }

    /// Virtual router identifier.
    pub fn vrid(self) -> u8 {
        self.header[1]
    }

    /// Priority of the sender.
    pub fn priority(self) -> Priority {
        Priority::new(self.header[2])
    }

    /// Number of addresses that follow.
    pub fn count(self) -> u8 {
        self.header[3]
    }

    /// Authentication type (version 2).
    pub fn auth_type(self) -> u8 {
        self.header[4]
    }

    /// Interval in seconds (version 2).
    pub fn interval_secs(self) -> u8 {
        self.header[5]
    }

    /// Interval in centiseconds, 12 bits (version 3); the reserved bits are ignored.
    pub fn interval_centis(self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]]) & 0x0fff
    }

    /// Octets there, everything counted.
    pub fn octets(self) -> usize {
        HEADER_LEN + self.body.len()
    }

    /// Octets that the address count calls for.
    pub fn expected_len(self, version: Version, family: Family) -> usize {
        let auth = match version {
            Version::V2 => AUTH_LEN,
            Version::V3 => 0,
        };
        HEADER_LEN + self.addresses_len(family) + auth
    }

    fn addresses_len(self, family: Family) -> usize {
        usize::from(self.count()) * address_len(family)
    }

    /// The addresses, as many as are really there.
    pub fn addresses(self, family: Family) -> impl ExactSizeIterator<Item = IpAddr> + 'a {
        let there = self
            .body
            .get(..self.addresses_len(family))
            .unwrap_or(self.body);
        there.chunks_exact(address_len(family)).map(address)
    }

    /// The authentication data behind the addresses (version 2).
    pub fn auth_data(self, family: Family) -> Option<&'a [u8; AUTH_LEN]> {
        self.body.get(self.addresses_len(family)..)?.first_chunk()
    }

    /// What follows the advert proper: padding, or an authentication trailer.
    pub fn rest(self, version: Version, family: Family) -> &'a [u8] {
        let end = self.expected_len(version, family) - HEADER_LEN;
        self.body.get(end..).unwrap_or_default()
    }

    /// Is the checksum right over the first `len` octets?
    pub fn checksum_ok(self, cover: Cover, len: usize) -> bool {
        let body = self
            .body
            .get(..len.saturating_sub(HEADER_LEN))
            .unwrap_or(self.body);
        cover
            .sum(HEADER_LEN + body.len())
            .with(self.header)
            .with(body)
            .finish()
            == 0
    }
}

const fn address_len(family: Family) -> usize {
    match family {
        Family::V4 => 4,
        Family::V6 => 16,
    }
}

/// An address of 4 or 16 octets.
fn address(octets: &[u8]) -> IpAddr {
    match octets.first_chunk::<16>() {
        Some(octets) => Ipv6Addr::from(*octets).into(),
        None => Ipv4Addr::from(octets.first_chunk().copied().unwrap_or_default()).into(),
    }
}
