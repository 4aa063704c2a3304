//! What identifies an address in the kernel, and how it is put there.
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use wire::Prefix;

/// What the kernel tells addresses apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressKey {
    /// Index of the interface that carries it.
    pub link: u32,
    /// The address with its prefix length; the length is the peer's where there is one.
    pub prefix: Prefix,
    /// The other end of a point-to-point address (`peer`).
    pub peer: Option<IpAddr>,
}

impl AddressKey {
    /// An address without a peer.
    pub const fn new(link: u32, prefix: Prefix) -> Self {
        AddressKey {
            link,
            prefix,
            peer: None,
        }
    }
}

/// How an address is put on its interface.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct AddressSpec {
    /// Label, at most 15 octets (IPv4 only).
    pub label: Option<String>,
    /// Kernel scope number (0 global, 200 site, 253 link, 254 host).
    pub scope: u8,
    /// Broadcast address (IPv4 only).
    pub broadcast: Option<Ipv4Addr>,
    /// The `IFA_F_*` bits asked for: 0x02 nodad, 0x10 home, 0x100 mngtmpaddr, 0x200 noprefixroute.
    pub flags: u32,
    /// Seconds for which the address is preferred as a source; `None`: for ever. 0 makes it
    /// deprecated: the kernel does not choose it by itself.
    pub preferred: Option<u32>,
}

impl AddressSpec {
    /// Whether what the kernel `has` is what this asks for. Without a label any will do, as the
    /// kernel then takes the interface's name; a lifetime that runs down is still the one given. The
    /// scope is left to the caller, who knows the family.
    pub(crate) fn is_met_by(&self, has: &AddressSpec) -> bool {
        (self.label.is_none() || self.label == has.label)
            && self.broadcast == has.broadcast
            && self.flags == has.flags
            && (self.preferred == Some(0)) == (has.preferred == Some(0))
    }

    /// Added without duplicate address detection.
    pub(crate) const fn is_nodad(&self) -> bool {
        self.flags & 0x02 != 0
    }
}
