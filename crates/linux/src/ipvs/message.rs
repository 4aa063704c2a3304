//! Requests. Addresses and ports go in network order, everything else as the machine has it.
use super::{Daemon, DaemonRole, uapi};
use crate::netlink::{Message, genl};
use ledger::ipvs::{
    DestKey, DestSpec, Forwarding, Op, ServiceFlags, ServiceKey, ServiceSpec, TunnelKind,
};
use std::net::IpAddr;
use wire::Family;

pub(super) fn request(family: u16, command: u8) -> Message {
    genl::request(family, command, uapi::VERSION)
}

/// One operation on the table.
pub(super) fn op(family: u16, op: &Op) -> Message {
    let begin = |command| request(family, command);
    match op {
        Op::AddService(key, spec) => service(begin(uapi::CMD_NEW_SERVICE), key, spec),
        Op::EditService(key, spec) => service(begin(uapi::CMD_SET_SERVICE), key, spec),
        Op::RemoveService(key) => service_key(begin(uapi::CMD_DEL_SERVICE), key),
        Op::AddDest(key, at, spec) => dest(begin(uapi::CMD_NEW_DEST), key, at, Some(spec)),
        Op::EditDest(key, at, spec) => dest(begin(uapi::CMD_SET_DEST), key, at, Some(spec)),
        Op::RemoveDest(key, at) => dest(begin(uapi::CMD_DEL_DEST), key, at, None),
    }
}

/// Names a service.
pub(super) fn service_key(message: Message, key: &ServiceKey) -> Message {
    message.nest(uapi::ATTR_SERVICE, |inner| key_attrs(inner, key))
}

fn service(message: Message, key: &ServiceKey, spec: &ServiceSpec) -> Message {
    message.nest(uapi::ATTR_SERVICE, |inner| {
        let inner = key_attrs(inner, key)
            .attr_text(uapi::SVC_SCHED_NAME, &spec.scheduler)
            .attr(uapi::SVC_FLAGS, &flags(spec))
            .attr_u32(uapi::SVC_TIMEOUT, spec.persistence)
            .attr(uapi::SVC_NETMASK, &mask(key.family(), spec.granularity));
        match &spec.engine {
            Some(engine) => inner.attr_text(uapi::SVC_PE_NAME, engine),
            None => inner,
        }
    })
}

fn key_attrs(message: Message, key: &ServiceKey) -> Message {
    let message = message.attr(uapi::SVC_AF, &number_of(key.family()).to_ne_bytes());
    match *key {
        ServiceKey::Fwmark { mark, .. } => message.attr_u32(uapi::SVC_FWMARK, mark),
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => message
            .attr(
                uapi::SVC_PROTOCOL,
                &u16::from(protocol.number()).to_ne_bytes(),
            )
            .attr(uapi::SVC_ADDR, &octets(address))
            .attr(uapi::SVC_PORT, &port.to_be_bytes()),
    }
}

/// `struct ip_vs_flags`: the switches, and which of them are meant: all.
fn flags(spec: &ServiceSpec) -> [u8; 8] {
    let ServiceFlags {
        one_packet,
        scheduler,
    } = spec.flags;
    let mut value = u32::from(scheduler & 7) << uapi::SVC_F_SCHED_SHIFT;
    if spec.persistence > 0 {
        value |= uapi::SVC_F_PERSISTENT;
    }
    if one_packet {
        value |= uapi::SVC_F_ONEPACKET;
    }
    let mut octets = [0xff; 8];
    octets[..4].copy_from_slice(&value.to_ne_bytes());
    octets
}

/// For IPv4 a mask in network order, for IPv6 the number of its bits.
fn mask(family: Family, granularity: u8) -> [u8; 4] {
    match family {
        Family::V6 => u32::from(granularity).to_ne_bytes(),
        Family::V4 => {
            let host = 32_u32.saturating_sub(u32::from(granularity));
            u32::MAX.checked_shl(host).unwrap_or(0).to_be_bytes()
        }
    }
}

