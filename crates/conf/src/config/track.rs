//! What is tracked: scripts, processes, files, BFD sessions; small blocks.
use super::{Script, User};
use crate::Spanned;
use core::time::Duration;
use std::net::IpAddr;

/// A `vrrp_script` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackScript {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `script`.
    pub script: Option<Script>,
    /// `user`.
    pub user: Option<User>,
    /// `weight`.
    pub weight: Option<Weight>,
    /// `fall`: failures needed to become down.
    pub fall: Option<Spanned<u32>>,
    /// `init_fail`: assume failed until the first result.
    pub init_fail: bool,
    /// `interval`: time between runs.
    pub interval: Option<Spanned<Duration>>,
    /// `rise`: successes needed to become up.
    pub rise: Option<Spanned<u32>>,
    /// `timeout`: run time limit; exceeding counts as failure.
    pub timeout: Option<Spanned<Duration>>,
}

/// A `vrrp_track_process` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackProcess {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `process`: what runs, and its parameters.
    pub process: Vec<Spanned<Box<str>>>,
    /// `param_match`: `initial`, `partial`, or nothing for exact.
    pub param_match: Option<Spanned<Option<Box<str>>>>,
    /// `weight`.
    pub weight: Option<Weight>,
    /// `delay`: sets both fork and terminate delays.
    pub delay: Option<Spanned<Duration>>,
    /// `fork_delay`: settle time after gaining quorum.
    pub fork_delay: Option<Spanned<Duration>>,
    /// `full_command`: match the command line rather than comm name.
    pub full_command: bool,
    /// `quorum`: minimum running copies.
    pub quorum: Option<Spanned<u16>>,
    /// `quorum_max`: maximum running copies.
    pub quorum_max: Option<Spanned<u16>>,
    /// `terminate_delay`: settle time after losing quorum.
    pub terminate_delay: Option<Spanned<Duration>>,
}

/// A `bfd_instance` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bfd {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `weight`.
    pub weight: Option<Weight>,
    /// `checker`: events go to the checker process only.
    pub checker: bool,
    /// `hoplimit`: same as ttl.
    pub ttl: Option<Spanned<u8>>,
    /// `idle_tx`: transmit interval while session not up.
    pub idle_tx: Option<Spanned<Duration>>,
    /// `max_hops`: maximum hops on reception; -1 effective only with ttl 255.
    pub max_hops: Option<Spanned<i16>>,
    /// `min_rx`: required minimum receive interval.
    pub min_rx: Option<Spanned<Duration>>,
    /// `min_tx`: desired minimum transmit interval.
    pub min_tx: Option<Spanned<Duration>>,
    /// `multihop`: RFC5883 multihop, port 4784.
    pub multihop: Option<Spanned<bool>>,
    /// `multiplier`: detection multiplier.
    pub multiplier: Option<Spanned<u8>>,
    /// `neighbor_ip`: remote address, mandatory.
    pub neighbor_ip: Option<Spanned<IpAddr>>,
    /// `passive`: wait for neighbour to start.
    pub passive: bool,
    /// `source_ip`: local address.
    pub source_ip: Option<Spanned<IpAddr>>,
    /// `vrrp`: events go to the VRRP process only.
    pub vrrp: bool,
}

/// A `garp_group` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GarpGroup {
    /// `interfaces`.
    pub interfaces: Vec<Spanned<Box<str>>>,
    /// `garp_interval`: gap between gratuitous ARPs in this group.
    pub garp_interval: Option<Spanned<Duration>>,
    /// `gna_interval`: gap between unsolicited NAs in this group.
    pub gna_interval: Option<Spanned<Duration>>,
    /// `interface`: single interface of the group.
    pub interface: Option<Spanned<Box<str>>>,
}

/// The `SSL` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tls {
    /// `ca`: CA file loaded; peer is not verified.
    pub ca: Option<Spanned<Box<str>>>,
    /// `certificate`: client certificate.
    pub certificate: Option<Spanned<Box<str>>>,
    /// `key`: client private key.
    pub key: Option<Spanned<Box<str>>>,
    /// `password`: private key passphrase.
    pub password: Option<Spanned<Box<str>>>,
}

/// A `track_file` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackFile {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `file`.
    pub file: Option<Spanned<Box<str>>>,
    /// `weight`.
    pub weight: Option<Weight>,
    /// `init_file`: the value to write, 0 when none was given.
    pub init: Option<Spanned<i32>>,
    /// `init_file … overwrite`.
    pub overwrite: bool,
}

/// A `track_group` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrackGroup {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `group`: instances.
    pub members: Vec<Spanned<Box<str>>>,
}

/// `weight N [reverse]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// The number.
    pub value: Spanned<i32>,
    /// `reverse`.
    pub reverse: bool,
}

/// One line of `track_script` and its kin.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// What is tracked.
    pub name: Spanned<Box<str>>,
    /// `weight`; that of the object when not written.
    pub weight: Option<Spanned<i32>>,
    /// `reverse` or `noreverse`; as the object says when not written.
    pub reverse: Option<bool>,
}

/// One line of `interface_up_down_delays`.
#[derive(Debug, Clone, PartialEq)]
pub struct InterfaceDelay {
    /// The interface.
    pub interface: Spanned<Box<str>>,
    /// Delay of going down.
    pub down: Spanned<Duration>,
    /// Delay of coming up.
    pub up: Option<Spanned<Duration>>,
}

/// One line of `linkbeat_interfaces`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linkbeat {
    /// The interface.
    pub interface: Spanned<Box<str>>,
    /// `MII`, `ETHTOOL` or `IOCTL`.
    pub method: Option<Spanned<Box<str>>>,
}
