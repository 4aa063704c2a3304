//! The supervisor: files, signals, pid files, and the life of the role processes.
//!
//! It may block: nothing here has a deadline. It owns the plan; a role that dies gets it again.
mod boot;
mod checks;
mod child;
mod following;
mod notify;
mod outlets;
mod reload;
mod roles;
pub(crate) mod scripts;
mod track;

pub(crate) use boot::run;
pub(crate) use child::{CHANNEL, ROLE};

use crate::cli::Options;
use crate::config::Source;
use crate::link::{Dump, FromRole, Sealed, ToRole};
use crate::log::Log;
use crate::role::Role;
use crate::{exit, signals, version};
use child::Slot;
use following::Following;
use linux::pidfile::PidFile;
use linux::process_events::ProcessEvent;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use notify::{Lane, Ticket};
use outlets::Outlets;
use plan::Plan;
use scripts::Runner;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use track::Tracking;

/// Time between asking the roles to leave and killing them (`child_wait_time`).
const CHILD_WAIT: Duration = Duration::from_secs(5);
/// Time that scripts, mail and webhooks get for the last changes, if they need it.
const LAST_SCRIPTS: Duration = Duration::from_secs(1);

/// What wakes the supervisor.
#[derive(Debug)]
enum Event {
    Signal(i32),
    Said(u32, FromRole),
    /// A tracked file may have changed.
    FilesChanged,
    /// Processes of the machine began or ended.
    Processes(Vec<ProcessEvent>),
    /// A line about mail or webhooks; `None`: all of one kind that waited are on their way.
    Outlet(Option<String>),
}

/// What the supervisor is doing about its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first plan is not in force everywhere yet; `again`: a reload was asked for meanwhile.
    Starting {
        again: bool,
    },
    Running,
    /// A new plan is on its way; `again`: one more reload was asked for meanwhile.
    Reloading {
        again: bool,
    },
    /// Leaving with this exit code; what is left is killed at the deadline.
    Stopping {
        code: u8,
        kill_at: Instant,
    },
}

struct Supervisor {
    options: Options,
    log: Log,
    plan: Plan,
    /// The plan before the last reload: it knows what that removed.
    previous: Option<Plan>,
    runner: Runner<Lane, Ticket>,
    outlets: Outlets,
    tracking: Tracking,
    /// The named pipes that are read by scripts of ours.
    fifo_scripts: Vec<plan::Fifo>,
    sealed: Sealed,
    /// The plan is as the load built it.
    scattered: bool,
    /// Equal for equal text of the configuration.
    print: u64,
    slots: Vec<Slot>,
    pid_file: PidFile,
    phase: Phase,
    /// When to leave even though scripts still run.
    leave_at: Option<Instant>,
    following: Following,
    events: UnboundedSender<Event>,
}

impl Supervisor {
    async fn serve(mut self, source: Source, mut inbox: UnboundedReceiver<Event>) -> u8 {
        self.start_roles();
        self.write_sheet(&source);
        drop(source);
        self.settle_phase();
        loop {
            let deadline = self.next_deadline();
            tokio::select! {
                Some(event) = inbox.recv() => self.handle(&event),
                () = sleep_until(deadline) => self.handle_timeout(),
            }
            if let Phase::Stopping { code, .. } = self.phase
                && self.has_ended()
            {
                self.finish();
                return code;
            }
        }
    }

