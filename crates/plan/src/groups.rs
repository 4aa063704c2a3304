//! Sync groups, with their members by id.
use crate::notify::{self, Notify};
use crate::{Instance, Plan};
use conf::Config;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vrrp::{GroupId, InstanceId};

/// A `vrrp_sync_group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name in the configuration: the identity over reloads.
    pub name: String,
    /// Members that exist, in configuration order.
    pub members: Vec<InstanceId>,
    /// Who is told of its changes of state.
    pub notify: Notify,
}

pub(crate) fn build(
    config: &Config,
    instances: &BTreeMap<InstanceId, Box<Instance>>,
) -> BTreeMap<GroupId, Group> {
    let id_of = |name: &str| {
        instances
            .iter()
            .find(|(_, instance)| instance.name == name)
            .map(|(id, _)| *id)
    };
    let mut taken = Vec::new();
    let blocks = config.sync_groups.iter().map(|block| {
        let mut members = Vec::new();
        for id in block.members.iter().filter_map(|name| id_of(&name.value)) {
            // an instance is in one group only: the first that names it
            if !taken.contains(&id) {
                taken.push(id);
                members.push(id);
            }
        }
        Group {
            name: block.name.value.to_string(),
            members,
            notify: notify::notify(&config.global, &block.notify, block.notify.smtp_alert),
        }
    });
    let blocks: Vec<Group> = blocks.filter(|group| !group.members.is_empty()).collect();
    (0..).map(GroupId).zip(blocks).collect()
}

/// Gives groups and trackers of `next` the ids that their like has in `running`.
pub(crate) fn adopt(next: &mut Plan, running: &Plan, moved: &BTreeMap<InstanceId, InstanceId>) {
    let mut fresh = running
        .groups
        .last_key_value()
        .map_or(0, |(id, _)| id.0.saturating_add(1));
    let groups = std::mem::take(&mut next.groups);
    for (_, mut group) in groups {
        for member in &mut group.members {
            *member = moved.get(member).copied().unwrap_or(*member);
        }
        let known = running
            .groups
            .iter()
            .find(|(_, old)| old.name == group.name);
        let id = known.map_or(GroupId(fresh), |(id, _)| *id);
        if known.is_none() {
            fresh = fresh.saturating_add(1);
        }
        next.groups.insert(id, group);
    }
}
