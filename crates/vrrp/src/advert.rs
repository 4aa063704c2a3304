//! Building adverts, and keeping what can be kept while nothing in them changes.
use crate::auth::Sequences;
use crate::effect::Outbox;
use crate::receive::number;
use crate::{Auth, Checksum, Destination, Effect, InstanceId, Params};
use core::time::Duration;
use std::net::IpAddr;
use std::sync::Arc;
use wire::trailer::Scope;
use wire::vrrp::{Cover, Repr, fill_checksum};
use wire::{Family, Priority, Version, ah, ipv4, trailer};

/// Adverts ready to send: one per destination.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adverts {
    priority: Option<Priority>,
    ready: Vec<Ready>,
    /// Identification of the last packet.
    ip_id: u16,
}

#[derive(Debug, Clone)]
struct Ready {
    to: Destination,
    address: IpAddr,
    message: Arc<[u8]>,
}

/// What one sending needs besides the adverts themselves.
pub(crate) struct Sending<'a> {
    pub(crate) id: InstanceId,
    pub(crate) params: &'a Params,
    pub(crate) sequences: &'a mut Sequences,
    pub(crate) from: IpAddr,
    pub(crate) priority: Priority,
    pub(crate) utc: Duration,
}

/// What proves an advert, the same for all destinations.
enum Proof {
    None,
    /// Follows the message. One signature does, as it does not cover the checksum, in which
    /// the destinations differ.
    Trailer([u8; trailer::LEN]),
    /// Sequence number of the authentication header that goes before.
    Ah(u32),
}

impl Adverts {
    /// Forgets what was built: parameters or source changed.
    pub(crate) fn forget(&mut self) {
        self.priority = None;
    }

    /// Queues one advert per destination and returns how many.
    pub(crate) fn send(&mut self, with: Sending<'_>, out: &mut Outbox) -> u64 {
        let Sending {
            id,
            params,
            from,
            priority,
            ..
        } = with;
        if self.priority != Some(priority) {
            self.ready = build(params, from, priority);
            self.priority = Some(priority);
        }
        let proof = with.proof(&self.ready);
        let with = Finish {
            params,
            from,
            proof,
        };
        let mut sent = 0;
        for ready in &self.ready {
            self.ip_id = self.ip_id.checked_add(1).unwrap_or(1);
            let (protocol, message) = with.payload(ready, self.ip_id);
            out.push(Effect::Send {
                id,
                from,
                to: ready.to,
                protocol,
                ip_id: self.ip_id,
                message,
            });
            sent += 1;
        }
        sent
    }
}

impl Sending<'_> {
    fn proof(self, ready: &[Ready]) -> Proof {
        match (&self.params.hmac, &self.params.auth) {
            (Some(hmac), _) => {
                let (version, vrid) = (number(self.params.version), self.params.vrid.get());
                let scope = Scope {
                    version,
                    vrid,
                    source: self.from,
                };
                let advert: &[u8] = ready.first().map_or(&[], |ready| &ready.message);
                let trailer = self.sequences.sign(hmac, self.utc, scope, advert);
                trailer.map_or(Proof::None, |trailer| Proof::Trailer(trailer.emit()))
            }
            (None, Auth::Ah(_)) => Proof::Ah(self.sequences.next_ah()),
            (None, _) => Proof::None,
        }
    }
}

/// What goes around the ready message.
struct Finish<'a> {
    params: &'a Params,
    from: IpAddr,
    proof: Proof,
}

impl Finish<'_> {
    /// What follows the IP header, with its protocol.
    fn payload(&self, ready: &Ready, ip_id: u16) -> (u8, Arc<[u8]>) {
        match (&self.proof, &self.params.auth, self.from, ready.address) {
            (Proof::Trailer(trailer), ..) => {
                (ipv4::PROTOCOL_VRRP, self.with_trailer(ready, trailer))
            }
            (Proof::Ah(sequence), Auth::Ah(key), IpAddr::V4(src), IpAddr::V4(dst)) => {
                let ip =
                    ipv4::Repr::advert(src, dst, u8::MAX, ip_id, ah::LEN + ready.message.len());
                let header = ah::emit(key.expose(), &ip, *sequence, &ready.message);
                (
                    ipv4::PROTOCOL_AH,
                    [&header, &*ready.message].concat().into(),
                )
            }
            _ => (ipv4::PROTOCOL_VRRP, Arc::clone(&ready.message)),
        }
    }

    /// IPv6 sums cover the trailer, as the kernel makes them; IPv4 sums do not.
    fn with_trailer(&self, ready: &Ready, trailer: &[u8]) -> Arc<[u8]> {
        let mut message = [&*ready.message, trailer].concat();
        if self.params.family == Family::V6 {
            fill_checksum(&mut message, cover(self.params, self.from, ready.address));
        }
        message.into()
    }
}

fn build(params: &Params, src: IpAddr, priority: Priority) -> Vec<Ready> {
    let repr = Repr {
        version: params.version,
        family: params.family,
        vrid: params.vrid,
        priority,
        interval: params.interval,
        auth: match params.auth {
            Auth::None => wire::vrrp::Auth::None,
            Auth::Pass(password) => wire::vrrp::Auth::Pass(password),
            Auth::Ah(_) => wire::vrrp::Auth::Ah,
        },
        addresses: params.addresses.clone(),
    };
    let ready = |to, address| Ready {
        to,
        address,
        message: repr.emit(cover(params, src, address)).into(),
    };
    if params.peers.is_empty() {
        return vec![ready(Destination::Group, params.group)];
    }
    params
        .peers
        .iter()
        .map(|peer| ready(Destination::Peer(peer.address), peer.address))
        .collect()
}

/// What the checksum of an advert from `src` to `dst` covers.
fn cover(params: &Params, src: IpAddr, dst: IpAddr) -> Cover {
    match (params.family, params.version, params.checksum) {
        (Family::V6, ..) => Cover::Pseudo { src, dst },
        (Family::V4, Version::V2, _) | (Family::V4, Version::V3, Checksum::AsV2) => Cover::Message,
        (Family::V4, Version::V3, Checksum::OldUnicast) => Cover::Pseudo {
            src,
            dst: params.group,
        },
        (Family::V4, Version::V3, Checksum::Standard | Checksum::NeverOld) => {
            Cover::Pseudo { src, dst }
        }
    }
}
