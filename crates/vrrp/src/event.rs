//! What happened, as values: the text for people is made from them elsewhere (`report`).
use crate::InstanceId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::{Instant, Priority};

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
    /// The interface came back.
    LinkUp,
    /// Somebody removed an address that we hold.
    AddressLost,
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
    /// Why.
    pub cause: Cause,
    /// When.
    pub at: Instant,
}

/// Why an advert was refused; each reason has its own counter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reject {}

/// What is worth telling besides a change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {}
