//! A pause between two readings when packets come thick and fast: one turn then hears many of
//! them, and a flood costs what it holds and not a turn for each packet.
use std::time::Duration;
use wire::Instant;

/// Longest pause. No deadline waits for it, only the hearing of what comes meanwhile.
const PAUSE: Duration = Duration::from_millis(1);

/// When packets were last heard.
#[derive(Debug, Default)]
pub(super) struct Rest {
    heard_at: Option<Instant>,
    crowded: bool,
}

impl Rest {
    /// Packets were heard in this turn.
    pub(super) fn heard(&mut self, now: Instant) {
        self.crowded = self.heard_at.is_some_and(|last| now < last + 2 * PAUSE);
        self.heard_at = Some(now);
    }

    /// How long to look away, at most until something is due.
    pub(super) fn pause(&mut self, now: Instant, due_at: Option<Instant>) -> Option<Duration> {
        if !std::mem::take(&mut self.crowded) {
            return None;
        }
        let until = due_at.unwrap_or(now + PAUSE).min(now + PAUSE);
        Some(until.saturating_since(now)).filter(|pause| !pause.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_crowd_makes_it_look_away_and_never_beyond_what_is_due() {
        let at = |micros| Instant::ZERO + Duration::from_micros(micros);
        let mut rest = Rest::default();
        rest.heard(at(0));
        assert_eq!(rest.pause(at(0), None), None);
        rest.heard(at(100));
        assert_eq!(rest.pause(at(110), None), Some(PAUSE));
        // nothing came since: no second pause
        assert_eq!(rest.pause(at(1200), None), None);
        rest.heard(at(1300));
        let due = Some(at(1500));
        assert_eq!(rest.pause(at(1310), due), Some(Duration::from_micros(190)));
        rest.heard(at(1600));
        assert_eq!(rest.pause(at(1610), due), None);
        rest.heard(at(10_000));
        assert_eq!(rest.pause(at(10_000), None), None);
    }
}
