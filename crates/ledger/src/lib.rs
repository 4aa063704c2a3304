//! Floor 1: who wants which kernel object.
//!
//! The [`Ledger`] holds what each owner wants and what the kernel has, and answers with the
//! operations that make the second the first: start, reload, crash recovery and interference are
//! the same comparison. It does nothing itself and waits for nothing.
//!
//! The caller's turn: [`Ledger::observe`] every event, tell the machines who lost what, let them
//! [`Ledger::hold`] and [`Ledger::release`], then carry out what [`Ledger::settle`] says in
//! bounded portions and report what [`Ledger::failed`].
//!
//! What is not ours is not touched: see [`Ledger::adopt`] for how that is told.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;
mod book;
mod fact;
pub mod ipvs;
mod kind;
mod ledger;
mod links;
pub mod marks;
mod observed;
mod route;
#[cfg(test)]
mod route_tests;
mod rule;
#[cfg(test)]
mod tests;

pub use address::{AddressKey, AddressSpec};
pub use fact::{Fact, Failure, Op, Owner, Seen};
pub use ledger::{Items, Ledger, Leftovers, Untracked};
pub use route::{Encap, Hop, Insert, IpTunnel, Route, RouteKey, route_type};
pub use rule::{Action, Rule};
