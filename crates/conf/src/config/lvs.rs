//! Virtual and real servers.
use super::{Checker, Script};
use crate::{Plain, Rare, Span, Spanned};
use core::time::Duration;
use std::net::IpAddr;

/// A `virtual_server` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VirtualServer {
    /// What it serves.
    pub server: Server,
    /// The words behind `virtual_server`.
    pub span: Span,
    /// `lvs_sched`.
    pub scheduler: Option<Spanned<Box<str>>>,
    /// `flag-1`, `sh-port` and the like: bit 0 to 2.
    pub scheduler_flags: u8,
    /// `lvs_method`.
    pub forwarding: Option<Forwarding>,
    /// `protocol`.
    pub protocol: Option<Spanned<Box<str>>>,
    /// Its family, true for IPv6: that of its address, of the first real server that is not reached
    /// by a tunnel, or `ip_family`.
    pub ipv6: Option<bool>,
    /// `persistence_timeout`, in seconds.
    pub persistence_timeout: Option<u32>,
    /// `persistence_granularity`: prefix length.
    pub persistence_granularity: Option<u8>,
    /// `sorry_server`.
    pub sorry_server: Option<Spanned<(IpAddr, Option<u16>)>>,
    /// `sorry_server_lvs_method`.
    pub sorry_forwarding: Option<Forwarding>,
    /// What checkers inherit.
    pub defaults: Defaults,
    /// `real_server` blocks.
    pub real_servers: Vec<RealServer>,
    /// One of these has a script: most services have none, and there may be very many servers.
    pub has_server_scripts: bool,
    /// `alpha`: all real servers start down.
    pub alpha: bool,
    /// `drain_timeout`: how long a removed real server may keep its connections (not in the original).
    pub drain_timeout: Option<Duration>,
    /// `ha_suspend`: suspend checkers while the VIP is absent locally.
    pub ha_suspend: bool,
    /// `hysteresis`: margin around quorum.
    pub hysteresis: Option<u32>,
    /// `inhibit_on_failure`: default: failed real servers get weight 0, stay installed.
    pub inhibit_on_failure: bool,
    /// `omega`: run down notifiers and `quorum_down` at stop.
    pub omega: bool,
    /// `ops`: one-packet scheduling.
    pub ops: bool,
    /// `persistence_engine`: kernel persistence engine, e.g. sip.
    pub persistence_engine: Option<Box<str>>,
    /// `quorum`: total alive weight required.
    pub quorum: Option<u32>,
    /// `quorum_down`: script on quorum lost.
    pub quorum_down: Option<Script>,
    /// `quorum_up`: script on quorum gained.
    pub quorum_up: Option<Script>,
    /// `smtp_alert`: mail for this service and its real servers.
    pub smtp_alert: Option<bool>,
    /// `snmp_name`: name shown in the MIB.
    pub snmp_name: Option<Box<str>>,
    /// `sorry_server_inhibit`: keep sorry server installed with weight 0.
    pub sorry_server_inhibit: bool,
    /// `weight`: default real server weight.
    pub weight: Option<u32>,
}

/// What checkers inherit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Defaults {
    /// `connect_timeout`: default checker connection timeout.
    pub connect_timeout: Option<Duration>,
    /// `delay_before_retry`: default wait between retries.
    pub delay_before_retry: Option<Duration>,
    /// `delay_loop`: default time between checks.
    pub delay_loop: Option<Duration>,
    /// `retry`: default retries for checkers.
    pub retry: Option<u32>,
    /// `virtualhost`: default Host header.
    pub virtualhost: Option<Box<str>>,
    /// `warmup`: default maximum random delay before first check.
    pub warmup: Option<Duration>,
}

impl Plain for Defaults {
    const PLAIN: &'static Self = &Defaults {
        connect_timeout: None,
        delay_before_retry: None,
        delay_loop: None,
        retry: None,
        virtualhost: None,
        warmup: None,
    };
}

/// A `real_server` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RealServer {
    /// Address; unspecified while it is read.
    pub address: Option<IpAddr>,
    /// Port; that of the service when not written.
    pub port: Option<u16>,
    /// The words behind `real_server`.
    pub span: Span,
    /// `lvs_method`.
    pub forwarding: Option<Forwarding>,
    /// What checkers inherit.
    pub defaults: Rare<Defaults>,
    /// Its checkers.
    pub checkers: Vec<Checker>,
    /// `alpha`: start down.
    pub alpha: Option<bool>,
    /// `inhibit_on_failure`: set weight 0 instead of removing when down.
    pub inhibit_on_failure: Option<bool>,
    /// `lthreshold`: lower connection limit.
    pub lthreshold: Option<u32>,
    /// `notify_down`: script on failing.
    pub notify_down: Option<Box<Script>>,
    /// `notify_up`: script on becoming alive.
    pub notify_up: Option<Box<Script>>,
    /// `smtp_alert`: mail on this destination.
    pub smtp_alert: Option<bool>,
    /// `snmp_name`: name shown in the MIB.
    pub snmp_name: Option<Box<str>>,
    /// `uthreshold`: upper connection limit.
    pub uthreshold: Option<u32>,
    /// `weight`: destination weight.
    pub weight: Option<u32>,
}

/// What a virtual server serves.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Server {
    /// Not understood.
    #[default]
    None,
    /// An address, and a port unless it is all of them.
    Address(IpAddr, Option<u16>),
    /// `fwmark`.
    Fwmark(u32),
    /// `group`.
    Group(Spanned<Box<str>>),
}

/// `lvs_method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarding {
    /// The method.
    pub method: Method,
    /// What the tunnel is made of.
    pub tunnel: Option<Tunnel>,
}

/// How packets reach a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Masquerading.
    Nat,
    /// Direct routing.
    Direct,
    /// Tunnelling.
    Tunnel,
}

/// Kind of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tunnel {
    /// `type`: 0 ipip, 1 gue, 2 gre.
    pub kind: u8,
    /// `port` (gue).
    pub port: Option<u16>,
    /// 0 `nocsum`, 1 `csum`, 2 `remcsum`.
    pub checksum: u8,
}

/// A `virtual_server_group` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServerGroup {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// Its entries.
    pub targets: Vec<Spanned<Target>>,
}

/// One entry of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Addresses from the first to the last, and a port.
    Range(IpAddr, IpAddr, Option<u16>),
    /// `fwmark`, and its family when written (true: IPv6).
    Fwmark(u32, Option<bool>),
}
