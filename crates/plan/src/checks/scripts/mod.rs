//! Scripts: whether they can be run, and whether somebody else could change what root runs.
//!
//! What the machine says comes in as [`ScriptFacts`]; [`programs`] and [`script_users`] say what
//! to look at.
mod uses;

use crate::Facts;
use crate::notify::{self, RunAs};
use conf::{Config, Diagnostic, Pass, Severity, Span};
use std::collections::{BTreeMap, BTreeSet};
use uses::{Role, Runner, Use, uses};

/// What the machine says of the programs that a configuration runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptFacts {
    /// By program as written (see [`programs`]).
    pub paths: BTreeMap<String, PathFact>,
    /// Of those that [`script_users`] names the ones that exist; `true`: root.
    pub users: BTreeMap<RunAs, bool>,
    /// Whether there is the user `keepalived_script`, whom scripts run as for which nobody is
    /// written.
    pub customary: bool,
}

/// What is known of one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PathFact {
    /// There is something of this name.
    pub found: bool,
    /// Somebody but root could change it or a folder above it.
    pub insecure: bool,
    /// It is no file, so that it can never be run.
    pub no_file: bool,
}

const NO_USER: &str = "there is no such user or group on this machine";

/// The programs that a configuration runs, each as it is written.
pub fn programs(config: &Config) -> BTreeSet<String> {
    uses(config).iter().map(Use::program).collect()
}

/// The users that they run as.
pub fn script_users(config: &Config) -> BTreeSet<RunAs> {
    let default = config.global.script_user.as_ref().map(notify::user);
    let own = uses(config).into_iter().filter_map(|one| one.user);
    own.chain(default).collect()
}

/// `without_vrrp`: the original ends before it looks at scripts of VRRP.
pub(super) fn check(
    config: &Config,
    facts: &Facts,
    without_vrrp: bool,
    findings: &mut Vec<Diagnostic>,
) {
    let Some(known) = &facts.scripts else { return };
    let mut check = Check {
        known,
        secure: config.global.enable_script_security,
        default: None,
        violations: BTreeMap::new(),
        findings,
    };
    check.default = check.default_user(config);
    for one in uses(config) {
        if !(without_vrrp && one.runner == Runner::Vrrp) {
            check.script(&one);
        }
    }
    check.finish();
}

struct Check<'a> {
    known: &'a ScriptFacts,
    secure: bool,
    /// Whom scripts run as for which nobody is written; `None`: they are not run.
    default: Option<User>,
    /// The first script that is run without a look at who could change it, and whether one of
    /// them is insecure.
    violations: BTreeMap<Runner, (Span, bool)>,
    findings: &'a mut Vec<Diagnostic>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    Root,
    Other,
}

impl User {
    const fn new(root: bool) -> User {
        if root { User::Root } else { User::Other }
    }
}

impl Check<'_> {
    fn find(&mut self, found: Diagnostic, pass: Pass, help: impl Into<String>) {
        self.findings.push(Diagnostic {
            pass,
            ..found.help(help)
        });
    }

    fn default_user(&mut self, config: &Config) -> Option<User> {
        let Some(written) = &config.global.script_user else {
            // root is not taken for granted where security is asked for
            let anybody = if self.secure { None } else { Some(User::Root) };
            return if self.known.customary {
                Some(User::Other)
            } else {
                anybody
            };
        };
        let user = notify::user(written);
        let known = self.known.users.get(&user).copied().map(User::new);
        if known.is_none() {
            let text = "Error setting global script uid/gid";
            let found = warning("script-user", text, written.user.span);
            self.find(found, Pass::Global, NO_USER);
        }
        known
    }

    fn script(&mut self, one: &Use<'_>) {
        let user = match &one.user {
            Some(user) => self.known.users.get(user).copied().map(User::new),
            None => self.default,
        };
        let Some(user) = user else {
            return self.nobody(one);
        };
        if !one.runs || one.role == Role::Pipe {
            return;
        }
        let program = one.program();
        let Some(fact) = self.known.paths.get(&program).copied() else {
            return;
        };
        let root = user == User::Root;
        let at = one.script.command.span;
        if let Role::Track(name) = one.role {
            let why = if !fact.found {
                Some(("script-missing", "since not found/accessible"))
            } else if fact.no_file || (self.secure && root && fact.insecure) {
                Some(("script-insecure", "due to insecure"))
            } else {
                None
            };
            if let Some((id, why)) = why {
                let text = format!("Disabling track script {name} {why}");
                self.find(warning(id, text, at), Pass::After, reason(&program, fact));
            }
        }
        if fact.found && !self.secure {
            let (_, insecure) = self.violations.entry(one.runner).or_insert((at, false));
            *insecure |= root && fact.insecure && !fact.no_file;
        }
    }

    /// There is nobody whom the script could run as.
    fn nobody(&mut self, one: &Use<'_>) {
        let command = one.command();
        if one.user.is_some() {
            let text = match one.role {
                Role::Track(_) => format!("Unable to set uid/gid for script {command}"),
                Role::Misc => {
                    format!("Failed to set uid/gid for misc checker script {command} - removing")
                }
                Role::Life(_) | Role::Pipe | Role::Other => return,
            };
            let found = warning("script-user", text, one.user_at);
            return self.find(found, Pass::Role, NO_USER);
        }
        if !self.secure || self.findings.iter().any(|found| found.id == "script-user") {
            return;
        }
        let consequence = match one.role {
            Role::Track(name) => Some(format!(
                "Unable to set default user for vrrp script {name} - removing"
            )),
            Role::Misc => Some(format!(
                "Unable to set default user for misc script {command} - removing"
            )),
            Role::Life(name) => Some(format!("Invalid {name} script")),
            Role::Pipe | Role::Other => None,
        };
        let pass = match one.runner {
            Runner::Supervisor => Pass::Global,
            Runner::Vrrp | Runner::Checker => Pass::Role,
        };
        let text = "Unable to set default user keepalived_script for script";
        let mut found = warning("no-script-user", text, one.script.command.span);
        found.consequence = consequence;
        let help = "write 'script_user' in global_defs, or a user behind the script";
        self.find(found, pass, help);
    }

    fn finish(self) {
        for (runner, (at, insecure)) in self.violations {
            let what = match runner {
                Runner::Vrrp => "scripts",
                Runner::Checker => "check scripts",
                Runner::Supervisor => "start/shutdown scripts",
            };
            let more = if insecure {
                " There are insecure scripts."
            } else {
                ""
            };
            let text = format!(
                "SECURITY VIOLATION - {what} are being executed but script_security not enabled.{more}"
            );
            let found = Diagnostic::new("script-security", Severity::Security, text).at(at);
            self.findings.push(
                found.help(
                    "write 'enable_script_security' and, better, 'script_user' in global_defs",
                ),
            );
        }
    }
}

fn warning(id: &'static str, text: impl Into<String>, at: Span) -> Diagnostic {
    Diagnostic::new(id, Severity::Warning, text).at(at)
}

fn reason(program: &str, fact: PathFact) -> String {
    if fact.no_file {
        format!("'{program}' is no file")
    } else if fact.found {
        "the program and all folders above it must belong to root and be writable by nobody else"
            .to_owned()
    } else {
        format!("'{program}' does not exist or cannot be executed")
    }
}
