//! What the world tells: the state of a link, and a packet received on one.
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::{Family, ah, ipv4};

/// An interface as the kernel reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Name, as configurations use it.
    pub name: String,
    /// Interface index.
    pub index: u32,
    /// Administratively up and with carrier.
    pub up: bool,
    /// Primary IPv4 address that is not one of ours to give: the source of adverts.
    pub ipv4: Option<Ipv4Addr>,
    /// Link-local IPv6 address, not tentative: the source of adverts.
    pub ipv6: Option<Ipv6Addr>,
    /// The sources of [`track_source`](crate::Params::track_source) that the machine has,
    /// whatever interface carries them.
    pub sources: BTreeSet<IpAddr>,
}

impl Link {
    /// The address that adverts of this family come from.
    pub fn source(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::V4 => self.ipv4.map(IpAddr::V4),
            Family::V6 => self.ipv6.map(IpAddr::V6),
        }
    }
}

/// A packet of protocol 112, or 51 with 112 inside, without the Ethernet header.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// Interface index it came in on.
    pub ifindex: u32,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// The IPv4 header; none for IPv6.
    pub ipv4: Option<ipv4::Repr>,
    /// What follows the IP header.
    pub payload: &'a [u8],
}

impl<'a> Received<'a> {
    /// From a whole IPv4 packet, as a raw socket gives it.
    pub fn from_ipv4(ifindex: u32, packet: &'a [u8]) -> Result<Self, ipv4::Refused> {
        let (ip, payload) = ipv4::Repr::parse(packet)?;
        let (source, destination) = (ip.src.into(), ip.dst.into());
        Ok(Received {
            ifindex,
            source,
            destination,
            ttl: ip.ttl,
            ipv4: Some(ip),
            payload,
        })
    }

    /// The family of its addresses.
    pub fn family(&self) -> Family {
        match self.source {
            IpAddr::V4(_) => Family::V4,
            IpAddr::V6(_) => Family::V6,
        }
    }

    /// The VRRP message, behind an authentication header if there is one.
    pub fn message(&self) -> &'a [u8] {
        match self.ipv4 {
            Some(ip) if ip.protocol == ipv4::PROTOCOL_AH => {
                ah::message(self.payload).unwrap_or_default()
            }
            _ => self.payload,
        }
    }

    /// Octets before the VRRP message that the original counts to the packet's length: the IPv4
    /// header, and the authentication header.
    pub(crate) fn overhead(&self) -> usize {
        let ip = self.ipv4.map_or(0, |_| ipv4::HEADER_LEN);
        ip + self.payload.len() - self.message().len()
    }
}
