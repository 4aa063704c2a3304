//! One `virtual_server` block: what it serves and how it balances.
use super::VirtualServer;
use super::build::{Ids, next};
use super::server::{endpoint_name, forward, settings};
use crate::checks::services;
use crate::{mail, notify};
use conf::Config;
use conf::config::{self, Server, Target};
use ledger::ipvs::{Forwarding, Protocol, ServiceFlags, ServiceKey, ServiceSpec};
use pool::PoolId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::Family;

/// Persistence without a number: six minutes.
const PERSISTENCE: u32 = 360;
/// A range of addresses makes at most so many services.
const RANGE_MAX: usize = 65_536;

/// A block and what its meaning depends on.
pub(super) struct Rules<'a> {
    pub(super) config: &'a Config,
    /// By name.
    pub(super) groups: &'a BTreeMap<&'a str, &'a config::ServerGroup>,
    pub(super) block: &'a config::VirtualServer,
    /// Which one of those that share its group; from 0.
    pub(super) number: u32,
}

impl Rules<'_> {
    pub(super) fn build(&self, ids: &mut Ids) -> Option<VirtualServer> {
        let block = self.block;
        let protocol = self.protocol();
        let services = self.services(protocol);
        let first = services.first()?;
        let name = self.name(protocol);
        let port = self.port();
        let forwarding = block.forwarding.map_or(Forwarding::Masquerade, forward);
        let mut servers = Vec::with_capacity(block.real_servers.len());
        let mut known = BTreeSet::new();
        for real in &block.real_servers {
            let at = (protocol, port, forwarding);
            let built = self.real(real, at, ids);
            // the second of two that are the same does not count (`checks::services` says so)
            servers.extend(built.filter(|server| known.insert(server.key)));
        }
        servers.shrink_to_fit();
        let total: u64 = servers.iter().map(|server| u64::from(server.weight)).sum();
        let (quorum, hysteresis) = self.quorum(total);
        Some(VirtualServer {
            id: PoolId(next(&mut ids.pool)),
            spec: self.spec(first),
            services,
            marked: Vec::new(),
            servers,
            sorry: self.sorry((protocol, port, forwarding)),
            quorum,
            hysteresis,
            alpha: block.alpha,
            omega: block.omega,
            announce_initial: self
                .config
                .global
                .scripts
                .rs_init_notifies
                .as_ref()
                .is_some_and(|on| on.value),
            ha_suspend: block.ha_suspend,
            drain_timeout: block.drain_timeout.unwrap_or_default(),
            quorum_up: block.quorum_up.as_ref().map(notify::command),
            quorum_down: block.quorum_down.as_ref().map(notify::command),
            alert: block.smtp_alert.or_else(|| self.alerts()).unwrap_or(false),
            group: match &block.server {
                Server::Group(name) => Some(name.value.to_string()),
                _ => None,
            },
            forwarding,
            inhibit_on_failure: block.inhibit_on_failure,
            inherited: settings(
                &block.defaults,
                Some(block.alpha),
                block.snmp_name.as_deref(),
            ),
            name,
        })
    }

    /// What `global_defs` says about mail.
    pub(super) fn alerts(&self) -> Option<bool> {
        mail::checker_alerts(&self.config.global)
    }

    /// UDP where nothing was written and one is needed, as the original has it. `None` for marks.
    fn protocol(&self) -> Option<Protocol> {
        let written = self.block.protocol.as_ref().map(|word| &*word.value);
        match (written, &self.block.server) {
            (_, Server::Fwmark(_)) => None,
            (Some(word), _) if word.eq_ignore_ascii_case("TCP") => Some(Protocol::Tcp),
            (Some(word), _) if word.eq_ignore_ascii_case("SCTP") => Some(Protocol::Sctp),
            (None, Server::Group(name)) if !self.needs_protocol(&name.value) => None,
            _ => Some(Protocol::Udp),
        }
    }

    fn targets(&self, group: &str) -> impl Iterator<Item = &Target> {
        let group = self.groups.get(group);
        group
            .into_iter()
            .flat_map(|g| g.targets.iter().map(|t| &t.value))
    }

    fn needs_protocol(&self, group: &str) -> bool {
        self.targets(group)
            .any(|target| matches!(target, Target::Range(..)))
    }

    fn services(&self, protocol: Option<Protocol>) -> Vec<ServiceKey> {
        if let Server::Group(name) = &self.block.server
            && let Some(group) = self.groups.get(&*name.value)
            && !services::fits(group, self.block)
        {
            return Vec::new();
        }
        let by_address = |address, port: &Option<u16>| {
            Some(ServiceKey::Address {
                protocol: protocol?,
                address,
                port: port.unwrap_or(0),
            })
        };
        match &self.block.server {
            Server::None => Vec::new(),
            Server::Address(address, port) => by_address(*address, port).into_iter().collect(),
            Server::Fwmark(mark) => vec![self.fwmark(*mark, None)],
            Server::Group(name) => {
                let keys = self.targets(&name.value).flat_map(|target| match target {
                    Target::Fwmark(mark, family) => vec![self.fwmark(*mark, *family)],
                    Target::Range(from, to, port) => range(*from, *to)
                        .filter_map(|address| by_address(address, port))
                        .collect(),
                });
                keys.collect()
            }
        }
    }

    /// A mark's family is written, or that of its real servers.
    fn fwmark(&self, mark: u32, own: Option<bool>) -> ServiceKey {
        let ipv6 = own.or(self.block.ipv6).unwrap_or_else(|| {
            let first = self.block.real_servers.first();
            matches!(first.and_then(|real| real.address), Some(IpAddr::V6(_)))
        });
        let family = if ipv6 { Family::V6 } else { Family::V4 };
        ServiceKey::Fwmark { family, mark }
    }

    fn name(&self, protocol: Option<Protocol>) -> String {
        match &self.block.server {
            Server::None => String::new(),
            Server::Fwmark(mark) => format!("FWM {mark}"),
            // the original numbers those that share a group
            Server::Group(name) => format!("[{}]:{}", name.value, self.number),
            Server::Address(address, port) => endpoint_name(*address, protocol, port.unwrap_or(0)),
        }
    }

    /// The service's port, where there is just one.
    fn port(&self) -> Option<u16> {
        match &self.block.server {
            Server::Address(_, port) => Some(port.unwrap_or(0)),
            Server::Group(name) => {
                let mut ports = self.targets(&name.value).filter_map(|target| match target {
                    Target::Range(_, _, port) => Some(port.unwrap_or(0)),
                    Target::Fwmark(..) => None,
                });
                let first = ports.next()?;
                ports.all(|port| port == first).then_some(first)
            }
            Server::None | Server::Fwmark(_) => None,
        }
    }

    /// The port that servers must have too; those of a group may have any.
    pub(super) fn fixed_port(&self) -> Option<u16> {
        match &self.block.server {
            Server::Address(_, port) => Some(port.unwrap_or(0)),
            Server::None | Server::Fwmark(_) | Server::Group(_) => None,
        }
    }

    fn spec(&self, first: &ServiceKey) -> ServiceSpec {
        let block = self.block;
        let everywhere = matches!(first, ServiceKey::Address { port: 0, .. });
        let lasts = everywhere || block.persistence_granularity.is_some();
        let persistence = block
            .persistence_timeout
            .or(lasts.then_some(PERSISTENCE))
            .unwrap_or(0);
        let engine = block.persistence_engine.as_ref();
        let all = match first.family() {
            Family::V4 => 32,
            Family::V6 => 128,
        };
        ServiceSpec {
            scheduler: block
                .scheduler
                .as_ref()
                .map_or("wlc", |name| &name.value)
                .to_owned(),
            flags: ServiceFlags {
                one_packet: block.ops,
                scheduler: block.scheduler_flags,
            },
            persistence,
            granularity: block.persistence_granularity.unwrap_or(all),
            // an engine has nothing to do where nothing persists
            engine: engine.map(ToString::to_string).filter(|_| persistence > 0),
        }
    }

    /// A quorum that can be reached, and a hysteresis below it. What is put right is told by
    /// `checks::services`.
    fn quorum(&self, total: u64) -> (u32, u32) {
        let most = u32::try_from(total).unwrap_or(u32::MAX);
        let quorum = self.block.quorum.unwrap_or(1).min(most);
        let hysteresis = self.block.hysteresis.unwrap_or(0);
        let hysteresis = if hysteresis >= quorum { 0 } else { hysteresis };
        (quorum, hysteresis)
    }
}

/// All addresses from the first to the last.
fn range(from: IpAddr, to: IpAddr) -> Box<dyn Iterator<Item = IpAddr>> {
    match (from, to) {
        (IpAddr::V4(a), IpAddr::V4(b)) => Box::new(
            (u32::from(a)..=u32::from(b))
                .take(RANGE_MAX)
                .map(|n| Ipv4Addr::from(n).into()),
        ),
        (IpAddr::V6(a), IpAddr::V6(b)) => Box::new(
            (u128::from(a)..=u128::from(b))
                .take(RANGE_MAX)
                .map(|n| Ipv6Addr::from(n).into()),
        ),
        _ => Box::new(std::iter::empty()),
    }
}
