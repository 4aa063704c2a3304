//! What the machine wants done, in the order in which it has to be done.
use crate::{Event, GroupId, GroupNotice, InstanceId, Notice, StateKind, TrackEvent, TrackerId};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Where an advert goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// The instance's group ([`Params::group`](crate::Params::group)) on its interface.
    Group,
    /// One unicast peer.
    Peer(IpAddr),
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send an advert: what follows its IP header.
    Send {
        /// Whose advert.
        id: InstanceId,
        /// Source address.
        from: IpAddr,
        /// Destination.
        to: Destination,
        /// IP protocol: 112, or 51 where an authentication header stands first.
        protocol: u8,
        /// Identification for the IPv4 header, counting from 1; the authentication covers it.
        ip_id: u16,
        /// The payload; shared, since consecutive adverts are mostly equal.
        message: Arc<[u8]>,
    },
    /// Put the instance's addresses, routes and rules in force.
    Hold(InstanceId),
    /// Take them back.
    Release(InstanceId),
    /// Tell the neighbours (gratuitous ARP, unsolicited NA), `repeat` times per address,
    /// after the work of the last `Hold` is done.
    Announce {
        /// Whose addresses.
        id: InstanceId,
        /// Rounds over all addresses.
        repeat: u32,
    },
    /// Tell the neighbours once where our own address is, as peers may have lost it meanwhile.
    AnnounceSource {
        /// Whose source address.
        id: InstanceId,
        /// The address.
        address: IpAddr,
    },
    /// The state changed; comes behind the `Hold` or `Release` that belongs to it.
    Notify(Notice),
    /// A group changed; comes behind what its members did, except at the start.
    NotifyGroup(GroupNotice),
    /// Something to log or count.
    Tell(InstanceId, Event),
    /// The members of a group follow one that went to this state.
    TellGroup(GroupId, StateKind),
    /// Something to log about a tracked object.
    TellTracker(TrackerId, TrackEvent),
}

/// Effects for which room is kept.
const ROOM: usize = 256;

/// The queue between machine and executor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox(VecDeque<Effect>);

impl Outbox {
    pub(crate) fn push(&mut self, effect: Effect) {
        self.0.push_back(effect);
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        let effect = self.0.pop_front();
        // a start of a thousand routers must not be remembered by its room
        if self.0.is_empty() && self.0.capacity() > ROOM {
            self.0 = VecDeque::new();
        }
        effect
    }
}
