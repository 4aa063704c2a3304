//! The comparison: what is wanted against what is there.
use crate::observed::{Observed, Origin};
use crate::{AddressKey, AddressSpec, Fact, Failure, Op, Owner, Seen};
use std::collections::{BTreeMap, BTreeSet};
use wire::Prefix;

/// What to do at start about addresses with our tag that no configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// Remove them: whoever left them is dead. Right where one daemon has the network to itself.
    Remove,
    /// Leave them: another daemon of our kind may be using them.
    Keep,
}

/// One owner's entries.
#[derive(Debug, Default)]
struct Entries {
    items: Vec<(AddressKey, AddressSpec)>,
    held: bool,
}

/// Whose entry, and which: the order in which things are done.
type Place = (Owner, usize);

/// See the crate's documentation.
#[derive(Debug)]
pub struct Ledger {
    leftovers: Leftovers,
    started: bool,
    owners: BTreeMap<Owner, Entries>,
    /// Where each key stands in the configuration, held or not.
    named: BTreeMap<AddressKey, BTreeSet<Place>>,
    /// The places that are held; the first one's spec counts.
    wanted: BTreeMap<AddressKey, BTreeSet<Place>>,
    observed: Observed,
    /// Keys at which the two sides may differ.
    dirty: BTreeSet<AddressKey>,
    /// The kernel refused something about these; a change around them lets it be tried again.
    refused: BTreeSet<AddressKey>,
    /// Our last operation on these was an addition, whatever others did since.
    added: BTreeSet<AddressKey>,
}

impl Ledger {
    /// Nothing wanted, nothing observed.
    pub fn new(leftovers: Leftovers) -> Self {
        Ledger {
            leftovers,
            started: false,
            owners: BTreeMap::new(),
            named: BTreeMap::new(),
            wanted: BTreeMap::new(),
            observed: Observed::default(),
            dirty: BTreeSet::new(),
            refused: BTreeSet::new(),
            added: BTreeSet::new(),
        }
    }

    /// Says what `owner` has in its configuration, in that order, replacing what was said before.
    /// Whether it is held stays as it is: a held owner's new addresses are added, its old ones
    /// removed, and nothing happens to those that stay.
    pub fn configure(&mut self, owner: Owner, items: Vec<(AddressKey, AddressSpec)>) {
        let held = self.owners.get(&owner).is_some_and(|entries| entries.held);
        self.forget(owner);
        for (place, (key, _)) in items.iter().enumerate() {
            self.named.entry(*key).or_default().insert((owner, place));
        }
        self.owners.insert(owner, Entries { items, held: false });
        if held {
            self.hold(owner);
        }
    }

    /// Drops `owner` with all it has: what it held is removed, unless another holds it too.
    pub fn forget(&mut self, owner: Owner) {
        let Some(entries) = self.owners.remove(&owner) else {
            return;
        };
        for (place, (key, _)) in entries.items.iter().enumerate() {
            take(&mut self.wanted, key, (owner, place));
            take(&mut self.named, key, (owner, place));
            self.touch(*key);
        }
    }

    /// Wants all that `owner` has configured to be in force. What was refused is tried again.
    pub fn hold(&mut self, owner: Owner) {
        let Some(entries) = self.owners.get_mut(&owner) else {
            return;
        };
        entries.held = true;
        for (place, (key, _)) in entries.items.iter().enumerate() {
            self.wanted.entry(*key).or_default().insert((owner, place));
            self.refused.remove(key);
            self.dirty.insert(*key);
        }
    }

    /// Wants none of it any more: each address is removed unless another owner holds it too, also
    /// one that somebody else had put there, but not the interface's own.
    pub fn release(&mut self, owner: Owner) {
        let Some(entries) = self.owners.get_mut(&owner) else {
            return;
        };
        entries.held = false;
        for (place, (key, _)) in entries.items.iter().enumerate() {
            take(&mut self.wanted, key, (owner, place));
            self.observed.claim(key);
            self.refused.remove(key);
            self.dirty.insert(*key);
        }
    }

