//! Real programs; the clock is ours: deadlines are asked for, not waited for.
use super::*;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

pub(super) fn job(script: &str, limit: Option<Duration>) -> Job<&'static str> {
    Job {
        command: Command::new(vec!["/bin/sh".into(), "-c".into(), script.into()], None),
        more: Vec::new(),
        credentials: Credentials::own(),
        guarded: false,
        limit,
        ticket: "job",
    }
}

pub(super) fn pid(runner: &Runner<u8, &'static str>, lane: u8) -> u32 {
    runner.lanes[&lane].running.as_ref().unwrap().pid
}

/// Waits for exactly this process: other tests have children too.
pub(super) fn wait(pid: u32) -> Outcome {
    match waitpid(Pid::from_raw(i32::try_from(pid).unwrap()), None).unwrap() {
        WaitStatus::Exited(_, code) => Outcome::Exited(code),
        WaitStatus::Signaled(_, signal, _) => Outcome::Signaled(signal),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lane_runs_one_at_a_time_and_in_order() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    for code in [3, 4] {
        assert!(
            runner
                .submit(now, &1_u8, job(&format!("exit {code}"), None))
                .is_empty()
        );
    }
    runner.submit(now, &2, job("exit 5", None));
    let (first, other) = (pid(&runner, 1), pid(&runner, 2));
    assert_ne!(first, other, "lanes run side by side");
    let finished = runner.ended(now, first, wait(first)).unwrap();
    assert_eq!(finished[0].outcome, Outcome::Exited(3));
    let second = pid(&runner, 1);
    assert_eq!(
        runner.ended(now, second, wait(second)).unwrap()[0].outcome,
        Outcome::Exited(4)
    );
    assert!(!runner.is_busy(&1) && runner.is_busy(&2));
    assert!(
        runner.ended(now, 1, Outcome::Exited(0)).is_none(),
        "a stranger"
    );
    runner.ended(now, other, wait(other));
}

#[test]
fn what_exceeds_its_limit_is_told_at_once_and_ends_with_all_its_children() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    let limit = Duration::from_secs(7);
    // both the shell and its child ignore TERM
    runner.submit(
        now,
        &1_u8,
        job("trap '' TERM; sleep 300 & sleep 300", Some(limit)),
    );
    let leader = pid(&runner, 1);
    assert_eq!(runner.next_deadline(), Some(now + limit));
    assert_eq!(
        runner.handle_timeout(now + limit)[0].outcome,
        Outcome::TimedOut
    );
    assert_eq!(runner.next_deadline(), Some(now + limit + GRACE));
    assert!(
        runner.handle_timeout(now + limit + GRACE).is_empty(),
        "told once"
    );
    let outcome = wait(leader);
    assert!(
        matches!(
            outcome,
            Outcome::Signaled(Signal::SIGTERM | Signal::SIGKILL)
        ),
        "{outcome:?}"
    );
    assert!(runner.ended(now, leader, outcome).unwrap().is_empty());
    assert!(!runner.is_busy(&1));
}

#[test]
fn a_job_without_limit_ends_when_another_waits_too_long() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    runner.submit(now, &1_u8, job("exec sleep 300", None));
    assert_eq!(runner.next_deadline(), None);
    runner.submit(now, &1, job("exit 0", None));
    assert_eq!(runner.next_deadline(), Some(now + PATIENCE));
    runner.hurry();
    assert_eq!(runner.next_deadline(), Some(now + HURRY));
    assert_eq!(runner.handle_timeout(now + HURRY).len(), 1);
    let first = pid(&runner, 1);
    runner.ended(now, first, wait(first));
    let second = pid(&runner, 1);
    assert_eq!(
        runner.ended(now, second, wait(second)).unwrap()[0].outcome,
        Outcome::Exited(0)
    );
}

#[test]
fn what_cannot_be_run_is_no_success_and_a_full_lane_gives_up_the_oldest() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    let mut missing = job("", None);
    missing.command.words = vec!["/nonexistent/program".into()];
    let finished = runner.submit(now, &1_u8, missing);
    assert!(matches!(finished[0].outcome, Outcome::NotRun(_)));
    assert!(!runner.is_busy(&1));
    let lost: usize = (0..QUEUE + 3)
        .map(|_| runner.submit(now, &1, job("exec sleep 300", None)).len())
        .sum();
    assert_eq!(lost, 2, "one runs, the rest waits");
    let leader = pid(&runner, 1);
    runner.cancel(now, &1);
    assert!(runner.ended(now, leader, wait(leader)).unwrap().is_empty());
    assert!(!runner.is_busy(&1));
}
