//! Sync groups: members are master together or not at all (keepalived.conf(5),
//! `vrrp_sync_group`).
//!
//! A member whose timer expires *wants*; when all want, all become master. One that goes to backup
//! or fault takes the others along. A member's fault is a reason of its own for the others, so
//! that leaving fault needs no rule beyond "no reason is left".
use crate::instance::Instance;
use crate::router::Router;
use crate::state::{Reason, State};
use crate::{Cause, Effect, InstanceId, StateKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Instant;

/// Names a sync group for the life of the daemon; the plan keeps it stable over reloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub u32);

/// A change of state of a whole group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupNotice {
    /// Which group.
    pub id: GroupId,
    /// The state it left.
    pub from: StateKind,
    /// The state that all members are in.
    pub to: StateKind,
    /// The member that moved first.
    pub first: InstanceId,
    /// When.
    pub at: Instant,
}

/// A group at work.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// In configuration order.
    members: Vec<InstanceId>,
    /// The last state that was told.
    state: StateKind,
}

/// Commands and looks.
impl Router {
    /// Which instances belong together. At a reload: after removals, before everything else.
    pub fn set_groups(&mut self, now: Instant, groups: BTreeMap<GroupId, Vec<InstanceId>>) {
        let mut before = std::mem::take(&mut self.groups);
        for instance in self.instances.values_mut() {
            instance.group = None;
            instance.reasons.set(Reason::Group, false);
            instance.reasons.set(Reason::GroupWaits, false);
        }
        for (id, members) in groups {
            for member in &members {
                if let Some(instance) = self.instances.get_mut(member) {
                    instance.group = Some(id);
                }
            }
            let known = before.remove(&id);
            let state = known.map_or(StateKind::Init, |group| group.state);
            self.groups.insert(id, Group { members, state });
        }
        for id in self.ids().collect::<Vec<_>>() {
            self.review(now, id);
        }
        for id in self.groups.keys().copied().collect::<Vec<_>>() {
            self.unite(now, id);
        }
    }

    /// The state that all members of a group are in, or were last.
    pub fn group_state(&self, id: GroupId) -> Option<StateKind> {
        self.groups.get(&id).map(|group| group.state)
    }

    /// The group an instance belongs to.
    pub(crate) fn group_of(&self, id: InstanceId) -> Option<GroupId> {
        let has = |group: &Group| group.members.contains(&id);
        Some(*self.groups.iter().find(|(_, group)| has(group))?.0)
    }

    fn members(&self, id: GroupId) -> Vec<InstanceId> {
        self.groups
            .get(&id)
            .map(|group| group.members.clone())
            .unwrap_or_default()
    }

    fn all(&self, members: &[InstanceId], test: impl Fn(&Instance) -> bool) -> bool {
        members
            .iter()
            .all(|id| self.instances.get(id).is_some_and(|one| test(one)))
    }
}

/// Acting together.
impl Router {
    /// Starts an instance; members of a group start when all of them are there, since the fault
    /// of one is the fault of all.
    pub(crate) fn begin(&mut self, now: Instant, id: InstanceId) {
        let Some(group) = self.group_of(id) else {
            self.start_one(now, id);
            return;
        };
        let members = self.members(group);
        if !self.all(&members, |_| true) {
            return;
        }
        // who is in fault by itself leads; else who came last
        let faulty = |id: &&InstanceId| self.all(&[**id], |one| one.reasons.own().is_fault());
        let first = members.iter().find(faulty).copied().unwrap_or(id);
        self.share_reasons(&members, first);
        let fresh = |instance: &Instance| !instance.begun;
        if self.all(&members, fresh) {
            self.announce_start(now, group, first, &members);
        }
        for id in members {
            if self.instances.get(&id).is_some_and(|one| fresh(one)) {
                self.start_one(now, id);
            }
        }
    }

    fn start_one(&mut self, now: Instant, id: InstanceId) {
        let resumed = self.resumed.remove(&id);
        self.with(id, |instance, out| instance.start(now, resumed, out));
    }

    /// The group is told of before its members, unlike later.
    fn announce_start(
        &mut self,
        now: Instant,
        group: GroupId,
        first: InstanceId,
        members: &[InstanceId],
    ) {
        let to = if !self.all(members, |member| !member.reasons.is_fault()) {
            StateKind::Fault
        } else if !self.all(members, |member| member.reasons.is_empty()) {
            return;
        } else if members.iter().all(|id| self.resumed.contains(id)) {
            StateKind::Master
        } else {
            StateKind::Backup
        };
        self.tell_group(now, group, to, first);
    }

    /// Gives each member the faults of the others.
    fn share_reasons(&mut self, members: &[InstanceId], first: InstanceId) {
        let own = |router: &Router, id: &InstanceId| {
            router.instances.get(id).map(|member| member.reasons.own())
        };
        let all: Vec<_> = members.iter().map(|id| (*id, own(self, id))).collect();
        for id in members {
            let others = || {
                all.iter()
                    .filter(|(other, _)| other != id)
                    .filter_map(|(_, own)| *own)
            };
            let fault = others().any(crate::Reasons::is_fault);
            let waits = others().any(|reasons| !reasons.is_empty() && !reasons.is_fault());
            if let Some(member) = self.instances.get_mut(id) {
                member.reasons.set(Reason::Group, fault);
                member.reasons.set(Reason::GroupWaits, waits);
                member.led_by = (*id != first).then_some(first);
            }
        }
    }

