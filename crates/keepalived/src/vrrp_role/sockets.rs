//! The sockets of the vrrp process: a receiver and a sender per interface and group, one for
//! gratuitous ARP.
use super::announce::Announcement;
use linux::arp::ArpSocket;
use linux::reactor::Reactor;
use linux::vrrp_socket::{Batch, Receiver, Sender};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use vrrp::Received;
use wire::{arp, ipv4};

/// Receivers' tokens lie above those of everything else.
const FIRST_TOKEN: u64 = 1 << 32;
const TTL: u8 = 255;
/// Packets taken from one receiver in one turn: more than a frozen process finds waiting (its buffer is
/// smaller), and few enough that a flood cannot keep the loop from its deadlines.
const MAX_PER_TURN: usize = 8192;

/// A group to be heard on an interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) interface: String,
    pub(super) link: u32,
    pub(super) group: Ipv4Addr,
    /// 112, or 51 for adverts behind an authentication header.
    pub(super) protocol: u8,
}

/// What the machine decides of an advert's IP header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ip {
    pub(super) protocol: u8,
    pub(super) id: u16,
}

struct Pair {
    token: u64,
    receiver: Receiver,
    sender: Sender,
}

/// All of them.
pub(super) struct Sockets {
    pairs: BTreeMap<Wanted, Pair>,
    arp: ArpSocket,
    batch: Batch,
    next_token: u64,
}

impl Sockets {
    pub(super) fn new() -> io::Result<Sockets> {
        let (arp, batch) = (ArpSocket::new()?, Batch::new());
        Ok(Sockets {
            pairs: BTreeMap::new(),
            arp,
            batch,
            next_token: FIRST_TOKEN,
        })
    }

    /// Opens what is missing and closes what is not wanted any more; gives what went wrong.
    pub(super) fn ensure(
        &mut self,
        wanted: &BTreeSet<Wanted>,
        reactor: &mut Reactor,
    ) -> Vec<String> {
        let stale: Vec<Wanted> = self
            .pairs
            .keys()
            .filter(|key| !wanted.contains(*key))
            .cloned()
            .collect();
        for key in stale {
            if let Some(pair) = self.pairs.remove(&key) {
                let _ = reactor.remove(pair.receiver.as_fd());
            }
        }
        let mut troubles = Vec::new();
        for key in wanted {
            if !self.pairs.contains_key(key)
                && let Err(e) = self.open(key, reactor)
            {
                troubles.push(format!(
                    "Cannot open a VRRP socket on {}: {e}",
                    key.interface
                ));
            }
        }
        troubles
    }

    fn open(&mut self, key: &Wanted, reactor: &mut Reactor) -> io::Result<()> {
        let receiver = Receiver::multicast_v4(&key.interface, key.link, key.protocol, key.group)?;
        let sender = Sender::v4(&key.interface, key.link, key.protocol)?;
        let token = self.next_token;
        reactor.add(receiver.as_fd(), token)?;
        self.next_token += 1;
        self.pairs.insert(
            key.clone(),
            Pair {
                token,
                receiver,
                sender,
            },
        );
        Ok(())
    }

    /// Hands over what waits at the receiver with this token. Packets that are not even IPv4 are
    /// the kernel's to refuse, not ours to count.
    pub(super) fn receive(&mut self, token: u64, mut hear: impl FnMut(&Received<'_>)) {
        let Some((key, pair)) = self.pairs.iter().find(|(_, pair)| pair.token == token) else {
            return;
        };
        let mut taken = 0;
        while let Ok(more) = pair.receiver.receive(&mut self.batch) {
            for packet in self.batch.packets() {
                taken += 1;
                if let Ok(received) = Received::from_ipv4(key.link, packet) {
                    hear(&received);
                }
            }
            if !more || taken >= MAX_PER_TURN {
                return;
            }
        }
    }

    /// Sends a VRRP message behind its IP header.
    pub(super) fn send(
        &mut self,
        link: u32,
        from: IpAddr,
        to: IpAddr,
        ip: Ip,
        message: &[u8],
    ) -> io::Result<()> {
        let (IpAddr::V4(from), IpAddr::V4(to)) = (from, to) else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let pair = self.pairs.iter().find(|(key, _)| {
            key.link == link
                && key.protocol == ip.protocol
                && (key.group == to || !to.is_multicast())
        });
        let Some((_, pair)) = pair else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let header = ipv4::Repr::advert(from, to, TTL, ip.id, message.len());
        let header = ipv4::Repr {
            protocol: ip.protocol,
            ..header
        };
        let header = header.emit().ok_or(io::ErrorKind::InvalidInput)?;
        let mut packet = Vec::with_capacity(header.len() + message.len());
        packet.extend_from_slice(&header);
        packet.extend_from_slice(message);
        pair.sender.send(&packet, to)
    }

    /// Sends gratuitous ARP frames; what fails is handed to `failed`.
    pub(super) fn announce(&self, batch: &[Announcement], failed: impl FnMut(usize, io::Error)) {
        let frames: Vec<_> = batch
            .iter()
            .map(|one| arp::Repr::gratuitous(one.mac, one.address).emit())
            .collect();
        let frames: Vec<(u32, &[u8])> = batch
            .iter()
            .zip(&frames)
            .map(|(one, frame)| (one.link, frame.as_slice()))
            .collect();
        self.arp.send_all(&frames, failed);
    }
}
