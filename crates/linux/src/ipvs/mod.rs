//! The kernel's load balancer (IPVS) over generic netlink.
//!
//! [`Ipvs`] reads and writes the table in the calling thread's network namespace. Like
//! [`crate::netlink::Socket`] it never waits: the kernel carries out a request before `sendmsg`
//! returns.
mod daemon;
mod message;
mod parse;
#[cfg(test)]
mod tests;

pub use daemon::{Daemon, DaemonRole};

use crate::namespace::Namespace;
use crate::netlink::{Dump, Error, Message, Socket, genl};
use ledger::ipvs::{DestKey, DestSpec, Op, ServiceKey, Table};
use std::collections::BTreeMap;
use std::io;

/// `linux/ip_vs.h`.
mod uapi {
    pub(super) const VERSION: u8 = 1;
    pub(super) const CMD_NEW_SERVICE: u8 = 1;
    pub(super) const CMD_SET_SERVICE: u8 = 2;
    pub(super) const CMD_DEL_SERVICE: u8 = 3;
    pub(super) const CMD_GET_SERVICE: u8 = 4;
    pub(super) const CMD_NEW_DEST: u8 = 5;
    pub(super) const CMD_SET_DEST: u8 = 6;
    pub(super) const CMD_DEL_DEST: u8 = 7;
    pub(super) const CMD_GET_DEST: u8 = 8;
    pub(super) const CMD_NEW_DAEMON: u8 = 9;
    pub(super) const CMD_DEL_DAEMON: u8 = 10;
    pub(super) const CMD_GET_DAEMON: u8 = 11;
    pub(super) const CMD_SET_CONFIG: u8 = 12;
    pub(super) const CMD_GET_CONFIG: u8 = 13;
    pub(super) const CMD_FLUSH: u8 = 17;

    pub(super) const ATTR_SERVICE: u16 = 1;
    pub(super) const ATTR_DEST: u16 = 2;
    pub(super) const ATTR_DAEMON: u16 = 3;
    pub(super) const ATTR_TIMEOUT_TCP: u16 = 4;
    pub(super) const ATTR_TIMEOUT_TCP_FIN: u16 = 5;
    pub(super) const ATTR_TIMEOUT_UDP: u16 = 6;

    pub(super) const SVC_AF: u16 = 1;
    pub(super) const SVC_PROTOCOL: u16 = 2;
    pub(super) const SVC_ADDR: u16 = 3;
    pub(super) const SVC_PORT: u16 = 4;
    pub(super) const SVC_FWMARK: u16 = 5;
    pub(super) const SVC_SCHED_NAME: u16 = 6;
    pub(super) const SVC_FLAGS: u16 = 7;
    pub(super) const SVC_TIMEOUT: u16 = 8;
    pub(super) const SVC_NETMASK: u16 = 9;
    pub(super) const SVC_PE_NAME: u16 = 11;

    pub(super) const SVC_F_PERSISTENT: u32 = 0x1;
    pub(super) const SVC_F_ONEPACKET: u32 = 0x4;
    /// `IP_VS_SVC_F_SCHED1` and the two above it.
    pub(super) const SVC_F_SCHED_SHIFT: u32 = 3;

    pub(super) const DEST_ADDR: u16 = 1;
    pub(super) const DEST_PORT: u16 = 2;
    pub(super) const DEST_FWD_METHOD: u16 = 3;
    pub(super) const DEST_WEIGHT: u16 = 4;
    pub(super) const DEST_U_THRESH: u16 = 5;
    pub(super) const DEST_L_THRESH: u16 = 6;
    pub(super) const DEST_ACTIVE_CONNS: u16 = 7;
    pub(super) const DEST_INACT_CONNS: u16 = 8;
    pub(super) const DEST_PERSIST_CONNS: u16 = 9;
    pub(super) const DEST_ADDR_FAMILY: u16 = 11;
    pub(super) const DEST_TUN_TYPE: u16 = 13;
    pub(super) const DEST_TUN_PORT: u16 = 14;
    pub(super) const DEST_TUN_FLAGS: u16 = 15;

    pub(super) const FWD_MASK: u32 = 0x7;
    pub(super) const FWD_MASQ: u32 = 0;
    pub(super) const FWD_LOCAL: u32 = 1;
    pub(super) const FWD_TUNNEL: u32 = 2;
    pub(super) const FWD_DIRECT: u32 = 3;

    pub(super) const DAEMON_STATE: u16 = 1;
    pub(super) const DAEMON_MCAST_IFN: u16 = 2;
    pub(super) const DAEMON_SYNC_ID: u16 = 3;
    pub(super) const DAEMON_SYNC_MAXLEN: u16 = 4;
    pub(super) const DAEMON_MCAST_GROUP: u16 = 5;
    pub(super) const DAEMON_MCAST_GROUP6: u16 = 6;
    pub(super) const DAEMON_MCAST_PORT: u16 = 7;
    pub(super) const DAEMON_MCAST_TTL: u16 = 8;
    pub(super) const STATE_MASTER: u32 = 1;
    pub(super) const STATE_BACKUP: u32 = 2;
}

/// Timeouts of connections, in seconds; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// Idle TCP connections.
    pub tcp: Option<u32>,
    /// TCP connections after a FIN.
    pub tcp_fin: Option<u32>,
    /// UDP packets.
    pub udp: Option<u32>,
}

/// The load balancer of a network namespace.
#[derive(Debug)]
pub struct Ipvs {
    socket: Socket,
    family: u16,
}

