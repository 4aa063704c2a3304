//! Raw sockets for adverts: one pair per interface and protocol.
//!
//! Receiving and sending are apart, as a socket that sends should not queue what it hears.
use crate::filter;
use crate::mmsg::{self, BATCH};
use crate::sockopt;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, BorrowedFd};

pub mod v6;

/// The largest advert that can come: 255 IPv6 addresses behind the longest IPv4 header.
const SLOT: usize = 60 + 8 + 255 * 16 + 8;
/// Some thousand adverts that wait while we are busy.
const QUEUE: i32 = 1024 * 1024;
/// Type of service of adverts, which also chooses the queue in the interface: CS6.
const TOS: u32 = 0xc0;

/// Hears adverts to a multicast group on one interface.
#[derive(Debug)]
pub struct Receiver(Socket);

impl Receiver {
    /// Joins `group` on the interface of this name and index and hears IP protocol `protocol`
    /// there (112 VRRP, 51 AH): nothing sent to another address, on another interface, or by
    /// this machine itself.
    ///
    /// # Errors
    /// `NotFound` (`ENODEV`) without the interface, `PermissionDenied` without `CAP_NET_RAW`.
    pub fn multicast_v4(
        interface: &str,
        index: u32,
        protocol: u8,
        group: Ipv4Addr,
    ) -> io::Result<Self> {
        let socket = raw_v4(protocol)?;
        // The filter comes first: nothing foreign can slip in before the rest is set.
        socket.attach_filter(&filter::NOTHING)?;
        socket.set_multicast_all_v4(false)?;
        sockopt::set_receive_buffer(&socket, QUEUE)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))?;
        socket.bind(&SocketAddrV4::new(group, 0).into())?;
        socket.attach_filter(&filter::NOT_OUR_OWN)?;
        Ok(Receiver(socket))
    }

    /// Hears IP protocol `protocol` sent to `local`, an address of this machine, by unicast peers;
    /// only on the interface of this name if there is one.
    pub fn unicast_v4(interface: Option<&str>, local: Ipv4Addr, protocol: u8) -> io::Result<Self> {
        let socket = raw_v4(protocol)?;
        socket.attach_filter(&filter::NOTHING)?;
        sockopt::set_receive_buffer(&socket, QUEUE)?;
        if let Some(interface) = interface {
            socket.bind_device(Some(interface.as_bytes()))?;
        }
        socket.bind(&SocketAddrV4::new(local, 0).into())?;
        socket.attach_filter(&filter::NOT_OUR_OWN)?;
        Ok(Receiver(socket))
    }

    /// Fills `batch` with the next packets, whole with their IP header; see [`Batch::packets`].
    /// Returns whether more may be waiting.
    pub fn receive(&self, batch: &mut Batch) -> io::Result<bool> {
        batch.count = 0;
        batch.count = mmsg::receive(self.0.as_fd(), &mut batch.slots, &mut batch.lengths)?;
        Ok(batch.count == BATCH)
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Room for packets, to be used again and again with all receivers.
#[derive(Debug)]
pub struct Batch {
    slots: [Vec<u8>; BATCH],
    lengths: [usize; BATCH],
    count: usize,
}

impl Batch {
    /// Room for 16 packets of the largest size.
    pub fn new() -> Self {
        Batch {
            slots: core::array::from_fn(|_| vec![0; SLOT]),
            lengths: [0; BATCH],
            count: 0,
        }
    }

    /// What the last call of [`Receiver::receive`] brought.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.slots.iter().zip(self.lengths);
        all.take(self.count)
            .filter_map(|(slot, length)| slot.get(..length))
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends packets that begin with their own IPv4 header by one interface.
#[derive(Debug)]
pub struct Sender(Socket);

impl Sender {
    /// Opens it for IP protocol `protocol` on the interface of this name and index. It never hears
    /// anything, and what it sends to a group does not come back to this machine.
    ///
    /// # Errors
    /// `NotFound` (`ENODEV`) without the interface, `PermissionDenied` without `CAP_NET_RAW`.
    pub fn v4(interface: &str, index: u32, protocol: u8) -> io::Result<Self> {
        let socket = raw_v4(protocol)?;
        socket.attach_filter(&filter::NOTHING)?;
        socket.set_recv_buffer_size(0)?;
        socket.set_multicast_all_v4(false)?;
        socket.set_header_included_v4(true)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        set_multicast_interface(&socket, index)?;
        socket.set_multicast_loop_v4(false)?;
        socket.set_tos_v4(TOS)?;
        Ok(Sender(socket))
    }

    /// Sends `packet`, IP header and all, to `to`: a group by this interface and no further, a
    /// peer by the routes of this interface. The kernel writes the header's total length and
    /// checksum, and the identification where it is 0.
    ///
    /// # Errors
    /// `WouldBlock` when the queue is full, `ENETDOWN`, `ENETUNREACH` …
    pub fn send(&self, packet: &[u8], to: Ipv4Addr) -> io::Result<()> {
        let route = if to.is_multicast() {
            libc::MSG_DONTROUTE
        } else {
            0
        };
        let to = SockAddr::from(SocketAddrV4::new(to, 0));
        self.0
            .send_to_with_flags(packet, &to, route | libc::MSG_DONTWAIT)
            .map(drop)
    }
}

fn raw_v4(protocol: u8) -> io::Result<Socket> {
    let protocol = Protocol::from(i32::from(protocol));
    Socket::new(Domain::IPV4, Type::RAW.nonblocking(), Some(protocol))
}

/// By index: an interface needs no address for it.
fn set_multicast_interface(socket: &Socket, index: u32) -> io::Result<()> {
    let none = libc::in_addr { s_addr: 0 };
    let index = i32::try_from(index).map_err(io::Error::other)?;
    let request = libc::ip_mreqn {
        imr_multiaddr: none,
        imr_address: none,
        imr_ifindex: index,
    };
    sockopt::set(socket, libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Wire, wait_for};

    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

    fn packet(to: Ipv4Addr, ttl: u8, payload: &[u8]) -> Vec<u8> {
        let from = Ipv4Addr::new(10, 0, 0, 1);
        let mut packet = vec![0x45, 0xc0, 0, 0, 0, 1, 0, 0, ttl, 112, 0, 0];
        packet.extend(from.octets());
        packet.extend(to.octets());
        packet.extend(payload);
        packet
    }

    fn receive(receiver: &Receiver, batch: &mut Batch) -> Vec<Vec<u8>> {
        wait_for(receiver.as_fd());
        receiver.receive(batch).unwrap();
        batch.packets().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn adverts_arrive_whole_whatever_is_wrong_with_them() {
        let wire = Wire::new();
        let receiver =
            wire.right(|link| Receiver::multicast_v4(&link.name, link.index, 112, GROUP));
        wire.left(|link| {
            let sender = Sender::v4(&link.name, link.index, 112)?;
            sender.send(&packet(GROUP, 255, b"advert"), GROUP)?;
            sender.send(&packet(GROUP, 1, b"junk"), GROUP)
        });
        let mut batch = Batch::new();
        let mut got = receive(&receiver, &mut batch);
        if got.len() == 1 {
            got.extend(receive(&receiver, &mut batch));
        }
        assert_eq!(got.len(), 2);
        assert_eq!(got[0][..2], [0x45, 0xc0]);
        assert_eq!(got[0][2..4], 26u16.to_be_bytes());
        assert_eq!((got[0][8], &got[0][20..]), (255, b"advert".as_slice()));
        assert_eq!((got[1][8], &got[1][20..]), (1, b"junk".as_slice()));
        assert!(!receiver.receive(&mut batch).unwrap());
        assert_eq!(batch.packets().count(), 0);
    }

    #[test]
    fn nothing_else_arrives() {
        let wire = Wire::new();
        let other = Ipv4Addr::new(224, 0, 0, 19);
        let receiver = wire.right(|link| {
            let receiver = Receiver::multicast_v4(&link.name, link.index, 112, GROUP)?;
            // By this machine itself, with and without the copy being made at all.
            let sender = Sender::v4(&link.name, link.index, 112)?;
            sender.send(&packet(GROUP, 255, b"own"), GROUP)?;
            sender.0.set_multicast_loop_v4(true)?;
            sender.send(&packet(GROUP, 255, b"own"), GROUP)?;
            Ok(receiver)
        });
        let peer = Ipv4Addr::new(10, 0, 0, 2);
        wire.left(|link| {
            let sender = Sender::v4(&link.name, link.index, 112)?;
            sender.send(&packet(other, 255, b"other group"), other)?;
            sender.send(&packet(peer, 255, b"unicast"), peer)?;
            sender.send(&packet(GROUP, 255, b"last"), GROUP)
        });
        let mut batch = Batch::new();
        let got = receive(&receiver, &mut batch);
        assert_eq!(got.len(), 1);
        assert_eq!(&got[0][20..], b"last");
    }

    #[test]
    fn a_unicast_receiver_hears_its_peers_and_no_group() {
        let wire = Wire::new();
        let local = Ipv4Addr::new(10, 0, 0, 2);
        let receiver = wire.right(|link| Receiver::unicast_v4(Some(&link.name), local, 112));
        wire.left(|link| {
            let sender = Sender::v4(&link.name, link.index, 112)?;
            sender.send(&packet(GROUP, 255, b"group"), GROUP)?;
            sender.send(&packet(local, 64, b"peer"), local)
        });
        let got = receive(&receiver, &mut Batch::new());
        assert_eq!(got.len(), 1);
        assert_eq!((got[0][8], &got[0][20..]), (64, b"peer".as_slice()));
    }

    #[test]
    fn a_flood_is_read_in_batches_and_wholly() {
        let wire = Wire::new();
        let receiver =
            wire.right(|link| Receiver::multicast_v4(&link.name, link.index, 112, GROUP));
        wire.left(|link| {
            let sender = Sender::v4(&link.name, link.index, 112)?;
            (0..100u8).try_for_each(|n| sender.send(&packet(GROUP, 255, &[n]), GROUP))
        });
        let mut batch = Batch::new();
        let mut got = Vec::new();
        while got.len() < 100 {
            got.extend(
                receive(&receiver, &mut batch)
                    .iter()
                    .map(|packet| packet[20]),
            );
        }
        assert_eq!(got, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_missing_interface_is_an_error() {
        let wire = Wire::new();
        wire.left(|_| {
            let why = Receiver::multicast_v4("nowhere", 99, 112, GROUP).unwrap_err();
            assert_eq!(why.raw_os_error(), Some(libc::ENODEV));
            assert!(Sender::v4("nowhere", 99, 112).is_err());
            Ok(())
        });
    }
}
