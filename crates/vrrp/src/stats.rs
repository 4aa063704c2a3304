//! Counters of one instance (RFC 2787, RFC 6527; the original's statistics).
use crate::{Event, Reject};
use serde::{Deserialize, Serialize};

/// What one instance has counted since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stats {
    /// Adverts received, refused ones included.
    pub advert_rcvd: u64,
    /// Adverts sent, each peer counted.
    pub advert_sent: u64,
    /// Transitions to master.
    pub become_master: u64,
    /// Transitions from master.
    pub release_master: u64,
    /// Wrong length.
    pub packet_len_err: u64,
    /// Wrong interval.
    pub advert_interval_err: u64,
    /// TTL or hop limit other than 255.
    pub ip_ttl_err: u64,
    /// Packet types other than advertisement.
    pub invalid_type_rcvd: u64,
    /// Address lists that differ, and adverts by the wrong way (group or peer).
    pub addr_list_err: u64,
    /// Unknown authentication types.
    pub invalid_authtype: u64,
    /// Authentication types other than ours.
    pub authtype_mismatch: u64,
    /// Wrong passwords or signatures.
    pub auth_failure: u64,
    /// Wrong checksums.
    pub checksum_err: u64,
    /// Wrong versions.
    pub version_err: u64,
    /// Priority 0 received.
    pub pri_zero_rcvd: u64,
    /// Priority 0 sent.
    pub pri_zero_sent: u64,
}

impl Stats {
    /// The counter of a refusal.
    pub(crate) fn count(&mut self, why: &Reject) {
        let counter = match why {
            Reject::Stub { .. } | Reject::Length { .. } => &mut self.packet_len_err,
            Reject::Ttl { .. } => &mut self.ip_ttl_err,
            Reject::Version { .. } => &mut self.version_err,
            Reject::AuthUnknown { .. } => &mut self.invalid_authtype,
            Reject::AuthType { .. } => &mut self.authtype_mismatch,
            Reject::Password => &mut self.auth_failure,
            Reject::Interval { .. } => &mut self.advert_interval_err,
            Reject::Type { .. } => &mut self.invalid_type_rcvd,
            Reject::Checksum { .. } => &mut self.checksum_err,
            Reject::Cast | Reject::NotPeer => &mut self.addr_list_err,
            Reject::Vrid { .. } | Reject::Owner => return,
        };
        *counter += 1;
    }
}

/// Which kinds of complaint have been told since the master last changed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told(u32);

impl Told {
    /// Is this complaint the first of its kind? Marks it told.
    pub(crate) fn first(&mut self, event: &Event) -> bool {
        let kind = match event {
            Event::Refused { why, .. } => match why {
                Reject::Stub { .. } | Reject::Length { .. } => 0,
                Reject::Ttl { .. } => 1,
                Reject::Version { .. } => 2,
                Reject::AuthUnknown { .. } => 3,
                Reject::AuthType { .. } => 4,
                Reject::Password => 5,
                Reject::Interval { .. } => 6,
                Reject::Type { .. } => 7,
                Reject::Checksum { .. } => 8,
                Reject::Cast => 9,
                Reject::NotPeer => 10,
                Reject::Owner => 11,
                Reject::Vrid { .. } => 12,
            },
            Event::List { .. } => 16,
            Event::IntervalDiffers { .. } => 17,
            _ => return true,
        };
        let before = self.0;
        self.0 |= 1 << kind;
        self.0 != before
    }
}
