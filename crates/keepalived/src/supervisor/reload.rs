//! Reload: a new plan takes over, or nothing changes at all.
use super::{Phase, Supervisor};
use crate::config::{self, Loaded};
use crate::link::{self, ToRole};

impl Supervisor {
    /// Loads the configuration again and hands it to the roles.
    ///
    /// A file that a start would refuse changes nothing: the running plan stays. A reload asked
    /// for during a start or another reload is run afterwards, once.
    pub(super) fn reload(&mut self) {
        match self.phase {
            Phase::Running => {}
            Phase::Starting | Phase::Reloading { .. } => {
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
        match self.take_over(loaded) {
            Ok(()) => {
                self.phase = Phase::Reloading { again: false };
                self.settle_phase();
            }
            Err(why) => {
                self.log.info(format!(
                    "Reload refused, the running configuration stays: {why}"
                ));
                Self::notify_ready();
            }
        }
    }

    fn take_over(&mut self, loaded: Loaded) -> Result<(), String> {
        let mut next = loaded
            .plan
            .ok_or("the file has errors that a start would not survive")?;
        plan::adopt_ids(&mut next, &self.plan);
        self.sealed = link::seal(&next).map_err(|e| e.to_string())?;
        self.previous = Some(std::mem::replace(&mut self.plan, next));
        self.track(false);
        let roles: Vec<_> = self.slots.iter().map(|slot| slot.role).collect();
        for role in roles {
            let wanted = self.wanted(role);
            let Some(slot) = self.slots.iter_mut().find(|slot| slot.role == role) else {
                continue;
            };
            match (&slot.child, wanted) {
                (Some(child), true) => {
                    slot.ready = false;
                    child
                        .tell(&ToRole::Reload(self.tracking.known()), Some(&self.sealed))
                        .map_err(|e| e.to_string())?;
                }
                (Some(child), false) => {
                    child.tell(&ToRole::Stop, None).map_err(|e| e.to_string())?;
                }
                (None, true) => self.start_role(role, false),
                (None, false) => slot.respawn_at = None,
            }
        }
        Ok(())
    }
}
