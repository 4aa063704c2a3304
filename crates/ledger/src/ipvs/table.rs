//! What the table is made of.
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use wire::Family;

/// The protocols that can be balanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// The number in the IP header.
    pub const fn number(self) -> u8 {
        match self {
            Protocol::Tcp => 6,
            Protocol::Udp => 17,
            Protocol::Sctp => 132,
        }
    }

    /// The inverse of [`Protocol::number`].
    pub const fn from_number(number: u8) -> Option<Protocol> {
        match number {
            6 => Some(Protocol::Tcp),
            17 => Some(Protocol::Udp),
            132 => Some(Protocol::Sctp),
            _ => None,
        }
    }
}

impl Protocol {
    /// As log lines have it.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What makes a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServiceKey {
    /// Packets to an address and port (0: all ports).
    Address {
        /// Protocol.
        protocol: Protocol,
        /// Virtual address.
        address: IpAddr,
        /// Virtual port.
        port: u16,
    },
    /// Packets that the firewall has marked.
    Fwmark {
        /// Of which family.
        family: Family,
        /// With which mark.
        mark: u32,
    },
}

impl ServiceKey {
    /// The family of the packets.
    pub const fn family(&self) -> Family {
        match self {
            ServiceKey::Address {
                address: IpAddr::V4(_),
                ..
            } => Family::V4,
            ServiceKey::Address { .. } => Family::V6,
            ServiceKey::Fwmark { family, .. } => *family,
        }
    }
}

impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServiceKey::Address {
                protocol,
                address,
                port,
            } => write!(f, "[{address}]:{protocol}:{port}"),
            ServiceKey::Fwmark { mark, .. } => write!(f, "FWM {mark}"),
        }
    }
}

/// Switches of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServiceFlags {
    /// `ops`: every packet is scheduled for itself.
    pub one_packet: bool,
    /// Bits 0 to 2: `flag-1` to `flag-3` of the scheduler.
    pub scheduler: u8,
}

/// How a service balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Name of the scheduler (`rr`, `wlc` …).
    pub scheduler: String,
    /// Its switches.
    pub flags: ServiceFlags,
    /// `persistence_timeout`, in seconds; 0: none.
    pub persistence: u32,
    /// `persistence_granularity`: prefix length of what counts as one client.
    pub granularity: u8,
    /// `persistence_engine`.
    pub engine: Option<String>,
}

/// A destination within its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DestKey {
    /// Address of the real server; may be of another family than the service (tunnels).
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
}

/// How packets reach a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forwarding {
    /// Masquerading (`NAT`).
    Masquerade,
    /// Direct routing (`DR`).
    Direct,
    /// Through a tunnel (`TUN`).
    Tunnel(Tunnel),
    /// The kernel says so of destinations that are addresses of this machine.
    Local,
}

/// What a tunnel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tunnel {
    /// Kind.
    pub kind: TunnelKind,
    /// UDP port (GUE only).
    pub port: u16,
    /// Checksums: 0 none, 1 `csum`, 2 `remcsum`.
    pub checksum: u16,
}

/// Kind of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TunnelKind {
    /// IP in IP.
    #[default]
    Ipip,
    /// Generic UDP encapsulation.
    Gue,
    /// Generic routing encapsulation.
    Gre,
}

/// How a real server is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestSpec {
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Its weight; 0: no new connections.
    pub weight: u32,
    /// `uthreshold`: connections beyond which it gets no new ones; 0: no limit.
    pub upper: u32,
    /// `lthreshold`: connections below which it gets new ones again.
    pub lower: u32,
}

impl DestSpec {
    /// Whether the kernel's entry does what is wanted. A destination on this machine is shown as
    /// local, whatever was asked for.
    pub fn is_met_by(&self, seen: &DestSpec) -> bool {
        let local = seen.forwarding == Forwarding::Local;
        let wanted = DestSpec {
            forwarding: if local {
                Forwarding::Local
            } else {
                self.forwarding
            },
            ..*self
        };
        wanted == *seen
    }
}

/// A service and its destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// How it balances.
    pub spec: ServiceSpec,
    /// Among whom.
    pub dests: BTreeMap<DestKey, DestSpec>,
}

/// The whole table.
pub type Table = BTreeMap<ServiceKey, Service>;

/// A service as its owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What should be in the table now.
    pub service: Service,
    /// All destinations of the configuration, be they in the table now or not: these are ours.
    pub members: BTreeSet<DestKey>,
}

/// One change of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A new service.
    AddService(ServiceKey, ServiceSpec),
    /// Another way to balance; connections stay.
    EditService(ServiceKey, ServiceSpec),
    /// A service goes, with all its destinations.
    RemoveService(ServiceKey),
    /// A new destination.
    AddDest(ServiceKey, DestKey, DestSpec),
    /// Other numbers for a destination; connections stay.
    EditDest(ServiceKey, DestKey, DestSpec),
    /// A destination goes.
    RemoveDest(ServiceKey, DestKey),
}

impl Op {
    /// Makes it in a table as the kernel does; false where that refuses.
    pub fn is_taken_by(self, table: &mut Table) -> bool {
        match self {
            Op::AddService(key, spec) => {
                let dests = BTreeMap::new();
                let is_new = !table.contains_key(&key);
                is_new && table.insert(key, Service { spec, dests }).is_none()
            }
            Op::EditService(key, spec) => {
                let service = table.get_mut(&key);
                service.map(|service| service.spec = spec).is_some()
            }
            Op::RemoveService(key) => table.remove(&key).is_some(),
            Op::AddDest(key, dest, spec) => match table.get_mut(&key) {
                Some(service) if !service.dests.contains_key(&dest) => {
                    service.dests.insert(dest, spec).is_none()
                }
                _ => false,
            },
            Op::EditDest(key, dest, spec) => {
                let service = table.get_mut(&key);
                let known = service.and_then(|service| service.dests.get_mut(&dest));
                known.map(|known| *known = spec).is_some()
            }
            Op::RemoveDest(key, dest) => {
                let service = table.get_mut(&key);
                service.is_some_and(|service| service.dests.remove(&dest).is_some())
            }
        }
    }

    /// The service it is about.
    pub const fn service(&self) -> &ServiceKey {
        match self {
            Op::AddService(key, _)
            | Op::EditService(key, _)
            | Op::RemoveService(key)
            | Op::AddDest(key, ..)
            | Op::EditDest(key, ..)
            | Op::RemoveDest(key, _) => key,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::AddService(key, _) => write!(f, "add service {key}"),
            Op::EditService(key, _) => write!(f, "edit service {key}"),
            Op::RemoveService(key) => write!(f, "remove service {key}"),
            Op::AddDest(key, dest, _) => {
                write!(f, "add [{}]:{} to {key}", dest.address, dest.port)
            }
            Op::EditDest(key, dest, _) => {
                write!(f, "edit [{}]:{} of {key}", dest.address, dest.port)
            }
            Op::RemoveDest(key, dest) => {
                write!(f, "remove [{}]:{} from {key}", dest.address, dest.port)
            }
        }
    }
}
