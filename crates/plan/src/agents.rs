//! Who is shown the state over SNMP and D-Bus.
use crate::daemon::word;
use conf::config;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// `enable_snmp_*` and what belongs to them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own in the manual
pub struct Snmp {
    /// `enable_snmp_vrrp`: instances, in the project's own MIB.
    pub vrrp: bool,
    /// `enable_snmp_checker`: servers, in the project's own MIB.
    pub checker: bool,
    /// `enable_snmp_rfcv2`: RFC 2787.
    pub rfc2787: bool,
    /// `enable_snmp_rfcv3`: RFC 6527.
    pub rfc6527: bool,
    /// `enable_traps`: changes are told.
    pub traps: bool,
    /// `snmp_socket`: where the master agent is; the usual place when `None`.
    pub socket: Option<String>,
    /// `snmp_vs_stats_update_interval`: how old figures of virtual servers may be.
    pub services_age: Option<Duration>,
    /// `snmp_rs_stats_update_interval`: how old figures of real servers may be.
    pub servers_age: Option<Duration>,
}

/// `enable_dbus` and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dbus {
    /// `enable_dbus`.
    pub on: bool,
    /// `dbus_service_name`.
    pub service: Option<String>,
    /// `dbus_no_interface_name`: part of the path of instances without interface.
    pub no_interface: Option<String>,
}

pub(crate) fn snmp(written: &config::Snmp) -> Snmp {
    Snmp {
        vrrp: written.enable_snmp_vrrp,
        checker: written.enable_snmp_checker,
        rfc2787: written.enable_snmp_rfcv2 || written.enable_snmp_rfc,
        rfc6527: written.enable_snmp_rfcv3 || written.enable_snmp_rfc,
        traps: written.enable_traps,
        socket: word(written.snmp_socket.as_ref()),
        services_age: written.snmp_vs_stats_update_interval.map(|age| age.value),
        servers_age: written.snmp_rs_stats_update_interval.map(|age| age.value),
    }
}

pub(crate) fn dbus(written: &config::Snmp) -> Dbus {
    Dbus {
        on: written.enable_dbus,
        service: word(written.dbus_service_name.as_ref()),
        no_interface: word(written.dbus_no_interface_name.as_ref()),
    }
}
