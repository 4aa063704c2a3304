//! The probers as their parent sees them: processes without rights that make the checks.
//!
//! Each real server belongs to one of them. What is asked within one turn of the loop travels as
//! one message.
use super::{PROBER, Role, material};
use crate::link::{self, FromProber, Share, ToProber};
use crate::supervisor::{CHANNEL, ROLE};
use linux::channel::Channel;
use plan::Plan;
use pool::{CheckId, ServerId};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use wire::Instant;

/// Between a death and the next start: at once, then ever later.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// A prober that lived this long died by accident.
const STABLE: Duration = Duration::from_secs(10);
/// Checks in one message: it stays far below the largest.
const BATCH: usize = 2048;

/// All probers.
#[derive(Debug, Default)]
pub(super) struct Probers {
    all: Vec<Prober>,
    /// The plan that they work with; `None` before there is anything to check.
    plan: Option<OwnedFd>,
    /// Processes that have not been collected yet.
    ended: Vec<Child>,
}

/// One of them, if it runs.
#[derive(Debug, Default)]
struct Prober {
    running: Option<Running>,
    start_at: Option<Instant>,
    pause: Duration,
    /// To be asked at the end of this turn.
    questions: Vec<(CheckId, u32)>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    channel: Channel,
    since: Instant,
}

impl Prober {
    fn send(&self, message: &ToProber, plan: &[&OwnedFd]) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| link::send(&running.channel, message, plan).is_ok())
    }

    fn start(&mut self, now: Instant, share: Share, plan: &OwnedFd) -> io::Result<()> {
        let (ours, theirs) = Channel::pair()?;
        theirs.keep_over_exec(true)?;
        let mut args = std::env::args_os();
        let name = args.next().unwrap_or_else(|| "keepalived".into());
        let process = Command::new("/proc/self/exe")
            .arg0(name)
            .args(args)
            .env(ROLE, "prober")
            .env(CHANNEL, theirs.as_raw_fd().to_string())
            .stdin(Stdio::null())
            .spawn()?;
        let running = self.running.insert(Running {
            process,
            channel: ours,
            since: now,
        });
        link::send(&running.channel, &ToProber::Plan(share), &[plan])
    }
}

impl Probers {
    /// What is checked from now on. False: a prober had to go, with the checks under way.
    pub(super) fn set_plan(&mut self, plan: &Plan) -> bool {
        let services = plan.lvs.servers.iter();
        let mut reals = services.flat_map(|service| &service.servers);
        let any = reals.any(|real| real.checks.iter().any(|check| check.probe.is_remote()));
        let work = (&plan.lvs, material::collect(&plan.lvs));
        self.plan = link::seal(&work).ok().filter(|_| any);
        let count = usize::from(plan.lvs.probers.max(1));
        let mut all_stay = count >= self.all.len();
        for index in count..self.all.len() {
            self.kill(index);
        }
        self.all.resize_with(count, Prober::default);
        for index in 0..count {
            if !self.is_told(index) {
                // it does not read: another one will
                self.kill(index);
                all_stay = false;
            }
            if let (Some(prober), Some(_)) = (self.all.get_mut(index), &self.plan)
                && prober.running.is_none()
            {
                prober.start_at.get_or_insert(Instant::ZERO);
            }
        }
        all_stay
    }

    /// Tells a prober that runs of the plan.
    fn is_told(&self, index: usize) -> bool {
        match (&self.plan, self.all.get(index)) {
            (Some(plan), Some(prober)) if prober.running.is_some() => {
                prober.send(&ToProber::Plan(self.share(index)), &[plan])
            }
            _ => true,
        }
    }

