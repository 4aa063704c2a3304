//! What can only be seen across blocks, or with facts of the machine.
use crate::{Facts, Plan};
use conf::config::Instance as Block;
use conf::{Config, Diagnostic, Pass, Severity, Span};
use std::collections::BTreeMap;
use wire::Family;

/// Two instances with one VRID, family and interface would answer each other's adverts.
pub(crate) fn duplicate_vrids(config: &Config, plan: &Plan, findings: &mut Vec<Diagnostic>) {
    let mut seen = BTreeMap::new();
    for (id, instance) in &plan.instances {
        let params = &instance.params;
        let key = (&params.interface, params.vrid, params.family);
        let Some(first) = seen.insert(key, id) else {
            continue;
        };
        let family = if params.family == Family::V4 {
            "IPv4"
        } else {
            "IPv6"
        };
        let first_name = plan.instances.get(first).map_or("", |i| &*i.name);
        let text = format!(
            "{first_name} and {} both use VRID {} with {family} on interface {}",
            instance.name, params.vrid, params.interface
        );
        let mut found = Diagnostic::new("duplicate-vrid", Severity::Fatal, text);
        for (name, remark) in [(&*instance.name, ""), (first_name, "the first one")] {
            if let Some(at) = vrid_span(config, name) {
                found = found.label(at, remark);
            }
        }
        findings.push(found.help("give each its own virtual_router_id, the same on all nodes"));
    }
}

fn vrid_span(config: &Config, name: &str) -> Option<Span> {
    config
        .instances
        .iter()
        .find(|block| &*block.name.value == name)?
        .vrid
        .map(|vrid| vrid.span)
}

/// The original warns at each line that names a missing interface, then says once that it
/// cannot run.
pub(crate) fn missing_interfaces(config: &Config, facts: &Facts, findings: &mut Vec<Diagnostic>) {
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
    }
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
