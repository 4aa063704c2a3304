//! The executor under the ledger: it makes the kernel's addresses what the instances want.
use super::items;
use super::links::Links;
use ledger::{AddressKey, Fact, Failure, Items, Ledger, Leftovers, Op, Owner, Route, Rule, Seen};
use linux::netlink::{Address, Error, Link, PROTOCOL, Socket};
use plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use vrrp::InstanceId;

/// Operations between two looks at the deadlines: a batch takes well under a millisecond.
const BATCH: usize = 64;

/// What the kernel has at one moment.
pub(super) struct Snapshot {
    pub(super) links: Vec<Link>,
    pub(super) addresses: Vec<Address>,
    pub(super) routes: Vec<Route>,
    pub(super) rules: Vec<Rule>,
}

/// An operation that the kernel refused, and why.
pub(super) type Refused = (Op, Error);

pub(super) struct Kernel {
    netlink: Socket,
    ledger: Ledger,
    /// Whom the ledger knows.
    owners: BTreeSet<Owner>,
    /// Addresses with our tag in the last whole list.
    left: BTreeSet<AddressKey>,
    unsettled: bool,
    leaving: bool,
}

impl Kernel {
    pub(super) fn new() -> io::Result<Kernel> {
        // Another daemon of our kind may share the network: only what our configuration names
        // is cleaned up.
        let ledger = Ledger::new(Leftovers::Keep);
        Ok(Kernel {
            netlink: Socket::route()?,
            ledger,
            owners: BTreeSet::new(),
            left: BTreeSet::new(),
            unsettled: true,
            leaving: false,
        })
    }

    /// All interfaces, addresses and rules there are, and the routes of our protocol. A kernel
    /// without policy routing has none of the latter.
    pub(super) fn dump(&mut self) -> io::Result<Snapshot> {
        Ok(Snapshot {
            links: self.netlink.links()?,
            addresses: self.netlink.addresses()?,
            routes: self.netlink.routes(PROTOCOL)?,
            rules: self.netlink.rules().unwrap_or_default(),
        })
    }

    /// Tells the ledger what each owner has, as far as the interfaces exist.
    pub(super) fn configure(&mut self, plan: &Plan, links: &Links) {
        let wanted = owners(plan, links);
        let owners = wanted.keys().copied().collect();
        for owner in std::mem::replace(&mut self.owners, owners) {
            if !wanted.contains_key(&owner) {
                self.ledger.forget(owner);
            }
        }
        for (owner, items) in wanted {
            self.ledger.configure(owner, items);
            if owner < FIRST_INSTANCE && !self.leaving {
                self.ledger.hold(owner);
            }
        }
        self.unsettled = true;
    }

    /// At the end: static addresses and rules go, static routes stay, as the original has it.
    pub(super) fn release_statics(&mut self) {
        self.leaving = true;
        let statics: Vec<Owner> = self
            .owners
            .iter()
            .filter(|owner| **owner < FIRST_UPPER)
            .copied()
            .collect();
        for owner in statics {
            self.ledger.abandon_routes(owner);
            self.ledger.release(owner);
        }
        self.unsettled = true;
    }

    /// Whether all of each static group with members is in force, by its place in the plan.
    pub(super) fn statics_in_force(&self, group: u32) -> bool {
        self.ledger.is_in_force(Owner(group))
    }

    /// The socket for what is no affair of the ledger.
    pub(super) const fn netlink(&mut self) -> &mut Socket {
        &mut self.netlink
    }

    /// Whether all addresses of an instance were there with our tag when we started.
    pub(super) fn has_all(&self, id: InstanceId) -> bool {
        let mut keys = self.ledger.addresses(owner(id)).peekable();
        keys.peek().is_some() && keys.all(|key| self.left.contains(key))
    }

    /// Takes the kernel's whole lists; gives the instances that lost something.
    pub(super) fn adopt(&mut self, snapshot: Snapshot) -> BTreeSet<InstanceId> {
        self.unsettled = true;
        let tagged = snapshot
            .addresses
            .iter()
            .filter(|address| address.protocol == PROTOCOL);
        self.left = tagged.map(|address| address.key).collect();
        let seen = snapshot.addresses.into_iter().map(Seen::from).collect();
        let mut lost = self.ledger.adopt(seen);
        lost.extend(self.ledger.adopt_routes(snapshot.routes));
        lost.extend(self.ledger.adopt_rules(snapshot.rules));
        ids(lost).into_iter().collect()
    }

