//! The checker process: one loop around the pools, which never blocks.
//!
//! It decides what the load balancer's table holds and says when a check is due; the checks
//! themselves are made by the prober, its child, which is the only one to read what servers send.
mod alert;
mod drain;
mod files;
mod marks;
mod material;
mod names;
mod notify;
mod outbox;
mod presence;
mod prober;
mod stop;
mod sync;
mod table;
mod tell;

use crate::link::{self, FromRole, Sealed, Settings, ToRole};
use crate::log::Log;
use crate::{exit, signals};
use alert::Told;
use drain::Drains;
use files::Files;
use linux::channel::Channel;
use linux::clock;
use linux::netlink::Monitor;
use linux::reactor::Reactor;
use linux::signals::Signals;
use marks::Marker;
use names::Names;
use notify::Pipes;
use outbox::Outbox;
use plan::Plan;
use plan::lvs::Probe;
use pool::{CheckId, Effect, Pools, Verdict};
use prober::Probers;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use sync::Sync;
use table::Kernel;
use wire::Instant;

/// What can become ready.
const CHANNEL: u64 = 0;
const SIGNALS: u64 = 1;
const MONITOR: u64 = 2;
const FILES: u64 = 3;
/// The first prober's; the others' follow.
const PROBER: u64 = 16;

/// When a check is due, those that are due within this time are made together with it.
const EARLY: Duration = Duration::from_millis(30);

/// Runs the role until it is told to stop; gives the exit code.
pub(crate) fn run(channel: Channel) -> u8 {
    match Role::start(channel).and_then(Role::serve) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("keepalived checker process: {e}");
            exit::FATAL
        }
    }
}

struct Role {
    settings: Settings,
    log: Log,
    /// As it came: the text of the dump is read when it is asked for.
    sealed: Sealed,
    plan: Plan,
    names: Names,
    pools: Pools,
    kernel: Kernel,
    marker: Marker,
    probers: Probers,
    drains: Drains,
    outbox: Outbox,
    files: Files,
    monitor: Monitor,
    pipes: Pipes,
    /// What people were told last.
    told: Told,
    /// Why checks failed, for the line that tells of it.
    reasons: BTreeMap<CheckId, String>,
    reactor: Reactor,
    signals: Signals,
    channel: Channel,
    sync: Sync,
    /// Told to stop, and all is done.
    ended: bool,
}

impl Role {
    fn start(channel: Channel) -> io::Result<Role> {
        linux::process::end_with_parent(std::os::unix::process::parent_id())?;
        let signals = Signals::new(&[
            signals::TERM,
            signals::INT,
            signals::HUP,
            signals::USR1,
            signals::USR2,
            signals::CHLD,
            signals::stats_clear(),
            signals::json(),
        ])?;
        let (settings, sealed, _) = link::first(&channel)?;
        let plan = sealed.plan()?;
        let name = plan.global.process_names.checker.as_ref();
        linux::process::set_name(plan::ProcessNames::or_default(name))?;
        let log = Log::start(&settings.log, "Keepalived_healthcheckers")?;
        crate::tuning::apply(&plan.global.checker_process, &log);
        let mut reactor = Reactor::new()?;
        let (monitor, files) = (Monitor::new()?, Files::new()?);
        reactor.add(channel.as_fd(), CHANNEL)?;
        reactor.add(signals.as_fd(), SIGNALS)?;
        reactor.add(monitor.as_fd(), MONITOR)?;
        reactor.add(files.as_fd(), FILES)?;
        let mut role = Role {
            settings,
            log,
            sealed,
            plan: Plan::default(),
            names: Names::default(),
            pools: Pools::new(RandomState::new().build_hasher().finish()),
            kernel: Kernel::default(),
            marker: Marker::default(),
            probers: Probers::default(),
            drains: Drains::default(),
            outbox: Outbox::default(),
            files,
            monitor,
            pipes: Pipes::default(),
            told: Told::default(),
            reasons: BTreeMap::new(),
            reactor,
            signals,
            channel,
            sync: Sync::default(),
            ended: false,
        };
        role.log.info("Initializing ipvs");
        role.open_kernel(clock::now(), &plan);
        role.take_over(plan, true);
        Ok(role)
    }

