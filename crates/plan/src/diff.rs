//! A reload as a value: what has to happen to get from the running plan to the next one.
use crate::{Instance, Notify, Plan, groups, tracking};
use std::collections::{BTreeMap, BTreeSet};
use vrrp::{Change, InstanceId};

/// Steps in the order in which they have to be taken: removals free what additions may claim.
pub type Changes = Vec<Change<InstanceId, Instance>>;

/// Gives each instance, group and tracked object of `next` the id that the running instance of its name has, and new ids,
/// never used in `running`, to the others.
pub fn adopt_ids(next: &mut Plan, running: &Plan) {
    let known: BTreeMap<&str, InstanceId> = running
        .instances
        .iter()
        .map(|(&id, instance)| (&*instance.name, id))
        .collect();
    let mut fresh = running
        .instances
        .last_key_value()
        .map_or(0, |(id, _)| id.0.saturating_add(1));
    let instances = std::mem::take(&mut next.instances);
    let mut moved = BTreeMap::new();
    for (built, instance) in instances {
        let id = known.get(&*instance.name).copied().unwrap_or_else(|| {
            let id = InstanceId(fresh);
            fresh = fresh.saturating_add(1);
            id
        });
        moved.insert(built, id);
        next.instances.insert(id, instance);
    }
    crate::lvs::adopt_ids(&mut next.lvs, &running.lvs);
    groups::adopt(next, running, &moved);
    tracking::adopt(next, running);
}

/// What differs, removals first, then what is kept, tuned or rebuilt, then additions.
///
/// Both plans must share their ids, see [`adopt_ids`].
pub fn diff(running: &Plan, next: &Plan) -> Changes {
    let ids = |plan: &Plan| plan.instances.keys().copied().collect::<BTreeSet<_>>();
    let (before, after) = (ids(running), ids(next));
    let removed = before.difference(&after).map(|&id| Change::Remove(id));
    let both = running.instances.iter().filter_map(|(&id, old)| {
        let new = next.instances.get(&id)?;
        Some(step(id, old, new))
    });
    let added = next.instances.iter().filter(|(id, _)| !before.contains(id));
    let added = added.map(|(&id, new)| Change::Add(id, new.clone()));
    removed.chain(both).chain(added).collect()
}

/// A running instance can take up everything but what names it on the wire. Whom it notifies is
/// nothing that it knows: other scripts leave it untouched.
fn step(id: InstanceId, old: &Instance, new: &Instance) -> Change<InstanceId, Instance> {
    let works_as = |i: &Instance| Instance {
        notify: Notify::default(),
        ..i.clone()
    };
    if works_as(old) == works_as(new) {
        return Change::Keep(id);
    }
    let identity = |i: &Instance| {
        let p = &i.params;
        (
            p.interface.clone(),
            p.vrid,
            p.family,
            p.version,
            p.group,
            p.source,
        )
    };
    if identity(old) == identity(new) {
        Change::Tune(id, new.clone())
    } else {
        Change::Rebuild(id, new.clone())
    }
}
