//! What is there besides instances: pauses between announcements, static objects, track groups.
use super::{Out, policy};
use conf::Config;
use core::time::Duration;
use plan::{Plan, Statics};

pub(super) fn write(out: &mut Out, config: &Config, plan: &Plan) {
    pauses(out, config);
    let track_group = |statics: &Statics| {
        let groups = config.track_groups.iter();
        let names = |group: &&conf::config::TrackGroup| {
            let members = group.members.iter().map(|name| &*name.value);
            members.eq(statics.tracked_by.iter().map(String::as_str))
        };
        let found = groups.rev().find(names);
        match found.filter(|_| !statics.tracked_by.is_empty()) {
            Some(group) => format!(" track_group {}", group.name.value),
            None => String::new(),
        }
    };
    section(out, plan, "Static Addresses", |one| {
        let behind = track_group(one);
        let lines = one.addresses.iter();
        lines
            .map(|address| super::instance::address_line(address, None, &[]) + &behind)
            .collect()
    });
    section(out, plan, "Static Routes", |one| {
        let behind = track_group(one);
        let lines = one.routes.iter();
        lines.map(|route| policy::route(route) + &behind).collect()
    });
    section(out, plan, "Static Rules", |one| {
        let behind = track_group(one);
        let lines = one.rules.iter();
        lines.map(|rule| policy::rule(rule) + &behind).collect()
    });
    if !config.track_groups.is_empty() {
        out.title("Static Track groups");
    }
    for group in &config.track_groups {
        out.value(1, "Static Track Group", &group.name.value);
        out.line(2, "VRRP member instances :");
        for member in &group.members {
            out.line(3, &*member.value);
        }
    }
}

fn section(out: &mut Out, plan: &Plan, title: &str, lines: impl Fn(&Statics) -> Vec<String>) {
    let all: Vec<_> = plan.statics.iter().flat_map(lines).collect();
    if all.is_empty() {
        return;
    }
    out.title(title);
    for line in all {
        out.held(&line);
    }
}

fn pauses(out: &mut Out, config: &Config) {
    if config.garp_groups.is_empty() {
        return;
    }
    let all = &config.global.vrrp;
    out.title("Gratuitous ARP delays");
    for group in &config.garp_groups {
        out.title("GARP delay group");
        let pauses = [
            ("GARP interval", group.garp_interval.or(all.garp_interval)),
            ("GNA interval", group.gna_interval.or(all.gna_interval)),
        ];
        for (label, pause) in pauses {
            let pause = pause.map_or(Duration::ZERO, |pause| pause.value);
            out.value(1, label, format_args!("{:.6}", pause.as_secs_f64()));
        }
        out.line(1, "Interfaces");
        for name in group.interface.iter().chain(&group.interfaces) {
            // two blanks, which no depth has
            out.line(1, format_args!(" {}", name.value));
        }
    }
}
