//! Further defaults of VRRP.
use crate::Spanned;
use core::time::Duration;

/// Further defaults of VRRP.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vrrp {
    /// `disable_local_igmp`: stop kernel sending reports for link-local 224.0.0.x groups.
    pub disable_local_igmp: bool,
    /// `log_unknown_vrids`: log adverts for VRIDs not configured.
    pub log_unknown_vrids: bool,
    /// `v3_checksum_as_v2`: VRRPv3 IPv4 checksum omits pseudo-header by default.
    pub v3_checksum_as_v2: bool,
    /// `vmac_addr_prefix`: prefix of generated `use_vmac` address interface names.
    pub vmac_addr_prefix: Option<Spanned<Box<str>>>,
    /// `vmac_prefix`: prefix of generated macvlan names.
    pub vmac_prefix: Option<Spanned<Box<str>>>,
    /// `vrrp_check_unicast_src`: accept unicast adverts only from configured peers.
    pub check_unicast_src: bool,
    /// `vrrp_delay_after_boot`: hold instances until this long after system boot.
    pub delay_after_boot: Option<Spanned<Duration>>,
    /// `vrrp_garp_interval`: minimum gap between gratuitous ARPs per interface.
    pub garp_interval: Option<Spanned<Duration>>,
    /// `vrrp_gna_interval`: minimum gap between unsolicited NAs per interface.
    pub gna_interval: Option<Spanned<Duration>>,
    /// `vrrp_owner_ignore_adverts`: address owner ignores received adverts as RFC says.
    pub owner_ignore_adverts: Option<Spanned<bool>>,
    /// `vrrp_skip_check_adv_addr`: skip VIP-list comparison when sender is unchanged.
    pub skip_check_adv_addr: Option<Spanned<bool>>,
    /// `vrrp_startup_delay`: hold all instances this long after start.
    pub startup_delay: Option<Spanned<Duration>>,
}
