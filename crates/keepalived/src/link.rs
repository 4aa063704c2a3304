//! What supervisor and roles say to each other over their sealed channel.
//!
//! Messages are small and typed; a plan travels beside its message as a sealed memfd, so that a
//! configuration of any size fits and nobody can change it on the way. With it goes the text of the
//! dump, which is written when all roles have their plan: it is nothing to wait for.
use crate::cli::LogOptions;
use linux::channel::Channel;
use linux::reactor::Reactor;
use plan::{Plan, Sheet};
use pool::{CheckId, PoolId, ServerId, Verdict};
use report::json::Tallies;
use report::notice::Notice;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use vrrp::{InstanceId, Reading, StateKind, TrackerId};

/// From the supervisor to a role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum ToRole {
    /// The first message; the plan comes along.
    Start(Settings, Vec<News>),
    /// A new plan comes along, with what is known of objects that it tracks.
    Reload(Vec<News>),
    /// A tracked object says something.
    News(News),
    /// Write files for people and tools, with what is known of tracked processes.
    Dump(Dump, Tallies),
    /// Leave in good order.
    Stop,
    /// What came of a check by script, and why it failed.
    Checked(CheckId, Verdict, Option<String>),
    /// The instance that the sync daemon follows is master, or not, or takes no part.
    SyncDaemon(Option<bool>),
}

/// From the checker to the prober.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum ToProber {
    /// What there is to check comes along; yours is the part that falls to this share.
    Plan(Share),
    /// Make these checks, each a part of one.
    Probe(Vec<(CheckId, u32)>),
}

/// One of `of` probers, counted from 0: a real server belongs to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) index: u32,
    pub(crate) of: u32,
}

impl Share {
    /// The index of the prober that a server belongs to.
    pub(crate) fn of(server: ServerId, count: u32) -> u32 {
        server.0.checked_rem(count).unwrap_or(0)
    }

    pub(crate) fn has(self, server: ServerId) -> bool {
        Share::of(server, self.of) == self.index
    }
}

/// Contents of files by name.
pub(crate) type Material = BTreeMap<String, String>;

/// From the prober to the checker: what came of checks, or why they failed.
pub(crate) type FromProber = Vec<(CheckId, Result<(), String>)>;

/// A change of a pool that scripts are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PoolNotice {
    Server(ServerId, bool),
    Quorum(PoolId, bool),
}

/// A change of a pool that people are told of by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PoolAlert {
    /// A check came to another result.
    Check {
        check: CheckId,
        up: bool,
        /// What that made of the server.
        alive: bool,
        /// It changed the server.
        decisive: bool,
        /// It was a script that had to be ended.
        timed_out: bool,
    },
    /// A quorum is there or not; with the weight that is there.
    Quorum(PoolId, bool, Quorum, u64),
    /// A real server is no longer in the configuration.
    Removed(ServerId),
}

/// On which occasion a quorum is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Quorum {
    Starting,
    Changed,
}

/// A tracked object and what it says.
pub(crate) type News = (TrackerId, Reading);

/// From a role to the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FromRole {
    /// The plan of the last `Start` or `Reload` is in force.
    Ready,
    /// Something changed: run the scripts for it.
    Notice(Notice),
    /// What an instance is, though it did not change.
    Standing(InstanceId, StateKind),
    /// Something changed in a pool: run the script for it.
    Pool(PoolNotice),
    /// Something changed in a pool: send a mail about it.
    Alert(PoolAlert),
    /// A check by script is due.
    Check(CheckId),
}

/// What a role needs to know besides the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) log: LogOptions,
    /// `-V`: leave addresses in place at the end.
    pub(crate) keep_vips_at_stop: bool,
    /// `-I`: leave the load balancer's table as it is at the end.
    pub(crate) keep_ipvs_at_stop: bool,
    /// What `ToRole::SyncDaemon` said last.
    pub(crate) sync_master: Option<bool>,
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
    Json,
}

