//! `bfd_instance` blocks: sessions that watch a neighbour.
use conf::config;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A session (RFC 5880).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bfd {
    /// Name in the configuration: the identity over reloads.
    pub name: String,
    /// `neighbor_ip`.
    pub neighbor: IpAddr,
    /// `source_ip`; the kernel's choice when `None`.
    pub source: Option<IpAddr>,
    /// `min_rx`.
    pub min_rx: Duration,
    /// `min_tx`.
    pub min_tx: Duration,
    /// `idle_tx`: while the session is not up.
    pub idle_tx: Duration,
    /// `multiplier`: so many packets may be missed.
    pub multiplier: u8,
    /// `ttl`, `hoplimit`.
    pub ttl: u8,
    /// `max_hops`: how many hops packets may have made; -1: any number.
    pub max_hops: i16,
    /// `multihop` (RFC 5883).
    pub multihop: bool,
    /// `passive`: the neighbour speaks first.
    pub passive: bool,
    /// Instances follow it.
    pub for_vrrp: bool,
    /// Checks follow it.
    pub for_checker: bool,
}

/// All sessions that have somebody to talk to.
pub(crate) fn build(blocks: &[config::Bfd]) -> Vec<Bfd> {
    blocks.iter().filter_map(session).collect()
}

fn session(block: &config::Bfd) -> Option<Bfd> {
    let neighbor = block.neighbor_ip?.value;
    let time = |written: Option<conf::Spanned<Duration>>, millis| {
        written.map_or(Duration::from_millis(millis), |time| time.value)
    };
    // a session that names nobody is for everybody
    let all = !block.vrrp && !block.checker;
    let ttl = if neighbor.is_ipv4() { 255 } else { 64 };
    Some(Bfd {
        name: block.name.value.to_string(),
        neighbor,
        source: block.source_ip.map(|source| source.value),
        min_rx: time(block.min_rx, 10),
        min_tx: time(block.min_tx, 10),
        idle_tx: time(block.idle_tx, 1000),
        multiplier: block.multiplier.map_or(5, |n| n.value),
        ttl: block.ttl.map_or(ttl, |ttl| ttl.value),
        max_hops: block.max_hops.map_or(0, |hops| hops.value),
        multihop: block.multihop.is_some_and(|on| on.value),
        passive: block.passive,
        for_vrrp: all || block.vrrp,
        for_checker: all || block.checker,
    })
}
