//! Floor 3: the kernel.
//!
//! The one crate with `unsafe`; everything above it speaks in values. What is here does
//! what it is told and reports what the kernel says: it decides nothing. Nothing in the modules
//! that the timing roles use ([`reactor`], [`netlink`], [`vrrp_socket`], [`arp`]) blocks.
//!
//! Start with [`reactor`] for the loop, [`netlink`] for links and addresses, [`namespace`] for
//! networks inside one machine.

pub mod arp;
pub mod channel;
pub mod clock;
pub mod files;
mod filter;
pub mod glob;
pub mod ipvs;
pub mod memfd;
pub mod memory;
mod mmsg;
pub mod names;
pub mod namespace;
pub mod netlink;
pub mod nftables;
pub mod pidfile;
pub mod process;
pub mod process_events;
pub mod reactor;
pub mod rights;
pub mod sched;
pub mod script;
pub mod signals;
mod sockopt;
pub mod sysctl;
#[cfg(test)]
mod testing;
pub mod vrrp_socket;
pub mod wipe;
