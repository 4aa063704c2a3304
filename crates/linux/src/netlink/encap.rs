//! Lightweight tunnels of routes (`linux/lwtunnel.h`).
use super::ip::{INET, INET6, octets, parse_ip};
use super::tlv::{Attr, Attrs, Message, number};
use ledger::{Encap, IpTunnel};

const MPLS: u16 = 1;
const IP: u16 = 2;
const ILA: u16 = 3;
const IP6: u16 = 4;

const MPLS_IPTUNNEL_DST: u16 = 1;
const ILA_ATTR_LOCATOR: u16 = 1;
const LWTUNNEL_ID: u16 = 1;
const LWTUNNEL_DST: u16 = 2;
const LWTUNNEL_SRC: u16 = 3;
const LWTUNNEL_TTL: u16 = 4;
const LWTUNNEL_TOS: u16 = 5;
const LWTUNNEL_FLAGS: u16 = 6;

/// The number of the tunnel's kind (`RTA_ENCAP_TYPE`).
pub(super) const fn kind(encap: &Encap) -> u16 {
    match encap {
        Encap::Mpls(_) => MPLS,
        Encap::Ip(tunnel) if tunnel.v6 => IP6,
        Encap::Ip(_) => IP,
        Encap::Ila(_) => ILA,
    }
}

/// Appends what is in `RTA_ENCAP`.
pub(super) fn describe(message: Message, encap: &Encap) -> Message {
    match encap {
        Encap::Mpls(labels) => message.attr(MPLS_IPTUNNEL_DST, &stack(labels)),
        Encap::Ila(locator) => message.attr(ILA_ATTR_LOCATOR, &locator.to_be_bytes()),
        Encap::Ip(tunnel) => message
            .attr_if(LWTUNNEL_ID, tunnel.id.map(u64::to_be_bytes))
            .attr_if(LWTUNNEL_DST, tunnel.to.map(octets))
            .attr_if(LWTUNNEL_SRC, tunnel.from.map(octets))
            .attr_if(LWTUNNEL_TTL, tunnel.ttl.map(|ttl| [ttl]))
            .attr_if(LWTUNNEL_TOS, tunnel.tos.map(|tos| [tos]))
            .attr_if(LWTUNNEL_FLAGS, tunnel.flags.map(u16::to_be_bytes)),
    }
}

/// Labels as they are in a packet (RFC 3032): the last one has the "bottom of stack" bit.
fn stack(labels: &[u32]) -> Vec<u8> {
    let last = labels.len().saturating_sub(1);
    let entry = |(place, label): (usize, &u32)| {
        let bottom = u32::from(place == last) << 8;
        (label << 12 | bottom).to_be_bytes()
    };
    labels.iter().enumerate().flat_map(entry).collect()
}

/// Reads `RTA_ENCAP` of a kind that we write.
pub(super) fn parse(kind: u16, attr: Attr<'_>) -> Option<Encap> {
    let attrs = attr.nested();
    match kind {
        MPLS => {
            let (labels, _) = attrs.find_kind(MPLS_IPTUNNEL_DST)?.payload.as_chunks();
            let label = |octets: &[u8; 4]| u32::from_be_bytes(*octets) >> 12;
            Some(Encap::Mpls(labels.iter().map(label).collect()))
        }
        ILA => {
            let locator = number(attrs.find_kind(ILA_ATTR_LOCATOR)?.payload, 0)?;
            Some(Encap::Ila(u64::from_be_bytes(locator)))
        }
        IP | IP6 => Some(Encap::Ip(parse_ip_tunnel(kind == IP6, &attrs))),
        _ => None,
    }
}

fn parse_ip_tunnel(v6: bool, attrs: &Attrs<'_>) -> IpTunnel {
    let family = if v6 { INET6 } else { INET };
    let ip = |kind| {
        attrs
            .find_kind(kind)
            .and_then(|attr| parse_ip(family, attr))
    };
    let octet = |kind| attrs.find_kind(kind).and_then(Attr::u8);
    let id = attrs
        .find_kind(LWTUNNEL_ID)
        .and_then(|attr| number(attr.payload, 0));
    let flags = attrs
        .find_kind(LWTUNNEL_FLAGS)
        .and_then(|attr| number(attr.payload, 0));
    IpTunnel {
        v6,
        id: id.map(u64::from_be_bytes),
        to: ip(LWTUNNEL_DST),
        from: ip(LWTUNNEL_SRC),
        tos: octet(LWTUNNEL_TOS),
        ttl: octet(LWTUNNEL_TTL),
        flags: flags.map(u16::from_be_bytes),
    }
}
