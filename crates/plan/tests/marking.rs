//! `nftables_ipvs`: which groups get marks, which marks, and that these stay.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use conf::{InMemory, LoadOptions};
use ledger::ipvs::Protocol;
use ledger::marks::Marks;
use plan::Plan;

fn plan(text: &str) -> Plan {
    let options = LoadOptions::default();
    let loaded = conf::load(&mut InMemory(text), "keepalived.conf", &options);
    plan::build(&loaded.config, &plan::Facts::default()).0
}

/// Groups by name and entries; services by group and protocol.
fn text(global: &str, groups: &[(&str, &str)], services: &[(&str, &str)]) -> String {
    let groups = groups.iter().map(|(name, entries)| {
        let entries = entries.replace(',', "\n");
        format!("virtual_server_group {name} {{\n{entries}\n}}\n")
    });
    let services = services.iter().map(|(group, protocol)| {
        format!(
            "virtual_server group {group} {{\nprotocol {protocol}\nreal_server 10.9.9.9 80 {{\n}}\n}}\n"
        )
    });
    let global = format!("global_defs {{\n{global}\n}}\n");
    [global].into_iter().chain(groups).chain(services).collect()
}

/// What each service is in the table.
fn keys(plan: &Plan) -> Vec<String> {
    let servers = plan.lvs.servers.iter();
    let keys = servers.map(|server| {
        let keys = server.keys(true).iter().map(ToString::to_string);
        keys.collect::<Vec<_>>().join(" ")
    });
    keys.collect()
}

fn marked(marks: &Marks) -> Vec<String> {
    let maps = marks.maps.iter().flat_map(|map| {
        map.entries.iter().map(|(span, mark)| {
            let ((from, to), (first, last)) = (span.addresses, span.ports);
            format!("{} {from}-{to} {first}-{last}: {mark}", map.key.protocol)
        })
    });
    maps.collect()
}

#[test]
fn each_group_and_protocol_has_a_mark() {
    let plan = plan(&text(
        "nftables_ipvs",
        &[
            ("a", "10.0.0.1 80,10.0.0.3-5 81,10.0.0.9"),
            ("b", "10.0.1.1 53"),
        ],
        &[("a", "TCP"), ("b", "UDP"), ("a", "UDP"), ("a", "TCP")],
    ));
    assert_eq!(
        keys(&plan),
        ["FWM 1000", "FWM 1001", "FWM 1002", "FWM 1000"]
    );
    assert_eq!(plan.lvs.servers[0].keys(false).len(), 5);
    assert_eq!(
        (
            plan.lvs.mark_of("a", Protocol::Udp),
            plan.lvs.mark_of("b", Protocol::Tcp)
        ),
        (1002, 0)
    );
    let expected = [
        "tcp 10.0.0.1-10.0.0.1 80-80: 1000",
        "tcp 10.0.0.3-10.0.0.5 81-81: 1000",
        // no port is all ports
        "tcp 10.0.0.9-10.0.0.9 0-65535: 1000",
        "udp 10.0.1.1-10.0.1.1 53-53: 1001",
        "udp 10.0.0.1-10.0.0.1 80-80: 1002",
        "udp 10.0.0.3-10.0.0.5 81-81: 1002",
        "udp 10.0.0.9-10.0.0.9 0-65535: 1002",
    ];
    assert_eq!(marked(&plan.lvs.marks()), expected);
}

#[test]
fn without_the_keyword_and_where_a_group_has_marks_entries_are_services() {
    let groups = [("a", "10.0.0.1 80"), ("b", "10.0.1.1 80,fwmark 7")];
    let services = [("a", "TCP"), ("b", "TCP")];
    let without = plan(&text("", &groups, &services));
    assert_eq!(
        keys(&without),
        ["[10.0.0.1]:tcp:80", "[10.0.1.1]:tcp:80 FWM 7"]
    );
    assert_eq!(without.lvs.marks(), Marks::default());
    let with = plan(&text("nftables_ipvs", &groups, &services));
    assert_eq!(keys(&with), ["FWM 1000", "[10.0.1.1]:tcp:80 FWM 7"]);
    assert_eq!(
        marked(&with.lvs.marks()),
        ["tcp 10.0.0.1-10.0.0.1 80-80: 1000"]
    );
}

#[test]
fn marks_that_somebody_wrote_down_are_passed_over_and_the_numbers_end() {
    let single = |mark: u32| {
        format!("virtual_server fwmark {mark} {{\nreal_server 10.9.9.9 80 {{\n}}\n}}\n")
    };
    let groups = [("a", "10.0.0.1 80"), ("b", "10.0.1.1 80")];
    let services = [("a", "TCP"), ("b", "TCP")];
    let with = |global: &str, more: &str| plan(&(text(global, &groups, &services) + more));
    let taken = with("nftables_ipvs", &(single(1000) + &single(1002)));
    assert_eq!(keys(&taken)[..2], ["FWM 1001", "FWM 1003"]);
    let last = with("nftables_ipvs\nnftables_ipvs_start_fwmark 4294967295", "");
    assert_eq!(keys(&last), ["FWM 4294967295", "[10.0.1.1]:tcp:80"]);
}

#[test]
fn a_reload_keeps_marks_and_gives_none_twice() {
    let groups = [
        ("a", "10.0.0.1 80"),
        ("b", "10.0.1.1 80"),
        ("c", "10.0.2.1 80"),
    ];
    let reload = |services: &[(&str, &str)], running: &Plan| {
        let mut next = plan(&text("nftables_ipvs", &groups, services));
        plan::adopt_ids(&mut next, running);
        next
    };
    let first = plan(&text(
        "nftables_ipvs",
        &groups,
        &[("a", "TCP"), ("b", "TCP")],
    ));
    let next = reload(&[("c", "TCP"), ("b", "TCP")], &first);
    assert_eq!(keys(&next), ["FWM 1002", "FWM 1001"]);
    let again = reload(&[("c", "TCP"), ("b", "TCP"), ("a", "TCP")], &next);
    assert_eq!(keys(&again), ["FWM 1002", "FWM 1001", "FWM 1003"]);
    // nothing changes, nothing at all
    assert_eq!(
        reload(&[("c", "TCP"), ("b", "TCP"), ("a", "TCP")], &again),
        again
    );
    // a mark that is written down now makes room
    let single = "virtual_server fwmark 1001 {\nreal_server 10.9.9.9 80 {\n}\n}\n";
    let mut named = plan(&(text("nftables_ipvs", &groups, &[("b", "TCP")]) + single));
    plan::adopt_ids(&mut named, &again);
    assert_eq!(keys(&named), ["FWM 1004", "FWM 1001"]);
}

/// What is known of the servers of a group outlives a change of its entries.
#[test]
fn a_group_is_known_by_its_name_and_protocol() {
    let with = |entries| {
        plan(&text(
            "",
            &[("a", entries)],
            &[("a", "TCP"), ("a", "UDP"), ("a", "UDP")],
        ))
    };
    let running = with("10.0.0.1 80");
    let mut next = with("10.0.0.1 80,10.0.0.2-4 80");
    plan::adopt_ids(&mut next, &running);
    let ids = |plan: &Plan| {
        let servers = plan.lvs.servers.iter();
        servers
            .map(|server| (server.id, server.servers[0].id))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&next), ids(&running));
    assert_eq!(next.lvs.servers[0].services.len(), 4);
}