    fn handle(&mut self, event: &Event) {
        match *event {
            Event::Said(_, FromRole::Notice(ref notice)) => {
                self.notify(notice);
                self.tell_of_vrrp(notice);
                self.follow(notice);
            }
            Event::Said(_, FromRole::Standing(id, state)) => self.hear_standing(id, state),
            Event::Said(_, FromRole::Pool(notice)) => {
                self.notify_pool(notice);
                self.post_of_pool(notice);
            }
            Event::Said(_, FromRole::Alert(alert)) => self.alert_of_pool(alert),
            Event::Said(_, FromRole::Check(id)) => self.run_check(id),
            Event::Signal(signals::HUP) => self.reload(),
            Event::Signal(signals::TERM) => self.stop(exit::NORMAL),
            Event::Signal(signals::INT) if !self.options.ignore_sigint => self.stop(exit::NORMAL),
            Event::Signal(signals::USR1) => self.dump(Dump::Data),
            Event::Signal(signals::USR2) => self.dump(Dump::Stats { clear: false }),
            Event::Signal(signals::CHLD) => self.reap(),
            Event::Signal(n) if n == signals::stats_clear() => {
                self.dump(Dump::Stats { clear: true });
            }
            Event::Signal(n) if n == signals::json() => self.dump(Dump::Json),
            // an end that waits for mail and webhooks looks again when they are out
            Event::Signal(_) | Event::Outlet(None) => {}
            Event::FilesChanged => self.files_changed(),
            Event::Processes(ref batch) => self.processes_changed(batch),
            Event::Outlet(Some(ref line)) => self.log.info(line.as_str()),
            Event::Said(pid, FromRole::Ready) => {
                if let Some(slot) = self.slot_of(pid) {
                    slot.ready = true;
                    // the pipes are there now
                    self.start_fifo_scripts();
                    self.settle_phase();
                }
            }
        }
    }

    /// Starting and reloading are over when every running role has its plan in force.
    fn settle_phase(&mut self) {
        if self
            .slots
            .iter()
            .any(|slot| slot.child.is_some() && !slot.ready)
        {
            return;
        }
        match self.phase {
            Phase::Starting { again } => self.run_on("Startup complete", again),
            Phase::Reloading { again } => self.run_on("Reload complete", again),
            Phase::Running | Phase::Stopping { .. } => {}
        }
    }

    fn run_on(&mut self, line: &str, again: bool) {
        self.phase = Phase::Running;
        self.log.info(line);
        self.tidy();
        Self::notify_ready();
        if again {
            self.reload();
        }
    }

    /// Gives back what the load took. A new plan is read again for that: what a load leaves lies
    /// scattered among what it has freed, a few octets a page.
    fn tidy(&mut self) {
        if !std::mem::take(&mut self.scattered) {
            return linux::memory::trim();
        }
        let mail = self.plan.global.mail.take();
        if let Ok(plan) = self.sealed.plan() {
            self.plan = plan;
        }
        // is not in what roles get
        self.plan.global.mail = mail;
        linux::memory::give_back();
    }

    fn notify_ready() {
        let _ = sd_notify::notify(&[
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::MainPid(std::process::id()),
        ]);
    }

    // ---- deadlines

