//! A reload as a value: what has to happen to get from the running plan to the next one.
use crate::{Instance, Notify, Plan, groups, tracking};
use std::collections::{BTreeMap, BTreeSet};
use vrrp::{Change, InstanceId};

/// Steps in the order in which they have to be taken: removals free what additions may claim.
pub type Changes = Vec<Change<InstanceId, Instance>>;

/// Gives each instance, group and tracked object of `next` the id that its like has in `running`,
/// and new ids, never used in `running`, to the others.
///
/// An instance goes on as the one that was the same virtual router, whatever its name is now; so a
/// master that is renamed stays master, and so do two that exchange their identifiers. Where there
/// was no such router it goes on as the one of its name.
pub fn adopt_ids(next: &mut Plan, running: &Plan) {
    let mut free: BTreeMap<InstanceId, &Instance> = running
        .instances
        .iter()
        .map(|(&id, old)| (id, &**old))
        .collect();
    let mut moved = BTreeMap::new();
    let rules: [fn(&Instance, &Instance) -> bool; 3] = [
        |old, new| old.name == new.name && is_same_router(old, new),
        is_same_router,
        |old, new| old.name == new.name,
    ];
    for goes_on in rules {
        for (&built, new) in &next.instances {
            if moved.contains_key(&built) {
                continue;
            }
            let found = free.iter().find(|(_, old)| goes_on(old, new));
            if let Some(id) = found.map(|(&id, _)| id) {
                free.remove(&id);
                moved.insert(built, id);
            }
        }
    }
    let last = running.instances.last_key_value();
    let mut fresh = last.map_or(0, |(id, _)| id.0.saturating_add(1));
    for (built, instance) in std::mem::take(&mut next.instances) {
        let id = *moved.entry(built).or_insert_with(|| {
            let id = InstanceId(fresh);
            fresh = fresh.saturating_add(1);
            id
        });
        next.instances.insert(id, instance);
    }
    crate::lvs::adopt_ids(&mut next.lvs, &running.lvs);
    groups::adopt(next, running, &moved);
    tracking::adopt(next, running);
}

/// To the network, what sends under one identifier by one interface is one router.
fn is_same_router(old: &Instance, new: &Instance) -> bool {
    let (old, new) = (&old.params, &new.params);
    (&old.interface, old.vrid, old.family) == (&new.interface, new.vrid, new.family)
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
    let added = added.map(|(&id, new)| Change::Add(id, Instance::clone(new)));
    removed.chain(both).chain(added).collect()
}

/// A running instance can take up everything but another link, where others may be masters, or
/// another address family. What it is called and whom it notifies is nothing that it knows.
fn step(id: InstanceId, old: &Instance, new: &Instance) -> Change<InstanceId, Instance> {
    let works_as = |i: &Instance| Instance {
        name: String::new(),
        notify: Notify::default(),
        ..i.clone()
    };
    let stays = old.params.interface == new.params.interface;
    // most are the same word for word, and need no copies
    if old == new || works_as(old) == works_as(new) {
        Change::Keep(id)
    } else if stays && old.params.family == new.params.family {
        Change::Tune(id, new.clone())
    } else {
        Change::Rebuild(id, new.clone())
    }
}
