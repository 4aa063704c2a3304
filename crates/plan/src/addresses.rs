//! Address lines.
use crate::Address;
use conf::config::{Address as Line, Broadcast};
use std::net::{IpAddr, Ipv4Addr};
use wire::Prefix;

/// `IFA_F_*` bits of the kernel's interface (`linux/if_addr.h`).
const NODAD: u32 = 0x02;
const HOME: u32 = 0x10;
const MNGTMPADDR: u32 = 0x100;
const NOPREFIXROUTE: u32 = 0x200;
const AUTOJOIN: u32 = 0x400;
const SCOPE_LINK: u8 = 253;

/// The meaning of a line; `interface` carries it when the line names none.
pub(crate) fn build(line: &Line, interface: &str) -> Address {
    Address {
        prefix: line
            .peer
            .map_or(line.prefix, |peer| with_length_of(line.prefix, peer)),
        peer: line.peer.map(|peer| peer.addr()),
        dev: line
            .dev
            .as_ref()
            .map_or(interface, |dev| &dev.value)
            .to_owned(),
        label: line.label.as_ref().map(|label| label.value.to_string()),
        scope: line.scope.unwrap_or(if is_link_local(line.prefix) {
            SCOPE_LINK
        } else {
            0
        }),
        broadcast: line
            .broadcast
            .and_then(|written| broadcast(written, line.prefix)),
        flags: flags(line),
        preferred: preferred(line),
        no_track: line.no_track,
    }
}

fn is_link_local(prefix: Prefix) -> bool {
    matches!(prefix.addr(), IpAddr::V6(address) if address.is_unicast_link_local())
}

/// A point-to-point address has the length of its peer.
fn with_length_of(own: Prefix, peer: Prefix) -> Prefix {
    Prefix::new(own.addr(), peer.prefix_len()).unwrap_or(own)
}

/// IPv6 addresses skip duplicate address detection unless the line wants it: it would keep a new
/// master silent for a second.
fn flags(line: &Line) -> u32 {
    let v6 = line.prefix.addr().is_ipv6();
    let bits = [
        (v6 && !line.detect_duplicates, NODAD),
        (v6 && line.home, HOME),
        (v6 && line.mngtmpaddr, MNGTMPADDR),
        (line.noprefixroute, NOPREFIXROUTE),
        (line.autojoin, AUTOJOIN),
    ];
    bits.into_iter()
        .filter(|(set, _)| *set)
        .fold(0, |all, (_, bit)| all | bit)
}

/// An IPv6 address without network is deprecated, so that the kernel does not choose it as the
/// source of its own packets.
fn preferred(line: &Line) -> Option<u32> {
    match line.preferred_lft {
        Some(u32::MAX) => None,
        Some(seconds) => Some(seconds),
        None => (line.prefix.addr().is_ipv6() && line.prefix.prefix_len() == 128).then_some(0),
    }
}

fn broadcast(written: Broadcast, prefix: Prefix) -> Option<Ipv4Addr> {
    let Prefix::V4(net) = prefix else { return None };
    Some(match written {
        Broadcast::Given(address) => address,
        Broadcast::Ones => net.broadcast(),
        Broadcast::Zeros => net.network(),
    })
}
