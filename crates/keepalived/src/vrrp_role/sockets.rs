//! The sockets of the vrrp process: what is heard where, what is sent by which interface, and one
//! for announcements.
use super::announce::Announcement;
use linux::arp::ArpSocket;
use linux::reactor::Reactor;
use linux::vrrp_socket::{self, v6};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, BorrowedFd};
use vrrp::Received;
use wire::{arp, ipv4, ndisc};

/// Receivers' tokens lie above those of everything else.
const FIRST_TOKEN: u64 = 1 << 32;
/// Packets taken from one receiver in one turn: more than a frozen process finds waiting (its
/// buffer is smaller), and few enough that a flood cannot keep the loop from its deadlines.
const MAX_PER_TURN: usize = 8192;

/// Something to be heard: a group on an interface, or an address of ours that peers send to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ear {
    pub(super) interface: String,
    pub(super) link: u32,
    pub(super) address: IpAddr,
    /// IP protocol: 112, or 51 with an authentication header.
    pub(super) protocol: u8,
}

/// A way to send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mouth {
    pub(super) interface: String,
    pub(super) link: u32,
    pub(super) v6: bool,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
}

/// An advert on its way: what follows the IP header, and what that header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) link: u32,
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
    /// Identification, IPv4 only.
    pub(super) ip_id: u16,
    pub(super) payload: &'a [u8],
}

enum Receiver {
    V4(vrrp_socket::Receiver),
    V6(v6::Receiver),
}

impl Receiver {
    fn open(ear: &Ear) -> io::Result<Receiver> {
        let (name, link, protocol) = (&*ear.interface, ear.link, ear.protocol);
        Ok(match ear.address {
            IpAddr::V4(group) if group.is_multicast() => Receiver::V4(
                vrrp_socket::Receiver::multicast_v4(name, link, protocol, group)?,
            ),
            IpAddr::V4(local) => Receiver::V4(vrrp_socket::Receiver::unicast_v4(
                Some(name),
                local,
                protocol,
            )?),
            IpAddr::V6(group) if group.is_multicast() => {
                Receiver::V6(v6::Receiver::multicast(name, link, protocol, group)?)
            }
            IpAddr::V6(local) => Receiver::V6(v6::Receiver::unicast(name, link, protocol, local)?),
        })
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Receiver::V4(receiver) => receiver.as_fd(),
            Receiver::V6(receiver) => receiver.as_fd(),
        }
    }
}

enum Sender {
    V4(vrrp_socket::Sender),
    V6(v6::Sender),
}

impl Sender {
    fn open(mouth: &Mouth) -> io::Result<Sender> {
        let (name, link, protocol) = (&*mouth.interface, mouth.link, mouth.protocol);
        Ok(if mouth.v6 {
            Sender::V6(v6::Sender::new(name, link, protocol, mouth.ttl)?)
        } else {
            Sender::V4(vrrp_socket::Sender::v4(name, link, protocol)?)
        })
    }

