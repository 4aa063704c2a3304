//! The load balancer in a kernel that has one: traffic through the director, servers that die and
//! return, a checker that is killed, a table changed behind our back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod notify;
mod tables;
mod web;

use std::path::Path;
use std::time::Duration;

const MODULES: &[&str] = &[
    "veth",
    "ip_vs",
    "ip_vs_rr",
    "ip_vs_wrr",
    "ip_vs_wlc",
    "nf_conntrack",
];

/// What all scenarios begin with: a client, a director and two web servers, each in its own
/// network. The servers answer with their names.
const STAGE: &str = include_str!("stage.sh");

/// Runs a scenario and compares what it says with what it should say.
#[track_caller]
fn plays(modules: &[&str], scenario: &str, expected: &str) {
    let daemon = env!("CARGO_BIN_EXE_keepalived");
    let script = format!("KEEPALIVED=$BOX/keepalived\n{STAGE}\n{scenario}");
    let limit = Duration::from_mins(8);
    let outcome = lab::uml::run(modules, &[Path::new(daemon)], &script, limit).unwrap();
    compare(&outcome, expected);
}

/// The lines that begin with "== ", and the exit status.
#[track_caller]
fn compare(outcome: &lab::uml::Outcome, expected: &str) {
    let lines = outcome.output.lines();
    let said: Vec<&str> = lines.filter_map(|line| line.strip_prefix("== ")).collect();
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    assert_eq!(said, expected, "{}", outcome.output);
    assert_eq!(outcome.status, 0, "{}", outcome.output);
}

#[test]
fn requests_go_to_the_servers_that_live() {
    plays(
        MODULES,
        include_str!("life.sh"),
        "both serve: one=5 two=5
         after the death of one: two=10
         the checker is killed while one is dead: 0 requests lost
         after its return: one=5 two=5
         the checker is killed: no request lost
         somebody else's service is still there
         a server removed behind our back is back after a reload
         lvs_flush is for the daemon's start
         the end: nothing of ours is left",
    );
}

#[test]
fn faults_pass_and_what_was_refused_is_tried_again() {
    plays(
        &["veth", "nf_conntrack"],
        include_str!("faults.sh"),
        "before the start the kernel has no load balancer
         its module is loaded at the start: one=5 two=5
         the prober is not root
         the prober was killed, the next one found a death and a return
         a server with a connection drains: one=10
         it is back before it was gone: one=5 two=5
         a scheduler that is missing leaves the service as it was: one=5 two=5
         it is there, and taken
         the end: nothing is left
         with net_namespace_ipvs the table is elsewhere
         and left clean
         without their interface no sync daemon runs
         it comes, and they do
         and go
         where packets cannot be marked a group is served by address: one=5 two=5
         and leaves nothing",
    );
}
