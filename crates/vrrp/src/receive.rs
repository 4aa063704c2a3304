//! Is an advert sound? The checks stand in the original's order, since the first that fails
//! decides which counter moves.
use crate::auth::Sequences;
use crate::{Checksum, ListFault, Params, Received, Reject};
use core::time::Duration;
use std::net::IpAddr;
use wire::vrrp::{Cover, HEADER_LEN, Packet, TYPE_ADVERT};
use wire::{AdvertInterval, Family, Priority, Version, trailer};

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
    sequences: &mut Sequences,
    rx: &Received<'_>,
    packet: Packet<'_>,
    utc: Duration,
) -> Result<Advert, Reject> {
    let len = length(params, rx, packet)?;
    if params.peers.is_empty() && rx.ttl != 255 {
        return Err(Reject::Ttl {
            got: rx.ttl,
            want: 255,
        });
    }
    version(params, packet)?;
    sequences.check(params, rx, packet, utc)?;
    let interval = match params.version {
        Version::V2 => interval_v2(params, packet)?,
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
    if params.owner_ignore_adverts && params.priority.is_owner() {
        return Err(Reject::Owner);
    }
    peer(params, rx)?;
    Ok(Advert {
        from: rx.source,
        priority: packet.priority(),
        interval,
    })
}

/// The length that the packet's own version calls for, without what may follow: an
/// authentication trailer where we look for one, or padding of a short Ethernet frame that some
/// senders count to the packet.
fn length(params: &Params, rx: &Received<'_>, packet: Packet<'_>) -> Result<usize, Reject> {
    let version = match packet.version() {
        2 => Version::V2,
        3 => Version::V3,
        _ => params.version,
    };
    let (want, got) = (packet.expected_len(version, params.family), packet.octets());
    let before = rx.overhead();
    let trailer = params.hmac.is_some() && got == want + trailer::LEN;
    let padding = params.hmac.is_none()
        && got > want
        && before + got <= SHORTEST_PAYLOAD
        && (got - want) % 4 == 2;
    if got == want || trailer || padding {
        Ok(want)
    } else {
        Err(Reject::Length {
            want: before + want,
            got: before + got,
        })
    }
}

/// Ethernet fills frames up to this many octets behind its header.
const SHORTEST_PAYLOAD: usize = 46;

fn version(params: &Params, packet: Packet<'_>) -> Result<(), Reject> {
    let (got, want) = (packet.version(), number(params.version));
    if got == want {
        Ok(())
    } else {
        Err(Reject::Version { got, want })
    }
}

/// A version as the wire has it.
pub(crate) const fn number(version: Version) -> u8 {
    match version {
        Version::V2 => 2,
        Version::V3 => 3,
    }
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

/// IPv6 sums cover an authentication trailer too, as the kernel makes them.
fn checksum_ok(params: &Params, rx: &Received<'_>, packet: Packet<'_>, len: usize) -> bool {
    let (src, dst) = (rx.source, rx.destination);
    let ok = |cover| packet.checksum_ok(cover, len);
    match (params.family, params.version) {
        (Family::V6, _) => packet.checksum_ok(Cover::Pseudo { src, dst }, packet.octets()),
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
        Some((low, high)) if !(low..=high).contains(&rx.ttl) => Err(Reject::PeerTtl {
            got: rx.ttl,
            low,
            high,
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
