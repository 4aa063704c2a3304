//! How long it takes until a server's death and its return count: never longer than what is
//! configured and what the checks themselves take.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use core::time::Duration;
use pool::{CheckId, CheckParams, Effect, Params, PoolId, Pools, ServerId, ServerParams, Verdict};
use std::collections::BTreeMap;
use wire::Instant;

const POOL: PoolId = PoolId(1);
const SERVER: ServerId = ServerId(1);
const CHECK: CheckId = CheckId(1);

const fn ms(number: u64) -> Duration {
    Duration::from_millis(number)
}

/// What is configured, and how long a check takes that passes, and one that fails.
#[derive(Debug, Clone, Copy)]
struct Case {
    delay_loop: Duration,
    retry: u32,
    delay_before_retry: Duration,
    passing: Duration,
    failing: Duration,
}

impl Case {
    fn all() -> impl Iterator<Item = Case> {
        let times = [ms(100), ms(1000), ms(7000)];
        let delays = times
            .into_iter()
            .flat_map(move |delay_loop| times.into_iter().map(move |before| (delay_loop, before)));
        delays.flat_map(|(delay_loop, delay_before_retry)| {
            [(0, 1, 5000), (1, 50, 50), (3, 90, 2000)].map(|(retry, passing, failing)| Case {
                delay_loop,
                retry,
                delay_before_retry,
                passing: ms(passing),
                failing: ms(failing),
            })
        })
    }

    /// Death may come right after a check began that will pass.
    fn death_is_seen_within(&self) -> Duration {
        let tries = self.failing * (self.retry + 1);
        self.delay_loop + self.delay_before_retry * self.retry + tries
    }

    /// Return may come right after a check began that will fail.
    fn return_is_seen_within(&self) -> Duration {
        self.failing + self.delay_loop + self.passing
    }

    fn params(&self) -> BTreeMap<PoolId, Params> {
        let check = CheckParams {
            delay_loop: self.delay_loop,
            delay_before_retry: self.delay_before_retry,
            retry: self.retry,
            warmup: Duration::ZERO,
            alpha: false,
            steps: 1,
            fast_recovery: false,
            prove_again: false,
            passive: false,
        };
        let server = ServerParams {
            weight: 1,
            inhibit_on_failure: false,
            checks: BTreeMap::from([(CHECK, check)]),
        };
        let pool = Params {
            quorum: 1,
            servers: BTreeMap::from([(SERVER, server)]),
            ..Params::default()
        };
        BTreeMap::from([(POOL, pool)])
    }
}

/// A server that lives until `dies`, and again from `returns` on. Gives when its state changed.
fn play(case: &Case, dies: Instant, returns: Instant) -> (Instant, Instant) {
    let mut pools = Pools::new(7);
    pools.apply(Instant::ZERO, &case.params());
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let begun = pools.poll_timeout().unwrap();
        pools.handle_timeout(begun);
        let mut effects = std::iter::from_fn(|| pools.poll_effect());
        let made = effects.any(|effect| matches!(effect, Effect::Probe { .. }));
        assert!(made, "nothing to do at {begun:?}");
        let lives = begun < dies || begun >= returns;
        let (now, verdict) = if lives {
            (begun + case.passing, Verdict::PASS)
        } else {
            (begun + case.failing, Verdict::Fail)
        };
        let before = pools.is_alive(POOL, SERVER);
        pools.handle_result(now, CHECK, verdict);
        if pools.is_alive(POOL, SERVER) != before {
            seen.push(now);
        }
    }
    (seen[0], seen[1])
}

#[test]
fn death_and_return_count_in_time() {
    let start = Instant::ZERO + ms(30_000);
    for case in Case::all() {
        let mut slowest = (Duration::ZERO, Duration::ZERO);
        for step in 0..40 {
            let dies = start + ms(173) * step;
            let returns = dies + ms(100_000) + ms(179) * step;
            let (gone, back) = play(&case, dies, returns);
            let (gone, back) = (gone - dies, back - returns);
            assert!(gone <= case.death_is_seen_within(), "{gone:?} {case:?}");
            assert!(back <= case.return_is_seen_within(), "{back:?} {case:?}");
            slowest = (slowest.0.max(gone), slowest.1.max(back));
        }
        // the bounds are those that there are, not just any
        let near = |seen: Duration, bound: Duration| seen * 4 >= bound * 3;
        assert!(near(slowest.0, case.death_is_seen_within()), "{case:?}");
        assert!(near(slowest.1, case.return_is_seen_within()), "{case:?}");
    }
}
