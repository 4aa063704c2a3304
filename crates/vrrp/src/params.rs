//! What an instance is told: the meaning of a `vrrp_instance` block, without its text.
use crate::Tracked;
use core::fmt;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::vrrp::auth_type;
use wire::{AdvertInterval, Family, Priority, Secret, Version, Vrid};

/// Names an instance for the life of the daemon; the plan keeps it stable over reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceId(pub u32);

/// How adverts of version 2 are authenticated.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Auth {
    /// `auth_type` not given: type 0.
    None,
    /// `auth_type PASS`: eight octets, zero padded, in clear in each advert.
    Pass([u8; 8]),
    /// `auth_type AH` (IPv4): the key, eight octets, zero padded.
    Ah(Secret),
}

impl Auth {
    /// The type on the wire.
    pub const fn kind(&self) -> u8 {
        match self {
            Auth::None => auth_type::NONE,
            Auth::Pass(_) => auth_type::PASS,
            Auth::Ah(_) => auth_type::AH,
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Auth::None => "None",
            Auth::Pass(_) => "Pass(********)",
            Auth::Ah(_) => "Ah(********)",
        })
    }
}

/// `auth_hmac`: a signed trailer behind each advert, in both versions and families. Takes the
/// place of [`Auth`], which then has to be [`Auth::None`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hmac {
    /// Keys by identifier (1 to 255), 32 to 64 octets each.
    pub keys: Vec<(u8, Secret)>,
    /// Which key signs (`active_key`).
    pub active: u8,
    /// What is signed and what is demanded.
    pub mode: HmacMode,
    /// How replays are told from fresh adverts.
    pub replay: Replay,
}

/// `auth_hmac` `mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HmacMode {
    /// Signs, and refuses bare adverts.
    Enforce,
    /// Signs, and accepts bare adverts.
    Permissive,
    /// Does not sign, and accepts bare adverts.
    ReceiveOnly,
}

/// `auth_hmac` `anti_replay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replay {
    /// The clocks of sender and receiver may differ by this much (`time_window`).
    Time {
        /// Whole seconds, 1 to 300.
        window: Duration,
    },
    /// Any sequence above the last one.
    Monotonic,
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

impl Garp {
    /// The manual's defaults: 5 at once, 5 more after 5 s, no refresh.
    pub const DEFAULT: Garp = Garp {
        repeat: 5,
        delay: Duration::from_secs(5),
        refresh: Duration::ZERO,
        refresh_repeat: 1,
        lower_prio_delay: Duration::from_secs(5),
        lower_prio_repeat: 5,
    };
}

/// Everything one instance needs to know; start from [`Params::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own in the manual
pub struct Params {
    /// Interface the adverts use; empty: whichever the routes to the peers choose.
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
    /// Source of adverts (`mcast_src_ip`, `unicast_src_ip`); the interface's address when `None`.
    pub source: Option<IpAddr>,
    /// Multicast group of adverts (`vrrp_mcast_group4`, `vrrp_mcast_group6`).
    pub group: IpAddr,
    /// Unicast peers (`unicast_peer`); none: adverts go to the group.
    pub peers: Vec<Peer>,
    /// Without peers it is in fault and does not fall back to the group (`unicast_fault_no_peer`).
    pub needs_peers: bool,
    /// The machine must have [`source`](Self::source) (`track_src_ip`).
    pub track_source: bool,
    /// Refuse adverts whose source is no peer (`check_unicast_src`).
    pub check_peers: bool,
    /// How checksums of version 3 over IPv4 are made and checked.
    pub checksum: Checksum,
    /// Look at the address list only when the master changes (`skip_check_adv_addr`).
    pub skip_address_check: bool,
    /// As master, do not answer adverts of lower priority (`lower_prio_no_advert`).
    pub lower_prio_no_advert: bool,
    /// As master, advertise once more before yielding (`higher_prio_send_advert`).
    pub higher_prio_send_advert: bool,
    /// As address owner, ignore all adverts (`owner_ignore_adverts`).
    pub owner_ignore_adverts: bool,
    /// The interface may go down without fault (`dont_track_primary`).
    pub dont_track_primary: bool,
    /// Tracked objects, those of its sync group included.
    pub tracks: Vec<Tracked>,
    /// Signed adverts (`auth_hmac`).
    pub hmac: Option<Hmac>,
    /// As master, back to backup when our own timer fires so late that a backup of this
    /// priority would have taken over (`timer_expired_backup`); needs [`Preempt::No`].
    pub timer_expired_backup: Option<Priority>,
}

impl Params {
    /// The defaults of the manual, without addresses: version 2 for IPv4, 3 for IPv6,
    /// priority 100, adverts every second.
    pub fn new(interface: impl Into<String>, vrid: Vrid, family: Family) -> Self {
        Params {
            interface: interface.into(),
            vrid,
            family,
            version: match family {
                Family::V4 => Version::V2,
                Family::V6 => Version::V3,
            },
            priority: Priority::DEFAULT,
            start_master: false,
            interval: AdvertInterval::DEFAULT,
            down_adverts: 3,
            preempt: Preempt::Yes,
            auth: Auth::None,
            addresses: Vec::new(),
            garp: Garp::DEFAULT,
            source: None,
            group: default_group(family),
            peers: Vec::new(),
            needs_peers: false,
            track_source: false,
            check_peers: false,
            checksum: Checksum::Standard,
            skip_address_check: false,
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            owner_ignore_adverts: false,
            dont_track_primary: false,
            tracks: Vec::new(),
            hmac: None,
            timer_expired_backup: None,
        }
    }
}

/// 224.0.0.18 and `ff02::12` (RFC 9568 sections 5.1.1.2 and 5.1.2.2).
pub const fn default_group(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
        Family::V6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
    }
}

/// A unicast peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// TTL or hop limits accepted from it (`min_ttl`, `max_ttl`), with [`Params::check_peers`] only.
    pub ttl: Option<(u8, u8)>,
}

/// Dialects of the version 3 checksum over IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checksum {
    /// With pseudo-header; a unicast peer may use the old form.
    Standard,
    /// `v3_checksum_as_v2`: without pseudo-header, and received sums are not enforced.
    AsV2,
    /// `old_unicast_checksum`: to peers, the pseudo-header holds the group.
    OldUnicast,
    /// `old_unicast_checksum never`: the old form is refused.
    NeverOld,
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

impl<Id, P> Change<Id, P> {
    /// The same with other parameters.
    pub fn map<Q>(self, to: impl FnOnce(P) -> Q) -> Change<Id, Q> {
        match self {
            Change::Keep(id) => Change::Keep(id),
            Change::Tune(id, params) => Change::Tune(id, to(params)),
            Change::Rebuild(id, params) => Change::Rebuild(id, to(params)),
            Change::Add(id, params) => Change::Add(id, to(params)),
            Change::Remove(id) => Change::Remove(id),
        }
    }
}
