//! `global_defs`: processes and their files.
use crate::keywords::{fit, number, optional, rt_priority, some_words};
use crate::parse::{Cx, Line};
use crate::reader::Checks;
use crate::table::{Keyword, Set};
use crate::{Severity, Spanned};

/// Without words: all checks; with words, each adds to or takes from those in force.
fn include_check(cx: &mut Cx, line: &Line<'_>) {
    let mut checks = Checks::default();
    if line.args().is_empty() {
        checks = Checks::ALL;
    }
    for word in line.args() {
        if !checks.set(&word.text()) {
            let name = word.text();
            let text = format!(
                "Unknown include_check type '{}' - ignoring",
                name.trim_start_matches(['+', '-'])
            );
            cx.report("bad-value", Severity::Error, text, word.span);
        }
    }
    cx.include_checks = Some(checks);
    cx.config.global.process.include_check = some_words(cx, line, "");
}

/// Most processors that a kernel can be built for.
const PROCESSORS: i64 = 8192;

/// Numbers of processors; from the first wrong one on they are not used.
fn processors(cx: &mut Cx, line: &Line<'_>, process: &str) -> Vec<Spanned<Box<str>>> {
    let missing = format!("No {process} cpu_id set specified");
    let mut all = some_words(cx, line, &missing);
    for (at, word) in line.args().iter().enumerate() {
        let complaint = format!("Invalid cpu_id:{{v}} specified for {process} process");
        if number(cx, word, 0, PROCESSORS - 1, &complaint).is_none() {
            all.truncate(at);
            break;
        }
    }
    all
}