    fn share(&self, index: usize) -> Share {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Share {
            index: number(index),
            of: number(self.all.len()),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.all.iter().filter_map(|prober| prober.start_at).min()
    }

    /// Asks the server's prober for a check, at the end of this turn.
    pub(super) fn ask(&mut self, server: ServerId, check: CheckId, step: u32) {
        let count = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let index = usize::try_from(Share::of(server, count)).unwrap_or(usize::MAX);
        if let Some(prober) = self.all.get_mut(index) {
            prober.questions.push((check, step));
        }
    }

    /// Sends what was asked for; gives the checks for which that could not be done now.
    pub(super) fn flush(&mut self) -> Vec<CheckId> {
        let mut refused = Vec::new();
        for prober in &mut self.all {
            if prober.questions.is_empty() {
                continue;
            }
            let questions = std::mem::take(&mut prober.questions);
            for batch in questions.chunks(BATCH) {
                if !prober.send(&ToProber::Probe(batch.to_vec()), &[]) {
                    refused.extend(batch.iter().map(|(check, _)| *check));
                }
            }
        }
        refused
    }

    pub(super) fn receive(&self, index: usize) -> io::Result<Option<FromProber>> {
        match self
            .all
            .get(index)
            .and_then(|prober| prober.running.as_ref())
        {
            Some(running) => Ok(link::receive(&running.channel)?.map(|(answer, _)| answer)),
            None => Ok(None),
        }
    }

    /// Collects processes that ended.
    pub(super) fn reap(&mut self) {
        self.ended
            .retain_mut(|process| matches!(process.try_wait(), Ok(None)));
    }

    pub(super) fn kill_all(&mut self) {
        for index in 0..self.all.len() {
            self.kill(index);
        }
    }

    fn kill(&mut self, index: usize) {
        let running = self
            .all
            .get_mut(index)
            .and_then(|prober| prober.running.take());
        if let Some(mut running) = running {
            let _ = running.process.kill();
            self.ended.push(running.process);
            // the signal of one that ended by itself may have been heard before
            self.reap();
        }
    }
}

impl Role {
    /// Starts the probers that are due.
    pub(super) fn keep_probers(&mut self, now: Instant) {
        for index in 0..self.probers.all.len() {
            let share = self.probers.share(index);
            let Some(prober) = self.probers.all.get_mut(index) else {
                return;
            };
            if prober.start_at.is_none_or(|at| at > now) {
                continue;
            }
            prober.start_at = None;
            let Some(plan) = &self.probers.plan else {
                continue;
            };
            let token = PROBER + u64::from(share.index);
            let started = prober.start(now, share, plan).and_then(|()| {
                let channel = prober.running.as_ref().map(|running| &running.channel);
                channel.map_or(Ok(()), |channel| self.reactor.add(channel.as_fd(), token))
            });
            if let Err(why) = started {
                self.log.info(format!("Cannot start the prober: {why}"));
                prober.start_at = Some(now + PAUSE_MAX);
                self.probers.kill(index);
            }
        }
    }

    /// Sends what was asked for in this turn.
    pub(super) fn ask_probers(&mut self, now: Instant) {
        for check in self.probers.flush() {
            self.pools.handle_lost(now, check);
        }
    }

    /// A prober died: what it was about to check is checked again by the next one.
    pub(super) fn prober_lost(
        &mut self,
        now: Instant,
        index: usize,
        why: &io::Error,
    ) -> io::Result<()> {
        let share = self.probers.share(index);
        let Some(prober) = self.probers.all.get_mut(index) else {
            return Ok(());
        };
        let Some(running) = &prober.running else {
            return Ok(());
        };
        self.reactor.remove(running.channel.as_fd())?;
        let lived = now - running.since;
        self.log
            .info(format!("The prober ended ({why}): respawning"));
        prober.pause = if lived >= STABLE {
            Duration::ZERO
        } else {
            (prober.pause * 2).clamp(Duration::from_millis(100), PAUSE_MAX)
        };
        prober.start_at = Some(now + prober.pause);
        self.probers.kill(index);
        self.check_again(now, Some(share));
        Ok(())
    }

    /// What a prober that is gone, or all of them, were about to check is checked again.
    pub(super) fn check_again(&mut self, now: Instant, share: Option<Share>) {
        for id in self.pools.running() {
            let Some((_, real, check)) = self.names.check(&self.plan, id) else {
                continue;
            };
            if check.probe.is_remote() && share.is_none_or(|share| share.has(real.id)) {
                self.pools.handle_lost(now, id);
            }
        }
    }
}
