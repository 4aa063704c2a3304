//! Floor 1: the VRRP machine, pure.
//!
//! [`Router`] holds all instances of one process. Every method is one of four kinds: *look*
//! (`poll_timeout`), *feed* (`handle_…`), *command* (`apply`, `stop`) and *drain*
//! (`poll_effect`). Time is an argument; what should happen in the world comes out as
//! [`Effect`]s, in the order in which it has to happen, and somebody else does it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod advert;
mod auth;
mod clock;
mod effect;
mod election;
mod event;
mod group;
mod hear;
mod instance;
mod link;
mod owner;
mod params;
mod receive;
mod reload;
mod router;
mod state;
mod stats;
mod track;
mod watch;

pub use effect::{Destination, Effect};
pub use event::{Cause, Event, ListFault, Notice, Reject, StateKind, TrackEvent};
pub use group::{GroupId, GroupNotice};
pub use link::{Link, Received};
pub use params::{
    Auth, Change, Checksum, Garp, Hmac, HmacMode, InstanceId, Params, Peer, Preempt, Replay,
    default_group,
};
pub use router::{Router, Verdict};
pub use state::{Reason, Reasons};
pub use stats::Stats;
pub use track::{Reading, Tracked, Tracker, TrackerId, TrackerKind, What, Why};
