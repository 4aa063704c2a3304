//! `vrrp_instance`: interface, multicast, unicast.
use crate::keywords::fit;
use crate::table::{Keyword, Set};

/// Interface, multicast and unicast.
pub(in crate::keywords) static MORE: &[Keyword] = &[
    Keyword::new(
        "accept",
        Set::Flag(|cx| cx.instance.more.accept = true),
        "Non-owner master accepts packets to VIPs (default unless strict).",
    ),
    Keyword::new(
        "check_unicast_src",
        Set::Flag(|cx| {
            cx.instance.more.check_unicast_src = true;
            cx.instance.more.unicast_word = Some(cx.here);
        }),
        "Drop adverts from non-peers.",
    ),
    Keyword::new(
        "debug",
        Set::Int {
            min: 0,
            max: 4,
            set: |cx, v| cx.instance.more.debug = Some(v.map(fit)),
        },
        "Debug level; accepted, no useful effect.",
    )
    .complaint("({}) Debug value '{v}' not valid; must be between 0-4"),
    Keyword::new(
        "kernel_rx_buf_size",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.instance.more.kernel_rx_buf_size = Some(v.map(fit)),
        },
        "Receive buffer of this instance socket.",
    )
    .unit("bytes")
    .complaint("({}) invalid kernel_rx_buf_size specified")
    .missing("({}) invalid kernel_rx_buf_size specified"),
    Keyword::new(
        "linkbeat_use_polling",
        Set::Flag(|cx| cx.instance.more.linkbeat_use_polling = true),
        "Poll link state for this interface.",
    )
    .notice(
        "({}) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block",
    )
    .deprecated("linkbeat_interfaces"),
    Keyword::new(
        "lvs_sync_daemon_interface",
        Set::Word(|cx, v| cx.instance.more.lvs_sync_daemon_interface = Some(v)),
        "Old way to bind IPVS sync daemon to instance.",
    )
    .notice("({}) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.")
    .deprecated("lvs_sync_daemon"),
    Keyword::new(
        "native_ipv6",
        Set::Flag(super::family::native_ipv6),
        "The instance is one of IPv6, whatever comes later; else what comes first decides.",
    ),
    Keyword::new(
        "no_accept",
        Set::Flag(|cx| cx.instance.more.no_accept = true),
        "Non-owner master drops packets to VIPs, via firewall.",
    ),
    Keyword::new(
        "owner_ignore_adverts",
        Set::Bool(|cx, v| cx.instance.more.owner_ignore_adverts = Some(v)),
        "Instance override of vrrp_owner_ignore_adverts.",
    )
    .since("2.3.3")
    .complaint("({}) invalid owner_ignore_adverts {v} specified"),
    Keyword::new(
        "promote_secondaries",
        Set::Flag(|cx| cx.instance.more.promote_secondaries = true),
        "Set promote_secondaries sysctl on the interface.",
    ),
    Keyword::new(
        "skip_check_adv_addr",
        // 'no' switches it on as well, as in the original
        Set::Bool(|cx, _| cx.instance.more.skip_check_adv_addr = true),
        "Skip VIP-list check from same sender.",
    )
    .complaint("({}) invalid skip_check_adv_addr {v} specified"),
    Keyword::new(
        "track_src_ip",
        Set::Flag(|cx| cx.instance.more.track_src_ip = true),
        "FAULT when configured source address is missing.",
    ),
    Keyword::new(
        "unicast_fault_no_peer",
        Set::Flag(|cx| cx.instance.more.unicast_fault_no_peer = true),
        "FAULT rather than multicast when peer list empty.",
    ),
    Keyword::new(
        "unicast_ttl",
        Set::Int {
            min: 0,
            max: 255,
            set: |cx, v| cx.instance.more.unicast_ttl = Some(v.map(fit)),
        },
        "TTL/hop limit of unicast adverts.",
    )
    .complaint("({}): TTL '{v}' not valid - must be between 0 & 255"),
    Keyword::new(
        "use_vmac_addr",
        Set::Flag(|cx| cx.instance.more.use_vmac_addr = true),
        "Put VIPs of other interfaces on macvlans too.",
    ),
    Keyword::new(
        "v3_checksum_as_v2",
        Set::Bool(|cx, v| cx.instance.more.v3_checksum_as_v2 = Some(v)),
        "VRRPv3 IPv4 checksum omits pseudo-header.",
    )
    .since("2.2.8")
    .complaint("({}) invalid v3_checksum_as_v2 {v} specified"),
    Keyword::new(
        "vmac_xmit_base",
        Set::Flag(|cx| cx.instance.more.vmac_xmit_base = true),
        "Send adverts from the parent interface.",
    ),
    Keyword::new(
        "vrf",
        Set::Word(|cx, v| cx.instance.more.vrf = Some(v)),
        "VRF master for VMAC/ipvlan interface.",
    ),
];
