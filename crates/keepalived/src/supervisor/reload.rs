//! Reload: a new plan takes over, or nothing changes at all.
use super::{Phase, Supervisor};
use crate::config::{self, Source};
use crate::link::{Sealed, ToRole};
use crate::role::Role;
use plan::Plan;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

/// Pause before a role that reads nothing is told again.
const RETELL: Duration = Duration::from_millis(100);
/// What is wrong follows.
const REFUSED: &str = "Reload refused, the running configuration stays";

impl Supervisor {
    /// Loads the configuration again and hands it to the roles.
    ///
    /// A file that a start would refuse changes nothing: the running plan stays. A reload asked
    /// for during a start or another reload is run afterwards, once.
    pub(super) fn reload(&mut self) {
        match self.phase {
            Phase::Running => {}
            Phase::Starting { .. } => {
                self.phase = Phase::Starting { again: true };
                return;
            }
            Phase::Reloading { .. } => {
                self.phase = Phase::Reloading { again: true };
                return;
            }
            Phase::Stopping { .. } => return,
        }
        self.log.info("Reloading ...");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Reloading]);
        let loaded = config::load(&self.options);
        for line in &loaded.lines {
            self.log.info(line.as_str());
        }
        let source = loaded.source;
        match self.prepare(loaded.plan, &source) {
            Ok(next) => {
                self.phase = Phase::Reloading { again: false };
                if let Some((next, sealed)) = next {
                    self.sealed = sealed;
                    self.replace(next);
                    self.take_over();
                    self.write_sheet(&source);
                    self.scattered = true;
                }
                self.print = source.print;
                drop(source);
                self.settle_phase();
            }
            Err(why) => {
                self.log.info(why);
                Self::notify_ready();
            }
        }
    }

    /// The next plan, ready to be handed over; `None` when it is the one that runs.
    fn prepare(
        &self,
        next: Option<Plan>,
        source: &Source,
    ) -> Result<Option<(Plan, Sealed)>, String> {
        let mut next = next.ok_or_else(|| {
            format!("{REFUSED}: the file has errors that a start would not survive")
        })?;
        plan::adopt_ids(&mut next, &self.plan);
        // words that mean nothing to us are in the dump all the same
        let same_dump = || self.print == source.print || source.sheet(&next) == self.sealed.sheet();
        let repeats = next.global.fifos.repeat_on_reload;
        if next == self.plan && !repeats && same_dump() {
            return Ok(None);
        }
        if let Some(why) = self.plan.lasting.refusal(&next.lasting) {
            return Err(why);
        }
        let sealed = Sealed::new(&next).map_err(|e| format!("{REFUSED}: {e}"))?;
        Ok(Some((next, sealed)))
    }

    /// The next plan becomes the running one. What is told of the end of what it has no more of
    /// needs the one before, without what proves adverts.
    fn replace(&mut self, next: Plan) {
        let mut previous = std::mem::replace(&mut self.plan, next);
        self.previous = previous.removes_anything(&self.plan).then(|| {
            previous.forget_secrets();
            previous
        });
        crate::files::set_umask(&self.plan);
    }

    /// From here on there is no way back: what does not reach a role now reaches it later.
    fn take_over(&mut self) {
        self.track(false);
        let roles: Vec<_> = self.slots.iter().map(|slot| slot.role).collect();
        for role in roles {
            let wanted = self.wanted(role);
            let slot = self.slots.iter_mut().find(|slot| slot.role == role);
            let Some(slot) = slot else { continue };
            match (&slot.child, wanted) {
                (Some(_), true) => {
                    slot.ready = false;
                    self.tell_plan(role);
                }
                // one that does not hear it has ended, or is told by its signal
                (Some(child), false) if child.tell(&ToRole::Stop).is_err() => {
                    super::send_signal(child.pid, nix::sys::signal::Signal::SIGTERM);
                }
                (Some(_), false) => {}
                (None, true) => self.start_role(role, false),
                (None, false) => slot.respawn_at = None,
            }
        }
        self.follow_plan();
    }

    /// Hands the plan to a role. One that has ended meanwhile gets it when it starts again; one
    /// whose queue is full is told later.
    fn tell_plan(&mut self, role: Role) {
        let news = self.tracking.known();
        let slot = self.slots.iter_mut().find(|slot| slot.role == role);
        let Some(slot) = slot else { return };
        let told = slot
            .child
            .as_ref()
            .map(|child| child.reload(news, &self.sealed));
        slot.tell_at = match told {
            Some(Err(e)) if e.kind() == io::ErrorKind::WouldBlock => Some(Instant::now() + RETELL),
            _ => None,
        };
    }

    /// Roles that did not read when a plan was handed over.
    pub(super) fn tell_plan_again(&mut self, now: Instant) {
        let due = |slot: &super::Slot| slot.tell_at.is_some_and(|at| at <= now);
        let slots = self.slots.iter();
        let roles: Vec<Role> = slots
            .filter(|slot| due(slot))
            .map(|slot| slot.role)
            .collect();
        for role in roles {
            self.tell_plan(role);
        }
    }
}
