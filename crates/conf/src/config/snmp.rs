//! SNMP and D-Bus.
use crate::Spanned;
use core::time::Duration;

/// SNMP and D-Bus.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snmp {
    /// `dbus_no_interface_name`: object path element for instances without interface.
    pub dbus_no_interface_name: Option<Spanned<Box<str>>>,
    /// `dbus_service_name`: well-known bus name to own.
    pub dbus_service_name: Option<Spanned<Box<str>>>,
    /// `enable_dbus`: start the D-Bus service in the VRRP process.
    pub enable_dbus: bool,
    /// `enable_snmp_checker`: serve IPVS/checker part of KEEPALIVED-MIB.
    pub enable_snmp_checker: bool,
    /// `enable_snmp_keepalived`: old spelling of `enable_snmp_vrrp`.
    pub enable_snmp_vrrp: bool,
    /// `enable_snmp_rfc`: serve both RFC2787 and RFC6527 MIBs.
    pub enable_snmp_rfc: bool,
    /// `enable_snmp_rfcv2`: serve VRRP-MIB (RFC2787).
    pub enable_snmp_rfcv2: bool,
    /// `enable_snmp_rfcv3`: serve VRRPV3-MIB (RFC6527).
    pub enable_snmp_rfcv3: bool,
    /// `enable_traps`: send SNMP notifications.
    pub enable_traps: bool,
    /// `snmp_rs_stats_update_interval`: cache age of real server statistics.
    pub snmp_rs_stats_update_interval: Option<Spanned<Duration>>,
    /// `snmp_socket`: agentX master address.
    pub snmp_socket: Option<Spanned<Box<str>>>,
    /// `snmp_vs_stats_update_interval`: cache age of virtual server statistics.
    pub snmp_vs_stats_update_interval: Option<Spanned<Duration>>,
}
