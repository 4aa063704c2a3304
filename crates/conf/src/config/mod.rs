//! The configuration as written: one field per keyword, `None` where nothing was written.
//!
//! Defaults and cross references belong to `plan`; the spans are for its findings.
#![allow(clippy::struct_excessive_bools)] // a keyword without argument is a flag

mod address;
mod check;
mod defaults;
mod global;
mod kernel;
mod lvs;
mod more;
mod notify;
mod outlets;
mod process;
mod route;
mod script;
mod snmp;
mod track;
mod vrrp;

pub use address::{Address, Broadcast};
pub use check::{Check, Checker, Connect, Dns, Http, HttpProtocol, Misc, Rhythm, Smtp, Udp, Url};
pub use defaults::Vrrp;
pub use global::{ExtraGarp, Garp, Global, MailServer};
pub use kernel::{FlushOnStop, Kernel, LvsTimeouts, RxBufs, SyncDaemon};
pub use lvs::{
    Defaults, Forwarding, Method, RealServer, Server, ServerGroup, Target, Tunnel, VirtualServer,
};
pub use more::{Ipvlan, More, OldChecksum, UnicastPeer, Vmac};
pub use notify::{Notify, Scripts};
pub use outlets::{MailSecurity, Outlets};
pub use process::{Daemon, Process};
pub use route::{Route, RouteWord, Rule};
pub use script::{Script, User};
pub use snmp::Snmp;
pub use track::{
    Bfd, GarpGroup, InterfaceDelay, Linkbeat, Tls, Track, TrackFile, TrackGroup, TrackProcess,
    TrackScript, Weight,
};
pub use vrrp::{
    AuthType, Authentication, Hmac, HmacKey, HmacMode, Instance, StartState, SyncGroup,
};

/// Everything that was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Words outside of all blocks.
    pub daemon: Daemon,
    /// `global_defs`; later blocks add to earlier ones.
    pub global: Global,
    /// `static_ipaddress`.
    pub static_addresses: Vec<Address>,
    /// `static_routes`.
    pub static_routes: Vec<Route>,
    /// `static_rules`.
    pub static_rules: Vec<Rule>,
    /// `track_group` blocks.
    pub track_groups: Vec<TrackGroup>,
    /// `interface_up_down_delays`.
    pub interface_delays: Vec<InterfaceDelay>,
    /// `linkbeat_interfaces`.
    pub linkbeat: Vec<Linkbeat>,
    /// `garp_group` blocks.
    pub garp_groups: Vec<GarpGroup>,
    /// `vrrp_script` blocks.
    pub scripts: Vec<TrackScript>,
    /// `track_file` and `vrrp_track_file` blocks.
    pub files: Vec<TrackFile>,
    /// `vrrp_track_process` blocks.
    pub processes: Vec<TrackProcess>,
    /// `bfd_instance` blocks.
    pub bfds: Vec<Bfd>,
    /// `vrrp_sync_group` blocks.
    pub sync_groups: Vec<SyncGroup>,
    /// `vrrp_instance` blocks, in order.
    pub instances: Vec<Instance>,
    /// `SSL`.
    pub tls: Tls,
    /// `virtual_server_group` blocks.
    pub server_groups: Vec<ServerGroup>,
    /// `virtual_server` blocks.
    pub virtual_servers: Vec<VirtualServer>,
}
