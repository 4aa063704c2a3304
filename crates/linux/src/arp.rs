//! Sending Ethernet frames: gratuitous ARP and unsolicited neighbour advertisements.
use crate::mmsg::{self, BATCH};
use socket2::{Domain, Socket, Type};
use std::io;
use std::os::fd::AsFd;

/// Sends frames by any interface of its namespace. It never hears anything.
#[derive(Debug)]
pub struct ArpSocket(Socket);

impl ArpSocket {
    /// Opens it in the calling thread's namespace; needs `CAP_NET_RAW`.
    pub fn new() -> io::Result<Self> {
        // Protocol 0: the socket is not hooked into the receive path at all.
        Ok(ArpSocket(Socket::new(
            Domain::PACKET,
            Type::RAW.nonblocking(),
            None,
        )?))
    }

    /// Sends one frame, Ethernet header and all, by the interface `index`.
    ///
    /// # Errors
    /// `WouldBlock` when the queue is full, `ENETDOWN` when the interface is down, `ENXIO` when
    /// it is gone.
    pub fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        mmsg::send(self.0.as_fd(), &[(link_address(index, frame), frame)]).map(drop)
    }

    /// Sends many frames, each by the interface before it, with few system calls. A frame that
    /// fails is handed to `failed` with its place, and the next ones are still tried.
    pub fn send_all(&self, frames: &[(u32, &[u8])], mut failed: impl FnMut(usize, io::Error)) {
        let mut done = 0;
        while let Some(rest) = frames.get(done..).filter(|rest| !rest.is_empty()) {
            let batch = rest.iter().take(BATCH);
            let batch: Vec<_> = batch
                .map(|(index, frame)| (link_address(*index, frame), *frame))
                .collect();
            match mmsg::send(self.0.as_fd(), &batch) {
                Ok(sent) => done += sent,
                Err(why) => {
                    failed(done, why);
                    done += 1;
                }
            }
        }
    }
}

/// With the frame's own ethertype, by which the kernel's filters and queues know it.
fn link_address(index: u32, frame: &[u8]) -> libc::sockaddr_ll {
    let ethertype = frame
        .get(12..14)
        .and_then(|octets| octets.first_chunk().copied());
    libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: u16::from_ne_bytes(ethertype.unwrap_or_default()),
        sll_ifindex: i32::try_from(index).unwrap_or_default(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Wire, wait_for};
    use socket2::Protocol;
    use std::mem::MaybeUninit;

    /// A broadcast frame of type ARP with `n` as its content.
    fn frame(n: u8) -> Vec<u8> {
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 0, 1, 8, 6]);
        frame.extend([n; 46]);
        frame
    }

    #[test]
    fn frames_arrive_as_they_are_and_one_bad_interface_stops_nothing() {
        let wire = Wire::new();
        let everything = i32::from(u16::try_from(libc::ETH_P_ARP).unwrap().to_be());
        let ear = wire.right(|_| {
            Socket::new(
                Domain::PACKET,
                Type::RAW.nonblocking(),
                Some(Protocol::from(everything)),
            )
        });
        wire.left(|link| {
            let socket = ArpSocket::new()?;
            let frames: Vec<_> = (0..40).map(frame).collect();
            let mut all: Vec<_> = frames.iter().map(|f| (link.index, f.as_slice())).collect();
            all.insert(20, (9999, &frames[0]));
            let mut failures = Vec::new();
            socket.send_all(&all, |place, why| {
                failures.push((place, why.raw_os_error()));
            });
            assert_eq!(failures, [(20, Some(libc::ENXIO))]);
            socket.send(link.index, &frame(40))?;
            assert!(socket.send(9999, &frame(40)).is_err());
            Ok(())
        });
        let mut seen = Vec::new();
        while seen.len() < 41 {
            wait_for(ear.as_fd());
            let mut buffer = [MaybeUninit::uninit(); 2048];
            let length = ear.recv(&mut buffer).unwrap();
            // SAFETY: the kernel has written that many octets.
            let octets: Vec<u8> = buffer[..length]
                .iter()
                .map(|o| unsafe { o.assume_init() })
                .collect();
            // The kernels' own address detection may be heard as well.
            if octets[6..12] == [2, 0, 0, 0, 0, 1] {
                assert_eq!(octets, frame(octets[14]));
                seen.push(octets[14]);
            }
        }
        assert_eq!(seen, (0..=40).collect::<Vec<_>>());
    }
}
