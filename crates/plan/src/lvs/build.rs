//! `virtual_server` blocks: defaults, inheritance and the original's consistency rules.
use super::check::{self, Family as Inherited};
use super::marking;
use super::sync;
use super::{
    FlushOnStop, Group, Inherited as Settings, Lvs, RealServer, Sorry, Timeouts, Tls, VirtualServer,
};
use crate::{Command, Instance, mail, notify};
use conf::config::{self, Method, Server, Target};
use conf::{Config, Diagnostic, Spanned};
use ledger::ipvs::{
    DestKey, Forwarding, Protocol, ServiceFlags, ServiceKey, ServiceSpec, Tunnel, TunnelKind,
};
use pool::{PoolId, ServerId};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vrrp::InstanceId;
use wire::Family;

/// Persistence without a number: six minutes.
const PERSISTENCE: u32 = 360;
/// A range of addresses makes at most so many services.
const RANGE_MAX: usize = 65_536;

/// The meaning of all virtual servers.
pub(crate) fn build(
    config: &Config,
    instances: &BTreeMap<InstanceId, Box<Instance>>,
    findings: &mut Vec<Diagnostic>,
) -> Lvs {
    let (kernel, process) = (&config.global.kernel, &config.global.process);
    let mut ids = Ids::default();
    // of two with one name the last counts
    let known = config.server_groups.iter();
    let known: BTreeMap<_, _> = known.map(|group| (&*group.name.value, group)).collect();
    let mut servers = Vec::with_capacity(config.virtual_servers.len());
    for block in &config.virtual_servers {
        let number = match &block.server {
            Server::Group(name) => next(ids.groups.entry(name.value.to_string()).or_default()),
            _ => 0,
        };
        let rules = Rules {
            config,
            groups: &known,
            block,
            number,
        };
        servers.extend(rules.build(&mut ids, findings));
    }
    let mut lvs = Lvs {
        servers,
        flush: kernel.lvs_flush,
        flush_on_stop: match kernel.lvs_flush_on_stop.map(|flush| flush.value) {
            None => FlushOnStop::No,
            Some(config::FlushOnStop::All) => FlushOnStop::All,
            Some(config::FlushOnStop::VirtualServers) => FlushOnStop::Services,
        },
        timeouts: Timeouts {
            tcp: kernel.lvs_timeouts.tcp,
            tcp_fin: kernel.lvs_timeouts.tcpfin,
            udp: kernel.lvs_timeouts.udp,
        },
        namespace: namespace(config),
        sync_daemon: sync::daemon(config, instances, findings),
        tls: Tls {
            ca: text(config.tls.ca.as_ref()),
            certificate: text(config.tls.certificate.as_ref()),
            key: text(config.tls.key.as_ref()),
            password: text(config.tls.password.as_ref()),
        },
        probers: process.checker_probers.as_ref().map_or(1, |n| n.value),
        without_ipvs: process
            .checker_without_ipvs
            .as_ref()
            .is_some_and(|on| on.value),
        groups: groups(config),
        marking: marking::of(&config.global),
    };
    marking::assign(&mut lvs, None);
    lvs
}

/// The groups that a service uses.
fn groups(config: &Config) -> Vec<Group> {
    let servers = config.virtual_servers.iter();
    let used: BTreeSet<_> = servers
        .filter_map(|block| match &block.server {
            Server::Group(name) => Some(&*name.value),
            _ => None,
        })
        .collect();
    let used = |group: &&config::ServerGroup| used.contains(&*group.name.value);
    let group = |group: &config::ServerGroup| Group {
        name: group.name.value.to_string(),
        targets: group
            .targets
            .iter()
            .map(|target| match &target.value {
                Target::Range(from, to, port) => {
                    super::Target::Range(*from, *to, port.unwrap_or(0))
                }
                Target::Fwmark(mark, _) => super::Target::Fwmark(*mark),
            })
            .collect(),
    };
    config
        .server_groups
        .iter()
        .filter(used)
        .map(group)
        .collect()
}

fn settings(block: &config::Defaults, alpha: Option<bool>, snmp_name: Option<&str>) -> Settings {
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

pub(super) fn text(word: Option<&Spanned<Box<str>>>) -> Option<String> {
    word.map(|word| word.value.to_string())
}

/// Without a name: the namespace in which the daemon was started.
fn namespace(config: &Config) -> Option<String> {
    let written = config.daemon.net_namespace_ipvs.as_ref()?;
    written.value.as_ref().map(ToString::to_string)
}

/// Numbers for what is built; a reload gives back those of before.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pool: u32,
    server: u32,
    pub(super) check: u32,
    /// How many services each group has.
    groups: BTreeMap<String, u32>,
}

/// The next number of a row.
pub(super) fn next(row: &mut u32) -> u32 {
    let id = *row;
    *row = row.saturating_add(1);
    id
}

struct Rules<'a> {
    config: &'a Config,
    /// By name.
    groups: &'a BTreeMap<&'a str, &'a config::ServerGroup>,
    block: &'a config::VirtualServer,
    /// Which one of those that share its group; from 0.
    number: u32,
}

impl Rules<'_> {
    fn build(&self, ids: &mut Ids, findings: &mut Vec<Diagnostic>) -> Option<VirtualServer> {
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
            let built = self.real(real, at, ids, findings);
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
    fn alerts(&self) -> Option<bool> {
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
    fn fixed_port(&self) -> Option<u16> {
        match &self.block.server {
            Server::Address(_, port) => Some(port.unwrap_or(0)),
            Server::None | Server::Fwmark(_) | Server::Group(_) => None,
        }
    }

    fn spec(&self, first: &ServiceKey) -> ServiceSpec {
        let block = self.block;
        let everywhere = matches!(first, ServiceKey::Address { port: 0, .. });
        let persistence = block
            .persistence_timeout
            .or(everywhere.then_some(PERSISTENCE))
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

    fn real(
        &self,
        real: &config::RealServer,
        (protocol, port, inherited): (Option<Protocol>, Option<u16>, Forwarding),
        ids: &mut Ids,
        findings: &mut Vec<Diagnostic>,
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
            name: &own_name,
        };
        // there are many, and most have one
        let mut checks = Vec::with_capacity(real.checkers.len());
        for checker in &real.checkers {
            let hosts = check::apart(checker);
            if hosts.is_empty() {
                checks.extend(check::build(checker, &inherited, ids, findings));
            }
            for host in &hosts {
                checks.extend(check::build(host, &inherited, ids, findings));
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

    fn sorry(
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
fn endpoint_name(address: IpAddr, protocol: Option<Protocol>, port: u16) -> String {
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

fn forward(written: config::Forwarding) -> Forwarding {
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
