//! Routes.
use super::encap;
use super::error::Error;
use super::ip::{INET, INET6, family_of, octets, parse_ip, parse_network, parse_octets};
use super::socket::{Dump, Socket};
use super::tlv::{Attr, Attrs, Message, number};
use super::uapi;
use ledger::{Hop, Insert, Route, route_type};
use std::net::IpAddr;

const RTA_DST: u16 = 1;
const RTA_SRC: u16 = 2;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PRIORITY: u16 = 6;
const RTA_PREFSRC: u16 = 7;
const RTA_METRICS: u16 = 8;
const RTA_MULTIPATH: u16 = 9;
const RTA_FLOW: u16 = 11;
const RTA_TABLE: u16 = 15;
const RTA_VIA: u16 = 18;
const RTA_PREF: u16 = 20;
const RTA_ENCAP_TYPE: u16 = 21;
const RTA_ENCAP: u16 = 22;
const RTA_EXPIRES: u16 = 23;
const RTA_TTL_PROPAGATE: u16 = 26;
const RTAX_LOCK: u16 = 1;
const RTAX_CC_ALGO: u16 = 16;
const RTNH_F_ONLINK: u8 = 4;
const RTM_F_CLONED: u32 = 0x200;
/// In the header's octet for tables beyond 255; the attribute has the number.
const TABLE_COMPAT: u8 = 252;
const SCOPE_UNIVERSE: u8 = 0;
const SCOPE_LINK: u8 = 253;
const SCOPE_HOST: u8 = 254;
/// "Any" when deleting.
const SCOPE_NOWHERE: u8 = 255;
const LOCAL: u8 = 2;
/// Size of `struct rtmsg`.
const HEADER: usize = 12;

/// `RTM_NEWROUTE` for a route of ours.
pub(super) fn add_message(route: &Route) -> Message {
    let insert = match route.insert {
        Insert::Prepend => 0,
        Insert::Append => uapi::NLM_F_APPEND,
        Insert::Exclusive => uapi::NLM_F_EXCL,
    };
    let header = header(route, scope(route));
    let mut message = Message::new(uapi::RTM_NEWROUTE, uapi::NLM_F_CREATE | insert, &header);
    message = identity(message, route)
        .attr_if(RTA_PREFSRC, route.source.map(octets))
        .attr_if(RTA_EXPIRES, route.expires.map(u32::to_ne_bytes))
        .attr_if(RTA_PREF, route.preference.map(|preference| [preference]))
        .attr_if(
            RTA_TTL_PROPAGATE,
            route.ttl_propagate.map(|on| [u8::from(on)]),
        );
    if !route.metrics.is_empty() || route.congestion.is_some() {
        message = message.nest(RTA_METRICS, |metrics| describe_metrics(metrics, route));
    }
    describe_hops(message, route, true)
}

/// `RTM_DELROUTE` for the same route and no other.
pub(super) fn delete_message(route: &Route) -> Message {
    let header = header(route, route.scope.unwrap_or(SCOPE_NOWHERE));
    let message = Message::new(uapi::RTM_DELROUTE, 0, &header);
    describe_hops(identity(message, route), route, false)
}

/// `struct rtmsg`.
fn header(route: &Route, scope: u8) -> [u8; HEADER] {
    let family = family_of(route.destination.addr());
    let from = route.from.map_or(0, |from| from.prefix_len());
    let table = u8::try_from(route.table).unwrap_or(TABLE_COMPAT);
    let onlink = matches!(route.hops.as_slice(), [hop] if hop.onlink);
    let [a, b, c, d] = if onlink { u32::from(RTNH_F_ONLINK) } else { 0 }.to_ne_bytes();
    let length = route.destination.prefix_len();
    [
        family,
        length,
        from,
        route.tos,
        table,
        route.protocol,
        scope,
        route.kind,
        a,
        b,
        c,
        d,
    ]
}

/// What fits the type, as with the usual tools; IPv6 knows only one scope.
fn scope(route: &Route) -> u8 {
    let gateway = route.hops.iter().any(|hop| hop.via.is_some());
    match route.kind {
        _ if route.scope.is_some() => route.scope.unwrap_or(SCOPE_UNIVERSE),
        _ if route.destination.addr().is_ipv6() => SCOPE_UNIVERSE,
        LOCAL => SCOPE_HOST,
        route_type::UNICAST if !gateway && route.hops.len() < 2 => SCOPE_LINK,
        _ => SCOPE_UNIVERSE,
    }
}

