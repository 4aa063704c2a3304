//! Tracked processes.
//!
//! The kernel tells of processes that begin and end, but in the first network namespace only.
//! Elsewhere, containers included, the end of each is seen by its descriptor, and new ones are
//! looked for in `/proc`.
mod look;
mod quorum;
mod sight;

use crate::link::News;
use crate::supervisor::Event;
use linux::process_events::ProcessEvent;
use look::Look;
use plan::{Plan, Process, Source};
use quorum::Quorum;
use report::json::{Tallies, Tally};
use sight::Watch;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use vrrp::{Reading, TrackerId, Why};

/// From one look at `/proc` to the next.
const PERIOD: Duration = Duration::from_millis(250);
/// Descriptors held for the ends of processes; the ends of more are seen by looking.
const WATCHED: usize = 256;

/// All tracked processes.
#[derive(Debug, Default)]
pub(super) struct Processes {
    all: BTreeMap<TrackerId, (Process, Quorum)>,
    running: BTreeMap<u32, Counted>,
    sight: Sight,
    events: Option<UnboundedSender<Event>>,
}

/// A running process that counts.
#[derive(Debug)]
struct Counted {
    counts_for: BTreeSet<TrackerId>,
    _end: Option<Watch>,
}

/// How beginnings and ends are noticed.
#[derive(Debug, Default)]
enum Sight {
    /// There is nothing to notice.
    #[default]
    None,
    /// The kernel tells.
    Told(#[expect(dead_code, reason = "its end is the end of the telling")] Watch),
    /// By looking, at this time again.
    Looking(Instant),
}

impl Processes {
    /// Gives what there is to log.
    pub(super) fn follow(
        &mut self,
        plan: &Plan,
        now: Instant,
        events: &UnboundedSender<Event>,
    ) -> Option<String> {
        let process = |(id, object): (&TrackerId, &plan::Object)| match &object.source {
            Source::Process(process) => Some((*id, process.clone())),
            _ => None,
        };
        let mut before = std::mem::take(&mut self.all);
        let mut known = |id: &TrackerId| before.remove(id).map(|(_, quorum)| quorum);
        let wanted = plan.trackers.iter().filter_map(process);
        self.all = wanted
            .map(|(id, process)| (id, (process, known(&id).unwrap_or_default())))
            .collect();
        self.events = Some(events.clone());
        if self.all.is_empty() {
            (self.running, self.sight) = (BTreeMap::new(), Sight::None);
            return None;
        }
        let line = match self.sight {
            Sight::None => Some(self.open_eyes(sight::hear(events), now)),
            Sight::Told(_) | Sight::Looking(_) => None,
        };
        self.look_around();
        self.conclude(now);
        line
    }

    /// Begins to notice; gives how.
    fn open_eyes(&mut self, heard: io::Result<Watch>, now: Instant) -> String {
        match heard {
            Ok(watch) => {
                self.sight = Sight::Told(watch);
                "Tracked processes are followed by the process events of the kernel".into()
            }
            Err(why) => {
                self.sight = Sight::Looking(now + PERIOD);
                format!(
                    "Process events of the kernel do not reach here ({why}): tracked processes \
                     are looked for every {} ms, and their ends are seen at once",
                    PERIOD.as_millis()
                )
            }
        }
    }

    pub(super) fn known(&self) -> impl Iterator<Item = News> + '_ {
        let told = self
            .all
            .iter()
            .filter_map(|(id, (_, quorum))| Some((*id, quorum.met?)));
        told.map(|(id, met)| (id, reading(met)))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let look = match self.sight {
            Sight::Looking(at) => Some(at),
            Sight::None | Sight::Told(_) => None,
        };
        let quorums = self.all.values();
        let delays = quorums.filter_map(|(process, quorum)| quorum.due(process));
        delays.chain(look).min()
    }

    /// Looks again if it is time; gives the quorums that changed.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<News> {
        if self.next_deadline().is_none_or(|at| now < at) {
            return Vec::new();
        }
        if let Sight::Looking(at) = &mut self.sight
            && *at <= now
        {
            *at = now + PERIOD;
            self.look_around();
        }
        self.conclude(now)
    }

    /// Processes began or ended; gives the quorums that changed.
    pub(super) fn handle(&mut self, now: Instant, batch: &[ProcessEvent]) -> Vec<News> {
        if self.all.is_empty() {
            return Vec::new();
        }
        for event in batch {
            match *event {
                ProcessEvent::Executed(pid) | ProcessEvent::Renamed(pid) => self.look_at(pid),
                // runs what its parent runs, which counts or does not
                ProcessEvent::Forked { parent, pid } if self.running.contains_key(&parent) => {
                    self.look_at(pid);
                }
                // the number may be another's by now
                ProcessEvent::Ended(pid) if self.running.contains_key(&pid) => self.look_at(pid),
                ProcessEvent::Forked { .. } | ProcessEvent::Ended(_) => {}
                ProcessEvent::Lost => self.look_around(),
            }
        }
        self.conclude(now)
    }

    /// Looks at all processes.
    fn look_around(&mut self) {
        let gone: BTreeSet<u32> = self.running.keys().copied().collect();
        for pid in gone.into_iter().chain(look::pids()) {
            self.look_at(pid);
        }
    }

    fn look_at(&mut self, pid: u32) {
        let Some(mut look) = Look::at(pid) else {
            self.running.remove(&pid);
            return;
        };
        let tracked = self.all.iter();
        let counts_for: BTreeSet<TrackerId> = tracked
            .filter_map(|(id, (process, _))| look.is(process).then_some(*id))
            .collect();
        if counts_for.is_empty() {
            self.running.remove(&pid);
        } else if let Some(copy) = self.running.get_mut(&pid) {
            copy.counts_for = counts_for;
        } else {
            let end = self.watch_end(pid);
            let counted = Counted {
                counts_for,
                _end: end,
            };
            self.running.insert(pid, counted);
        }
    }

    /// Where the kernel does not tell of ends by itself.
    fn watch_end(&self, pid: u32) -> Option<Watch> {
        let looks = matches!(self.sight, Sight::Looking(_)) && self.running.len() < WATCHED;
        let events = self.events.as_ref().filter(|_| looks)?;
        sight::watch(pid, events).ok()
    }

    fn conclude(&mut self, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        for (id, (process, quorum)) in &mut self.all {
            let copies = copies(&self.running, *id);
            if quorum.see(now, process, copies)
                && let Some(met) = quorum.met
            {
                news.push((*id, reading(met)));
            }
        }
        news
    }

    /// What dumps tell of them.
    pub(super) fn tallies(&self) -> Tallies {
        let all = self.all.iter();
        all.map(|(id, (process, quorum))| {
            let waits = quorum.due(process).is_some();
            let tally = Tally {
                copies: copies(&self.running, *id),
                forming: waits && quorum.met == Some(false),
                failing: waits && quorum.met == Some(true),
            };
            (*id, tally)
        })
        .collect()
    }
}

/// So many processes count for it.
fn copies(running: &BTreeMap<u32, Counted>, id: TrackerId) -> u32 {
    let counting = running
        .values()
        .filter(|copy| copy.counts_for.contains(&id));
    u32::try_from(counting.count()).unwrap_or(u32::MAX)
}

fn reading(met: bool) -> Reading {
    if met {
        Reading::Up
    } else {
        Reading::Down(Why::Lost)
    }
}

#[cfg(test)]
mod tests;
