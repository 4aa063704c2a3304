//! The sync daemon follows an instance (`lvs_sync_daemon`): the checker is told of its state.
//!
//! The states of all instances are kept, as a reload may choose another one. A checker that does not
//! read is told again.
use super::Supervisor;
use crate::link::ToRole;
use crate::role::Role;
use plan::Plan;
use plan::lvs::Follows;
use report::notice::{Notice, Occasion, Who};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::time::Instant;
use vrrp::{InstanceId, StateKind};

/// Pause before a checker that reads nothing is told again.
const RETELL: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Following {
    /// Which instances are master; those that take no part are not in it.
    states: BTreeMap<InstanceId, bool>,
    /// What the checker knows.
    told: Option<bool>,
    retell_at: Option<Instant>,
}

impl Following {
    /// What a checker that starts is told of the followed instance.
    pub(super) fn start(&mut self, plan: &Plan) -> Option<bool> {
        self.retell_at = None;
        self.told = self.state(followed(plan));
        self.told
    }

    pub(super) const fn next_deadline(&self) -> Option<Instant> {
        self.retell_at
    }

    /// Whether an instance is master; `None` while it takes no part.
    fn state(&self, instance: Option<InstanceId>) -> Option<bool> {
        self.states.get(&instance?).copied()
    }

    fn hear(&mut self, instance: InstanceId, occasion: Occasion) {
        match occasion {
            Occasion::Master => drop(self.states.insert(instance, true)),
            Occasion::Backup | Occasion::Fault => drop(self.states.insert(instance, false)),
            Occasion::Stop | Occasion::Deleted => drop(self.states.remove(&instance)),
            Occasion::MasterRxLowerPri | Occasion::MasterPriority | Occasion::BackupPriority => {}
        }
    }
}

/// The instance that the sync daemon follows.
pub(super) fn followed(plan: &Plan) -> Option<InstanceId> {
    let Follows::Instance(name) = &plan.lvs.sync_daemon.as_ref()?.follows else {
        return None;
    };
    let mut instances = plan.instances.iter();
    instances.find_map(|(id, instance)| (instance.name == *name).then_some(*id))
}

impl Supervisor {
    /// Something happened to an instance.
    pub(super) fn follow(&mut self, notice: &Notice) {
        if let Who::Instance(id) = notice.who
            && self.plan.instances.contains_key(&id)
        {
            self.following.hear(id, notice.occasion);
            self.tell_following();
        }
    }

    /// What an instance is, now that somebody asks.
    pub(super) fn hear_standing(&mut self, id: InstanceId, state: StateKind) {
        let states = &mut self.following.states;
        match state {
            StateKind::Master => drop(states.insert(id, true)),
            StateKind::Backup | StateKind::Fault => drop(states.insert(id, false)),
            StateKind::Init | StateKind::Stopped => drop(states.remove(&id)),
        }
        self.tell_following();
    }

    /// Another plan is in force.
    pub(super) fn follow_plan(&mut self) {
        let plan = &self.plan;
        let states = &mut self.following.states;
        states.retain(|id, _| plan.instances.contains_key(id));
        self.tell_following();
    }

    /// A checker that did not read when it was told.
    pub(super) fn follow_again(&mut self, now: Instant) {
        let due = self.following.retell_at.take_if(|at| *at <= now);
        if due.is_some() {
            self.tell_following();
        }
    }

    fn tell_following(&mut self) {
        let state = self.following.state(followed(&self.plan));
        if state == self.following.told {
            return;
        }
        let checker = self.slots.iter().find(|slot| slot.role == Role::Checker);
        let Some(child) = checker.and_then(|slot| slot.child.as_ref()) else {
            return;
        };
        match child.tell(&ToRole::SyncDaemon(state)) {
            Ok(()) => self.following.told = state,
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                self.following.retell_at = Some(Instant::now() + RETELL);
            }
            // it has ended, and the next one is told from the beginning
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_kept_of_all_instances() {
        let mut following = Following::default();
        let (one, two) = (InstanceId(1), InstanceId(2));
        assert_eq!(following.state(Some(one)), None);
        assert_eq!(following.state(None), None);
        let history = [
            (one, Occasion::Backup, Some(false)),
            (two, Occasion::Master, Some(true)),
            (one, Occasion::Master, Some(true)),
            (one, Occasion::MasterRxLowerPri, Some(true)),
            (one, Occasion::Fault, Some(false)),
            (one, Occasion::Stop, None),
        ];
        for (id, occasion, state) in history {
            following.hear(id, occasion);
            assert_eq!(following.state(Some(id)), state, "{occasion:?}");
        }
        assert_eq!(
            following.state(Some(two)),
            Some(true),
            "another may be chosen"
        );
    }
}
