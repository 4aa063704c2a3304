//! What happened, as values: the text for people is made from them elsewhere (`report`).
use crate::{InstanceId, Reading, What};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::{AdvertInterval, Family, Instant, Priority, Version, Vrid};

/// The state of an instance, without what the state carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StateKind {
    /// Not started yet.
    Init,
    /// Listening to a master.
    Backup,
    /// Holding the addresses.
    Master,
    /// Cannot take part; see the reasons.
    Fault,
    /// Told to stop.
    Stopped,
}

/// Why a transition happened: the chain that answers "why did it fail over".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Start of the daemon or of the instance.
    Started,
    /// The process before died as master.
    Resumed,
    /// No advert for `Master_Down_Interval`.
    MasterSilent,
    /// The master sent priority 0.
    MasterLeft {
        /// Its address.
        from: IpAddr,
    },
    /// An advert with higher priority, or equal priority and higher address.
    HigherAdvert {
        /// Its source.
        from: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// We are the address owner.
    Owner,
    /// The interface is missing, down, or without an address to send from.
    LinkDown,
    /// The interface came back, or whatever else held it in fault is over.
    LinkUp,
    /// A tracked object without weight failed.
    Tracked {
        /// Which.
        what: What,
    },
    /// The tracked object that held it in fault is well again.
    Recovered {
        /// Which.
        what: What,
    },
    /// A static address, route or rule that it tracks is gone.
    StaticLost,
    /// Another member of the sync group went first.
    Group {
        /// That member.
        first: InstanceId,
    },
    /// Somebody removed an address that we hold.
    AddressLost,
    /// We were kept from running for longer than others wait for a master.
    Overslept,
    /// Reload removed or rebuilt the instance.
    Reloaded,
    /// The daemon was told to stop.
    Stopping,
}

/// A change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which instance.
    pub id: InstanceId,
    /// The state it left.
    pub from: StateKind,
    /// The state it entered.
    pub to: StateKind,
    /// Its effective priority, in the new state.
    pub priority: Priority,
    /// Why.
    pub cause: Cause,
    /// When.
    pub at: Instant,
}

/// What is worth telling of a tracked object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackEvent {
    /// It says something else than last time.
    Reading(Reading),
    /// It counts as up or down now, or its number changed; with the reading that did it.
    Level(Reading),
}

/// Why an advert was refused; each reason has its own counter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reject {
    /// Too short to name a virtual router.
    Stub {
        /// Family of the packet.
        family: Family,
        /// Octets needed, with the IP header for IPv4.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// No instance has this identifier on this link.
    Vrid {
        /// The identifier.
        got: u8,
    },
    /// The length does not fit version and address count.
    Length {
        /// Octets expected, with the IP header for IPv4.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// TTL or hop limit other than 255: it may have come through a router.
    Ttl {
        /// The value there.
        got: u8,
        /// The value expected.
        want: u8,
    },
    /// Another protocol version than ours.
    Version {
        /// The value there.
        got: u8,
        /// Ours.
        want: u8,
    },
    /// An authentication type that is none.
    AuthUnknown {
        /// The value there.
        got: u8,
    },
    /// Another authentication type than ours.
    AuthType {
        /// The value there.
        got: u8,
        /// Ours.
        want: u8,
    },
    /// The password is wrong.
    Password,
    /// AH: the integrity check value is wrong.
    AhIcv,
    /// AH: the security parameters index is not the source address.
    AhSpi {
        /// The index there.
        got: u32,
        /// The index expected.
        want: u32,
    },
    /// AH: a sequence number that is not above the last one.
    AhReplay {
        /// The number there.
        got: u32,
        /// The last one.
        last: u32,
    },
    /// `auth_hmac`: no trailer.
    HmacMissing,
    /// `auth_hmac`: the trailer has another form.
    HmacMalformed,
    /// `auth_hmac`: too old, or from the future.
    HmacStale,
    /// `auth_hmac`: a key that we do not have.
    HmacKey {
        /// Its identifier.
        got: u8,
    },
    /// `auth_hmac`: the MAC is wrong.
    HmacWrong,
    /// `auth_hmac`: seen before.
    HmacReplay,
    /// The interval differs from ours (version 2), or is 0 (version 3).
    Interval {
        /// Theirs, in the unit of the version.
        got: u16,
        /// Ours, in the unit of the version.
        want: u16,
        /// Which version.
        version: Version,
    },
    /// Not an advertisement.
    Type {
        /// The value there.
        got: u8,
    },
    /// The sum is wrong.
    Checksum {
        /// Which version.
        version: Version,
    },
    /// Sent to the group although we use peers, or the reverse.
    Cast,
    /// We are the owner and do not listen (`owner_ignore_adverts`).
    Owner,
    /// The source is no configured peer (`check_unicast_src`).
    NotPeer,
    /// TTL or hop limit outside of the peer's range (`min_ttl`, `max_ttl`).
    PeerTtl {
        /// The value there.
        got: u8,
        /// The lowest accepted.
        low: u8,
        /// The highest accepted.
        high: u8,
    },
}

/// What is wrong with an advert's address list; such adverts are obeyed all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFault {
    /// Another number of addresses.
    Count {
        /// Ours.
        want: usize,
        /// Theirs.
        got: usize,
    },
    /// One of ours is missing.
    Missing(IpAddr),
}

