//! Addresses and families as rtnetlink writes them.
use super::tlv::Attr;
use std::net::IpAddr;
use wire::{Family, Prefix};

/// `AF_INET` and `AF_INET6`, both of which fit an octet.
pub(super) const INET: u8 = 2;
pub(super) const INET6: u8 = 10;

pub(super) const fn family_number(family: Family) -> u8 {
    match family {
        Family::V4 => INET,
        Family::V6 => INET6,
    }
}

pub(super) const fn family(number: u8) -> Option<Family> {
    match number {
        INET => Some(Family::V4),
        INET6 => Some(Family::V6),
        _ => None,
    }
}

pub(super) const fn family_of(address: IpAddr) -> u8 {
    if address.is_ipv4() { INET } else { INET6 }
}

pub(super) fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// An address of the family of this number.
pub(super) fn parse_ip(family: u8, attr: Attr<'_>) -> Option<IpAddr> {
    parse_octets(family, attr.payload)
}

pub(super) fn parse_octets(family: u8, octets: &[u8]) -> Option<IpAddr> {
    match family {
        INET => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        INET6 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The network of this length; without an attribute it is that of all addresses.
pub(super) fn parse_network(family: u8, attr: Option<Attr<'_>>, length: u8) -> Option<Prefix> {
    let address = match attr {
        Some(attr) => parse_ip(family, attr)?,
        None => parse_octets(family, [0; 16].get(..if family == INET { 4 } else { 16 })?)?,
    };
    Prefix::new(address, length).ok()
}
