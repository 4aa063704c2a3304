//! The comparison for one kind of object: what is wanted against what is there.
use crate::kind::Kind;
use crate::links::Links;
use crate::observed::{Observed, Origin};
use crate::{Failure, Op, Owner};
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

/// What is there.
impl<O: Kind> Book<O> {
    /// Takes the kernel's whole list: with each object whose it is if this is the start, and
    /// whether it bears our tag.
    pub(crate) fn adopt(
        &mut self,
        dump: Vec<(O::Key, O::Spec, Origin, bool)>,
    ) -> impl Iterator<Item = Owner> {
        let mut before = self.observed.clear();
        self.dirty.extend(before.keys().cloned());
        self.dirty.extend(self.wanted.keys().cloned());
        self.refused.clear();
        self.doubted.clear();
        let start = !std::mem::replace(&mut self.started, true);
        for (key, spec, at_start, tagged) in dump {
            let origin = match before.remove(&key) {
                Some(entry) => entry.origin,
                None if start => at_start,
                None => self.origin_later(&key, tagged),
            };
            self.dirty.insert(key.clone());
            self.observed.insert(key, spec, origin);
        }
        let lost: BTreeSet<_> = before.keys().flat_map(|key| self.holders(key)).collect();
        lost.into_iter()
    }

    /// One came, or changed.
    pub(crate) fn present(&mut self, key: O::Key, spec: O::Spec, tagged: bool) {
        // Our removal came after this was told: its own event is still on the way.
        if self.observed.awaits_echo(&key) {
            return;
        }
        // What became of our own addition is the kernel's affair (it chooses an IPv6 scope, say):
        // holding that against what was asked for would replace it for ever.
        let as_asked = self.added.contains(&key) && self.observed.get(&key).is_some();
        if !as_asked && !self.observed.update(&key, &spec) {
            let origin = self.origin_later(&key, tagged);
            self.observed.insert(key.clone(), spec, origin);
        }
        self.touch(key);
    }

    /// One went.
    pub(crate) fn absent(&mut self, key: &O::Key, links: &Links) -> Vec<Owner> {
        if self.observed.take_echo(key) {
            return Vec::new();
        }
        let Some(entry) = self.observed.remove(key) else {
            return Vec::new();
        };
        self.stale.remove(key);
        self.touch(key.clone());
        let cascade = self
            .observed
            .awaited()
            .any(|other| O::goes_with(key, other));
        if cascade || !O::is_on_live_link(key, &entry.spec, links) {
            return Vec::new();
        }
        let tracks = |owner: &Owner| {
            let entries = self.owners.get(owner);
            entries.is_none_or(|entries| entries.tracks(key))
        };
        let holders: Vec<_> = self.holders(key).collect();
        let losers: Vec<_> = holders.iter().copied().filter(tracks).collect();
        if losers.is_empty() && !holders.is_empty() {
            // not put back before somebody takes hold of it again
            self.refused.insert(key.clone());
        }
        losers
    }

    /// The kernel dropped these without telling, or may have: they are looked at again.
    pub(crate) fn doubt(&mut self, gone: impl Fn(&O::Key, Option<&O::Spec>) -> bool) {
        for (key, origin) in self.observed.forget(gone) {
            if origin == Origin::Ours {
                self.doubted.insert(key.clone());
            }
            self.touch(key);
        }
    }

    /// Something around these changed: compare again, and try again what was refused.
    pub(crate) fn reconsider(&mut self, which: impl Fn(&O::Key) -> bool) {
        let keys: Vec<_> = self
            .named
            .keys()
            .filter(|key| which(key))
            .cloned()
            .collect();
        for key in keys {
            self.touch(key);
        }
    }

    /// Removes what is there to add it again; whether it is ours and held.
    pub(crate) fn renew(&mut self, key: &O::Key) -> bool {
        let entry = self.observed.get(key);
        let ours = entry.is_some_and(|entry| entry.origin == Origin::Ours);
        let held = ours && self.wanted.contains_key(key);
        if held {
            self.stale.insert(key.clone());
            self.touch(key.clone());
        }
        held
    }

    /// Tries again what was refused.
    pub(crate) fn retry(&mut self) {
        self.dirty.append(&mut self.refused);
    }

    fn touch(&mut self, key: O::Key) {
        self.refused.remove(&key);
        self.dirty.insert(key);
    }

