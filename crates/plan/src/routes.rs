//! Lines of `virtual_routes` and `static_routes`.
use crate::encap;
use crate::names::{Names, number};
use conf::config::{Route as Line, RouteWord};
use conf::{Diagnostic, Pass, Severity, Span};
use ledger::{Hop, Insert, route_type};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::Prefix;

/// Who put a route there: the mark by which a tracked one is known again.
const KEEPALIVED: u8 = 18;
/// Shortest time that the original passes on to TCP.
const MIN_RTO_MS: u32 = 200;

/// `RTAX_*` numbers of `linux/rtnetlink.h`.
const METRICS: &[(&str, u16)] = &[
    ("advmss", 8),
    ("cwnd", 7),
    ("fastopen_no_cookie", 17),
    ("hoplimit", 10),
    ("initcwnd", 11),
    ("initrwnd", 14),
    ("mtu", 2),
    ("quickack", 15),
    ("reordering", 9),
    ("rto_min", 13),
    ("rtt", 4),
    ("rttvar", 5),
    ("ssthresh", 6),
    ("window", 3),
];
const FEATURES: u16 = 12;
const FEATURE_ECN: u32 = 1;
const CONGESTION: u16 = 16;

/// A route that comes and goes with an instance, or stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// As the kernel takes it, but that its hops lack the index of their interface.
    pub route: ledger::Route,
    /// The interface of each hop, by name.
    pub devs: Vec<Option<String>>,
    /// `no_track`: somebody deleting it does not matter.
    pub no_track: bool,
}

/// The meaning of all lines; one that makes no sense is left out and told.
pub(crate) fn build(lines: &[Line], names: &Names, findings: &mut Vec<Diagnostic>) -> Vec<Route> {
    let one = |line: &Line| {
        let result = Builder::default().line(line, names, findings);
        result.unwrap_or_else(|(text, at)| {
            findings.push(found(Severity::Error, text, at));
            None
        })
    };
    lines.iter().filter_map(one).collect()
}

pub(crate) fn found(severity: Severity, text: String, at: Span) -> Diagnostic {
    let found = Diagnostic::new("route", severity, text).at(at);
    Diagnostic {
        pass: Pass::Role,
        ..found
    }
}

/// Why a line is left out, and where it says so.
type Refused = (String, Span);

/// Picks the words up in any order.
#[derive(Default)]
struct Builder {
    destination: Option<Destination>,
    v6: bool,
    kind: Option<u8>,
    first: Way,
    /// `or`.
    other: Option<IpAddr>,
    /// `nexthop`.
    more: Vec<Way>,
    locked: u32,
    route: Option<ledger::Route>,
    no_track: bool,
    protocol: Option<u8>,
}

enum Destination {
    Given(Prefix),
    /// Of the family that the other words have.
    Any,
}

/// A hop, and its interface by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Way {
    pub(crate) hop: Hop,
    pub(crate) dev: Option<String>,
}