    /// Takes the kernel's whole list, in the kernel's order: at start, and again when events were
    /// lost. Returns the owners of addresses that were in force and no longer are.
    ///
    /// The first time it decides whose each address is, so configure before. Ours are those that
    /// the configuration names, whoever put them there, and those with our tag as [`Leftovers`]
    /// says. An interface's own address is not ours even if named: for IPv4 its
    /// first address without our tag, unless that is a secondary one; for IPv6 any without tag and
    /// without "nodad", as keepalived sets at least one of them.
    pub fn adopt(&mut self, dump: Vec<Seen>) -> Vec<Owner> {
        let mut before = self.observed.clear();
        self.dirty.extend(before.keys().copied());
        self.dirty.extend(self.wanted.keys().copied());
        self.refused.clear();
        let start = !std::mem::replace(&mut self.started, true);
        let mut met = BTreeSet::new();
        for seen in dump {
            let first = !seen.tagged && is_v4(&seen.key) && met.insert(seen.key.link);
            let origin = match before.remove(&seen.key) {
                Some(entry) => entry.origin,
                None if start => self.origin_at_start(&seen, first),
                None => self.origin_later(&seen),
            };
            self.dirty.insert(seen.key);
            self.observed.insert(seen.key, seen.spec, origin);
        }
        let lost: BTreeSet<_> = before.keys().flat_map(|key| self.holders(key)).collect();
        lost.into_iter().collect()
    }

    /// Takes one event, of our doing or another's. Returns the owners that lost an address in
    /// force to somebody else; [`settle`](Self::settle) would put it back, unless they
    /// [`release`](Self::release) it before.
    pub fn observe(&mut self, fact: Fact) -> Vec<Owner> {
        match fact {
            Fact::Present(seen) => self.present(seen),
            Fact::Absent(key) => return self.absent(&key),
            Fact::Link { index, up } => self.link(index, Some(up)),
            Fact::LinkGone(index) => self.link(index, None),
        }
        Vec::new()
    }

    /// At most `budget` operations that bring the kernel closer to what is wanted. All removals
    /// come before the first addition, both in the order of owners and their configuration. They
    /// count as done unless [`failed`](Self::failed) is called; when there is nothing (left) to
    /// do, the answer is empty.
    pub fn settle(&mut self, budget: usize) -> Vec<Op> {
        let mut dirty = std::mem::take(&mut self.dirty);
        let excess = dirty.iter().filter(|key| self.is_in_excess(key));
        let mut removals: Vec<_> = excess.map(|key| (self.place(key), *key)).collect();
        removals.sort_unstable();
        let postponed = removals.split_off(removals.len().min(budget));
        let mut ops: Vec<_> = removals
            .into_iter()
            .map(|(_, key)| self.remove(key))
            .collect();
        if postponed.is_empty() {
            ops.extend(self.additions(&mut dirty, budget - ops.len()));
        }
        self.dirty = dirty;
        ops
    }

    /// Says that an operation out of [`settle`](Self::settle) was not carried out. Returns the
    /// owners that lack an address for it; it is not tried again until something changes:
    /// its link, its configuration, or that it is held.
    pub fn failed(&mut self, op: &Op, why: Failure) -> Vec<Owner> {
        self.added.remove(op.key());
        match (op, why) {
            // Whoever removed it first: the event that we wait for is that one's.
            (Op::Remove(_), Failure::NotThere) => Vec::new(),
            (Op::Remove(key), _) => {
                self.observed.take_echo(key);
                self.observed
                    .insert(*key, AddressSpec::default(), Origin::Ours);
                self.refused.insert(*key);
                Vec::new()
            }
            // Somebody was faster. It is in force, and his.
            (Op::Add(key, spec), Failure::AlreadyThere) => {
                self.observed.insert(*key, spec.clone(), Origin::Foreign);
                Vec::new()
            }
            (Op::Add(key, _), _) => {
                self.observed.remove(key);
                self.refused.insert(*key);
                self.holders(key).collect()
            }
        }
    }

    /// Whether all that `owner` holds is in force, as far as known; operations that were given
    /// out count.
    pub fn is_in_force(&self, owner: Owner) -> bool {
        self.owners.get(&owner).is_some_and(|entries| {
            entries.held
                && entries
                    .items
                    .iter()
                    .all(|(key, _)| self.observed.get(key).is_some())
        })
    }

    fn present(&mut self, seen: Seen) {
        // Our removal came after this was told: its own event is still on the way.
        if self.observed.awaits_echo(&seen.key) {
            return;
        }
        // What became of our own addition is the kernel's affair (it chooses an IPv6 scope, say):
        // holding that against what was asked for would replace it for ever.
        let as_asked = self.added.contains(&seen.key) && self.observed.get(&seen.key).is_some();
        if !as_asked && !self.observed.update(&seen.key, &seen.spec) {
            let origin = self.origin_later(&seen);
            self.observed.insert(seen.key, seen.spec, origin);
        }
        self.touch(seen.key);
    }

