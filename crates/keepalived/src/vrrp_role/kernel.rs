//! The executor under the ledger: it makes the kernel's addresses what the instances want.
use super::links::Links;
use ledger::{AddressKey, AddressSpec, Fact, Failure, Ledger, Leftovers, Owner, Seen};
use linux::netlink::{Address, Error, Link, PROTOCOL, Socket};
use plan::{Instance, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use vrrp::InstanceId;

/// Operations between two looks at the deadlines: a batch takes well under a millisecond.
const BATCH: usize = 64;

/// Items of one owner, as the ledger takes them.
type Items = Vec<(AddressKey, AddressSpec)>;

/// An operation that the kernel refused, and why.
pub(super) type Refused = (AddressKey, Error);

pub(super) struct Kernel {
    netlink: Socket,
    ledger: Ledger,
    /// What the ledger was last told, to tell it only what differs.
    configured: BTreeMap<InstanceId, Items>,
    virtuals: BTreeSet<AddressKey>,
    /// Addresses with our tag in the last whole list.
    left: BTreeSet<AddressKey>,
    unsettled: bool,
}

impl Kernel {
    pub(super) fn new() -> io::Result<Kernel> {
        // Another daemon of our kind may share the network: only what our configuration names
        // is cleaned up.
        let ledger = Ledger::new(Leftovers::Keep);
        let (configured, virtuals) = (BTreeMap::new(), BTreeSet::new());
        Ok(Kernel {
            netlink: Socket::route()?,
            ledger,
            configured,
            virtuals,
            left: BTreeSet::new(),
            unsettled: true,
        })
    }

    /// All interfaces and addresses there are.
    pub(super) fn dump(&mut self) -> io::Result<(Vec<Link>, Vec<Address>)> {
        Ok((self.netlink.links()?, self.netlink.addresses()?))
    }

    /// Tells the ledger what each instance has, as far as the interfaces exist.
    pub(super) fn configure(&mut self, plan: &Plan, links: &Links) {
        let gone: Vec<InstanceId> = self
            .configured
            .keys()
            .filter(|id| !plan.instances.contains_key(id))
            .copied()
            .collect();
        for id in gone {
            self.configured.remove(&id);
            self.ledger.forget(owner(id));
        }
        for (id, instance) in &plan.instances {
            let items = items(instance, links);
            if self.configured.get(id) != Some(&items) {
                self.ledger.configure(owner(*id), items.clone());
                self.configured.insert(*id, items);
            }
        }
        self.virtuals = self
            .configured
            .values()
            .flatten()
            .map(|(key, _)| *key)
            .collect();
        self.unsettled = true;
    }

    /// Whether all addresses of an instance were there with our tag when we started.
    pub(super) fn has_all(&self, id: InstanceId) -> bool {
        let items = self.configured.get(&id);
        items.is_some_and(|items| {
            !items.is_empty() && items.iter().all(|(key, _)| self.left.contains(key))
        })
    }

    /// Takes the kernel's whole list; gives the instances that lost an address.
    pub(super) fn adopt(&mut self, addresses: &[Address]) -> Vec<InstanceId> {
        self.unsettled = true;
        let tagged = addresses
            .iter()
            .filter(|address| address.protocol == PROTOCOL);
        self.left = tagged.map(|address| address.key).collect();
        ids(self
            .ledger
            .adopt(addresses.iter().cloned().map(Seen::from).collect()))
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

    /// Whether an address is named in the configuration.
    pub(super) fn is_virtual(&self, key: &AddressKey) -> bool {
        self.virtuals.contains(key)
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
            if failure == Failure::Refused
                && let Some(key) = op.address()
            {
                refused.push((*key, error));
            }
        }
        refused
    }
}

const fn owner(id: InstanceId) -> Owner {
    Owner(id.0)
}

fn ids(owners: Vec<Owner>) -> Vec<InstanceId> {
    owners
        .into_iter()
        .map(|owner| InstanceId(owner.0))
        .collect()
}

fn items(instance: &Instance, links: &Links) -> Items {
    let on_link = |address: &plan::Address| {
        let link = links.index_of(&address.dev)?;
        let key = AddressKey {
            peer: address.peer,
            ..AddressKey::new(link, address.prefix)
        };
        let spec = AddressSpec {
            label: address.label.clone(),
            scope: address.scope,
            broadcast: address.broadcast,
            flags: address.flags,
            preferred: address.preferred,
        };
        Some((key, spec))
    };
    instance.addresses.iter().filter_map(on_link).collect()
}
