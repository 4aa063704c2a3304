//! Floor 2: what the configuration means.
//!
//! `Config` says what was written; [`Plan`] says what it means: defaults filled in, names
//! resolved, ids given. A plan is plain data: it is sealed, handed to the role processes and
//! compared with the next one at a reload.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod addresses;
mod agents;
mod bfd;
mod buffers;
mod build;
mod checks;
mod compare;
mod daemon;
mod diff;
mod encap;
mod groups;
mod hmac;
mod instance;
mod lasting;
mod linkbeat;
pub mod lvs;
mod mail;
mod names;
mod notify;
mod peers;
mod process;
mod routes;
mod rules;
mod sheet;
mod statics;
mod strict;
mod tracking;
mod uppers;

pub use agents::{Dbus, Snmp};
pub use bfd::Bfd;
pub use buffers::{Buffer, BufferSize, Buffers};
pub use build::{Facts, build};
pub use checks::{PathFact, ScriptFacts, programs, script_users};
pub use compare::{Node, compare};
pub use daemon::{Daemon, Dumps, Hook, NameFiles, Place, Reload};
pub use diff::{Changes, adopt_ids, diff};
pub use groups::Group;
pub use hmac::key_files;
pub use lasting::Lasting;
pub use linkbeat::{Linkbeat, PollMethod};
pub use mail::{Login, Mail, Password, Relay, Security};
pub use names::Names;
pub use notify::{Command, Fifo, Fifos, Line, Notify, RunAs, Scripts, command};
pub use process::{AutoPriority, ProcessNames, Realtime, Tuning};
pub use routes::Route;
pub use rules::Rule;
pub use sheet::{Gap, Row, Sheet, Subject};
pub use tracking::{File, Object, ParamMatch, Process, Script, Source, Trackers};
pub use uppers::{IpvlanMode, Upper, UpperKind, virtual_mac};

use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use vrrp::{GroupId, InstanceId};
use wire::Prefix;

/// The whole configuration as meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// `global_defs`.
    pub global: Global,
    /// `vrrp_instance` blocks.
    pub instances: BTreeMap<InstanceId, Box<Instance>>,
    /// Interfaces to be made for them.
    pub uppers: Vec<Upper>,
    /// `static_ipaddress`, `static_routes` and `static_rules`: what nobody tracks first, then
    /// each track group's own.
    pub statics: Vec<Statics>,
    /// `virtual_server` blocks and what belongs to them.
    pub lvs: lvs::Lvs,
    /// What a reload cannot change.
    pub lasting: Lasting,
    /// `vrrp_sync_group` blocks.
    pub groups: BTreeMap<GroupId, Group>,
    /// What instances track besides interfaces.
    pub trackers: Trackers,
    /// `bfd_instance` blocks.
    pub bfds: Vec<Bfd>,
}

impl Plan {
    /// Whether anybody but the pipes is told of changes of an instance or a group.
    pub fn follows(&self, notify: &Notify) -> bool {
        notify.has_commands()
            || notify.url.is_some()
            || self.global.url.is_some()
            || notify.alert
            || self.lvs.sync_daemon.is_some()
    }

    /// Whether `next` lacks an instance, a group, a virtual or a real server of this plan.
    pub fn removes_anything(&self, next: &Plan) -> bool {
        let reals = |plan: &Plan| -> BTreeSet<_> {
            let reals = plan.lvs.servers.iter().flat_map(|one| &one.servers);
            reals.map(|real| real.id).collect()
        };
        let pools =
            |plan: &Plan| -> BTreeSet<_> { plan.lvs.servers.iter().map(|one| one.id).collect() };
        let stays = self
            .instances
            .keys()
            .all(|id| next.instances.contains_key(id))
            && self.groups.keys().all(|id| next.groups.contains_key(id))
            && pools(self).is_subset(&pools(next))
            && reals(self).is_subset(&reals(next));
        !stays
    }

    /// Drops what proves adverts: a plan that is only looked up in has no use for it.
    pub fn forget_secrets(&mut self) {
        for instance in self.instances.values_mut() {
            let params = Arc::make_mut(&mut instance.params);
            params.auth = vrrp::Auth::None;
            params.hmac = None;
        }
    }
}

/// What is there as long as the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statics {
    /// Names of the instances that cannot do without (`track_group`).
    pub tracked_by: Vec<String>,
    /// `static_ipaddress`.
    pub addresses: Vec<Address>,
    /// `static_routes`.
    pub routes: Vec<Route>,
    /// `static_rules`.
    pub rules: Vec<Rule>,
}

/// The packet filter of `no_accept` and `use_vmac`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Firewall {
    /// `nftables` was written, or `vrrp_iptables`, which means the same; else it is used where it
    /// is needed.
    pub written: bool,
    /// Name of the table; `keepalived` when `None`.
    pub table: Option<String>,
    /// `nftables_priority`; -1 when `None`.
    pub priority: Option<i32>,
    /// `nftables_counters`.
    pub counters: bool,
    /// `nftables_ifindex`: interfaces are named by their numbers.
    pub by_index: bool,
}

/// Pauses between gratuitous announcements by one interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Paces {
    /// `vrrp_garp_interval`; zero: none.
    pub garp: Duration,
    /// `vrrp_gna_interval`; zero: none.
    pub gna: Duration,
    /// `garp_group` blocks.
    pub groups: Vec<Pace>,
}

