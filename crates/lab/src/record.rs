//! Packets on the bridge: one socket hears what every node sends, stamped by the kernel.
use crate::space::Space;
use crate::timeline::{Event, Stamp, Timeline, What, now};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType,
    recvmsg, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{SockFilter, SockRef};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use wire::vrrp::Packet;
use wire::{MacAddr, ah, arp, ipv4, ndisc};

/// A frame as it crossed the cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// All octets from the destination hardware address on.
    pub bytes: Vec<u8>,
    /// What it carries, as far as anybody here asks.
    pub content: Content,
}

/// What a recorded frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A VRRP message in IPv4 or IPv6; the fields tests look at.
    Advert {
        /// Source of the IP packet.
        from: IpAddr,
        /// Virtual router.
        vrid: u8,
        /// Priority; 0 when the sender leaves.
        priority: u8,
    },
    /// An ARP message.
    Arp {
        /// Sender hardware address.
        mac: MacAddr,
        /// Sender protocol address.
        sender: Ipv4Addr,
        /// Target protocol address.
        target: Ipv4Addr,
    },
    /// An unsolicited neighbour advertisement.
    Neighbour {
        /// Where the address is.
        mac: MacAddr,
        /// The address.
        address: Ipv6Addr,
    },
}

impl Frame {
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let content = match bytes.get(12..14)? {
            [8, 0] => advert(bytes.get(14..)?)?,
            [8, 6] => arp(bytes)?,
            [0x86, 0xdd] => advert_v6(bytes.get(14..)?).or_else(|| neighbour(bytes))?,
            _ => return None,
        };
        Some(Self {
            bytes: bytes.to_vec(),
            content,
        })
    }

    /// The address, when this is a gratuitous ARP: to everybody. A kernel that still has the address
    /// answers one by a reply that looks alike, to the sender alone.
    pub fn gratuitous(&self) -> Option<Ipv4Addr> {
        let to_all = self.bytes.starts_with(&MacAddr::BROADCAST.0);
        match self.content {
            Content::Arp { sender, target, .. } if to_all && sender == target => Some(sender),
            _ => None,
        }
    }

    /// VRID and priority of an advert.
    pub fn advert(&self) -> Option<(u8, u8)> {
        match self.content {
            Content::Advert { vrid, priority, .. } => Some((vrid, priority)),
            Content::Arp { .. } | Content::Neighbour { .. } => None,
        }
    }

    /// Where an advert comes from.
    pub fn source(&self) -> Option<IpAddr> {
        match self.content {
            Content::Advert { from, .. } => Some(from),
            Content::Arp { .. } | Content::Neighbour { .. } => None,
        }
    }

    /// The IPv6 address that an unsolicited neighbour advertisement is about.
    pub fn neighbour(&self) -> Option<Ipv6Addr> {
        match self.content {
            Content::Neighbour { address, .. } => Some(address),
            Content::Arp { .. } | Content::Advert { .. } => None,
        }
    }

    /// The octets with the IP identification and header checksum set to zero: what has to be
    /// equal between two senders that differ in nothing but how many packets they sent before.
    pub fn without_ip_id(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if let Content::Advert { .. } = self.content {
            for at in [18, 19, 24, 25] {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = 0;
                }
            }
        }
        bytes
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content {
            Content::Advert {
                from,
                vrid,
                priority,
            } => write!(f, "advert from {from}, VRID {vrid}, priority {priority}"),
            Content::Arp {
                mac,
                sender,
                target,
            } if self.gratuitous() == Some(target) => {
                write!(f, "gratuitous ARP: {sender} is at {mac}")
            }
            Content::Arp { sender, target, .. } => write!(f, "ARP {sender} -> {target}"),
            Content::Neighbour { mac, address } => {
                write!(f, "neighbour advertisement: {address} is at {mac}")
            }
        }
    }
}

fn advert(packet: &[u8]) -> Option<Content> {
    let (header, payload) = ipv4::Repr::parse(packet).ok()?;
    let message = match header.protocol {
        ipv4::PROTOCOL_VRRP => payload,
        ipv4::PROTOCOL_AH => ah::message(payload)?,
        _ => return None,
    };
    content(header.src.into(), message)
}

fn advert_v6(packet: &[u8]) -> Option<Content> {
    const HEADER: usize = 40;
    let source: [u8; 16] = packet.get(8..24)?.try_into().ok()?;
    let is_vrrp = packet.get(6) == Some(&ipv4::PROTOCOL_VRRP);
    content(source.into(), packet.get(HEADER..).filter(|_| is_vrrp)?)
}

fn content(from: IpAddr, message: &[u8]) -> Option<Content> {
    let message = Packet::new(message).ok()?;
    Some(Content::Advert {
        from,
        vrid: message.vrid(),
        priority: message.priority().get(),
    })
}

fn neighbour(frame: &[u8]) -> Option<Content> {
    let ndisc::Repr { mac, address, .. } = ndisc::Repr::parse(frame)?;
    Some(Content::Neighbour { mac, address })
}

fn arp(frame: &[u8]) -> Option<Content> {
    let arp = arp::Repr::parse(frame).ok()?;
    Some(Content::Arp {
        mac: arp.sender_mac,
        sender: arp.sender,
        target: arp.target,
    })
}

