//! Hearing of changes.
use super::address::Address;
use super::error::Error;
use super::link::Link;
use super::tlv::{Received, take};
use super::transport::Transport;
use super::uapi;
use nix::errno::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Something changed in the kernel, by whomever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An interface is there, is new or has changed; as it is now.
    Link(Link),
    /// An interface is gone, or was moved to another namespace.
    LinkGone(Link),
    /// An address is there, is new or has changed; as it is now.
    AddressAdded(Address),
    /// An address is gone.
    AddressRemoved(Address),
    /// Changes came faster than we read: what was told before may be wrong. Ask again for all
    /// links and addresses.
    Lost,
}

/// A socket that hears of links and addresses in its namespace.
///
/// Open it before asking for what is there, else a change between the two is missed.
#[derive(Debug)]
pub struct Monitor {
    transport: Transport,
    /// What is left of the last datagram.
    rest: Vec<u8>,
    read: usize,
}

impl Monitor {
    /// Begins to listen in the calling thread's network namespace.
    pub fn new() -> io::Result<Self> {
        let transport = Transport::new(libc::NETLINK_ROUTE)?;
        for group in [
            uapi::RTNLGRP_LINK,
            uapi::RTNLGRP_IPV4_IFADDR,
            uapi::RTNLGRP_IPV6_IFADDR,
        ] {
            transport.option(libc::NETLINK_ADD_MEMBERSHIP, group)?;
        }
        Ok(Monitor {
            transport,
            rest: Vec::new(),
            read: 0,
        })
    }

    /// The next fact; `None` when all is told.
    pub fn next_fact(&mut self) -> Result<Option<Fact>, Error> {
        loop {
            let whole = self.rest.get(self.read..).unwrap_or_default();
            let mut bytes = whole;
            while let Some(received) = take(&mut bytes) {
                if let Some(fact) = parse(&received) {
                    self.read += whole.len() - bytes.len();
                    return Ok(Some(fact));
                }
            }
            match self.transport.receive() {
                Ok(None) => return Ok(None),
                Ok(Some(datagram)) => {
                    self.rest.clear();
                    self.rest.extend(datagram);
                    self.read = 0;
                }
                Err(why) if why.is(Errno::ENOBUFS) => return Ok(Some(Fact::Lost)),
                Err(why) => return Err(why),
            }
        }
    }
}

fn parse(received: &Received<'_>) -> Option<Fact> {
    match received.kind {
        uapi::RTM_NEWLINK => Link::parse(received.payload).map(Fact::Link),
        uapi::RTM_DELLINK => Link::parse(received.payload).map(Fact::LinkGone),
        uapi::RTM_NEWADDR => Address::parse(received.payload).map(Fact::AddressAdded),
        uapi::RTM_DELADDR => Address::parse(received.payload).map(Fact::AddressRemoved),
        _ => None,
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}
