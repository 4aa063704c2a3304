//! Asks the kernel to treat this process as the plan says, as far as it is permitted.
use crate::log::Log;
use linux::sched::{self, RealTime};
use plan::{Realtime, Tuning};
use std::io;

/// Applies all of it. What is refused is told, unless nobody asked for it: in a container without
/// `CAP_SYS_NICE` the default is simply not to be had.
pub(crate) fn apply(tuning: &Tuning, log: &Log) {
    let told = |what: &str, done: io::Result<()>| {
        if let Err(e) = done {
            log.info(format!("Cannot {what}: {e}"));
        }
    };
    if let Some(nice) = tuning.nice {
        told("set the niceness", sched::set_nice(nice.into()));
    }
    if !tuning.affinity.is_empty() {
        told("choose processors", sched::set_affinity(&tuning.affinity));
    }
    if tuning.lock_memory {
        told("lock the memory", sched::lock_memory());
    }
    if let Some(realtime) = tuning.realtime {
        match enter(realtime) {
            Err(e) if realtime.asked => log.info(format!("Cannot enter the real-time class: {e}")),
            _ => {}
        }
    }
}

/// The limit first: a process in the class without one could take the machine with it.
fn enter(realtime: Realtime) -> io::Result<()> {
    sched::set_realtime_limit(realtime.limit)?;
    sched::set_realtime(RealTime::RoundRobin, realtime.priority.into())
}