/// A `garp_group`: interfaces that share their pauses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Their names.
    pub interfaces: Vec<String>,
    /// `garp_interval`; the global one when `None`.
    pub garp: Option<Duration>,
    /// `gna_interval`; the global one when `None`.
    pub gna: Option<Duration>,
}

impl Pace {
    /// The pause between announcements of one family.
    pub const fn interval(&self, v6: bool) -> Option<Duration> {
        if v6 { self.gna } else { self.garp }
    }
}

/// How long an interface must be in a new state before that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkDelay {
    /// Going down.
    pub down: Duration,
    /// Coming up.
    pub up: Duration,
}

/// `dynamic_interfaces`: whether interfaces may come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Interfaces {
    /// They have to be there at the start.
    #[default]
    Fixed,
    /// They may come later.
    Dynamic,
    /// They may also come back as something else (`allow_if_changes`).
    Changing,
}

/// Daemon-wide settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Global {
    /// `router_id`; the host name when not written.
    pub router_id: Option<String>,
    /// `json_version`: 1, or 2 with tracked processes.
    pub json_version: u8,
    /// `umask`: what others may not do with files of ours, and of scripts.
    pub umask: Option<u32>,
    /// How scripts are run.
    pub scripts: Scripts,
    /// Named pipes that tell of every change.
    pub fifos: Fifos,
    /// Mail. Only the supervisor sends any: no other process gets to know the password.
    #[serde(skip)]
    pub mail: Option<Mail>,
    /// `notify_url`: what is told of everything.
    pub url: Option<String>,
    /// `notify_url_ca_file`.
    pub url_ca_file: Option<String>,
    /// The packet filter.
    pub firewall: Firewall,
    /// Pauses between gratuitous announcements.
    pub paces: Paces,
    /// How the kernel treats the vrrp process.
    pub vrrp_process: Tuning,
    /// How it treats the checker process.
    pub checker_process: Tuning,
    /// How it treats the BFD process.
    pub bfd_process: Tuning,
    /// Who may become faster when late.
    pub auto_priority: AutoPriority,
    /// The daemon as a whole.
    pub daemon: Daemon,
    /// SNMP.
    pub snmp: Snmp,
    /// D-Bus.
    pub dbus: Dbus,
    /// Receive buffers.
    pub buffers: Buffers,
    /// How the carrier of interfaces is watched.
    pub linkbeat: Linkbeat,
    /// Whether interfaces may come and go.
    pub interfaces: Interfaces,
    /// `vrrp_startup_delay`: no election for this long after the start.
    pub startup_delay: Duration,
    /// `vrrp_delay_after_boot`: no election until this long after the machine's start.
    pub delay_after_boot: Duration,
    /// What processes are called.
    pub process_names: ProcessNames,
    /// `log_unknown_vrids`.
    pub log_unknown_vrids: bool,
    /// `disable_local_igmp`: no reports for groups that never leave the link.
    pub no_local_igmp: bool,
    /// `interface_up_down_delays`, by interface.
    pub link_delays: BTreeMap<String, LinkDelay>,
}

/// One virtual router and what it owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Name in the configuration: the identity over reloads.
    pub name: String,
    /// What the machine needs to know.
    pub params: Arc<vrrp::Params>,
    /// TTL or hop limit of its adverts.
    pub ttl: u8,
    /// `virtual_ipaddress`, then `virtual_ipaddress_excluded`, in configuration order.
    pub addresses: Vec<Address>,
    /// Others may talk to its addresses: the owner's, or `accept`, which is the default unless
    /// strict.
    pub accept: bool,
    /// `strict_mode`.
    pub strict: bool,
    /// `promote_secondaries`.
    pub promote_secondaries: bool,
    /// `kernel_rx_buf_size`: receive buffer of its socket, in octets.
    pub receive_buffer: Option<u32>,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
    /// Who is told of its changes of state.
    pub notify: Notify,
    /// `garp_extra_if`: announcements that keep switches in mind of its interfaces.
    pub extra_garp: Option<ExtraGarp>,
    /// Interfaces that get the kernel's `promote_secondaries`.
    pub promote_on: Vec<String>,
}

/// `garp_extra_if`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraGarp {
    /// Every interface that carries one of the addresses, not only macvlans of ours.
    pub all: bool,
    /// Time between two.
    pub interval: Duration,
}

/// A virtual address and how it is put on an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Address and prefix length (/32 and /128 when none was written).
    pub prefix: Prefix,
    /// Interface that carries it.
    pub dev: String,
    /// Label, at most 15 characters (IPv4 only).
    pub label: Option<String>,
    /// Kernel scope number (0 global, 200 site, 253 link, 254 host).
    pub scope: u8,
    /// Broadcast address (IPv4 only).
    pub broadcast: Option<Ipv4Addr>,
    /// The other end of a point-to-point address.
    pub peer: Option<IpAddr>,
    /// `IFA_F_*` bits: nodad, home, mngtmpaddr, noprefixroute, autojoin.
    pub flags: u32,
    /// Seconds for which the kernel may choose it as a source; `None`: for ever.
    pub preferred: Option<u32>,
    /// `no_track`: somebody deleting it does not matter.
    pub no_track: bool,
}

impl Address {
    /// An address with nothing behind it.
    pub fn new(prefix: Prefix, dev: impl Into<String>) -> Self {
        Address {
            prefix,
            dev: dev.into(),
            label: None,
            scope: 0,
            broadcast: None,
            peer: None,
            flags: 0,
            preferred: None,
            no_track: false,
        }
    }
}