    /// The reasons of a member may have changed: all go into fault or out of it.
    pub(crate) fn review_group(&mut self, now: Instant, group: GroupId, first: InstanceId) {
        let members = self.members(group);
        self.share_reasons(&members, first);
        let before: Vec<_> = members.iter().map(|id| self.state(*id)).collect();
        let mut told = false;
        for id in first_of(first, &members) {
            let was = self.state(id);
            self.with(id, |instance, out| instance.review(now, out));
            let is = self.state(id);
            if let (true, false, Some(to)) = (was != is, told, is) {
                self.tell_syncing(group, &members, to);
                told = true;
            }
        }
        let after: Vec<_> = members.iter().map(|id| self.state(*id)).collect();
        if before != after {
            self.conclude(now, group, first);
        }
    }

    /// A member has done something on its own: the others follow. `was` is its state before.
    pub(crate) fn sync(&mut self, now: Instant, id: InstanceId, was: StateKind) {
        let Some(group) = self.instances.get(&id).and_then(|instance| instance.group) else {
            return;
        };
        let Some(is) = self.state(id) else { return };
        match (was, is) {
            (StateKind::Master, StateKind::Backup) => self.retreat(now, group, id),
            (StateKind::Backup, StateKind::Backup) => self.advance(now, group, id),
            _ => {}
        }
    }

    /// One went from master to backup.
    fn retreat(&mut self, now: Instant, group: GroupId, first: InstanceId) {
        let members = self.members(group);
        self.tell_syncing(group, &members, StateKind::Backup);
        for id in members.into_iter().filter(|id| *id != first) {
            self.with(id, |instance, out| {
                if matches!(instance.state, State::Master(_)) {
                    let (wait, cause) = (instance.master_down(), Cause::Group { first });
                    instance.enter_backup(now, wait, cause, out);
                }
            });
        }
        self.conclude(now, group, first);
    }

    /// One's timer has expired: when all want, the last one goes first.
    fn advance(&mut self, now: Instant, group: GroupId, first: InstanceId) {
        let members = self.members(group);
        let wants = |member: &Instance| match member.state {
            State::Backup(backup) => backup.wants,
            State::Master(_) => true,
            State::Init(_) | State::Fault | State::Stopped => false,
        };
        if !self.all(&members, wants) {
            return;
        }
        for id in first_of(first, &members) {
            let cause = if id == first {
                Cause::MasterSilent
            } else {
                Cause::Group { first }
            };
            self.with(id, |instance, out| {
                if let State::Backup(backup) = instance.state {
                    instance.take_over(now, backup, cause, out);
                }
            });
            if id == first {
                self.tell_syncing(group, &members, StateKind::Master);
            }
        }
        self.conclude(now, group, first);
    }

    /// After a reload that made a group of instances that run: masters wait for the others.
    fn unite(&mut self, now: Instant, group: GroupId) {
        let members = self.members(group);
        if !self.all(&members, |member| member.begun) {
            return;
        }
        let master = |member: &Instance| matches!(member.state, State::Master(_));
        let first = members
            .iter()
            .find(|id| !self.all(&[**id], master))
            .copied();
        if let Some(first) = first {
            for id in &members {
                self.with(*id, |instance, out| {
                    if matches!(instance.state, State::Master(_)) {
                        let (wait, cause) = (instance.master_down(), Cause::Group { first });
                        instance.enter_backup(now, wait, cause, out);
                    }
                });
            }
        }
        if let Some(any) = first.or(members.first().copied()) {
            self.conclude(now, group, any);
        }
    }

    /// Tells of the group once all members are in one state.
    fn conclude(&mut self, now: Instant, group: GroupId, first: InstanceId) {
        let members = self.members(group);
        let Some(to) = self.state(first) else { return };
        if self.all(&members, |member| member.state.kind() == to) {
            self.tell_group(now, group, to, first);
        }
    }

    fn tell_group(&mut self, at: Instant, id: GroupId, to: StateKind, first: InstanceId) {
        let Some(group) = self.groups.get_mut(&id).filter(|group| group.state != to) else {
            return;
        };
        let from = std::mem::replace(&mut group.state, to);
        self.out.push(Effect::NotifyGroup(GroupNotice {
            id,
            from,
            to,
            first,
            at,
        }));
    }

    fn tell_syncing(&mut self, group: GroupId, members: &[InstanceId], to: StateKind) {
        if members.len() > 1 {
            self.out.push(Effect::TellGroup(group, to));
        }
    }

    /// All groups have stopped.
    pub(crate) fn stop_groups(&mut self, now: Instant) {
        for id in self.groups.keys().copied().collect::<Vec<_>>() {
            if let Some(first) = self.members(id).first() {
                self.conclude(now, id, *first);
            }
        }
    }
}

/// All members, this one first.
fn first_of(first: InstanceId, members: &[InstanceId]) -> Vec<InstanceId> {
    let others = members.iter().copied().filter(|id| *id != first);
    std::iter::once(first).chain(others).collect()
}
