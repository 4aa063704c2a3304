//! Quantities with types: what a `u8` on the wire means, its range and its arithmetic.
use core::fmt;
use core::num::NonZeroU8;
use core::str::FromStr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Address family of a virtual router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// VRRP version (RFC 3768: 2, RFC 9568: 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// VRRPv2, RFC 3768.
    V2,
    /// VRRPv3, RFC 9568.
    V3,
}

/// Virtual router identifier, 1 to 255 (RFC 9568 section 5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// `None` for 0.
    pub const fn new(id: u8) -> Option<Self> {
        match NonZeroU8::new(id) {
            Some(id) => Some(Vrid(id)),
            None => None,
        }
    }

    /// The number on the wire.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Priority of a router in the election (RFC 9568 section 5.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority(u8);

impl Priority {
    /// "I am leaving": sent by a master that stops.
    pub const STOP: Priority = Priority(0);
    /// The default of a router that does not own the addresses.
    pub const DEFAULT: Priority = Priority(100);
    /// The owner of the addresses.
    pub const OWNER: Priority = Priority(255);

    /// Any value that fits on the wire.
    pub const fn new(value: u8) -> Self {
        Priority(value)
    }

    /// The number on the wire.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Priority 255.
    pub const fn is_owner(self) -> bool {
        self.0 == 255
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Time between adverts, kept in centiseconds: 0.01 s to 655.35 s.
///
/// Version 2 carries whole seconds in 8 bits, version 3 centiseconds in 12 bits
/// (RFC 3768 section 5.3.7, RFC 9568 section 5.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdvertInterval(u16);

impl AdvertInterval {
    /// One second, the default of both versions.
    pub const DEFAULT: AdvertInterval = AdvertInterval(100);

    /// `None` for 0.
    pub const fn from_centis(centis: u16) -> Option<Self> {
        if centis == 0 {
            None
        } else {
            Some(AdvertInterval(centis))
        }
    }

    /// `None` for 0.
    pub const fn from_secs(secs: u8) -> Option<Self> {
        Self::from_centis(secs as u16 * 100)
    }

    /// In centiseconds.
    pub const fn centis(self) -> u16 {
        self.0
    }

    /// As a span of time.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }

    /// In seconds as version 2 carries it: rounded up, at most 255.
    pub fn wire_secs(self) -> u8 {
        u8::try_from(self.0.div_ceil(100)).unwrap_or(u8::MAX)
    }

    /// In centiseconds as version 3 carries it: 12 bits, at most 4095.
    pub const fn wire_centis(self) -> u16 {
        if self.0 > 4095 { 4095 } else { self.0 }
    }

    /// `Skew_Time`: the lower the priority, the longer the wait.
    ///
    /// Version 2: `(256 - priority) / 256` s (RFC 3768 section 6.1); version 3 scales it with
    /// the interval (RFC 9568 section 6.1).
    pub fn skew(self, version: Version, priority: Priority) -> Duration {
        let steps = 256 - u32::from(priority.get());
        let base = match version {
            Version::V2 => Duration::from_secs(1),
            Version::V3 => self.as_duration(),
        };
        base * steps / 256
    }

    /// `Master_Down_Interval` (`Active_Down_Interval` of RFC 9568): `adverts` missed intervals,
    /// three by the RFC, plus the skew.
    pub fn master_down(self, version: Version, priority: Priority, adverts: u8) -> Duration {
        self.as_duration() * u32::from(adverts) + self.skew(version, priority)
    }
}

impl fmt::Display for AdvertInterval {
    /// In seconds, as `advert_int` is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            _ => write!(f, "{whole}.{part:02}"),
        }
    }
}

/// An Ethernet hardware address.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// ff:ff:ff:ff:ff:ff.
    pub const BROADCAST: MacAddr = MacAddr([0xff; 6]);
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, octet) in self.0.iter().enumerate() {
            let colon = if i == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

/// The text is not six hexadecimal octets with colons between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hardware address like 02:00:00:00:00:01")]
pub struct BadMac;

impl FromStr for MacAddr {
    type Err = BadMac;
    fn from_str(text: &str) -> Result<Self, BadMac> {
        let mut octets = [0; 6];
        let mut parts = text.split(':');
        for octet in &mut octets {
            let part = parts
                .next()
                .filter(|p| (1..=2).contains(&p.len()))
                .ok_or(BadMac)?;
            *octet = u8::from_str_radix(part, 16).map_err(|_| BadMac)?;
        }
        if parts.next().is_some() {
            Err(BadMac)
        } else {
            Ok(MacAddr(octets))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_and_master_down_follow_the_rfcs() {
        let second = AdvertInterval::DEFAULT;
        let ms = |d: Duration| d.as_micros();
        assert_eq!(ms(second.skew(Version::V2, Priority::new(100))), 609_375);
        assert_eq!(
            ms(second.master_down(Version::V2, Priority::new(100), 3)),
            3_609_375
        );
        let tenth = AdvertInterval::from_centis(10).unwrap();
        assert_eq!(ms(tenth.skew(Version::V2, Priority::new(100))), 609_375);
        assert_eq!(ms(tenth.skew(Version::V3, Priority::new(100))), 60_937);
        assert_eq!(
            ms(tenth.master_down(Version::V3, Priority::new(255), 3)),
            300_390
        );
    }

    #[test]
    fn quantities_print_as_people_write_them() {
        assert_eq!(
            AdvertInterval::from_centis(150).unwrap().to_string(),
            "1.50"
        );
        assert_eq!(AdvertInterval::DEFAULT.to_string(), "1");
        let mac: MacAddr = "02:00:00:00:01:a0".parse().unwrap();
        assert_eq!(mac.to_string(), "02:00:00:00:01:a0");
        assert_eq!("02:00:00:00:01".parse::<MacAddr>(), Err(BadMac));
    }
}
