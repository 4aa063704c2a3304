//! `global_defs`: further defaults of VRRP.
use crate::table::{Keyword, Set};

/// Further settings of VRRP.
pub(in crate::keywords) static VRRP: &[Keyword] = &[
    Keyword::new(
        "disable_local_igmp",
        Set::Flag(|cx| cx.config.global.vrrp.disable_local_igmp = true),
        "Stop kernel sending reports for link-local 224.0.0.x groups.",
    ),
    Keyword::new(
        "log_unknown_vrids",
        Set::Flag(|cx| cx.config.global.vrrp.log_unknown_vrids = true),
        "Log adverts for VRIDs not configured.",
    ),
    Keyword::new(
        "v3_checksum_as_v2",
        Set::Flag(|cx| cx.config.global.vrrp.v3_checksum_as_v2 = true),
        "VRRPv3 IPv4 checksum omits pseudo-header by default.",
    )
    .since("2.2.8"),
    Keyword::new(
        "vmac_addr_prefix",
        Set::Word(|cx, v| cx.config.global.vrrp.vmac_addr_prefix = Some(v)),
        "Prefix of generated use_vmac address interface names.",
    )
    .once("vmac_addr prefix has already been specified - ignoring {v}")
    .default("vmac_prefix"),
    Keyword::new(
        "vmac_prefix",
        Set::Word(|cx, v| cx.config.global.vrrp.vmac_prefix = Some(v)),
        "Prefix of generated macvlan names.",
    )
    .once("vmac prefix has already been specified - ignoring {v}")
    .default("vrrp"),
    Keyword::new(
        "vrrp_check_unicast_src",
        Set::Flag(|cx| cx.config.global.vrrp.check_unicast_src = true),
        "Accept unicast adverts only from configured peers.",
    ),
    Keyword::new(
        "vrrp_delay_after_boot",
        Set::Seconds {
            min: 0,
            max: 4_294_967_295_000,
            set: |cx, v| cx.config.global.vrrp.delay_after_boot = Some(v),
        },
        "Hold instances until this long after system boot.",
    )
    .unit("seconds")
    .since("2.4.0")
    .complaint("vrrp_delay_after_boot '{v}' is invalid"),
    Keyword::new(
        "vrrp_garp_interval",
        Set::Seconds {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.vrrp.garp_interval = Some(v),
        },
        "Minimum gap between gratuitous ARPs per interface.",
    )
    .default("0")
    .unit("seconds")
    .complaint("vrrp_garp_interval '{v}' is invalid"),
    Keyword::new(
        "vrrp_gna_interval",
        Set::Seconds {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.vrrp.gna_interval = Some(v),
        },
        "Minimum gap between unsolicited NAs per interface.",
    )
    .default("0")
    .unit("seconds")
    .complaint("vrrp_gna_interval '{v}' is invalid"),
    Keyword::new(
        "vrrp_owner_ignore_adverts",
        Set::Bool(|cx, v| cx.config.global.vrrp.owner_ignore_adverts = Some(v)),
        "Address owner ignores received adverts as RFC says.",
    )
    .default("no")
    .since("2.3.3")
    .complaint("Invalid value 'vrrp_owner_ignore_adverts' for global {v} specified"),
    Keyword::new(
        "vrrp_skip_check_adv_addr",
        Set::Bool(|cx, v| cx.config.global.vrrp.skip_check_adv_addr = Some(v)),
        "Skip VIP-list comparison when sender is unchanged.",
    )
    .default("no")
    .complaint("Invalid value '{v}' for global vrrp_check_adv_addr specified"),
    Keyword::new(
        "vrrp_startup_delay",
        Set::Seconds {
            min: 1000,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.vrrp.startup_delay = Some(v),
        },
        "Hold all instances this long after start.",
    )
    .unit("seconds")
    .complaint("vrrp_startup_delay '{v}' is invalid"),
];
