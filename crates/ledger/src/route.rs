//! Routes: what the kernel calls one, and when two are the same.
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use wire::Prefix;

/// Types of routes (`RTN_*`).
pub mod route_type {
    /// To a neighbour or gateway.
    pub const UNICAST: u8 = 1;
    /// Dropped silently.
    pub const BLACKHOLE: u8 = 6;
    /// Dropped with "host unreachable".
    pub const UNREACHABLE: u8 = 7;
    /// Dropped with "administratively prohibited".
    pub const PROHIBIT: u8 = 8;
    /// Looked up in the next table.
    pub const THROW: u8 = 9;
}

/// Where a new route goes among those of the same destination and metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Insert {
    /// Before them.
    #[default]
    Prepend,
    /// After them.
    Append,
    /// Nowhere: it is an error if there is one.
    Exclusive,
}

/// One way of a route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Hop {
    /// The gateway, possibly of the other family.
    pub via: Option<IpAddr>,
    /// Index of the interface.
    pub link: Option<u32>,
    /// The gateway is a neighbour although no address says so.
    pub onlink: bool,
    /// Share of the traffic, 0 to 255 for the shares 1 to 256.
    pub weight: u8,
    /// Realms, the first in the high half.
    pub realms: Option<u32>,
    /// Put into another packet on the way.
    pub encap: Option<Encap>,
}

/// A lightweight tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encap {
    /// Into IPv4 or IPv6, as the endpoints are.
    Ip(IpTunnel),
    /// Under a stack of labels of 20 bits each, the outermost first.
    Mpls(Vec<u32>),
    /// Identifier locator addressing: the locator.
    Ila(u64),
}

/// Fields of an IP tunnel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct IpTunnel {
    /// IPv6 rather than IPv4.
    pub v6: bool,
    /// Key.
    pub id: Option<u64>,
    /// The other end.
    pub to: Option<IpAddr>,
    /// This end.
    pub from: Option<IpAddr>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// Time to live or hop limit.
    pub ttl: Option<u8>,
    /// `TUNNEL_*` bits.
    pub flags: Option<u16>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Route {
    /// Where to; it also says the family.
    pub destination: Prefix,
    /// One of [`route_type`].
    pub kind: u8,
    /// Routing table (254 main).
    pub table: u32,
    /// Who put it there (18 keepalived).
    pub protocol: u8,
    /// Kernel scope number; `None`: what fits the type.
    pub scope: Option<u8>,
    /// Metric, the lower the better; 0: the kernel's default.
    pub metric: u32,
    /// Type of service it is for (IPv4).
    pub tos: u8,
    /// Only for packets from here (IPv6).
    pub from: Option<Prefix>,
    /// Preferred source address.
    pub source: Option<IpAddr>,
    /// The ways: none for blackholes, one, or several to share the traffic.
    pub hops: Vec<Hop>,
    /// Metrics by their number (`RTAX_*`).
    pub metrics: Vec<(u16, u32)>,
    /// Bits `1 << RTAX_*` of metrics that the kernel may not change.
    pub locked: u32,
    /// Congestion control algorithm.
    pub congestion: Option<String>,
    /// Seconds until it goes (IPv6).
    pub expires: Option<u32>,
    /// Router preference: 0 medium, 1 high, 3 low (IPv6, RFC 4191).
    pub preference: Option<u8>,
    /// Whether the TTL is carried into MPLS.
    pub ttl_propagate: Option<bool>,
    /// Where it goes among its like.
    pub insert: Insert,
}

impl Route {
    /// A unicast route in the main table, tagged as ours, with nothing else said.
    pub const fn new(destination: Prefix, hops: Vec<Hop>) -> Self {
        Route {
            destination,
            kind: route_type::UNICAST,
            table: 254,
            protocol: 18,
            scope: None,
            metric: 0,
            tos: 0,
            from: None,
            source: None,
            hops,
            metrics: Vec::new(),
            locked: 0,
            congestion: None,
            expires: None,
            preference: None,
            ttl_propagate: None,
            insert: Insert::Prepend,
        }
    }

    /// What the kernel tells it apart by.
    pub fn key(&self) -> RouteKey {
        // The kernel fills in 1024 for IPv6.
        let v6 = matches!(self.destination, Prefix::V6(_));
        let metric = if v6 && self.metric == 0 {
            1024
        } else {
            self.metric
        };
        RouteKey {
            table: self.table,
            destination: self.destination.trunc(),
            from: self
                .from
                .map(|from| from.trunc())
                .filter(|from| from.prefix_len() > 0),
            tos: self.tos,
            metric,
            protocol: self.protocol,
            kind: self.kind,
            via: self.hops.first().and_then(|hop| hop.via),
        }
    }

    /// Whether packets really leave by it.
    const fn has_ways(&self) -> bool {
        !matches!(
            self.kind,
            route_type::BLACKHOLE
                | route_type::UNREACHABLE
                | route_type::PROHIBIT
                | route_type::THROW
        )
    }

    /// Whether what the kernel `has` is what this asks for; what is not asked for may be any way.
    pub(crate) fn is_met_by(&self, has: &Route) -> bool {
        let hops = !self.has_ways()
            || (self.hops.len() == has.hops.len()
                && self
                    .hops
                    .iter()
                    .zip(&has.hops)
                    .all(|(asked, has)| asked.is_met_by(has)));
        hops && self
            .metrics
            .iter()
            .all(|metric| has.metrics.contains(metric))
            && asked(self.source, has.source)
            && asked(self.scope, has.scope)
            && asked(self.preference, has.preference)
            && (self.congestion.is_none() || self.congestion == has.congestion)
    }

    /// Whether it may use the link: what goes with the link or with an address on it. Without a
    /// name the kernel chose one, and it may be any.
    pub(crate) fn may_use(&self, index: u32) -> bool {
        let on = |hop: &Hop| hop.link.is_none_or(|link| link == index);
        self.has_ways() && self.hops.iter().any(on)
    }
}

impl Hop {
    fn is_met_by(&self, has: &Hop) -> bool {
        self.via == has.via
            && asked(self.link, has.link)
            && self.onlink == has.onlink
            && self.weight == has.weight
            && self.encap.is_some() == has.encap.is_some()
    }
}

fn asked<T: PartialEq + Copy>(asked: Option<T>, has: Option<T>) -> bool {
    asked.is_none() || asked == has
}

/// What the kernel tells routes apart by, as far as ours can collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteKey {
    /// Routing table.
    pub table: u32,
    /// Destination without host bits.
    pub destination: Prefix,
    /// Source network (IPv6).
    pub from: Option<Prefix>,
    /// Type of service.
    pub tos: u8,
    /// Metric as the kernel keeps it.
    pub metric: u32,
    /// Who put it there.
    pub protocol: u8,
    /// Type.
    pub kind: u8,
    /// The first gateway.
    pub via: Option<IpAddr>,
}
