//! How a program ended.
use nix::sys::signal::Signal;
use std::fmt;

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::supervisor) enum Outcome {
    Exited(i32),
    Signaled(Signal),
    /// It had to be ended.
    TimedOut,
    /// It could not be started, and why: a failure, never a success.
    NotRun(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Exited(code) => write!(f, "exited with status {code}"),
            Outcome::Signaled(signal) => write!(f, "exited due to signal {}", *signal as i32),
            Outcome::TimedOut => write!(f, "timed out"),
            Outcome::NotRun(why) => write!(f, "could not be run: {why}"),
        }
    }
}
