//! ARP over Ethernet (RFC 826), as far as announcing an address needs it.
use crate::MacAddr;
use core::net::Ipv4Addr;

/// Length of an unpadded frame: Ethernet header and ARP for IPv4.
pub const FRAME_LEN: usize = 42;
/// Ethertype of ARP.
pub const ETHERTYPE: u16 = 0x0806;

/// What an ARP message wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Who has the target address?
    Request,
    /// The sender has the sender address.
    Reply,
}

/// Why a frame is not ARP for IPv4 over Ethernet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Shorter than the format.
    #[error("{got} octets, {want} needed")]
    Length {
        /// Octets needed.
        want: usize,
        /// Octets there.
        got: usize,
    },
    /// Another ethertype.
    #[error("ethertype {got:#06x}")]
    Ethertype {
        /// The type there.
        got: u16,
    },
    /// Hardware or protocol type or size other than Ethernet and IPv4.
    #[error("not Ethernet and IPv4")]
    Types,
    /// Neither request nor reply.
    #[error("operation {got}")]
    Operation {
        /// The value there.
        got: u16,
    },
}

/// An Ethernet frame with an ARP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repr {
    /// Ethernet destination.
    pub to: MacAddr,
    /// Ethernet source.
    pub from: MacAddr,
    /// Request or reply.
    pub operation: Operation,
    /// Hardware address of the sender.
    pub sender_mac: MacAddr,
    /// Protocol address of the sender.
    pub sender: Ipv4Addr,
    /// Hardware address of the target.
    pub target_mac: MacAddr,
    /// Protocol address of the target.
    pub target: Ipv4Addr,
}

/// Hardware type, protocol type, sizes: Ethernet and IPv4.
const TYPES: [u8; 6] = [0, 1, 8, 0, 6, 4];

impl Repr {
    /// The announcement of `address` at `mac`: a broadcast request for itself. The target
    /// hardware address is all ones, as the original sends it.
    pub const fn gratuitous(mac: MacAddr, address: Ipv4Addr) -> Self {
        Repr {
            to: MacAddr::BROADCAST,
            from: mac,
            operation: Operation::Request,
            sender_mac: mac,
            sender: address,
            target_mac: MacAddr::BROADCAST,
            target: address,
        }
    }

    /// Reads a frame; octets behind the message are padding.
    pub fn parse(frame: &[u8]) -> Result<Self, Refused> {
        let frame: &[u8; FRAME_LEN] = frame.first_chunk().ok_or(Refused::Length {
            want: FRAME_LEN,
            got: frame.len(),
        })?;
        let mut fields = Fields(frame);
        let to = MacAddr(fields.take());
        let from = MacAddr(fields.take());
        let ethertype = u16::from_be_bytes(fields.take());
        if ethertype != ETHERTYPE {
            return Err(Refused::Ethertype { got: ethertype });
        }
        if fields.take() != TYPES {
            return Err(Refused::Types);
        }
        let operation = match u16::from_be_bytes(fields.take()) {
            1 => Operation::Request,
            2 => Operation::Reply,
            got => return Err(Refused::Operation { got }),
        };
        Ok(Repr {
            to,
            from,
            operation,
            sender_mac: MacAddr(fields.take()),
            sender: fields.take::<4>().into(),
            target_mac: MacAddr(fields.take()),
            target: fields.take::<4>().into(),
        })
    }

    /// Writes the frame, unpadded: the driver pads.
    pub fn emit(&self) -> [u8; FRAME_LEN] {
        let operation: u16 = match self.operation {
            Operation::Request => 1,
            Operation::Reply => 2,
        };
        let parts: [&[u8]; 9] = [
            &self.to.0,
            &self.from.0,
            &ETHERTYPE.to_be_bytes(),
            &TYPES,
            &operation.to_be_bytes(),
            &self.sender_mac.0,
            &self.sender.octets(),
            &self.target_mac.0,
            &self.target.octets(),
        ];
        let mut frame = [0; FRAME_LEN];
        let octets = parts.into_iter().flatten();
        frame
            .iter_mut()
            .zip(octets)
            .for_each(|(place, octet)| *place = *octet);
        frame
    }
}

/// What is left of a frame to read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next `N` octets; zeros behind the end, which the fixed frame length rules out.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        match self.0.split_first_chunk() {
            Some((head, rest)) => {
                self.0 = rest;
                *head
            }
            None => [0; N],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    /// Captured from the original.
    const FRAME: [u8; 42] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1,
        2, 0, 0, 0, 0, 1, 10, 20, 0, 249, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 10, 20, 0, 249,
    ];

    #[test]
    fn a_gratuitous_arp_is_the_originals() {
        let repr = Repr::gratuitous(MAC, Ipv4Addr::new(10, 20, 0, 249));
        assert_eq!(repr.emit(), FRAME);
        assert_eq!(Repr::parse(&FRAME), Ok(repr));
    }

    #[test]
    fn refusals_say_what_they_wanted() {
        let changed = |at: usize, to: u8| {
            let mut frame = FRAME;
            frame[at] = to;
            Repr::parse(&frame)
        };
        assert_eq!(
            Repr::parse(&FRAME[..41]),
            Err(Refused::Length { want: 42, got: 41 })
        );
        assert_eq!(changed(13, 0), Err(Refused::Ethertype { got: 0x0800 }));
        assert_eq!(changed(15, 6), Err(Refused::Types));
        assert_eq!(changed(21, 3), Err(Refused::Operation { got: 3 }));
    }

    proptest! {
        #[test]
        fn parse_undoes_emit(to: [u8; 6], from: [u8; 6], request: bool, a: [u8; 6], sender: u32, b: [u8; 6], target: u32) {
            let operation = if request { Operation::Request } else { Operation::Reply };
            let repr = Repr {
                to: MacAddr(to), from: MacAddr(from), operation,
                sender_mac: MacAddr(a), sender: sender.into(), target_mac: MacAddr(b), target: target.into(),
            };
            prop_assert_eq!(Repr::parse(&repr.emit()), Ok(repr));
        }

        #[test]
        fn no_input_panics(frame: Vec<u8>) {
            let _ = Repr::parse(&frame);
        }
    }
}
