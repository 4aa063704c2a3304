//! `bfd_instance`.
use super::{named, weight};
use crate::config::Bfd;
use crate::keywords::fit;
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Diagnostic, Severity, Spanned};
use std::net::IpAddr;

/// `bfd_instance`.
pub(in crate::keywords) static BFD_ROWS: &[Keyword] = &[
Keyword::new("checker", Set::Flag(|cx| cx.bfd.checker = true), "Events go to the checker process only."),
Keyword::new("hoplimit", Set::Int { min: 1, max: 255, set: |cx, v| cx.bfd.ttl = Some(v.map(fit)) }, "Same as ttl.").complaint("Configuration error: BFD instance {} ttl/hoplimit value {v} not valid (must be in range [1-255]), ignoring"),
Keyword::new("idle_tx", Set::Millis { min: 1_000_000, max: 4_294_967_000, set: |cx, v| cx.bfd.idle_tx = Some(v) }, "Transmit interval while session not up.").default("1000").unit("milliseconds").complaint("Configuration error: BFD instance {} idle_tx value {v} is not valid (must be in range [1000-4294967]), ignoring"),
Keyword::new("max_hops", Set::Int { min: -1, max: 255, set: |cx, v| cx.bfd.max_hops = Some(v.map(fit)) }, "Maximum hops on reception; -1 effective only with ttl 255.").default("0").complaint("Configuration error: BFD instance {} max_hops value {v} not valid (must be in range [-1-255]), ignoring"),
Keyword::new("min_rx", Set::Millis { min: 1000, max: 4_294_967_000, set: |cx, v| cx.bfd.min_rx = Some(v) }, "Required minimum receive interval.").default("10").unit("milliseconds").complaint("Configuration error: BFD instance {} min_rx value {v} is not valid (must be in range [1-4294967]), ignoring"),
Keyword::new("min_tx", Set::Millis { min: 1000, max: 4_294_967_000, set: |cx, v| cx.bfd.min_tx = Some(v) }, "Desired minimum transmit interval.").default("10").unit("milliseconds").complaint("Configuration error: BFD instance {} min_tx value {v} is not valid (must be in range [1-4294967]), ignoring"),
Keyword::new("multihop", Set::Bool(|cx, v| cx.bfd.multihop = Some(v)), "RFC5883 multihop, port 4784.").since("2.2.8").complaint("Configuration error: BFD instance {} multihop setting not valid - {v}"),
Keyword::new("multiplier", Set::Int { min: 1, max: 255, set: |cx, v| cx.bfd.multiplier = Some(v.map(fit)) }, "Detection multiplier.").default("5").complaint("Configuration error: BFD instance {} multiplier value {v} not valid (must be in range [1-255]), ignoring"),
Keyword::new("neighbor_ip", Set::Address(|cx, v| cx.bfd.neighbor_ip = Some(v)), "Remote address, mandatory.").complaint("Configuration error: BFD instance {} has malformed neighbor address {v}, ignoring instance"),
Keyword::new("neighbour_ip", Set::Address(|cx, v| cx.bfd.neighbor_ip = Some(v)), "Same as neighbor_ip.").complaint("Configuration error: BFD instance {} has malformed neighbor address {v}, ignoring instance"),
Keyword::new("passive", Set::Flag(|cx| cx.bfd.passive = true), "Wait for neighbour to start."),
Keyword::new("source_ip", Set::Address(|cx, v| cx.bfd.source_ip = Some(v)), "Local address.").complaint("Configuration error: BFD instance {} has malformed source address {v}, ignoring"),
Keyword::new("ttl", Set::Int { min: 1, max: 255, set: |cx, v| cx.bfd.ttl = Some(v.map(fit)) }, "Outgoing TTL.").default("255 IPv4, 64 IPv6").complaint("Configuration error: BFD instance {} ttl/hoplimit value {v} not valid (must be in range [1-255]), ignoring"),
Keyword::new("vrrp", Set::Flag(|cx| cx.bfd.vrrp = true), "Events go to the VRRP process only."),
];

