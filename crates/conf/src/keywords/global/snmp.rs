//! `global_defs`: SNMP and D-Bus.
use crate::table::{Keyword, Set};

/// SNMP and D-Bus.
pub(in crate::keywords) static SNMP: &[Keyword] = &[
    Keyword::new(
        "dbus_no_interface_name",
        Set::Word(|cx, v| cx.config.global.snmp.dbus_no_interface_name = Some(v)),
        "Object path element for instances without interface.",
    )
    .default("none")
    .since("2.3.0")
    .missing("dbus_no_interface_name missing - ignoring"),
    Keyword::new(
        "dbus_service_name",
        Set::Word(|cx, v| cx.config.global.snmp.dbus_service_name = Some(v)),
        "Well-known bus name to own.",
    )
    .default("org.keepalived.Vrrp1")
    .missing("dbus_service_name missing - ignoring"),
    Keyword::new(
        "enable_dbus",
        Set::Flag(|cx| cx.config.global.snmp.enable_dbus = true),
        "Start the D-Bus service in the VRRP process.",
    ),
    Keyword::new(
        "enable_snmp_checker",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_checker = true),
        "Serve IPVS/checker part of KEEPALIVED-MIB.",
    ),
    Keyword::new(
        "enable_snmp_keepalived",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_vrrp = true),
        "Old spelling of enable_snmp_vrrp.",
    )
    .deprecated("enable_snmp_vrrp"),
    Keyword::new(
        "enable_snmp_rfc",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_rfc = true),
        "Serve both RFC2787 and RFC6527 MIBs.",
    ),
    Keyword::new(
        "enable_snmp_rfcv2",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_rfcv2 = true),
        "Serve VRRP-MIB (RFC2787).",
    ),
    Keyword::new(
        "enable_snmp_rfcv3",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_rfcv3 = true),
        "Serve VRRPV3-MIB (RFC6527).",
    ),
    Keyword::new(
        "enable_snmp_vrrp",
        Set::Flag(|cx| cx.config.global.snmp.enable_snmp_vrrp = true),
        "Serve VRRP part of KEEPALIVED-MIB.",
    ),
    Keyword::new(
        "enable_traps",
        Set::Flag(|cx| cx.config.global.snmp.enable_traps = true),
        "Send SNMP notifications.",
    ),
    Keyword::new(
        "snmp_rs_stats_update_interval",
        Set::Seconds {
            min: 1000,
            max: 30_000_000,
            set: |cx, v| cx.config.global.snmp.snmp_rs_stats_update_interval = Some(v),
        },
        "Cache age of real server statistics.",
    )
    .default("vs value")
    .unit("seconds")
    .since("2.3.0")
    .complaint("snmp stats vs update interval '{v}' invalid - ignoring"),
    Keyword::new(
        "snmp_socket",
        Set::Word(|cx, v| cx.config.global.snmp.snmp_socket = Some(v)),
        "AgentX master address.",
    )
    .once("SNMP socket already set to {old} - ignoring")
    .default("unix:/var/agentx/master")
    .missing("SNMP error : snmp socket name missing"),
    Keyword::new(
        "snmp_vs_stats_update_interval",
        Set::Seconds {
            min: 1000,
            max: 30_000_000,
            set: |cx, v| cx.config.global.snmp.snmp_vs_stats_update_interval = Some(v),
        },
        "Cache age of virtual server statistics.",
    )
    .default("5")
    .unit("seconds")
    .since("2.3.0")
    .complaint("snmp stats vs update interval '{v}' invalid - ignoring"),
];
