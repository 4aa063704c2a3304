//! How the kernel treats the role processes: class, limits, memory, processors.
use conf::Spanned;
use conf::config::{Global, Process};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Real-time priority of the vrrp process when the configuration names none: above whatever asks
/// for real time without a thought, far below the kernel's own threads.
const DEFAULT_PRIORITY: u8 = 10;
/// How long a process may run in that class without waiting, when the configuration names none.
const DEFAULT_LIMIT: Duration = Duration::from_millis(500);

/// One process's treatment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tuning {
    /// Real-time class, round robin (`*_rt_priority`).
    pub realtime: Option<Realtime>,
    /// Niceness (`*_priority`).
    pub nice: Option<i8>,
    /// Memory stays out of swap (`*_no_swap`).
    pub lock_memory: bool,
    /// Processors it runs on; empty: all (`*_cpu_affinity`).
    pub affinity: Vec<usize>,
}

/// What processes are called, as `ps -C` and `pgrep` see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProcessNames {
    /// `process_name`.
    pub parent: Option<String>,
    /// `vrrp_process_name`, or by `process_names`.
    pub vrrp: Option<String>,
    /// `checker_process_name`, or by `process_names`.
    pub checker: Option<String>,
}

impl ProcessNames {
    /// The name, or what it is without one.
    pub fn or_default(name: Option<&String>) -> &str {
        name.map_or("keepalived", |name| name)
    }
}

pub(crate) fn names(process: &Process) -> ProcessNames {
    let name = |written: &Option<Spanned<Box<str>>>, usual: &str| {
        let usual = process.process_names.then(|| usual.to_owned());
        written
            .as_ref()
            .map(|name| name.value.to_string())
            .or(usual)
    };
    ProcessNames {
        parent: process
            .process_name
            .as_ref()
            .map(|name| name.value.to_string()),
        vrrp: name(&process.vrrp_process_name, "keepalived_vrrp"),
        checker: name(&process.checker_process_name, "keepalived_lvs"),
    }
}

/// A place in the real-time class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realtime {
    /// 1 to 99.
    pub priority: u8,
    /// Longest run without waiting (`*_rlimit_rttime`); beyond it the process falls back to the
    /// normal class.
    pub limit: Duration,
    /// The configuration asks for it: then it is worth a word when it is not permitted.
    pub asked: bool,
}

/// The vrrp process. It asks for real time by itself: an advert that waits for a busy processor
/// is how false takeovers begin. `vrrp_priority` or `max_auto_priority -1` mean "leave me in the
/// normal class".
pub(crate) fn vrrp(global: &Global) -> Tuning {
    let process = &global.process;
    let declined = global
        .max_auto_priority
        .is_some_and(|auto| auto.value == Some(-1));
    let normal = declined || process.vrrp_priority.is_some();
    let limit = process.vrrp_rlimit_rttime.as_ref();
    let limit = limit.map_or(DEFAULT_LIMIT, |micros| {
        Duration::from_micros(micros.value.into())
    });
    let realtime = match &process.vrrp_rt_priority {
        Some(written) => Some(Realtime {
            priority: written.value,
            limit,
            asked: true,
        }),
        None if normal => None,
        None => Some(Realtime {
            priority: DEFAULT_PRIORITY,
            limit,
            asked: false,
        }),
    };
    Tuning {
        realtime,
        nice: process.vrrp_priority.as_ref().map(|nice| nice.value),
        lock_memory: process.vrrp_no_swap,
        affinity: affinity(process),
    }
}

fn affinity(process: &Process) -> Vec<usize> {
    let number = |word: &Spanned<Box<str>>| word.value.parse().ok();
    process
        .vrrp_cpu_affinity
        .iter()
        .filter_map(number)
        .collect()
}
