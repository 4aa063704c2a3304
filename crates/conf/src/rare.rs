//! Settings that most blocks leave as they are.
use core::ops::{Deref, DerefMut};

/// What is there when nothing was written.
pub trait Plain: PartialEq + Default + 'static {
    /// All of it unset.
    const PLAIN: &'static Self;
}

/// Settings that take no room while none of them is written: there are many real servers and
/// checkers, and most have nothing of their own.
#[derive(Debug, Clone, Default)]
pub struct Rare<T>(Option<Box<T>>);

impl<T: Plain> From<T> for Rare<T> {
    fn from(written: T) -> Self {
        Rare((written != *T::PLAIN).then(|| Box::new(written)))
    }
}

impl<T: Plain> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::PLAIN)
    }
}

impl<T: Plain> DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Plain> PartialEq for Rare<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
