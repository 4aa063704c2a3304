//! What to do: operations that bring the kernel closer to what is wanted.
use super::Book;
use crate::kind::Kind;
use crate::links::Links;
use crate::observed::Origin;
use crate::{Failure, Op, Owner};

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
