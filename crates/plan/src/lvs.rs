//! Virtual servers: what the checker keeps in the load balancer's table, and on which evidence.
mod adopt;
mod build;
mod check;
mod http;
mod marking;
mod probe;
mod server;
mod service;
mod sync;

pub(crate) use adopt::adopt_ids;
pub(crate) use build::build;
pub use marking::Marking;
pub use probe::{
    Dns, Endpoint, FileCheck, Http, HttpTls, HttpVersion, Misc, Probe, Regex, Smtp, Source, Tls,
    Udp, Url, Verify,
};

use crate::Command;
use core::time::Duration;
use ledger::ipvs::{DestKey, Forwarding, ServiceKey, ServiceSpec};
use pool::{CheckId, CheckParams, Params, PoolId, ServerId, ServerParams};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Everything of the load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lvs {
    /// `virtual_server` blocks, in order.
    pub servers: Vec<VirtualServer>,
    /// `lvs_flush`: the whole table is cleared at the start.
    pub flush: bool,
    /// `lvs_flush_on_stop`.
    pub flush_on_stop: FlushOnStop,
    /// `lvs_timeouts`.
    pub timeouts: Timeouts,
    /// `lvs_sync_daemon`.
    pub sync_daemon: Option<SyncDaemon>,
    /// `net_namespace_ipvs`: where the table is; our own network namespace when `None`.
    pub namespace: Option<String>,
    /// `SSL`: what `SSL_GET` presents.
    pub tls: Tls,
    /// `checker_probers`: processes that make checks, at least one.
    pub probers: u8,
    /// `checker_without_ipvs`: checks are made also where the kernel has no load balancer.
    pub without_ipvs: bool,
    /// `virtual_server_group` blocks that are used.
    pub groups: Vec<Group>,
    /// `nftables_ipvs`.
    pub marking: Option<Marking>,
}

/// A `virtual_server_group`, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name.
    pub name: String,
    /// Its lines.
    pub targets: Vec<Target>,
}

/// A line of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// All addresses from the first to the last, and a port.
    Range(IpAddr, IpAddr, u16),
    /// `fwmark`.
    Fwmark(u32),
}

/// What a block says to its checks: they have taken it over, people want to see it where it was
/// written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inherited {
    /// `connect_timeout`.
    pub connect_timeout: Option<Duration>,
    /// `delay_loop`.
    pub delay_loop: Option<Duration>,
    /// `retry`.
    pub retry: Option<u32>,
    /// `delay_before_retry`.
    pub delay_before_retry: Option<Duration>,
    /// `warmup`.
    pub warmup: Option<Duration>,
    /// `virtualhost`.
    pub virtualhost: Option<String>,
    /// `alpha`.
    pub alpha: Option<bool>,
    /// `snmp_name`, which nothing inherits: it is as rare as the others.
    pub snmp_name: Option<String>,
}

/// `lvs_flush_on_stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FlushOnStop {
    /// Own destinations, then own services.
    #[default]
    No,
    /// The whole table, whoever owns it.
    All,
    /// `VS`: own services.
    Services,
}

/// `lvs_timeouts`, in seconds; the kernel's stay where nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timeouts {
    /// `tcp`.
    pub tcp: Option<u32>,
    /// `tcpfin`.
    pub tcp_fin: Option<u32>,
    /// `udp`.
    pub udp: Option<u32>,
}

/// What the sync daemon follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Follows {
    /// Nothing: master and backup run.
    Nobody,
    /// The state of this instance.
    Instance(String),
    /// An instance that is not there: none runs.
    Missing(String),
}

