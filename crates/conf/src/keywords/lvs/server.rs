//! `virtual_server`: its plain words.
use crate::Severity;
use crate::keywords::fit;
use crate::table::{Keyword, Set};

/// `virtual_server`.
pub(in crate::keywords) static SERVER_ROWS: &[Keyword] = &[
    Keyword::new(
        "alpha",
        Set::Flag(|cx| cx.virtual_server.alpha = true),
        "All real servers start down.",
    ),
    Keyword::new(
        "drain_timeout",
        Set::Seconds {
            min: 0,
            max: 86_400_000_000,
            set: |cx, v| cx.virtual_server.drain_timeout = Some(v.value),
        },
        "How long a real server that a reload removes stays with weight 0 while it has connections \
         (not in the original).",
    )
    .default("0: it goes at once")
    .unit("seconds")
    .ours()
    .complaint("virtual server drain_timeout '{v}' invalid - ignoring"),
    Keyword::new(
        "ha_suspend",
        Set::Flag(|cx| cx.virtual_server.ha_suspend = true),
        "Suspend checkers while the VIP is absent locally.",
    ),
    Keyword::new(
        "hysteresis",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.virtual_server.hysteresis = Some(fit(v.value)),
        },
        "Margin around quorum.",
    )
    .default("0, below quorum")
    .complaint("Hysteresis {v} must be in [0, 4294967295] - ignoring"),
    Keyword::new(
        "inhibit_on_failure",
        Set::Flag(|cx| cx.virtual_server.inhibit_on_failure = true),
        "Default: failed real servers get weight 0, stay installed.",
    ),
    Keyword::new(
        "omega",
        Set::Flag(|cx| cx.virtual_server.omega = true),
        "Run down notifiers and quorum_down at stop.",
    ),
    Keyword::new(
        "ops",
        Set::Flag(|cx| cx.virtual_server.ops = true),
        "One-packet scheduling.",
    ),
    Keyword::new(
        "persistence_engine",
        Set::Word(|cx, v| cx.virtual_server.persistence_engine = Some(v.value)),
        "Kernel persistence engine, e.g. sip.",
    ),
    Keyword::new(
        "quorum",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.virtual_server.quorum = Some(fit(v.value)),
        },
        "Total alive weight required.",
    )
    .default("1")
    .complaint("Quorum {v} must be in [1, 4294967295]. Setting to 1."),
    Keyword::new(
        "quorum_down",
        Set::Script(|cx, v| cx.virtual_server.quorum_down = Some(v)),
        "Script on quorum lost.",
    )
    .once("((null)) quorum_down script already specified - ignoring {v}"),
    Keyword::new(
        "quorum_up",
        Set::Script(|cx, v| cx.virtual_server.quorum_up = Some(v)),
        "Script on quorum gained.",
    )
    .once("((null)) quorum_up script already specified - ignoring {v}"),
    Keyword::new(
        "smtp_alert",
        Set::Bool(|cx, v| cx.virtual_server.smtp_alert = Some(v.value)),
        "Mail for this service and its real servers.",
    )
    .complaint("Invalid virtual_server smtp_alert parameter {v}"),
    Keyword::new(
        "snmp_name",
        Set::Word(|cx, v| cx.virtual_server.snmp_name = Some(v.value)),
        "Name shown in the MIB.",
    )
    .last("Duplicate vs snmp_name - overwriting {old} with {v}")
    .missing("virtual server snmp_name missing or extra parameters"),
    Keyword::new(
        "sorry_server_inhibit",
        Set::Flag(|cx| {
            if cx.virtual_server.sorry_server.is_some() {
                cx.virtual_server.sorry_server_inhibit = true;
                return;
            }
            let text = "Ignoring sorry_server inhibit used before or without sorry_server";
            cx.report("ignored", Severity::Warning, text, cx.here);
        }),
        "Keep sorry server installed with weight 0.",
    ),
    Keyword::new(
        "weight",
        Set::Int {
            min: 1,
            max: 65_535,
            set: |cx, v| cx.virtual_server.weight = Some(fit(v.value)),
        },
        "Default real server weight.",
    )
    .default("1")
    .complaint("Virtual server weight {v} is outside range 1-2147483647"),
];

/// Defaults of its checkers.
pub(in crate::keywords) static SERVER_DEFAULTS: &[Keyword] = &[
    Keyword::new(
        "connect_timeout",
        Set::Seconds {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.virtual_server.defaults.connect_timeout = Some(v.value),
        },
        "Default checker connection timeout.",
    )
    .default("5")
    .unit("seconds")
    .complaint("virtual server connect_timeout {v} invalid - ignoring"),
    Keyword::new(
        "delay_before_retry",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.virtual_server.defaults.delay_before_retry = Some(v.value),
        },
        "Default wait between retries.",
    )
    .unit("seconds")
    .complaint("virtual server delay before retry '{v}' invalid - ignoring"),
    Keyword::new(
        "delay_loop",
        Set::Seconds {
            min: 1,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.virtual_server.defaults.delay_loop = Some(v.value),
        },
        "Default time between checks.",
    )
    .default("60")
    .unit("seconds")
    .complaint("virtual server delay loop '{v}' invalid - ignoring"),
    Keyword::new(
        "retry",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.virtual_server.defaults.retry = Some(fit(v.value)),
        },
        "Default retries for checkers.",
    )
    .complaint("retry value invalid - {v}"),
    Keyword::new(
        "virtualhost",
        Set::Word(|cx, v| cx.virtual_server.defaults.virtualhost = Some(v.value)),
        "Default Host header.",
    )
    .last("Duplicate vs virtualhost - overwriting {old} with {v}")
    .missing("virtual server virtualhost missing"),
    Keyword::new(
        "warmup",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.virtual_server.defaults.warmup = Some(v.value),
        },
        "Default maximum random delay before first check.",
    )
    .default("delay_loop")
    .unit("seconds")
    .complaint("virtual server warmup '{v}' invalid - ignoring"),
];
