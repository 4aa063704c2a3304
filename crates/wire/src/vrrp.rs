//! The VRRP advertisement: version 2 (RFC 3768 section 5) and version 3 (RFC 9568 section 5).
//!
//! [`Packet`] is a view that a receiver questions field by field, in the order of its checks.
//! [`Repr`] is the whole meaning of a sound advert; [`Repr::parse`] and [`Repr::emit`] are inverses.
mod packet;
mod repr;
#[cfg(test)]
mod tests;

pub use packet::Packet;
pub use repr::{Auth, Repr, fill_checksum};

use crate::checksum::Sum;
use core::net::IpAddr;

/// Length of the fixed part.
pub const HEADER_LEN: usize = 8;
/// Length of the authentication data of version 2.
pub const AUTH_LEN: usize = 8;
/// The one packet type there is.
pub const TYPE_ADVERT: u8 = 1;
/// Authentication types of version 2 (RFC 2338 section 5.3.6).
pub mod auth_type {
    /// None.
    pub const NONE: u8 = 0;
    /// Simple text password.
    pub const PASS: u8 = 1;
    /// IP Authentication Header.
    pub const AH: u8 = 2;
}

/// What the checksum covers besides the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Nothing: version 2, and version 3 over IPv4 as RFC 9568 has it.
    Message,
    /// A pseudo-header with these addresses: IPv6, and version 3 over IPv4 as RFC 5798 has it.
    Pseudo {
        /// Source address.
        src: IpAddr,
        /// Destination address.
        dst: IpAddr,
    },
}

impl Cover {
    /// The sum to start from, for a message of `len` octets.
    ///
    /// IPv4: RFC 793 section 3.1; IPv6: RFC 8200 section 8.1.
    pub fn sum(self, len: usize) -> Sum {
        let Cover::Pseudo { src, dst } = self else {
            return Sum::default();
        };
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        let sum = [src, dst]
            .into_iter()
            .fold(Sum::default(), |sum, address| match address {
                IpAddr::V4(address) => sum.with(&address.octets()),
                IpAddr::V6(address) => sum.with(&address.octets()),
            });
        sum.with(&len.to_be_bytes())
            .with(&[0, crate::ipv4::PROTOCOL_VRRP])
    }
}

/// Why octets are no sound advert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The length does not fit the fixed part or the address count.
    #[error("length {got}, expected {want}")]
    Length {
        /// Octets expected.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// Neither version 2 nor 3.
    #[error("version {got}")]
    Version {
        /// The field's value.
        got: u8,
    },
    /// Not an advertisement.
    #[error("type {got}")]
    Type {
        /// The field's value.
        got: u8,
    },
    /// Virtual router identifier 0.
    #[error("virtual router identifier 0")]
    Vrid,
    /// An authentication type that no RFC knows.
    #[error("authentication type {got}")]
    AuthType {
        /// The field's value.
        got: u8,
    },
    /// An interval of zero.
    #[error("advertisement interval 0")]
    Interval,
    /// The sum is wrong.
    #[error("checksum")]
    Checksum,
}
