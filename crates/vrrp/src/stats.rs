//! Counters of one instance (RFC 2787, RFC 6527; the original's statistics).
use crate::{Event, Reject};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use wire::Instant;

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
    /// `auth_hmac`: trailers that were missing.
    pub auth_ext_missing: u64,
    /// `auth_hmac`: trailers of another form.
    pub auth_ext_malformed: u64,
    /// `auth_hmac`: keys that we do not have.
    pub auth_ext_unknown_key: u64,
    /// `auth_hmac`: wrong MACs.
    pub auth_ext_invalid_hmac: u64,
    /// `auth_hmac`: trailers too old, or from the future.
    pub auth_ext_stale: u64,
    /// `auth_hmac`: trailers seen before.
    pub auth_ext_replay: u64,
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
            Reject::Password | Reject::AhIcv | Reject::AhSpi { .. } | Reject::AhReplay { .. } => {
                &mut self.auth_failure
            }
            Reject::HmacMissing => &mut self.auth_ext_missing,
            Reject::HmacMalformed => &mut self.auth_ext_malformed,
            Reject::HmacKey { .. } => &mut self.auth_ext_unknown_key,
            Reject::HmacWrong => &mut self.auth_ext_invalid_hmac,
            Reject::HmacStale => &mut self.auth_ext_stale,
            Reject::HmacReplay => &mut self.auth_ext_replay,
            Reject::Interval { .. } => &mut self.advert_interval_err,
            Reject::Type { .. } => &mut self.invalid_type_rcvd,
            Reject::Checksum { .. } => &mut self.checksum_err,
            Reject::Cast | Reject::NotPeer | Reject::PeerTtl { .. } => &mut self.addr_list_err,
            Reject::Vrid { .. } | Reject::Owner => return,
        };
        *counter += 1;
    }
}

/// How soon a kind of complaint may be told again although the master changed meanwhile: in a
/// flood from many sources it does so all the time.
const QUIET: Duration = Duration::from_secs(10);

/// Which kinds of complaint have been told since the master last changed, and when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    kinds: u32,
    /// Most never have anything to complain of.
    at: Option<Box<[Option<Instant>; 25]>>,
}

impl Told {
    /// Is this complaint the first of its kind? Marks it told.
    pub(crate) fn first(&mut self, now: Instant, event: &Event) -> bool {
        let kind: usize = match event {
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
                Reject::PeerTtl { .. } => 13,
                Reject::AhIcv => 14,
                Reject::AhSpi { .. } => 15,
                Reject::AhReplay { .. } => 18,
                Reject::HmacMissing => 19,
                Reject::HmacMalformed => 20,
                Reject::HmacStale => 21,
                Reject::HmacKey { .. } => 22,
                Reject::HmacWrong => 23,
                Reject::HmacReplay => 24,
            },
            Event::List { .. } => 16,
            Event::IntervalDiffers { .. } => 17,
            _ => return true,
        };
        let Some(last) = self.at.get_or_insert_default().get_mut(kind) else {
            return true;
        };
        let news = self.kinds & (1 << kind) == 0
            && last.is_none_or(|at| now.saturating_since(at) >= QUIET);
        if news {
            self.kinds |= 1 << kind;
            *last = Some(now);
        }
        news
    }

    /// The master changed: all complaints are new.
    pub(crate) fn forget(&mut self) {
        self.kinds = 0;
    }
}
