//! `PING_CHECK`: an echo request. With the unprivileged ICMP socket where the system allows it
//! (`net.ipv4.ping_group_range`), else with a raw one.
use crate::{Failure, connect, nonce};
use plan::lvs::Endpoint;
use socket2::{Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Octets of the whole message, as the original sends.
const LENGTH: usize = 128;
const HEADER: usize = 8;

pub(crate) async fn run(endpoint: &Endpoint) -> Result<(), Failure> {
    let (socket, raw) = open(endpoint).map_err(connect::ours)?;
    let token = nonce();
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
    let plain = Endpoint {
        bind_port: None,
        ..endpoint.clone()
    };
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
    token: u64,
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
        if from.ip() == endpoint.address && is_reply(endpoint.address, message, token) {
            return Ok(());
        }
    }
}

fn request(to: IpAddr, token: u64) -> Vec<u8> {
    let mut message = vec![0; HEADER];
    if let Some(kind) = message.first_mut() {
        *kind = if to.is_ipv4() { 8 } else { 128 };
    }
    let identity = token.to_be_bytes();
    if let (Some(place), Some(half)) = (message.get_mut(4..6), identity.get(..2)) {
        place.copy_from_slice(half);
    }
    message.extend(identity);
    message.resize(LENGTH, 0);
    // for IPv6 the kernel fills in the checksum, since it knows the source address
    if to.is_ipv4() {
        let sum = checksum(&message).to_be_bytes();
        if let Some(place) = message.get_mut(2..4) {
            place.copy_from_slice(&sum);
        }
    }
    message
}

/// Whether this is the answer to the request with this token.
fn is_reply(from: IpAddr, message: &[u8], token: u64) -> bool {
    let kind = if from.is_ipv4() { 0 } else { 129 };
    message.first() == Some(&kind)
        && message.get(HEADER..HEADER + 8) == Some(token.to_be_bytes().as_slice())
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
        let request = request(address, 0x0102_0304_0506_0708);
        assert_eq!(request.len(), LENGTH);
        assert_eq!(checksum(&request), 0);
        let mut reply = request.clone();
        reply[0] = 0;
        assert!(is_reply(address, &reply, 0x0102_0304_0506_0708));
        assert!(!is_reply(address, &reply, 1));
        assert!(!is_reply(address, &request, 0x0102_0304_0506_0708));
        assert!(!is_reply(address, &reply[..10], 0x0102_0304_0506_0708));
    }
}
