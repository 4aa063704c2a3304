//! `Global definitions`.
mod processes;
mod services;
mod vrrp;

use super::Out;
use conf::{Config, Spanned};
use core::time::Duration;

type Written<T> = Option<Spanned<T>>;

fn or<T: Copy>(written: Written<T>, default: T) -> T {
    written.map_or(default, |v| v.value)
}

fn on(written: Written<bool>) -> bool {
    or(written, false)
}

fn micros(written: Written<Duration>, default: f64) -> String {
    format!("{:.6}", written.map_or(default, |v| v.value.as_secs_f64()))
}

fn word<'a>(written: Option<&'a Spanned<Box<str>>>, default: &'a str) -> &'a str {
    written.map_or(default, |v| &v.value)
}

/// A line with a value that was written; nothing for one that was not.
fn written(out: &mut Out, label: &str, value: Option<&Spanned<Box<str>>>) {
    if let Some(value) = value {
        out.value(1, label, &value.value);
    }
}

pub(super) fn write(out: &mut Out, config: &Config, hostname: &str) {
    out.title("Global definitions");
    identity(out, config, hostname);
    mail(out, config, hostname);
    reload(out, config);
    behaviour(out, config);
    services::balancer(out, config);
    services::fifos(out, config);
    vrrp::write(out, config);
    processes::write(out, config);
    services::snmp(out, config);
    services::limits(out, config);
}

fn identity(out: &mut Out, config: &Config, hostname: &str) {
    let (daemon, process) = (&config.daemon, &config.global.process);
    written(out, "Config save dir", process.config_save_dir.as_ref());
    let namespace = word(daemon.net_namespace.as_ref(), "(default)");
    out.value(1, "Network namespace", namespace);
    let ipvs = daemon.net_namespace_ipvs.as_ref();
    let ipvs = ipvs.map(|name| name.value.as_deref().unwrap_or("(default)"));
    out.value(
        1,
        "Network namespace ipvs",
        ipvs.unwrap_or("(main namespace)"),
    );
    written(out, "Instance name", daemon.instance.as_ref());
    written(out, "Parent process name", process.process_name.as_ref());
    for (what, name, default) in [
        ("VRRP", &process.vrrp_process_name, "keepalived_vrrp"),
        ("LVS", &process.checker_process_name, "keepalived_lvs"),
        ("BFD", &process.bfd_process_name, "keepalived_bfd"),
    ] {
        if process.process_names || name.is_some() {
            let name = word(name.as_ref(), default);
            out.value(1, &format!("{what} process name"), name);
        }
    }
    let links = on(config.global.scripts.use_symlink_paths);
    let links = if links { "Keep" } else { "Replace" };
    out.line(1, format_args!("{links} symlinks in script paths"));
    let id = word(config.global.router_id.as_ref(), hostname);
    out.value(1, "Router ID", id);
}

/// Without a server or recipients there is no mail, and nothing to say of it.
fn mail(out: &mut Out, config: &Config, hostname: &str) {
    let global = &config.global;
    let used = global.smtp_server.is_some() || !global.notification_email.is_empty();
    if let Some(server) = &global.smtp_server {
        out.value(1, "Smtp server", &server.host.value);
        out.value(1, "Smtp server port", or(server.port, 25));
    }
    if used || global.smtp_helo_name.is_some() {
        let helo = word(global.smtp_helo_name.as_ref(), hostname);
        out.value(1, "Smtp HELO name", helo);
    }
    if used || global.smtp_connect_timeout.is_some() {
        let timeout = global.smtp_connect_timeout;
        let timeout = timeout.map_or(30, |timeout| timeout.value.as_secs());
        out.value(1, "Smtp server connection timeout", timeout);
    }
    if used || global.notification_email_from.is_some() {
        let from = global.notification_email_from.as_ref();
        let from = from.map_or_else(|| format!("root@{hostname}"), |v| v.value.to_string());
        out.value(1, "Email notification from", from);
    }
    if !global.notification_email.is_empty() {
        out.line(1, "Email notification to:");
    }
    for to in &global.notification_email {
        out.line(2, &*to.value);
    }
    let scripts = &global.scripts;
    for (label, alert) in [
        ("smtp_alert", scripts.smtp_alert),
        ("smtp_alert_vrrp", scripts.smtp_alert_vrrp),
        ("smtp_alert_checker", scripts.smtp_alert_checker),
    ] {
        let alert = match alert.map(|v| v.value) {
            None => "unset",
            Some(true) => "on",
            Some(false) => "off",
        };
        out.value(1, &format!("Default {label}"), alert);
    }
    let all = on(scripts.checker_log_all_failures);
    out.value(1, "Checkers log all failures", all);
}

fn reload(out: &mut Out, config: &Config) {
    let process = &config.global.process;
    out.line(
        1,
        match process.reload_check_config.as_ref().map(|v| &v.value) {
            None => "No test config before reload".to_owned(),
            Some(log) => {
                let log = log.as_deref().unwrap_or("/dev/null");
                format!("Test config before reload, log to {log}")
            }
        },
    );
    if let Some(file) = &process.reload_time_file {
        let repeat = if process.reload_repeat {
            " (repeat)"
        } else {
            ""
        };
        out.value(
            1,
            "Reload time file",
            format_args!("{}{repeat}", file.value),
        );
    }
    if let Some(file) = &process.reload_file {
        let default = "/run/keepalived/keepalived.reload";
        out.value(1, "Reload_file", file.value.as_deref().unwrap_or(default));
    }
    let links = on(config.global.scripts.use_symlink_paths);
    out.value(1, "keep script symlinks", links);
    written(
        out,
        "config save directory",
        process.tmp_config_directory.as_ref(),
    );
    if on(process.data_use_instance) {
        out.line(1, "Use instance name in data dumps");
    }
}

fn behaviour(out: &mut Out, config: &Config) {
    let (global, scripts) = (&config.global, &config.global.scripts);
    let all = [
        (
            "Startup",
            &scripts.startup_script,
            scripts.startup_script_timeout,
            ", timeout",
        ),
        (
            "Shutdown",
            &scripts.shutdown_script,
            scripts.shutdown_script_timeout,
            " timeout",
        ),
    ];
    for (what, script, timeout, label) in all {
        if let Some(script) = script {
            let script = services::command(config, script, None);
            let timeout = or(timeout, 10);
            let text = format!("{script}{label} {timeout}");
            out.value(1, &format!("{what} script"), text);
        }
    }
    out.value(1, "Dynamic interfaces", global.dynamic_interfaces);
    if global.dynamic_interfaces {
        out.value(1, "Allow interface changes", global.allow_if_changes);
    }
    if scripts.no_email_faults {
        out.value(1, "Send emails for fault transitions", "off");
    }
}
