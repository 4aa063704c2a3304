//! Scenario A with the original as the other node, both ways round, every way of dying.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{ours, takeover, theirs};
use lab::scenario::Death;

#[test]
fn our_master_stopped() {
    takeover([ours(), theirs()], Death::Stopped);
}

#[test]
fn our_master_killed() {
    takeover([ours(), theirs()], Death::Killed);
}

#[test]
fn cable_of_our_master_pulled() {
    takeover([ours(), theirs()], Death::CablePulled);
}

#[test]
fn interface_of_our_master_set_down() {
    takeover([ours(), theirs()], Death::InterfaceDown);
}

#[test]
fn our_master_frozen() {
    takeover([ours(), theirs()], Death::Frozen);
}

#[test]
fn their_master_stopped() {
    takeover([theirs(), ours()], Death::Stopped);
}

#[test]
fn their_master_killed() {
    takeover([theirs(), ours()], Death::Killed);
}

#[test]
fn cable_of_their_master_pulled() {
    takeover([theirs(), ours()], Death::CablePulled);
}

#[test]
fn interface_of_their_master_set_down() {
    takeover([theirs(), ours()], Death::InterfaceDown);
}

#[test]
fn their_master_frozen() {
    takeover([theirs(), ours()], Death::Frozen);
}
