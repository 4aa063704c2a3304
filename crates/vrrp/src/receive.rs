//! Is an advert sound? The checks stand in the original's order, since the first that fails
//! decides which counter moves.
use crate::{Auth, Checksum, ListFault, Params, Received, Reject};
use std::net::IpAddr;
use wire::vrrp::{AUTH_LEN, Cover, HEADER_LEN, Packet, TYPE_ADVERT, auth_type};
use wire::{AdvertInterval, Family, Priority, Version};

/// What a sound advert says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advert {
    pub(crate) from: IpAddr,
    pub(crate) priority: Priority,
    /// In version 2 always ours.
    pub(crate) interval: AdvertInterval,
}

/// Checks everything but the address list.
pub(crate) fn check(
    params: &Params,
    rx: &Received<'_>,
    packet: Packet<'_>,
) -> Result<Advert, Reject> {
    let len = length(params, rx, packet)?;
    if params.peers.is_empty() && rx.ttl != 255 {
        return Err(Reject::Ttl {
            got: rx.ttl,
            want: 255,
        });
    }
    version(params, packet)?;
    let interval = match params.version {
        Version::V2 => {
            authentication(params, packet)?;
            interval_v2(params, packet)?
        }
        Version::V3 => interval_v3(params, packet)?,
    };
    if packet.kind() != TYPE_ADVERT {
        return Err(Reject::Type { got: packet.kind() });
    }
    if !checksum_ok(params, rx, packet, len) {
        return Err(Reject::Checksum {
            version: params.version,
        });
    }
    if rx.destination.is_multicast() != params.peers.is_empty() {
        return Err(Reject::Cast);
    }
    peer(params, rx)?;
    Ok(Advert {
        from: rx.source,
        priority: packet.priority(),
        interval,
    })
}

/// The length that the packet's own version calls for; padding of short Ethernet frames may follow.
fn length(params: &Params, rx: &Received<'_>, packet: Packet<'_>) -> Result<usize, Reject> {
    let version = match packet.version() {
        2 => Version::V2,
        3 => Version::V3,
        _ => params.version,
    };
    let (want, got) = (packet.expected_len(version, params.family), packet.octets());
    let ip = rx.header.len();
    if got == want {
        Ok(want)
    } else {
        Err(Reject::Length {
            want: want + ip,
            got: got + ip,
        })
    }
}

fn version(params: &Params, packet: Packet<'_>) -> Result<(), Reject> {
    let want = number(params.version);
    if packet.version() == want {
        Ok(())
    } else {
        Err(Reject::Version {
            got: packet.version(),
            want,
        })
    }
}

/// A version as the wire has it.
pub(crate) const fn number(version: Version) -> u8 {
    match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }
}

fn authentication(params: &Params, packet: Packet<'_>) -> Result<(), Reject> {
    let got = packet.auth_type();
    if got > auth_type::AH {
        return Err(Reject::AuthUnknown { got });
    }
    let want = match params.auth {
        Auth::None => auth_type::NONE,
        Auth::Pass(_) => auth_type::PASS,
    };
    if got != want {
        return Err(Reject::AuthType { got, want });
    }
    match params.auth {
        Auth::Pass(password) if !same(password, packet.auth_data(params.family)) => {
            Err(Reject::Password)
        }
        Auth::Pass(_) | Auth::None => Ok(()),
    }
}

/// Compares in constant time, so that the answer's delay tells nothing.
fn same(password: [u8; AUTH_LEN], got: Option<&[u8; AUTH_LEN]>) -> bool {
    got.is_some_and(|got| {
        password
            .iter()
            .zip(got)
            .fold(0, |differ, (a, b)| differ | (a ^ b))
            == 0
    })
}

/// RFC 3768 section 7.1: must be ours.
fn interval_v2(params: &Params, packet: Packet<'_>) -> Result<AdvertInterval, Reject> {
    let (got, want) = (packet.interval_secs(), params.interval.wire_secs());
    if got == want {
        Ok(params.interval)
    } else {
        Err(Reject::Interval {
            got: got.into(),
            want: want.into(),
            version: Version::V2,
        })
    }
}

/// RFC 9568 section 7.1 lets it differ; zero would let a backup flap, so it is refused.
fn interval_v3(params: &Params, packet: Packet<'_>) -> Result<AdvertInterval, Reject> {
    let want = params.interval.wire_centis();
    AdvertInterval::from_centis(packet.interval_centis()).ok_or(Reject::Interval {
        got: 0,
        want,
        version: Version::V3,
    })
}

/// IPv6 sums are checked by the kernel.
fn checksum_ok(params: &Params, rx: &Received<'_>, packet: Packet<'_>, len: usize) -> bool {
    let (src, dst) = (rx.source, rx.destination);
    let ok = |cover| packet.checksum_ok(cover, len);
    match (params.family, params.version) {
        (Family::V6, _) => true,
        (Family::V4, Version::V2) => ok(Cover::Message),
        (Family::V4, Version::V3) => match params.checksum {
            Checksum::AsV2 => true,
            Checksum::NeverOld => ok(Cover::Pseudo { src, dst }),
            Checksum::Standard | Checksum::OldUnicast => {
                ok(Cover::Pseudo { src, dst })
                    || !params.peers.is_empty()
                        && ok(Cover::Pseudo {
                            src,
                            dst: params.group,
                        })
            }
        },
    }
}

/// Asked last, and only with `check_unicast_src`.
fn peer(params: &Params, rx: &Received<'_>) -> Result<(), Reject> {
    if !params.check_peers || params.peers.is_empty() {
        return Ok(());
    }
    let peer = params
        .peers
        .iter()
        .find(|peer| peer.address == rx.source)
        .ok_or(Reject::NotPeer)?;
    match peer.ttl {
        Some((low, _)) if rx.ttl < low => Err(Reject::Ttl {
            got: rx.ttl,
            want: low,
        }),
        Some((_, high)) if rx.ttl > high => Err(Reject::Ttl {
            got: rx.ttl,
            want: high,
        }),
        _ => Ok(()),
    }
}

/// How the advert's address list differs from ours, if it does.
pub(crate) fn address_list(params: &Params, packet: Packet<'_>) -> Option<ListFault> {
    let (want, got) = (params.addresses.len(), usize::from(packet.count()));
    if want != got {
        return Some(ListFault::Count { want, got });
    }
    let addresses = || packet.addresses(params.family);
    if addresses().eq(params.addresses.iter().copied()) {
        return None;
    }
    let missing = params
        .addresses
        .iter()
        .find(|ours| !addresses().any(|theirs| theirs == **ours));
    missing.copied().map(ListFault::Missing)
}

/// Octets that name a virtual router at all.
pub(crate) const MIN_LEN: usize = HEADER_LEN;
