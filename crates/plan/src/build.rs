//! From what was written to what is meant.
use crate::tracking::Grouped;
use crate::{
    Firewall, Global, Instance, Interfaces, Lasting, LinkDelay, Names, Pace, Paces, Plan,
    ScriptFacts, agents, bfd, buffers, checks, daemon, groups, instance, linkbeat, lvs, mail,
    notify, process, routes, rules, statics, tracking, uppers,
};
use conf::{Config, Diagnostic, config};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vrrp::InstanceId;
use wire::Version;

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
    /// Names of routing tables and their kin.
    pub names: Names,
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
    let outlets = &config.global.outlets;
    let mut plan = Plan {
        global: Global {
            router_id: Some(written.to_owned()),
            json_version: config.global.process.json_version.map_or(1, |n| n.value),
            umask: config.global.process.umask.as_ref().map(|mask| mask.value),
            scripts: notify::scripts(&config.global),
            fifos: notify::fifos(&config.global),
            mail: mail::mail(config),
            url: outlets.url.as_ref().map(|url| url.value.to_string()),
            url_ca_file: outlets
                .url_ca_file
                .as_ref()
                .map(|file| file.value.to_string()),
            vrrp_process: process::vrrp(&config.global),
            checker_process: process::checker(&config.global.process),
            bfd_process: process::bfd(&config.global.process),
            auto_priority: process::auto(&config.global),
            process_names: process::names(&config.global.process),
            daemon: daemon::build(config),
            snmp: agents::snmp(&config.global.snmp),
            dbus: agents::dbus(&config.global.snmp),
            buffers: buffers::build(&config.global.kernel),
            linkbeat: linkbeat::build(config),
            interfaces: interfaces(&config.global),
            startup_delay: delay(config.global.vrrp.startup_delay.as_ref()),
            firewall: firewall(&config.global),
            paces: paces(config),
            delay_after_boot: delay(config.global.vrrp.delay_after_boot.as_ref()),
            log_unknown_vrids: config.global.vrrp.log_unknown_vrids,
            no_local_igmp: config.global.vrrp.disable_local_igmp,
            link_delays: link_delays(config),
        },
        ..Plan::default()
    };
    let known = tracking::known(config);
    let grouped = grouped(config);
    for (block, id) in config.instances.iter().zip(0..) {
        if let Some(mut instance) = instance::build(&config.global, block, facts, &mut findings) {
            let group = grouped.get(&*block.name.value).copied();
            let owner = instance.params.priority.is_owner();
            Arc::make_mut(&mut instance.params).tracks = known.tracks(block, group, owner);
            let names = &facts.names;
            instance.routes = routes::build(&block.routes, names, &mut findings);
            instance.rules = rules::build(&block.rules, names, &mut findings);
            instance.accept = accept(&config.global, block, &instance);
            plan.instances.insert(InstanceId(id), Box::new(instance));
        }
    }
    plan.groups = groups::build(config, &plan.instances);
    plan.trackers = known.trackers;
    plan.forget_unused();
    checks::all(config, facts, &plan, &mut findings);
    plan.statics = statics::build(config, &facts.names, &mut findings);
    uppers::assign(config, &facts.names, &mut plan);
    plan.lasting = Lasting::of(config);
    plan.lvs = lvs::build(config, &plan.instances, &mut findings);
    plan.bfds = bfd::build(&config.bfds);
    (plan, findings)
}

/// The sync group of each instance: the first one that names it.
fn grouped(config: &Config) -> BTreeMap<&str, Grouped<'_>> {
    let owners = config.instances.iter();
    let owners = owners.filter(|block| checks::groups::is_owner(block));
    let owners: BTreeSet<&str> = owners.map(|block| &*block.name.value).collect();
    let mut grouped = BTreeMap::new();
    for group in &config.sync_groups {
        let mut members = group.members.iter();
        let owned = members.any(|member| owners.contains(&*member.value));
        for member in &group.members {
            let entry = grouped.entry(&*member.value);
            entry.or_insert(Grouped { group, owned });
        }
    }
    grouped
}

fn paces(config: &Config) -> Paces {
    let vrrp = &config.global.vrrp;
    let groups = config.garp_groups.iter().map(|group| Pace {
        interfaces: group
            .interface
            .iter()
            .chain(&group.interfaces)
            .map(|name| name.value.to_string())
            .collect(),
        garp: group.garp_interval.as_ref().map(|written| written.value),
        gna: group.gna_interval.as_ref().map(|written| written.value),
    });
    Paces {
        garp: delay(vrrp.garp_interval.as_ref()),
        gna: delay(vrrp.gna_interval.as_ref()),
        groups: groups.collect(),
    }
}

/// A missing delay of coming up is none, whatever the manual says.
fn link_delays(config: &Config) -> BTreeMap<String, LinkDelay> {
    let delays = config.interface_delays.iter().map(|line| {
        let (down, up) = (line.down.value, delay(line.up.as_ref()));
        (line.interface.value.to_string(), LinkDelay { down, up })
    });
    delays.collect()
}

fn interfaces(global: &config::Global) -> Interfaces {
    match (global.dynamic_interfaces, global.allow_if_changes) {
        (_, true) => Interfaces::Changing,
        (true, false) => Interfaces::Dynamic,
        (false, false) => Interfaces::Fixed,
    }
}

fn firewall(global: &config::Global) -> Firewall {
    let kernel = &global.kernel;
    let table = kernel.nftables.as_ref();
    Firewall {
        written: table.is_some() || !kernel.vrrp_iptables.is_empty(),
        table: table.and_then(|table| table.value.as_ref().map(ToString::to_string)),
        priority: kernel.nftables_priority.map(|priority| priority.value),
        counters: kernel.nftables_counters,
        by_index: kernel.nftables_ifindex,
    }
}

/// The owner accepts always; others unless the block or strict mode says no.
fn accept(global: &config::Global, block: &config::Instance, instance: &Instance) -> bool {
    let strict = block.strict_mode.or(global.vrrp_strict);
    let strict = strict.is_some_and(|strict| strict.value);
    let params = &instance.params;
    let allowed = !strict || params.version == Version::V3;
    let wanted = (block.more.accept && allowed) || !(strict || block.more.no_accept);
    params.priority.is_owner() || wanted
}

fn delay(written: Option<&conf::Spanned<Duration>>) -> Duration {
    written.map_or(Duration::ZERO, |delay| delay.value)
}
