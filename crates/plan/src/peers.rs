//! How an instance talks to the others: peers, sums, what it looks at and what it lets pass.
use conf::config::{Global, Instance as Block, OldChecksum};
use vrrp::{Checksum, Params, Peer};
use wire::Family;

/// TTL of adverts to a group, and to IPv4 peers when none is written.
const TTL: u8 = 255;
/// Hop limit to IPv6 peers when none is written: the kernel's.
const KERNEL_HOP_LIMIT: u8 = 64;

/// Fills in peers and what is checked of adverts.
pub(crate) fn build(params: &mut Params, global: &Global, block: &Block) {
    let (own, all) = (&block.more, &global.vrrp);
    let peers = own.unicast_peers.iter();
    let limits = |min: Option<u8>, max: Option<u8>| {
        (min.is_some() || max.is_some()).then(|| (min.unwrap_or(0), max.unwrap_or(TTL)))
    };
    params.peers = peers
        .map(|peer| Peer {
            address: peer.address.value,
            ttl: limits(peer.min_ttl, peer.max_ttl),
        })
        .collect();
    params.needs_peers = own.unicast_fault_no_peer;
    params.track_source = own.track_src_ip && params.source.is_some();
    params.check_peers = own.check_unicast_src || all.check_unicast_src;
    params.checksum = checksum(global, block);
    let skip = all.skip_check_adv_addr.is_some_and(|v| v.value);
    params.skip_address_check = own.skip_check_adv_addr || skip;
    let ignore = own
        .owner_ignore_adverts
        .as_ref()
        .or(all.owner_ignore_adverts.as_ref());
    params.owner_ignore_adverts = ignore.is_some_and(|v| v.value);
}

fn checksum(global: &Global, block: &Block) -> Checksum {
    let as_v2 = block
        .more
        .v3_checksum_as_v2
        .as_ref()
        .map_or(global.vrrp.v3_checksum_as_v2, |v| v.value);
    match block.more.old_unicast_checksum {
        _ if as_v2 => Checksum::AsV2,
        Some(OldChecksum::Use) => Checksum::OldUnicast,
        Some(OldChecksum::Never) => Checksum::NeverOld,
        None => Checksum::Standard,
    }
}

/// TTL or hop limit of an instance's adverts.
pub(crate) fn ttl(params: &Params, block: &Block) -> u8 {
    if params.peers.is_empty() {
        return TTL;
    }
    let default = if params.family == Family::V6 {
        KERNEL_HOP_LIMIT
    } else {
        TTL
    };
    block.more.unicast_ttl.map_or(default, |ttl| ttl.value)
}
