//! The `real_server` blocks of a service and its `sorry_server`.
use super::build::{Ids, next};
use super::check::{self, Family as Inherited};
use super::service::Rules;
use super::{Inherited as Settings, RealServer, Sorry};
use crate::{Command, notify};
use conf::config::{self, Method};
use ledger::ipvs::{DestKey, Forwarding, Protocol, Tunnel, TunnelKind};
use pool::ServerId;
use std::net::IpAddr;

/// What a block says to the checks in it.
pub(super) fn settings(
    block: &config::Defaults,
    alpha: Option<bool>,
    snmp_name: Option<&str>,
) -> Settings {
    Settings {
        connect_timeout: block.connect_timeout,
        delay_loop: block.delay_loop,
        retry: block.retry,
        delay_before_retry: block.delay_before_retry,
        warmup: block.warmup,
        virtualhost: block.virtualhost.as_ref().map(ToString::to_string),
        alpha,
        snmp_name: snmp_name.map(str::to_owned),
    }
}

impl Rules<'_> {
    pub(super) fn real(
        &self,
        real: &config::RealServer,
        (protocol, port, inherited): (Option<Protocol>, Option<u16>, Forwarding),
        ids: &mut Ids,
    ) -> Option<RealServer> {
        let forwarding = real.forwarding.map_or(inherited, forward);
        let wanted = real.port.or(port).unwrap_or(0);
        let key = DestKey {
            address: real.address?,
            port: same_port(wanted, self.fixed_port(), forwarding),
        };
        let own_name = endpoint_name(key.address, protocol, key.port);
        let inherited = Inherited {
            config: self.config,
            service: self.block,
            real,
            key,
        };
        // there are many, and most have one
        let mut checks = Vec::with_capacity(real.checkers.len());
        for checker in &real.checkers {
            let hosts = check::apart(checker);
            if hosts.is_empty() {
                checks.extend(check::build(checker, &inherited, ids));
            }
            for host in &hosts {
                checks.extend(check::build(host, &inherited, ids));
            }
        }
        let block = self.block;
        Some(RealServer {
            id: ServerId(next(&mut ids.server)),
            key,
            forwarding,
            weight: real.weight.or(block.weight).unwrap_or(1),
            upper: real.uthreshold.unwrap_or(0),
            lower: real.lthreshold.unwrap_or(0),
            inhibit_on_failure: real.inhibit_on_failure.unwrap_or(block.inhibit_on_failure),
            notify_up: command(real.notify_up.as_deref()),
            notify_down: command(real.notify_down.as_deref()),
            alert: real
                .smtp_alert
                .or(block.smtp_alert)
                .or_else(|| self.alerts())
                .unwrap_or(true),
            checks,
            inherited: {
                let own = settings(&real.defaults, real.alpha, real.snmp_name.as_deref());
                (own != Settings::default()).then(|| Box::new(own))
            },
            name: own_name,
        })
    }

    pub(super) fn sorry(
        &self,
        (protocol, port, inherited): (Option<Protocol>, Option<u16>, Forwarding),
    ) -> Option<Sorry> {
        let (address, written) = self.block.sorry_server.as_ref()?.value;
        let forwarding = self.block.sorry_forwarding.map_or(inherited, forward);
        let wanted = written.or(port).unwrap_or(0);
        let key = DestKey {
            address,
            port: same_port(wanted, self.fixed_port(), forwarding),
        };
        Some(Sorry {
            name: endpoint_name(key.address, protocol, key.port),
            key,
            forwarding,
            inhibit: self.block.sorry_server_inhibit,
        })
    }
}

/// Direct routing and tunnels leave the port as it is, so a server's must be the service's.
/// (`checks::services` tells of those that are not.)
fn same_port(wanted: u16, service: Option<u16>, forwarding: Forwarding) -> u16 {
    match service {
        Some(port) if forwarding != Forwarding::Masquerade => port,
        _ => wanted,
    }
}

fn command(script: Option<&config::Script>) -> Option<Command> {
    script.map(notify::command)
}

/// `[10.0.0.1]:tcp:80`; digit by digit, since every server has a name.
pub(super) fn endpoint_name(address: IpAddr, protocol: Option<Protocol>, port: u16) -> String {
    let mut name = String::with_capacity(24);
    name.push('[');
    match address {
        IpAddr::V4(address) => {
            let [first, rest @ ..] = address.octets();
            push_number(&mut name, first.into());
            for octet in rest {
                name.push('.');
                push_number(&mut name, octet.into());
            }
        }
        IpAddr::V6(address) => name.push_str(&address.to_string()),
    }
    name.push_str("]:");
    name.push_str(protocol.map_or("none", Protocol::name));
    name.push(':');
    push_number(&mut name, port);
    name
}

fn push_number(text: &mut String, number: u16) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.push(char::from_digit((number % 10).into(), 10).unwrap_or('0'));
}

pub(super) fn forward(written: config::Forwarding) -> Forwarding {
    match written.method {
        Method::Nat => Forwarding::Masquerade,
        Method::Direct => Forwarding::Direct,
        Method::Tunnel => {
            let tunnel = written.tunnel.unwrap_or_default();
            Forwarding::Tunnel(Tunnel {
                kind: match tunnel.kind {
                    1 => TunnelKind::Gue,
                    2 => TunnelKind::Gre,
                    _ => TunnelKind::Ipip,
                },
                port: tunnel.port.unwrap_or(0),
                checksum: u16::from(tunnel.checksum),
            })
        }
    }
}