/// Sends `message`, with these files beside it. `WouldBlock` when the queue is full.
pub(crate) fn send<M: Serialize>(
    channel: &Channel,
    message: &M,
    files: &[&OwnedFd],
) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let fds: Vec<_> = files.iter().map(|fd| fd.as_fd()).collect();
    channel.send(&bytes, &fds)
}

/// The next message, `None` when there is none now. `UnexpectedEof` when the other side ended.
pub(crate) fn receive<M: DeserializeOwned>(
    channel: &Channel,
) -> io::Result<Option<(M, Vec<OwnedFd>)>> {
    match channel.recv()? {
        None => Ok(None),
        Some((bytes, fds)) => {
            let message = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
            Ok(Some((message, fds)))
        }
    }
}

/// A plan on its way to a role.
#[derive(Debug)]
pub(crate) struct Sealed {
    plan: OwnedFd,
    sheet: OwnedFd,
}

impl Sealed {
    /// The text of its dump is still to be written.
    pub(crate) fn new(plan: &Plan) -> io::Result<Sealed> {
        Ok(Sealed {
            plan: seal(plan)?,
            sheet: linux::memfd::empty("keepalived-dump")?,
        })
    }

    /// What came beside a message.
    pub(crate) fn received(files: Vec<OwnedFd>) -> Option<Sealed> {
        let mut files = files.into_iter();
        let (plan, sheet) = (files.next()?, files.next()?);
        Some(Sealed { plan, sheet })
    }

    /// What goes beside a message.
    pub(crate) fn files(&self) -> [&OwnedFd; 2] {
        [&self.plan, &self.sheet]
    }

    pub(crate) fn plan(&self) -> io::Result<Plan> {
        unseal(&self.plan)
    }

    pub(crate) fn write_sheet(&self, sheet: &Sheet) -> io::Result<()> {
        let bytes = postcard::to_stdvec(sheet).map_err(io::Error::other)?;
        linux::memfd::fill(self.sheet.as_fd(), &bytes)
    }

    /// The text of the dump; nothing until it is written, shortly after the plan.
    pub(crate) fn sheet(&self) -> Sheet {
        unseal(&self.sheet).unwrap_or_default()
    }
}

/// Puts a plan, or what else is large, into a sealed memfd.
pub(crate) fn seal<T: Serialize>(plan: &T) -> io::Result<OwnedFd> {
    let bytes = postcard::to_stdvec(plan).map_err(io::Error::other)?;
    linux::memfd::seal("keepalived-plan", &bytes)
}

/// Reads it back.
pub(crate) fn unseal<T: DeserializeOwned>(memfd: &OwnedFd) -> io::Result<T> {
    let bytes = linux::memfd::read(memfd.as_fd())?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

/// The supervisor writes the first message right after starting a role.
const FIRST_MESSAGE: Duration = Duration::from_secs(10);

/// Waits for settings, plan and what is known of tracked objects.
pub(crate) fn first(channel: &Channel) -> io::Result<(Settings, Sealed, Vec<News>)> {
    let mut reactor = Reactor::new()?;
    reactor.add(channel.as_fd(), 0)?;
    let until = linux::clock::now() + FIRST_MESSAGE;
    let mut ready = Vec::new();
    loop {
        match receive::<ToRole>(channel)? {
            Some((ToRole::Start(settings, news), files)) => {
                let sealed = Sealed::received(files);
                let sealed = sealed.ok_or_else(|| io::Error::other("a start without plan"))?;
                return Ok((settings, sealed, news));
            }
            Some((other, _)) => {
                return Err(io::Error::other(format!(
                    "unexpected first message {other:?}"
                )));
            }
            None if linux::clock::now() >= until => return Err(io::ErrorKind::TimedOut.into()),
            None => reactor.wait(Some(until), &mut ready)?,
        }
    }
}
