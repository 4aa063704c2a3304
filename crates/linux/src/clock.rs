//! The monotonic clock: the only place where `now` comes from.
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;
use wire::Instant;

/// The time now on `CLOCK_MONOTONIC`: it does not jump when the date is set, and stands still
/// while the machine is suspended.
pub fn now() -> Instant {
    // Every Linux has the clock; the origin is what an impossible failure gives.
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Instant::ZERO, |at| {
        let secs = u64::try_from(at.tv_sec()).unwrap_or(0);
        let nanos = u64::try_from(at.tv_nsec()).unwrap_or(0);
        Instant::from_nanos(secs.saturating_mul(1_000_000_000).saturating_add(nanos))
    })
}

/// Coordinated universal time since 1970: for dates and signatures, never for deadlines.
pub fn utc() -> Duration {
    clock_gettime(ClockId::CLOCK_REALTIME).map_or(Duration::ZERO, |at| {
        let secs = u64::try_from(at.tv_sec()).unwrap_or(0);
        Duration::new(secs, u32::try_from(at.tv_nsec()).unwrap_or(0))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn never_runs_backwards() {
        let first = super::now();
        assert!(super::now() >= first);
        assert!(first > wire::Instant::ZERO);
    }
}
