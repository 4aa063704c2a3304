//! What the machine wants done and told.
use crate::{CheckId, PoolId, ServerId};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make this check now and answer with [`crate::Pools::handle_result`]. `step` counts the
    /// parts of a check that is made in parts (urls), from 0.
    Probe {
        /// Which.
        check: CheckId,
        /// Which part.
        step: u32,
    },
    /// The entries of this pool are not what they were; see [`crate::Pools::entries`].
    Entries(PoolId),
    /// Something that people, scripts and pipes may want to know.
    Tell(Event),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A check failed, but it will be tried again before that counts.
    Retry {
        /// Which.
        check: CheckId,
        /// How many tries are left.
        left: u32,
    },
    /// A check that was failed failed again.
    StillFailed(CheckId),
    /// A check came to another result than before (or to its first, bad one).
    Check {
        /// Which.
        check: CheckId,
        /// It passed.
        up: bool,
        /// The tries that had been made before it counted as failed.
        retries: u32,
    },
    /// A server became alive or dead.
    Server {
        /// Where.
        pool: PoolId,
        /// Who.
        server: ServerId,
        /// It is alive.
        up: bool,
        /// The daemon is ending (`omega`), or starting (`rs_init_notifies`): nothing changed.
        announced: bool,
    },
    /// A server's weight follows a check.
    Weight {
        /// Where.
        pool: PoolId,
        /// Who.
        server: ServerId,
        /// Before.
        from: u32,
        /// Now.
        to: u32,
    },
    /// The quorum was gained or lost.
    Quorum {
        /// Where.
        pool: PoolId,
        /// Gained.
        up: bool,
        /// The weight of all alive servers.
        weight: u64,
        /// Told because the daemon starts or ends.
        announced: bool,
    },
    /// The sorry server took over, or handed back.
    Sorry {
        /// Where.
        pool: PoolId,
        /// It serves now.
        serving: bool,
    },
}
