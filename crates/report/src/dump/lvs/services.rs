//! `LVS Topology`: services and their servers.
use super::{Out, on, seconds, yes};
use crate::dump::quoted;
use core::time::Duration;
use ledger::ipvs::{Forwarding, Protocol, ServiceKey, TunnelKind};
use plan::Command;
use plan::lvs::{Inherited, Probe, RealServer, VirtualServer};
use pool::Pools;
use std::net::{IpAddr, Ipv4Addr};
use wire::Family;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const DELAY_LOOP: Duration = Duration::from_mins(1);

pub(super) fn write(out: &mut Out, service: &VirtualServer, live: Option<&Pools>) {
    out.line(1, "------< Virtual server >------");
    head(out, service);
    balancing(out, service);
    out.line(2, format_args!("alpha is {}", on(service.alpha)));
    out.line(2, format_args!("omega is {}", on(service.omega)));
    rhythm(out, &service.inherited);
    let inhibit = on(service.inhibit_on_failure);
    out.line(2, format_args!("Inhibit on failure is {inhibit}"));
    quorum(out, service, live);
    for server in &service.servers {
        real(out, service, server, live);
    }
}

fn head(out: &mut Out, service: &VirtualServer) {
    match service.services.first() {
        _ if service.group.is_some() => out.value(1, "VS GROUP", &service.name),
        Some(ServiceKey::Address { address, port, .. }) => {
            out.line(1, format_args!("VS VIP = {address}, VPORT = {port}"));
        }
        Some(ServiceKey::Fwmark { mark, .. }) => out.value(1, "VS FWMARK", mark),
        None => {}
    }
    if let Some(host) = &service.inherited.virtualhost {
        out.value(2, "VirtualHost", host);
    }
    let has = |family| service.services.iter().any(|key| key.family() == family);
    let family = match (has(Family::V4), has(Family::V6)) {
        (true, true) => "IPv4 & IPv6",
        (false, true) => "inet6",
        _ => "inet",
    };
    out.value(2, "Address family", family);
    let timeout = service.inherited.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    out.value(2, "connection timeout", seconds(timeout));
    let delay = service.inherited.delay_loop.unwrap_or(DELAY_LOOP);
    out.value(2, "delay_loop", seconds(delay));
}

fn balancing(out: &mut Out, service: &VirtualServer) {
    let spec = &service.spec;
    let enabled = |bit: u8| {
        let set = spec.flags.scheduler & (1 << bit) != 0;
        if set { "enabled" } else { "disabled" }
    };
    out.value(2, "lvs_sched", &spec.scheduler);
    out.value(2, "Hashed", "disabled");
    let names: &[&str] = match &*spec.scheduler {
        "sh" => &["sh-fallback", "sh-port"],
        "mh" => &["mh-fallback", "mh-port"],
        _ => &["flag-1", "flag-2", "flag-3"],
    };
    let mut flags: Vec<_> = names.iter().zip(0..).collect();
    if names.len() == 2 {
        // the original has the port first
        flags.reverse();
    }
    for (name, bit) in flags {
        out.value(2, name, enabled(bit));
    }
    let one_packet = match (spec.flags.one_packet, service.protocol()) {
        (false, _) => "disabled",
        (true, Some(Protocol::Udp)) => "enabled",
        (true, _) => "enabled (inactive due to not UDP)",
    };
    out.value(2, "One packet scheduling", one_packet);
    if spec.persistence > 0 {
        out.value(2, "persistence timeout", spec.persistence);
    }
    if let Some(mask) = granularity(service) {
        out.value(2, "persistence granularity", mask);
    }
    if let Some(engine) = &spec.engine {
        out.value(2, "persistence engine", engine);
    }
    let protocol = service
        .protocol()
        .map_or("none", |protocol| match protocol {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        });
    out.value(2, "protocol", protocol);
}

/// The mask of a network, where not every address is one of its own.
fn granularity(service: &VirtualServer) -> Option<String> {
    let length = service.spec.granularity;
    match service.services.first()?.family() {
        Family::V4 if length < 32 => {
            let bits = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            Some(Ipv4Addr::from(bits).to_string())
        }
        Family::V6 if length < 128 => Some(length.to_string()),
        _ => None,
    }
}

fn rhythm(out: &mut Out, inherited: &Inherited) {
    if let Some(retry) = inherited.retry {
        out.value(2, "Retry count", retry);
    }
    if let Some(delay) = inherited.delay_before_retry {
        out.value(2, "Retry delay", seconds(delay));
    }
    if let Some(warmup) = inherited.warmup {
        out.value(2, "Warmup", seconds(warmup));
    }
}

fn script(out: &mut Out, label: &str, command: Option<&Command>) {
    let Some(command) = command else { return };
    let user = command.user.as_ref();
    let user = user.map_or_else(String::new, |user| {
        let group = user.group.as_ref().unwrap_or(&user.user);
        format!(", user {}:{group}", user.user)
    });
    out.value(2, label, format_args!("{}{user}", quoted(command)));
}

