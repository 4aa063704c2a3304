//! Words outside of all blocks, and small blocks.
use crate::keywords::{fit, optional};
use crate::table::{Keyword, Set};

/// `garp_group`.
pub(in crate::keywords) static GARP_GROUP_ROWS: &[Keyword] = &[
    Keyword::new(
        "garp_interval",
        Set::Seconds {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.garp_group.garp_interval = Some(v),
        },
        "Gap between gratuitous ARPs in this group.",
    )
    .unit("seconds")
    .complaint("garp_group garp_interval '{v}' invalid"),
    Keyword::new(
        "gna_interval",
        Set::Seconds {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.garp_group.gna_interval = Some(v),
        },
        "Gap between unsolicited NAs in this group.",
    )
    .unit("seconds")
    .complaint("garp_group gna_interval '{v}' invalid"),
    Keyword::new(
        "interface",
        Set::Word(|cx, v| {
            if super::root::is_free(cx, &v) {
                // several such lines are a list
                let one = cx.garp_group.interface.replace(v);
                cx.garp_group.interfaces.extend(one);
            }
        }),
        "Single interface of the group.",
    )
    .complaint("WARNING - interface {v} specified for garp_group doesn't exist"),
];

/// `SSL`.
pub(in crate::keywords) static SSL_ROWS: &[Keyword] = &[
    Keyword::new(
        "ca",
        Set::Word(|cx, v| cx.config.tls.ca = Some(v)),
        "CA file loaded; peer is not verified.",
    )
    .last("Duplicate SSL - overwriting {old} with {v}")
    .missing("SSL cafile missing"),
    Keyword::new(
        "certificate",
        Set::Word(|cx, v| cx.config.tls.certificate = Some(v)),
        "Client certificate.",
    )
    .last("Duplicate SSL - overwriting {old} with {v}")
    .missing("SSL certfile missing"),
    Keyword::new(
        "key",
        Set::Word(|cx, v| cx.config.tls.key = Some(v)),
        "Client private key.",
    )
    .last("Duplicate SSL - overwriting {old} with {v}")
    .missing("SSL keyfile missing"),
    Keyword::new(
        "password",
        Set::Word(|cx, v| cx.config.tls.password = Some(v)),
        "Private key passphrase.",
    )
    .last("Duplicate SSL - overwriting {old} with {v}")
    .missing("SSL password missing"),
];

/// Words outside of all blocks.
pub(in crate::keywords) static DAEMON_ROWS: &[Keyword] = &[
    Keyword::new(
        "child_wait_time",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.config.daemon.child_wait_time = Some(v.map(fit)),
        },
        "Wait for children at shutdown before SIGKILL.",
    )
    .default("5")
    .unit("seconds")
    .complaint("Invalid child_wait_time {v}"),
    Keyword::new(
        "instance",
        Set::Word(|cx, v| cx.config.daemon.instance = Some(v)),
        "Name this daemon copy; suffixes pid files, log ident; fixed at start.",
    )
    .missing("instance name missing - ignoring"),
    Keyword::new(
        "linkbeat_use_polling",
        Set::Flag(|cx| cx.config.daemon.linkbeat_use_polling = true),
        "Poll link state of all VRRP interfaces instead of netlink.",
    ),
    Keyword::new(
        "namespace_with_ipsets",
        Set::Flag(|cx| cx.config.daemon.namespace_with_ipsets = true),
        "Permit ipsets within a namespace on kernels that lacked isolation.",
    ),
    Keyword::new(
        "net_namespace",
        Set::Word(|cx, v| cx.config.daemon.net_namespace = Some(v)),
        "Run every process inside this named network namespace; cannot change on reload.",
    )
    .missing("net_namespace name missing - ignoring"),
    Keyword::new(
        "net_namespace_ipvs",
        Set::Line {
            args: "[<name>] (empty = default ns)",
            set: |cx, line| cx.config.daemon.net_namespace_ipvs = Some(optional(line)),
        },
        "Network namespace used for IPVS configuration only.",
    )
    .default("ns"),
    Keyword::new(
        "use_pid_dir",
        Set::Flag(|cx| cx.config.daemon.use_pid_dir = true),
        "Put pid files under /run/keepalived/.",
    ),
];
