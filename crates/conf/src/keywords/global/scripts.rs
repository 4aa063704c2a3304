//! `global_defs`: scripts, named pipes, mail.
use crate::Severity;
use crate::config::Script;
use crate::keywords::fit;
use crate::parse::Cx;
use crate::table::{Keyword, Set};

fn written(cx: &mut Cx, script: Script, what: &str) -> Option<Script> {
    if script.command.value.trim().is_empty() {
        let (text, at) = (format!("Invalid {what} script"), script.command.span);
        cx.report("bad-value", Severity::Warning, text, at);
        return None;
    }
    Some(script)
}

/// Scripts and named pipes.
pub(in crate::keywords) static SCRIPTS: &[Keyword] = &[
    Keyword::new(
        "checker_log_all_failures",
        Set::Bool(|cx, v| cx.config.global.scripts.checker_log_all_failures = Some(v)),
        "Log each failed check attempt, not only state changes.",
    )
    .default("no")
    .complaint("Invalid value for checker_log_all_failures specified"),
    Keyword::new(
        "fifo_write_vrrp_states_on_reload",
        Set::Flag(|cx| cx.config.global.scripts.fifo_write_vrrp_states_on_reload = true),
        "Rewrite all instance/group states to FIFO after reload.",
    ),
    Keyword::new(
        "lvs_notify_fifo",
        Set::Script(|cx, v| cx.config.global.scripts.lvs_notify_fifo = Some(v)),
        "Named pipe receiving virtual/real server events, created if absent.",
    )
    .once("lvs_notify_fifo already specified - ignoring {v}")
    .missing("No lvs_notify_fifo name specified"),
    Keyword::new(
        "lvs_notify_fifo_script",
        Set::Script(|cx, v| cx.config.global.scripts.lvs_notify_fifo_script = Some(v)),
        "Program started to read the LVS pipe; path appended.",
    )
    .once("lvs_notify_fifo_script already specified - ignoring {v}")
    .missing("No lvs_notify_fifo_script specified"),
    Keyword::new(
        "no_checker_emails",
        Set::Bool(|cx, v| cx.config.global.scripts.no_checker_emails = Some(v)),
        "Suppress per-check mail, keep server state mail.",
    )
    .default("no")
    .complaint("Invalid value '{v}' for global no_checker_emails specified"),
    Keyword::new(
        "no_email_faults",
        Set::Flag(|cx| cx.config.global.scripts.no_email_faults = true),
        "Suppress mail for FAULT transitions.",
    ),
    Keyword::new(
        "notify_fifo",
        Set::Script(|cx, v| cx.config.global.scripts.notify_fifo = Some(v)),
        "Named pipe receiving all events, created if absent.",
    )
    .once("notify_fifo already specified - ignoring {v}")
    .missing("No notify_fifo name specified"),
    Keyword::new(
        "notify_fifo_script",
        Set::Script(|cx, v| cx.config.global.scripts.notify_fifo_script = Some(v)),
        "Program started to read the global pipe; path appended.",
    )
    .once("notify_fifo_script already specified - ignoring {v}")
    .missing("No notify_fifo_script specified"),
    Keyword::new(
        "rs_init_notifies",
        Set::Bool(|cx, v| cx.config.global.scripts.rs_init_notifies = Some(v)),
        "Run real server notify scripts for initial state.",
    )
    .default("no")
    .complaint("Invalid value '{v}' for global rs_init_notifies specified"),
    Keyword::new(
        "set_supplementary_groups",
        Set::Bool(|cx, v| cx.config.global.scripts.set_supplementary_groups = Some(v)),
        "Give scripts the supplementary groups of their user (post-2.4.3).",
    )
    .default("no")
    .since("after 2.4.3")
    .complaint("Invalid value '{v}' for global set_supplementary_groups specified"),
    Keyword::new(
        "shutdown_script",
        Set::Script(|cx, v| cx.config.global.scripts.shutdown_script = written(cx, v, "shutdown")),
        "Run by parent after children stopped.",
    )
    .once("shutdown script already specified")
    .missing("shutdown script missing"),
    Keyword::new(
        "shutdown_script_timeout",
        Set::Int {
            min: 1,
            max: 1000,
            set: |cx, v| cx.config.global.scripts.shutdown_script_timeout = Some(v.map(fit)),
        },
        "Limit for shutdown_script.",
    )
    .default("10")
    .unit("seconds")
    .complaint("shutdown_script_timeout '{v}' must be in [1, 1000] - ignoring")
    .missing("shutdown_script_timeout requires value"),
    Keyword::new(
        "smtp_alert",
        Set::Bool(|cx, v| cx.config.global.scripts.smtp_alert = Some(v)),
        "Default mail alerting for every VRRP and checker object.",
    )
    .default("unset")
    .complaint("Invalid value '{v}' for global smtp_alert specified"),
    Keyword::new(
        "smtp_alert_checker",
        Set::Bool(|cx, v| cx.config.global.scripts.smtp_alert_checker = Some(v)),
        "Default mail alerting for virtual/real servers.",
    )
    .default("unset")
    .complaint("Invalid value '{v}' for global smtp_alert_checker specified"),
    Keyword::new(
        "smtp_alert_vrrp",
        Set::Bool(|cx, v| cx.config.global.scripts.smtp_alert_vrrp = Some(v)),
        "Default mail alerting for VRRP instances and groups.",
    )
    .default("unset")
    .complaint("Invalid value '{v}' for global smtp_alert_vrrp specified"),
    Keyword::new(
        "startup_script",
        Set::Script(|cx, v| cx.config.global.scripts.startup_script = written(cx, v, "startup")),
        "Run by parent before children start.",
    )
    .once("startup script already specified")
    .missing("startup script missing"),
    Keyword::new(
        "startup_script_timeout",
        Set::Int {
            min: 1,
            max: 1000,
            set: |cx, v| cx.config.global.scripts.startup_script_timeout = Some(v.map(fit)),
        },
        "Limit for startup_script.",
    )
    .default("10")
    .unit("seconds")
    .complaint("startup_script_timeout '{v}' must be in [1, 1000] - ignoring")
    .missing("startup_script_timeout requires value"),
    Keyword::new(
        "use_symlink_paths",
        Set::Bool(|cx, v| cx.config.global.scripts.use_symlink_paths = Some(v)),
        "Keep symlinks unresolved in script paths passed to exec.",
    )
    .default("no")
    .since("2.3.0")
    .complaint("Invalid value '{v}' for global use_symlink_path specified"),
    Keyword::new(
        "vrrp_notify_fifo",
        Set::Script(|cx, v| cx.config.global.scripts.vrrp_notify_fifo = Some(v)),
        "Named pipe receiving VRRP events, created if absent.",
    )
    .once("vrrp_notify_fifo already specified - ignoring {v}")
    .missing("No vrrp_notify_fifo name specified"),
    Keyword::new(
        "vrrp_notify_fifo_script",
        Set::Script(|cx, v| cx.config.global.scripts.vrrp_notify_fifo_script = Some(v)),
        "Program started to read the VRRP pipe; path appended.",
    )
    .once("vrrp_notify_fifo_script already specified - ignoring {v}")
    .missing("No vrrp_notify_fifo_script specified"),
    Keyword::new(
        "vrrp_notify_priority_changes",
        Set::Bool(|cx, v| cx.config.global.scripts.vrrp_notify_priority_changes = Some(v)),
        "Emit FIFO lines when effective priority changes.",
    )
    .default("no")
    .complaint("Invalid value '{v}' for global vrrp_notify_priority_changes specified"),
];