fn quorum(out: &mut Out, service: &VirtualServer, live: Option<&Pools>) {
    out.line(
        2,
        format!(
            "quorum = {}, hysteresis = {}",
            service.quorum, service.hysteresis
        ),
    );
    script(out, "Quorum up notify script", service.quorum_up.as_ref());
    script(
        out,
        "Quorum down notify script",
        service.quorum_down.as_ref(),
    );
    if service.ha_suspend {
        out.line(2, "Using HA suspend");
    }
    out.value(2, "Using smtp notification", yes(service.alert));
    out.value(
        2,
        "default forwarding method",
        forwarding(service.forwarding),
    );
    if let Some(sorry) = &service.sorry {
        out.value(2, "sorry server", &sorry.name);
        out.value(3, "forwarding method", forwarding(sorry.forwarding));
        out.line(
            3,
            format_args!("Inhibit on failure is {}", on(sorry.inhibit)),
        );
    }
    let up = live.is_none_or(|pools| pools.has_quorum(service.id));
    let any = |server: &RealServer| live.is_none_or(|pools| pools.is_alive(service.id, server.id));
    let alive = service.servers.iter().any(any) || service.sorry.is_some();
    out.value(2, "VS alive", u8::from(alive));
    out.value(2, "quorum_state_up", u8::from(up));
}

fn real(out: &mut Out, service: &VirtualServer, server: &RealServer, live: Option<&Pools>) {
    let alpha = server.setting(service, |own| own.alpha).unwrap_or(false);
    let effective = live.and_then(|pools| pools.weight(service.id, server.id));
    let effective = effective.unwrap_or(server.weight);
    let alive = live.map_or(!alpha || server.checks.is_empty(), |pools| {
        pools.is_alive(service.id, server.id)
    });
    out.line(2, "------< Real server >------");
    let (address, port, weight) = (server.key.address, server.key.port, server.weight);
    out.line(
        2,
        format!("RIP = {address}, RPORT = {port}, WEIGHT = {weight} EFF WEIGHT = {effective}"),
    );
    out.value(2, "forwarding method", forwarding(server.forwarding));
    out.line(2, format_args!("Alpha is {}", on(alpha)));
    let timeout = server.setting(service, |own| own.connect_timeout);
    out.value(
        2,
        "connection timeout",
        seconds(timeout.unwrap_or(CONNECT_TIMEOUT)),
    );
    out.value(
        2,
        "connection limit range",
        format!("{} -> {}", server.lower, server.upper),
    );
    let delay = server.setting(service, |own| own.delay_loop);
    out.value(2, "Delay loop", seconds(delay.unwrap_or(DELAY_LOOP)));
    rhythm(
        out,
        &Inherited {
            retry: server.setting(service, |own| own.retry),
            delay_before_retry: server.setting(service, |own| own.delay_before_retry),
            warmup: server.setting(service, |own| own.warmup),
            ..Inherited::default()
        },
    );
    let inhibit = on(server.inhibit_on_failure);
    out.line(2, format_args!("Inhibit on failure is {inhibit}"));
    script(out, "RS up notify script", server.notify_up.as_ref());
    script(out, "RS down notify script", server.notify_down.as_ref());
    let own = server.inherited.as_deref();
    if let Some(host) = own.and_then(|own| own.virtualhost.as_ref()) {
        out.line(2, format_args!(" VirtualHost = '{host}'"));
    }
    out.value(2, "Using smtp notification", yes(server.alert));
    out.value(2, "initial weight", weight);
    out.value(2, "effective weight", effective);
    out.value(2, "alive", u8::from(alive));
    let failed = |pools: &Pools| {
        let checks = server.checks.iter();
        checks.filter(|check| !pools.is_up(check.id)).count()
    };
    let failed = live.map_or(if alpha { server.checks.len() } else { 0 }, failed);
    out.value(2, "num failed checkers", failed);
    followed(out, server);
}

fn followed(out: &mut Out, server: &RealServer) {
    let probes = || server.checks.iter().map(|check| &check.probe);
    if probes().any(|probe| matches!(probe, Probe::File(_))) {
        out.line(2, "Tracked Files");
    }
    for probe in probes() {
        if let Probe::File(file) = probe {
            out.line(3, format_args!("{}, weight {}", file.name, file.weight));
        }
    }
    if probes().any(|probe| matches!(probe, Probe::Bfd(_))) {
        out.line(2, "Tracked BFDs");
    }
    for probe in probes() {
        if let Probe::Bfd(name) = probe {
            out.line(3, name);
        }
    }
}

/// How packets reach a server.
pub(super) fn forwarding(how: Forwarding) -> String {
    match how {
        Forwarding::Masquerade => "NAT".to_owned(),
        Forwarding::Direct => "DR".to_owned(),
        Forwarding::Local => "LOCAL".to_owned(),
        Forwarding::Tunnel(tunnel) => match tunnel.kind {
            TunnelKind::Ipip => "TUN, type = IPIP".to_owned(),
            TunnelKind::Gue => format!(
                "TUN, type = GUE, port = {}{}",
                tunnel.port,
                sum(tunnel.checksum)
            ),
            TunnelKind::Gre => format!("TUN, type = GRE{}", sum(tunnel.checksum)),
        },
    }
}

/// `IP_VS_TUNNEL_ENCAP_FLAG_*`.
const fn sum(flags: u16) -> &'static str {
    match flags {
        0 => "",
        1 => ", checksum",
        _ => ", remote checksum",
    }
}

/// An address and port between brackets.
pub(super) fn bracketed(address: IpAddr, port: u16) -> String {
    format!("[{address}]:{port}")
}
