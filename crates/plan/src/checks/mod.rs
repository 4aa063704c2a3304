//! What can only be seen across blocks, or with facts of the machine.
pub(crate) mod groups;
mod lints;
mod ports;
mod scripts;
pub(crate) mod services;
mod strict;
mod tracks;
mod unicast;

pub use scripts::{PathFact, ScriptFacts, programs, script_users};

use crate::{Facts, Plan};
use conf::config::Instance as Block;
use conf::{Config, Diagnostic, Pass, Severity, Span};
use std::collections::BTreeMap;
use wire::Family;

/// All checks that look further than one line, in the original's order.
pub(crate) fn all(config: &Config, facts: &Facts, plan: &Plan, findings: &mut Vec<Diagnostic>) {
    services::check(config, findings);
    tracks::interfaces(config, facts, findings);
    groups::check(config, findings);
    listed_interfaces(config, facts, findings);
    missing_interfaces(config, facts, findings);
    strict::check(config, findings);
    unicast::check(config, plan, findings);
    tracks::owners(config, plan, findings);
    duplicate_vrids(config, plan, findings);
    // the original ends at a missing interface before it looks at scripts of VRRP
    let ended = findings.iter().any(|found| found.id == "missing-interface");
    scripts::check(config, facts, ended, findings);
    lints::check(config, findings);
}

/// Two instances with one VRID, family and interface would answer each other's adverts, unless
/// they speak to different peers.
fn duplicate_vrids(config: &Config, plan: &Plan, findings: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for instance in plan.instances.values() {
        let params = &instance.params;
        let key = (&params.interface, params.vrid, params.family, params.group);
        let earlier = seen.entry(key).or_default();
        let clashes = |other: &&&crate::Instance| {
            let (ours, theirs) = (&params.peers, &other.params.peers);
            let common = ours
                .iter()
                .any(|peer| theirs.iter().any(|other| other.address == peer.address));
            common || (ours.is_empty() && theirs.is_empty())
        };
        if let Some(first) = earlier.iter().find(clashes) {
            findings.push(duplicate_vrid(config, instance, first));
        }
        earlier.push(instance);
    }
}

fn duplicate_vrid(
    config: &Config,
    instance: &crate::Instance,
    first: &crate::Instance,
) -> Diagnostic {
    let params = &instance.params;
    let family = if params.family == Family::V4 {
        "IPv4"
    } else {
        "IPv6"
    };
    let text = format!(
        "{} and {} both use VRID {} with {family} on interface {}",
        first.name, instance.name, params.vrid, params.interface
    );
    let mut found = Diagnostic::new("duplicate-vrid", Severity::Fatal, text);
    for (name, remark) in [(&*instance.name, ""), (&*first.name, "the first one")] {
        if let Some(at) = vrid_span(config, name) {
            found = found.label(at, remark);
        }
    }
    found.help("give each its own virtual_router_id, the same on all nodes")
}

fn vrid_span(config: &Config, name: &str) -> Option<Span> {
    config
        .instances
        .iter()
        .find(|block| &*block.name.value == name)?
        .vrid
        .map(|vrid| vrid.span)
}

/// Lists outside of all blocks, whose lines about missing interfaces are left out.
fn listed_interfaces(config: &Config, facts: &Facts, findings: &mut Vec<Diagnostic>) {
    if config.global.dynamic_interfaces {
        return;
    }
    let delays = config.interface_delays.iter();
    let delays = delays.map(|line| (&line.interface, "up/down delay"));
    let beats = config.linkbeat.iter();
    let beats = beats.map(|line| (&line.interface, "linkbeat interface"));
    for (name, what) in delays.chain(beats) {
        if facts.interfaces.contains(&*name.value) {
            continue;
        }
        let text = format!("unknown interface {} specified for {what}", name.value);
        let found = Diagnostic::new("unknown-interface", Severity::Absent, text).at(name.span);
        findings.push(Diagnostic {
            pass: Pass::Role,
            ..found
        });
    }
}

/// The original warns at each line that names a missing interface, then says once that it
/// cannot run.
fn missing_interfaces(config: &Config, facts: &Facts, findings: &mut Vec<Diagnostic>) {
    if config.global.dynamic_interfaces {
        return;
    }
    let before = findings.len();
    for block in &config.instances {
        let own = block.interface.as_ref();
        findings.extend(own.and_then(|name| {
            missing(
                facts,
                &name.value,
                name.span,
                &format!("vrrp_instance {}", block.name.value),
            )
        }));
        findings.extend(address_devices(block).filter_map(|(dev, at, address)| {
            missing(facts, dev, at, &format!("ip address {address}"))
        }));
        let words = block.routes.iter().flat_map(|route| &route.words);
        let devs = words.filter(|word| matches!(word.name, "dev" | "oif"));
        findings.extend(
            devs.filter_map(|dev| {
                missing(facts, &dev.value.value, dev.value.span, "VROUTE nexthop")
            }),
        );
    }
    let groups = config.garp_groups.iter();
    let names = groups.flat_map(|group| group.interface.iter().chain(&group.interfaces));
    findings.extend(names.filter_map(|name| {
        missing(facts, &name.value, name.span, "garp_group").map(|found| {
            said(
                found,
                &format!(
                    "WARNING - interface {} specified for garp_group doesn't exist",
                    name.value
                ),
            )
        })
    }));
    if findings.len() > before {
        let text = "Non-existent interface specified in configuration";
        findings.push(Diagnostic::new("missing-interface", Severity::Fatal, text));
    }
}

fn address_devices(block: &Block) -> impl Iterator<Item = (&str, Span, std::net::IpAddr)> {
    let lines = block.addresses.iter().chain(&block.excluded);
    lines.filter_map(|line| {
        line.dev
            .as_ref()
            .map(|dev| (&*dev.value, dev.span, line.prefix.addr()))
    })
}

fn said(found: Diagnostic, text: &str) -> Diagnostic {
    Diagnostic {
        message: text.to_owned(),
        ..found
    }
}

fn missing(facts: &Facts, name: &str, at: Span, who: &str) -> Option<Diagnostic> {
    if facts.interfaces.contains(name) {
        return None;
    }
    let text = format!("WARNING - interface {name} for {who} doesn't exist");
    let found = Diagnostic::new("missing-interface", Severity::Warning, text).at(at);
    let known = facts.interfaces.iter().map(String::as_str);
    let found = if let Some(near) = conf::nearest(name, known) {
        found.help(format!("did you mean '{near}'?"))
    } else {
        let list: Vec<_> = facts
            .interfaces
            .iter()
            .map(String::as_str)
            .take(12)
            .collect();
        found.help(format!("this machine has: {}", list.join(", ")))
    };
    Some(Diagnostic {
        pass: Pass::Role,
        ..found
    })
}
