//! `real_server`: its plain words.
use crate::keywords::fit;
use crate::table::{Keyword, Set};

/// `real_server`.
pub(in crate::keywords) static REAL_ROWS: &[Keyword] = &[
    Keyword::new(
        "alpha",
        Set::Bool(|cx, v| cx.real_server.alpha = Some(v.value)),
        "Start down.",
    )
    .complaint("Invalid alpha parameter {v}"),
    Keyword::new(
        "inhibit_on_failure",
        Set::Bool(|cx, v| cx.real_server.inhibit_on_failure = Some(v.value)),
        "Set weight 0 instead of removing when down.",
    )
    .complaint("Invalid inhibit_on_failure parameter {v}"),
    Keyword::new(
        "lthreshold",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.real_server.lthreshold = Some(fit(v.value)),
        },
        "Lower connection limit.",
    )
    .complaint("Invalid real_server lthreshold '{v}' - ignoring"),
    Keyword::new(
        "notify_down",
        Set::Script(|cx, v| cx.real_server.notify_down = Some(Box::new(v))),
        "Script on failing.",
    )
    .once("((null)) notify_down script already specified - ignoring {v}"),
    Keyword::new(
        "notify_up",
        Set::Script(|cx, v| cx.real_server.notify_up = Some(Box::new(v))),
        "Script on becoming alive.",
    )
    .once("((null)) notify_up script already specified - ignoring {v}"),
    Keyword::new(
        "smtp_alert",
        Set::Bool(|cx, v| cx.real_server.smtp_alert = Some(v.value)),
        "Mail on this destination.",
    )
    .default("yes if mail configured")
    .complaint("Invalid real_server smtp_alert parameter {v}"),
    Keyword::new(
        "snmp_name",
        Set::Word(|cx, v| cx.real_server.snmp_name = Some(v.value)),
        "Name shown in the MIB.",
    )
    .last("Duplicate rs snmp_name - overwriting {old} with {v}")
    .missing("real server snmp_name missing or extra parameters"),
    Keyword::new(
        "uthreshold",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.real_server.uthreshold = Some(fit(v.value)),
        },
        "Upper connection limit.",
    )
    .complaint("Invalid real_server uthreshold '{v}' - ignoring"),
    Keyword::new(
        "weight",
        Set::Int {
            min: 0,
            max: 2_147_483_647,
            set: |cx, v| cx.real_server.weight = Some(fit(v.value)),
        },
        "Destination weight.",
    )
    .default("virtual server value")
    .complaint("Real server weight {v} is outside range 0-2147483647"),
];

/// Defaults of its checkers.
pub(in crate::keywords) static REAL_DEFAULTS: &[Keyword] = &[
    Keyword::new(
        "connect_timeout",
        Set::Seconds {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.real_server.defaults.connect_timeout = Some(v.value),
        },
        "Default connection timeout.",
    )
    .unit("seconds")
    .complaint("real server connect_timeout {v} invalid - ignoring"),
    Keyword::new(
        "delay_before_retry",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.real_server.defaults.delay_before_retry = Some(v.value),
        },
        "Default wait between retries.",
    )
    .unit("seconds")
    .complaint("real server delay_before_retry '{v}' invalid - ignoring"),
    Keyword::new(
        "delay_loop",
        Set::Seconds {
            min: 1,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.real_server.defaults.delay_loop = Some(v.value),
        },
        "Default time between checks.",
    )
    .unit("seconds")
    .complaint("real server delay_loop '{v}' invalid - ignoring"),
    Keyword::new(
        "retry",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.real_server.defaults.retry = Some(fit(v.value)),
        },
        "Default retries for its checkers.",
    )
    .complaint("retry value invalid - {v}"),
    Keyword::new(
        "virtualhost",
        Set::Word(|cx, v| cx.real_server.defaults.virtualhost = Some(v.value)),
        "Default Host header.",
    )
    .last("Duplicate rs virtualhost - overwriting {old} with {v}")
    .missing("real server virtualhost missing"),
    Keyword::new(
        "warmup",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.real_server.defaults.warmup = Some(v.value),
        },
        "Default maximum first-check delay.",
    )
    .unit("seconds")
    .complaint("real server warmup '{v}' invalid - ignoring"),
];
