//! What an instance is told: the meaning of a `vrrp_instance` block, without its text.
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::{AdvertInterval, Family, Priority, Version, Vrid};

/// Names an instance for the life of the daemon; the plan keeps it stable over reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceId(pub u32);

/// How adverts are authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Auth {
    /// `auth_type` not given: type 0.
    None,
    /// `auth_type PASS`: eight octets, zero padded.
    Pass([u8; 8]),
}

/// What a backup does about a master of lower priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preempt {
    /// Takes over at once (RFC default).
    Yes,
    /// `nopreempt`: lets it be, unless we are the owner.
    No,
    /// `preempt_delay`: takes over after hearing it for this long.
    After(Duration),
}

/// Gratuitous ARP and unsolicited NA settings of one instance (`garp_master_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garp {
    /// Announcements per address on becoming master (`garp_master_repeat`, 5).
    pub repeat: u32,
    /// Time until the second burst (`garp_master_delay`, 5 s); zero: no second burst.
    pub delay: Duration,
    /// Period of refreshing bursts (`garp_master_refresh`); zero: none.
    pub refresh: Duration,
    /// Announcements per address in a refresh (`garp_master_refresh_repeat`, 1).
    pub refresh_repeat: u32,
    /// Time until the second burst after a lower-priority advert (`garp_lower_prio_delay`).
    pub lower_prio_delay: Duration,
    /// Announcements per address after a lower-priority advert (`garp_lower_prio_repeat`).
    pub lower_prio_repeat: u32,
}

/// Everything one instance needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Params {
    /// Interface the adverts use.
    pub interface: String,
    /// Virtual router identifier.
    pub vrid: Vrid,
    /// Address family of adverts and addresses.
    pub family: Family,
    /// Protocol version.
    pub version: Version,
    /// Configured priority.
    pub priority: Priority,
    /// `state MASTER` was written: see the start rules.
    pub start_master: bool,
    /// Time between our adverts.
    pub interval: AdvertInterval,
    /// Adverts missed before the master counts as dead (`down_timer_adverts`, 3).
    pub down_adverts: u8,
    /// Preemption policy.
    pub preempt: Preempt,
    /// Authentication of adverts.
    pub auth: Auth,
    /// Addresses carried in adverts, in configuration order.
    pub addresses: Vec<IpAddr>,
    /// Gratuitous announcements.
    pub garp: Garp,
}

/// One step of a reload, for one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change<Id, P> {
    /// Nothing differs: nothing happens, no timer moves.
    Keep(Id),
    /// Parameters changed that the running object can take up.
    Tune(Id, P),
    /// The object has to leave and start again.
    Rebuild(Id, P),
    /// New in this configuration.
    Add(Id, P),
    /// Gone from this configuration.
    Remove(Id),
}
