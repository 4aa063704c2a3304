//! Requests and their answers.
use super::error::Error;
use super::tlv::{Message, take};
use super::transport::Transport;
use super::uapi;
use crate::sockopt;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd;

/// Messages in one `sendmsg`: bounds the queue of acknowledgements, and how long one system call
/// holds the kernel's network configuration lock.
const BATCH: usize = 64;
/// A dump that was interrupted by a change is asked for again so many times.
const REDUMPS: u32 = 16;

/// A socket for requests.
///
/// The kernel carries out a request inside `sendmsg`, so its acknowledgement is there
/// when the call returns and nothing here waits for an answer.
#[derive(Debug)]
pub struct Socket {
    transport: Transport,
    sequence: u32,
    /// Whether the kernel takes `IFA_PROTO`.
    pub(super) tags_addresses: bool,
}

impl Socket {
    /// Opens it in the calling thread's network namespace.
    pub fn route() -> io::Result<Self> {
        Self::of(libc::NETLINK_ROUTE)
    }

    /// Opens one for generic netlink in the calling thread's network namespace.
    pub(crate) fn generic() -> io::Result<Self> {
        Self::of(libc::NETLINK_GENERIC)
    }

    /// Opens one for a netlink family (`NETLINK_*`).
    pub(crate) fn of(protocol: i32) -> io::Result<Self> {
        let transport = Transport::new(protocol)?;
        // Comforts of newer kernels: texts in errors, short acknowledgements, checked dumps.
        for option in [
            libc::NETLINK_EXT_ACK,
            libc::NETLINK_CAP_ACK,
            libc::NETLINK_GET_STRICT_CHK,
        ] {
            let _ = transport.option(option, 1);
        }
        Ok(Socket {
            transport,
            sequence: 0,
            tags_addresses: true,
        })
    }

    /// Sends one request and takes its acknowledgement.
    pub fn request(&mut self, request: Message) -> Result<(), Error> {
        self.exchange(request, |_, _| ())
    }

    /// Sends many requests with few system calls. The answers stand in the order of the requests;
    /// one that fails does not keep the next from being carried out.
    pub fn batch(&mut self, mut requests: Vec<Message>) -> Vec<Result<(), Error>> {
        let mut answers = Vec::with_capacity(requests.len());
        for chunk in requests.chunks_mut(BATCH) {
            answers.extend(self.send_chunk(chunk));
        }
        answers
    }

