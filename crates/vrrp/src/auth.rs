//! Proving that an advert is ours, and asking the same of others.
//!
//! Sequence numbers live here: they outlast states, since a replay is one in every state.
use crate::params::{Auth, Hmac, HmacMode, Replay};
use crate::{Params, Received, Reject};
use core::time::Duration;
use std::net::IpAddr;
use wire::trailer::{Scope, Sequence, Trailer};
use wire::vrrp::{AUTH_LEN, Packet, auth_type};
use wire::{ah, ipv4, secret};

/// Multicast senders whose sequence is remembered.
const SOURCES: usize = 4;

/// The sequence numbers of one instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequences {
    /// AH: the highest sent or accepted; one counter for both, as the original has it.
    ah: u32,
    /// `auth_hmac`: the last one sent.
    sent: Option<Sequence>,
    /// `auth_hmac`: the last accepted by source, the most recent source first.
    seen: Vec<(IpAddr, Sequence)>,
}

impl Sequences {
    /// The AH sequence number of the next advert; it stays at its end rather than wrap, which
    /// receivers would take for a replay.
    pub(crate) fn next_ah(&mut self) -> u32 {
        self.ah = self.ah.saturating_add(1);
        self.ah
    }

    /// On becoming master a counter at its end begins anew.
    pub(crate) fn restart_ah(&mut self) {
        if self.ah == u32::MAX {
            self.ah = 0;
        }
    }

    /// The trailer for the next advert; `None` when the mode does not sign.
    pub(crate) fn sign(
        &mut self,
        hmac: &Hmac,
        utc: Duration,
        scope: Scope,
        advert: &[u8],
    ) -> Option<Trailer> {
        if hmac.mode == HmacMode::ReceiveOnly {
            return None;
        }
        let (key, secret) = hmac.keys.iter().find(|(key, _)| *key == hmac.active)?;
        let sequence = self.next_sent(hmac.replay, utc);
        self.sent = Some(sequence);
        Some(Trailer::sign(
            secret.expose(),
            *key,
            sequence,
            scope,
            advert,
        ))
    }

    /// Never goes back, but for a clock that was set back by more than receivers accept anyway.
    fn next_sent(&self, replay: Replay, utc: Duration) -> Sequence {
        let clock = Sequence::at(utc);
        match (self.sent, replay) {
            (Some(last), Replay::Time { window }) if clock.apart(last) > seconds(window) => clock,
            (Some(last), _) if !clock.after(last) => last.next(),
            _ => clock,
        }
    }

    /// Is the advert authentic, and new? Returns the reason if not.
    pub(crate) fn check(
        &mut self,
        params: &Params,
        rx: &Received<'_>,
        packet: Packet<'_>,
        utc: Duration,
    ) -> Result<(), Reject> {
        if let Some(hmac) = &params.hmac {
            return self.check_hmac(hmac, params, rx, packet, utc);
        }
        if params.version == wire::Version::V3 {
            return Ok(());
        }
        let (got, want) = (packet.auth_type(), params.auth.kind());
        match &params.auth {
            _ if got > auth_type::AH => Err(Reject::AuthUnknown { got }),
            _ if got != want => Err(Reject::AuthType { got, want }),
            Auth::None => Ok(()),
            Auth::Pass(password) => {
                // The last octets, as the original: behind padding there is no password.
                let data = rx.payload.last_chunk::<AUTH_LEN>();
                if data.is_some_and(|data| secret::same(password, data)) {
                    Ok(())
                } else {
                    Err(Reject::Password)
                }
            }
            Auth::Ah(key) => self.check_ah(key.expose(), rx),
        }
    }

    fn check_ah(&mut self, key: &[u8], rx: &Received<'_>) -> Result<(), Reject> {
        let missing = Reject::AuthType {
            got: auth_type::NONE,
            want: auth_type::AH,
        };
        let ip = rx
            .ipv4
            .filter(|ip| ip.protocol == ipv4::PROTOCOL_AH)
            .ok_or(missing)?;
        let (sequence, _) = ah::verify(key, &ip, rx.payload).map_err(|why| match why {
            ah::Refused::Spi { got, want } => Reject::AhSpi { got, want },
            ah::Refused::Icv | ah::Refused::Length { .. } => Reject::AhIcv,
        })?;
        if sequence <= self.ah {
            return Err(Reject::AhReplay {
                got: sequence,
                last: self.ah,
            });
        }
        self.ah = sequence;
        Ok(())
    }

    /// Form, freshness, key, MAC, replay, in this order.
    fn check_hmac(
        &mut self,
        hmac: &Hmac,
        params: &Params,
        rx: &Received<'_>,
        packet: Packet<'_>,
        utc: Duration,
    ) -> Result<(), Reject> {
        let octets = packet.rest(params.version, params.family);
        if octets.is_empty() {
            return if hmac.mode == HmacMode::Enforce {
                Err(Reject::HmacMissing)
            } else {
                Ok(())
            };
        }
        let trailer = Trailer::parse(octets).map_err(|_| Reject::HmacMalformed)?;
        if let Replay::Time { window } = hmac.replay
            && trailer.sequence.apart(Sequence::at(utc)) > seconds(window)
        {
            return Err(Reject::HmacStale);
        }
        let key = hmac.keys.iter().find(|(key, _)| *key == trailer.key);
        let (_, secret) = key.ok_or(Reject::HmacKey { got: trailer.key })?;
        let scope = Scope {
            version: packet.version(),
            vrid: packet.vrid(),
            source: rx.source,
        };
        let advert = packet.octets() - octets.len();
        if !trailer.verify(
            secret.expose(),
            scope,
            rx.message().get(..advert).unwrap_or_default(),
        ) {
            return Err(Reject::HmacWrong);
        }
        if self.remember(rx.source, trailer.sequence, params) {
            Ok(())
        } else {
            Err(Reject::HmacReplay)
        }
    }

    /// Takes a sequence number in; false when it is not after the last one of its source. All
    /// peers are remembered, of others the last few.
    fn remember(&mut self, source: IpAddr, sequence: Sequence, params: &Params) -> bool {
        let before = self.seen.iter().position(|(other, _)| *other == source);
        if let Some((_, last)) = before.and_then(|at| self.seen.get(at))
            && !sequence.after(*last)
        {
            return false;
        }
        if let Some(at) = before {
            self.seen.remove(at);
        }
        self.seen.insert(0, (source, sequence));
        self.seen.truncate(SOURCES.max(params.peers.len()));
        true
    }
}

fn seconds(window: Duration) -> u32 {
    u32::try_from(window.as_secs()).unwrap_or(u32::MAX)
}
