//! A message channel between two processes: `SOCK_SEQPACKET`, non-blocking, with descriptors.
//!
//! Message boundaries are kept and the other side's end is seen; a full queue refuses instead of
//! waiting, so a timing loop can use it.
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Largest message; longer content travels as a descriptor.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Most descriptors in one message.
const MAX_FDS: usize = 4;

/// One end of a channel.
#[derive(Debug)]
pub struct Channel(OwnedFd);

impl Channel {
    /// Two connected ends, close-on-exec.
    pub fn pair() -> io::Result<(Channel, Channel)> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let (a, b) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        Ok((Channel(a), Channel(b)))
    }

    /// The end that a parent process left open under this number.
    ///
    /// Refuses a number that is not a socket of this kind. Takes the descriptor over: call it
    /// once, at the start of the process.
    pub fn inherited(number: RawFd) -> io::Result<Channel> {
        // SAFETY: F_GETFD only looks; a number that is not open gives an error.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the number is open (checked above) and, being handed over by the parent for
        // this purpose at start-up, has no other owner in this process.
        let fd = unsafe { OwnedFd::from_raw_fd(number) };
        let kind = nix::sys::socket::getsockopt(&fd, nix::sys::socket::sockopt::SockType)?;
        if kind != SockType::SeqPacket {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a SEQPACKET socket",
            ));
        }
        let channel = Channel(fd);
        channel.keep_over_exec(false)?;
        Ok(channel)
    }

    /// Whether the descriptor stays open in a program that this process starts.
    pub fn keep_over_exec(&self, keep: bool) -> io::Result<()> {
        use nix::fcntl::{FcntlArg, FdFlag, fcntl};
        let flag = if keep {
            FdFlag::empty()
        } else {
            FdFlag::FD_CLOEXEC
        };
        fcntl(&self.0, FcntlArg::F_SETFD(flag))?;
        Ok(())
    }

    /// Sends one message. `WouldBlock` when the queue is full, another error when the other
    /// side is gone.
    pub fn send(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let raw: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let control = if raw.is_empty() { &[][..] } else { &rights[..] };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(bytes)],
            control,
            flags,
            None,
        )?;
        Ok(())
    }

    /// The next message and its descriptors; `None` when there is none now.
    ///
    /// `UnexpectedEof` when the other side has ended; `InvalidData` for a message that did not
    /// fit.
    pub fn recv(&self) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
        let mut bytes = vec![0; MAX_MESSAGE];
        let mut control = nix::cmsg_space!([RawFd; MAX_FDS]);
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
        let (length, truncated, fds) = {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let message =
                match recvmsg::<()>(self.0.as_raw_fd(), &mut parts, Some(&mut control), flags) {
                    Ok(message) => message,
                    Err(nix::errno::Errno::EAGAIN | nix::errno::Errno::EINTR) => return Ok(None),
                    Err(nix::errno::Errno::ECONNRESET) => {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    Err(e) => return Err(e.into()),
                };
            (
                message.bytes,
                message.flags.contains(MsgFlags::MSG_TRUNC),
                received(message.cmsgs()?),
            )
        };
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if truncated {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "message too long",
            ));
        }
        bytes.truncate(length);
        Ok(Some((bytes, fds)))
    }
}

fn received(messages: nix::sys::socket::CmsgIterator<'_>) -> Vec<OwnedFd> {
    let mut fds = Vec::new();
    for message in messages {
        if let ControlMessageOwned::ScmRights(numbers) = message {
            // SAFETY: the kernel has just installed these descriptors for this message; nobody
            // else knows them.
            fds.extend(
                numbers
                    .into_iter()
                    .map(|n| unsafe { OwnedFd::from_raw_fd(n) }),
            );
        }
    }
    fds
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Channel {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_bounds_and_carry_descriptors() {
        let (a, b) = Channel::pair().unwrap();
        let memfd = crate::memfd::seal("test", b"content").unwrap();
        a.send(b"one", &[]).unwrap();
        a.send(b"two", &[memfd.as_fd()]).unwrap();
        assert_eq!(b.recv().unwrap().unwrap().0, b"one");
        let (bytes, fds) = b.recv().unwrap().unwrap();
        assert_eq!(bytes, b"two");
        assert_eq!(crate::memfd::read(fds[0].as_fd()).unwrap(), b"content");
        assert!(b.recv().unwrap().is_none());
    }

    #[test]
    fn the_end_of_the_other_side_is_seen_and_a_full_queue_refuses() {
        let (a, _b) = Channel::pair().unwrap();
        let full = loop {
            if let Err(e) = a.send(&[0; 1024], &[]) {
                break e;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        let (a, b) = Channel::pair().unwrap();
        drop(a);
        assert_ne!(
            b.send(b"x", &[]).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
        assert_eq!(b.recv().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
