//! The kernel's connector: datagrams between kernel parts and programs over netlink
//! (`linux/connector.h`).
use super::tlv::{Message, take};
use super::transport::Transport;
use super::uapi;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

pub(crate) use super::tlv::number;

/// Size of `struct cn_msg`.
const HEADER: usize = 20;

/// A socket that hears one group.
#[derive(Debug)]
pub(crate) struct Connector(Transport);

impl Connector {
    pub(crate) fn new(group: u32) -> io::Result<Self> {
        let transport = Transport::new(libc::NETLINK_CONNECTOR)?;
        let group = i32::try_from(group).map_err(io::Error::other)?;
        transport.option(libc::NETLINK_ADD_MEMBERSHIP, group)?;
        Ok(Connector(transport))
    }

    /// Sends to the kernel part of this index and value.
    pub(crate) fn send(&self, index: u32, value: u32, payload: &[u8]) -> io::Result<()> {
        let length = u16::try_from(payload.len()).map_err(io::Error::other)?;
        let mut body = [index, value, 0, 0].map(u32::to_ne_bytes).concat();
        body.extend(length.to_ne_bytes());
        body.extend([0; 2]);
        body.extend(payload);
        self.0
            .send(Message::new(uapi::NLMSG_DONE, 0, &body).finish(0))
    }

    /// What came, without the headers; `None` when nothing is waiting.
    pub(crate) fn receive(&mut self) -> io::Result<Option<&[u8]>> {
        let Some(mut bytes) = self.0.receive()? else {
            return Ok(None);
        };
        let payload = take(&mut bytes).and_then(|received| received.payload.get(HEADER..));
        Ok(Some(payload.unwrap_or_default()))
    }
}

impl AsFd for Connector {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