    fn serve(mut self) -> io::Result<u8> {
        let mut ready = Vec::new();
        loop {
            self.perform(clock::now());
            if self.ended {
                return Ok(exit::NORMAL);
            }
            self.reactor.wait(self.deadline(), &mut ready)?;
            self.turn(&mut ready)?;
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if self.kernel.has_work() {
            return Some(clock::now());
        }
        [
            self.pools.poll_timeout().filter(|_| self.may_check()),
            self.kernel.poll_timeout(),
            self.sync.poll_timeout().filter(|_| self.kernel.is_open()),
            self.probers.poll_timeout(),
            self.drains.poll_timeout(),
            self.outbox.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn turn(&mut self, ready: &mut Vec<u64>) -> io::Result<()> {
        let now = clock::now();
        for token in ready.drain(..) {
            match token {
                CHANNEL => self.read_messages()?,
                SIGNALS => self.read_signals()?,
                MONITOR => self.read_addresses(now)?,
                FILES => self.read_files(now)?,
                token => {
                    let index = usize::try_from(token.saturating_sub(PROBER));
                    self.read_results(now, index.unwrap_or(usize::MAX))?;
                }
            }
        }
        if self.may_check() {
            self.pools.handle_timeout_early(now, EARLY);
        }
        Ok(())
    }

    /// Without a table to keep, checks are for those who asked for them.
    fn may_check(&self) -> bool {
        self.kernel.is_open() || self.plan.lvs.without_ipvs
    }

    // ---- from the machine to the world

    fn perform(&mut self, now: Instant) {
        self.keep_probers(now);
        self.keep_kernel(now);
        self.keep_sync(now);
        self.keep_drains(now);
        while let Some(effect) = self.pools.poll_effect() {
            match effect {
                Effect::Probe { check, step } => self.probe(check, step),
                Effect::Entries(pool) => self.want(pool),
                Effect::Tell(event) => self.tell(&event),
            }
        }
        self.ask_probers(now);
        for line in self.kernel.work(now) {
            self.log.info(line);
        }
        // a supervisor that is gone is noticed where its messages are read
        let _ = self.outbox.flush(now, &self.channel);
    }

    fn probe(&mut self, id: CheckId, step: u32) {
        let Some((_, real, check)) = self.names.check(&self.plan, id) else {
            return;
        };
        match &check.probe {
            // made where all scripts are run: in the supervisor
            Probe::Misc(_) => self.outbox.push_script(id),
            Probe::File(_) | Probe::Bfd(_) => {}
            _ => self.probers.ask(real.id, id, step),
        }
    }

    fn read_results(&mut self, now: Instant, prober: usize) -> io::Result<()> {
        loop {
            match self.probers.receive(prober) {
                Ok(Some(results)) => {
                    for (check, result) in results {
                        let verdict = match &result {
                            Ok(()) => Verdict::PASS,
                            Err(_) => Verdict::Fail,
                        };
                        self.result(now, check, verdict, result.err());
                    }
                }
                Ok(None) => return Ok(()),
                Err(why) => return self.prober_lost(now, prober, &why),
            }
        }
    }

    fn result(&mut self, now: Instant, id: CheckId, verdict: Verdict, why: Option<String>) {
        match why {
            Some(why) => drop(self.reasons.insert(id, why)),
            None => drop(self.reasons.remove(&id)),
        }
        self.pools.handle_result(now, id, verdict);
    }

    // ---- messages

    fn read_messages(&mut self) -> io::Result<()> {
        loop {
            match link::receive::<ToRole>(&self.channel) {
                Ok(Some((message, files))) => self.message(message, files)?,
                Ok(None) => return Ok(()),
                Err(_) => {
                    // the supervisor is gone, and with it whoever would remove our pid file
                    let _ = std::fs::remove_file(&self.settings.pid_file);
                    self.reactor.remove(self.channel.as_fd())?;
                    self.stop();
                    return Ok(());
                }
            }
        }
    }

    fn message(&mut self, message: ToRole, files: Vec<OwnedFd>) -> io::Result<()> {
        match (message, Sealed::received(files)) {
            (ToRole::Reload(_), Some(sealed)) => {
                self.log.info("Reloading");
                let next = sealed.plan()?;
                self.sealed = sealed;
                self.take_over(next, false);
                // what others did to the table is looked for when ours is done
                self.kernel.resync(clock::now());
            }
            (ToRole::Stop, _) => self.stop(),
            (ToRole::Checked(id, verdict, why), _) => {
                self.outbox.answered(id);
                self.result(clock::now(), id, verdict, why);
            }
            (ToRole::SyncDaemon(master), _) => {
                self.settings.sync_master = master;
                self.sync.look(clock::now());
            }
            (ToRole::Dump(link::Dump::Data, _), _) => self.dump(),
            (ToRole::Dump(..), _) => {}
            _ => self
                .log
                .info("The supervisor sent a message that makes no sense here; it is ignored"),
        }
        Ok(())
    }

    /// Writes `keepalived_check.data`.
    fn dump(&self) {
        let process = std::process::id();
        let text = format!("Printing checker data for process({process}) on signal");
        self.log.info(text);
        let path = std::path::Path::new(&self.settings.dump_dir).join("keepalived_check.data");
        let text = report::data::checker(&self.plan, &self.sealed.sheet(), &self.pools);
        if let Err(e) = crate::vrrp_role::write_whole(&path, text.as_bytes()) {
            let text = format!("Cannot write {}: {e}", path.display());
            self.log.info(text);
        }
    }

    fn read_signals(&mut self) -> io::Result<()> {
        while let Some(signal) = self.signals.next_signal()? {
            match signal {
                signals::TERM => self.stop(),
                signals::CHLD => self.probers.reap(),
                _ => {}
            }
        }
        Ok(())
    }

    // ---- plans

    /// Puts a plan in force: at the start, and at each reload.
    fn take_over(&mut self, next: Plan, first: bool) {
        let now = clock::now();
        let served_anew = self.mark(&next);
        self.tell_groups(&next);
        self.tell_removed(&next);
        self.alert_removed(&next);
        // the daemon's start, not that of a process that replaces another
        let starting = self.plan.lvs.servers.is_empty() && !self.settings.resume;
        let services = next.lvs.servers.iter();
        let params = services.map(|service| (service.id, self.params(service)));
        let wanted = params.collect();
        self.settings.resume = false;
        self.names = Names::of(&next);
        self.forget_services(&next);
        let before = std::mem::replace(&mut self.plan, next);
        crate::files::set_umask(&self.plan);
        self.open_pipes();
        let all_stay = self.probers.set_plan(&self.plan);
        let (names, plan) = (&self.names, &self.plan);
        self.outbox.keep(|check| names.check(plan, check).is_some());
        self.pools.apply(now, &wanted);
        if !all_stay {
            self.check_again(now, None);
        }
        self.expect_changes(starting);
        self.drain_removed(now, &before);
        self.want_changed(&before, served_anew);
        if !first {
            self.change_timeouts(&before);
        }
        self.sync_anew(now);
        self.watch_files();
        self.look_at_files(now);
        self.suspend_absent(now);
        self.perform(now);
        self.outbox.push(FromRole::Ready);
        drop((before, wanted));
        linux::memory::give_back();
    }
}
