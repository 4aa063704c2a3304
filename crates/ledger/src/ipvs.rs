//! The kernel's load balancer table: what it should hold, what it holds, what to do.
//!
//! Unlike addresses, entries carry no mark of their owner and changes are not told. So a service
//! is ours when it is wanted (or was); so is a destination that belongs to our configuration.
//! Everything else in the table is somebody else's and stays as it is.
mod difference;
mod ledger;
mod table;
#[cfg(test)]
mod tests;

pub use ledger::Ipvs;
pub use table::{
    DestKey, DestSpec, Forwarding, Op, Protocol, Service, ServiceFlags, ServiceKey, ServiceSpec,
    Table, Tunnel, TunnelKind, Wanted,
};