    pub(super) fn hold(&mut self, id: InstanceId) {
        self.ledger.hold(owner(id));
        self.unsettled = true;
    }

    pub(super) fn release(&mut self, id: InstanceId) {
        self.ledger.release(owner(id));
        self.unsettled = true;
    }

    /// An address came.
    pub(super) fn address_added(&mut self, address: &Address) {
        self.ledger.observe(Fact::Present(address.clone().into()));
        self.unsettled = true;
    }

    /// An address went; gives the instances that held it and did not let it go.
    pub(super) fn address_removed(&mut self, key: AddressKey) -> Vec<InstanceId> {
        self.unsettled = true;
        ids(self.ledger.observe(Fact::Absent(key)))
    }

    /// A route or rule came or went; gives the instances that held it and did not let it go.
    pub(super) fn policy_changed(&mut self, fact: Fact) -> Vec<InstanceId> {
        self.unsettled = true;
        ids(self.ledger.observe(fact))
    }

    pub(super) fn link_changed(&mut self, index: u32, up: bool) {
        self.ledger.observe(Fact::Link { index, up });
        self.unsettled = true;
    }

    pub(super) fn link_gone(&mut self, index: u32) {
        self.ledger.observe(Fact::LinkGone(index));
        self.unsettled = true;
    }

    /// Takes an address away and adds it again; whether somebody holds it.
    pub(super) fn renew(&mut self, key: &AddressKey) -> bool {
        self.unsettled = true;
        self.ledger.renew(key)
    }

    /// Whether an address is named in an instance's configuration.
    pub(super) fn has_named(&self, id: InstanceId, key: &AddressKey) -> bool {
        self.ledger.addresses(owner(id)).any(|one| one == key)
    }

    /// Whether an address is named in the configuration.
    pub(super) fn is_virtual(&self, key: &AddressKey) -> bool {
        self.ledger.names(key)
    }

    /// Whether the kernel may differ from what is wanted.
    pub(super) const fn has_work(&self) -> bool {
        self.unsettled
    }

    /// One batch of operations; gives those that were refused.
    pub(super) fn work(&mut self) -> Vec<Refused> {
        let ops = self.ledger.settle(BATCH);
        self.unsettled = ops.len() == BATCH;
        let results = self.netlink.carry_out(&ops);
        let mut refused = Vec::new();
        for (op, result) in ops.iter().zip(results) {
            let Err(error) = result else { continue };
            let failure = error.failure();
            self.ledger.failed(op, failure);
            if failure == Failure::Refused {
                refused.push((op.clone(), error));
            }
        }
        refused
    }
}

/// Static groups come first, then the interfaces made for instances, then instances.
const FIRST_UPPER: Owner = Owner(1 << 20);
const FIRST_INSTANCE: Owner = Owner(1 << 24);

const fn owner(id: InstanceId) -> Owner {
    Owner(FIRST_INSTANCE.0.saturating_add(id.0))
}

fn ids(owners: Vec<Owner>) -> Vec<InstanceId> {
    let instances = owners
        .into_iter()
        .filter_map(|owner| owner.0.checked_sub(FIRST_INSTANCE.0));
    instances.map(InstanceId).collect()
}

fn owners(plan: &Plan, links: &Links) -> BTreeMap<Owner, Items> {
    let statics = (0..).zip(&plan.statics).map(|(place, one)| {
        let items = items::of(&one.addresses, &one.routes, &one.rules, links);
        (Owner(place), items)
    });
    let uppers = (FIRST_UPPER.0..).zip(&plan.uppers);
    let uppers = uppers.map(|(place, upper)| (Owner(place), items::of_upper(upper, links)));
    let instances = plan.instances.iter();
    let instances = instances.map(|(id, one)| (owner(*id), items::of_instance(one, links)));
    statics.chain(uppers).chain(instances).collect()
}
