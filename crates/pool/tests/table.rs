//! State by event, each row with where it comes from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use core::time::Duration;
use pool::{
    CheckId, CheckParams, Effect, Entry, Event, Member, Params, PoolId, Pools, ServerId,
    ServerParams, Verdict,
};
use std::collections::BTreeMap;
use std::fmt::Write;
use wire::Instant;

const POOL: PoolId = PoolId(1);

fn check() -> CheckParams {
    CheckParams {
        delay_loop: Duration::from_secs(10),
        delay_before_retry: Duration::from_secs(1),
        retry: 0,
        warmup: Duration::ZERO,
        alpha: false,
        steps: 1,
        fast_recovery: false,
        prove_again: false,
        passive: false,
    }
}

/// Servers 1, 2 … with these weights, each with the check of its number.
fn params(weights: &[u32]) -> Params {
    let servers = (1..).zip(weights).map(|(id, &weight)| {
        let checks = BTreeMap::from([(CheckId(id), check())]);
        let server = ServerParams {
            weight,
            inhibit_on_failure: false,
            checks,
        };
        (ServerId(id), server)
    });
    Params {
        quorum: 1,
        servers: servers.collect(),
        ..Params::default()
    }
}

fn alpha(mut params: Params) -> Params {
    params.alpha = true;
    for server in params.servers.values_mut() {
        server.checks.values_mut().for_each(|c| c.alpha = true);
    }
    params
}

struct Bench {
    pools: Pools,
    now: Instant,
}

impl Bench {
    fn new(params: &Params) -> Bench {
        let mut pools = Pools::new(7);
        pools.apply(Instant::ZERO, &BTreeMap::from([(POOL, params.clone())]));
        let mut bench = Bench {
            pools,
            now: Instant::ZERO,
        };
        bench.told();
        bench
    }

    fn apply(&mut self, params: &Params) {
        let now = self.now;
        self.pools
            .apply(now, &BTreeMap::from([(POOL, params.clone())]));
    }

    /// Waits until a check is due and answers it; gives what was told since.
    fn answer(&mut self, id: u32, verdict: Verdict) -> String {
        for _ in 0..100 {
            self.now = self.pools.poll_timeout().unwrap();
            self.pools.handle_timeout(self.now);
            let mut mine = false;
            let mut others = Vec::new();
            while let Some(effect) = self.pools.poll_effect() {
                match effect {
                    Effect::Probe { check, .. } if check == CheckId(id) => mine = true,
                    Effect::Probe { check, .. } => others.push(check),
                    _ => {}
                }
            }
            for other in others {
                let same = if self.pools.is_up(other) {
                    Verdict::PASS
                } else {
                    Verdict::Fail
                };
                self.pools.handle_result(self.now, other, same);
                self.told();
            }
            if mine {
                self.pools.handle_result(self.now, CheckId(id), verdict);
                return self.told();
            }
        }
        panic!("check {id} is never due");
    }

    fn told(&mut self) -> String {
        let mut text = String::new();
        while let Some(effect) = self.pools.poll_effect() {
            let Effect::Tell(event) = effect else {
                continue;
            };
            let sign = |up| if up { '+' } else { '-' };
            let mark = |announced| if announced { "!" } else { "" };
            let word = match event {
                Event::Retry { left, .. } => format!("retry{left}"),
                Event::StillFailed(_) => "still".to_owned(),
                Event::Check { check, up, .. } => format!("{}check{}", sign(up), check.0),
                Event::Server {
                    server,
                    up,
                    announced,
                    ..
                } => format!("{}server{}{}", sign(up), server.0, mark(announced)),
                Event::Weight { from, to, .. } => format!("{from}→{to}"),
                Event::Quorum { up, announced, .. } => {
                    format!("{}quorum{}", sign(up), mark(announced))
                }
                Event::Sorry { serving, .. } => format!("{}sorry", sign(serving)),
            };
            write!(text, "{word} ").unwrap();
        }
        text.trim_end().to_owned()
    }

