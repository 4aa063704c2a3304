//! Adverts that no honest router sends.
use crate::lan::Node;
use crate::scenario::VIP;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use wire::vrrp::{Auth, Cover, Repr};
use wire::{AdvertInterval, Family, Priority, Version, Vrid, ipv4};

/// The multicast group of VRRP.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// An advert to be sent, still open to changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advert {
    /// Time to live of the IP packet.
    pub ttl: u8,
    /// The message behind the IP header.
    pub message: Vec<u8>,
}

impl Advert {
    /// One that fits the examples' `VI_1`: VRID 55, password 1111, one address, with this priority.
    pub fn good(priority: u8) -> Self {
        Self::with(priority, |_| ())
    }

    /// The same with a change made before the checksum is taken.
    pub fn with(priority: u8, change: impl FnOnce(&mut Repr)) -> Self {
        let mut repr = Repr {
            version: Version::V2,
            family: Family::V4,
            vrid: VRID,
            priority: Priority::new(priority),
            interval: AdvertInterval::DEFAULT,
            auth: Auth::Pass(*b"1111\0\0\0\0"),
            addresses: vec![IpAddr::V4(VIP)],
        };
        change(&mut repr);
        Self {
            ttl: 255,
            message: repr.emit(Cover::Message),
        }
    }

    /// Changes an octet of the message and makes the checksum right again.
    #[must_use]
    pub fn poke(mut self, at: usize, value: u8) -> Self {
        if let Some(octet) = self.message.get_mut(at) {
            *octet = value;
        }
        self.mend()
    }

    /// Cuts the message, or fills it with zeros, to this length, and makes the checksum right.
    #[must_use]
    pub fn resize(mut self, octets: usize) -> Self {
        self.message.resize(octets, 0);
        self.mend()
    }

    /// Sets the time to live.
    #[must_use]
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// Makes the checksum wrong.
    #[must_use]
    pub fn spoil(mut self) -> Self {
        if let Some(octet) = self.message.get_mut(6) {
            *octet ^= 0x55;
        }
        self
    }

    fn mend(mut self) -> Self {
        if let Some(field) = self.message.get_mut(6..8) {
            field.fill(0);
        }
        let sum = Cover::Message
            .sum(self.message.len())
            .with(&self.message)
            .finish();
        if let Some(field) = self.message.get_mut(6..8) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
        self
    }
}

const VRID: Vrid = Vrid::new(55).expect("in range");

/// Sends forged adverts from a node.
#[derive(Debug)]
pub struct Forger {
    socket: Socket,
    from: Ipv4Addr,
}

impl Forger {
    /// Opens a raw socket on the node.
    pub fn new(node: &Node) -> io::Result<Self> {
        let from = node.address.addr();
        let socket = node.space.run(move || {
            // IPPROTO_RAW: the IP header is ours too.
            let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(255)))?;
            socket.set_multicast_if_v4(&from)?;
            io::Result::Ok(socket)
        })??;
        Ok(Self { socket, from })
    }

    /// Sends one.
    pub fn send(&self, advert: &Advert) -> io::Result<()> {
        let header = ipv4::Repr::advert(self.from, GROUP, advert.ttl, 0, advert.message.len());
        let header = header
            .emit()
            .ok_or_else(|| io::Error::other("advert too long"))?;
        let packet = [header.as_slice(), &advert.message].concat();
        let to = SockAddr::from(SocketAddrV4::new(GROUP, 0));
        self.socket.send_to(&packet, &to).map(|_| ())
    }
}
