//! Routes and rules in one line each, as the original's dump has them.
use ledger::{Action, Encap, Hop, Insert, IpTunnel, route_type};
use plan::{Route, Rule};
use std::fmt::Write as _;
use std::net::IpAddr;
use wire::{Family, Prefix};

/// Metrics in the original's order: number (`RTAX_*`), name, whether it is a time in milliseconds.
const METRICS: &[(u16, &str)] = &[
    (4, "rtt"),
    (5, "rttvar"),
    (13, "rto_min"),
    (12, "features"),
    (2, "mtu"),
    (3, "window"),
    (6, "ssthresh"),
    (7, "cwnd"),
    (8, "advmss"),
    (9, "reordering"),
    (10, "hoplimit"),
    (11, "initcwnd"),
    (14, "initrwnd"),
    (15, "quickack"),
    (17, "fastopen_no_cookie"),
];
const RTT: u16 = 4;
const RTTVAR: u16 = 5;
const RTO_MIN: u16 = 13;
const FEATURES: u16 = 12;
const MAIN: u32 = 254;

/// A list of options: a blank before each.
#[derive(Default)]
struct Words(String);

impl Words {
    fn add(&mut self, text: impl std::fmt::Display) {
        // writing to a String cannot fail
        let _ = write!(self.0, " {text}");
    }

    fn option(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.add(format_args!("{name} {value}"));
        }
    }
}

/// An address without its prefix length where that says nothing.
pub(super) fn shown(prefix: Prefix) -> String {
    let full = if prefix.addr().is_ipv4() { 32 } else { 128 };
    if prefix.prefix_len() == full {
        prefix.addr().to_string()
    } else {
        prefix.to_string()
    }
}

pub(crate) fn route(route: &Route) -> String {
    let r = &route.route;
    let mut words = Words(String::from(match r.insert {
        Insert::Prepend => "prepend",
        Insert::Append => "append",
        Insert::Exclusive => "exclusive",
    }));
    if let Some(kind) = kind(r.kind) {
        words.add(kind);
    }
    words.add(shown(r.destination));
    let only = (r.hops.len() == 1)
        .then(|| r.hops.first().zip(route.devs.first()))
        .flatten();
    let encap = only.and_then(|(hop, _)| hop.encap.as_ref());
    words.option("encap", encap.map(tunnel));
    words.option("from", r.from.map(shown));
    words.option("src", r.source);
    words.option("tos", (r.tos > 0).then_some(r.tos));
    if let Some((hop, dev)) = only {
        words.option("via", hop.via.map(via));
        words.option("dev", dev.as_ref());
    }
    words.option("table", (r.table != MAIN).then_some(r.table));
    if !route.no_track {
        words.option("proto", Some(r.protocol));
    }
    words.option("scope", r.scope.filter(|scope| *scope > 0));
    words.option("metric", (r.metric > 0).then_some(r.metric));
    words.option("expires", r.expires.map(|secs| format!("{secs}sec")));
    if let Some((hop, _)) = only {
        if hop.onlink {
            words.add("onlink");
        }
        words.option("realms", hop.realms.map(realms));
    }
    metrics(&mut words, r);
    if r.hops.len() > 1 {
        for (hop, dev) in r.hops.iter().zip(&route.devs) {
            next_hop(&mut words, hop, dev.as_deref());
        }
    }
    if route.no_track {
        words.add("no_track");
    }
    words.0
}

fn metrics(words: &mut Words, r: &ledger::Route) {
    words.option("congctl", r.congestion.as_ref());
    for (number, name) in METRICS {
        let value = r.metrics.iter().find(|(n, _)| n == number);
        let Some((_, value)) = value else { continue };
        let lock = if r.locked & (1 << number) == 0 {
            ""
        } else {
            "lock "
        };
        let shown = match *number {
            // the kernel counts these in eighths and quarters of a millisecond
            RTT => time(value / 8),
            RTTVAR => time(value / 4),
            RTO_MIN => time(*value),
            FEATURES => "ecn".to_owned(),
            _ => value.to_string(),
        };
        words.add(format_args!("{name} {lock}{shown}"));
    }
    words.option(
        "pref",
        r.preference.map(|preference| match preference {
            1 => "high",
            3 => "low",
            _ => "medium",
        }),
    );
    words.option(
        "ttl-propagate",
        r.ttl_propagate
            .map(|on| if on { "enabled" } else { "disabled" }),
    );
}

