//! Floor 1: the VRRP machine, pure.
//!
//! [`Router`] holds all instances of one process. Every method is one of four kinds: *look*
//! (`poll_timeout`), *feed* (`handle_…`), *command* (`apply`, `stop`) and *drain*
//! (`poll_effect`). Time is an argument; what should happen in the world comes out as
//! [`Effect`]s, in the order in which it has to happen, and somebody else does it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod effect;
pub mod event;
pub mod params;

pub use effect::{Destination, Effect};
pub use event::{Cause, Event, Notice, Reject, StateKind};
pub use params::{Auth, Change, Garp, InstanceId, Params, Preempt};
