//! Programs that do what they should not: bounded, reported, and nothing of them is left.
use super::tests::{job, pid, wait};
use super::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;

/// A program in a file of its own, in a directory that only root can change.
fn program(name: &str) -> PathBuf {
    let dir = PathBuf::from(format!("/run/scripts-test-{}-{name}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    let path = dir.join("script");
    fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs a program to its end.
fn run(path: &std::path::Path) -> Outcome {
    let (mut runner, now) = (Runner::default(), Instant::now());
    let mut job = job("", None);
    job.command.words = vec![path.to_str().unwrap().into()];
    job.guarded = true;
    let mut finished = runner.submit(now, &1_u8, job);
    if finished.is_empty() {
        let leader = pid(&runner, 1);
        finished = runner.ended(now, leader, wait(leader)).unwrap();
    }
    finished.remove(0).outcome
}

#[test]
fn a_program_that_vanishes_or_falls_into_other_hands_is_a_failure_that_says_why() {
    let path = program("hands");
    assert_eq!(run(&path), Outcome::Exited(0));
    chown(&path, Some(65_534), None).unwrap();
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(&path).unwrap());
    let said = run(&path).to_string();
    let culprit = format!(
        "{} (inode {inode}) has mode 0755, owner 65534",
        path.display()
    );
    assert!(
        said.starts_with(&format!("could not be run: {culprit}")),
        "{said}"
    );
    chown(&path, Some(0), None).unwrap();
    assert_eq!(run(&path), Outcome::Exited(0), "mended");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(run(&path).to_string().contains("Permission denied"));
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    assert!(run(&path).to_string().contains("No such file"));
}

#[test]
fn a_flood_of_output_goes_nowhere_and_ends_in_time() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    let limit = Duration::from_secs(3);
    runner.submit(
        now,
        &1_u8,
        job(
            "trap '' PIPE; while :; do echo y; echo y >&2; done",
            Some(limit),
        ),
    );
    let leader = pid(&runner, 1);
    let finished = runner.handle_timeout(now + limit);
    assert_eq!(finished[0].outcome, Outcome::TimedOut);
    assert_eq!(wait(leader), Outcome::Signaled(Signal::SIGTERM));
    assert!(
        runner
            .ended(now, leader, Outcome::Signaled(Signal::SIGTERM))
            .is_some()
    );
}

#[test]
fn an_end_by_signal_is_told_as_such() {
    let (mut runner, now) = (Runner::default(), Instant::now());
    runner.submit(now, &1_u8, job("kill -USR1 $$", None));
    let leader = pid(&runner, 1);
    let finished = runner.ended(now, leader, wait(leader)).unwrap();
    assert_eq!(finished[0].outcome.to_string(), "exited due to signal 10");
}

/// What this process has open, and its children, dead ones too.
fn holdings() -> (usize, usize) {
    let open = fs::read_dir("/proc/self/fd").unwrap().count();
    let own = std::process::id();
    let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
    let children = children.unwrap_or_default();
    (open, children.split_whitespace().count())
}

/// `SCRIPT_RUNS=10000` for the long version.
#[test]
fn many_runs_leave_no_descriptor_and_no_zombie() {
    let runs = std::env::var("SCRIPT_RUNS").map_or(500, |text| text.parse().unwrap());
    let (mut runner, now) = (Runner::default(), Instant::now());
    let before = holdings();
    for n in 0..runs {
        let mut job = job("", None);
        let program = if n % 5 == 0 {
            "/nonexistent"
        } else {
            "/bin/true"
        };
        job.command.words = vec![program.into()];
        let finished = runner.submit(now, &(n % 7), job);
        if n % 5 == 0 {
            assert!(matches!(finished[0].outcome, Outcome::NotRun(_)));
            continue;
        }
        let leader = runner.lanes[&(n % 7)].running.as_ref().unwrap().pid;
        assert_eq!(runner.ended(now, leader, wait(leader)).unwrap().len(), 1);
    }
    assert_eq!(holdings(), before, "after {runs} runs");
    assert!(runner.lanes.is_empty());
}
