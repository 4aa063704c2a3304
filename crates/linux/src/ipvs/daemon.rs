//! The kernel threads that tell another director of connections.
use super::uapi;
use std::net::IpAddr;

/// Which side a sync daemon is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DaemonRole {
    /// Tells.
    Master,
    /// Listens.
    Backup,
}

impl DaemonRole {
    pub(super) const fn state(self) -> u32 {
        match self {
            DaemonRole::Master => uapi::STATE_MASTER,
            DaemonRole::Backup => uapi::STATE_BACKUP,
        }
    }

    pub(super) const fn from_state(state: u32) -> Option<DaemonRole> {
        match state {
            uapi::STATE_MASTER => Some(DaemonRole::Master),
            uapi::STATE_BACKUP => Some(DaemonRole::Backup),
            _ => None,
        }
    }
}

/// A sync daemon (`lvs_sync_daemon`); the kernel has defaults for what is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daemon {
    /// Interface that it sends and listens on.
    pub interface: String,
    /// `id`: daemons of another id are not heard.
    pub id: u8,
    /// `maxlen`: longest message, in octets.
    pub maxlen: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`: multicast address.
    pub group: Option<IpAddr>,
}
