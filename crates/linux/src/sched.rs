//! How the kernel schedules this process: real-time class, niceness, processors, locked memory.
//!
//! Everything here concerns the calling thread and what it starts later; call it before other
//! threads exist. Where capabilities (`SYS_NICE`, `IPC_LOCK`) or limits forbid it, the answer is
//! `PermissionDenied` and nothing has changed.
use core::ops::RangeInclusive;
use core::time::Duration;
use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall, munlockall};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use std::io;

/// A class of processes that run before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealTime {
    /// Runs until it waits; those of equal priority take turns (`SCHED_RR`).
    RoundRobin,
    /// Runs until it waits (`SCHED_FIFO`).
    Fifo,
}

impl RealTime {
    const fn policy(self) -> i32 {
        match self {
            RealTime::RoundRobin => libc::SCHED_RR,
            RealTime::Fifo => libc::SCHED_FIFO,
        }
    }

    /// The priorities that this kernel has for the class, 1 to 99 on Linux.
    pub fn priorities(self) -> RangeInclusive<i32> {
        // SAFETY: both take and return plain numbers.
        unsafe {
            libc::sched_get_priority_min(self.policy())
                ..=libc::sched_get_priority_max(self.policy())
        }
    }
}

/// Enters a real-time class. Processes that are started from here on are in the normal class again
/// (`SCHED_RESET_ON_FORK`), so that no script inherits it.
///
/// # Errors
/// `InvalidInput` for a priority outside [`RealTime::priorities`].
pub fn set_realtime(class: RealTime, priority: i32) -> io::Result<()> {
    set_policy(class.policy() | libc::SCHED_RESET_ON_FORK, priority)
}

/// Goes back to the normal class.
pub fn set_normal() -> io::Result<()> {
    set_policy(libc::SCHED_OTHER, 0)
}

fn set_policy(policy: i32, priority: i32) -> io::Result<()> {
    // SAFETY: a structure of integers, for which all zeroes is a value.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    // SAFETY: the kernel reads the structure during the call; 0 is the calling thread.
    let done = unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The longest that the process may run in a real-time class without waiting: beyond it the
/// kernel sends `XCPU`, and at the hard limit `KILL`. A runaway process cannot take the
/// machine with it.
pub fn set_realtime_limit(longest: Duration) -> io::Result<()> {
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    let (_, hard) = getrlimit(Resource::RLIMIT_RTTIME)?;
    Ok(setrlimit(Resource::RLIMIT_RTTIME, micros.min(hard), hard)?)
}

/// Sets the niceness: -20 (first) to 19 (last).
pub fn set_nice(niceness: i32) -> io::Result<()> {
    // SAFETY: plain numbers.
    let done = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, niceness) };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Runs only on these processors, numbered from 0.
///
/// # Errors
/// `InvalidInput` when the machine has none of them.
pub fn set_affinity(processors: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(*processor)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// Keeps all memory of the process, also what it will get, out of swap.
///
/// # Errors
/// `OutOfMemory` where `RLIMIT_MEMLOCK` is too small.
pub fn lock_memory() -> io::Result<()> {
    let all = MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE;
    Ok(mlockall(all)?)
}

/// Lets it be swapped out again. Never needs a privilege.
pub fn unlock_memory() -> io::Result<()> {
    match munlockall() {
        Ok(()) | Err(Errno::ENOSYS) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::thread;

    /// On a thread that ends with the test, since these settings belong to threads.
    fn apart(work: impl FnOnce() + Send) {
        thread::scope(|scope| scope.spawn(work).join()).unwrap();
    }

    fn policy() -> i32 {
        // SAFETY: plain numbers.
        unsafe { libc::sched_getscheduler(0) }
    }

    #[test]
    fn a_realtime_class_is_entered_and_not_inherited() {
        apart(|| {
            assert_eq!(RealTime::Fifo.priorities(), 1..=99);
            set_realtime(RealTime::RoundRobin, 2).unwrap();
            assert_eq!(policy(), libc::SCHED_RR | libc::SCHED_RESET_ON_FORK);
            apart(|| assert_eq!(policy(), libc::SCHED_OTHER));
            assert!(set_realtime(RealTime::Fifo, 100).is_err());
            set_normal().unwrap();
            assert_eq!(policy(), libc::SCHED_OTHER);
        });
    }

    #[test]
    fn limits_are_those_asked_for() {
        apart(|| {
            set_realtime_limit(Duration::from_millis(10)).unwrap();
            let limits = fs::read_to_string("/proc/thread-self/limits").unwrap();
            let line = limits
                .lines()
                .find(|line| line.starts_with("Max realtime timeout"));
            assert_eq!(line.unwrap().split_whitespace().nth(3), Some("10000"));
            set_nice(5).unwrap();
            let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
            let after_name = stat.rsplit_once(')').unwrap().1;
            assert_eq!(after_name.split_whitespace().nth(16), Some("5"));
            set_affinity(&[0]).unwrap();
            let status = fs::read_to_string("/proc/thread-self/status").unwrap();
            assert!(status.contains("Cpus_allowed_list:\t0\n"), "{status}");
            assert!(set_affinity(&[]).is_err());
        });
    }

    #[test]
    fn memory_is_locked_and_unlocked() {
        let locked = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status
                .lines()
                .find(|line| line.starts_with("VmLck:"))
                .unwrap()
                .to_owned();
            line.split_whitespace()
                .nth(1)
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        assert_eq!(locked(), 0);
        lock_memory().unwrap();
        assert!(locked() > 0);
        unlock_memory().unwrap();
        assert_eq!(locked(), 0);
    }
}
