//! Between the ledger and the kernel: facts up, operations down.
use super::address::{Address, PROTOCOL, add_message, delete_message};
use super::error::Error;
use super::monitor::Fact;
use super::socket::Socket;
use super::{route, rule};
use ledger::{Failure, Op, Seen};
use nix::errno::Errno;

impl From<Address> for Seen {
    fn from(address: Address) -> Self {
        let secondary = address.is_secondary();
        let tagged = address.protocol == PROTOCOL;
        Seen {
            key: address.key,
            spec: address.spec,
            tagged,
            secondary,
        }
    }
}

impl Fact {
    /// In the ledger's terms; `None` for [`Fact::Lost`], upon which the ledger adopts
    /// [`Socket::addresses`] anew.
    pub fn for_ledger(self) -> Option<ledger::Fact> {
        match self {
            Fact::Link(link) => Some(ledger::Fact::Link {
                index: link.index,
                up: link.is_up(),
            }),
            Fact::LinkGone(link) => Some(ledger::Fact::LinkGone(link.index)),
            Fact::AddressAdded(address) => Some(ledger::Fact::Present(address.into())),
            Fact::AddressRemoved(address) => Some(ledger::Fact::Absent(address.key)),
            Fact::Policy(fact) => Some(fact),
            Fact::Lost => None,
        }
    }
}

impl Error {
    /// In the ledger's terms.
    pub fn failure(&self) -> Failure {
        if self.is(Errno::EEXIST) {
            Failure::AlreadyThere
        } else if self.is(Errno::EADDRNOTAVAIL) || self.is(Errno::ESRCH) || self.is(Errno::ENOENT) {
            Failure::NotThere
        } else {
            Failure::Refused
        }
    }
}

impl Socket {
    /// Carries out what the ledger wants, in order and with few system calls; an answer for each.
    pub fn carry_out(&mut self, ops: &[Op]) -> Vec<Result<(), Error>> {
        let tag = self.tag();
        let message = |op: &Op| match op {
            Op::Remove(key) => delete_message(key),
            Op::Add(key, spec) => add_message(key, spec, tag),
            Op::RemoveRoute(route) => route::delete_message(route),
            Op::AddRoute(route) => route::add_message(route),
            Op::RemoveRule(rule) => rule::delete_message(rule),
            Op::AddRule(rule) => rule::add_message(rule),
        };
        let mut answers = self.batch(ops.iter().map(message).collect());
        for (op, answer) in ops.iter().zip(&mut answers) {
            if let Op::Add(key, spec) = op {
                self.retry_untagged(key, spec, answer);
            }
        }
        answers
    }
}
