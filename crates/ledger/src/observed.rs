//! The kernel's side, as far as it has been told.
use crate::{AddressKey, AddressSpec};
use std::collections::BTreeMap;
use wire::Prefix;

/// Who answers for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// We do: it goes when nobody wants it.
    Ours,
    /// Somebody else; it may become ours when an owner releases it.
    Foreign,
    /// The interface's own address: never ours, also when it is configured.
    Own,
}

/// An address that is there.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) spec: AddressSpec,
    pub(crate) origin: Origin,
}

/// Addresses, links, and the events that are still to come of our own removals.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    entries: BTreeMap<AddressKey, Entry>,
    /// Whether each link is up; `None`: gone. Of others nothing is known.
    links: BTreeMap<u32, Option<bool>>,
    echoes: BTreeMap<AddressKey, usize>,
}

impl Observed {
    /// Forgets all addresses, and the events that may have been lost; returns the addresses.
    pub(crate) fn clear(&mut self) -> BTreeMap<AddressKey, Entry> {
        self.echoes.clear();
        std::mem::take(&mut self.entries)
    }

    pub(crate) fn get(&self, key: &AddressKey) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(crate) fn insert(&mut self, key: AddressKey, spec: AddressSpec, origin: Origin) {
        self.entries.insert(key, Entry { spec, origin });
    }

    pub(crate) fn remove(&mut self, key: &AddressKey) -> Option<Entry> {
        self.entries.remove(key)
    }

    /// Updates the spec of an address that is known; `false` when it is not.
    pub(crate) fn update(&mut self, key: &AddressKey, spec: &AddressSpec) -> bool {
        let entry = self.entries.get_mut(key);
        if let Some(entry) = entry {
            entry.spec.clone_from(spec);
            return true;
        }
        false
    }

    /// Makes an address ours unless it is the interface's own.
    pub(crate) fn claim(&mut self, key: &AddressKey) {
        if let Some(entry) = self.entries.get_mut(key)
            && entry.origin == Origin::Foreign
        {
            entry.origin = Origin::Ours;
        }
    }

    pub(crate) fn set_link(&mut self, index: u32, up: Option<bool>) {
        self.links.insert(index, up);
        if up.is_none() {
            self.entries.retain(|key, _| key.link != index);
            self.echoes.retain(|key, _| key.link != index);
        }
    }

    /// Whether an address can be put on its link: not on one that is gone, and for IPv6, which the
    /// kernel removes from a link that goes down, not on one that is down.
    pub(crate) fn takes(&self, key: &AddressKey) -> bool {
        match self.links.get(&key.link) {
            None | Some(Some(true)) => true,
            Some(Some(false)) => matches!(key.prefix, Prefix::V4(_)),
            Some(None) => false,
        }
    }

    pub(crate) fn is_up(&self, index: u32) -> bool {
        self.links.get(&index).is_none_or(|up| *up == Some(true))
    }

    /// We ask for a removal, whose event will come.
    pub(crate) fn expect_echo(&mut self, key: AddressKey) {
        *self.echoes.entry(key).or_default() += 1;
    }

    /// Takes one awaited event off; `false` when none is awaited.
    pub(crate) fn take_echo(&mut self, key: &AddressKey) -> bool {
        let Some(count) = self.echoes.get_mut(key) else {
            return false;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.echoes.remove(key);
        }
        true
    }

    pub(crate) fn awaits_echo(&self, key: &AddressKey) -> bool {
        self.echoes.contains_key(key)
    }

    /// Whether the kernel itself removes `key` because we remove the first IPv4 address of its
    /// network: without `promote_secondaries` the others go with it, and are told first.
    pub(crate) fn goes_with_another(&self, key: &AddressKey) -> bool {
        let network = key.prefix.trunc();
        matches!(key.prefix, Prefix::V4(_))
            && self.echoes.keys().any(|other| {
                other.link == key.link && other != key && other.prefix.trunc() == network
            })
    }
}
