//! Hearing of changes.
use super::address::Address;
use super::error::Error;
use super::link::Link;
use super::tlv::{Received, take};
use super::transport::Transport;
use super::uapi;
use super::{route, rule};
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
    /// A route or a rule came or went (see [`Monitor::hear_policy`]), as the ledger takes it.
    Policy(ledger::Fact),
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
    /// Protocol of the routes to tell of; 0: all.
    protocol: u8,
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
            protocol: 0,
        })
    }

    /// Hears of routes and rules too. Of routes only those with this protocol are told: others
    /// may have a full routing table that changes all the time.
    pub fn hear_policy(&mut self, protocol: u8) -> io::Result<()> {
        for group in [
            uapi::RTNLGRP_IPV4_ROUTE,
            uapi::RTNLGRP_IPV6_ROUTE,
            uapi::RTNLGRP_IPV4_RULE,
            uapi::RTNLGRP_IPV6_RULE,
        ] {
            self.transport.option(libc::NETLINK_ADD_MEMBERSHIP, group)?;
        }
        self.protocol = protocol;
        Ok(())
    }

    /// The next fact; `None` when all is told.
    pub fn next_fact(&mut self) -> Result<Option<Fact>, Error> {
        loop {
            let whole = self.rest.get(self.read..).unwrap_or_default();
            let mut bytes = whole;
            while let Some(received) = take(&mut bytes) {
                if let Some(fact) = parse(&received, self.protocol) {
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

fn parse(received: &Received<'_>, protocol: u8) -> Option<Fact> {
    let route = || {
        let route = route::parse(received.payload)?;
        (protocol == 0 || route.protocol == protocol).then(|| Box::new(route))
    };
    let rule = || rule::parse(received.payload).map(Box::new);
    match received.kind {
        uapi::RTM_NEWLINK => Link::parse(received.payload).map(Fact::Link),
        uapi::RTM_DELLINK => Link::parse(received.payload).map(Fact::LinkGone),
        uapi::RTM_NEWADDR => Address::parse(received.payload).map(Fact::AddressAdded),
        uapi::RTM_DELADDR => Address::parse(received.payload).map(Fact::AddressRemoved),
        uapi::RTM_NEWROUTE => Some(Fact::Policy(ledger::Fact::RoutePresent(route()?))),
        uapi::RTM_DELROUTE => Some(Fact::Policy(ledger::Fact::RouteAbsent(route()?))),
        uapi::RTM_NEWRULE => Some(Fact::Policy(ledger::Fact::RulePresent(rule()?))),
        uapi::RTM_DELRULE => Some(Fact::Policy(ledger::Fact::RuleAbsent(rule()?))),
        _ => None,
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}