fn dest(message: Message, key: &ServiceKey, at: &DestKey, spec: Option<&DestSpec>) -> Message {
    let family = if at.address.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    };
    service_key(message, key).nest(uapi::ATTR_DEST, |inner| {
        let inner = inner
            .attr(uapi::DEST_ADDR, &octets(at.address))
            .attr(uapi::DEST_PORT, &at.port.to_be_bytes())
            .attr(uapi::DEST_ADDR_FAMILY, &number_of(family).to_ne_bytes());
        match spec {
            Some(spec) => spec_attrs(inner, spec),
            None => inner,
        }
    })
}

fn spec_attrs(message: Message, spec: &DestSpec) -> Message {
    let method = match spec.forwarding {
        Forwarding::Masquerade => uapi::FWD_MASQ,
        Forwarding::Local => uapi::FWD_LOCAL,
        Forwarding::Tunnel(_) => uapi::FWD_TUNNEL,
        Forwarding::Direct => uapi::FWD_DIRECT,
    };
    let message = message
        .attr_u32(uapi::DEST_FWD_METHOD, method)
        .attr_u32(uapi::DEST_WEIGHT, spec.weight)
        .attr_u32(uapi::DEST_U_THRESH, spec.upper)
        .attr_u32(uapi::DEST_L_THRESH, spec.lower);
    match spec.forwarding {
        Forwarding::Tunnel(tunnel) => message
            .attr(uapi::DEST_TUN_TYPE, &[tunnel_number(tunnel.kind)])
            .attr(uapi::DEST_TUN_PORT, &tunnel.port.to_be_bytes())
            .attr(uapi::DEST_TUN_FLAGS, &tunnel.checksum.to_ne_bytes()),
        _ => message,
    }
}

const fn tunnel_number(kind: TunnelKind) -> u8 {
    match kind {
        TunnelKind::Ipip => 0,
        TunnelKind::Gue => 1,
        TunnelKind::Gre => 2,
    }
}

/// Starts a sync daemon.
pub(super) fn start_daemon(message: Message, role: DaemonRole, daemon: &Daemon) -> Message {
    message.nest(uapi::ATTR_DAEMON, |inner| {
        let inner = daemon_key(inner, role, daemon).attr_if(
            uapi::DAEMON_SYNC_MAXLEN,
            daemon.maxlen.map(u16::to_ne_bytes),
        );
        let inner = match daemon.group {
            Some(IpAddr::V4(group)) => inner.attr(uapi::DAEMON_MCAST_GROUP, &group.octets()),
            Some(IpAddr::V6(group)) => inner.attr(uapi::DAEMON_MCAST_GROUP6, &group.octets()),
            None => inner,
        };
        inner
            .attr_if(uapi::DAEMON_MCAST_PORT, daemon.port.map(u16::to_ne_bytes))
            .attr_if(uapi::DAEMON_MCAST_TTL, daemon.ttl.map(|ttl| [ttl]))
    })
}

/// Stops a sync daemon.
pub(super) fn stop_daemon(message: Message, role: DaemonRole, daemon: &Daemon) -> Message {
    message.nest(uapi::ATTR_DAEMON, |inner| daemon_key(inner, role, daemon))
}

fn daemon_key(message: Message, role: DaemonRole, daemon: &Daemon) -> Message {
    message
        .attr_u32(uapi::DAEMON_STATE, role.state())
        .attr_text(uapi::DAEMON_MCAST_IFN, &daemon.interface)
        .attr_u32(uapi::DAEMON_SYNC_ID, u32::from(daemon.id))
}

/// `AF_INET`, `AF_INET6`.
const fn number_of(family: Family) -> u16 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

/// `union nf_inet_addr`: sixteen octets, an IPv4 address in the first four.
fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V6(address) => address.octets(),
        IpAddr::V4(address) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&address.octets());
            octets
        }
    }
}
