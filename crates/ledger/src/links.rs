//! Which interfaces are there, as far as has been told.
use std::collections::BTreeMap;

/// Whether each link is up; `None`: gone. Of others nothing is known, and the best is assumed.
#[derive(Debug, Default)]
pub(crate) struct Links(BTreeMap<u32, Option<bool>>);

impl Links {
    pub(crate) fn set(&mut self, index: u32, up: Option<bool>) {
        self.0.insert(index, up);
    }

    pub(crate) fn is_up(&self, index: u32) -> bool {
        self.0.get(&index).is_none_or(|up| *up == Some(true))
    }

    pub(crate) fn is_gone(&self, index: u32) -> bool {
        self.0.get(&index) == Some(&None)
    }
}
