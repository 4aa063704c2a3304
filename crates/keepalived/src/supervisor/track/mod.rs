//! Tracked objects: scripts at their pace, files when they change, processes as they come and go.
//!
//! What they say goes to the vrrp process as it is; how often it has to say so before it counts
//! is that process's affair.
mod files;
mod pace;
mod processes;

use super::notify::{Lane, Ticket};
use super::scripts::{Job, Outcome, Users};
use super::{Event, Supervisor};
use crate::link::{News, ToRole};
use crate::role::Role;
use files::Files;
use linux::process_events::ProcessEvent;
use pace::Pace;
use plan::{Plan, Source};
use processes::Processes;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use vrrp::{Reading, TrackerId, Why};

/// What is tracked at the moment.
#[derive(Debug, Default)]
pub(super) struct Tracking {
    scripts: BTreeMap<TrackerId, Pace>,
    files: Files,
    processes: Processes,
    /// When to tell everything again that is known, since some news were lost.
    retell_at: Option<Instant>,
    /// Scripts of which it was said why they cannot be run.
    unrunnable: BTreeSet<TrackerId>,
}

/// Pause before a vrrp process that reads nothing is told again.
const RETELL: Duration = Duration::from_millis(100);

impl Tracking {
    /// Follows what the plan names, and no longer what it does not. `first`: the daemon starts.
    fn follow(&mut self, plan: &Plan, first: bool, events: &UnboundedSender<Event>) -> Vec<String> {
        let now = Instant::now();
        let mut lines = Vec::new();
        let script = |object: &plan::Object| match &object.source {
            Source::Script(script) => Some(script.interval),
            _ => None,
        };
        self.scripts
            .retain(|id, _| plan.trackers.get(id).and_then(script).is_some());
        for (id, object) in &plan.trackers {
            if let Some(interval) = script(object) {
                let pace = self
                    .scripts
                    .entry(*id)
                    .or_insert_with(|| Pace::new(now, interval));
                pace.set_interval(interval);
            }
        }
        lines.extend(self.files.follow(plan, first, events));
        lines.extend(self.processes.follow(plan, now, events));
        lines
    }

    /// What is known without asking anybody: for a vrrp process that starts or reloads.
    pub(super) fn known(&self) -> Vec<News> {
        self.files.known().chain(self.processes.known()).collect()
    }

    pub(super) fn tallies(&self) -> report::json::Tallies {
        self.processes.tallies()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let scripts = self.scripts.values().map(Pace::due).min();
        [
            scripts,
            self.files.next_deadline(),
            self.processes.next_deadline(),
            self.retell_at,
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

impl Supervisor {
    /// Follows what the plan in force names.
    pub(super) fn track(&mut self, first: bool) {
        let before: Vec<TrackerId> = self.tracking.scripts.keys().copied().collect();
        for line in self.tracking.follow(&self.plan, first, &self.events) {
            self.log.info(line);
        }
        for id in before
            .into_iter()
            .filter(|id| !self.tracking.scripts.contains_key(id))
        {
            self.runner.cancel(Instant::now(), &Lane::Track(id));
        }
    }

    /// Runs scripts that are due, looks at what cannot call.
    pub(super) fn track_timeout(&mut self, now: Instant) {
        let due = |pace: &mut Pace| pace.take_due(now);
        let scripts: Vec<TrackerId> = self
            .tracking
            .scripts
            .iter_mut()
            .filter_map(|(id, pace)| due(pace).then_some(*id))
            .collect();
        for id in scripts {
            self.run_tracker(now, id);
        }
        let mut news = self.tracking.files.handle_timeout(now);
        news.extend(self.tracking.processes.handle_timeout(now));
        if self.tracking.retell_at.take_if(|at| *at <= now).is_some() {
            news = self.tracking.known();
        }
        self.tell_news(news);
    }

    /// Processes of the machine began or ended.
    pub(super) fn processes_changed(&mut self, batch: &[ProcessEvent]) {
        let news = self.tracking.processes.handle(Instant::now(), batch);
        self.tell_news(news);
    }

    /// A watched directory changed.
    pub(super) fn files_changed(&mut self) {
        let news = self.tracking.files.read_all();
        self.tell_news(news);
    }

    fn run_tracker(&mut self, now: Instant, id: TrackerId) {
        let Some(object) = self.plan.trackers.get(&id) else {
            return;
        };
        let Source::Script(script) = &object.source else {
            return;
        };
        let lane = Lane::Track(id);
        if self.runner.is_busy(&lane) {
            let name = &object.tracker.name;
            self.log.info(format!(
                "Track script {name} is already running, expect idle - skipping run"
            ));
            return;
        }
        let users = Users::new(&self.plan.global.scripts);
        let Some(credentials) = users.credentials(script.command.user.as_ref()) else {
            self.tell_news(vec![(id, Reading::Down(Why::NotRun))]);
            return;
        };
        let job = Job {
            command: script.command.clone(),
            more: Vec::new(),
            credentials,
            guarded: self.plan.global.scripts.secure,
            limit: Some(script.timeout),
            ticket: Ticket::Track(id),
        };
        let finished = self.runner.submit(now, &lane, job);
        self.scripts_ended(finished);
    }

    /// A script's result. What could not be run has failed: nothing is known to be well.
    pub(super) fn tracked(&mut self, id: TrackerId, outcome: &Outcome) {
        let reading = match outcome {
            Outcome::Exited(0) => Reading::Up,
            Outcome::Exited(code) => Reading::Down(Why::Exited(*code)),
            Outcome::Signaled(signal) => Reading::Down(Why::Signaled(*signal as i32)),
            Outcome::TimedOut => Reading::Down(Why::TimedOut),
            Outcome::NotRun(why) => {
                if self.tracking.unrunnable.insert(id)
                    && let Some(object) = self.plan.trackers.get(&id)
                {
                    let name = &object.tracker.name;
                    self.log
                        .info(format!("Track script {name} cannot be run: {why}"));
                }
                self.tell_news(vec![(id, Reading::Down(Why::NotRun))]);
                return;
            }
        };
        self.tracking.unrunnable.remove(&id);
        self.tell_news(vec![(id, reading)]);
    }

    fn tell_news(&mut self, news: Vec<News>) {
        let mut slots = self.slots.iter().filter(|slot| slot.role == Role::Vrrp);
        let Some(child) = slots.find_map(|slot| slot.child.as_ref()) else {
            return;
        };
        let told = |one| child.tell(&ToRole::News(one));
        match news.into_iter().try_for_each(told) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                let retold = self.tracking.retell_at.replace(Instant::now() + RETELL);
                if retold.is_none() {
                    self.log
                        .info("The VRRP process does not read what is tracked; it is told again");
                }
            }
            // it has ended, and the next one is told from the beginning
            Ok(()) | Err(_) => {}
        }
    }
}
