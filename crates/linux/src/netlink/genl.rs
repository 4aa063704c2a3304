//! Generic netlink: families that have no number of their own.
use super::error::Error;
use super::socket::Socket;
use super::tlv::{Attrs, Message};
use nix::errno::Errno;
use std::io;

const GENL_ID_CTRL: u16 = 0x10;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_VERSION: u8 = 2;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;

/// Size of `struct genlmsghdr`: command, version, two octets reserved.
pub(crate) const HEADER: usize = 4;

/// A request of a generic family.
pub(crate) fn request(family: u16, command: u8, version: u8) -> Message {
    Message::new(family, 0, &[command, version, 0, 0])
}

/// The number of a family in the running kernel.
///
/// # Errors
/// `NotFound` when there is no such family, like when its module is not loaded.
pub(crate) fn family(socket: &mut Socket, name: &str) -> io::Result<u16> {
    let question = request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_VERSION)
        .attr_text(CTRL_ATTR_FAMILY_NAME, name);
    let mut number = None;
    let answer = socket.exchange(question, |_, payload| {
        let id = Attrs::after(payload, HEADER).find_kind(CTRL_ATTR_FAMILY_ID);
        number = number.or(id.and_then(super::Attr::u16));
    });
    match (answer, number) {
        (Ok(()), Some(number)) => Ok(number),
        (Ok(()), None) => Err(io::ErrorKind::InvalidData.into()),
        (Err(why), _) if why.is(Errno::ENOENT) => Err(io::ErrorKind::NotFound.into()),
        (Err(why), _) => Err(Error::into(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_found_by_name() {
        let mut socket = Socket::generic().unwrap();
        assert_eq!(family(&mut socket, "nlctrl").unwrap(), GENL_ID_CTRL);
        let missing = family(&mut socket, "no-such-family").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_request_has_the_generic_header() {
        let mut request = request(0x20, 4, 1);
        let bytes = request.finish(1).to_vec();
        assert_eq!(bytes[4..6], 0x20_u16.to_ne_bytes());
        assert_eq!(bytes[16..], [4, 1, 0, 0]);
    }
}
