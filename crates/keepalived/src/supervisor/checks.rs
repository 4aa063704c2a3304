//! Scripts for the checker: checks, and what is told of servers and quorums.
use super::Supervisor;
use super::notify::{Lane, Ticket};
use super::scripts::Outcome;
use crate::link::{PoolNotice, ToRole};
use crate::role::Role;
use plan::Command;
use plan::lvs::{Misc, Probe, RealServer, VirtualServer};
use pool::{CheckId, Verdict};

impl Supervisor {
    /// Virtual servers of the plan, then those that only the plan before had.
    pub(super) fn services(&self) -> impl Iterator<Item = &VirtualServer> {
        let plans = [Some(&self.plan), self.previous.as_ref()];
        plans
            .into_iter()
            .flatten()
            .flat_map(|plan| &plan.lvs.servers)
    }

    /// Runs the script for a change of a pool.
    pub(super) fn notify_pool(&mut self, notice: PoolNotice) {
        let Some((lane, name, command)) = self.pool_script(notice) else {
            return;
        };
        self.submit_within(&lane, Ticket::Notify(name), command, Vec::new(), None);
    }

    fn pool_script(&self, notice: PoolNotice) -> Option<(Lane, String, Command)> {
        match notice {
            PoolNotice::Server(id, up) => {
                let mut reals = self.services().flat_map(|service| &service.servers);
                let real = reals.find(|real| real.id == id)?;
                let script = if up {
                    &real.notify_up
                } else {
                    &real.notify_down
                };
                Some((Lane::Server(id), real.name.clone(), script.clone()?))
            }
            PoolNotice::Quorum(id, up) => {
                let service = self.services().find(|service| service.id == id)?;
                let script = if up {
                    &service.quorum_up
                } else {
                    &service.quorum_down
                };
                Some((Lane::Pool(id), service.name.clone(), script.clone()?))
            }
        }
    }

    fn misc(&self, id: CheckId) -> Option<(&RealServer, &Misc)> {
        self.services()
            .flat_map(|service| &service.servers)
            .find_map(|real| {
                let check = real.checks.iter().find(|check| check.id == id)?;
                match &check.probe {
                    Probe::Misc(misc) => Some((real, &**misc)),
                    _ => None,
                }
            })
    }

    /// Runs a `MISC_CHECK`.
    pub(super) fn run_check(&mut self, id: CheckId) {
        let Some((_, misc)) = self.misc(id) else {
            return;
        };
        let (command, limit) = (misc.command.clone(), misc.timeout);
        self.submit_within(
            &Lane::Check(id),
            Ticket::Check(id),
            command,
            Vec::new(),
            Some(limit),
        );
    }

    /// Tells the checker how it ended.
    pub(super) fn checked(&mut self, id: CheckId, outcome: &Outcome) {
        let Some((real, misc)) = self.misc(id) else {
            return;
        };
        let verdict = judge(outcome, misc.dynamic, real.weight);
        let why = (verdict == Verdict::Fail).then(|| outcome.to_string());
        let checker = self.slots.iter().find(|slot| slot.role == Role::Checker);
        if let Some(child) = checker.and_then(|slot| slot.child.as_ref()) {
            // a checker that does not read does not check either: it asks again when it lives
            let _ = child.tell(&ToRole::Checked(id, verdict, why));
        }
    }
}

/// keepalived.conf(5), `misc_dynamic`: an exit code from 2 on sets the weight to two less.
fn judge(outcome: &Outcome, dynamic: bool, configured: u32) -> Verdict {
    match *outcome {
        Outcome::Exited(0) => Verdict::PASS,
        Outcome::Exited(code @ 2..=255) if dynamic => Verdict::Pass {
            weight: i64::from(code) - 2 - i64::from(configured),
        },
        _ => Verdict::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::Signal;

    #[test]
    fn exit_codes_are_verdicts_and_weights() {
        let cases = [
            (Outcome::Exited(0), false, Verdict::PASS),
            (Outcome::Exited(1), true, Verdict::Fail),
            (Outcome::Exited(7), false, Verdict::Fail),
            (Outcome::Exited(7), true, Verdict::Pass { weight: -5 }),
            (Outcome::Exited(255), true, Verdict::Pass { weight: 243 }),
            (Outcome::Signaled(Signal::SIGKILL), true, Verdict::Fail),
            (Outcome::TimedOut, true, Verdict::Fail),
            (Outcome::NotRun("gone".into()), true, Verdict::Fail),
        ];
        for (outcome, dynamic, expected) in cases {
            assert_eq!(judge(&outcome, dynamic, 10), expected, "{outcome:?}");
        }
    }
}
