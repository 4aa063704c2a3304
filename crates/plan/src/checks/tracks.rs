//! What instances and groups track: whether it exists, and whether it can have an effect.
use super::groups::is_owner;
use crate::{Facts, Plan};
use conf::config::{Instance as Block, Track, Weight};
use conf::{Config, Diagnostic, Pass, Severity};
use std::collections::BTreeSet;

/// Interfaces that are tracked must exist.
pub(super) fn interfaces(config: &Config, facts: &Facts, findings: &mut Vec<Diagnostic>) {
    if config.global.dynamic_interfaces {
        return;
    }
    let instances = config
        .instances
        .iter()
        .map(|block| (&block.name.value, &block.track_interfaces));
    let groups = config
        .sync_groups
        .iter()
        .map(|group| (&group.name.value, &group.track_interfaces));
    for (owner, tracks) in instances.chain(groups) {
        for track in tracks
            .iter()
            .filter(|track| !facts.interfaces.contains(&*track.name.value))
        {
            let text = format!(
                "({owner}) tracked interface {} doesn't exist",
                track.name.value
            );
            let found =
                Diagnostic::new("missing-interface", Severity::Fatal, text).at(track.name.span);
            findings.push(Diagnostic {
                pass: Pass::Role,
                ..found
            });
        }
    }
}

/// Tracking without effect: the own interface, and weights of an address owner.
pub(super) fn owners(config: &Config, plan: &Plan, findings: &mut Vec<Diagnostic>) {
    let planned: BTreeSet<&str> = plan
        .instances
        .values()
        .map(|instance| &*instance.name)
        .collect();
    for block in config
        .instances
        .iter()
        .filter(|block| planned.contains(&*block.name.value))
    {
        own_interface(block, findings);
        if is_owner(block) {
            owner_weights(config, block, findings);
        }
    }
}

fn own_interface(block: &Block, findings: &mut Vec<Diagnostic>) {
    let Some(own) = &block.interface else { return };
    for track in block
        .track_interfaces
        .iter()
        .filter(|track| track.name.value == own.value)
    {
        if block.dont_track_primary || track.weight.is_some_and(|weight| weight.value != 0) {
            continue;
        }
        let text = format!(
            "({}) Ignoring track_interface {} since own interface",
            block.name.value, own.value
        );
        let found = Diagnostic::new("tracks-itself", Severity::Warning, text).at(track.name.span);
        findings.push(found.help("the own interface is tracked anyway"));
    }
}

/// The weight that a tracked object has by itself.
type Default<'a> = &'a dyn Fn(&str) -> Option<Weight>;

fn owner_weights(config: &Config, block: &Block, findings: &mut Vec<Diagnostic>) {
    let name = &block.name.value;
    let mut tell = |track: &Track, text: String| {
        let found = Diagnostic::new("owner-weight", Severity::Warning, text).at(track.name.span);
        findings.push(found.help("the priority of an address owner is 255, whatever it tracks"));
    };
    let weighted = |track: &Track, default: Option<Weight>| {
        track
            .weight
            .or(default.map(|weight| weight.value))
            .is_some_and(|weight| weight.value != 0)
    };
    for track in block
        .track_interfaces
        .iter()
        .filter(|track| weighted(track, None))
    {
        tell(
            track,
            format!(
                "({name}) ignoring {} tracked interface due to address owner",
                track.name.value
            ),
        );
    }
    let script = |name: &str| {
        config
            .scripts
            .iter()
            .find(|b| *b.name.value == *name)
            .and_then(|b| b.weight)
    };
    let process = |name: &str| {
        config
            .processes
            .iter()
            .find(|b| *b.name.value == *name)
            .and_then(|b| b.weight)
    };
    let bfd = |name: &str| {
        config
            .bfds
            .iter()
            .find(|b| *b.name.value == *name)
            .and_then(|b| b.weight)
    };
    let lists: [(&str, &[Track], Default<'_>); 3] = [
        ("script", &block.track_scripts, &script),
        ("process", &block.track_processes, &process),
        ("bfd", &block.track_bfds, &bfd),
    ];
    for (what, tracks, default) in lists {
        for track in tracks
            .iter()
            .filter(|track| weighted(track, default(&track.name.value)))
        {
            tell(
                track,
                format!(
                    "({name}) ignoring tracked {what} {} with weights due to address_owner",
                    track.name.value
                ),
            );
        }
    }
}
