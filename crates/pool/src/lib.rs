//! Floor 1: which real servers of a virtual server are to be used, and with what weight.
//!
//! [`Pools`] is fed with plans ([`Pools::apply`]), check results ([`Pools::handle_result`]) and time
//! ([`Pools::handle_timeout`]); it is drained of [`Effect`]s: checks to make, pools whose
//! entries changed, and what people and scripts are to be told. It knows neither how a check is
//! made nor how the kernel's table is written.
//!
//! Words: a *check* passes or fails; a *server* is alive while none of its checks has failed; a
//! *pool* (one `virtual_server`) has its *quorum* while the weights of its alive servers suffice.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod check;
mod effect;
mod params;
mod pools;
mod server;

pub use check::CheckParams;
pub use effect::{Effect, Event};
pub use params::{CheckId, Entry, Member, Params, PoolId, ServerId, ServerParams, Verdict};
pub use pools::Pools;

/// The largest weight (the kernel takes more, the original does not).
pub const WEIGHT_MAX: u32 = 65_535;
