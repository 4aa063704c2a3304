//! Answers. An entry of a kind we do not know is passed over.
use super::{Daemon, DaemonRole, Timeouts, uapi};
use crate::netlink::{Attr, Attrs, genl};
use ledger::ipvs::{
    DestKey, DestSpec, Forwarding, Protocol, ServiceFlags, ServiceKey, ServiceSpec, Tunnel,
    TunnelKind,
};
use std::net::IpAddr;
use wire::Family;

pub(super) fn service(payload: &[u8]) -> Option<(ServiceKey, ServiceSpec)> {
    let attrs = nested(payload, uapi::ATTR_SERVICE)?;
    let family = family(attrs.find_kind(uapi::SVC_AF)?.u16()?)?;
    let key = match attrs.find_kind(uapi::SVC_FWMARK).and_then(Attr::u32) {
        Some(mark) if mark != 0 => ServiceKey::Fwmark { family, mark },
        _ => ServiceKey::Address {
            protocol: protocol(attrs.find_kind(uapi::SVC_PROTOCOL)?.u16()?)?,
            address: address(attrs.find_kind(uapi::SVC_ADDR)?.payload, family)?,
            port: attrs.find_kind(uapi::SVC_PORT)?.be16()?,
        },
    };
    let flags = attrs.find_kind(uapi::SVC_FLAGS)?.u32()?;
    let persistent = flags & uapi::SVC_F_PERSISTENT != 0;
    let timeout = attrs.find_kind(uapi::SVC_TIMEOUT).and_then(Attr::u32);
    let engine = attrs.find_kind(uapi::SVC_PE_NAME).map(Attr::text);
    let spec = ServiceSpec {
        scheduler: attrs.find_kind(uapi::SVC_SCHED_NAME)?.text(),
        flags: ServiceFlags {
            one_packet: flags & uapi::SVC_F_ONEPACKET != 0,
            scheduler: u8::try_from((flags >> uapi::SVC_F_SCHED_SHIFT) & 7).unwrap_or(0),
        },
        persistence: timeout.filter(|_| persistent).unwrap_or(0),
        granularity: granularity(attrs.find_kind(uapi::SVC_NETMASK)?.u32()?, family),
        engine: engine.filter(|name| !name.is_empty()),
    };
    Some((key, spec))
}

/// A destination of a service of this family (older kernels do not say).
pub(super) fn dest(payload: &[u8], of_service: Family) -> Option<(DestKey, DestSpec)> {
    let attrs = nested(payload, uapi::ATTR_DEST)?;
    let number = |kind| attrs.find_kind(kind).and_then(Attr::u32);
    let own = attrs.find_kind(uapi::DEST_ADDR_FAMILY).and_then(Attr::u16);
    let family = own.and_then(family).unwrap_or(of_service);
    let key = DestKey {
        address: address(attrs.find_kind(uapi::DEST_ADDR)?.payload, family)?,
        port: attrs.find_kind(uapi::DEST_PORT)?.be16()?,
    };
    let forwarding = match number(uapi::DEST_FWD_METHOD)? & uapi::FWD_MASK {
        uapi::FWD_MASQ => Forwarding::Masquerade,
        uapi::FWD_LOCAL => Forwarding::Local,
        uapi::FWD_TUNNEL => Forwarding::Tunnel(tunnel(&attrs)),
        uapi::FWD_DIRECT => Forwarding::Direct,
        _ => return None,
    };
    let spec = DestSpec {
        forwarding,
        weight: number(uapi::DEST_WEIGHT)?,
        upper: number(uapi::DEST_U_THRESH).unwrap_or(0),
        lower: number(uapi::DEST_L_THRESH).unwrap_or(0),
    };
    Some((key, spec))
}

