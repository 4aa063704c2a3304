//! `static_ipaddress`, `static_routes`, `static_rules`, and who tracks them.
use crate::names::Names;
use crate::{Statics, addresses, routes, rules};
use conf::config::{Address, Route, Rule};
use conf::{Config, Diagnostic, Pass, Severity, Spanned};

/// Where addresses go that name no interface, when `default_interface` says nothing else.
const DEFAULT_INTERFACE: &str = "eth0";

/// What is tracked by nobody first, then each track group's own, in the order of the groups.
pub(crate) fn build(
    config: &Config,
    names: &Names,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Statics> {
    unknown_groups(config, findings);
    let groups = config.track_groups.iter().map(|group| {
        let members = group.members.iter().map(|name| name.value.to_string());
        (Some(&*group.name.value), members.collect::<Vec<_>>())
    });
    let all = core::iter::once((None, Vec::new())).chain(groups);
    let mut statics = Vec::new();
    for (group, tracked_by) in all {
        let is_of = |written: Option<&Spanned<Box<str>>>| {
            let known = written.filter(|name| is_known(config, name));
            known.map(|name| &*name.value) == group
        };
        let interface = config.global.default_interface.as_ref();
        let interface = interface.map_or(DEFAULT_INTERFACE, |name| &name.value);
        let one = Statics {
            tracked_by,
            addresses: of(&config.static_addresses, |line: &Address| {
                is_of(line.track_group.as_ref())
            })
            .iter()
            .map(|line| addresses::build(line, interface))
            .collect(),
            routes: routes::build(
                &of(&config.static_routes, |line: &Route| {
                    is_of(line.get("track_group"))
                }),
                names,
                findings,
            ),
            rules: rules::build(
                &of(&config.static_rules, |line: &Rule| {
                    is_of(line.get("track_group"))
                }),
                names,
                findings,
            ),
        };
        statics.push(one);
    }
    statics
        .retain(|one| !(one.addresses.is_empty() && one.routes.is_empty() && one.rules.is_empty()));
    statics
}

fn of<T: Clone>(lines: &[T], belongs: impl Fn(&T) -> bool) -> Vec<T> {
    lines.iter().filter(|line| belongs(line)).cloned().collect()
}

fn is_known(config: &Config, name: &Spanned<Box<str>>) -> bool {
    config
        .track_groups
        .iter()
        .any(|group| group.name.value == name.value)
}

fn unknown_groups(config: &Config, findings: &mut Vec<Diagnostic>) {
    let addresses = config.static_addresses.iter();
    let routes = config.static_routes.iter();
    let rules = config.static_rules.iter();
    let named = addresses
        .filter_map(|line| line.track_group.as_ref())
        .chain(routes.filter_map(|line| line.get("track_group")))
        .chain(rules.filter_map(|line| line.get("track_group")));
    for name in named.filter(|name| !is_known(config, name)) {
        let text = format!("track_group {} not found", name.value);
        let found = Diagnostic::new("track-group", Severity::Warning, text).at(name.span);
        findings.push(Diagnostic {
            pass: Pass::Role,
            ..found
        });
    }
}
