//! Scripts that tell people and programs of a change.
use super::Supervisor;
use super::scripts::{Finished, Job, Outcome, Users};
use crate::vrrp_role::notify_names;
use plan::{Command, Fifo};
use pool::{CheckId, PoolId, ServerId};
use report::notice::{Notice, Who};
use std::time::Duration;
use tokio::time::Instant;
use vrrp::TrackerId;

/// Scripts that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Notify scripts of an instance or a group.
    Notify(Who),
    /// The reader of a named pipe.
    Fifo(String),
    /// Notify scripts of a real server.
    Server(ServerId),
    /// Notify scripts of a virtual server.
    Pool(PoolId),
    /// A check by script.
    Check(CheckId),
    /// A tracked script.
    Track(TrackerId),
}

/// What a job is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ticket {
    /// A notify script of this instance or group.
    Notify(String),
    /// The reader of this named pipe.
    Fifo(String),
    /// This check.
    Check(CheckId),
    /// This tracked script.
    Track(TrackerId),
}

impl Supervisor {
    /// Runs the scripts for a change. What a reload removed is known only to the plan before.
    pub(super) fn notify(&mut self, notice: &Notice) {
        let plans = [Some(&self.plan), self.previous.as_ref()];
        let known = plans
            .into_iter()
            .flatten()
            .find_map(|plan| notify_names(plan, notice.who));
        let Some((name, notify)) = known else {
            return;
        };
        let name = name.to_owned();
        let commands = notice.commands(&name, notify);
        let commands: Vec<_> = commands
            .into_iter()
            .map(|(command, more)| (command.clone(), more))
            .collect();
        for (command, more) in commands {
            self.submit(
                &Lane::Notify(notice.who),
                Ticket::Notify(name.clone()),
                command,
                more,
            );
        }
    }

    fn submit(&mut self, lane: &Lane, ticket: Ticket, command: Command, more: Vec<String>) {
        self.submit_within(lane, ticket, command, more, None);
    }

    /// The same for a program that may take so long.
    pub(super) fn submit_within(
        &mut self,
        lane: &Lane,
        ticket: Ticket,
        command: Command,
        more: Vec<String>,
        limit: Option<Duration>,
    ) {
        let users = Users::new(&self.plan.global.scripts);
        let Some(credentials) = users.credentials(command.user.as_ref()) else {
            self.log.info(format!(
                "Cannot run {}: its user does not exist",
                command.words.join(" ")
            ));
            if let Ticket::Check(id) = ticket {
                self.checked(id, &Outcome::NotRun("its user does not exist".to_owned()));
            }
            return;
        };
        let job = Job {
            command,
            more,
            credentials,
            guarded: self.plan.global.scripts.secure,
            limit,
            ticket,
        };
        let finished = self.runner.submit(Instant::now(), lane, job);
        self.scripts_ended(finished);
    }

    /// Says what did not go well.
    pub(super) fn scripts_ended(&mut self, all: Vec<Finished<Ticket>>) {
        for done in all {
            let (program, outcome) = (&done.program, &done.outcome);
            match (&done.ticket, outcome) {
                (Ticket::Check(id), outcome) => self.checked(*id, outcome),
                (Ticket::Notify(_), Outcome::Exited(_)) => {}
                (Ticket::Notify(name), _) => {
                    self.log
                        .info(format!("({name}) script {program} {outcome}"));
                }
                (Ticket::Track(id), outcome) => self.tracked(*id, outcome),
                (Ticket::Fifo(path), _) => {
                    self.log
                        .info(format!("notify fifo script {program} for {path} {outcome}"));
                }
            }
        }
    }

    /// Has exactly those programs read named pipes that the plan wants.
    pub(super) fn start_fifo_scripts(&mut self) {
        let wanted: Vec<Fifo> = {
            let fifos = &self.plan.global.fifos;
            [&fifos.all, &fifos.vrrp, &fifos.lvs]
                .into_iter()
                .flatten()
                .cloned()
                .collect()
        };
        if self.fifo_scripts == wanted {
            return;
        }
        let before = std::mem::replace(&mut self.fifo_scripts, wanted.clone());
        for old in before.into_iter().filter(|old| !wanted.contains(old)) {
            self.runner.cancel(Instant::now(), &Lane::Fifo(old.path));
        }
        for fifo in wanted {
            let lane = Lane::Fifo(fifo.path.clone());
            let Some(command) = fifo.script.filter(|_| !self.runner.is_busy(&lane)) else {
                continue;
            };
            self.submit(
                &lane,
                Ticket::Fifo(fifo.path.clone()),
                command,
                vec![fifo.path],
            );
        }
    }
}
