//! The daemon's signals, by the original's meaning (`--signum` prints the numbers).

pub(crate) const HUP: i32 = libc::SIGHUP;
pub(crate) const INT: i32 = libc::SIGINT;
pub(crate) const TERM: i32 = libc::SIGTERM;
pub(crate) const USR1: i32 = libc::SIGUSR1;
pub(crate) const USR2: i32 = libc::SIGUSR2;
/// The real-time class's run-time limit is reached.
pub(crate) const XCPU: i32 = libc::SIGXCPU;
pub(crate) const CHLD: i32 = libc::SIGCHLD;

/// Dump the statistics and clear them: `SIGRTMAX - 1`.
pub(crate) fn stats_clear() -> i32 {
    libc::SIGRTMAX() - 1
}

/// Dump as JSON: `SIGRTMIN + 2`.
pub(crate) fn json() -> i32 {
    libc::SIGRTMIN() + 2
}