/// Which node hangs on which port of the bridge, by the port's interface index.
pub(crate) type Ports = Arc<Mutex<HashMap<usize, String>>>;

/// A running recorder; it ends with this value.
#[derive(Debug)]
pub(crate) struct Recorder(Arc<AtomicBool>);

impl Drop for Recorder {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Starts recording in the bridge's namespace.
pub(crate) fn start(switch: &Space, ports: Ports, timeline: Timeline) -> io::Result<Recorder> {
    let socket = switch.run(listen)??;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    thread::Builder::new()
        .name("record".into())
        .spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let Ok(Some((port, at, bytes))) = receive(&socket) else {
                    continue;
                };
                let node = ports
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .get(&port)
                    .cloned();
                if let (Some(node), Some(frame)) = (node, Frame::parse(&bytes)) {
                    timeline.push(Event {
                        at,
                        node,
                        what: What::Frame(frame),
                    });
                }
            }
        })?;
    Ok(Recorder(stop))
}

pub(crate) fn listen() -> io::Result<OwnedFd> {
    let all = SockProtocol::EthAll;
    let fd = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        all,
    )?;
    // A flood must not push the frames that matter out of the buffer; without privileges in the
    // first user namespace the ordinary limit has to do.
    let _ = setsockopt(&fd, sockopt::RcvBufForce, &(64 << 20));
    setsockopt(&fd, sockopt::ReceiveTimestampns, &true)?;
    SockRef::from(&fd).attach_filter(&filter())?;
    // So that the reader looks now and then whether it is still wanted.
    SockRef::from(&fd).set_read_timeout(Some(Duration::from_millis(200)))?;
    Ok(fd)
}

/// Accepts ARP, IPv4 carrying protocol 112 (VRRP) or 51 (AH), and IPv6 carrying 112 or 58 (ICMP).
fn filter() -> [SockFilter; 12] {
    let (load_half, load_byte, jump_equal, give) = (0x28, 0x30, 0x15, 0x06);
    [
        SockFilter::new(load_half, 0, 0, 12),
        SockFilter::new(jump_equal, 8, 0, 0x0806),
        SockFilter::new(jump_equal, 1, 0, 0x0800),
        SockFilter::new(jump_equal, 3, 7, 0x86dd),
        SockFilter::new(load_byte, 0, 0, 23),
        SockFilter::new(jump_equal, 4, 0, 112),
        SockFilter::new(jump_equal, 3, 4, 51),
        SockFilter::new(load_byte, 0, 0, 20),
        SockFilter::new(jump_equal, 1, 0, 112),
        SockFilter::new(jump_equal, 0, 1, 58),
        SockFilter::new(give, 0, 0, 0xffff),
        SockFilter::new(give, 0, 0, 0),
    ]
}

/// `None` for what the bridge itself sends out: it was seen coming in already.
pub(crate) fn receive(fd: &OwnedFd) -> io::Result<Option<(usize, Stamp, Vec<u8>)>> {
    const OUTGOING: u8 = 4;
    let mut buffer = vec![0; 2048];
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(&mut buffer)];
    let message = recvmsg::<LinkAddr>(
        fd.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::empty(),
    )?;
    let stamp = message.cmsgs()?.find_map(|c| match c {
        ControlMessageOwned::ScmTimestampns(t) => Some(t),
        _ => None,
    });
    let at = stamp.map_or_else(now, |t| nanos(&t));
    let (link, length) = (message.address, message.bytes);
    let Some(link) = link.filter(|l| l.pkttype() != OUTGOING) else {
        return Ok(None);
    };
    buffer.truncate(length);
    Ok(Some((link.ifindex(), at, buffer)))
}

fn nanos(time: &TimeSpec) -> Stamp {
    let whole = u64::try_from(time.tv_sec()).unwrap_or_default();
    whole * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_apart() {
        let mut arp = vec![0xff; 6];
        arp.extend([
            2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 20, 0, 249,
        ]);
        arp.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 10, 20, 0, 249]);
        let frame = Frame::parse(&arp).unwrap();
        assert_eq!(frame.gratuitous(), Some(Ipv4Addr::new(10, 20, 0, 249)));
        assert_eq!(
            frame.to_string(),
            "gratuitous ARP: 10.20.0.249 is at 02:00:00:00:00:01"
        );

        let mut reply = arp.clone();
        reply[..6].copy_from_slice(&[2, 0, 0, 0, 0, 7]);
        assert_eq!(Frame::parse(&reply).unwrap().gratuitous(), None);

        let mut vrrp = vec![1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 0, 1, 8, 0];
        vrrp.extend([
            0x45, 0xc0, 0, 40, 0, 7, 0, 0, 255, 112, 9, 9, 10, 20, 0, 1, 224, 0, 0, 18,
        ]);
        vrrp.extend([
            0x21, 55, 150, 1, 1, 1, 0, 0, 10, 20, 0, 249, 0, 0, 0, 0, 0, 0, 0, 0,
        ]);
        let frame = Frame::parse(&vrrp).unwrap();
        assert_eq!(frame.advert(), Some((55, 150)));
        assert_eq!(frame.without_ip_id()[18..26], [0, 0, 0, 0, 255, 112, 0, 0]);
        for short in 0..vrrp.len().min(37) {
            assert_eq!(Frame::parse(&vrrp[..short]), None);
        }
    }
}
