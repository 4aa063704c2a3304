//! The same for IPv6, where the kernel keeps the IP header and what matters of it comes beside
//! the message.
use super::{QUEUE, SLOT, TOS};
use crate::filter;
use crate::mmsg::BATCH;
use crate::sockopt;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, RecvMsg, SockaddrIn6, recvmsg, sendmsg,
};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Where the checksum is in a VRRP message.
const CHECKSUM_OFFSET: i32 = 6;

/// A message and what its IP header said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: Ipv6Addr,
    /// To whom.
    pub destination: Ipv6Addr,
    /// Hop limit on arrival.
    pub hop_limit: u8,
    /// What follows the IP header.
    pub message: &'a [u8],
}

/// Hears adverts to a multicast group on one interface.
#[derive(Debug)]
pub struct Receiver(Socket);

impl Receiver {
    /// Joins `group` on the interface of this name and index and hears IP protocol `protocol`
    /// there: nothing sent to another address, on another interface, or by this machine
    /// itself. Checksums are left to the reader, who counts the wrong ones.
    pub fn multicast(
        interface: &str,
        index: u32,
        protocol: u8,
        group: Ipv6Addr,
    ) -> io::Result<Self> {
        let socket = Self::deaf(interface, protocol)?;
        socket.join_multicast_v6(&group, index)?;
        socket.bind(&SocketAddrV6::new(group, 0, 0, index).into())?;
        socket.attach_filter(&filter::NOT_OUR_OWN)?;
        Ok(Receiver(socket))
    }

    /// Hears IP protocol `protocol` sent to `local`, an address of this machine, by unicast peers
    /// on the interface of this name and index.
    pub fn unicast(interface: &str, index: u32, protocol: u8, local: Ipv6Addr) -> io::Result<Self> {
        let socket = Self::deaf(interface, protocol)?;
        let scope = if local.is_unicast_link_local() {
            index
        } else {
            0
        };
        socket.bind(&SocketAddrV6::new(local, 0, 0, scope).into())?;
        socket.attach_filter(&filter::NOT_OUR_OWN)?;
        Ok(Receiver(socket))
    }

    /// Set up but for its address. The filter comes first: nothing foreign can slip in before
    /// the rest is set.
    fn deaf(interface: &str, protocol: u8) -> io::Result<Socket> {
        let socket = raw(protocol)?;
        socket.attach_filter(&filter::NOTHING)?;
        socket.set_multicast_all_v6(false)?;
        socket.set_recv_hoplimit_v6(true)?;
        sockopt::set(&socket, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, &1)?;
        sockopt::set_receive_buffer(&socket, QUEUE)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        Ok(socket)
    }

    /// Fills `batch` with the next messages; see [`Batch::datagrams`]. Returns whether more may
    /// be waiting.
    pub fn receive(&self, batch: &mut Batch) -> io::Result<bool> {
        batch.count = 0;
        for slot in &mut batch.slots {
            if !slot.receive(&self.0, &mut batch.control)? {
                return Ok(false);
            }
            batch.count += 1;
        }
        Ok(true)
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Room for messages, to be used again and again with all receivers.
#[derive(Debug)]
pub struct Batch {
    slots: Vec<Slot>,
    control: Vec<u8>,
    count: usize,
}

impl Batch {
    /// Room for 16 messages of the largest size.
    pub fn new() -> Self {
        let control = nix::cmsg_space!(libc::in6_pktinfo, libc::c_int);
        Batch {
            slots: (0..BATCH).map(|_| Slot::new()).collect(),
            control,
            count: 0,
        }
    }

    /// What the last call of [`Receiver::receive`] brought.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.slots
            .iter()
            .take(self.count)
            .filter_map(Slot::datagram)
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug)]
struct Slot {
    octets: Vec<u8>,
    length: usize,
    source: Option<Ipv6Addr>,
    destination: Option<Ipv6Addr>,
    hop_limit: Option<u8>,
}

impl Slot {
    fn new() -> Self {
        Slot {
            octets: vec![0; SLOT],
            length: 0,
            source: None,
            destination: None,
            hop_limit: None,
        }
    }

    /// `false` when nothing is waiting.
    fn receive(&mut self, socket: &Socket, control: &mut [u8]) -> io::Result<bool> {
        let mut parts = [IoSliceMut::new(&mut self.octets)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let got: RecvMsg<'_, '_, SockaddrIn6> = loop {
            match recvmsg(socket.as_raw_fd(), &mut parts, Some(control), flags) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(false),
                other => break other?,
            }
        };
        self.length = got.bytes;
        self.source = got.address.map(|address| address.ip());
        (self.destination, self.hop_limit) = (None, None);
        for message in got.cmsgs()? {
            match message {
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    self.destination = Some(info.ipi6_addr.s6_addr.into());
                }
                ControlMessageOwned::Ipv6HopLimit(limit) => self.hop_limit = limit.try_into().ok(),
                _ => {}
            }
        }
        Ok(true)
    }

    fn datagram(&self) -> Option<Datagram<'_>> {
        Some(Datagram {
            source: self.source?,
            destination: self.destination?,
            hop_limit: self.hop_limit?,
            message: self.octets.get(..self.length)?,
        })
    }
}

