//! Datagrams from and to the kernel, and nobody else.
use super::error::Error;
use crate::sockopt;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, NetlinkAddr, bind, recvmsg};
use socket2::{Domain, Protocol, Type};
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Larger than any datagram the kernel builds (dumps come in 32 KiB).
const BUFFER: usize = 64 * 1024;
/// For notifications and acknowledgements that wait while we are busy.
const QUEUE: i32 = 4 * 1024 * 1024;

/// A non-blocking netlink socket and its buffer.
#[derive(Debug)]
pub(crate) struct Transport {
    socket: socket2::Socket,
    buffer: Vec<u8>,
}

impl Transport {
    /// A socket of the netlink family `protocol`.
    pub(crate) fn new(protocol: i32) -> io::Result<Self> {
        let family = Domain::from(libc::AF_NETLINK);
        let protocol = Protocol::from(protocol);
        let socket = socket2::Socket::new(family, Type::RAW.nonblocking(), Some(protocol))?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
        sockopt::set_receive_buffer(&socket, QUEUE)?;
        Ok(Transport {
            socket,
            buffer: vec![0; BUFFER],
        })
    }

    /// Sets an option of `SOL_NETLINK`.
    pub(crate) fn option(&self, name: i32, value: i32) -> io::Result<()> {
        sockopt::set(&self.socket, libc::SOL_NETLINK, name, &value)
    }

    /// Sends one datagram, which may hold several messages.
    pub(crate) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        self.socket.send(bytes).map(drop)
    }

    /// The next datagram; `None` when there is none now. What does not come from the kernel is
    /// dropped: any process may send to a netlink socket.
    ///
    /// # Errors
    /// `ENOBUFS` when datagrams were lost, be it in the queue or for their size.
    pub(crate) fn receive(&mut self) -> Result<Option<&[u8]>, Error> {
        loop {
            let mut parts = [IoSliceMut::new(&mut self.buffer)];
            let flags = MsgFlags::MSG_DONTWAIT;
            match recvmsg::<NetlinkAddr>(self.socket.as_raw_fd(), &mut parts, None, flags) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(why) => return Err(why.into()),
                Ok(got) if got.flags.contains(MsgFlags::MSG_TRUNC) => {
                    return Err(Errno::ENOBUFS.into());
                }
                Ok(got) => {
                    let (length, sender) = (got.bytes, got.address);
                    if sender.is_some_and(|address| address.pid() == 0) {
                        return Ok(self.buffer.get(..length));
                    }
                }
            }
        }
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
