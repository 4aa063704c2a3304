//! `PING_CHECK`: an echo request. With the unprivileged ICMP socket where the system allows it
//! (`net.ipv4.ping_group_range`), else with a raw one.
use crate::{Failure, connect, nonce};
use plan::lvs::Endpoint;
use socket2::{Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const HEADER: usize = 8;
/// What stands behind the header, over and over, and how many octets of it, as the original sends.
const TEXT: &[u8] = b"keepalived check - ";
const LENGTH: usize = 128;

pub(crate) async fn run(endpoint: &Endpoint) -> Result<(), Failure> {
    let (socket, raw) = open(endpoint).map_err(connect::ours)?;
    let token = Token::new();
    let message = request(endpoint.address, token);
    let to = SocketAddr::new(endpoint.address, 0);
    let sent = socket.send_to(&message, to).await;
    sent.map_err(|why| Failure::Io("send", why))?;
    let heard = timeout(endpoint.timeout, listen(&socket, endpoint, raw, token)).await;
    heard.unwrap_or(Err(Failure::Timeout("echo")))
}

/// The socket, and whether it is a raw one.
fn open(endpoint: &Endpoint) -> io::Result<(UdpSocket, bool)> {
    let protocol = match endpoint.address {
        IpAddr::V4(_) => Protocol::ICMPV4,
        IpAddr::V6(_) => Protocol::ICMPV6,
    };
    let mut plain = endpoint.clone();
    if let Some(source) = &mut plain.source {
        source.port = None;
    }
    let socket = |kind| connect::socket(&plain, kind, Some(protocol));
    let (socket, raw): (Socket, bool) = match socket(Type::DGRAM) {
        Ok(socket) => (socket, false),
        Err(_) => (socket(Type::RAW)?, true),
    };
    // An ICMP socket sends and receives as a UDP socket does.
    Ok((UdpSocket::from_std(socket.into())?, raw))
}

async fn listen(
    socket: &UdpSocket,
    endpoint: &Endpoint,
    raw: bool,
    token: Token,
) -> Result<(), Failure> {
    let mut packet = [0; 2048];
    loop {
        let received = socket.recv_from(&mut packet).await;
        let (length, from) = received.map_err(|why| Failure::Io("echo", why))?;
        let packet = packet.get(..length).unwrap_or_default();
        let message = if raw && endpoint.address.is_ipv4() {
            let header = usize::from(packet.first().map_or(0, |first| first & 0x0f)) * 4;
            packet.get(header..).unwrap_or_default()
        } else {
            packet
        };
        if from.ip() == endpoint.address && is_reply(endpoint.address, message, raw, token) {
            return Ok(());
        }
    }
}

/// What tells one request from all others. An unprivileged socket has an identifier of its own,
/// which the kernel puts in.
#[derive(Debug, Clone, Copy)]
struct Token {
    identifier: [u8; 2],
    sequence: [u8; 2],
}

impl Token {
    fn new() -> Token {
        let [a, b, c, d, ..] = nonce().to_be_bytes();
        Token {
            identifier: [a, b],
            sequence: [c, d],
        }
    }
}

fn text() -> impl Iterator<Item = u8> {
    TEXT.iter().copied().cycle().take(LENGTH)
}

fn request(to: IpAddr, token: Token) -> Vec<u8> {
    let kind = if to.is_ipv4() { 8 } else { 128 };
    let mut message = vec![kind, 0, 0, 0];
    message.extend(token.identifier);
    message.extend(token.sequence);
    message.extend(text());
    // for IPv6 the kernel fills in the checksum, since it knows the source address
    if to.is_ipv4() {
        let sum = checksum(&message).to_be_bytes();
        if let Some(place) = message.get_mut(2..4) {
            place.copy_from_slice(&sum);
        }
    }
    message
}

/// Whether this is the answer to the request with this token. `raw`: nobody looked at the
/// identifier before us.
fn is_reply(from: IpAddr, message: &[u8], raw: bool, token: Token) -> bool {
    let wanted = if from.is_ipv4() { 0 } else { 129 };
    let Some((&[kind, _, _, _, id_high, id_low, high, low], data)) =
        message.split_first_chunk::<HEADER>()
    else {
        return false;
    };
    kind == wanted
        && [high, low] == token.sequence
        && (!raw || [id_high, id_low] == token.identifier)
        && data.iter().copied().eq(text())
}

/// RFC 1071.
fn checksum(octets: &[u8]) -> u16 {
    let mut sum: u32 = octets
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => u32::from(u16::from_be_bytes([high, low])),
            [high] => u32::from(high) << 8,
            _ => 0,
        })
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_sums_up_and_its_answer_is_known() {
        let address: IpAddr = [10, 0, 0, 1].into();
        let token = Token {
            identifier: [1, 2],
            sequence: [3, 4],
        };
        let request = request(address, token);
        assert_eq!(request.len(), HEADER + LENGTH);
        assert_eq!(checksum(&request), 0);
        let mut reply = request.clone();
        reply[0] = 0;
        assert!(is_reply(address, &reply, true, token));
        assert!(!is_reply(address, &request, true, token));
        assert!(!is_reply(address, &reply[..7], true, token));
        assert!(!is_reply(address, &reply[..20], true, token));
        reply[5] = 9;
        assert!(is_reply(address, &reply, false, token));
        assert!(!is_reply(address, &reply, true, token));
        reply[7] = 9;
        assert!(!is_reply(address, &reply, false, token));
    }
}