    /// Asks for all objects that `request` describes; `each` gets every one. When
    /// the set changes meanwhile, it is asked for again: [`Dump::Restart`] says so.
    pub(crate) fn dump(
        &mut self,
        request: &Message,
        mut each: impl FnMut(Dump<'_>),
    ) -> Result<(), Error> {
        let mut interrupted = true;
        let mut tries = 0;
        while interrupted && tries < REDUMPS {
            tries += 1;
            interrupted = false;
            each(Dump::Restart);
            let mut request = request.clone();
            request.flag(uapi::NLM_F_DUMP);
            self.exchange_raw(request, |received| {
                interrupted |= received.flags & uapi::NLM_F_DUMP_INTR != 0;
                each(Dump::Object(received.payload));
            })?;
        }
        if interrupted {
            Err(Errno::EINTR.into())
        } else {
            Ok(())
        }
    }

    /// Sends one request; `each` gets type and payload of what is answered before the
    /// acknowledgement.
    pub(crate) fn exchange(
        &mut self,
        mut request: Message,
        mut each: impl FnMut(u16, &[u8]),
    ) -> Result<(), Error> {
        request.flag(uapi::NLM_F_ACK);
        self.exchange_raw(request, |received| each(received.kind, received.payload))
    }

    fn exchange_raw(
        &mut self,
        mut request: Message,
        mut each: impl FnMut(&super::tlv::Received<'_>),
    ) -> Result<(), Error> {
        self.sequence = self.sequence.wrapping_add(1);
        self.transport.send(request.finish(self.sequence))?;
        loop {
            let Some(mut bytes) = self.transport.receive()? else {
                self.wait_for_answer()?;
                continue;
            };
            while let Some(received) = take(&mut bytes) {
                if received.sequence != self.sequence {
                    continue;
                }
                match received.kind {
                    uapi::NLMSG_ERROR | uapi::NLMSG_DONE => return Error::from_answer(&received),
                    _ => each(&received),
                }
            }
        }
    }

    /// An answer that is not there yet: no kernel is known to do it, so this is a safety net.
    fn wait_for_answer(&self) -> Result<(), Error> {
        let mut fds = [PollFd::new(self.transport.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(1000u16)) {
            Ok(0) => Err(Errno::ETIMEDOUT.into()),
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(why) => Err(why.into()),
        }
    }

    /// Sends many requests between two brackets in one system call: they are carried out as a whole
    /// or not at all. The answers stand in the order of the requests.
    pub(crate) fn transaction(
        &mut self,
        mut begin: Message,
        mut requests: Vec<Message>,
        mut end: Message,
    ) -> Vec<Result<(), Error>> {
        let mut bytes = begin.finish(0).to_vec();
        let first = self.number(&mut requests, &mut bytes);
        bytes.extend(end.finish(0));
        self.send_and_collect(&bytes, first, requests.len())
    }

    /// Lets one system call take several megabytes.
    pub(crate) fn widen(&self) -> io::Result<()> {
        let octets: i32 = 8 << 20;
        sockopt::set(
            &self.transport,
            libc::SOL_SOCKET,
            libc::SO_SNDBUFFORCE,
            &octets,
        )
        .or_else(|_| sockopt::set(&self.transport, libc::SOL_SOCKET, libc::SO_SNDBUF, &octets))
    }

    fn send_chunk(&mut self, chunk: &mut [Message]) -> Vec<Result<(), Error>> {
        let mut bytes = Vec::new();
        let first = self.number(chunk, &mut bytes);
        self.send_and_collect(&bytes, first, chunk.len())
    }

    /// Gives each request its number and appends it; returns the first number.
    fn number(&mut self, requests: &mut [Message], bytes: &mut Vec<u8>) -> u32 {
        let first = self.sequence.wrapping_add(1);
        for request in requests {
            self.sequence = self.sequence.wrapping_add(1);
            request.flag(uapi::NLM_F_ACK);
            bytes.extend(request.finish(self.sequence));
        }
        first
    }

    fn send_and_collect(
        &mut self,
        bytes: &[u8],
        first: u32,
        count: usize,
    ) -> Vec<Result<(), Error>> {
        // Whatever has no answer at the end was lost with the queue.
        let mut answers = vec![Err(Error::from(Errno::ENOBUFS)); count];
        if let Err(why) = self.transport.send(bytes) {
            answers.fill(Err(why.into()));
            return answers;
        }
        loop {
            match self.transport.receive() {
                Ok(Some(bytes)) => collect(bytes, first, &mut answers),
                Ok(None) => return answers,
                Err(_) => {}
            }
        }
    }
}

/// Puts the acknowledgements in `bytes` where they belong; `first` is the sequence number that
/// `answers` begins with.
fn collect(mut bytes: &[u8], first: u32, answers: &mut [Result<(), Error>]) {
    while let Some(received) = take(&mut bytes) {
        let place = usize::try_from(received.sequence.wrapping_sub(first)).ok();
        let answer = place.and_then(|place| answers.get_mut(place));
        if let (uapi::NLMSG_ERROR, Some(answer)) = (received.kind, answer) {
            *answer = Error::from_answer(&received);
        }
    }
}

/// What comes out of a dump.
pub(crate) enum Dump<'a> {
    /// Forget what came so far: the dump begins (again).
    Restart,
    /// The payload of one object.
    Object(&'a [u8]),
}