fn identity(message: Message, route: &Route) -> Message {
    let network = route.destination.trunc();
    let any = network.prefix_len() == 0;
    let from = route.from.map(|from| octets(from.trunc().addr()));
    let metric = (route.metric != 0).then(|| route.metric.to_ne_bytes());
    message
        .attr_if(RTA_DST, (!any).then(|| octets(network.addr())))
        .attr_if(RTA_SRC, from)
        .attr_u32(RTA_TABLE, route.table)
        .attr_if(RTA_PRIORITY, metric)
}

fn describe_metrics(message: Message, route: &Route) -> Message {
    let locked = (route.locked != 0).then(|| route.locked.to_ne_bytes());
    let values = route.metrics.iter();
    let message = values.fold(
        message.attr_if(RTAX_LOCK, locked),
        |message, (metric, value)| message.attr_u32(*metric, *value),
    );
    match &route.congestion {
        Some(name) => message.attr_text(RTAX_CC_ALGO, name),
        None => message,
    }
}

/// One way stands for itself, several in a list of `struct rtnexthop`, which happens to be laid
/// out like an attribute: length, two octets (flags and weight), interface, attributes.
fn describe_hops(message: Message, route: &Route, whole: bool) -> Message {
    let family = family_of(route.destination.addr());
    match route.hops.as_slice() {
        [] => message,
        [hop] => {
            let link = hop.link.map(u32::to_ne_bytes);
            describe_hop(message.attr_if(RTA_OIF, link), family, hop, whole)
        }
        hops => message.nest(RTA_MULTIPATH, |list| {
            hops.iter().fold(list, |list, hop| {
                let flags = if hop.onlink { RTNH_F_ONLINK } else { 0 };
                let head = u16::from_ne_bytes([flags, hop.weight]);
                let link = hop.link.unwrap_or(0).to_ne_bytes();
                list.nest_with(head, &link, |inner| describe_hop(inner, family, hop, whole))
            })
        }),
    }
}

fn describe_hop(message: Message, family: u8, hop: &Hop, whole: bool) -> Message {
    let message = match hop.via {
        None => message,
        Some(via) if family_of(via) == family => message.attr(RTA_GATEWAY, &octets(via)),
        Some(via) => {
            let mut payload = u16::from(family_of(via)).to_ne_bytes().to_vec();
            payload.extend(octets(via));
            message.attr(RTA_VIA, &payload)
        }
    };
    if !whole {
        return message;
    }
    let message = message.attr_if(RTA_FLOW, hop.realms.map(u32::to_ne_bytes));
    match &hop.encap {
        None => message,
        Some(tunnel) => message
            .attr(RTA_ENCAP_TYPE, &encap::kind(tunnel).to_ne_bytes())
            .nest(RTA_ENCAP, |inner| encap::describe(inner, tunnel)),
    }
}

/// Out of `RTM_NEWROUTE` or `RTM_DELROUTE`. `None` for other families and for what the kernel
/// made up for itself (IPv6 cache entries).
pub(super) fn parse(payload: &[u8]) -> Option<Route> {
    let [family, length, from, tos, table, protocol, scope, kind] = number(payload, 0)?;
    let flags = u32::from_ne_bytes(number(payload, 8)?);
    if !matches!(family, INET | INET6) || flags & RTM_F_CLONED != 0 {
        return None;
    }
    let attrs = Attrs::after(payload, HEADER);
    let value = |kind| attrs.find_kind(kind).and_then(Attr::u32);
    let octet = |kind| attrs.find_kind(kind).and_then(Attr::u8);
    let from = (from > 0).then(|| parse_network(family, attrs.find_kind(RTA_SRC), from));
    let metrics = attrs.find_kind(RTA_METRICS).map(Attr::nested);
    Some(Route {
        destination: parse_network(family, attrs.find_kind(RTA_DST), length)?,
        kind,
        table: value(RTA_TABLE).unwrap_or(table.into()),
        protocol,
        scope: (family == INET).then_some(scope),
        metric: value(RTA_PRIORITY).unwrap_or(0),
        tos,
        from: from.flatten(),
        source: attrs
            .find_kind(RTA_PREFSRC)
            .and_then(|attr| parse_ip(family, attr)),
        hops: parse_hops(family, flags, &attrs),
        metrics: metrics.clone().map(parse_metrics).unwrap_or_default(),
        locked: metrics
            .clone()
            .and_then(|m| m.find_kind(RTAX_LOCK)?.u32())
            .unwrap_or(0),
        congestion: metrics
            .and_then(|m| m.find_kind(RTAX_CC_ALGO))
            .map(Attr::text),
        expires: None,
        preference: octet(RTA_PREF),
        ttl_propagate: octet(RTA_TTL_PROPAGATE).map(|on| on != 0),
        insert: Insert::Prepend,
    })
}

