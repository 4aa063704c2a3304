//! What the machine must know of the configuration, and what it is fed.
use crate::CheckParams;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);
    };
}

id! {
    /// A `virtual_server`; stays the same over reloads.
    PoolId
}
id! {
    /// A `real_server` of one virtual server, unique in the whole plan.
    ServerId
}
id! {
    /// A check of one real server, unique in the whole plan. What is checked differently is
    /// another check.
    CheckId
}

/// One virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Params {
    /// `quorum`: total weight of alive servers that is needed.
    pub quorum: u32,
    /// `hysteresis`: less than the quorum.
    pub hysteresis: u32,
    /// `sorry_server`: there is one; true with `sorry_server_inhibit`.
    pub sorry: Option<bool>,
    /// `alpha`: without a server proven there is no quorum at the start.
    pub alpha: bool,
    /// `omega`: the end is told as a failure of all servers.
    pub omega: bool,
    /// `rs_init_notifies`: what servers start as is told.
    pub announce_initial: bool,
    /// `real_server` blocks; the order of ids is the order of the configuration.
    pub servers: BTreeMap<ServerId, ServerParams>,
}

/// One real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerParams {
    /// `weight`, 0 to 65535.
    pub weight: u32,
    /// `inhibit_on_failure`: a failed server stays in the table with weight 0.
    pub inhibit_on_failure: bool,
    /// Its checks; without one it is always alive.
    pub checks: BTreeMap<CheckId, CheckParams>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The server answered as it should; its weight changes by this much while that holds
    /// (`misc_dynamic`, `FILE_CHECK`; else 0).
    Pass {
        /// Added to the configured weight.
        weight: i64,
    },
    /// It did not.
    Fail,
}

impl Verdict {
    /// Passed, and no say in the weight.
    pub const PASS: Verdict = Verdict::Pass { weight: 0 };
}

/// Who stands in a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// A real server.
    Real(ServerId),
    /// The sorry server.
    Sorry,
}

/// A line of the table that a pool wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub member: Member,
    /// With which weight.
    pub weight: u32,
}
