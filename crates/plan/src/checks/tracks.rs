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
        let text = format!(
            "({}) Ignoring track_interface {} since own interface",
            block.name.value, own.value
        );
        let found = Diagnostic::new("tracks-itself", Severity::Warning, text).at(track.name.span);
        findings.push(found.help("the own interface is tracked anyway"));
    }
}

fn owner_weights(config: &Config, block: &Block, findings: &mut Vec<Diagnostic>) {
    let name = &block.name.value;
    let mut tell = |track: &Track, text: String| {
        let found = Diagnostic::new("owner-weight", Severity::Warning, text).at(track.name.span);
        findings.push(found.help("the priority of an address owner is 255, whatever it tracks"));
    };
    let weighted = |track: &&Track| track.weight.is_some_and(|weight| weight.value != 0);
    for track in block.track_interfaces.iter().filter(weighted) {
        tell(
            track,
            format!(
                "({name}) ignoring {} tracked interface due to address owner",
                track.name.value
            ),
        );
    }
    // the original says nothing of processes, whose weights count as little
    let lists: [(&str, &[Track]); 3] = [
        ("script", &block.track_scripts),
        ("file", &block.track_files),
        ("bfd", &block.track_bfds),
    ];
    for (what, tracks) in lists {
        for track in tracks {
            let default = own_weight(config, what, &track.name.value);
            let written = track.weight.or(default.map(|weight| weight.value));
            let weight = written.map_or(i32::from(what == "file"), |weight| weight.value);
            if weight == 0 {
                continue;
            }
            let object = &track.name.value;
            let weight = match what {
                "script" => "weights".to_owned(),
                _ => format!("weight {weight}"),
            };
            let text = format!(
                "({name}) ignoring tracked {what} {object} with {weight} due to address_owner"
            );
            tell(track, text);
        }
    }
}

/// The weight of an object's definition.
pub(super) fn own_weight(config: &Config, what: &str, name: &str) -> Option<Weight> {
    let mut all = match what {
        "script" => config.scripts.iter().map(|b| (&b.name, b.weight)).collect(),
        "file" => config.files.iter().map(|b| (&b.name, b.weight)).collect(),
        "process" => config
            .processes
            .iter()
            .map(|b| (&b.name, b.weight))
            .collect(),
        _ => config
            .bfds
            .iter()
            .map(|b| (&b.name, b.weight))
            .collect::<Vec<_>>(),
    }
    .into_iter();
    all.find(|(known, _)| *known.value == *name)?.1
}
