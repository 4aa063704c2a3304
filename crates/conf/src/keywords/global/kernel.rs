//! `global_defs`: IPVS, nftables, netlink.
use crate::keywords::{fit, optional, some_words};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Severity, Spanned};

fn nftables(cx: &mut Cx, line: &Line<'_>) {
    if cx.config.global.kernel.nftables.is_some() {
        return cx.report(
            "duplicate-value",
            Severity::Warning,
            "nftables already specified - ignoring",
            line.span(),
        );
    }
    cx.config.global.kernel.nftables = table_name(cx, line, "nftables");
}

/// The name of a table, which may be missing but not empty.
fn table_name(cx: &mut Cx, line: &Line<'_>, what: &str) -> Option<Spanned<Option<Box<str>>>> {
    if line.word(1).is_some_and(|word| word.bytes.is_empty()) {
        let text = format!("VRRP Error : {what} chain name empty - ignored");
        cx.report("bad-value", Severity::Warning, text, line.span());
        return None;
    }
    Some(optional(line))
}

/// The original without iptables, as distributions build it.
const NO_IPTABLES: &str = "iptables not supported, using nftables instead. \
Please replace 'vrrp_iptables and 'vrrp_ipsets' with 'nftables' config option";

/// IPVS, nftables and netlink.
pub(in crate::keywords) static KERNEL: &[Keyword] = &[
Keyword::new("lvs_flush", Set::Flag(|cx| cx.config.global.kernel.lvs_flush = true), "Clear the whole IPVS table at start."),
Keyword::new("lvs_netlink_cmd_rcv_bufs", Set::Int { min: 0, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.lvs_netlink_cmd_rcv_bufs = Some(v.map(fit)) }, "Receive buffer of the checker netlink cmd socket.").unit("bytes").complaint("lvs_netlink_cmd_rcv_bufs size ({v}) invalid").missing("lvs_netlink_cmd_rcv_bufs size missing"),
Keyword::new("lvs_netlink_cmd_rcv_bufs_force", Set::Bool(|cx, v| cx.config.global.kernel.lvs_netlink_cmd_rcv_bufs_force = Some(v)), "Exceed rmem_max for the checker netlink cmd socket.").complaint("Invalid value '{v}' for global lvs_netlink_cmd_rcv_bufs_force specified"),
Keyword::new("lvs_netlink_monitor_rcv_bufs", Set::Int { min: 0, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.lvs_netlink_monitor_rcv_bufs = Some(v.map(fit)) }, "Receive buffer of the checker netlink monitor socket.").unit("bytes").complaint("lvs_netlink_monitor_rcv_bufs size ({v}) invalid").missing("lvs_netlink_monitor_rcv_bufs size missing"),
Keyword::new("lvs_netlink_monitor_rcv_bufs_force", Set::Bool(|cx, v| cx.config.global.kernel.lvs_netlink_monitor_rcv_bufs_force = Some(v)), "Exceed rmem_max for the checker netlink monitor socket.").complaint("Invalid value '{v}' for global lvs_netlink_monitor_rcv_bufs_force specified"),
Keyword::new("nftables", Set::Line { args: "[<table, default keepalived>]", set: nftables }, "Use nftables for no-accept and VMAC filtering.").default("keepalived"),
Keyword::new("nftables_counters", Set::Flag(|cx| cx.config.global.kernel.nftables_counters = true), "Add counters to generated rules."),
Keyword::new("nftables_ifindex", Set::Flag(|cx| cx.config.global.kernel.nftables_ifindex = true), "Match interface by index instead of name."),
Keyword::new("nftables_ipvs", Set::Line { args: "[<table, default keepalived_ipvs>]", set: |cx, line| cx.config.global.kernel.nftables_ipvs = table_name(cx, line, "nftables ipvs") }, "Mark virtual_server_group traffic in nftables, one fwmark service.").once("ipvs nftables already specified - ignoring").default("keepalived_ipvs"),
Keyword::new("nftables_ipvs_priority", Set::Int { min: -2_147_483_648, max: 2_147_483_647, set: |cx, v| cx.config.global.kernel.nftables_ipvs_priority = Some(v.map(fit)) }, "Hook priority of the IPVS marking chain.").default("-1").complaint("invalid ipvs nftables chain priority '{v}'"),
Keyword::new("nftables_ipvs_start_fwmark", Set::Int { min: 1, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.nftables_ipvs_start_fwmark = Some(v.map(fit)) }, "First fwmark allocated for groups.").default("1000").complaint("invalid ipvs nftables start_fwmark priority '{v}'"),
Keyword::new("nftables_priority", Set::Int { min: -2_147_483_648, max: 2_147_483_647, set: |cx, v| cx.config.global.kernel.nftables_priority = Some(v.map(fit)) }, "Hook priority of the base chains.").default("-1").complaint("invalid nftables chain priority '{v}'"),
Keyword::new("process_monitor_rcv_bufs", Set::Int { min: 0, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.process_monitor_rcv_bufs = Some(v.map(fit)) }, "Receive buffer of the process event connector.").unit("bytes").complaint("process_monitor_rcv_bufs size ({v}) invalid").missing("process_monitor_rcv_bufs size missing"),
Keyword::new("process_monitor_rcv_bufs_force", Set::Bool(|cx, v| cx.config.global.kernel.process_monitor_rcv_bufs_force = Some(v)), "Exceed rmem_max for the process event connector.").complaint("Invalid value '{v}' for global process_monitor_rcv_bufs_force specified"),
Keyword::new("vrrp_ipsets", Set::Line { args: "[<v4> [<v6> [<v6-if> [<igmp> [<mld> [<nd>]]]]]]; bare keyword = off", set: |cx, line| cx.config.global.kernel.vrrp_ipsets = some_words(cx, line, "") }, "Ipset names used with vrrp_iptables [unknown to Debian build].").notice(NO_IPTABLES),
Keyword::new("vrrp_iptables", Set::Line { args: "[<in-chain, default INPUT> [<out-chain, default OUTPUT>]]", set: |cx, line| cx.config.global.kernel.vrrp_iptables = some_words(cx, line, "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with 'nftables' config option") }, "Use iptables for no-accept and VMAC filtering.").default("INPUT").notice(NO_IPTABLES),
Keyword::new("vrrp_netlink_cmd_rcv_bufs", Set::Int { min: 0, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.vrrp_netlink_cmd_rcv_bufs = Some(v.map(fit)) }, "Receive buffer of the VRRP netlink cmd socket.").unit("bytes").complaint("vrrp_netlink_cmd_rcv_bufs size ({v}) invalid").missing("vrrp_netlink_cmd_rcv_bufs size missing"),
Keyword::new("vrrp_netlink_cmd_rcv_bufs_force", Set::Bool(|cx, v| cx.config.global.kernel.vrrp_netlink_cmd_rcv_bufs_force = Some(v)), "Exceed rmem_max for the VRRP netlink cmd socket.").complaint("Invalid value '{v}' for global vrrp_netlink_cmd_rcv_bufs_force specified"),
Keyword::new("vrrp_netlink_monitor_rcv_bufs", Set::Int { min: 0, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.vrrp_netlink_monitor_rcv_bufs = Some(v.map(fit)) }, "Receive buffer of the VRRP netlink monitor socket.").unit("bytes").complaint("vrrp_netlink_monitor_rcv_bufs size ({v}) invalid").missing("vrrp_netlink_monitor_rcv_bufs size missing"),
Keyword::new("vrrp_netlink_monitor_rcv_bufs_force", Set::Bool(|cx, v| cx.config.global.kernel.vrrp_netlink_monitor_rcv_bufs_force = Some(v)), "Exceed rmem_max for the VRRP netlink monitor socket.").complaint("Invalid value '{v}' for global vrrp_netlink_monitor_rcv_bufs_force specified"),
Keyword::new("vrrp_rx_bufs_multiplier", Set::Int { min: 1, max: 4_294_967_295, set: |cx, v| cx.config.global.kernel.vrrp_rx_bufs_multiplier = Some(v.map(fit)) }, "Adverts the receive buffer must hold.").default("3").complaint("Invalid vrrp_rx_bufs_multiplier {v}").missing("Invalid vrrp_rx_bufs_multiplier"),
];