/// `lvs_sync_daemon`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// Interface.
    pub interface: String,
    /// Who decides between master and backup.
    pub follows: Follows,
    /// `id`.
    pub id: u8,
    /// `maxlen`, in octets.
    pub maxlen: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`.
    pub group: Option<IpAddr>,
}

/// A `virtual_server` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// Stays the same over reloads.
    pub id: PoolId,
    /// As log lines call it: `[10.0.0.1]:tcp:80`, `FWM 5`.
    pub name: String,
    /// What it serves: several with `virtual_server_group`.
    pub services: Vec<ServiceKey>,
    /// What it is instead where its packets are marked (`nftables_ipvs`); see [`VirtualServer::keys`].
    pub marked: Vec<ServiceKey>,
    /// How it balances.
    pub spec: ServiceSpec,
    /// `real_server` blocks, in order.
    pub servers: Vec<RealServer>,
    /// `sorry_server`.
    pub sorry: Option<Sorry>,
    /// `quorum`.
    pub quorum: u32,
    /// `hysteresis`.
    pub hysteresis: u32,
    /// `alpha`.
    pub alpha: bool,
    /// `omega`.
    pub omega: bool,
    /// `rs_init_notifies`.
    pub announce_initial: bool,
    /// `ha_suspend`.
    pub ha_suspend: bool,
    /// `drain_timeout`: how long a removed server may keep its connections.
    pub drain_timeout: Duration,
    /// `quorum_up`.
    pub quorum_up: Option<Command>,
    /// `quorum_down`.
    pub quorum_down: Option<Command>,
    /// `smtp_alert`: changes of the quorum go out as mail.
    pub alert: bool,
    /// The `virtual_server_group` that it serves.
    pub group: Option<String>,
    /// How packets reach servers that say nothing else.
    pub forwarding: Forwarding,
    /// `inhibit_on_failure`.
    pub inhibit_on_failure: bool,
    /// What its servers inherit.
    pub inherited: Inherited,
}

/// `sorry_server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorry {
    /// As log lines call it.
    pub name: String,
    /// Address and port.
    pub key: DestKey,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// `sorry_server_inhibit`.
    pub inhibit: bool,
}

/// A `real_server` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServer {
    /// Stays the same over reloads.
    pub id: ServerId,
    /// As log lines call it: `[10.0.1.1]:tcp:80`.
    pub name: String,
    /// Address and port.
    pub key: DestKey,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// `weight`.
    pub weight: u32,
    /// `uthreshold`; 0: none.
    pub upper: u32,
    /// `lthreshold`; 0: none.
    pub lower: u32,
    /// `inhibit_on_failure`.
    pub inhibit_on_failure: bool,
    /// `notify_up`.
    pub notify_up: Option<Command>,
    /// `notify_down`.
    pub notify_down: Option<Command>,
    /// `smtp_alert`: its changes go out as mail.
    pub alert: bool,
    /// Its checks, in order.
    pub checks: Vec<Check>,
    /// What is not as its service has it; `None`: everything is.
    pub inherited: Option<Box<Inherited>>,
}

/// A check of a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stays the same over reloads while what is checked does.
    pub id: CheckId,
    /// When it is made, and when it counts.
    pub params: CheckParams,
    /// What is checked.
    pub probe: Probe,
    /// `log_all_failures`.
    pub log_all_failures: bool,
}

impl RealServer {
    /// A setting, its own or its service's.
    pub fn setting<T>(
        &self,
        service: &VirtualServer,
        of: impl Fn(&Inherited) -> Option<T>,
    ) -> Option<T> {
        let own = self.inherited.as_deref().and_then(&of);
        own.or_else(|| of(&service.inherited))
    }
}

impl VirtualServer {
    /// What the machine needs to know.
    pub fn params(&self) -> Params {
        let server = |server: &RealServer| {
            let checks = server.checks.iter();
            let checks = checks
                .map(|check| (check.id, check.params.clone()))
                .collect();
            let params = ServerParams {
                weight: server.weight,
                inhibit_on_failure: server.inhibit_on_failure,
                checks,
            };
            (server.id, params)
        };
        Params {
            quorum: self.quorum,
            hysteresis: self.hysteresis,
            sorry: self.sorry.as_ref().map(|sorry| sorry.inhibit),
            alpha: self.alpha,
            omega: self.omega,
            announce_initial: self.announce_initial,
            servers: self.servers.iter().map(server).collect(),
        }
    }
}

/// Whole seconds, as most of the keywords have them.
const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
