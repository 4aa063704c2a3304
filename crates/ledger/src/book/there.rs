//! What is there: the kernel's lists and events, and whose each object is.
use super::Book;
use crate::Owner;
use crate::kind::Kind;
use crate::links::Links;
use crate::observed::Origin;
use std::collections::BTreeSet;

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

    pub(super) fn touch(&mut self, key: O::Key) {
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
