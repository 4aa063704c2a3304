//! The packet filter (nftables), as far as VRRP needs it: addresses that do not accept packets
//! (`no_accept`, `vrrp_strict`), and what interfaces of `use_vmac` may not send; and as far as the
//! load balancer does: [`MarkTable`] (`nftables_ipvs`).
//!
//! [`Firewall::replace`] states the whole content of the table; the kernel takes it as a whole or not
//! at all, so no packet ever meets half of it. Tables of others are not touched.
mod marking;
mod message;
mod ruleset;
#[cfg(test)]
mod tests;

pub use marking::{MarkTable, Marking};

use crate::netlink::{Error, Message, Socket};
use message::{Place, TableFamily, add_table, bracket, delete_table};
use nix::errno::Errno;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use wire::Family;

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkName {
    /// Its index.
    pub index: u32,
    /// Its name, at most 15 octets.
    pub name: String,
}

/// An interface of `use_vmac`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vmac {
    /// The family of its instance.
    pub family: Family,
    /// Itself.
    pub link: LinkName,
    /// Index of the interface below.
    pub parent: u32,
    /// Link-local address of the interface below, of which it must not speak.
    pub parent_link_local: Option<Ipv6Addr>,
}

/// All that the table is to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// Addresses that neither take nor send packets, neighbour discovery excepted, and the index
    /// of the interface that carries each.
    pub closed: Vec<(IpAddr, u32)>,
    /// Interfaces of `use_vmac`: their group reports leave by the parent with its address, and
    /// they send nothing that would move an address of the parent.
    pub vmacs: Vec<Vmac>,
}

/// How the table is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name of the table (`nftables`, "keepalived").
    pub table: String,
    /// Order among others at the same hook (`nftables_priority`, -1).
    pub priority: i32,
    /// Rules that drop count (`nftables_counters`).
    pub counters: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            table: "keepalived".into(),
            priority: -1,
            counters: false,
        }
    }
}

/// The table of one daemon in one network namespace.
#[derive(Debug)]
pub struct Firewall {
    socket: Socket,
    settings: Settings,
}

impl Firewall {
    /// Opens it in the calling thread's namespace; nothing is changed yet.
    ///
    /// # Errors
    /// `Unsupported` (`EPROTONOSUPPORT`) where the kernel has no netfilter.
    pub fn open(settings: Settings) -> io::Result<Self> {
        let socket = socket()?;
        Ok(Firewall { socket, settings })
    }

    /// Makes the table hold `rules` and nothing else; where there are none, there is no table.
    ///
    /// # Errors
    /// `ENOENT` or `EOPNOTSUPP` where the kernel lacks a kind of expression; then the
    /// table is as it was before.
    pub fn replace(&mut self, rules: &Rules) -> Result<(), Error> {
        let mut requests = Vec::new();
        for family in [TableFamily::Ip, TableFamily::Ip6] {
            let place = Place {
                family,
                table: &self.settings.table,
            };
            // Added first, so that there is one to delete.
            requests.extend([add_table(place), delete_table(place)]);
            let content = ruleset::content(place, &self.settings, rules);
            if !content.is_empty() {
                requests.push(add_table(place));
                requests.extend(content);
            }
        }
        self.commit(requests)
    }

    /// Removes the table.
    pub fn remove(&mut self) -> Result<(), Error> {
        self.replace(&Rules::default())
    }

    fn commit(&mut self, requests: Vec<Message>) -> Result<(), Error> {
        commit(&mut self.socket, requests)
    }
}

/// Has all of it carried out, or nothing.
fn commit(socket: &mut Socket, requests: Vec<Message>) -> Result<(), Error> {
    let answers = socket.transaction(bracket(false), requests, bracket(true));
    // What is not answered because of another's error is not worth telling.
    let lost = Error::from(Errno::ENOBUFS);
    let mut errors = answers.into_iter().filter_map(Result::err);
    let first = errors.next();
    let told = errors.find(|why| *why != lost);
    match first {
        None => Ok(()),
        Some(first) if first != lost => Err(first),
        Some(first) => Err(told.unwrap_or(first)),
    }
}

/// Opens a socket for the packet filter in the calling thread's namespace.
fn socket() -> io::Result<Socket> {
    let socket = Socket::of(libc::NETLINK_NETFILTER)?;
    socket.widen()?;
    Ok(socket)
}