/// What is worth telling besides a change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A state is entered; told before its work, unlike the [`Notice`], which comes behind.
    Entering {
        /// The state.
        state: StateKind,
        /// The first one after the start.
        init: bool,
    },
    /// The effective priority changed.
    PriorityChanged {
        /// Before.
        from: Priority,
        /// Now.
        to: Priority,
    },
    /// No advert for `Master_Down_Interval`.
    Timeout,
    /// The addresses are being set.
    Setting,
    /// The addresses are being removed.
    Removing,
    /// A priority 0 advert went out.
    SentStop,
    /// As backup: the master is leaving.
    BackupHeardStop,
    /// As master: somebody else is leaving.
    MasterHeardStop,
    /// As master: somebody has a higher priority.
    Higher {
        /// Its source.
        from: IpAddr,
        /// Its priority.
        priority: Priority,
        /// Our effective priority.
        ours: Priority,
    },
    /// As master: equal priority, and the higher address decides against us.
    Equal {
        /// Its source.
        from: IpAddr,
        /// The priority of both.
        priority: Priority,
    },
    /// As master: somebody of lower priority advertises; answered. Also the occasion of
    /// `notify_master_rx_lower_pri`.
    Lower {
        /// Its source.
        from: IpAddr,
        /// Its priority.
        priority: Priority,
        /// Our effective priority.
        ours: Priority,
    },
    /// As backup: a master of lower priority, not listened to.
    Discarded {
        /// Its source.
        from: IpAddr,
        /// Its priority.
        priority: Priority,
    },
    /// `preempt_delay` begins.
    PreemptDelay(Duration),
    /// The first master we listen to.
    MasterSet {
        /// Its source.
        to: IpAddr,
    },
    /// We listen to another master.
    MasterChanged {
        /// The one before.
        from: IpAddr,
        /// The new one.
        to: IpAddr,
    },
    /// Version 3: the master's interval differs from ours; it is used.
    IntervalDiffers {
        /// Theirs.
        got: AdvertInterval,
        /// Ours.
        want: AdvertInterval,
    },
    /// Version 3: the master's interval is taken over.
    IntervalLearnt {
        /// The one before.
        from: AdvertInterval,
        /// The master's.
        to: AdvertInterval,
    },
    /// Version 3: as master our own interval counts again.
    IntervalReset {
        /// The one learnt.
        from: AdvertInterval,
        /// Ours.
        to: AdvertInterval,
    },
    /// The address lists differ.
    List {
        /// Its source.
        from: IpAddr,
        /// How.
        fault: ListFault,
        /// Which virtual router.
        vrid: Vrid,
    },
    /// As owner: somebody else also claims to own the addresses.
    OwnerConflict {
        /// Its source.
        with: IpAddr,
    },
    /// As owner: the other one persists, our priority becomes 254.
    OwnerReduced {
        /// Its source.
        with: IpAddr,
    },
    /// As owner: the other one is gone, our priority is 255 again.
    OwnerRestored,
    /// As owner: the other one went silent before we gave in.
    OwnerAlone,
    /// We were kept from running for so long that a backup may have taken over
    /// (`timer_expired_backup`).
    Overslept {
        /// How late our timer was.
        late: Duration,
    },
    /// An advert was refused. Each kind is told once until the master changes.
    Refused {
        /// Its source.
        from: IpAddr,
        /// Why.
        why: Reject,
    },
}