    fn send(&self, out: &Outgoing<'_>) -> io::Result<()> {
        match (self, out.from, out.to) {
            (Sender::V4(sender), IpAddr::V4(from), IpAddr::V4(to)) => {
                send_v4(sender, out, from, to)
            }
            (Sender::V6(sender), IpAddr::V6(from), IpAddr::V6(to)) => {
                sender.send(out.payload, from, to)
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

fn send_v4(
    sender: &vrrp_socket::Sender,
    out: &Outgoing<'_>,
    from: Ipv4Addr,
    to: Ipv4Addr,
) -> io::Result<()> {
    let header = ipv4::Repr {
        protocol: out.protocol,
        ..ipv4::Repr::advert(from, to, out.ttl, out.ip_id, out.payload.len())
    };
    let header = header.emit().ok_or(io::ErrorKind::InvalidInput)?;
    let mut packet = Vec::with_capacity(header.len() + out.payload.len());
    packet.extend_from_slice(&header);
    packet.extend_from_slice(out.payload);
    sender.send(&packet, to)
}

/// All of them.
pub(super) struct Sockets {
    ears: BTreeMap<Ear, (u64, Receiver)>,
    by_token: BTreeMap<u64, Ear>,
    mouths: BTreeMap<Mouth, Sender>,
    frames: ArpSocket,
    batch: vrrp_socket::Batch,
    batch_v6: v6::Batch,
    next_token: u64,
}

impl Sockets {
    pub(super) fn new() -> io::Result<Sockets> {
        Ok(Sockets {
            ears: BTreeMap::new(),
            by_token: BTreeMap::new(),
            mouths: BTreeMap::new(),
            frames: ArpSocket::new()?,
            batch: vrrp_socket::Batch::new(),
            batch_v6: v6::Batch::new(),
            next_token: FIRST_TOKEN,
        })
    }

    /// Opens what is missing and closes what is not wanted any more; gives what went wrong.
    pub(super) fn ensure(
        &mut self,
        ears: &BTreeSet<Ear>,
        mouths: &BTreeSet<Mouth>,
        reactor: &mut Reactor,
    ) -> Vec<String> {
        self.close_others(ears, mouths, reactor);
        let mut troubles = Vec::new();
        for ear in ears
            .iter()
            .filter(|ear| !self.ears.contains_key(*ear))
            .cloned()
            .collect::<Vec<_>>()
        {
            if let Err(e) = self.listen(&ear, reactor) {
                troubles.push(format!(
                    "Cannot listen to {} on {}: {e}",
                    ear.address, ear.interface
                ));
            }
        }
        for mouth in mouths {
            if !self.mouths.contains_key(mouth) {
                match Sender::open(mouth) {
                    Ok(sender) => drop(self.mouths.insert(mouth.clone(), sender)),
                    Err(e) => troubles.push(format!(
                        "Cannot open a VRRP socket on {}: {e}",
                        mouth.interface
                    )),
                }
            }
        }
        troubles
    }

    fn close_others(
        &mut self,
        ears: &BTreeSet<Ear>,
        mouths: &BTreeSet<Mouth>,
        reactor: &mut Reactor,
    ) {
        self.mouths.retain(|mouth, _| mouths.contains(mouth));
        self.ears.retain(|ear, (_, receiver)| {
            let wanted = ears.contains(ear);
            if !wanted {
                let _ = reactor.remove(receiver.as_fd());
            }
            wanted
        });
        self.by_token.retain(|_, ear| ears.contains(ear));
    }

    fn listen(&mut self, ear: &Ear, reactor: &mut Reactor) -> io::Result<()> {
        let receiver = Receiver::open(ear)?;
        let token = self.next_token;
        reactor.add(receiver.as_fd(), token)?;
        self.next_token += 1;
        self.by_token.insert(token, ear.clone());
        self.ears.insert(ear.clone(), (token, receiver));
        Ok(())
    }

    /// Hands over what waits at the receiver with this token. Packets that are not even IP are
    /// the kernel's to refuse, not ours to count.
    pub(super) fn receive(&mut self, token: u64, mut hear: impl FnMut(&Received<'_>)) {
        let Some(ear) = self.by_token.get(&token) else {
            return;
        };
        match self.ears.get(ear) {
            Some((_, Receiver::V4(receiver))) => {
                receive_v4(receiver, &mut self.batch, ear.link, &mut hear);
            }
            Some((_, Receiver::V6(receiver))) => {
                receive_v6(receiver, &mut self.batch_v6, ear.link, &mut hear);
            }
            None => {}
        }
    }

    /// What is heard, for the dump.
    pub(super) fn shown(&self) -> Vec<report::data::Socket> {
        let one = |ear: &Ear| report::data::Socket {
            interface: ear.interface.clone(),
            family: if ear.address.is_ipv4() {
                "IPv4"
            } else {
                "IPv6"
            },
            protocol: if ear.protocol == wire::ipv4::PROTOCOL_AH {
                "AH"
            } else {
                "VRRP"
            },
            unicast: Some(ear.address).filter(|address| !address.is_multicast()),
        };
        self.ears.keys().map(one).collect()
    }

    /// Sends an advert.
    pub(super) fn send(&self, out: &Outgoing<'_>) -> io::Result<()> {
        let fits = |mouth: &&Mouth| {
            mouth.link == out.link
                && mouth.v6 == out.to.is_ipv6()
                && mouth.protocol == out.protocol
                && mouth.ttl == out.ttl
        };
        let mouth = self
            .mouths
            .keys()
            .find(fits)
            .ok_or(io::ErrorKind::NotConnected)?;
        self.mouths
            .get(mouth)
            .ok_or(io::ErrorKind::NotConnected)?
            .send(out)
    }

    /// Sends gratuitous ARP and unsolicited neighbour advertisements; what fails is handed to
    /// `failed`.
    pub(super) fn announce(&self, batch: &[Announcement], failed: impl FnMut(usize, io::Error)) {
        let frames: Vec<Vec<u8>> = batch.iter().map(frame).collect();
        let frames: Vec<(u32, &[u8])> = batch
            .iter()
            .zip(&frames)
            .map(|(one, frame)| (one.link, frame.as_slice()))
            .collect();
        self.frames.send_all(&frames, failed);
    }
}

fn receive_v4(
    receiver: &vrrp_socket::Receiver,
    batch: &mut vrrp_socket::Batch,
    link: u32,
    hear: &mut impl FnMut(&Received<'_>),
) {
    let mut taken = 0;
    while let Ok(more) = receiver.receive(batch) {
        for packet in batch.packets() {
            taken += 1;
            if let Ok(received) = Received::from_ipv4(link, packet) {
                hear(&received);
            }
        }
        if !more || taken >= MAX_PER_TURN {
            return;
        }
    }
}

fn receive_v6(
    receiver: &v6::Receiver,
    batch: &mut v6::Batch,
    link: u32,
    hear: &mut impl FnMut(&Received<'_>),
) {
    let mut taken = 0;
    while let Ok(more) = receiver.receive(batch) {
        for datagram in batch.datagrams() {
            taken += 1;
            hear(&Received {
                ifindex: link,
                source: datagram.source.into(),
                destination: datagram.destination.into(),
                ttl: datagram.hop_limit,
                ipv4: None,
                payload: datagram.message,
            });
        }
        if !more || taken >= MAX_PER_TURN {
            return;
        }
    }
}

fn frame(one: &Announcement) -> Vec<u8> {
    match one.address {
        IpAddr::V4(address) => arp::Repr::gratuitous(one.mac, address).emit().to_vec(),
        IpAddr::V6(address) => ndisc::Repr {
            mac: one.mac,
            address,
            router: one.router,
        }
        .emit()
        .to_vec(),
    }
}

/// Whether the kernel forwards IPv6 packets that come in by this interface: neighbour
/// advertisements have to say so.
pub(super) fn is_router(interface: &str) -> bool {
    let path = format!("/proc/sys/net/ipv6/conf/{interface}/forwarding");
    std::fs::read_to_string(path).is_ok_and(|text| text.trim() != "0")
}
