//! Scripts that tell people and programs of a change.
use super::Supervisor;
use super::scripts::{Finished, Job, Outcome, Users};
use crate::vrrp_role::notify_names;
use plan::{Command, Fifo};
use report::notice::{Notice, Who};
use tokio::time::Instant;

/// Scripts that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Notify scripts of an instance or a group.
    Notify(Who),
    /// The reader of a named pipe.
    Fifo(String),
}

/// What a job is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ticket {
    /// A notify script of this instance or group.
    Notify(String),
    /// The reader of this named pipe.
    Fifo(String),
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
                Lane::Notify(notice.who),
                Ticket::Notify(name.clone()),
                command,
                more,
            );
        }
    }

    fn submit(&mut self, lane: Lane, ticket: Ticket, command: Command, more: Vec<String>) {
        let users = Users::new(&self.plan.global.scripts);
        let Some(credentials) = users.credentials(command.user.as_ref()) else {
            self.log.info(format!(
                "Cannot run {}: its user does not exist",
                command.words.join(" ")
            ));
            return;
        };
        let job = Job {
            command,
            more,
            credentials,
            limit: None,
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
                (Ticket::Notify(_), Outcome::Exited(_)) => {}
                (Ticket::Notify(name), _) => {
                    self.log
                        .info(format!("({name}) script {program} {outcome}"));
                }
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
            [&fifos.all, &fifos.vrrp]
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
                lane,
                Ticket::Fifo(fifo.path.clone()),
                command,
                vec![fifo.path],
            );
        }
    }
}
