//! What the supervisor and the system say to the process.
use super::Role;
use crate::link::{self, Dump, Sealed, ToRole};
use crate::signals;
use linux::signals::Signals;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use wire::Instant;

/// The signals that this process acts on. `INT` and `HUP` reach the whole foreground group, and
/// the supervisor passes their meaning on: here they are taken and dropped.
pub(super) fn signals() -> io::Result<Signals> {
    Signals::new(&[
        signals::TERM,
        signals::INT,
        signals::HUP,
        signals::USR1,
        signals::USR2,
        signals::XCPU,
        signals::stats_clear(),
        signals::json(),
    ])
}

impl Role {
    /// Reads all messages. The supervisor's end is our end.
    pub(super) fn read_messages(&mut self, now: Instant) -> io::Result<()> {
        loop {
            match link::receive::<ToRole>(&self.channel) {
                Ok(Some((message, files))) => self.message(now, message, files)?,
                Ok(None) => return Ok(()),
                Err(_) => {
                    // the supervisor is gone, and with it whoever would remove our pid file
                    let _ = std::fs::remove_file(&self.settings.pid_file);
                    self.reactor.remove(self.channel.as_fd())?;
                    self.stop(now);
                    return Ok(());
                }
            }
        }
    }

    fn message(&mut self, now: Instant, message: ToRole, files: Vec<OwnedFd>) -> io::Result<()> {
        match (message, Sealed::received(files)) {
            (ToRole::Reload(news), Some(sealed)) => {
                self.log.detail("Reloading");
                let next = sealed.plan()?;
                self.sealed = sealed;
                let begins = next.lvs.sync_daemon.is_some() && self.plan.lvs.sync_daemon.is_none();
                self.take_over(next, &news);
                if begins {
                    self.tell_standing();
                }
                self.repeat_states();
            }
            (ToRole::Dump(dump, tallies), _) => {
                self.tallies = tallies;
                self.dump(dump);
            }
            (ToRole::Stop, _) => self.stop(now),
            (ToRole::News((tracker, reading)), _) => {
                self.router.handle_reading(now, tracker, reading);
            }
            (ToRole::Start(..) | ToRole::Checked(..) | ToRole::SyncDaemon(_), _)
            | (ToRole::Reload(_), None) => {
                self.log
                    .info("The supervisor sent a message that makes no sense here; it is ignored");
            }
        }
        Ok(())
    }

    /// We ran too long without waiting: whatever the reason, the machine comes first.
    fn leave_realtime(&self) {
        let done = linux::sched::set_normal();
        let outcome = done.map_or_else(|e| format!("cannot be left: {e}"), |()| "is left".into());
        self.log.info(format!(
            "The run-time limit of the real-time class is reached; the class {outcome}"
        ));
    }

    /// Signals sent to this process itself, as scripts do with its pid file.
    pub(super) fn read_signals(&mut self, now: Instant) -> io::Result<()> {
        while let Some(signal) = self.signals.next_signal()? {
            match signal {
                signals::TERM => self.stop(now),
                signals::XCPU => self.leave_realtime(),
                signals::USR1 => self.dump(Dump::Data),
                signals::USR2 => self.dump(Dump::Stats { clear: false }),
                n if n == signals::stats_clear() => self.dump(Dump::Stats { clear: true }),
                n if n == signals::json() => self.dump(Dump::Json),
                _ => {}
            }
        }
        Ok(())
    }
}
