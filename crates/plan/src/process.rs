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
    /// `bfd_process_name`, or by `process_names`.
    pub bfd: Option<String>,
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
        bfd: name(&process.bfd_process_name, "keepalived_bfd"),
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

/// `max_auto_priority`, `min_auto_priority_delay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AutoPriority {
    /// Highest niceness or real-time priority; -1: none, 0: any.
    pub most: Option<i8>,
    /// How late a timer has to be.
    pub delay: Option<Duration>,
}

pub(crate) fn auto(global: &Global) -> AutoPriority {
    let delay = global.process.min_auto_priority_delay.as_ref();
    AutoPriority {
        most: global.max_auto_priority.map(|auto| auto.value.unwrap_or(0)),
        delay: delay.map(|micros| Duration::from_micros(micros.value.into())),
    }
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
    let limit = limit(process.vrrp_rlimit_rttime);
    let unasked = (!normal).then_some(Realtime {
        priority: DEFAULT_PRIORITY,
        limit,
        asked: false,
    });
    Tuning {
        realtime: asked(process.vrrp_rt_priority, limit).or(unasked),
        nice: process.vrrp_priority.map(|nice| nice.value),
        lock_memory: process.vrrp_no_swap,
        affinity: affinity(&process.vrrp_cpu_affinity),
    }
}

pub(crate) fn checker(process: &Process) -> Tuning {
    Tuning {
        realtime: asked(
            process.checker_rt_priority,
            limit(process.checker_rlimit_rttime),
        ),
        nice: process.checker_priority.map(|nice| nice.value),
        lock_memory: process.checker_no_swap,
        affinity: affinity(&process.checker_cpu_affinity),
    }
}

pub(crate) fn bfd(process: &Process) -> Tuning {
    Tuning {
        realtime: asked(process.bfd_rt_priority, limit(process.bfd_rlimit_rttime)),
        nice: process.bfd_priority.map(|nice| nice.value),
        lock_memory: process.bfd_no_swap,
        affinity: affinity(&process.bfd_cpu_affinity),
    }
}

fn asked(priority: Option<Spanned<u8>>, limit: Duration) -> Option<Realtime> {
    priority.map(|priority| Realtime {
        priority: priority.value,
        limit,
        asked: true,
    })
}

fn limit(micros: Option<Spanned<u32>>) -> Duration {
    micros.map_or(DEFAULT_LIMIT, |micros| {
        Duration::from_micros(micros.value.into())
    })
}

fn affinity(words: &[Spanned<Box<str>>]) -> Vec<usize> {
    let number = |word: &Spanned<Box<str>>| word.value.parse().ok();
    words.iter().filter_map(number).collect()
}
