//! The kernel's side of one kind of object, as far as it has been told.
use std::collections::BTreeMap;

/// Who answers for an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// We do: it goes when nobody wants it.
    Ours,
    /// Somebody else; it may become ours when an owner releases it.
    Foreign,
    /// The interface's own address: never ours, also when it is configured.
    Own,
}

/// An object that is there.
#[derive(Debug)]
pub(crate) struct Entry<S> {
    pub(crate) spec: S,
    pub(crate) origin: Origin,
}

/// What is there, and the events that are still to come of our own removals.
#[derive(Debug)]
pub(crate) struct Observed<K, S> {
    entries: BTreeMap<K, Entry<S>>,
    echoes: BTreeMap<K, usize>,
}

impl<K, S> Default for Observed<K, S> {
    fn default() -> Self {
        Observed {
            entries: BTreeMap::new(),
            echoes: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone, S: Clone> Observed<K, S> {
    /// Forgets all objects, and the events that may have been lost; returns the objects.
    pub(crate) fn clear(&mut self) -> BTreeMap<K, Entry<S>> {
        self.echoes.clear();
        std::mem::take(&mut self.entries)
    }

    pub(crate) fn get(&self, key: &K) -> Option<&Entry<S>> {
        self.entries.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, spec: S, origin: Origin) {
        self.entries.insert(key, Entry { spec, origin });
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<Entry<S>> {
        self.entries.remove(key)
    }

    /// Updates the spec of an object that is known; `false` when it is not.
    pub(crate) fn update(&mut self, key: &K, spec: &S) -> bool {
        let entry = self.entries.get_mut(key);
        if let Some(entry) = entry {
            entry.spec.clone_from(spec);
            return true;
        }
        false
    }

    /// Makes an object ours unless it is the interface's own.
    pub(crate) fn claim(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key)
            && entry.origin == Origin::Foreign
        {
            entry.origin = Origin::Ours;
        }
    }

    /// Makes an object somebody else's.
    pub(crate) fn disown(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.origin = Origin::Foreign;
        }
    }

    /// Forgets all that `gone` names, events included; returns what was there.
    pub(crate) fn forget(&mut self, gone: impl Fn(&K, Option<&S>) -> bool) -> Vec<(K, Origin)> {
        self.echoes.retain(|key, _| !gone(key, None));
        let leaving = self
            .entries
            .iter()
            .filter(|(key, entry)| gone(key, Some(&entry.spec)));
        let leaving: Vec<_> = leaving
            .map(|(key, entry)| (key.clone(), entry.origin))
            .collect();
        for (key, _) in &leaving {
            self.entries.remove(key);
        }
        leaving
    }

    /// Whether any is there of which this is true.
    pub(crate) fn has(&self, what: impl Fn(&K) -> bool) -> bool {
        self.entries.keys().any(what)
    }

    /// We ask for a removal, whose event will come.
    pub(crate) fn expect_echo(&mut self, key: K) {
        *self.echoes.entry(key).or_default() += 1;
    }

    /// Takes one awaited event off; `false` when none is awaited.
    pub(crate) fn take_echo(&mut self, key: &K) -> bool {
        let Some(count) = self.echoes.get_mut(key) else {
            return false;
        };
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.echoes.remove(key);
        }
        true
    }

    pub(crate) fn awaits_echo(&self, key: &K) -> bool {
        self.echoes.contains_key(key)
    }

    pub(crate) fn awaited(&self) -> impl Iterator<Item = &K> {
        self.echoes.keys()
    }
}
