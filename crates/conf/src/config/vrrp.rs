//! `vrrp_instance`.
use super::{Address, Garp};
use crate::{Span, Spanned};
use core::time::Duration;
use std::net::IpAddr;
use wire::{Priority, Version, Vrid};

/// One virtual router as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Instance {
    /// The word behind `vrrp_instance`.
    pub name: Spanned<Box<str>>,
    /// `state`.
    pub state: Option<Spanned<StartState>>,
    /// `interface`.
    pub interface: Option<Spanned<Box<str>>>,
    /// `virtual_router_id`.
    pub vrid: Option<Spanned<Vrid>>,
    /// `priority`.
    pub priority: Option<Spanned<Priority>>,
    /// `advert_int`.
    pub advert_int: Option<Spanned<Duration>>,
    /// `version`.
    pub version: Option<Spanned<Version>>,
    /// `authentication`.
    pub authentication: Option<Authentication>,
    /// `nopreempt`, unless `preempt` came later.
    pub nopreempt: Option<Span>,
    /// `preempt_delay`.
    pub preempt_delay: Option<Spanned<Duration>>,
    /// `virtual_ipaddress`.
    pub addresses: Vec<Address>,
    /// `virtual_ipaddress_excluded`.
    pub excluded: Vec<Address>,
    /// `no_virtual_ipaddress`.
    pub no_addresses: bool,
    /// `garp_*`.
    pub garp: Garp,
    /// `down_timer_adverts`.
    pub down_timer_adverts: Option<Spanned<u8>>,
    /// `dont_track_primary`.
    pub dont_track_primary: bool,
    /// `lower_prio_no_advert`.
    pub lower_prio_no_advert: Option<Spanned<bool>>,
    /// `higher_prio_send_advert`.
    pub higher_prio_send_advert: Option<Spanned<bool>>,
    /// `strict_mode`.
    pub strict_mode: Option<Spanned<bool>>,
    /// `mcast_src_ip`, `unicast_src_ip`.
    pub source: Option<Spanned<IpAddr>>,
    /// `smtp_alert`.
    pub smtp_alert: Option<Spanned<bool>>,
}

/// `state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StartState {
    /// `MASTER`.
    Master,
    /// `BACKUP`.
    Backup,
}

/// `authentication`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Authentication {
    /// Where the block begins.
    pub span: Span,
    /// `auth_type`.
    pub kind: Option<Spanned<AuthType>>,
    /// `auth_pass`, already cut to eight bytes.
    pub pass: Option<Spanned<Box<[u8]>>>,
}

/// `auth_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthType {
    /// `PASS`: clear text in the advert.
    Pass,
    /// `AH`: the IP authentication header.
    Ah,
}
