//! When a script runs next: on a grid, so that its own run time does not slow it down.
use std::time::Duration;
use tokio::time::Instant;

/// The pace of one script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    due: Instant,
    interval: Duration,
}

/// A shorter interval would keep the daemon busy with nothing else (keepalived.conf(5) allows it).
const SHORTEST: Duration = Duration::from_millis(1);

impl Pace {
    /// The first run is at once.
    pub(super) fn new(now: Instant, interval: Duration) -> Pace {
        Pace {
            due: now,
            interval: interval.max(SHORTEST),
        }
    }

    /// Another interval counts from the last run.
    pub(super) fn set_interval(&mut self, interval: Duration) {
        let interval = interval.max(SHORTEST);
        let last = self.due.checked_sub(self.interval);
        self.due = last.unwrap_or(self.due) + interval;
        self.interval = interval;
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Whether it is time; then the next time is set. Runs that were missed are not made up for.
    pub(super) fn take_due(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        self.due += self.interval;
        if self.due <= now {
            self.due = now + self.interval;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_keep_to_the_grid_and_missed_ones_are_forgotten() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut pace = Pace::new(start, second);
        assert!(pace.take_due(start), "the first at once");
        assert!(!pace.take_due(start + second / 2));
        assert!(pace.take_due(start + second + second / 10));
        assert_eq!(pace.due(), start + second * 2);
        assert!(pace.take_due(start + second * 9));
        assert_eq!(pace.due(), start + second * 10);
        pace.set_interval(second / 2);
        assert_eq!(pace.due(), start + second * 9 + second / 2);
        pace.set_interval(second * 2);
        assert_eq!(pace.due(), start + second * 11);
    }
}
