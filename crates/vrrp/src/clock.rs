//! UTC, as far as authentication needs it; elections never look at it.
use core::time::Duration;
use wire::Instant;

/// What UTC was at one moment, and so is at every other.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    at: Instant,
    utc: Duration,
}

impl Clock {
    pub(crate) const fn new(at: Instant, utc: Duration) -> Self {
        Clock { at, utc }
    }

    /// Time since 1970 at `now`.
    pub(crate) fn utc(self, now: Instant) -> Duration {
        (self.utc + now.saturating_since(self.at)).saturating_sub(self.at.saturating_since(now))
    }
}