    fn next_deadline(&self) -> Option<Instant> {
        let roles = match self.phase {
            Phase::Stopping { kill_at, .. } => {
                Some(self.leave_at.map_or(kill_at, |at| at.min(kill_at)))
            }
            _ => {
                let slots = self.slots.iter();
                slots
                    .flat_map(|slot| [slot.respawn_at, slot.tell_at])
                    .chain([self.following.next_deadline()])
                    .flatten()
                    .min()
            }
        };
        [
            roles,
            self.runner.next_deadline(),
            self.tracking.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn handle_timeout(&mut self) {
        let now = Instant::now();
        let finished = self.runner.handle_timeout(now);
        self.scripts_ended(finished);
        self.track_timeout(now);
        if let Phase::Stopping { kill_at, code } = self.phase {
            if now >= kill_at {
                self.signal_roles(Signal::SIGKILL);
                self.phase = Phase::Stopping {
                    code,
                    kill_at: now + CHILD_WAIT,
                };
            }
            return;
        }
        let due: Vec<Role> = self
            .slots
            .iter()
            .filter(|s| s.respawn_at.is_some_and(|at| now >= at))
            .map(|s| s.role)
            .collect();
        for role in due {
            // the table is as the last checker left it, however long ago; addresses may have moved
            self.start_role(role, role == Role::Checker);
        }
        self.tell_plan_again(now);
        self.follow_again(now);
    }

    // ---- the end

    fn stop(&mut self, code: u8) {
        if matches!(self.phase, Phase::Stopping { .. }) {
            return;
        }
        if code == exit::NORMAL {
            self.log.info("Stopping");
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.phase = Phase::Stopping {
            code,
            kill_at: Instant::now() + CHILD_WAIT,
        };
        self.runner.hurry();
        self.outlets.hurry();
        self.tracking = Tracking::default();
        for slot in &mut self.slots {
            slot.respawn_at = None;
            if let Some(child) = &slot.child
                && child.tell(&ToRole::Stop).is_err()
            {
                send_signal(child.pid, Signal::SIGTERM);
            }
        }
    }

    fn signal_roles(&self, signal: Signal) {
        for child in self.slots.iter().filter_map(|slot| slot.child.as_ref()) {
            self.log.info(format!(
                "{} child process({}) did not end in time",
                child.role.title(),
                child.pid
            ));
            send_signal(child.pid, signal);
        }
    }

    /// All roles have ended, and the scripts that they asked for last, or those had their time.
    fn has_ended(&mut self) -> bool {
        if self.slots.iter().any(|slot| slot.child.is_some()) {
            return false;
        }
        let now = Instant::now();
        let until = *self.leave_at.get_or_insert(now + LAST_SCRIPTS);
        let last = |lane: &Lane| matches!(lane, Lane::Notify(_) | Lane::Server(_) | Lane::Pool(_));
        now >= until || (!self.runner.any_busy(last) && self.outlets.is_at_rest())
    }

    fn finish(self) {
        self.runner.terminate();
        for slot in self.slots {
            let _ = slot.pid_file.map(PidFile::remove);
        }
        let _ = self.pid_file.remove();
        self.log.info(format!("Stopped {}", version::COMPATIBLE));
    }

    // ---- dumps

    /// Writes the text of the dump, for whoever is asked for it later.
    fn write_sheet(&self, source: &Source) {
        if let Err(e) = self.sealed.write_sheet(&source.sheet(&self.plan)) {
            self.log.info(format!("The dump has no text: {e}"));
        }
    }

    fn dump(&self, dump: Dump) {
        if dump == Dump::Data {
            let path = std::path::Path::new(&crate::dump_dir()).join("keepalived_parent.data");
            let text = self.sealed.sheet().global;
            if let Err(e) = crate::vrrp_role::write_whole(&path, text.as_bytes()) {
                self.log
                    .info(format!("Cannot write {}: {e}", path.display()));
            }
        }
        for child in self.slots.iter().filter_map(|slot| slot.child.as_ref()) {
            let tallies = self.tracking.tallies();
            if let Err(e) = child.tell(&ToRole::Dump(dump, tallies)) {
                self.log.info(format!(
                    "{} process cannot be asked for its data: {e}",
                    child.role.title()
                ));
            }
        }
    }
}

/// Whether a plan has work for a role.
fn wanted(role: Role, options: &Options, plan: &Plan) -> bool {
    let any = match role {
        Role::Vrrp => !plan.instances.is_empty(),
        Role::Checker => !plan.lvs.servers.is_empty() || following::followed(plan).is_some(),
    };
    options.run_all || any
}

fn send_signal(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Listens to every signal of the daemon, from now on: none is lost while a start goes on.
fn listen_to_signals(events: &UnboundedSender<Event>) -> std::io::Result<()> {
    let all = [
        signals::HUP,
        signals::INT,
        signals::TERM,
        signals::USR1,
        signals::USR2,
        signals::CHLD,
        signals::stats_clear(),
        signals::json(),
    ];
    for number in all {
        let mut stream = signal(SignalKind::from_raw(number))?;
        let events = events.clone();
        tokio::task::spawn_local(async move {
            while stream.recv().await.is_some() {
                if events.send(Event::Signal(number)).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

fn inbox() -> (UnboundedSender<Event>, UnboundedReceiver<Event>) {
    unbounded_channel()
}