    fn table(&self) -> String {
        let shown = self.pools.entries(POOL).into_iter();
        let shown = shown.map(|Entry { member, weight }| match member {
            Member::Real(id) => format!("{}:{weight}", id.0),
            Member::Sorry => format!("sorry:{weight}"),
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

/// One row: what is fed, what is told, what the table holds afterwards.
fn row(bench: &mut Bench, source: &str, id: u32, verdict: Verdict, told: &str, table: &str) {
    assert_eq!(bench.answer(id, verdict), told, "{source}");
    assert_eq!(bench.table(), table, "{source}");
}

use Verdict::Fail;
const PASS: Verdict = Verdict::PASS;

#[test]
fn a_server_without_alpha_is_in_from_the_start() {
    let mut pools = Pools::new(7);
    pools.apply(Instant::ZERO, &BTreeMap::from([(POOL, params(&[1, 1]))]));
    let now = Instant::ZERO;
    let mut bench = Bench { pools, now };
    assert_eq!(
        bench.table(),
        "1:1 2:1",
        "man: alpha is disabled by default"
    );
    assert_eq!(bench.told(), "+quorum!", "observed: Gained quorum at start");
    let b = &mut bench;
    row(b, "observed", 1, PASS, "+check1", "1:1 2:1");
    row(b, "observed: said once", 1, PASS, "", "1:1 2:1");
    row(b, "man: notify_down", 1, Fail, "-check1 -server1", "2:1");
    row(b, "no second notify", 1, Fail, "still", "2:1");
    row(b, "man: quorum 1", 2, Fail, "-check2 -server2 -quorum", "");
    row(b, "back", 1, PASS, "+check1 +server1 +quorum", "1:1");
}

#[test]
fn the_first_check_ever_counts_at_once_later_ones_are_retried() {
    let mut p = params(&[1]);
    p.servers
        .get_mut(&ServerId(1))
        .unwrap()
        .checks
        .get_mut(&CheckId(1))
        .unwrap()
        .retry = 2;
    let mut fresh = Bench::new(&p);
    let b = &mut fresh;
    row(b, "first failure", 1, Fail, "-check1 -server1 -quorum", "");
    let mut proven = Bench::new(&p);
    let b = &mut proven;
    row(b, "proven", 1, PASS, "+check1", "1:1");
    row(b, "man: retry", 1, Fail, "retry1", "1:1");
    let before = b.now;
    row(b, "man: delay_before_retry", 1, Fail, "retry0", "1:1");
    assert_eq!(b.now - before, Duration::from_secs(1));
    row(b, "a pass forgives", 1, PASS, "", "1:1");
    row(b, "all over again", 1, Fail, "retry1", "1:1");
    row(b, "", 1, Fail, "retry0", "1:1");
    row(b, "spent", 1, Fail, "-check1 -server1 -quorum", "");
    let before = b.now;
    row(b, "down: no retries", 1, Fail, "still", "");
    assert_eq!(b.now - before, Duration::from_secs(10), "man: delay_loop");
}

#[test]
fn alpha_is_down_until_proven_and_a_bad_first_result_is_told() {
    let mut bench = Bench::new(&alpha(params(&[1, 1])));
    let b = &mut bench;
    assert_eq!(b.table(), "");
    row(b, "observed: notify_down", 2, Fail, "-check2 -server2!", "");
    row(b, "observed", 1, PASS, "+check1 +server1 +quorum", "1:1");
    row(b, "only once", 2, Fail, "still", "1:1");
    row(b, "proven", 2, PASS, "+check2 +server2", "1:1 2:1");
}

#[test]
fn quorum_is_gained_above_and_lost_below_its_hysteresis() {
    let mut p = params(&[2, 2, 2]);
    (p.quorum, p.hysteresis, p.sorry) = (4, 1, Some(false));
    let mut bench = Bench::new(&p);
    let b = &mut bench;
    row(b, "", 1, PASS, "+check1", "1:2 2:2 3:2");
    row(b, "4 >= 4-1", 1, Fail, "-check1 -server1", "2:2 3:2");
    let lost = "-check2 -server2 -quorum +sorry";
    row(b, "2 < 4-1, man: sorry_server", 2, Fail, lost, "sorry:1");
    row(b, "4 < 4+1", 1, PASS, "+check1 +server1", "sorry:1");
    let gained = "+check2 +server2 +quorum -sorry";
    row(b, "6 >= 4+1", 2, PASS, gained, "1:2 2:2 3:2");
}

#[test]
fn inhibited_servers_stay_with_weight_zero() {
    let mut p = params(&[2, 2]);
    p.sorry = Some(true);
    for server in p.servers.values_mut() {
        server.inhibit_on_failure = true;
    }
    let mut bench = Bench::new(&p);
    let b = &mut bench;
    assert_eq!(b.table(), "1:2 2:2 sorry:0", "man: sorry_server_inhibit");
    row(
        b,
        "man: inhibit_on_failure",
        2,
        Fail,
        "-check2 -server2",
        "1:2 2:0 sorry:0",
    );
    let lost = "-check1 -server1 -quorum +sorry";
    row(b, "observed", 1, Fail, lost, "1:0 2:0 sorry:1");
    let gained = "+check1 +server1 +quorum -sorry";
    row(b, "observed", 1, PASS, gained, "1:2 2:0 sorry:0");
}

#[test]
fn checks_move_weights_within_bounds() {
    let mut bench = Bench::new(&params(&[3]));
    let b = &mut bench;
    let by = |weight| Verdict::Pass { weight };
    row(b, "man: FILE_CHECK", 1, by(10), "+check1 3→13", "1:13");
    row(b, "man: misc_dynamic", 1, by(-2), "13→1", "1:1");
    row(b, "never below 0", 1, by(-9), "1→0 -quorum", "1:0");
    row(
        b,
        "never above 65535",
        1,
        by(1 << 40),
        "0→65535 +quorum",
        "1:65535",
    );
    let failed = "-check1 65535→3 -server1 -quorum";
    row(b, "a failed check has no say", 1, Fail, failed, "");
}

#[test]
fn parts_are_checked_in_turn_and_proven_again_after_a_failure() {
    let mut p = params(&[1]);
    let server = p.servers.get_mut(&ServerId(1)).unwrap();
    let one = server.checks.get_mut(&CheckId(1)).unwrap();
    (one.steps, one.prove_again) = (2, true);
    let mut bench = Bench::new(&p);
    let b = &mut bench;
    row(b, "url 0", 1, PASS, "", "1:1");
    row(b, "url 1", 1, PASS, "+check1", "1:1");
    row(b, "url 0", 1, PASS, "", "1:1");
    row(b, "url 1", 1, Fail, "-check1 -server1 -quorum", "");
    row(b, "observed: url 1 again", 1, PASS, "", "");
    row(b, "then url 0", 1, PASS, "", "");
    row(b, "then url 1", 1, PASS, "+check1 +server1 +quorum", "1:1");
}

#[test]
fn omega_tells_the_end_as_a_failure() {
    let mut p = params(&[1, 1]);
    p.omega = true;
    let mut bench = Bench::new(&p);
    bench.answer(2, Fail);
    bench.pools.stop();
    assert_eq!(bench.told(), "-server1! -quorum!", "man: omega");
    assert_eq!(bench.pools.poll_timeout(), None);
    let mut quiet = Bench::new(&params(&[1]));
    quiet.pools.stop();
    assert_eq!(quiet.told(), "");
}

#[test]
fn a_reload_keeps_what_is_known_and_begins_what_is_new() {
    let mut bench = Bench::new(&params(&[1, 1]));
    let b = &mut bench;
    row(b, "", 1, Fail, "-check1 -server1", "2:1");
    let due = b.pools.poll_timeout();
    b.apply(&params(&[1, 1]));
    assert_eq!(
        b.pools.poll_effect(),
        None,
        "the same plan does nothing at all"
    );
    assert_eq!(b.pools.poll_timeout(), due);
    b.apply(&params(&[5, 6, 7]));
    assert_eq!(
        b.table(),
        "2:6 3:7",
        "server 1 stays out without a new check"
    );
    b.told();
    b.apply(&params(&[5]));
    assert_eq!((b.table(), b.told()), (String::new(), "-quorum".to_owned()));
    row(
        b,
        "its check goes on",
        1,
        PASS,
        "+check1 5→5 +server1 +quorum".replace("5→5 ", "").as_str(),
        "1:5",
    );
    b.pools.apply(b.now, &BTreeMap::new());
    assert_eq!(b.pools.poll_effect(), Some(Effect::Entries(POOL)));
    assert_eq!(b.table(), "");
}

#[test]
fn suspended_pools_make_no_checks_and_forget_nothing() {
    let mut bench = Bench::new(&params(&[1, 1]));
    let b = &mut bench;
    row(b, "", 1, Fail, "-check1 -server1", "2:1");
    b.pools.suspend(b.now, POOL, true);
    b.pools.handle_timeout(b.now + Duration::from_hours(1));
    assert_eq!(b.pools.poll_effect(), None, "man: ha_suspend");
    assert_eq!(b.table(), "2:1");
    b.pools.suspend(b.now, POOL, false);
    row(b, "resumed at once", 1, PASS, "+check1 +server1", "1:1 2:1");
}

#[test]
fn results_that_nobody_waits_for_do_nothing() {
    let mut bench = Bench::new(&params(&[1]));
    bench.pools.handle_result(Instant::ZERO, CheckId(1), Fail);
    bench.pools.handle_result(Instant::ZERO, CheckId(99), Fail);
    assert_eq!(bench.told(), "");
    assert_eq!(bench.table(), "1:1");
}

#[test]
fn a_lost_check_is_made_again() {
    let mut bench = Bench::new(&params(&[1]));
    let at = bench.pools.poll_timeout().unwrap();
    bench.pools.handle_timeout(at);
    bench.told();
    assert_eq!(bench.pools.poll_timeout(), None);
    assert_eq!(bench.pools.running(), [CheckId(1)]);
    bench.pools.handle_lost(at, CheckId(1));
    assert_eq!(bench.answer(1, PASS), "+check1");
}

#[test]
fn first_checks_are_spread_over_warmup() {
    let mut p = params(&[1; 50]);
    for server in p.servers.values_mut() {
        for check in server.checks.values_mut() {
            check.warmup = Duration::from_secs(5);
        }
    }
    let mut bench = Bench::new(&p);
    let mut times = Vec::new();
    while let Some(at) = bench.pools.poll_timeout() {
        bench.pools.handle_timeout(at);
        times.push(at - Instant::ZERO);
    }
    let (first, last) = (times[0], times[times.len() - 1]);
    assert!(first >= Duration::from_secs(1) && first < Duration::from_secs(3));
    assert!(last > Duration::from_secs(4) && last <= Duration::from_secs(6));
    assert!(times.len() > 40, "hardly two at the same time");
}

#[test]
fn a_passive_check_is_never_made_and_told_at_any_time() {
    let mut p = params(&[3]);
    let server = p.servers.get_mut(&ServerId(1)).unwrap();
    let one = server.checks.get_mut(&CheckId(1)).unwrap();
    one.passive = true;
    let mut bench = Bench::new(&p);
    assert_eq!(bench.pools.poll_timeout(), None);
    bench
        .pools
        .handle_result(bench.now, CheckId(1), Verdict::Pass { weight: 10 });
    assert_eq!(bench.told(), "+check1 3→13", "man: FILE_CHECK");
    bench.pools.handle_result(bench.now, CheckId(1), Fail);
    assert_eq!(bench.told(), "-check1 13→3 -server1 -quorum");
    assert_eq!(bench.pools.poll_timeout(), None);
}

#[test]
fn periods_are_absolute_while_checks_pass() {
    let mut bench = Bench::new(&params(&[1]));
    let first = bench.pools.poll_timeout().unwrap();
    bench.pools.handle_timeout(first);
    let slow = first + Duration::from_secs(4);
    bench.pools.handle_result(slow, CheckId(1), PASS);
    let second = bench.pools.poll_timeout().unwrap();
    assert_eq!(second - first, Duration::from_secs(10));
    bench.pools.handle_timeout(second);
    let slower = second + Duration::from_secs(25);
    bench.pools.handle_result(slower, CheckId(1), PASS);
    assert_eq!(
        bench.pools.poll_timeout(),
        Some(slower),
        "never two at once"
    );
}

/// Checks that `delay_loop` and `early` bring together, and the time from each beginning to the next.
fn together(delay_loop: Duration, early: Duration) -> Vec<(Duration, usize)> {
    let mut spread = params(&[1; 100]);
    for server in spread.servers.values_mut() {
        for check in server.checks.values_mut() {
            check.warmup = Duration::from_millis(100);
            check.delay_loop = delay_loop;
        }
    }
    let mut bench = Bench::new(&spread);
    let mut begun = Vec::new();
    let mut before = Instant::ZERO;
    while begun.iter().map(|(_, count)| count).sum::<usize>() < 100 {
        let due = bench.pools.poll_timeout().unwrap();
        // before its time nothing begins
        let gap = (due - before).saturating_sub(Duration::from_nanos(1));
        bench.pools.handle_timeout_early(before + gap, early);
        assert!(bench.pools.poll_effect().is_none());
        bench.pools.handle_timeout_early(due, early);
        let effects = core::iter::from_fn(|| bench.pools.poll_effect());
        begun.push((due - before, effects.count()));
        before = due;
    }
    begun
}

#[test]
fn checks_are_begun_with_the_first_that_is_due_but_not_much_before_their_time() {
    let early = Duration::from_millis(16);
    let begun = together(Duration::from_secs(1), early);
    assert!(begun.len() <= 7 && begun.iter().any(|(_, count)| *count > 8));
    assert!(begun.iter().skip(1).all(|(pause, _)| *pause > early));
    // a 32nd of 64 ms
    let begun = together(Duration::from_millis(64), early);
    assert!(begun.len() > 20, "{begun:?}");
    assert!(
        begun
            .iter()
            .skip(1)
            .all(|(pause, _)| *pause > Duration::from_millis(2))
    );
    assert_eq!(together(Duration::from_secs(1), Duration::ZERO).len(), 100);
    // many of them are no burst
    let begun = together(Duration::from_mins(1), Duration::from_secs(1));
    assert_eq!(
        begun.iter().map(|(_, count)| *count).collect::<Vec<_>>(),
        [64, 36]
    );
}

#[test]
fn a_repeated_try_is_not_early() {
    let mut retried = params(&[1, 1]);
    for server in retried.servers.values_mut() {
        server.checks.values_mut().for_each(|c| c.retry = 3);
    }
    let mut b = Bench::new(&retried);
    for id in [1, 2] {
        b.answer(id, Verdict::PASS);
    }
    b.answer(1, Verdict::Fail);
    let failed = b.now;
    b.now = failed + Duration::from_millis(8);
    b.pools.handle_result(b.now, CheckId(2), Verdict::Fail);
    let due = b.pools.poll_timeout().unwrap();
    b.pools.handle_timeout_early(due, Duration::from_millis(16));
    assert_eq!(b.pools.running().len(), 1);
}