pub(super) static BFD_OWN: &[Keyword] = &[Keyword::new(
    "weight",
    Set::Line {
        args: "<-253..253> [reverse]",
        set: |cx, line| {
            if line.need(cx, 1).is_none() {
                return;
            }
            let complaint = format!(
                "Configuration error: BFD instance {} weight value {{v}} not valid (must be in range [-253-253]), ignoring",
                cx.name
            );
            cx.bfd.weight = weight(cx, line, 253, &complaint, "").or(cx.bfd.weight);
        },
    },
    "Weight for instances that track the session without naming one.",
)
.default("0")];

pub(in crate::keywords) fn open_bfd(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line).filter(|name| is_new_session(cx, name));
    cx.bfd = Bfd {
        name: name.clone().unwrap_or_default(),
        ..Bfd::default()
    };
    name.is_some()
}

fn is_new_session(cx: &mut Cx, name: &Spanned<Box<str>>) -> bool {
    let Some(&first) = cx.names.bfds.get(&name.value) else {
        return true;
    };
    let text = format!("BFD {} already specified", name.value);
    let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
    cx.push(
        found
            .label(first, "first defined here")
            .help("the block is left out"),
    );
    false
}

pub(in crate::keywords) fn close_bfd(cx: &mut Cx) {
    let mut block = std::mem::take(&mut cx.bfd);
    if block.neighbor_ip.is_none() {
        let text = format!(
            "Configuration error: BFD instance {} has no neighbor address set, disabling instance",
            block.name.value
        );
        return cx.report("no-neighbour", Severity::Error, text, block.name.span);
    }
    if let (Some(source), Some(neighbour)) = (block.source_ip, block.neighbor_ip)
        && source.value.is_ipv4() != neighbour.value.is_ipv4()
    {
        let text = format!(
            "Configuration error: BFD instance {} source address {} and neighbor address {} are not of the same family, disabling instance",
            block.name.value, source.value, neighbour.value
        );
        return cx.report("source-family", Severity::Error, text, source.span);
    }
    let other = cx.config.bfds.iter().find(|other| {
        let value = |address: Option<Spanned<IpAddr>>| address.map(|at| at.value);
        let (ours, theirs) = (value(block.source_ip), value(other.source_ip));
        let same_way = ours == theirs || ours.is_none() || theirs.is_none();
        same_way && value(other.neighbor_ip) == value(block.neighbor_ip)
    });
    if let (Some(other), Some(neighbour)) = (other, block.neighbor_ip) {
        let text = format!(
            "Configuration error: BFD instance {} has duplicate neighbor address {}, ignoring instance",
            block.name.value, neighbour.value
        );
        let text = match block.source_ip {
            None => text,
            Some(source) => text.replace(
                &format!("neighbor address {}", neighbour.value),
                &format!(
                    "source/neighbor address {}/{}",
                    source.value, neighbour.value
                ),
            ),
        };
        let found = Diagnostic::new("duplicate-neighbour", Severity::Error, text);
        let found = found
            .at(neighbour.span)
            .label(other.name.span, "the other one");
        return cx.push(found);
    }
    let ipv6 = block.neighbor_ip.is_some_and(|at| at.value.is_ipv6());
    let ttl = block
        .ttl
        .map_or(if ipv6 { 64 } else { 255 }, |ttl| i16::from(ttl.value));
    // -1 is more than any but the largest
    if let Some(hops) = block.max_hops
        && (hops.value > ttl || (hops.value < 0 && ttl < 255))
    {
        let text = format!(
            "BFD instance {}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit",
            block.name.value
        );
        cx.report("bfd-hops", Severity::Warning, text, hops.span);
        block.max_hops = Some(hops.map(|_| ttl));
    }
    cx.names
        .bfds
        .insert(block.name.value.clone(), block.name.span);
    cx.config.bfds.push(block);
}