impl Builder {
    fn line(
        mut self,
        line: &Line,
        names: &Names,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<Option<Route>, Refused> {
        self.v6 = line.get("inet6").is_some();
        let nowhere = Prefix::from(IpAddr::from([0, 0, 0, 0]));
        let mut route = ledger::Route::new(nowhere, Vec::new());
        for word in &line.words {
            self.word(word, names, &mut route, findings)?;
        }
        self.route = Some(route);
        self.finish(line.span)
    }

    fn word(
        &mut self,
        word: &RouteWord,
        names: &Names,
        route: &mut ledger::Route,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<(), Refused> {
        let (text, at) = (&*word.value.value, word.value.span);
        let refuse = |what: &str| (format!("Invalid {what} {text} specified for route"), at);
        match word.name {
            "to" => self.destination = Some(destination(text, &mut self.v6)),
            "type" => self.kind = kind(text),
            "via" | "gw" => self.first.hop.via = text.parse().ok(),
            "or" => self.other = text.parse().ok(),
            "dev" | "oif" => self.first.dev = Some(text.to_owned()),
            "onlink" => self.first.hop.onlink = true,
            "realms" => {
                let realms = names.realms(text).ok_or_else(|| refuse("realms"))?;
                self.first.hop.realms = Some(realms);
            }
            "encap" => self.encap(text, at, names)?,
            "nexthop" => self.more = hops(text, names).ok_or_else(|| refuse("nexthop"))?,
            "no_track" => self.no_track = true,
            "protocol" => {
                self.protocol = Some(names.protocol(text).ok_or_else(|| refuse("protocol"))?);
            }
            "table" => {
                let missing = || (format!("Routing table {text} not found for route"), at);
                route.table = names.table(text).ok_or_else(missing)?;
            }
            "scope" => route.scope = Some(names.scope(text).ok_or_else(|| refuse("scope"))?),
            "tos" | "dsfield" => {
                route.tos = names.service(text).ok_or_else(|| refuse("tos"))?;
            }
            "metric" | "preference" | "priority" => {
                route.metric = number(text).ok_or_else(|| refuse(word.name))?;
            }
            "src" => route.source = text.parse().ok(),
            "from" => route.from = prefix(text),
            "expires" => route.expires = number(text),
            "pref" => route.preference = Some(preference(text).ok_or_else(|| refuse("pref"))?),
            "ttl-propagate" => route.ttl_propagate = Some(text == "enabled"),
            "append" => route.insert = Insert::Append,
            "add" => route.insert = Insert::Exclusive,
            "vrf" => {
                let missing = || (format!("Route specified VRF {text} is not a VRF"), at);
                route.table = names.vrfs.get(text).copied().ok_or_else(missing)?;
            }
            "as" => {
                let text = "\"as to\" for MPLS only - ignoring".to_owned();
                findings.push(found(Severity::Error, text, at));
            }
            _ => self.metric(word, route, findings)?,
        }
        Ok(())
    }

    fn encap(&mut self, text: &str, at: Span, names: &Names) -> Result<(), Refused> {
        let refuse = || (format!("Invalid encap {text} specified for route"), at);
        let mut words = text.split_ascii_whitespace().peekable();
        self.first.hop.encap = Some(encap::parse(&mut words).ok_or_else(refuse)?);
        // the words behind the tunnel are those of the hop again
        way(&mut self.first, &mut words, names).ok_or_else(refuse)
    }

    fn metric(
        &mut self,
        word: &RouteWord,
        route: &mut ledger::Route,
        findings: &mut Vec<Diagnostic>,
    ) -> Result<(), Refused> {
        let (text, at) = (&*word.value.value, word.value.span);
        let refuse = || {
            (
                format!("Invalid {} {text} specified for route", word.name),
                at,
            )
        };
        let metric = METRICS.iter().find(|(name, _)| *name == word.name);
        match (word.name, metric) {
            ("lock", _) => self.locked |= lock_bit(text),
            ("congctl", _) => route.congestion = Some(text.to_owned()),
            ("features", _) if text == "ecn" => route.metrics.push((FEATURES, FEATURE_ECN)),
            ("features", _) => return Err(refuse()),
            ("rtt" | "rttvar" | "rto_min", Some((_, metric))) => {
                let time = time(word.name, text).ok_or_else(refuse)?;
                if time.raised {
                    let short = word.name.trim_end_matches("_min").trim_end_matches("var");
                    let text =
                        format!("{short} value {text} below minimum {MIN_RTO_MS}ms, resetting");
                    findings.push(found(Severity::Warning, text, at));
                }
                route.metrics.push((*metric, time.value));
            }
            (_, Some((_, metric))) => {
                route
                    .metrics
                    .push((*metric, number(text).ok_or_else(refuse)?));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self, span: Span) -> Result<Option<Route>, Refused> {
        let v6 = self.v6 || self.is_v6();
        let (Some(mut route), Some(destination)) = (self.route, self.destination) else {
            return Ok(None);
        };
        route.destination = match destination {
            Destination::Given(prefix) => prefix,
            Destination::Any => any(v6),
        };
        if !v6 && route.scope.is_none() {
            route.scope = Some(0);
        }
        route.kind = self.kind.unwrap_or(route_type::UNICAST);
        route.locked = self.locked;
        let mixed = || {
            (
                "Cannot mix IPv4 and IPv6 addresses for route".to_owned(),
                span,
            )
        };
        if route.destination.addr().is_ipv6() != v6 {
            return Err(mixed());
        }
        let mut ways = self.more;
        if ways.is_empty() && self.first != Way::default() {
            let other = self.other.map(|via| Way {
                hop: Hop {
                    via: Some(via),
                    ..self.first.hop.clone()
                },
                dev: self.first.dev.clone(),
            });
            ways.push(self.first);
            ways.extend(other);
        }
        let (hops, devs) = ways.into_iter().map(|way| (way.hop, way.dev)).unzip();
        route.hops = hops;
        route.protocol = protocol(self.protocol, self.no_track);
        Ok(Some(Route {
            route,
            devs,
            no_track: self.no_track,
        }))
    }

    fn is_v6(&self) -> bool {
        let route = self.route.as_ref();
        let given = match self.destination {
            Some(Destination::Given(prefix)) => Some(prefix.addr()),
            _ => None,
        };
        let named = [given, route.and_then(|route| route.source)];
        // a gateway may be of the other family only for IPv4 routes, whose destination says so
        let gateways = self.more.iter().map(|way| way.hop.via);
        let mut all = named
            .into_iter()
            .chain([self.first.hop.via])
            .chain(gateways)
            .flatten();
        all.next().is_some_and(|address| address.is_ipv6())
    }
}

/// What is tracked has to bear our mark, by which its loss is heard.
const fn protocol(written: Option<u8>, no_track: bool) -> u8 {
    match written {
        Some(protocol) if no_track => protocol,
        _ => KEEPALIVED,
    }
}

fn any(v6: bool) -> Prefix {
    let (v4, v6_any) = (IpAddr::from([0; 4]), IpAddr::from([0_u16; 8]));
    let address = if v6 { v6_any } else { v4 };
    Prefix::new(address, 0).unwrap_or(Prefix::from(address))
}

fn destination(text: &str, v6: &mut bool) -> Destination {
    *v6 |= text == "default6";
    prefix(text).map_or(Destination::Any, Destination::Given)
}

/// An address with or without a length.
pub(crate) fn prefix(text: &str) -> Option<Prefix> {
    match text.split_once('/') {
        Some((address, length)) => Prefix::new(address.parse().ok()?, length.parse().ok()?).ok(),
        None => text.parse::<IpAddr>().ok().map(Prefix::from),
    }
}

fn kind(text: &str) -> Option<u8> {
    Some(match text {
        "unicast" => route_type::UNICAST,
        "local" => 2,
        "broadcast" => 3,
        "anycast" => 4,
        "multicast" => 5,
        "blackhole" => route_type::BLACKHOLE,
        "unreachable" => route_type::UNREACHABLE,
        "prohibit" => route_type::PROHIBIT,
        "throw" => route_type::THROW,
        "nat" => 10,
        "xresolve" => 11,
        number => number.parse().ok()?,
    })
}

/// RFC 4191.
fn preference(text: &str) -> Option<u8> {
    match text {
        "medium" => Some(0),
        "high" => Some(1),
        "low" => Some(3),
        _ => None,
    }
}

fn lock_bit(name: &str) -> u32 {
    let known = METRICS.iter().find(|(metric, _)| *metric == name);
    let metric = match name {
        "congctl" => CONGESTION,
        _ => known.map_or(0, |(_, metric)| *metric),
    };
    1 << metric & !1
}

struct Time {
    /// In the kernel's unit: 1/8 ms (`rtt`), 1/4 ms (`rttvar`), 1 ms (`rto_min`).
    value: u32,
    raised: bool,
}

/// A number with `ms` or `s`, or in the kernel's unit.
fn time(name: &str, text: &str) -> Option<Time> {
    let scale = match name {
        "rtt" => 8,
        "rttvar" => 4,
        _ => 1,
    };
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits);
    let factor = match unit {
        "" => 1,
        "ms" | "msec" | "msecs" => scale,
        "s" | "sec" | "secs" => 1000 * scale,
        _ => return None,
    };
    let value = digits.parse::<u32>().ok()?.checked_mul(factor)?;
    let least = MIN_RTO_MS * scale;
    Some(Time {
        value: value.max(least),
        raised: value < least,
    })
}

/// `via … dev … nexthop via …`: what stands behind the first `nexthop`.
fn hops(text: &str, names: &Names) -> Option<Vec<Way>> {
    let mut ways = Vec::new();
    for part in format!(" {text} ").split(" nexthop ") {
        let mut one = Way::default();
        way(
            &mut one,
            &mut part.split_ascii_whitespace().peekable(),
            names,
        )?;
        ways.push(one);
    }
    Some(ways)
}

/// The words of one hop; `None` when one of them is no such word.
fn way<'a>(
    way: &mut Way,
    words: &mut core::iter::Peekable<impl Iterator<Item = &'a str>>,
    names: &Names,
) -> Option<()> {
    while let Some(word) = words.next() {
        match word {
            "via" | "gw" => {
                let next = words.next()?;
                let next = if matches!(next, "inet" | "inet6") {
                    words.next()?
                } else {
                    next
                };
                way.hop.via = Some(next.parse().ok()?);
            }
            "dev" | "oif" => way.dev = Some(words.next()?.to_owned()),
            "onlink" => way.hop.onlink = true,
            "weight" => {
                let weight: u16 = words.next()?.parse().ok()?;
                way.hop.weight = u8::try_from(weight.checked_sub(1)?).ok()?;
            }
            "realms" => way.hop.realms = Some(names.realms(words.next()?)?),
            "encap" => way.hop.encap = Some(encap::parse(words)?),
            _ => return None,
        }
    }
    Some(())
}
