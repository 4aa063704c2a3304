//! The dump's text with gaps: the words are known where the configuration is read, the state only
//! in the process that runs it.
use serde::{Deserialize, Serialize};

/// The dump of the configuration, to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sheet {
    /// `Global definitions`.
    pub global: String,
    /// All that belongs to virtual routers.
    pub vrrp: Vec<Row>,
    /// BFD sessions.
    pub bfd: String,
}

/// A line, or a place that state goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Row {
    /// Lines as they are.
    Text(String),
    /// What follows is about this.
    About(Subject),
    /// State of the subject; what stands there while nothing runs.
    Gap(Gap, Option<String>),
    /// An address or route; whether it is in place is told behind it.
    Held(String),
}

/// What rows are about, by name: the identity over reloads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// The daemon.
    Daemon,
    /// A `vrrp_instance`.
    Instance(String),
    /// A `vrrp_sync_group`.
    Group(String),
    /// A `vrrp_script`, `track_file`, `vrrp_track_process` or `bfd_instance`.
    Object(String),
}

/// Which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gap {
    /// State, and who is master.
    State,
    /// What the instance would like to be.
    Wanted,
    /// Faults, the last change of state, timers.
    Progress,
    /// Where adverts come from.
    Source,
    /// The priority with the weights of what is tracked.
    Priority,
    /// The last advert.
    LastAdvert,
    /// Sockets of the instance.
    Sockets,
    /// All sockets.
    Pool,
    /// Name and state of a group, and the states of its members.
    Group,
    /// What the last readings of a tracked object say.
    Reading,
    /// All interfaces.
    Links,
}
