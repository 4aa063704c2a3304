//! What the command line asks for.
use crate::role::Role;

/// Which parts of the configuration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subsystems {
    pub(crate) vrrp: bool,
    pub(crate) checker: bool,
    pub(crate) bfd: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Box<Options>),
    /// `fmt FILE`: print it in canonical layout.
    Format(String),
    /// `explain WORD`: what the keyword is for.
    Explain(String),
    /// `-t`, with the file that findings are appended to.
    Test(Box<Options>, Option<String>),
    Version,
    Help,
    /// `--signum`: the number to print.
    Signum(i32),
}

/// Settings of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) file: String,
    pub(crate) subsystems: Subsystems,
    pub(crate) run_all: bool,
    pub(crate) log: LogOptions,
    pub(crate) umask: Option<u32>,
    pub(crate) keep_vips_at_stop: bool,
    pub(crate) keep_ipvs_at_stop: bool,
    pub(crate) respawn: bool,
    pub(crate) fork: bool,
    pub(crate) dump_conf: bool,
    /// `--lint`: advice too.
    pub(crate) lint: bool,
    /// Files behind `--lint`: the nodes to compare.
    pub(crate) nodes: Vec<String>,
    /// `--format json`.
    pub(crate) json: bool,
    pub(crate) pid_files: PidPaths,
    pub(crate) address_monitoring: bool,
    pub(crate) all_config: bool,
    pub(crate) config_id: Option<String>,
    /// `-s`: the network namespace to run in.
    pub(crate) namespace: Option<String>,
    pub(crate) ignore_sigint: bool,
    /// What was wrong on the command line and is passed over, as the original does.
    pub(crate) warnings: Vec<String>,
}

/// Where log lines go.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct LogOptions {
    pub(crate) console: bool,
    pub(crate) syslog: bool,
    /// Syslog facility number (daemon is 3).
    pub(crate) facility: u8,
    pub(crate) detail: bool,
    /// What keeps the names of this copy's processes apart from others'.
    pub(crate) suffix: String,
}

/// Where process ids are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidPaths {
    pub(crate) parent: String,
    pub(crate) vrrp: String,
    pub(crate) checkers: String,
    pub(crate) bfd: String,
}

impl PidPaths {
    /// The file of one role.
    pub(crate) fn of(&self, role: Role) -> &str {
        match role {
            Role::Vrrp => &self.vrrp,
            Role::Checker => &self.checkers,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            file: "/etc/keepalived/keepalived.conf".into(),
            subsystems: Subsystems {
                vrrp: true,
                checker: true,
                bfd: true,
            },
            run_all: false,
            log: LogOptions {
                console: false,
                syslog: true,
                facility: 3,
                detail: false,
                suffix: String::new(),
            },
            umask: None,
            keep_vips_at_stop: false,
            keep_ipvs_at_stop: false,
            respawn: true,
            fork: true,
            dump_conf: false,
            lint: false,
            nodes: Vec::new(),
            json: false,
            pid_files: PidPaths {
                parent: "/run/keepalived.pid".into(),
                vrrp: "/run/vrrp.pid".into(),
                checkers: "/run/checkers.pid".into(),
                bfd: "/run/bfd.pid".into(),
            },
            address_monitoring: false,
            all_config: false,
            config_id: None,
            namespace: None,
            ignore_sigint: false,
            warnings: Vec::new(),
        }
    }
}
