//! The meaning of a sound advert.
use super::{AUTH_LEN, Cover, HEADER_LEN, Packet, Refused, TYPE_ADVERT, auth_type};
use crate::{AdvertInterval, Family, Priority, Version, Vrid};
use core::net::IpAddr;

/// Authentication of version 2; version 3 has only [`Auth::None`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Type 0; the data is sent as zeros and ignored.
    None,
    /// Type 1: the password, padded with zeros.
    Pass([u8; AUTH_LEN]),
    /// Type 2: an IP Authentication Header stands before the message.
    Ah,
}

/// An advert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repr {
    /// Protocol version.
    pub version: Version,
    /// Family of the addresses.
    pub family: Family,
    /// Virtual router identifier.
    pub vrid: Vrid,
    /// Priority of the sender.
    pub priority: Priority,
    /// Interval; version 2 carries whole seconds up to 255, version 3 centiseconds up to 4095.
    pub interval: AdvertInterval,
    /// Authentication.
    pub auth: Auth,
    /// Addresses in the sender's order; at most 255.
    pub addresses: Vec<IpAddr>,
}

impl Repr {
    /// Reads a whole advert, of the version it says it has, with exact length.
    pub fn parse(message: &[u8], family: Family, cover: Cover) -> Result<Repr, Refused> {
        let packet = Packet::new(message)?;
        let version = match packet.version() {
            2 => Version::V2,
            3 => Version::V3,
            got => return Err(Refused::Version { got }),
        };
        if packet.kind() != TYPE_ADVERT {
            return Err(Refused::Type { got: packet.kind() });
        }
        let (want, got) = (packet.expected_len(version, family), packet.octets());
        if want != got {
            return Err(Refused::Length { want, got });
        }
        if !packet.checksum_ok(cover, want) {
            return Err(Refused::Checksum);
        }
        Ok(Repr {
            version,
            family,
            vrid: Vrid::new(packet.vrid()).ok_or(Refused::Vrid)?,
            priority: packet.priority(),
            interval: interval(packet, version).ok_or(Refused::Interval)?,
            auth: auth(packet, version, family)?,
            addresses: packet.addresses(family).collect(),
        })
    }

    /// Writes the message with its checksum. An interval too long for the version is cut to
    /// the longest it can carry (version 2 rounds up to seconds), addresses beyond 255 or of
    /// the other family are left out.
    pub fn emit(&self, cover: Cover) -> Vec<u8> {
        let ours = |address: &&IpAddr| address.is_ipv6() == (self.family == Family::V6);
        let addresses: Vec<&IpAddr> = self.addresses.iter().filter(ours).take(255).collect();
        let count = u8::try_from(addresses.len()).unwrap_or(u8::MAX);
        let (version, [fourth, fifth]) = match self.version {
            Version::V2 => (2, [self.auth.kind(), self.interval.wire_secs()]),
            Version::V3 => (3, self.interval.wire_centis().to_be_bytes()),
        };
        let first = version << 4 | TYPE_ADVERT;
        let mut message = vec![
            first,
            self.vrid.get(),
            self.priority.get(),
            count,
            fourth,
            fifth,
            0,
            0,
        ];
        for address in addresses {
            match address {
                IpAddr::V4(address) => message.extend(address.octets()),
                IpAddr::V6(address) => message.extend(address.octets()),
            }
        }
        if self.version == Version::V2 {
            message.extend(self.auth.data());
        }
        fill_checksum(&mut message, cover);
        message
    }
}

/// Puts the checksum over the whole message at its place.
pub fn fill_checksum(message: &mut [u8], cover: Cover) {
    if let Some(field) = message.get_mut(HEADER_LEN - 2..HEADER_LEN) {
        field.fill(0);
    }
    let sum = cover
        .sum(message.len())
        .with(message)
        .finish()
        .to_be_bytes();
    if let Some(field) = message.get_mut(HEADER_LEN - 2..HEADER_LEN) {
        field.copy_from_slice(&sum);
    }
}

fn interval(packet: Packet<'_>, version: Version) -> Option<AdvertInterval> {
    match version {
        Version::V2 => AdvertInterval::from_secs(packet.interval_secs()),
        Version::V3 => AdvertInterval::from_centis(packet.interval_centis()),
    }
}

fn auth(packet: Packet<'_>, version: Version, family: Family) -> Result<Auth, Refused> {
    match (version, packet.auth_type()) {
        (Version::V3, _) | (Version::V2, auth_type::NONE) => Ok(Auth::None),
        (Version::V2, auth_type::PASS) => Ok(Auth::Pass(
            packet.auth_data(family).copied().unwrap_or_default(),
        )),
        (Version::V2, auth_type::AH) => Ok(Auth::Ah),
        (Version::V2, got) => Err(Refused::AuthType { got }),
    }
}

impl Auth {
    /// The type on the wire.
    pub const fn kind(self) -> u8 {
        match self {
            Auth::None => auth_type::NONE,
            Auth::Pass(_) => auth_type::PASS,
            Auth::Ah => auth_type::AH,
        }
    }

    /// The data on the wire.
    pub const fn data(self) -> [u8; AUTH_LEN] {
        match self {
            Auth::Pass(password) => password,
            Auth::None | Auth::Ah => [0; AUTH_LEN],
        }
    }
}