    fn absent(&mut self, key: &AddressKey) -> Vec<Owner> {
        if self.observed.take_echo(key) || self.observed.remove(key).is_none() {
            return Vec::new();
        }
        self.touch(*key);
        if !self.observed.is_up(key.link) || self.observed.goes_with_another(key) {
            return Vec::new();
        }
        self.holders(key).collect()
    }

    fn link(&mut self, index: u32, up: Option<bool>) {
        self.observed.set_link(index, up);
        let first = AddressKey::new(index, Prefix::default());
        let on_it = self.named.range(first..).map(|(key, _)| *key);
        let on_it: Vec<_> = on_it.take_while(|key| key.link == index).collect();
        for key in on_it {
            self.touch(key);
        }
    }

    /// Something changed about it: compare again, and try again what was refused.
    fn touch(&mut self, key: AddressKey) {
        self.refused.remove(&key);
        self.dirty.insert(key);
    }

    fn origin_at_start(&self, seen: &Seen, first: bool) -> Origin {
        let named = self.named.contains_key(&seen.key);
        let own = if is_v4(&seen.key) {
            first && !seen.secondary
        } else {
            !seen.spec.is_nodad()
        };
        match (seen.tagged, named) {
            (true, false) if self.leftovers == Leftovers::Keep => Origin::Foreign,
            (true, _) => Origin::Ours,
            (false, false) => Origin::Foreign,
            (false, true) => {
                if own {
                    Origin::Own
                } else {
                    Origin::Ours
                }
            }
        }
    }

    /// After the start, what we did not add is not ours; but our own addition may be told after we
    /// have learnt of an older removal.
    fn origin_later(&self, seen: &Seen) -> Origin {
        let known = self.named.contains_key(&seen.key) || self.added.contains(&seen.key);
        if known && seen.tagged {
            Origin::Ours
        } else {
            Origin::Foreign
        }
    }

    fn holders(&self, key: &AddressKey) -> impl Iterator<Item = Owner> {
        self.wanted
            .get(key)
            .into_iter()
            .flatten()
            .map(|(owner, _)| *owner)
    }

    fn place(&self, key: &AddressKey) -> Option<Place> {
        self.named.get(key)?.first().copied()
    }

    fn spec(&self, key: &AddressKey) -> Option<(Place, &AddressSpec)> {
        let (owner, place) = *self.wanted.get(key)?.first()?;
        let (_, spec) = self.owners.get(&owner)?.items.get(place)?;
        Some(((owner, place), spec))
    }

    /// It is there and ours, but unwanted, or wanted otherwise.
    fn is_in_excess(&self, key: &AddressKey) -> bool {
        let ours = self
            .observed
            .get(key)
            .filter(|entry| entry.origin == Origin::Ours);
        let met = |has| self.spec(key).is_some_and(|(_, spec)| spec.is_met_by(has));
        ours.is_some_and(|entry| !met(&entry.spec)) && !self.refused.contains(key)
    }

    fn is_lacking(&self, key: &AddressKey) -> bool {
        self.observed.get(key).is_none() && self.observed.takes(key) && !self.refused.contains(key)
    }

    fn remove(&mut self, key: AddressKey) -> Op {
        self.observed.remove(&key);
        self.observed.expect_echo(key);
        self.added.remove(&key);
        Op::Remove(key)
    }

    /// Up to `budget` additions among the keys in `dirty`; the rest of them stay there.
    fn additions(&mut self, dirty: &mut BTreeSet<AddressKey>, budget: usize) -> Vec<Op> {
        let lacking = dirty.iter().filter(|key| self.is_lacking(key));
        let found = lacking.filter_map(|key| Some((self.spec(key)?, *key)));
        let mut found: Vec<_> = found
            .map(|((place, spec), key)| (place, key, spec.clone()))
            .collect();
        found.sort_unstable_by_key(|(place, ..)| *place);
        let postponed = found.split_off(found.len().min(budget));
        *dirty = postponed.into_iter().map(|(_, key, _)| key).collect();
        let add = |(_, key, spec): (Place, AddressKey, AddressSpec)| {
            self.observed.insert(key, spec.clone(), Origin::Ours);
            self.added.insert(key);
            Op::Add(key, spec)
        };
        found.into_iter().map(add).collect()
    }
}

fn is_v4(key: &AddressKey) -> bool {
    matches!(key.prefix, Prefix::V4(_))
}

fn take(map: &mut BTreeMap<AddressKey, BTreeSet<Place>>, key: &AddressKey, place: Place) {
    if let Some(places) = map.get_mut(key) {
        places.remove(&place);
        if places.is_empty() {
            map.remove(key);
        }
    }
}
