//! `vrrp_instance`.
use super::{Address, Garp, More, Notify, Route, Rule, Track};
use crate::{Span, Spanned};
use core::time::Duration;
use std::net::IpAddr;
use wire::{Family, Priority, Version, Vrid};

/// One virtual router as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Instance {
    /// The word behind `vrrp_instance`.
    pub name: Spanned<Box<str>>,
    /// Its family, and what decided it: the first address of it, or `native_ipv6`.
    pub family: Option<Spanned<Family>>,
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
    /// `auth_hmac`.
    pub hmac: Option<Hmac>,
    /// Interface, multicast and unicast.
    pub more: More,
    /// Scripts and mail.
    pub notify: Notify,
    /// `track_interface`.
    pub track_interfaces: Vec<Track>,
    /// `track_script`.
    pub track_scripts: Vec<Track>,
    /// `track_file`.
    pub track_files: Vec<Track>,
    /// `track_process`.
    pub track_processes: Vec<Track>,
    /// `track_bfd`.
    pub track_bfds: Vec<Track>,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
}

/// A `vrrp_sync_group` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncGroup {
    /// Its name.
    pub name: Spanned<Box<str>>,
    /// `group`: its members.
    pub members: Vec<Spanned<Box<str>>>,
    /// `global_tracking`.
    pub global_tracking: bool,
    /// `sync_group_tracking_weight`.
    pub sync_group_tracking_weight: bool,
    /// Scripts and mail.
    pub notify: Notify,
    /// `track_interface`.
    pub track_interfaces: Vec<Track>,
    /// `track_script`.
    pub track_scripts: Vec<Track>,
    /// `track_file`.
    pub track_files: Vec<Track>,
    /// `track_process`.
    pub track_processes: Vec<Track>,
    /// `track_bfd`.
    pub track_bfds: Vec<Track>,
}

/// `auth_hmac`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hmac {
    /// Where the block begins.
    pub span: Span,
    /// `active_key`.
    pub active_key: Option<Spanned<u8>>,
    /// `anti_replay monotonic`; else by time.
    pub monotonic: Option<Spanned<bool>>,
    /// `key` lines.
    pub keys: Vec<HmacKey>,
    /// `mode`.
    pub mode: Option<Spanned<HmacMode>>,
    /// `time_window`.
    pub time_window: Option<Spanned<Duration>>,
}

/// One `key` of `auth_hmac`.
#[derive(Debug, Clone, PartialEq)]
pub struct HmacKey {
    /// Its number.
    pub id: Spanned<u8>,
    /// Text, `hex:` digits or `file:` path, as written.
    pub secret: Spanned<Box<str>>,
}

/// `mode` of `auth_hmac`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacMode {
    /// Bare adverts are refused.
    Enforce,
    /// Bare adverts pass.
    Permissive,
    /// Bare adverts pass and own ones are not signed.
    ReceiveOnly,
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