/// A destination and its connections: active, inactive and remembered ones.
pub(super) fn connections(payload: &[u8], of_service: Family) -> Option<(DestKey, u32)> {
    let (key, _) = dest(payload, of_service)?;
    let attrs = nested(payload, uapi::ATTR_DEST)?;
    let kinds = [
        uapi::DEST_ACTIVE_CONNS,
        uapi::DEST_INACT_CONNS,
        uapi::DEST_PERSIST_CONNS,
    ];
    let numbers = kinds
        .iter()
        .filter_map(|kind| attrs.find_kind(*kind)?.u32());
    Some((key, numbers.fold(0, u32::saturating_add)))
}

fn tunnel(attrs: &Attrs<'_>) -> Tunnel {
    let kind = match attrs.find_kind(uapi::DEST_TUN_TYPE).and_then(Attr::u8) {
        Some(1) => TunnelKind::Gue,
        Some(2) => TunnelKind::Gre,
        _ => TunnelKind::Ipip,
    };
    let port = attrs.find_kind(uapi::DEST_TUN_PORT).and_then(Attr::be16);
    let checksum = attrs.find_kind(uapi::DEST_TUN_FLAGS).and_then(Attr::u16);
    Tunnel {
        kind,
        port: port.unwrap_or(0),
        checksum: checksum.unwrap_or(0),
    }
}

pub(super) fn daemon(payload: &[u8]) -> Option<(DaemonRole, Daemon)> {
    let attrs = nested(payload, uapi::ATTR_DAEMON)?;
    let number = |kind| attrs.find_kind(kind).and_then(Attr::u32);
    let group = |kind, family| {
        let found = attrs.find_kind(kind)?;
        address(found.payload, family)
    };
    let role = DaemonRole::from_state(number(uapi::DAEMON_STATE)?)?;
    let daemon = Daemon {
        interface: attrs.find_kind(uapi::DAEMON_MCAST_IFN)?.text(),
        id: u8::try_from(number(uapi::DAEMON_SYNC_ID)?).ok()?,
        maxlen: attrs
            .find_kind(uapi::DAEMON_SYNC_MAXLEN)
            .and_then(Attr::u16),
        port: attrs.find_kind(uapi::DAEMON_MCAST_PORT).and_then(Attr::u16),
        ttl: attrs.find_kind(uapi::DAEMON_MCAST_TTL).and_then(Attr::u8),
        group: group(uapi::DAEMON_MCAST_GROUP, Family::V4)
            .or_else(|| group(uapi::DAEMON_MCAST_GROUP6, Family::V6)),
    };
    Some((role, daemon))
}

pub(super) fn timeouts(payload: &[u8]) -> Timeouts {
    let attrs = Attrs::after(payload, genl::HEADER);
    let number = |kind| attrs.find_kind(kind).and_then(Attr::u32);
    Timeouts {
        tcp: number(uapi::ATTR_TIMEOUT_TCP),
        tcp_fin: number(uapi::ATTR_TIMEOUT_TCP_FIN),
        udp: number(uapi::ATTR_TIMEOUT_UDP),
    }
}

fn nested(payload: &[u8], kind: u16) -> Option<Attrs<'_>> {
    let found = Attrs::after(payload, genl::HEADER).find_kind(kind)?;
    Some(found.nested())
}

fn family(number: u16) -> Option<Family> {
    match i32::from(number) {
        libc::AF_INET => Some(Family::V4),
        libc::AF_INET6 => Some(Family::V6),
        _ => None,
    }
}

fn protocol(number: u16) -> Option<Protocol> {
    Protocol::from_number(u8::try_from(number).ok()?)
}

fn address(octets: &[u8], family: Family) -> Option<IpAddr> {
    match family {
        Family::V4 => octets.first_chunk::<4>().map(|four| IpAddr::from(*four)),
        Family::V6 => octets.first_chunk::<16>().map(|all| IpAddr::from(*all)),
    }
}

fn granularity(mask: u32, family: Family) -> u8 {
    let bits = match family {
        Family::V4 => mask.count_ones(),
        Family::V6 => mask,
    };
    u8::try_from(bits).unwrap_or(u8::MAX)
}