/// Processes: names, priorities, processors, files.
pub(in crate::keywords) static PROCESS: &[Keyword] = &[
    Keyword::new(
        "bfd_cpu_affinity",
        Set::Line {
            args: "<cpu> ...",
            set: |cx, line| {
                cx.config.global.process.bfd_cpu_affinity = processors(cx, line, "bfd");
            },
        },
        "Pin the BFD process to CPUs.",
    ),
    Keyword::new(
        "bfd_no_swap",
        Set::Flag(|cx| cx.config.global.process.bfd_no_swap = true),
        "Lock BFD process memory.",
    ),
    Keyword::new(
        "bfd_priority",
        Set::Int {
            min: -20,
            max: 19,
            set: |cx, v| cx.config.global.process.bfd_priority = Some(v.map(fit)),
        },
        "Nice value of the BFD process.",
    )
    .complaint("Invalid bfd process priority specified")
    .missing("No bfd process priority specified"),
    Keyword::new(
        "bfd_process_name",
        Set::Word(|cx, v| cx.config.global.process.bfd_process_name = Some(v)),
        "Process name of the BFD child.",
    ),
    Keyword::new(
        "bfd_rlimit_rtime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.bfd_rlimit_rttime = Some(v.map(fit)),
        },
        "Misspelt alias of bfd_rlimit_rttime.",
    )
    .unit("microseconds")
    .complaint("Invalid bfd real-time limit - {v}")
    .deprecated("bfd_rlimit_rttime"),
    Keyword::new(
        "bfd_rlimit_rttime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.bfd_rlimit_rttime = Some(v.map(fit)),
        },
        "RLIMIT_RTTIME of the realtime BFD process.",
    )
    .default("10000")
    .unit("microseconds")
    .complaint("Invalid bfd real-time limit - {v}"),
    Keyword::new(
        "bfd_rt_priority",
        Set::Int {
            min: -2_147_483_648,
            max: 2_147_483_647,
            set: |cx, v| cx.config.global.process.bfd_rt_priority = Some(rt_priority(cx, "bfd", v)),
        },
        "SCHED_RR priority of the BFD process.",
    )
    .complaint("bfd process real-time priority '{v}' invalid")
    .missing("No bfd process real-time priority specified"),
    Keyword::new(
        "checker_cpu_affinity",
        Set::Line {
            args: "<cpu> ...",
            set: |cx, line| {
                cx.config.global.process.checker_cpu_affinity = processors(cx, line, "checker");
            },
        },
        "Pin the checker process to CPUs.",
    ),
    Keyword::new(
        "checker_no_swap",
        Set::Flag(|cx| cx.config.global.process.checker_no_swap = true),
        "Lock checker process memory.",
    ),
    Keyword::new(
        "checker_priority",
        Set::Int {
            min: -20,
            max: 19,
            set: |cx, v| cx.config.global.process.checker_priority = Some(v.map(fit)),
        },
        "Nice value of the checker process.",
    )
    .complaint("Invalid checker process priority specified")
    .missing("No checker process priority specified"),
    Keyword::new(
        "checker_probers",
        Set::Int {
            min: 1,
            max: 64,
            set: |cx, v| cx.config.global.process.checker_probers = Some(v.map(fit)),
        },
        "Processes that make the checks; each real server belongs to one of them.",
    )
    .ours()
    .default("1")
    .complaint("Invalid checker_probers '{v}', must be in [1, 64] - ignoring"),
    Keyword::new(
        "checker_process_name",
        Set::Word(|cx, v| cx.config.global.process.checker_process_name = Some(v)),
        "Process name of the checker child.",
    ),
    Keyword::new(
        "checker_rlimit_rtime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.checker_rlimit_rttime = Some(v.map(fit)),
        },
        "Misspelt alias of checker_rlimit_rttime.",
    )
    .unit("microseconds")
    .complaint("Invalid checker real-time limit - {v}")
    .deprecated("checker_rlimit_rttime"),
    Keyword::new(
        "checker_rlimit_rttime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.checker_rlimit_rttime = Some(v.map(fit)),
        },
        "RLIMIT_RTTIME of the realtime checker process.",
    )
    .default("10000")
    .unit("microseconds")
    .complaint("Invalid checker real-time limit - {v}"),
    Keyword::new(
        "checker_rt_priority",
        Set::Int {
            min: -2_147_483_648,
            max: 2_147_483_647,
            set: |cx, v| {
                cx.config.global.process.checker_rt_priority = Some(rt_priority(cx, "checker", v));
            },
        },
        "SCHED_RR priority of the checker process.",
    )
    .complaint("checker process real-time priority '{v}' invalid")
    .missing("No checker process real-time priority specified"),
    Keyword::new(
        "checker_without_ipvs",
        Set::Bool(|cx, v| cx.config.global.process.checker_without_ipvs = Some(v)),
        "Check real servers, run their scripts and send their mails also where the kernel has no IPVS.",
    )
    .ours()
    .default("no")
    .complaint("Invalid checker_without_ipvs parameter {v}"),
    Keyword::new(
        "config_save_dir",
        Set::Word(|cx, v| cx.config.global.process.config_save_dir = Some(v)),
        "Save expanded configuration text after each load.",
    )
    .complaint(
        "cp: cannot create regular file '{v}/keepalived.conf.9746.0': No such file or directory",
    ),
    Keyword::new(
        "data_use_instance",
        Set::Bool(|cx, v| cx.config.global.process.data_use_instance = Some(v)),
        "Add namespace and instance to dump file names.",
    )
    .default("no")
    .complaint("Invalid value '{v}' for global date_use_instance specified"),
    Keyword::new(
        "include_check",
        Set::Line {
            args: "[[+|-](read|match|wildcard_match|brace_match)] ...; bare = all",
            set: include_check,
        },
        "Which failing include directives count as errors.",
    ),
    Keyword::new(
        "iproute_etc_dir",
        Set::Word(|cx, v| cx.config.global.process.iproute_etc_dir = Some(v)),
        "Where iproute2 local rt_* name files live.",
    )
    .since("2.3.2")
    .missing("iproute_etc_dir requires path"),
    Keyword::new(
        "iproute_usr_dir",
        Set::Word(|cx, v| cx.config.global.process.iproute_usr_dir = Some(v)),
        "Where iproute2 vendor rt_* name files live.",
    )
    .since("2.3.2")
    .missing("iproute_usr_dir requires path"),
    Keyword::new(
        "json_dump_file",
        Set::Word(|cx, v| cx.config.global.process.json_dump_file = Some(v)),
        "Intended JSON dump path; stored but never consulted.",
    )
    .since("2.4.0")
    .missing("json_dump_file requires a non-empty path"),
    Keyword::new(
        "json_version",
        Set::Int {
            min: 1,
            max: 2,
            set: |cx, v| cx.config.global.process.json_version = Some(v.map(fit)),
        },
        "Layout of JSON dump.",
    )
    .default("1")
    .since("2.2.8")
    .complaint("Invalid JSON version")
    .missing("json_version requires version"),
    Keyword::new(
        "lvs_process_name",
        Set::Word(|cx, v| cx.config.global.process.checker_process_name = Some(v)),
        "Old spelling of checker_process_name.",
    )
    .deprecated("checker_process_name"),
    Keyword::new(
        "min_auto_priority_delay",
        Set::Int {
            min: 1,
            max: 10_000_000,
            set: |cx, v| cx.config.global.process.min_auto_priority_delay = Some(v.map(fit)),
        },
        "Timer lateness that triggers priority escalation.",
    )
    .default("1000000")
    .unit("microseconds")
    .complaint("min_auto_priority_delay '{v}' must be in [1, 10000000] - ignoring")
    .missing("min_auto_priority_delay requires delay time"),
    Keyword::new(
        "process_name",
        Set::Word(|cx, v| cx.config.global.process.process_name = Some(v)),
        "Process name of the parent.",
    ),
    Keyword::new(
        "process_names",
        Set::Flag(|cx| cx.config.global.process.process_names = true),
        "Rename children keepalived_vrrp, keepalived_lvs, keepalived_bfd.",
    ),
    Keyword::new(
        "random_seed",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.random_seed = Some(v.map(fit)),
        },
        "Seed random generator, for reproducible tests.",
    )
    .complaint("random_seed {v} invalid"),
    Keyword::new(
        "reload_check_config",
        Set::Line {
            args: "[<logfile, default /dev/null>]",
            set: |cx, line| cx.config.global.process.reload_check_config = Some(optional(line)),
        },
        "Test new configuration in a child before reloading.",
    )
    .default("/dev/null"),
    Keyword::new(
        "reload_file",
        Set::Line {
            args: "[<path>] default <piddir>/keepalived.reload",
            set: |cx, line| cx.config.global.process.reload_file = Some(optional(line)),
        },
        "Marker file existing only while reloading.",
    )
    .default("<piddir"),
    Keyword::new(
        "reload_repeat",
        Set::Flag(|cx| cx.config.global.process.reload_repeat = true),
        "Repeat the timed reload daily.",
    ),
    Keyword::new(
        "reload_time_file",
        Set::Word(|cx, v| cx.config.global.process.reload_time_file = Some(v)),
        "File holding a time at which to reload.",
    )
    .missing("reload_time_file invalid"),
    Keyword::new(
        "state_dump_file",
        Set::Word(|cx, v| cx.config.global.process.state_dump_file = Some(v)),
        "Replace /tmp/keepalived.data as state dump template.",
    )
    .since("2.4.0")
    .missing("state_dump_file requires a non-empty path"),
    Keyword::new(
        "stats_dump_file",
        Set::Word(|cx, v| cx.config.global.process.stats_dump_file = Some(v)),
        "Intended statistics dump path; stored but never consulted.",
    )
    .since("2.4.0")
    .missing("stats_dump_file requires a non-empty path"),
    Keyword::new(
        "tmp_config_directory",
        Set::Word(|cx, v| cx.config.global.process.tmp_config_directory = Some(v)),
        "Where parsed configuration copy is stored instead of memfd.",
    )
    .missing("tmp_config_directory missing directory name"),
    Keyword::new(
        "vrrp_cpu_affinity",
        Set::Line {
            args: "<cpu> ...",
            set: |cx, line| {
                cx.config.global.process.vrrp_cpu_affinity = processors(cx, line, "vrrp");
            },
        },
        "Pin the VRRP process to CPUs.",
    ),
    Keyword::new(
        "vrrp_no_swap",
        Set::Flag(|cx| cx.config.global.process.vrrp_no_swap = true),
        "Lock VRRP process memory.",
    ),
    Keyword::new(
        "vrrp_priority",
        Set::Int {
            min: -20,
            max: 19,
            set: |cx, v| cx.config.global.process.vrrp_priority = Some(v.map(fit)),
        },
        "Nice value of the VRRP process.",
    )
    .complaint("Invalid vrrp process priority specified")
    .missing("No vrrp process priority specified"),
    Keyword::new(
        "vrrp_process_name",
        Set::Word(|cx, v| cx.config.global.process.vrrp_process_name = Some(v)),
        "Process name of the VRRP child.",
    ),
    Keyword::new(
        "vrrp_rlimit_rtime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.vrrp_rlimit_rttime = Some(v.map(fit)),
        },
        "Misspelt alias of vrrp_rlimit_rttime.",
    )
    .unit("microseconds")
    .complaint("Invalid vrrp real-time limit - {v}")
    .deprecated("vrrp_rlimit_rttime"),
    Keyword::new(
        "vrrp_rlimit_rttime",
        Set::Int {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.config.global.process.vrrp_rlimit_rttime = Some(v.map(fit)),
        },
        "RLIMIT_RTTIME of the realtime VRRP process.",
    )
    .default("10000")
    .unit("microseconds")
    .complaint("Invalid vrrp real-time limit - {v}"),
    Keyword::new(
        "vrrp_rt_priority",
        Set::Int {
            min: -2_147_483_648,
            max: 2_147_483_647,
            set: |cx, v| {
                cx.config.global.process.vrrp_rt_priority = Some(rt_priority(cx, "vrrp", v));
            },
        },
        "SCHED_RR priority of the VRRP process.",
    )
    .complaint("vrrp process real-time priority '{v}' invalid")
    .missing("No vrrp process real-time priority specified"),
];
