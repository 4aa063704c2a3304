//! Scripts: whether they can be run, and whether somebody else could change what root runs.
//!
//! What the file system says comes in as [`ScriptFacts`]; [`programs`] says what to look at.
use crate::Facts;
use conf::config::{Check, Notify, Script};
use conf::{Config, Diagnostic, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// What the machine says of the programs that a configuration runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptFacts {
    /// By program as written (see [`programs`]).
    pub paths: BTreeMap<String, PathFact>,
    /// Users with uid 0.
    pub roots: BTreeSet<String>,
    /// Scripts without user run as root: there is no user `keepalived_script`.
    pub default_is_root: bool,
}

/// What is known of one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PathFact {
    /// It exists and can be executed.
    pub found: bool,
    /// Somebody but root could change it or a folder above it.
    pub insecure: bool,
}

/// Which part of the daemon runs a script; each has its own line in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Runner {
    Vrrp,
    Checker,
    Supervisor,
}

struct Use<'a> {
    runner: Runner,
    /// As the original names it when it is disabled; empty: it does not tell.
    what: String,
    script: &'a Script,
    user: Option<&'a str>,
}

/// The programs that a configuration runs, each as it is written.
pub fn programs(config: &Config) -> BTreeSet<String> {
    uses(config)
        .iter()
        .map(|script| program(&script.script.command.value))
        .collect()
}

/// The first word of a command; quotes keep blanks.
fn program(command: &str) -> String {
    let command = command.trim_start();
    match command.chars().next() {
        Some(quote @ ('\'' | '"')) => command.split(quote).nth(1).unwrap_or_default().to_owned(),
        _ => command
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn uses(config: &Config) -> Vec<Use<'_>> {
    let mut all = Vec::new();
    let global = &config.global.scripts;
    for block in &config.scripts {
        if let Some(script) = &block.script {
            let user = block.user.as_ref().map(|user| &*user.user.value);
            all.push(Use {
                runner: Runner::Vrrp,
                what: format!("track script {}", block.name.value),
                script,
                user,
            });
        }
    }
    for block in &config.instances {
        notify(&mut all, &block.notify);
    }
    for group in &config.sync_groups {
        notify(&mut all, &group.notify);
    }
    let vrrp = [&global.notify_fifo_script, &global.vrrp_notify_fifo_script];
    plain(&mut all, Runner::Vrrp, "notify FIFO script", vrrp);
    plain(
        &mut all,
        Runner::Checker,
        "notify FIFO script",
        [&global.lvs_notify_fifo_script],
    );
    plain(
        &mut all,
        Runner::Supervisor,
        "script",
        [&global.startup_script, &global.shutdown_script],
    );
    for server in &config.virtual_servers {
        plain(
            &mut all,
            Runner::Checker,
            "quorum script",
            [&server.quorum_up, &server.quorum_down],
        );
        for real in &server.real_servers {
            plain(
                &mut all,
                Runner::Checker,
                "notify script",
                [&real.notify_up, &real.notify_down],
            );
            for checker in &real.checkers {
                if let Check::Misc(misc) = &checker.check
                    && let Some(script) = &misc.misc_path
                {
                    let user = misc.user.as_ref().map(|user| &*user.user.value);
                    all.push(Use {
                        runner: Runner::Checker,
                        what: "MISC_CHECK script".to_owned(),
                        script,
                        user,
                    });
                }
            }
        }
    }
    all
}

fn notify<'a>(all: &mut Vec<Use<'a>>, notify: &'a Notify) {
    let scripts = [
        &notify.notify,
        &notify.notify_backup,
        &notify.notify_fault,
        &notify.notify_master,
        &notify.notify_stop,
        &notify.notify_master_rx_lower_pri,
    ];
    plain(all, Runner::Vrrp, "", scripts);
    if let Some(deleted) = &notify.deleted {
        plain(all, Runner::Vrrp, "", [deleted]);
    }
}

fn plain<'a>(
    all: &mut Vec<Use<'a>>,
    runner: Runner,
    what: &str,
    scripts: impl IntoIterator<Item = &'a Option<Script>>,
) {
    let written = scripts.into_iter().flatten();
    all.extend(written.map(|script| Use {
        runner,
        what: what.to_owned(),
        script,
        user: None,
    }));
}

pub(super) fn check(
    config: &Config,
    facts: &Facts,
    without_vrrp: bool,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(known) = &facts.scripts else { return };
    let secure = config.global.enable_script_security;
    let default = config
        .global
        .script_user
        .as_ref()
        .map(|user| &*user.user.value);
    let mut violations: BTreeMap<Runner, &Script> = BTreeMap::new();
    for script in uses(config) {
        if without_vrrp && script.runner == Runner::Vrrp {
            continue;
        }
        let program = program(&script.script.command.value);
        let Some(fact) = known.paths.get(&program) else {
            continue;
        };
        let at = script.script.command.span;
        let user = script
            .user
            .or(script.script.user.as_ref().map(|user| &*user.value))
            .or(default);
        let root = user.map_or(known.default_is_root, |user| known.roots.contains(user));
        if !fact.found {
            if !script.what.is_empty() {
                let text = format!("Disabling {} since not found/accessible", script.what);
                let found = Diagnostic::new("script-missing", Severity::Warning, text).at(at);
                findings
                    .push(found.help(format!("'{program}' does not exist or cannot be executed")));
            }
        } else if root && !secure {
            violations.entry(script.runner).or_insert(script.script);
        } else if root && fact.insecure {
            let text = format!("Disabling {} due to insecure", script.what);
            let found = Diagnostic::new("script-insecure", Severity::Security, text).at(at);
            findings.push(found.help("the program and all folders above it must belong to root and be writable by nobody else"));
        }
    }
    for (runner, script) in violations {
        let what = match runner {
            Runner::Vrrp => "scripts",
            Runner::Checker => "check scripts",
            Runner::Supervisor => "start/shutdown scripts",
        };
        let text = format!(
            "SECURITY VIOLATION - {what} are being executed but script_security not enabled."
        );
        let found =
            Diagnostic::new("script-security", Severity::Security, text).at(script.command.span);
        findings.push(
            found.help("write 'enable_script_security' and, better, 'script_user' in global_defs"),
        );
    }
}
