//! One node by itself, for what happens to a daemon in its life.
use super::ours;
use lab::scenario::{ACTIVE_BACKUP, Balancer, LABEL, LB01, LONG, VIP};
use lab::{Lan, What};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::thread;
use std::time::{Duration, Instant};

/// lb01 on a LAN of its own.
pub(crate) struct Alone {
    pub(crate) lb: Balancer,
    pub(crate) lan: Lan,
}

impl Alone {
    /// lb01 by itself, not started.
    pub(crate) fn new() -> Self {
        let lan = Lan::new().unwrap();
        let lb = Balancer::new(&lan, "lb01", LB01, ours(), ACTIVE_BACKUP[0]).unwrap();
        Self { lb, lan }
    }

    /// Started, and master.
    pub(crate) fn master() -> Self {
        let mut alone = Self::new();
        alone.lb.start().unwrap();
        alone.becomes_master(0);
        // what is told of it comes later than what is done, and must not pass for news
        let told = alone.lb.logs("Entering MASTER STATE", 0).is_some();
        alone.check(told, "not a word of it");
        alone
    }

    #[track_caller]
    pub(crate) fn becomes_master(&self, since: u64) {
        self.check(self.lb.announces(VIP, since).is_some(), "not master");
        self.check(
            self.lb.comes_to_hold(VIP, Some(LABEL), true).unwrap(),
            "no address",
        );
    }

    #[track_caller]
    pub(crate) fn check(&self, fact: bool, what: &str) {
        assert!(fact, "{what}\n{}", self.lan.timeline().story(0));
    }

    /// Waits until something is true that nobody reports.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, mut fact: impl FnMut(&mut Balancer) -> bool) {
        let end = Instant::now() + LONG;
        while !fact(&mut self.lb) {
            self.check(Instant::now() < end, what);
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn children(&mut self) -> Vec<u32> {
        self.lb.daemon().unwrap().processes().split_off(1)
    }

    pub(crate) fn happened(&self, since: u64, what: &What) -> bool {
        self.lan
            .timeline()
            .since(since)
            .iter()
            .any(|e| e.node == "lb01" && e.what == *what)
    }
}

/// Kills one process (-9).
pub(crate) fn end(pid: u32) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
}
