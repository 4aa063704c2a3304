//! Whether enough copies of a process run, and not too many, with the delays of changing that.
use plan::Process;
use tokio::time::Instant;

/// What counts at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Quorum {
    pub(super) met: Option<bool>,
    /// Since when the opposite is seen.
    opposite_since: Option<Instant>,
}

impl Quorum {
    /// So many copies run; true when that changes what counts.
    pub(super) fn see(&mut self, now: Instant, process: &Process, copies: u32) -> bool {
        let met = (process.quorum..=process.quorum_max).contains(&copies);
        let Some(before) = self.met else {
            self.met = Some(met);
            return true;
        };
        if before == met {
            self.opposite_since = None;
            return false;
        }
        let since = *self.opposite_since.get_or_insert(now);
        let over = now >= since + delay(process, met);
        if over {
            *self = Quorum {
                met: Some(met),
                opposite_since: None,
            };
        }
        over
    }

    /// When the opposite will have been seen for long enough.
    pub(super) fn due(&self, process: &Process) -> Option<Instant> {
        Some(self.opposite_since? + delay(process, !self.met?))
    }
}

/// How long it has to be so, or not so, before that counts.
const fn delay(process: &Process, met: bool) -> std::time::Duration {
    if met {
        process.fork_delay
    } else {
        process.terminate_delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_quorum_counts_after_its_delay_and_too_many_are_too_many() {
        let process = Process {
            program: "x".into(),
            full_command: false,
            params: None,
            quorum: 1,
            quorum_max: 2,
            fork_delay: Duration::from_secs(2),
            terminate_delay: Duration::from_secs(3),
        };
        let (start, mut quorum) = (Instant::now(), Quorum::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        // second, copies, whether that is news, what counts then, when it will change
        let steps = [
            (0, 1, true, true, None),
            (1, 0, false, true, Some(4)),
            (3, 1, false, true, None),
            (4, 3, false, true, Some(7)),
            (7, 0, true, false, None),
            (8, 2, false, false, Some(10)),
            (10, 1, true, true, None),
        ];
        for (second, copies, news, met, due) in steps {
            let got = quorum.see(at(second), &process, copies);
            assert_eq!(got, news, "at {second}");
            assert_eq!(quorum.met, Some(met), "at {second}");
            assert_eq!(quorum.due(&process), due.map(at), "at {second}");
        }
    }
}
