//! One check: when it is made and when its result counts.
use crate::Verdict;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use wire::Instant;

/// When a check is made and how its results count. All are the manual's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckParams {
    /// `delay_loop`: from one check to the next.
    pub delay_loop: Duration,
    /// `delay_before_retry`: from a failure to the next try.
    pub delay_before_retry: Duration,
    /// `retry`: how many further tries before an alive server's failure counts.
    pub retry: u32,
    /// `warmup`: the first check comes within this time, at random.
    pub warmup: Duration,
    /// `alpha`: failed until it passes.
    pub alpha: bool,
    /// Parts that are checked one after another (urls), at least 1.
    pub steps: u32,
    /// `fast_recovery`: no `delay_loop` between the parts while failed.
    pub fast_recovery: bool,
    /// After a failure the part that failed has to pass first, then all parts in turn (the
    /// original's `HTTP_GET`).
    pub prove_again: bool,
    /// Never made: somebody tells when there is something new (`FILE_CHECK`, `BFD_CHECK`).
    pub passive: bool,
}

/// The original waits so long before its first check, then a random part of `warmup`.
const FIRST: Duration = Duration::from_secs(1);
/// A check whose maker died is made again after this time.
const LOST: Duration = Duration::from_millis(100);

/// A check begins early by so small a part of `delay_loop` at most.
const EARLY_PART: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Next due at this time.
    Waiting { due: Instant },
    /// Being made since it was due at this time.
    Running { due: Instant },
    /// Not made at all (`ha_suspend`).
    Suspended,
    /// Results come unasked.
    Passive,
}

#[derive(Debug, Clone)]
pub(crate) struct Check {
    pub(crate) params: CheckParams,
    pub(crate) phase: Phase,
    pub(crate) up: bool,
    /// What a pass said on the weight.
    pub(crate) weight: i64,
    has_run: bool,
    tried: u32,
    step: u32,
    /// The part that failed has not passed yet.
    blocked: bool,
}

/// What a result came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to tell.
    Same,
    Retry {
        left: u32,
    },
    StillFailed,
    /// The first result, which is what was assumed.
    Confirmed {
        up: bool,
    },
    Changed {
        up: bool,
        retries: u32,
    },
}

impl Check {
    /// `luck` is a random number that spreads the first checks over `warmup`.
    pub(crate) fn new(params: CheckParams, now: Instant, luck: u64) -> Check {
        let nanos = u64::try_from(params.warmup.as_nanos()).unwrap_or(u64::MAX);
        let spread = Duration::from_nanos(luck.checked_rem(nanos).unwrap_or(0));
        let phase = if params.passive {
            Phase::Passive
        } else {
            Phase::Waiting {
                due: now + FIRST + spread,
            }
        };
        Check {
            up: !params.alpha,
            phase,
            params,
            weight: 0,
            has_run: false,
            tried: 0,
            step: 0,
            blocked: false,
        }
    }

    /// It is made, or fed from outside.
    pub(crate) fn is_enabled(&self) -> bool {
        self.phase != Phase::Suspended
    }

    /// It has had a result.
    pub(crate) const fn has_run(&self) -> bool {
        self.has_run
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        match self.phase {
            Phase::Waiting { due } => Some(due),
            Phase::Running { .. } | Phase::Suspended | Phase::Passive => None,
        }
    }

    /// Begins the check if it is due, or nearly so; gives the part to make. A repeated try is never
    /// early, nor anything by more than a small part of its period.
    pub(crate) fn begin(&mut self, now: Instant, early: Duration) -> Option<u32> {
        let early = match self.tried {
            0 => early.min(self.params.delay_loop / EARLY_PART),
            _ => Duration::ZERO,
        };
        let due = self.due().filter(|due| *due <= now + early)?;
        self.phase = Phase::Running { due };
        Some(self.step)
    }

    /// A result came; those nobody waits for are ignored.
    pub(crate) fn finish(&mut self, now: Instant, verdict: Verdict) -> Outcome {
        let due = match self.phase {
            Phase::Running { due } => due,
            Phase::Passive => now,
            Phase::Waiting { .. } | Phase::Suspended => return Outcome::Same,
        };
        let (outcome, pause) = match verdict {
            Verdict::Pass { weight } => self.passed(weight),
            Verdict::Fail => self.failed(),
        };
        if self.phase == Phase::Passive {
            return outcome;
        }
        // Periods are absolute while checks pass: a busy machine does not stretch them.
        let next = if verdict == Verdict::Fail {
            now + pause
        } else {
            (due + pause).max(now)
        };
        self.phase = Phase::Waiting { due: next };
        outcome
    }

    fn passed(&mut self, weight: i64) -> (Outcome, Duration) {
        self.tried = 0;
        self.weight = weight;
        let quick = !self.up && self.params.fast_recovery;
        let pause = if quick {
            Duration::ZERO
        } else {
            self.params.delay_loop
        };
        if core::mem::take(&mut self.blocked) {
            self.step = 0;
            return (Outcome::Same, pause);
        }
        self.step += 1;
        if self.step < self.params.steps {
            return (Outcome::Same, pause);
        }
        self.step = 0;
        let outcome = match (core::mem::replace(&mut self.up, true), self.has_run) {
            (false, _) => Outcome::Changed {
                up: true,
                retries: 0,
            },
            (true, false) => Outcome::Confirmed { up: true },
            (true, true) => Outcome::Same,
        };
        self.has_run = true;
        (outcome, self.params.delay_loop)
    }

    /// The first check ever counts at once; a server that was alive is tried again.
    fn failed(&mut self) -> (Outcome, Duration) {
        if self.up && self.has_run && self.tried < self.params.retry {
            self.tried += 1;
            let left = self.params.retry - self.tried;
            return (Outcome::Retry { left }, self.params.delay_before_retry);
        }
        let retries = core::mem::take(&mut self.tried);
        let outcome = match (core::mem::replace(&mut self.up, false), self.has_run) {
            (true, _) => Outcome::Changed { up: false, retries },
            (false, false) => Outcome::Confirmed { up: false },
            (false, true) => Outcome::StillFailed,
        };
        self.has_run = true;
        if self.params.prove_again {
            self.blocked = true;
        } else {
            self.step = 0;
        }
        (outcome, self.params.delay_loop)
    }

    /// Whoever made the check is gone: it is made again soon.
    pub(crate) fn lost(&mut self, now: Instant) {
        if let Phase::Running { .. } = self.phase {
            self.phase = Phase::Waiting { due: now + LOST };
        }
    }

    pub(crate) fn suspend(&mut self) {
        if self.phase == Phase::Passive {
            return;
        }
        self.phase = Phase::Suspended;
        self.tried = 0;
        self.step = 0;
    }

    pub(crate) fn resume(&mut self, now: Instant) {
        if self.phase == Phase::Suspended {
            self.phase = Phase::Waiting { due: now };
        }
    }

    /// New numbers for the same check: result and next time stay.
    pub(crate) fn tune(&mut self, params: CheckParams) {
        self.step = if self.step < params.steps {
            self.step
        } else {
            0
        };
        self.params = params;
    }
}
