//! The prober as its parent sees it: a process without rights that makes the checks.
use super::{PROBER, Role};
use crate::link::{self, FromProber, ToProber};
use crate::supervisor::{CHANNEL, ROLE};
use linux::channel::Channel;
use plan::Plan;
use plan::lvs::Tls;
use pool::CheckId;
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

/// The child, if it runs.
#[derive(Debug, Default)]
pub(super) struct Prober {
    running: Option<Running>,
    /// The plan that it works with; `None` before there is anything to check.
    plan: Option<OwnedFd>,
    start_at: Option<Instant>,
    pause: Duration,
    /// Processes that have not been collected yet.
    ended: Vec<Child>,
}

#[derive(Debug)]
struct Running {
    process: Child,
    channel: Channel,
    since: Instant,
}

impl Prober {
    /// What is checked from now on.
    pub(super) fn set_plan(&mut self, plan: &Plan) {
        let mut checks = Plan {
            lvs: plan.lvs.clone(),
            ..Plan::default()
        };
        checks.lvs.tls = material(&plan.lvs.tls);
        let any = plan
            .lvs
            .servers
            .iter()
            .flat_map(|service| &service.servers)
            .any(|real| !real.checks.is_empty());
        self.plan = link::seal(&checks).ok().filter(|_| any);
        let told = match (&self.running, &self.plan) {
            (Some(running), Some(plan)) => {
                link::send(&running.channel, &ToProber::Plan, Some(plan)).is_ok()
            }
            _ => true,
        };
        if !told {
            // it does not read: another one will
            self.kill();
        }
        if self.plan.is_some() && self.running.is_none() {
            self.start_at.get_or_insert(Instant::ZERO);
        }
    }

    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.start_at
    }

    /// Asks for a check; false when that cannot be done now.
    pub(super) fn ask(&self, check: CheckId, step: u32) -> bool {
        let question = ToProber::Probe { check, step };
        self.running
            .as_ref()
            .is_some_and(|running| link::send(&running.channel, &question, None).is_ok())
    }

    pub(super) fn receive(&self) -> io::Result<Option<FromProber>> {
        match &self.running {
            Some(running) => Ok(link::receive(&running.channel)?.map(|(answer, _)| answer)),
            None => Ok(None),
        }
    }

    /// Collects processes that ended.
    pub(super) fn reap(&mut self) {
        self.ended
            .retain_mut(|process| matches!(process.try_wait(), Ok(None)));
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.process.kill();
            self.ended.push(running.process);
        }
    }

    fn start(&mut self, now: Instant) -> io::Result<()> {
        let Some(plan) = &self.plan else {
            return Ok(());
        };
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
        link::send(&ours, &ToProber::Plan, Some(plan))?;
        self.running = Some(Running {
            process,
            channel: ours,
            since: now,
        });
        Ok(())
    }
}

/// What the files of `SSL` hold: the prober may not read them itself. What cannot be read is
/// handed over empty, and every `SSL_GET` says so.
fn material(names: &Tls) -> Tls {
    let read = |name: &Option<String>| {
        name.as_ref()
            .map(|name| std::fs::read_to_string(name).unwrap_or_default())
    };
    Tls {
        ca: None,
        certificate: read(&names.certificate),
        key: read(&names.key),
        password: names.password.clone(),
    }
}

impl Role {
    /// Starts the prober when it is due.
    pub(super) fn keep_prober(&mut self, now: Instant) {
        if self.prober.start_at.is_none_or(|at| at > now) {
            return;
        }
        self.prober.start_at = None;
        let started = self.prober.start(now).and_then(|()| {
            let channel = self.prober.running.as_ref().map(|running| &running.channel);
            channel.map_or(Ok(()), |channel| self.reactor.add(channel.as_fd(), PROBER))
        });
        if let Err(why) = started {
            self.log.info(format!("Cannot start the prober: {why}"));
            self.prober.kill();
            self.prober.start_at = Some(now + PAUSE_MAX);
        }
    }

    /// The prober died: what it was about to check is checked again by the next one.
    pub(super) fn prober_lost(&mut self, now: Instant, why: &io::Error) -> io::Result<()> {
        let Some(running) = &self.prober.running else {
            return Ok(());
        };
        self.reactor.remove(running.channel.as_fd())?;
        let lived = now - running.since;
        self.log
            .info(format!("The prober ended ({why}): respawning"));
        self.prober.kill();
        self.prober.pause = if lived >= STABLE {
            Duration::ZERO
        } else {
            (self.prober.pause * 2).clamp(Duration::from_millis(100), PAUSE_MAX)
        };
        self.prober.start_at = Some(now + self.prober.pause);
        for id in self.pools.running() {
            self.pools.handle_lost(now, id);
        }
        Ok(())
    }
}
