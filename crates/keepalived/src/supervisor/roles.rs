//! The life of the role processes: started, ended, started again.
use super::child::{Child, Slot};
use super::scripts::Outcome;
use super::{Event, Phase, Supervisor, wanted};
use crate::exit;
use crate::link::Settings;
use crate::role::Role;
use linux::pidfile::PidFile;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::time::Duration;
use tokio::time::Instant;

impl Supervisor {
    pub(super) fn slot_of(&mut self, pid: u32) -> Option<&mut Slot> {
        self.slots
            .iter_mut()
            .find(|slot| slot.child.as_ref().is_some_and(|c| c.pid == pid))
    }

    /// Whether the plan has work for a role.
    pub(super) fn wanted(&self, role: Role) -> bool {
        wanted(role, &self.options, &self.plan)
    }

    pub(super) fn start_roles(&mut self) {
        let wanted: Vec<Role> = self
            .slots
            .iter()
            .map(|s| s.role)
            .filter(|r| self.wanted(*r))
            .collect();
        if wanted.is_empty() {
            self.log
                .info("Warning - keepalived has no configuration to run");
        }
        self.track(true);
        for role in wanted {
            self.start_role(role, false);
        }
    }

    /// `resume`: the process before died just now and left what it held.
    pub(super) fn start_role(&mut self, role: Role, resume: bool) {
        let settings = Settings {
            log: self.options.log.clone(),
            keep_vips_at_stop: self.options.keep_vips_at_stop,
            keep_ipvs_at_stop: self.options.keep_ipvs_at_stop,
            sync_master: self.following.start(&self.plan),
            resume,
            address_monitoring: self.options.address_monitoring,
            pid_file: self.options.pid_files.of(role).to_owned(),
            dump_dir: crate::dump_dir(),
        };
        let news = self.tracking.known();
        let started = Child::start(role, (settings.clone(), news), &self.sealed, &self.events);
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.role == role) else {
            return;
        };
        (slot.respawn_at, slot.tell_at) = (None, None);
        slot.ready = false;
        match started {
            Ok(child) => {
                self.log.info(format!(
                    "Starting {} child process, pid={}",
                    role.title(),
                    child.pid
                ));
                if let Err(e) = slot.write_pid(&settings.pid_file, child.pid) {
                    self.log.info(format!(
                        "{} child process: cannot write its pid file: {e}",
                        role.title()
                    ));
                }
                slot.child = Some(child);
            }
            Err(e) => {
                let delay = slot.schedule_respawn(Duration::ZERO);
                self.log.info(format!(
                    "{} child process cannot be started: {e}; next try in {} seconds",
                    role.title(),
                    delay.as_secs()
                ));
            }
        }
    }

    /// Collects every process that ended; orphans of our children are ours too.
    pub(super) fn reap(&mut self) {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            match status {
                WaitStatus::Exited(pid, code) => {
                    self.process_ended(pid, Outcome::Exited(code), Ending::Exit(code));
                }
                WaitStatus::Signaled(pid, signal, _) => {
                    self.process_ended(pid, Outcome::Signaled(signal), Ending::Signal(signal));
                }
                WaitStatus::StillAlive => return,
                _ => {}
            }
        }
    }

    fn process_ended(&mut self, pid: Pid, outcome: Outcome, ending: Ending) {
        if !self.script_ended(pid, outcome) {
            self.role_ended(pid, ending);
        }
    }

    /// Whether the process was a script.
    fn script_ended(&mut self, pid: Pid, outcome: Outcome) -> bool {
        let Ok(pid) = u32::try_from(pid.as_raw()) else {
            return false;
        };
        let finished = self.runner.ended(Instant::now(), pid, outcome);
        let found = finished.is_some();
        self.scripts_ended(finished.unwrap_or_default());
        found
    }

    fn role_ended(&mut self, pid: Pid, ending: Ending) {
        let Some(pid) = u32::try_from(pid.as_raw()).ok() else {
            return;
        };
        let stopping = matches!(self.phase, Phase::Stopping { .. });
        let Some(slot) = self.slot_of(pid) else {
            return;
        };
        let Some(child) = slot.child.take() else {
            return;
        };
        let (role, lived) = (child.role, child.started.elapsed());
        for message in child.last_words() {
            self.handle(&Event::Said(pid, message));
        }
        if stopping {
            return;
        }
        if let Ending::Signal(signal) = ending {
            self.log.info(format!(
                "pid {pid} exited due to signal {} ({})",
                signal as i32,
                describe(signal)
            ));
        }
        if !self.wanted(role) {
            self.forget_pid_file(role);
            self.settle_phase();
            return;
        }
        match ending {
            Ending::Exit(code) if exit::is_permanent(code) => {
                let name = exit::name(code);
                self.log.info(format!(
                    "pid {pid} exited with permanent error {name}. Terminating"
                ));
                self.stop(u8::try_from(code).unwrap_or(exit::FATAL));
            }
            _ if !self.options.respawn => {
                self.log.info(format!(
                    "{} child process({pid}) died: Exiting",
                    role.title()
                ));
                self.stop(exit::FATAL);
            }
            _ => {
                self.log.info(format!(
                    "{} child process({pid}) died: Respawning",
                    role.title()
                ));
                self.respawn_later(role, lived);
                // one that cannot live must not hold up the reload that mends it
                self.settle_phase();
            }
        }
    }

    /// A role that a reload has no work for any more leaves no pid file.
    fn forget_pid_file(&mut self, role: Role) {
        let slot = self.slots.iter_mut().find(|slot| slot.role == role);
        let _ = slot
            .and_then(|slot| slot.pid_file.take())
            .map(PidFile::remove);
    }

    fn respawn_later(&mut self, role: Role, lived: Duration) {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.role == role) else {
            return;
        };
        let delay = slot.schedule_respawn(lived);
        if delay.is_zero() {
            self.start_role(role, true);
        } else {
            self.log.info(format!(
                "Restart of {} process delayed {} seconds to limit respawn rate",
                role.title(),
                delay.as_secs()
            ));
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Ending {
    Exit(i32),
    Signal(Signal),
}

/// As `strsignal(3)` says it, for the signals that end our processes.
fn describe(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGKILL => "Killed",
        Signal::SIGTERM => "Terminated",
        Signal::SIGSEGV => "Segmentation fault",
        Signal::SIGABRT => "Aborted",
        Signal::SIGBUS => "Bus error",
        Signal::SIGXCPU => "CPU time limit exceeded",
        other => other.as_str(),
    }
}
