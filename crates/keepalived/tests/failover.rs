//! Scenario A: one address, two hosts; every way of dying, ours on both nodes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{ours, takeover};
use lab::scenario::Death;

#[test]
fn master_stopped() {
    takeover([ours(), ours()], Death::Stopped);
}

#[test]
fn master_killed() {
    takeover([ours(), ours()], Death::Killed);
}

#[test]
fn cable_of_master_pulled() {
    takeover([ours(), ours()], Death::CablePulled);
}

#[test]
fn interface_of_master_set_down() {
    takeover([ours(), ours()], Death::InterfaceDown);
}

#[test]
fn master_frozen() {
    takeover([ours(), ours()], Death::Frozen);
}
