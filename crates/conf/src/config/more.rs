//! Interface, multicast and unicast settings of an instance.
use super::ExtraGarp;
use crate::{Span, Spanned};
use std::net::IpAddr;
use wire::{MacAddr, Prefix};

/// Interface, multicast and unicast settings of an instance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct More {
    /// The last word that only makes sense with unicast peers.
    pub unicast_word: Option<Span>,
    /// `mcast_dst_ip`.
    pub mcast_dst_ip: Option<Spanned<IpAddr>>,
    /// `unicast_peer`.
    pub unicast_peers: Vec<UnicastPeer>,
    /// `use_vmac`.
    pub use_vmac: Option<Vmac>,
    /// `use_ipvlan`.
    pub use_ipvlan: Option<Ipvlan>,
    /// `garp_extra_if`.
    pub garp_extra_if: Option<ExtraGarp>,
    /// `old_unicast_checksum`.
    pub old_unicast_checksum: Option<OldChecksum>,
    /// `timer_expired_backup`: priority for the wait; 254 when none was written.
    pub timer_expired_backup: Option<Spanned<u8>>,
    /// `accept`: non-owner master accepts packets to VIPs (default unless strict).
    pub accept: bool,
    /// `check_unicast_src`: drop adverts from non-peers.
    pub check_unicast_src: bool,
    /// `debug`: debug level; accepted, no useful effect.
    pub debug: Option<Spanned<u8>>,
    /// `kernel_rx_buf_size`: receive buffer of this instance socket.
    pub kernel_rx_buf_size: Option<Spanned<u32>>,
    /// `linkbeat_use_polling`: poll link state for this interface.
    pub linkbeat_use_polling: bool,
    /// `lvs_sync_daemon_interface`: old way to bind IPVS sync daemon to instance.
    pub lvs_sync_daemon_interface: Option<Spanned<Box<str>>>,
    /// `no_accept`: non-owner master drops packets to VIPs, via firewall.
    pub no_accept: bool,
    /// `owner_ignore_adverts`: instance override of `vrrp_owner_ignore_adverts`.
    pub owner_ignore_adverts: Option<Spanned<bool>>,
    /// `promote_secondaries`: set `promote_secondaries` sysctl on the interface.
    pub promote_secondaries: bool,
    /// `skip_check_adv_addr`: skip VIP-list check from same sender.
    pub skip_check_adv_addr: bool,
    /// `track_src_ip`: FAULT when configured source address is missing.
    pub track_src_ip: bool,
    /// `unicast_fault_no_peer`: FAULT rather than multicast when peer list empty.
    pub unicast_fault_no_peer: bool,
    /// `unicast_ttl`: TTL/hop limit of unicast adverts.
    pub unicast_ttl: Option<Spanned<u8>>,
    /// `use_vmac_addr`: put VIPs of other interfaces on macvlans too.
    pub use_vmac_addr: bool,
    /// `v3_checksum_as_v2`: VRRPv3 IPv4 checksum omits pseudo-header.
    pub v3_checksum_as_v2: Option<Spanned<bool>>,
    /// `vmac_xmit_base`: send adverts from the parent interface.
    pub vmac_xmit_base: bool,
    /// `vrf`: VRF master for VMAC/ipvlan interface.
    pub vrf: Option<Spanned<Box<str>>>,
}

/// One line of `unicast_peer`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnicastPeer {
    /// The peer.
    pub address: Spanned<IpAddr>,
    /// `min_ttl`.
    pub min_ttl: Option<u8>,
    /// `max_ttl`.
    pub max_ttl: Option<u8>,
}

/// `use_vmac`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vmac {
    /// The line.
    pub span: Span,
    /// Interface name.
    pub name: Option<Spanned<Box<str>>>,
    /// Hardware address, when it is not the one of the RFC.
    pub mac: Option<Spanned<MacAddr>>,
    /// `netlink_notify_msg`.
    pub netlink_notify_msg: bool,
    /// `group`.
    pub group: Option<Spanned<Box<str>>>,
}

/// `use_ipvlan`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ipvlan {
    /// The line.
    pub span: Span,
    /// Interface name.
    pub name: Option<Spanned<Box<str>>>,
    /// Address on it.
    pub address: Option<Spanned<Prefix>>,
    /// `bridge`, `private` or `vepa`.
    pub mode: Option<Spanned<Box<str>>>,
    /// `group`.
    pub group: Option<Spanned<Box<str>>>,
}

/// `old_unicast_checksum`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldChecksum {
    /// Always the old form.
    Use,
    /// `never`.
    Never,
}
