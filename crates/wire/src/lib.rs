//! Floor 0: packet formats and the quantities they carry.
//!
//! Bytes in, meaning out, and back: each format has a `Repr` with `parse` and `emit` as
//! inverses, and `parse` says *why* it refused. Nothing here opens a socket, reads a clock or
//! keeps state. Start with [`quantity`] for the words the whole project uses.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod ah;
pub mod arp;
pub mod checksum;
pub mod ipv4;
pub mod ndisc;
pub mod quantity;
pub mod secret;
pub mod time;
pub mod trailer;
pub mod vrrp;

pub use quantity::{AdvertInterval, Family, MacAddr, Priority, Version, Vrid};
pub use secret::Secret;
pub use time::Instant;

/// An address with its prefix length; host bits are kept, as a virtual address needs them.
pub type Prefix = ipnet::IpNet;
