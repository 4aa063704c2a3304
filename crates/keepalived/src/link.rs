//! What supervisor and roles say to each other over their sealed channel.
//!
//! Messages are small and typed; a plan travels beside its message as a sealed memfd, so that a
//! configuration of any size fits and nobody can change it on the way.
use crate::cli::LogOptions;
use linux::channel::Channel;
use plan::Plan;
use report::notice::Notice;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// From the supervisor to a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum ToRole {
    /// The first message; the plan comes along.
    Start(Settings),
    /// A new plan comes along.
    Reload,
    /// Write files for people and tools.
    Dump(Dump),
    /// Leave in good order.
    Stop,
}

/// From a role to the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FromRole {
    /// The plan of the last `Start` or `Reload` is in force.
    Ready,
    /// Something changed: run the scripts for it.
    Notice(Notice),
}

/// What a role needs to know besides the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) log: LogOptions,
    /// `-V`: leave addresses in place at the end.
    pub(crate) keep_vips_at_stop: bool,
    /// The process before us died just now: go on where it was.
    pub(crate) resume: bool,
    /// `-a`: log every address event.
    pub(crate) address_monitoring: bool,
    /// This role's pid file.
    pub(crate) pid_file: String,
    /// Directory of dump files.
    pub(crate) dump_dir: String,
}

/// Which dump is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dump {
    Data,
    Stats { clear: bool },
}

/// Sends `message`, with `plan` beside it if given. `WouldBlock` when the queue is full.
pub(crate) fn send<M: Serialize>(
    channel: &Channel,
    message: &M,
    plan: Option<&OwnedFd>,
) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let fds: Vec<_> = plan.iter().map(|fd| fd.as_fd()).collect();
    channel.send(&bytes, &fds)
}

/// The next message, `None` when there is none now. `UnexpectedEof` when the other side ended.
pub(crate) fn receive<M: DeserializeOwned>(
    channel: &Channel,
) -> io::Result<Option<(M, Option<OwnedFd>)>> {
    match channel.recv()? {
        None => Ok(None),
        Some((bytes, fds)) => {
            let message = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
            Ok(Some((message, fds.into_iter().next())))
        }
    }
}

/// Puts a plan into a sealed memfd.
pub(crate) fn seal(plan: &Plan) -> io::Result<OwnedFd> {
    let bytes = postcard::to_stdvec(plan).map_err(io::Error::other)?;
    linux::memfd::seal("keepalived-plan", &bytes)
}

/// Reads a plan back.
pub(crate) fn unseal(memfd: &OwnedFd) -> io::Result<Plan> {
    let bytes = linux::memfd::read(memfd.as_fd())?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}