    /// After the start, what we did not add is not ours; but our own addition may be told after we
    /// have learnt of an older removal.
    fn origin_later(&self, key: &O::Key, tagged: bool) -> Origin {
        let known = self.names(key) || self.added.contains(key);
        if known && tagged {
            Origin::Ours
        } else {
            Origin::Foreign
        }
    }
}

/// What to do.
impl<O: Kind> Book<O> {
    /// Up to `budget` removals, and whether these are all.
    pub(crate) fn removals(&mut self, budget: usize) -> (Vec<Op>, bool) {
        self.look();
        let mut ops = Vec::new();
        while ops.len() < budget
            && let Some((_, key)) = self.excess.pop_first()
        {
            if self.is_in_excess(&key) {
                ops.extend(self.remove(key));
            }
        }
        (ops, self.excess.is_empty())
    }

    /// Up to `budget` additions, and whether these are all. To be called when all removals are
    /// done.
    pub(crate) fn additions(&mut self, budget: usize, links: &Links) -> (Vec<Op>, bool) {
        self.look();
        let mut ops = Vec::new();
        while ops.len() < budget
            && let Some((_, key)) = self.lacking.pop_first()
        {
            ops.extend(self.add(key, links));
        }
        (ops, self.lacking.is_empty())
    }

    /// Sorts what may differ into what is to be removed and what is to be added.
    fn look(&mut self) {
        for key in std::mem::take(&mut self.dirty) {
            if self.is_in_excess(&key) {
                self.excess.insert((self.place(&key), key));
            } else if self.wanted.contains_key(&key) && self.observed.get(&key).is_none() {
                self.lacking.insert((self.place(&key), key));
            }
        }
    }

    /// A removal was not carried out.
    pub(crate) fn not_removed(&mut self, key: &O::Key, spec: O::Spec, why: Failure) {
        // Whoever removed it first: the event that we wait for is that one's.
        if why != Failure::NotThere {
            self.observed.take_echo(key);
            self.observed.insert(key.clone(), spec, Origin::Ours);
            self.refused.insert(key.clone());
        }
    }

    /// An addition was not carried out. Returns the owners that lack it.
    pub(crate) fn not_added(&mut self, key: &O::Key, why: Failure) -> Vec<Owner> {
        let ours = self.doubted.remove(key) && why == Failure::AlreadyThere;
        if !ours {
            self.added.remove(key);
        }
        if why == Failure::AlreadyThere {
            // Somebody was faster, unless we only doubted. It is in force.
            let origin = if ours { Origin::Ours } else { Origin::Foreign };
            if let Some(entry) = self.observed.remove(key) {
                self.observed.insert(key.clone(), entry.spec, origin);
            }
            return Vec::new();
        }
        self.observed.remove(key);
        self.refused.insert(key.clone());
        self.holders(key).collect()
    }

    fn remove(&mut self, key: O::Key) -> Option<Op> {
        let entry = self.observed.remove(&key)?;
        self.observed.expect_echo(key.clone());
        self.added.remove(&key);
        self.doubted.remove(&key);
        self.stale.remove(&key);
        // It may be wanted otherwise.
        self.dirty.insert(key.clone());
        Some(O::remove(key, entry.spec))
    }

    fn add(&mut self, key: O::Key, links: &Links) -> Option<Op> {
        let (_, spec) = self.spec(&key)?;
        let lacking = self.observed.get(&key).is_none() && !self.refused.contains(&key);
        if !lacking || !O::fits(&key, spec, links) {
            return None;
        }
        let spec = spec.clone();
        self.observed
            .insert(key.clone(), spec.clone(), Origin::Ours);
        if !self.added.insert(key.clone()) {
            // We learnt of its end, but the event may be older than our addition.
            self.doubted.insert(key.clone());
        }
        Some(O::add(key, spec))
    }

    /// It is there and ours, but unwanted, or wanted otherwise.
    fn is_in_excess(&self, key: &O::Key) -> bool {
        let ours = self
            .observed
            .get(key)
            .filter(|entry| entry.origin == Origin::Ours);
        let met = |has| {
            let wanted = self.spec(key);
            wanted.is_some_and(|(_, spec)| O::is_met_by(key, spec, has))
                && !self.stale.contains(key)
        };
        ours.is_some_and(|entry| !met(&entry.spec)) && !self.refused.contains(key)
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
