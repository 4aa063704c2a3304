//! Sections of the checker: its services, their servers and checks. There may be a million of
//! them, so they are written from the plan when they are asked for.
mod checks;
mod services;

use super::Out;
use core::time::Duration;
use ledger::ipvs::Protocol;
use plan::Plan;
use plan::lvs::{Group, Probe, Target, VirtualServer};
use pool::Pools;
use std::collections::BTreeMap;

/// All sections; without state while nothing runs.
pub(crate) fn text(plan: &Plan, live: Option<&Pools>) -> String {
    let mut out = Out::default();
    tls(&mut out, plan);
    out.title("LVS Topology");
    for group in &plan.lvs.groups {
        server_group(&mut out, plan, group);
    }
    for service in &plan.lvs.servers {
        services::write(&mut out, service, live);
    }
    checks::write(&mut out, plan, live);
    files(&mut out, plan);
    bfds(&mut out, plan);
    out.text()
}

fn tls(out: &mut Out, plan: &Plan) {
    let tls = &plan.lvs.tls;
    let all = [
        ("CA-file", &tls.ca),
        ("Certificate file", &tls.certificate),
        ("Key file", &tls.key),
    ];
    let secret = tls.password.as_ref();
    let mut used = false;
    for_each_check(plan, |_, _, probe| {
        used |= matches!(probe, Probe::Http(http) if http.tls.is_some());
    });
    let written = secret.is_some() || all.iter().any(|(_, file)| file.is_some());
    if !used && !written {
        return;
    }
    out.title("SSL definitions");
    if !written {
        out.line(1, "Using autogen SSL context");
    }
    if secret.is_some() {
        // masked, as passwords of instances are
        out.line(1, "Password : ********");
    }
    for (label, file) in all {
        if let Some(file) = file {
            out.line(1, format_args!("{label} : {file}"));
        }
    }
}

fn server_group(out: &mut Out, plan: &Plan, group: &Group) {
    let ranges = || {
        group.targets.iter().filter_map(|target| match target {
            Target::Range(from, ..) => Some(*from),
            Target::Fwmark(_) => None,
        })
    };
    let yes = |any: bool| if any { "yes" } else { "no" };
    let (v4, v6) = (
        ranges().any(|address| address.is_ipv4()),
        ranges().any(|address| address.is_ipv6()),
    );
    out.line(1, "------< Virtual server group >------");
    let families = format!("IPv4 = {}, IPv6 = {}", yes(v4), yes(v6));
    out.line(
        1,
        format!("Virtual Server Group = {}, {families}", group.name),
    );
    let mark = |protocol| plan.lvs.mark_of(&group.name, protocol);
    let [tcp, udp, sctp] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp].map(mark);
    if tcp > 0 || udp > 0 || sctp > 0 {
        // one blank more than its depth, as the original has it
        out.line(
            1,
            format_args!(" Fwmark TCP: {tcp} UDP: {udp} SCTP: {sctp}"),
        );
    }
    let of = |service: &&VirtualServer| service.group.as_ref() == Some(&group.name);
    let used = plan.lvs.servers.iter().filter(of).count();
    for target in &group.targets {
        out.line(
            2,
            match target {
                Target::Range(from, to, port) if from == to => {
                    format!("VIP = {from}, VPORT = {port}")
                }
                Target::Range(from, to, port) => format!("VIP Range = {from}-{to}, VPORT = {port}"),
                Target::Fwmark(mark) => format!("FWMARK = {mark}"),
            },
        );
        out.line(3, format_args!("Used by {used}"));
    }
}

/// `Tracked file` sections: who follows a file.
fn files(out: &mut Out, plan: &Plan) {
    let mut followed: BTreeMap<&str, (&str, Vec<String>)> = BTreeMap::new();
    for_each_check(plan, |service, server, probe| {
        if let Probe::File(file) = probe {
            let (_, who) = followed
                .entry(&file.name)
                .or_insert((&file.path, Vec::new()));
            who.push(format!("{service} -> {server}, weight {}", file.weight));
        }
    });
    if followed.is_empty() {
        return;
    }
    out.title("Checker track files");
    for (name, (path, who)) in followed {
        out.value(1, "Track file", name);
        out.value(2, "File", path);
        out.line(2, "Tracking instances :");
        for line in who {
            out.line(3, line);
        }
    }
}

fn bfds(out: &mut Out, plan: &Plan) {
    let mut followed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for_each_check(plan, |_, server, probe| {
        if let Probe::Bfd(name) = probe {
            followed.entry(name).or_default().push(server);
        }
    });
    if followed.is_empty() {
        return;
    }
    out.title("Checker track BFDs");
    for (name, who) in followed {
        out.value(1, "Checker Track BFD", name);
        out.line(2, "Tracking RS :");
        for server in who {
            out.line(2, server);
        }
    }
}

fn for_each_check<'a>(plan: &'a Plan, mut take: impl FnMut(&'a str, &'a str, &'a Probe)) {
    for service in &plan.lvs.servers {
        for server in &service.servers {
            for check in &server.checks {
                take(&service.name, &server.name, &check.probe);
            }
        }
    }
}

fn on(flag: bool) -> &'static str {
    if flag { "ON" } else { "OFF" }
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}