fn time(millis: u32) -> String {
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

fn next_hop(words: &mut Words, hop: &Hop, dev: Option<&str>) {
    words.add("nexthop");
    words.option("via", hop.via.map(via));
    words.option("dev", dev);
    words.option("weight", Some(u16::from(hop.weight) + 1));
    if hop.onlink {
        words.add("onlink");
    }
    words.option("encap", hop.encap.as_ref().map(tunnel));
    words.option("realm", hop.realms.map(realms));
}

fn via(address: IpAddr) -> String {
    let family = if address.is_ipv4() { "inet" } else { "inet6" };
    format!("{family} {address}")
}

fn realms(both: u32) -> String {
    match (both >> 16, both & 0xffff) {
        (0, to) => to.to_string(),
        (from, to) => format!("{from}/{to}"),
    }
}

const fn kind(number: u8) -> Option<&'static str> {
    Some(match number {
        // RTN_* of linux/rtnetlink.h
        2 => "local",
        3 => "broadcast",
        4 => "anycast",
        5 => "multicast",
        route_type::BLACKHOLE => "blackhole",
        route_type::UNREACHABLE => "unreachable",
        route_type::PROHIBIT => "prohibit",
        route_type::THROW => "throw",
        _ => return None,
    })
}

fn tunnel(encap: &Encap) -> String {
    match encap {
        Encap::Mpls(labels) => {
            let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
            format!("mpls {}", labels.join("/"))
        }
        Encap::Ila(locator) => format!("ila {locator}"),
        Encap::Ip(tunnel) => ip_tunnel(tunnel),
    }
}

fn ip_tunnel(tunnel: &IpTunnel) -> String {
    let mut words = Words(String::from(if tunnel.v6 { "ip6" } else { "ip" }));
    let (tos, ttl) = if tunnel.v6 {
        ("tc", "hoplimit")
    } else {
        ("tos", "ttl")
    };
    words.option("id", tunnel.id);
    words.option("dst", tunnel.to);
    words.option("src", tunnel.from);
    words.option(tos, tunnel.tos);
    words.option(ttl, tunnel.ttl);
    words.option("flags", tunnel.flags.map(|flags| format!("{flags:#x}")));
    words.0
}

pub(crate) fn rule(rule: &Rule) -> String {
    let r = &rule.rule;
    let mut words = Words::default();
    if r.not {
        words.add("not");
    }
    match (r.from, r.to) {
        (None, None) if r.family == Family::V6 => words.add("inet6 from all"),
        (None, _) => words.add("from all"),
        (Some(from), _) => words.add(format_args!("from {}", shown(from))),
    }
    words.option("to", r.to.map(shown));
    words.option("priority", Some(r.priority));
    words.option("tos", Some(format!("{:#x}", r.tos)));
    words.option(
        "fwmark",
        r.mark.map(|(mark, mask)| match mask {
            u32::MAX => format!("{mark:#x}"),
            mask => format!("{mark:#x}/{mask:#x}"),
        }),
    );
    words.option("iif", r.iif.as_ref());
    words.option("oif", r.oif.as_ref());
    words.option("suppress_prefixlength", r.suppress_prefix);
    words.option("suppress_ifgroup", r.suppress_group);
    words.option("tunnel-id", r.tunnel);
    words.option("uidrange", r.users.map(span));
    if r.action == Action::L3mdev {
        words.add("l3mdev");
    }
    if !rule.no_track {
        words.option("protocol", Some(r.protocol));
    }
    words.option("ipproto", r.ip_protocol);
    words.option("sport", r.source_ports.map(span));
    words.option("dport", r.destination_ports.map(span));
    words.option(
        "realms",
        r.realms
            .map(|both| format!("{}/{}", both >> 16, both & 0xffff)),
    );
    match r.action {
        Action::Table(table) => words.add(format_args!("lookup {table}")),
        Action::L3mdev => words.add("lookup 0"),
        Action::Goto(target) => words.add(format_args!("goto {target}")),
        Action::Nop => words.add("nop"),
        Action::Blackhole => words.add("type blackhole"),
        Action::Unreachable => words.add("type unreachable"),
        Action::Prohibit => words.add("type prohibit"),
    }
    if rule.no_track {
        words.add("no_track");
    }
    words.0.trim_start().to_owned()
}

fn span<T: std::fmt::Display>((from, to): (T, T)) -> String {
    format!("{from}-{to}")
}
