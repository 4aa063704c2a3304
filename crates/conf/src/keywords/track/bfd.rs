//! `bfd_instance`: its plain words.
use crate::keywords::fit;
use crate::table::{Keyword, Set};

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
