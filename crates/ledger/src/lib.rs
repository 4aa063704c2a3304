//! Floor 1: who wants which kernel object.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;

pub use address::{AddressKey, AddressSpec};