fn parse_metrics(metrics: Attrs<'_>) -> Vec<(u16, u32)> {
    let plain = metrics.filter(|attr| attr.kind != RTAX_LOCK && attr.kind != RTAX_CC_ALGO);
    plain
        .filter_map(|attr| Some((attr.kind, attr.u32()?)))
        .collect()
}

fn parse_hops(family: u8, flags: u32, attrs: &Attrs<'_>) -> Vec<Hop> {
    if let Some(list) = attrs.find_kind(RTA_MULTIPATH) {
        return parse_list(family, list.payload);
    }
    let link = attrs.find_kind(RTA_OIF).and_then(Attr::u32);
    let onlink = flags & u32::from(RTNH_F_ONLINK) != 0;
    let hop = Hop {
        link,
        onlink,
        ..parse_hop(family, attrs)
    };
    if hop == Hop::default() {
        Vec::new()
    } else {
        vec![hop]
    }
}

/// A list of `struct rtnexthop`.
fn parse_list(family: u8, mut list: &[u8]) -> Vec<Hop> {
    let mut hops = Vec::new();
    while let Some([low, high, flags, weight, a, b, c, d]) = number(list, 0) {
        let length = usize::from(u16::from_ne_bytes([low, high]));
        let Some(whole) = list.get(..length).filter(|_| length >= 8) else {
            break;
        };
        let link = Some(u32::from_ne_bytes([a, b, c, d])).filter(|link| *link != 0);
        let onlink = flags & RTNH_F_ONLINK != 0;
        let inner = parse_hop(family, &Attrs::after(whole, 8));
        hops.push(Hop {
            link,
            onlink,
            weight,
            ..inner
        });
        list = list.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}

fn parse_hop(family: u8, attrs: &Attrs<'_>) -> Hop {
    let gateway = attrs
        .find_kind(RTA_GATEWAY)
        .and_then(|attr| parse_ip(family, attr));
    let via = gateway.or_else(|| parse_via(attrs.find_kind(RTA_VIA)?.payload));
    let kind = attrs
        .find_kind(RTA_ENCAP_TYPE)
        .and_then(|attr| number(attr.payload, 0));
    let tunnel = kind.zip(attrs.find_kind(RTA_ENCAP));
    Hop {
        via,
        realms: attrs.find_kind(RTA_FLOW).and_then(Attr::u32),
        encap: tunnel.and_then(|(kind, attr)| encap::parse(u16::from_ne_bytes(kind), attr)),
        ..Hop::default()
    }
}

/// `struct rtvia`: a family and an address.
fn parse_via(payload: &[u8]) -> Option<IpAddr> {
    let family = u16::from_ne_bytes(number(payload, 0)?);
    parse_octets(u8::try_from(family).ok()?, payload.get(2..)?)
}

impl Socket {
    /// The routes of both families with this protocol; 0: all.
    pub fn routes(&mut self, protocol: u8) -> Result<Vec<Route>, Error> {
        let mut routes = Vec::new();
        for family in [INET, INET6] {
            let header = [family, 0, 0, 0, 0, protocol, 0, 0, 0, 0, 0, 0];
            let request = Message::new(uapi::RTM_GETROUTE, 0, &header);
            let before = routes.len();
            self.dump(&request, |part| match part {
                Dump::Restart => routes.truncate(before),
                Dump::Object(payload) => routes.extend(parse(payload)),
            })?;
        }
        // Kernels without checked dumps send all.
        routes.retain(|route| protocol == 0 || route.protocol == protocol);
        Ok(routes)
    }
}
