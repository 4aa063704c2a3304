//! All of the load balancer: its settings, and the services in the order of the file.
use super::service::Rules;
use super::{FlushOnStop, Group, Lvs, Timeouts, Tls, marking, sync};
use crate::Instance;
use conf::config::{self, Server, Target};
use conf::{Config, Diagnostic, Spanned};
use std::collections::{BTreeMap, BTreeSet};
use vrrp::InstanceId;

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
        servers.extend(rules.build(&mut ids));
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
    pub(super) pool: u32,
    pub(super) server: u32,
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
