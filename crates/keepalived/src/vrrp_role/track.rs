//! Tracked objects and sync groups: from the plan to the machine, and from the machine to the log.
use super::Role;
use crate::link::News;
use vrrp::{GroupId, StateKind, TrackEvent, TrackerId};
use wire::Instant;

impl Role {
    /// What the plan tracks and groups, with what is known already.
    pub(super) fn set_trackers(&mut self, now: Instant, news: &[News]) {
        let trackers = self.plan.trackers.iter();
        let trackers = trackers.map(|(id, object)| (*id, object.tracker.clone()));
        self.router.set_trackers(trackers.collect());
        for (tracker, reading) in news {
            self.router.handle_reading(now, *tracker, *reading);
        }
        let groups = self.plan.groups.iter();
        let groups = groups.map(|(id, group)| (*id, group.members.clone()));
        self.router.set_groups(now, groups.collect());
    }

    pub(super) fn tell_group(&self, id: GroupId, to: StateKind) {
        if let Some(group) = self.plan.groups.get(&id) {
            self.log.info(report::track::syncing(&group.name, to));
        }
    }

    pub(super) fn tell_tracker(&self, id: TrackerId, event: TrackEvent) {
        let object = self.plan.trackers.get(&id);
        let line = object.and_then(|object| report::track::event(&object.tracker, event));
        if let Some(line) = line {
            self.log.info(line);
        }
    }
}
