//! The configuration as written: one field per keyword, `None` where nothing was written.
//!
//! Defaults and cross references belong to `plan`; the spans are for its findings.
#![allow(clippy::struct_excessive_bools)] // a keyword without argument is a flag

mod address;
mod global;
mod vrrp;

pub use address::{Address, Broadcast};
pub use global::{Garp, Global, MailServer};
pub use vrrp::{AuthType, Authentication, Instance, StartState};

/// Everything that was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// `global_defs`; later blocks add to earlier ones.
    pub global: Global,
    /// `vrrp_instance` blocks, in order.
    pub instances: Vec<Instance>,
}
