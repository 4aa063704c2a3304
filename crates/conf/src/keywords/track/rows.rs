//! `vrrp_script`, `vrrp_track_process`: their plain words.
use super::script::script_time;
use crate::Severity;
use crate::keywords::fit;
use crate::table::{Keyword, Set};

/// `vrrp_script`.
pub(in crate::keywords) static SCRIPT_ROWS: &[Keyword] = &[
    Keyword::new(
        "fall",
        Set::Int {
            min: 1,
            max: 2_147_483_647,
            set: |cx, v| cx.script.fall = Some(v.map(fit)),
        },
        "Failures needed to become down.",
    )
    .default("1")
    .complaint("({}): vrrp script fall value '{v}' invalid, defaulting to 1"),
    Keyword::new(
        "init_fail",
        Set::Flag(|cx| cx.script.init_fail = true),
        "Assume failed until the first result.",
    ),
    Keyword::new(
        "interval",
        Set::Line {
            args: "<.001..4294>",
            set: |cx, line| cx.script.interval = script_time(cx, line).or(cx.script.interval),
        },
        "Time between runs.",
    )
    .default("1")
    .unit("seconds"),
    Keyword::new(
        "rise",
        Set::Int {
            min: 1,
            max: 2_147_483_647,
            set: |cx, v| cx.script.rise = Some(v.map(fit)),
        },
        "Successes needed to become up.",
    )
    .default("1")
    .complaint("({}): vrrp script rise value '{v}' invalid, defaulting to 1"),
    Keyword::new(
        "timeout",
        Set::Line {
            args: "<.001..4294>",
            set: |cx, line| cx.script.timeout = script_time(cx, line).or(cx.script.timeout),
        },
        "Run time limit; exceeding counts as failure.",
    )
    .default("interval")
    .unit("seconds"),
];

/// `vrrp_track_process`.
pub(in crate::keywords) static PROCESS_ROWS: &[Keyword] = &[
Keyword::new("delay", Set::Seconds { min: 1, max: 3_600_000_000, set: |cx, v| cx.process.delay = Some(v) }, "Sets both fork and terminate delays.").unit("seconds").complaint("delay ({v}) for vrrp_track_process {} must be between [0.000001..3600] inclusive. Ignoring..."),
Keyword::new("fork_delay", Set::Seconds { min: 1, max: 3_600_000_000, set: |cx, v| cx.process.fork_delay = Some(v) }, "Settle time after gaining quorum.").unit("seconds").complaint("fork_delay ({v}) for vrrp_track_process {} must be between [0.000001..3600] inclusive. Ignoring..."),
Keyword::new("full_command", Set::Flag(|cx| cx.process.full_command = true), "Match the command line rather than comm name."),
Keyword::new("quorum", Set::Int { min: 1, max: 65_535, set: |cx, v| {
    if cx.process.quorum_max.is_some_and(|most| i64::from(most.value) < v.value) {
        return cx.report("process-quorum", Severity::Warning, "Quorum is greater than quorum_max - ignoring", v.span);
    }
    cx.process.quorum = Some(v.map(fit));
} }, "Minimum running copies.").default("1").complaint("Quorum ({v}) for vrrp_track_process {} must be between [1..65535] inclusive. Ignoring..."),
Keyword::new("quorum_max", Set::Int { min: 0, max: 65_535, set: |cx, v| {
    // one is what holds when none is written: it may be none at most
    let least = cx.process.quorum.map_or(1, |least| i64::from(least.value));
    if least > 1 && least > v.value {
        return cx.report("process-quorum", Severity::Warning, "quorum_max is less than quorum - ignoring", v.span);
    }
    cx.process.quorum_max = Some(v.map(fit));
} }, "Maximum running copies.").default("unlimited").complaint("quorum_max ({v}) for vrrp_track_process {} must be between [0..65535] inclusive. Ignoring..."),
Keyword::new("terminate_delay", Set::Seconds { min: 1, max: 3_600_000_000, set: |cx, v| cx.process.terminate_delay = Some(v) }, "Settle time after losing quorum.").unit("seconds").complaint("terminate_delay ({v}) for vrrp_track_process {} must be between [0.000001..3600] inclusive. Ignoring..."),
];