impl Ipvs {
    /// Opens it in the calling thread's network namespace; the module `ip_vs` is loaded if need be.
    ///
    /// # Errors
    /// `NotFound` when the kernel has no IPVS and no such module.
    pub fn open() -> io::Result<Ipvs> {
        let mut socket = Socket::generic()?;
        let family = match genl::family(&mut socket, "IPVS") {
            Err(why) if why.kind() == io::ErrorKind::NotFound => {
                load_module("ip_vs");
                genl::family(&mut socket, "IPVS")?
            }
            known => known?,
        };
        Ok(Ipvs { socket, family })
    }

    /// The same in another network namespace, by its name under `/run/netns`.
    pub fn open_in(namespace: &str) -> io::Result<Ipvs> {
        let path = std::path::Path::new("/run/netns").join(namespace);
        Namespace::open(&path)?.run(Ipvs::open)
    }

    /// The whole table.
    ///
    /// The destinations are asked for service by service: there is no other way.
    pub fn table(&mut self) -> Result<Table, Error> {
        let request = self.request(uapi::CMD_GET_SERVICE);
        let mut services = Vec::new();
        self.socket.dump(&request, |found| match found {
            Dump::Restart => services.clear(),
            Dump::Object(payload) => services.extend(parse::service(payload)),
        })?;
        let mut table = Table::new();
        for (key, spec) in services {
            let dests = self.dests(&key)?.into_iter().collect();
            table.insert(key, ledger::ipvs::Service { spec, dests });
        }
        Ok(table)
    }

    fn dests(&mut self, key: &ServiceKey) -> Result<Vec<(DestKey, DestSpec)>, Error> {
        let request = message::service_key(self.request(uapi::CMD_GET_DEST), key);
        let mut dests = Vec::new();
        self.socket.dump(&request, |found| match found {
            Dump::Restart => dests.clear(),
            Dump::Object(payload) => dests.extend(parse::dest(payload, key.family())),
        })?;
        Ok(dests)
    }

    /// How many connections each destination of a service has, persistence templates included.
    pub fn connections(&mut self, key: &ServiceKey) -> Result<BTreeMap<DestKey, u32>, Error> {
        let request = message::service_key(self.request(uapi::CMD_GET_DEST), key);
        let mut all = BTreeMap::new();
        self.socket.dump(&request, |found| match found {
            Dump::Restart => all.clear(),
            Dump::Object(payload) => all.extend(parse::connections(payload, key.family())),
        })?;
        Ok(all)
    }

    /// Carries out what the ledger wants, in order and with few system calls; an answer for each.
    pub fn carry_out(&mut self, ops: &[Op]) -> Vec<Result<(), Error>> {
        let requests = ops.iter().map(|op| message::op(self.family, op)).collect();
        self.socket.batch(requests)
    }

    /// Removes every service, whoever owns it (`lvs_flush`).
    pub fn flush(&mut self) -> Result<(), Error> {
        let request = self.request(uapi::CMD_FLUSH);
        self.socket.request(request)
    }

    /// Sets the timeouts of connections (`lvs_timeouts`).
    pub fn set_timeouts(&mut self, timeouts: Timeouts) -> Result<(), Error> {
        let number = |value: Option<u32>| value.map(u32::to_ne_bytes);
        let request = self
            .request(uapi::CMD_SET_CONFIG)
            .attr_if(uapi::ATTR_TIMEOUT_TCP, number(timeouts.tcp))
            .attr_if(uapi::ATTR_TIMEOUT_TCP_FIN, number(timeouts.tcp_fin))
            .attr_if(uapi::ATTR_TIMEOUT_UDP, number(timeouts.udp));
        self.socket.request(request)
    }

    /// The timeouts of connections.
    pub fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let request = self.request(uapi::CMD_GET_CONFIG);
        let mut timeouts = Timeouts::default();
        self.socket.exchange(request, |_, payload| {
            timeouts = parse::timeouts(payload);
        })?;
        Ok(timeouts)
    }

    /// The sync daemons that run.
    pub fn daemons(&mut self) -> Result<Vec<(DaemonRole, Daemon)>, Error> {
        let request = self.request(uapi::CMD_GET_DAEMON);
        let mut daemons = Vec::new();
        self.socket.dump(&request, |found| match found {
            Dump::Restart => daemons.clear(),
            Dump::Object(payload) => daemons.extend(parse::daemon(payload)),
        })?;
        Ok(daemons)
    }

    /// Starts a sync daemon. One in each role can run.
    pub fn start_daemon(&mut self, role: DaemonRole, daemon: &Daemon) -> Result<(), Error> {
        let request = message::start_daemon(self.request(uapi::CMD_NEW_DAEMON), role, daemon);
        self.socket.request(request)
    }

    /// Stops the sync daemon of this role.
    pub fn stop_daemon(&mut self, role: DaemonRole, daemon: &Daemon) -> Result<(), Error> {
        let request = message::stop_daemon(self.request(uapi::CMD_DEL_DAEMON), role, daemon);
        self.socket.request(request)
    }

    fn request(&self, command: u8) -> Message {
        message::request(self.family, command)
    }
}

/// Asks the system's own program, the one the kernel itself would ask, to load a module. Whether
/// that helped shows afterwards.
fn load_module(name: &str) {
    use std::process::{Command, Stdio};
    let program = std::fs::read_to_string("/proc/sys/kernel/modprobe").unwrap_or_default();
    let program = match program.trim() {
        "" => "modprobe",
        program => program,
    };
    let _ = Command::new(program)
        .args(["-q", name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
