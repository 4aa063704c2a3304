//! Which scripts a configuration has, and which part of the daemon runs them.
use super::super::services::Groups;
use crate::notify::{self, RunAs};
use conf::config::{Check, Notify, Script, User};
use conf::{Config, Span};
use std::collections::BTreeSet;

/// Which part of the daemon runs a script; each has its own line in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Runner {
    Vrrp,
    Checker,
    Supervisor,
}

/// What a script is for, as far as the original tells when it cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role<'a> {
    Track(&'a str),
    Misc,
    /// `startup_script` or `shutdown_script`.
    Life(&'static str),
    /// A named pipe: it belongs to somebody.
    Pipe,
    Other,
}

pub(super) struct Use<'a> {
    pub(super) runner: Runner,
    /// The part of the daemon runs.
    pub(super) runs: bool,
    pub(super) role: Role<'a>,
    pub(super) script: &'a Script,
    /// Whom it runs as when that is written.
    pub(super) user: Option<RunAs>,
    /// Where that is written.
    pub(super) user_at: Span,
}

impl Use<'_> {
    pub(super) fn command(&self) -> &str {
        &self.script.command.value
    }

    /// Its first word; quotes keep blanks.
    pub(super) fn program(&self) -> String {
        program(self.command())
    }
}

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

/// All of them, also those of blocks that come to nothing: the original looks at them first.
pub(super) fn uses(config: &Config) -> Vec<Use<'_>> {
    let mut all = Vec::new();
    let global = &config.global.scripts;
    let life = [
        ("startup", &global.startup_script),
        ("shutdown", &global.shutdown_script),
    ];
    for (name, script) in life {
        plain(&mut all, Runner::Supervisor, Role::Life(name), [script]);
    }
    let pipes = [
        &global.notify_fifo,
        &global.vrrp_notify_fifo,
        &global.lvs_notify_fifo,
    ];
    plain(&mut all, Runner::Supervisor, Role::Pipe, pipes);
    vrrp(&mut all, config);
    let groups = Groups::new(config);
    checker(&mut all, config, &groups);
    // without instances there is no process of VRRP, without services none of checkers
    let mut services = config.virtual_servers.iter();
    let checks = services.any(|service| groups.serve(service));
    for one in &mut all {
        one.runs = match one.runner {
            Runner::Vrrp => !config.instances.is_empty(),
            Runner::Checker => checks,
            Runner::Supervisor => true,
        };
    }
    all
}

fn vrrp<'a>(all: &mut Vec<Use<'a>>, config: &'a Config) {
    let global = &config.global.scripts;
    for block in &config.scripts {
        if let Some(script) = &block.script {
            let role = Role::Track(&block.name.value);
            all.push(one(Runner::Vrrp, role, script, block.user.as_ref()));
        }
    }
    let instances = config.instances.iter().map(|block| &block.notify);
    let groups = config.sync_groups.iter().map(|group| &group.notify);
    for block in instances.chain(groups) {
        notify(all, block);
    }
    let fifos = [&global.notify_fifo_script, &global.vrrp_notify_fifo_script];
    plain(all, Runner::Vrrp, Role::Other, fifos);
}

fn checker<'a>(all: &mut Vec<Use<'a>>, config: &'a Config, groups: &Groups<'_>) {
    let global = &config.global.scripts;
    let fifos = [&global.notify_fifo_script, &global.lvs_notify_fifo_script];
    plain(all, Runner::Checker, Role::Other, fifos);
    let servers = config.virtual_servers.iter();
    for server in servers.filter(|server| groups.serve(server)) {
        let quorum = [&server.quorum_up, &server.quorum_down];
        plain(all, Runner::Checker, Role::Other, quorum);
        if !server.has_server_scripts {
            continue;
        }
        // a server that comes again is left out
        let mut seen = BTreeSet::new();
        let servers = server.real_servers.iter();
        for real in servers.filter(|real| seen.insert((real.address, real.port))) {
            for script in [&real.notify_up, &real.notify_down].into_iter().flatten() {
                all.push(one(Runner::Checker, Role::Other, script, None));
            }
            for checker in &real.checkers {
                if let Check::Misc(misc) = &checker.check
                    && let Some(script) = &misc.misc_path
                {
                    let user = misc.user.as_ref();
                    all.push(one(Runner::Checker, Role::Misc, script, user));
                }
            }
        }
    }
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
    plain(all, Runner::Vrrp, Role::Other, scripts);
    plain(all, Runner::Vrrp, Role::Other, notify.deleted.iter());
}

fn plain<'a>(
    all: &mut Vec<Use<'a>>,
    runner: Runner,
    role: Role<'a>,
    scripts: impl IntoIterator<Item = &'a Option<Script>>,
) {
    let written = scripts.into_iter().flatten();
    all.extend(written.map(|script| one(runner, role, script, None)));
}

fn one<'a>(runner: Runner, role: Role<'a>, script: &'a Script, user: Option<&'a User>) -> Use<'a> {
    let own = script.user.as_ref().map(|user| user.span);
    Use {
        runner,
        runs: true,
        role,
        script,
        user: user.map(notify::user).or_else(|| notify::run_as(script)),
        user_at: user
            .map(|user| user.user.span)
            .or(own)
            .unwrap_or(script.command.span),
    }
}
