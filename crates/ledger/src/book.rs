//! The comparison for one kind of object: what is wanted, which is here, against what is there.
mod there;
mod todo;

use crate::Owner;
use crate::kind::Kind;
use crate::observed::Observed;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};

/// One owner's entries; many owners have none of a kind, and few have some of no consequence.
#[derive(Debug)]
struct Entries<O: Kind> {
    items: Box<[(O::Key, O::Spec)]>,
    /// Those whose loss does not matter.
    untracked: Box<[O::Key]>,
    held: bool,
}

impl<O: Kind> Entries<O> {
    fn tracks(&self, key: &O::Key) -> bool {
        !self.untracked.contains(key)
    }
}

/// Whose entry, and which: the order in which things are done.
pub(crate) type Place = (Owner, usize);
/// Places in order; nearly always one.
type Places = SmallVec<[Place; 1]>;

/// Both sides for one kind.
#[derive(Debug)]
pub(crate) struct Book<O: Kind> {
    started: bool,
    owners: BTreeMap<Owner, Entries<O>>,
    /// Where each key stands in the configuration, held or not.
    named: BTreeMap<O::Key, Places>,
    /// The places that are held; the first one's spec counts.
    wanted: BTreeMap<O::Key, Places>,
    observed: Observed<O::Key, O::Spec>,
    /// Keys at which the two sides may differ.
    dirty: BTreeSet<O::Key>,
    /// What was to be removed and to be added when it was looked at, in order.
    excess: BTreeSet<(Option<Place>, O::Key)>,
    lacking: BTreeSet<(Option<Place>, O::Key)>,
    /// The kernel refused something about these; a change around them lets it be tried again.
    refused: BTreeSet<O::Key>,
    /// Our last operation on these was an addition, whatever others did since.
    added: BTreeSet<O::Key>,
    /// Ours, and maybe still there: then adding them again fails, and they are ours all the same.
    doubted: BTreeSet<O::Key>,
    /// In force and of no use: to be removed once, and added again.
    stale: BTreeSet<O::Key>,
}

impl<O: Kind> Default for Book<O> {
    fn default() -> Self {
        Book {
            started: false,
            owners: BTreeMap::new(),
            named: BTreeMap::new(),
            wanted: BTreeMap::new(),
            observed: Observed::default(),
            dirty: BTreeSet::new(),
            excess: BTreeSet::new(),
            lacking: BTreeSet::new(),
            refused: BTreeSet::new(),
            added: BTreeSet::new(),
            doubted: BTreeSet::new(),
            stale: BTreeSet::new(),
        }
    }
}

/// What is wanted.
impl<O: Kind> Book<O> {
    pub(crate) fn configure(
        &mut self,
        owner: Owner,
        items: Vec<(O::Key, O::Spec)>,
        untracked: BTreeSet<O::Key>,
    ) {
        let held = self.owners.get(&owner).is_some_and(|entries| entries.held);
        self.forget(owner);
        for (place, (key, _)) in items.iter().enumerate() {
            put(&mut self.named, key, (owner, place));
        }
        let entries = Entries {
            items: items.into(),
            untracked: untracked.into_iter().collect(),
            held: false,
        };
        self.owners.insert(owner, entries);
        if held {
            self.hold(owner);
        }
    }

    /// Whether that is what was configured last.
    pub(crate) fn is_configured(
        &self,
        owner: Owner,
        items: &[(O::Key, O::Spec)],
        untracked: &BTreeSet<O::Key>,
    ) -> bool {
        self.owners.get(&owner).is_some_and(|entries| {
            entries.untracked.iter().eq(untracked) && *entries.items == *items
        })
    }

    /// What an owner has in its configuration.
    pub(crate) fn keys(&self, owner: Owner) -> impl Iterator<Item = &O::Key> {
        let entries = self.owners.get(&owner).into_iter();
        entries.flat_map(|entries| entries.items.iter().map(|(key, _)| key))
    }

    pub(crate) fn forget(&mut self, owner: Owner) {
        let Some(entries) = self.owners.remove(&owner) else {
            return;
        };
        for (place, (key, _)) in entries.items.into_iter().enumerate() {
            take(&mut self.wanted, &key, (owner, place));
            take(&mut self.named, &key, (owner, place));
            self.touch(key);
        }
    }

    pub(crate) fn hold(&mut self, owner: Owner) {
        let Some(entries) = self.owners.get_mut(&owner) else {
            return;
        };
        entries.held = true;
        for (place, (key, _)) in entries.items.iter().enumerate() {
            put(&mut self.wanted, key, (owner, place));
            self.refused.remove(key);
            self.dirty.insert(key.clone());
        }
    }

    pub(crate) fn release(&mut self, owner: Owner) {
        let Some(entries) = self.owners.get_mut(&owner) else {
            return;
        };
        entries.held = false;
        for (place, (key, _)) in entries.items.iter().enumerate() {
            take(&mut self.wanted, key, (owner, place));
            self.observed.claim(key);
            self.refused.remove(key);
            self.dirty.insert(key.clone());
        }
    }

    /// Leaves an owner's objects where they are, for good.
    pub(crate) fn abandon(&mut self, owner: Owner) {
        for key in self.keys(owner).cloned().collect::<Vec<_>>() {
            self.observed.disown(&key);
        }
        self.forget(owner);
    }

    pub(crate) fn names(&self, key: &O::Key) -> bool {
        self.named.contains_key(key)
    }

    pub(crate) fn is_in_force(&self, owner: Owner) -> bool {
        self.owners.get(&owner).is_none_or(|entries| {
            entries.held
                && entries
                    .items
                    .iter()
                    .all(|(key, _)| self.observed.get(key).is_some())
        })
    }

    pub(crate) fn has(&self, what: impl Fn(&O::Key) -> bool) -> bool {
        self.observed.has(what)
    }

    fn holders(&self, key: &O::Key) -> impl Iterator<Item = Owner> {
        self.wanted
            .get(key)
            .into_iter()
            .flatten()
            .map(|(owner, _)| *owner)
    }

    fn place(&self, key: &O::Key) -> Option<Place> {
        self.named.get(key)?.first().copied()
    }

    fn spec(&self, key: &O::Key) -> Option<(Place, &O::Spec)> {
        let (owner, place) = *self.wanted.get(key)?.first()?;
        let (_, spec) = self.owners.get(&owner)?.items.get(place)?;
        Some(((owner, place), spec))
    }
}

fn put<K: Ord + Clone>(map: &mut BTreeMap<K, Places>, key: &K, place: Place) {
    let places = map.entry(key.clone()).or_default();
    if let Err(at) = places.binary_search(&place) {
        places.insert(at, place);
    }
}

fn take<K: Ord>(map: &mut BTreeMap<K, Places>, key: &K, place: Place) {
    if let Some(places) = map.get_mut(key) {
        places.retain(|one| *one != place);
        if places.is_empty() {
            map.remove(key);
        }
    }
}
