//! From what was written to what is meant.
use crate::{Global, Plan, ScriptFacts, checks, groups, instance, lvs, notify, process, tracking};
use conf::{Config, Diagnostic};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use vrrp::InstanceId;

/// What the plan must know of this machine; observed by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Names of the interfaces that exist.
    pub interfaces: BTreeSet<String>,
    /// The host name, for `router_id`.
    pub hostname: String,
    /// What the files that [`key_files`](crate::key_files) names hold; `None` when they cannot
    /// be read.
    pub key_files: BTreeMap<String, Option<Vec<u8>>>,
    /// What is known of scripts; `None`: nobody looked, and nothing is said about them.
    pub scripts: Option<ScriptFacts>,
}

/// Fills in defaults, resolves names, gives ids, checks what spans several keywords.
///
/// A block that cannot work is left out of the plan and has a `Fatal` diagnostic; with one of
/// these the original does not run at all.
pub fn build(config: &Config, facts: &Facts) -> (Plan, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let written = config
        .global
        .router_id
        .as_ref()
        .map_or(&*facts.hostname, |id| &id.value);
    let mut plan = Plan {
        global: Global {
            router_id: Some(written.to_owned()),
            scripts: notify::scripts(&config.global),
            fifos: notify::fifos(&config.global),
            vrrp_process: process::vrrp(&config.global),
            startup_delay: delay(config.global.vrrp.startup_delay.as_ref()),
            delay_after_boot: delay(config.global.vrrp.delay_after_boot.as_ref()),
        },
        ..Plan::default()
    };
    let known = tracking::known(config);
    for (block, id) in config.instances.iter().zip(0..) {
        if let Some(mut instance) = instance::build(&config.global, block, facts, &mut findings) {
            let group = config.sync_groups.iter().find(|group| {
                let mut members = group.members.iter();
                members.any(|member| member.value == block.name.value)
            });
            let owner = instance.params.priority.is_owner();
            instance.params.tracks = known.tracks(block, group, owner);
            plan.instances.insert(InstanceId(id), instance);
        }
    }
    plan.groups = groups::build(config, &plan.instances);
    plan.trackers = known.trackers;
    plan.forget_unused();
    checks::all(config, facts, &plan, &mut findings);
    plan.lvs = lvs::build(config, &mut findings);
    (plan, findings)
}

fn delay(written: Option<&conf::Spanned<Duration>>) -> Duration {
    written.map_or(Duration::ZERO, |delay| delay.value)
}
