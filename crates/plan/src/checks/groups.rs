//! Sync groups: members and what they must have in common.
use super::tracks::own_weight;
use conf::config::{Instance as Block, StartState, SyncGroup, Track};
use conf::{Config, Diagnostic, Severity, Span};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    let instances: BTreeMap<&str, &Block> = config
        .instances
        .iter()
        .map(|block| (&*block.name.value, block))
        .collect();
    let mut taken = BTreeSet::new();
    for group in &config.sync_groups {
        let members = members(group, &instances, &mut taken, findings);
        owners(group, &members, findings);
        weights(group, &members, findings);
        owner_weights(config, group, &members, findings);
        twice(group, &members, findings);
    }
}

fn members<'a>(
    group: &SyncGroup,
    instances: &BTreeMap<&str, &'a Block>,
    taken: &mut BTreeSet<&'a str>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<&'a Block> {
    let name = &group.name.value;
    let mut found = Vec::new();
    for member in &group.members {
        let Some(block) = instances.get(&*member.value) else {
            let text = format!(
                "Virtual router {} specified in sync group {name} doesn't exist - ignoring",
                member.value
            );
            let error = Diagnostic::new("unknown-name", Severity::Error, text).at(member.span);
            // behind so many findings nobody reads it any more
            let near = (findings.len() < 200)
                .then(|| conf::nearest(&member.value, instances.keys().copied()));
            findings.push(match near.flatten() {
                Some(near) => error.help(format!("did you mean '{near}'?")),
                None => error,
            });
            continue;
        };
        if !taken.insert(&block.name.value) {
            let text = format!(
                "Virtual router {} cannot exist in more than one sync group; ignoring {name}",
                member.value
            );
            findings.push(Diagnostic::new("two-groups", Severity::Warning, text).at(member.span));
            continue;
        }
        found.push(*block);
    }
    if found.len() <= 1 {
        let text = format!(
            "Sync group {name} has only {} virtual router(s) - this probably isn't what you want",
            found.len()
        );
        let found = Diagnostic::new("lonely-group", Severity::Warning, text).at(group.name.span);
        findings.push(found.help("a group makes several instances change state together"));
    }
    found
}

pub(crate) fn is_owner(block: &Block) -> bool {
    let master = block
        .state
        .is_some_and(|state| state.value == StartState::Master);
    block
        .priority
        .map_or(master, |priority| priority.value.is_owner())
}

fn owners(group: &SyncGroup, members: &[&Block], findings: &mut Vec<Diagnostic>) {
    let owners = members.iter().filter(|block| is_owner(block)).count();
    if owners > 0 && owners < members.len() {
        let text = format!(
            "Sync group {} has some member(s) as address owner and some not as address owner. This won't work.",
            group.name.value
        );
        // the original knows this line, but does not come to say it
        findings.push(Diagnostic::new("mixed-owners", Severity::Advice, text).at(group.name.span));
    }
}

/// Members share a state, so what changes one member's priority has no sense.
fn weights(group: &SyncGroup, members: &[&Block], findings: &mut Vec<Diagnostic>) {
    if group.sync_group_tracking_weight || group.global_tracking {
        return;
    }
    for block in members {
        let lists = [
            ("tracked interface", &block.track_interfaces),
            ("tracked script", &block.track_scripts),
            ("tracked file", &block.track_files),
            ("tracked process", &block.track_processes),
            ("tracked bfd", &block.track_bfds),
        ];
        for (what, tracks) in lists {
            for track in tracks {
                let Some(weight) = track.weight.filter(|weight| weight.value != 0) else {
                    continue;
                };
                let text = format!(
                    "({}) ignoring weight from {what} {} due to SYNC group. specify weight 0",
                    block.name.value, track.name.value
                );
                let found =
                    Diagnostic::new("group-weight", Severity::Warning, text).at(weight.span);
                findings.push(found.help("or write 'sync_group_tracking_weight' in the group"));
            }
        }
    }
}

/// A member whose priority is 255 whatever it tracks leaves no sense in weights.
fn owner_weights(
    config: &Config,
    group: &SyncGroup,
    members: &[&Block],
    findings: &mut Vec<Diagnostic>,
) {
    if !members.iter().any(|block| is_owner(block)) {
        return;
    }
    let lists = [
        ("interface", "clearing weight", &group.track_interfaces),
        ("script", "clearing weight", &group.track_scripts),
        ("file", "setting weight 0", &group.track_files),
        ("process", "setting weight 0", &group.track_processes),
        ("bfd", "setting weight 0", &group.track_bfds),
    ];
    for (what, done, tracks) in lists {
        for track in tracks {
            let default = match what {
                "interface" => None,
                _ => own_weight(config, what, &track.name.value).map(|weight| weight.value),
            };
            let weight = track.weight.or(default).map(|weight| weight.value);
            if weight.unwrap_or(i32::from(what == "file")) == 0 {
                continue;
            }
            let text = format!(
                "({}) Cannot have weighted track {what} '{}' with member having priority 255 - {done}",
                group.name.value, track.name.value
            );
            let found = Diagnostic::new("owner-weight", Severity::Warning, text);
            findings.push(found.at(track.name.span));
        }
    }
}

/// What the group tracks, its members need not track.
fn twice(group: &SyncGroup, members: &[&Block], findings: &mut Vec<Diagnostic>) {
    for block in members {
        let own = block.interface.iter().filter(|own| {
            let listed = block
                .track_interfaces
                .iter()
                .any(|track| track.name.value == own.value);
            !block.dont_track_primary && !listed
        });
        for own in own {
            let mut shared = group.track_interfaces.iter();
            if let Some(first) = shared.find(|shared| shared.name.value == own.value) {
                findings.push(tracked_twice(
                    block,
                    "track_interface",
                    &own.value,
                    own.span,
                    first,
                ));
            }
        }
        let lists = [
            (
                "track_interface",
                &group.track_interfaces,
                &block.track_interfaces,
            ),
            ("track_script", &group.track_scripts, &block.track_scripts),
            ("track_file", &group.track_files, &block.track_files),
            (
                "track_process",
                &group.track_processes,
                &block.track_processes,
            ),
            ("track_bfd", &group.track_bfds, &block.track_bfds),
        ];
        for (what, shared, own) in lists {
            for track in own {
                let Some(first) = shared
                    .iter()
                    .find(|shared| shared.name.value == track.name.value)
                else {
                    continue;
                };
                let (name, at) = (&track.name.value, track.name.span);
                findings.push(tracked_twice(block, what, name, at, first));
            }
        }
    }
}

fn tracked_twice(block: &Block, what: &str, name: &str, at: Span, first: &Track) -> Diagnostic {
    let text = format!(
        "({}) {what} {name} is configured on VRRP instance and sync group. Remove vrrp instance or sync group config",
        block.name.value
    );
    let found = Diagnostic::new("tracked-twice", Severity::Warning, text).at(at);
    found.label(first.name.span, "the group tracks it")
}
