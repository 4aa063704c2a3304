//! Building adverts, and keeping them while nothing in them changes.
use crate::effect::Outbox;
use crate::{Auth, Checksum, Destination, Effect, InstanceId, Params};
use std::net::IpAddr;
use std::sync::Arc;
use wire::vrrp::{Cover, Repr};
use wire::{Family, Priority, Version};

/// Adverts ready to send: one per destination.
#[derive(Debug, Default)]
pub(crate) struct Adverts {
    priority: Option<Priority>,
    ready: Vec<(Destination, Arc<[u8]>)>,
}

impl Adverts {
    /// Forgets what was built: parameters or source changed.
    pub(crate) fn forget(&mut self) {
        self.priority = None;
    }

    /// Queues one advert per destination and returns how many.
    pub(crate) fn send(
        &mut self,
        id: InstanceId,
        params: &Params,
        from: IpAddr,
        priority: Priority,
        out: &mut Outbox,
    ) -> u64 {
        if self.priority != Some(priority) {
            self.ready = build(params, from, priority);
            self.priority = Some(priority);
        }
        let mut sent = 0;
        for (to, message) in &self.ready {
            out.push(Effect::Send {
                id,
                from,
                to: *to,
                message: Arc::clone(message),
            });
            sent += 1;
        }
        sent
    }
}

fn build(params: &Params, src: IpAddr, priority: Priority) -> Vec<(Destination, Arc<[u8]>)> {
    let repr = Repr {
        version: params.version,
        family: params.family,
        vrid: params.vrid,
        priority,
        interval: params.interval,
        auth: match params.auth {
            Auth::None => wire::vrrp::Auth::None,
            Auth::Pass(password) => wire::vrrp::Auth::Pass(password),
        },
        addresses: params.addresses.clone(),
    };
    let message = |dst| Arc::from(repr.emit(cover(params, src, dst)));
    if params.peers.is_empty() {
        return vec![(Destination::Group, message(params.group))];
    }
    let peers = params.peers.iter();
    peers
        .map(|peer| (Destination::Peer(peer.address), message(peer.address)))
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
