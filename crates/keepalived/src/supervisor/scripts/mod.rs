//! Programs that the daemon runs for others, all of them from here.
//!
//! A [`Job`] goes into a lane. A lane runs one job at a time and in order, so that two scripts of
//! one instance never overlap or overtake each other; lanes run side by side. A job that exceeds
//! its time gets `TERM` with its whole process group, and 2 s later `KILL`. A job without limit
//! may go on for ever, until another waits behind it for too long.
mod outcome;
pub(crate) mod security;
mod users;

pub(super) use outcome::Outcome;
pub(super) use users::Users;

use linux::script::{Credentials, isolate, signal_group};
use nix::sys::signal::Signal;
use plan::Command;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process;
use std::time::Duration;
use tokio::time::Instant;

/// From `TERM` to `KILL`.
const GRACE: Duration = Duration::from_secs(2);
/// How long a job waits behind one that has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same when the daemon is leaving: there is about a second for everything.
const HURRY: Duration = Duration::from_millis(200);
/// Jobs that may wait in a lane; the oldest are given up first, since the newest say what is.
const QUEUE: usize = 64;

/// A program to run.
#[derive(Debug, Clone)]
pub(super) struct Job<T> {
    pub(super) command: Command,
    /// Behind the command's own arguments.
    pub(super) more: Vec<String>,
    pub(super) credentials: Credentials,
    /// `enable_script_security`: looked at again now, since it may have changed its owner.
    pub(super) guarded: bool,
    /// How long it may take; `None`: as long as nothing waits behind it.
    pub(super) limit: Option<Duration>,
    /// The caller's word for it, given back with the outcome.
    pub(super) ticket: T,
}

/// A job that is over, or given up.
#[derive(Debug)]
pub(super) struct Finished<T> {
    pub(super) ticket: T,
    /// The program.
    pub(super) program: String,
    pub(super) outcome: Outcome,
}

/// All lanes. `L` names a lane, `T` a job.
#[derive(Debug)]
pub(super) struct Runner<L, T> {
    lanes: BTreeMap<L, Lane<T>>,
    patience: Duration,
}

#[derive(Debug)]
struct Lane<T> {
    running: Option<Running<T>>,
    waiting: VecDeque<(Instant, Job<T>)>,
}

#[derive(Debug)]
struct Running<T> {
    pid: u32,
    program: String,
    /// Taken when the outcome is told, which may be before the process is gone.
    ticket: Option<T>,
    /// When it has to be over by its own limit.
    end_at: Option<Instant>,
    kill_at: Option<Instant>,
}

impl<L, T> Default for Runner<L, T> {
    fn default() -> Self {
        Runner {
            lanes: BTreeMap::new(),
            patience: PATIENCE,
        }
    }
}

impl<L: Ord + Clone, T> Runner<L, T> {
    /// Puts a job at the end of a lane and starts it if nothing is before it. What cannot even be
    /// started is given back as finished, as is a job that finds no room.
    pub(super) fn submit(&mut self, now: Instant, lane: &L, job: Job<T>) -> Vec<Finished<T>> {
        let entry = self.lanes.entry(lane.clone()).or_insert_with(|| Lane {
            running: None,
            waiting: VecDeque::new(),
        });
        entry.waiting.push_back((now, job));
        let mut finished = Vec::new();
        if entry.waiting.len() > QUEUE
            && let Some((_, lost)) = entry.waiting.pop_front()
        {
            let why = format!("{QUEUE} others wait already");
            finished.push(lost.over(Outcome::NotRun(why)));
        }
        self.advance(now, lane, &mut finished);
        finished
    }

    /// Whether something runs or waits in a lane.
    pub(super) fn is_busy(&self, lane: &L) -> bool {
        self.lanes.contains_key(lane)
    }

    /// Whether something runs or waits in any lane of these.
    pub(super) fn any_busy(&self, of: impl Fn(&L) -> bool) -> bool {
        self.lanes.keys().any(of)
    }

    /// Starts the next job of a lane; an empty lane is forgotten.
    fn advance(&mut self, now: Instant, name: &L, finished: &mut Vec<Finished<T>>) {
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        while lane.running.is_none() {
            let Some((_, job)) = lane.waiting.pop_front() else {
                self.lanes.remove(name);
                return;
            };
            match spawn(&job) {
                Ok(pid) => {
                    lane.running = Some(Running {
                        pid,
                        program: job.program(),
                        end_at: job.limit.map(|limit| now + limit),
                        ticket: Some(job.ticket),
                        kill_at: None,
                    });
                }
                Err(why) => finished.push(job.over(Outcome::NotRun(why.to_string()))),
            }
        }
    }

