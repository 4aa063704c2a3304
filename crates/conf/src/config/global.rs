//! `global_defs`.
use super::{Kernel, Outlets, Process, Scripts, Snmp, User, Vrrp};
use crate::Spanned;
use core::time::Duration;
use std::net::{Ipv4Addr, Ipv6Addr};
use wire::Version;

/// Daemon-wide settings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Global {
    /// `router_id`.
    pub router_id: Option<Spanned<Box<str>>>,
    /// `notification_email`: recipients.
    pub notification_email: Vec<Spanned<Box<str>>>,
    /// `notification_email_from`.
    pub notification_email_from: Option<Spanned<Box<str>>>,
    /// `smtp_server`.
    pub smtp_server: Option<MailServer>,
    /// `smtp_helo_name`.
    pub smtp_helo_name: Option<Spanned<Box<str>>>,
    /// `smtp_connect_timeout`.
    pub smtp_connect_timeout: Option<Spanned<Duration>>,
    /// `vrrp_version`.
    pub vrrp_version: Option<Spanned<Version>>,
    /// `vrrp_strict`.
    pub vrrp_strict: Option<Spanned<bool>>,
    /// `vrrp_mcast_group4`.
    pub mcast_group4: Option<Spanned<Ipv4Addr>>,
    /// `vrrp_mcast_group6`.
    pub mcast_group6: Option<Spanned<Ipv6Addr>>,
    /// `vrrp_down_timer_adverts`.
    pub down_timer_adverts: Option<Spanned<u8>>,
    /// `vrrp_lower_prio_no_advert`.
    pub lower_prio_no_advert: Option<Spanned<bool>>,
    /// `vrrp_higher_prio_send_advert`.
    pub higher_prio_send_advert: Option<Spanned<bool>>,
    /// `vrrp_garp_*`.
    pub garp: Garp,
    /// `vrrp_min_garp`.
    pub min_garp: Option<Spanned<bool>>,
    /// `default_interface`.
    pub default_interface: Option<Spanned<Box<str>>>,
    /// `dynamic_interfaces`.
    pub dynamic_interfaces: bool,
    /// `dynamic_interfaces allow_if_changes`.
    pub allow_if_changes: bool,
    /// `enable_script_security`.
    pub enable_script_security: bool,
    /// `script_user`.
    pub script_user: Option<User>,
    /// `vrrp_garp_extra_if`.
    pub garp_extra_if: Option<ExtraGarp>,
    /// Processes and their files.
    pub process: Process,
    /// Scripts, named pipes, mail.
    pub scripts: Scripts,
    /// Mail and webhooks beyond what the original knows.
    pub outlets: Outlets,
    /// SNMP and D-Bus.
    pub snmp: Snmp,
    /// IPVS, nftables, netlink.
    pub kernel: Kernel,
    /// Further defaults of VRRP.
    pub vrrp: Vrrp,
    /// `max_auto_priority`; `None` inside: the maximum.
    pub max_auto_priority: Option<Spanned<Option<i8>>>,
}

/// `smtp_server`.
#[derive(Debug, Clone, PartialEq)]
pub struct MailServer {
    /// Host name or address as written.
    pub host: Spanned<Box<str>>,
    /// Port; 25 when not written.
    pub port: Option<Spanned<u16>>,
}

/// Gratuitous announcements, in `global_defs` and in `vrrp_instance`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Garp {
    /// `garp_master_delay`.
    pub master_delay: Option<Spanned<Duration>>,
    /// `garp_master_repeat`.
    pub master_repeat: Option<Spanned<u32>>,
    /// `garp_master_refresh`.
    pub master_refresh: Option<Spanned<Duration>>,
    /// `garp_master_refresh_repeat`.
    pub master_refresh_repeat: Option<Spanned<u32>>,
    /// `garp_lower_prio_delay`.
    pub lower_prio_delay: Option<Spanned<Duration>>,
    /// `garp_lower_prio_repeat`.
    pub lower_prio_repeat: Option<Spanned<u32>>,
}

/// `garp_extra_if`, `vrrp_garp_extra_if`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExtraGarp {
    /// `all`: every interface with an address, not VMACs only.
    pub all: bool,
    /// Period.
    pub interval: Spanned<Duration>,
}
