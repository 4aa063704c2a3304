//! How the daemon as a whole lives: what runs at its start and its end, what it writes where, when
//! it reads its configuration again.
use crate::Command;
use crate::notify;
use conf::config::{Process, Scripts};
use conf::{Config, Spanned};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Settings of the daemon as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Daemon {
    /// `startup_script`: before the other processes are started.
    pub start: Option<Hook>,
    /// `shutdown_script`: when the other processes have ended.
    pub stop: Option<Hook>,
    /// `use_symlink_paths`: scripts are called by the path that was written, links and all.
    pub keep_links: bool,
    /// `child_wait_time`: how long the other processes may take to end.
    pub child_wait: Option<Duration>,
    /// `use_pid_dir`: pid files are below `/run/keepalived`.
    pub pid_directory: bool,
    /// `namespace_with_ipsets`.
    pub ipsets_in_namespaces: bool,
    /// `random_seed`: chance is the same each time, for tests.
    pub random_seed: Option<u32>,
    /// When the configuration is read again.
    pub reload: Reload,
    /// Files for people.
    pub dumps: Dumps,
    /// Where the names of routing tables and their kin are.
    pub name_files: NameFiles,
}

/// `startup_script`, `shutdown_script`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What is run.
    pub command: Command,
    /// How long it may take; as long as it likes when `None`.
    pub timeout: Option<Duration>,
}

/// When the configuration is read again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reload {
    /// `reload_check_config`: the new one is tried first; what is wrong with it goes there.
    pub check: Option<Place>,
    /// `reload_file`: it exists while the configuration is read.
    pub marker: Option<Place>,
    /// `reload_time_file`: it holds the time of the next reload.
    pub time_file: Option<String>,
    /// `reload_repeat`: each day again.
    pub daily: bool,
}

/// Where a file is, when it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its path; the usual one when `None`.
    pub path: Option<String>,
}

/// Files for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dumps {
    /// `state_dump_file`.
    pub state: Option<String>,
    /// `stats_dump_file`.
    pub stats: Option<String>,
    /// `json_dump_file`.
    pub json: Option<String>,
    /// `data_use_instance`: their names have the network namespace's and the instance's in them.
    pub with_instance: bool,
    /// `config_save_dir`: the configuration as it was read goes there.
    pub configuration: Option<String>,
}

/// Where the names of routing tables and their kin are; the usual places when `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NameFiles {
    /// `iproute_etc_dir`: this machine's.
    pub local: Option<String>,
    /// `iproute_usr_dir`: those that came with the system.
    pub vendor: Option<String>,
}

pub(crate) fn build(config: &Config) -> Daemon {
    let (scripts, process) = (&config.global.scripts, &config.global.process);
    let wait = config.daemon.child_wait_time.as_ref();
    Daemon {
        start: hook(
            scripts.startup_script.as_ref(),
            scripts.startup_script_timeout,
        ),
        stop: hook(
            scripts.shutdown_script.as_ref(),
            scripts.shutdown_script_timeout,
        ),
        keep_links: keep_links(scripts),
        child_wait: wait.map(|secs| Duration::from_secs(secs.value.into())),
        pid_directory: config.daemon.use_pid_dir,
        ipsets_in_namespaces: config.daemon.namespace_with_ipsets,
        random_seed: process.random_seed.map(|seed| seed.value),
        reload: reload(process),
        dumps: dumps(process),
        name_files: NameFiles {
            local: word(process.iproute_etc_dir.as_ref()),
            vendor: word(process.iproute_usr_dir.as_ref()),
        },
    }
}

fn hook(script: Option<&conf::config::Script>, timeout: Option<Spanned<u16>>) -> Option<Hook> {
    Some(Hook {
        command: notify::command(script?),
        timeout: timeout.map(|secs| Duration::from_secs(secs.value.into())),
    })
}

fn keep_links(scripts: &Scripts) -> bool {
    scripts.use_symlink_paths.is_some_and(|on| on.value)
}

fn reload(process: &Process) -> Reload {
    Reload {
        check: place(process.reload_check_config.as_ref()),
        marker: place(process.reload_file.as_ref()),
        time_file: word(process.reload_time_file.as_ref()),
        daily: process.reload_repeat,
    }
}

fn dumps(process: &Process) -> Dumps {
    Dumps {
        state: word(process.state_dump_file.as_ref()),
        stats: word(process.stats_dump_file.as_ref()),
        json: word(process.json_dump_file.as_ref()),
        with_instance: process.data_use_instance.is_some_and(|on| on.value),
        configuration: word(process.config_save_dir.as_ref()),
    }
}

pub(crate) fn word(written: Option<&Spanned<Box<str>>>) -> Option<String> {
    written.map(|word| word.value.to_string())
}

/// A keyword whose word may be left out.
fn place(written: Option<&Spanned<Option<Box<str>>>>) -> Option<Place> {
    written.map(|word| Place {
        path: word.value.as_deref().map(str::to_owned),
    })
}