    /// A process ended; `None` when it is none of ours.
    pub(super) fn ended(
        &mut self,
        now: Instant,
        pid: u32,
        outcome: Outcome,
    ) -> Option<Vec<Finished<T>>> {
        let is_it = |lane: &Lane<T>| lane.running.as_ref().is_some_and(|run| run.pid == pid);
        let name = self.lanes.iter().find(|(_, lane)| is_it(lane))?.0.clone();
        let run = self.lanes.get_mut(&name)?.running.take()?;
        if run.kill_at.is_some() {
            // its leader heard TERM; what else there is in the group goes too
            let _ = signal_group(pid, Signal::SIGKILL);
        }
        let mut finished = Vec::new();
        finished.extend(run.ticket.map(|ticket| Finished {
            ticket,
            program: run.program,
            outcome,
        }));
        self.advance(now, &name, &mut finished);
        Some(finished)
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.lanes
            .values()
            .filter_map(|lane| self.deadline(lane))
            .min()
    }

    fn deadline(&self, lane: &Lane<T>) -> Option<Instant> {
        let run = lane.running.as_ref()?;
        let waited = lane
            .waiting
            .front()
            .map(|(since, _)| *since + self.patience);
        match (run.kill_at, run.end_at) {
            (Some(at), _) | (None, Some(at)) => Some(at),
            (None, None) => waited,
        }
    }

    /// Ends what has to end; gives those whose outcome is decided by it.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<Finished<T>> {
        let due = |lane: &Lane<T>| self.deadline(lane).is_some_and(|at| at <= now);
        let names: Vec<L> = self
            .lanes
            .iter()
            .filter(|(_, lane)| due(lane))
            .map(|(n, _)| n.clone())
            .collect();
        let mut finished = Vec::new();
        for name in names {
            let Some(run) = self
                .lanes
                .get_mut(&name)
                .and_then(|lane| lane.running.as_mut())
            else {
                continue;
            };
            if run.kill_at.is_some() {
                let _ = signal_group(run.pid, Signal::SIGKILL);
                // not even that ends a process that waits for its disk: asked again and again
                run.kill_at = Some(now + GRACE);
                continue;
            }
            let _ = signal_group(run.pid, Signal::SIGTERM);
            run.kill_at = Some(now + GRACE);
            finished.extend(run.ticket.take().map(|ticket| Finished {
                ticket,
                program: run.program.clone(),
                outcome: Outcome::TimedOut,
            }));
        }
        finished
    }

    /// Forgets what waits in a lane and has what runs there end.
    pub(super) fn cancel(&mut self, now: Instant, lane: &L) {
        let Some(lane) = self.lanes.get_mut(lane) else {
            return;
        };
        lane.waiting.clear();
        if let Some(run) = &mut lane.running {
            let _ = signal_group(run.pid, Signal::SIGTERM);
            run.ticket = None;
            run.kill_at.get_or_insert(now + GRACE);
        }
    }

    /// The daemon is leaving: nothing waits for long any more.
    pub(super) fn hurry(&mut self) {
        self.patience = HURRY;
    }

    /// The end: everything that still runs is told so.
    pub(super) fn terminate(&self) {
        for run in self.lanes.values().filter_map(|lane| lane.running.as_ref()) {
            let _ = signal_group(run.pid, Signal::SIGTERM);
        }
    }
}

impl<T> Job<T> {
    fn program(&self) -> String {
        self.command.words.first().cloned().unwrap_or_default()
    }

    fn over(self, outcome: Outcome) -> Finished<T> {
        Finished {
            program: self.program(),
            ticket: self.ticket,
            outcome,
        }
    }
}

/// Starts the program; what the kernel does not know how to run is given to the shell.
fn spawn<T>(job: &Job<T>) -> std::io::Result<u32> {
    let Some((program, own)) = job.command.words.split_first() else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    if job.guarded && job.credentials.is_root() {
        security::still_safe(Path::new(program)).map_err(std::io::Error::other)?;
    }
    let args = own.iter().chain(&job.more);
    let direct = start(
        process::Command::new(program).args(args.clone()),
        &job.credentials,
    );
    match direct {
        Err(e) if e.raw_os_error() == Some(libc::ENOEXEC) => {
            let mut shell = process::Command::new("/bin/sh");
            start(shell.arg(program).args(args), &job.credentials)
        }
        other => other,
    }
}

fn start(command: &mut process::Command, credentials: &Credentials) -> std::io::Result<u32> {
    for name in ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    isolate(command, credentials);
    // the supervisor collects all children itself: the handle is not needed
    Ok(command.spawn()?.id())
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
