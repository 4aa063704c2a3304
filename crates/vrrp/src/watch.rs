//! Tracked objects of the whole process, and their news.
use crate::instance::Instance;
use crate::router::Router;
use crate::track::{self, Level, Share, Taken, Watch};
use crate::{Effect, InstanceId, Reading, TrackEvent, Tracked, Tracker, TrackerId, What};
use std::collections::BTreeMap;
use wire::Instant;

impl Router {
    /// Which objects there are. Those known before keep what they have heard. At a reload: before
    /// the instances that track them.
    pub fn set_trackers(&mut self, trackers: BTreeMap<TrackerId, Tracker>) {
        let mut before = std::mem::take(&mut self.watches);
        for (id, tracker) in trackers {
            let watch = match before.remove(&id) {
                Some(known) => Watch { tracker, ..known },
                None => Watch::new(tracker),
            };
            self.watches.insert(id, watch);
        }
    }

    /// An object says something.
    pub fn handle_reading(&mut self, now: Instant, id: TrackerId, reading: Reading) {
        let Some(watch) = self.watches.get_mut(&id) else {
            return;
        };
        let Taken { moved, news } = watch.read(reading);
        if news {
            self.out
                .push(Effect::TellTracker(id, TrackEvent::Reading(reading)));
        }
        if !moved {
            return;
        }
        self.out
            .push(Effect::TellTracker(id, TrackEvent::Level(reading)));
        let what = What::Object(id);
        let tracks = |instance: &Instance| {
            instance
                .params
                .tracks
                .iter()
                .any(|tracked| tracked.what == what)
        };
        let all = self.instances.values().filter(|one| tracks(one));
        for id in all.map(|instance| instance.id).collect::<Vec<_>>() {
            self.review(now, id);
        }
    }

    /// Whether an object counts as up; `None` when it has said nothing yet, or is a file.
    pub fn is_up(&self, id: TrackerId) -> Option<bool> {
        match self.watches.get(&id)?.level {
            Level::Up => Some(true),
            Level::Down => Some(false),
            Level::Unknown | Level::Value(_) => None,
        }
    }

    /// The number a file holds.
    pub fn value(&self, id: TrackerId) -> Option<i32> {
        match self.watches.get(&id)?.level {
            Level::Value(value) => Some(value),
            Level::Unknown | Level::Up | Level::Down => None,
        }
    }

    /// Tells an instance what its tracked objects say.
    pub(crate) fn weigh(&mut self, id: InstanceId) {
        let Some(instance) = self.instances.get(&id) else {
            return;
        };
        let (mut sum, mut failed) = (Share::default(), None);
        for tracked in &instance.params.tracks {
            let share = self.share(tracked);
            sum = sum.add(share);
            if share.fault && failed.is_none() {
                failed = Some(tracked.what.clone());
            }
        }
        self.with(id, |instance, out| {
            instance.failed = failed.or(instance.failed.take());
            instance.weigh(sum, out);
        });
    }

    fn share(&self, tracked: &Tracked) -> Share {
        let (weight, reverse) = (tracked.weight, tracked.reverse);
        match &tracked.what {
            What::Interface(name) => {
                let up = self.links.get(name).is_some_and(|link| link.up);
                let level = if up { Level::Up } else { Level::Down };
                track::share(level, weight, reverse)
            }
            What::Object(id) => {
                let watch = self.watches.get(id);
                watch
                    .map(|watch| watch.share(weight, reverse))
                    .unwrap_or_default()
            }
        }
    }
}

impl Instance {
    /// Whether it tracks an interface.
    pub(crate) fn tracks(&self, interface: &str) -> bool {
        let is_it =
            |tracked: &Tracked| matches!(&tracked.what, What::Interface(name) if name == interface);
        self.params.tracks.iter().any(is_it)
    }
}