/// Sends messages by one interface; the kernel writes the IP header and the checksum.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    index: u32,
}

impl Sender {
    /// Opens it for IP protocol `protocol` on the interface of this name and index, with this hop
    /// limit for groups and peers. It never hears anything, and what it sends to a group
    /// does not come back to this machine.
    pub fn new(interface: &str, index: u32, protocol: u8, hop_limit: u8) -> io::Result<Self> {
        let socket = raw(protocol)?;
        socket.attach_filter(&filter::NOTHING)?;
        socket.set_recv_buffer_size(0)?;
        socket.set_multicast_all_v6(false)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        socket.set_multicast_if_v6(index)?;
        socket.set_multicast_loop_v6(false)?;
        socket.set_multicast_hops_v6(hop_limit.into())?;
        socket.set_unicast_hops_v6(hop_limit.into())?;
        socket.set_tclass_v6(TOS)?;
        sockopt::set(
            &socket,
            libc::IPPROTO_IPV6,
            libc::IPV6_CHECKSUM,
            &CHECKSUM_OFFSET,
        )?;
        Ok(Sender { socket, index })
    }

    /// Sends `message` from one of this machine's addresses to a group or a peer. Its checksum
    /// field is overwritten.
    ///
    /// # Errors
    /// `WouldBlock` when the queue is full, `EINVAL` when `from` is not (or not yet) an
    /// address of this machine, `ENETDOWN` …
    pub fn send(&self, message: &[u8], from: Ipv6Addr, to: Ipv6Addr) -> io::Result<()> {
        let source = libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr {
                s6_addr: from.octets(),
            },
            ipi6_ifindex: self.index,
        };
        let to = SockaddrIn6::from(SocketAddrV6::new(to, 0, 0, self.index));
        let control = [ControlMessage::Ipv6PacketInfo(&source)];
        let parts = [IoSlice::new(message)];
        let flags = MsgFlags::MSG_DONTWAIT;
        sendmsg(self.socket.as_raw_fd(), &parts, &control, flags, Some(&to))?;
        Ok(())
    }
}

fn raw(protocol: u8) -> io::Result<Socket> {
    let protocol = Protocol::from(i32::from(protocol));
    Socket::new(Domain::IPV6, Type::RAW.nonblocking(), Some(protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink;
    use crate::testing::{Wire, wait_for};
    use ledger::{AddressKey, AddressSpec};

    const GROUP: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
    const FROM: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x99);

    /// Gives the interface the address of `FROM`, at once usable.
    fn sender(link: &netlink::Link, hop_limit: u8) -> io::Result<Sender> {
        let key = AddressKey::new(link.index, "fe80::99/64".parse().unwrap());
        let nodad = AddressSpec {
            flags: 0x02,
            scope: 253,
            ..AddressSpec::default()
        };
        let _ = netlink::Socket::route()?.add_address(&key, &nodad);
        Sender::new(&link.name, link.index, 112, hop_limit)
    }

    /// Sum of 16-bit words with the pseudo-header of RFC 8200 section 8.1; 0xffff when right.
    fn checksum(message: &[u8]) -> u32 {
        let mut octets = [FROM.octets(), GROUP.octets()].concat();
        octets.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        octets.extend([0, 0, 0, 112]);
        octets.extend(message);
        let words = octets
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
        let sum: u32 = words.sum();
        (sum & 0xffff) + (sum >> 16)
    }

    #[test]
    fn adverts_arrive_with_what_their_header_said() {
        let wire = Wire::new();
        let receiver = wire.right(|link| {
            let receiver = Receiver::multicast(&link.name, link.index, 112, GROUP)?;
            let own = sender(link, 255)?;
            own.socket.set_multicast_loop_v6(true)?;
            own.send(&[0x31; 24], FROM, GROUP)?;
            Ok(receiver)
        });
        wire.left(|link| {
            sender(link, 255)?.send(&[0x31; 24], FROM, GROUP)?;
            sender(link, 9)?.send(&[0x32; 24], FROM, GROUP)
        });
        let mut batch = Batch::new();
        let mut got = Vec::new();
        while got.len() < 2 {
            wait_for(receiver.as_fd());
            assert!(!receiver.receive(&mut batch).unwrap());
            for one in batch.datagrams() {
                assert_eq!((one.source, one.destination), (FROM, GROUP));
                assert_eq!(checksum(one.message), 0xffff);
                got.push((one.hop_limit, one.message[0], one.message.len()));
            }
        }
        assert_eq!(got, [(255, 0x31, 24), (9, 0x32, 24)]);
    }

    #[test]
    fn a_foreign_source_address_is_refused() {
        let wire = Wire::new();
        wire.left(|link| {
            let sender = sender(link, 255)?;
            let why = sender
                .send(&[0x31; 24], "2001:db8::1".parse().unwrap(), GROUP)
                .unwrap_err();
            assert_eq!(why.raw_os_error(), Some(libc::EINVAL));
            Ok(())
        });
    }
}
