//! Sockets as a check's block wants them.
use crate::Failure;
use plan::lvs::Endpoint;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

/// Connects within `connect_timeout`.
pub(crate) async fn tcp(endpoint: &Endpoint) -> Result<TcpStream, Failure> {
    let socket = socket(endpoint, Type::STREAM, Some(Protocol::TCP)).map_err(ours)?;
    let socket = TcpSocket::from_std_stream(socket.into());
    let connected = timeout(endpoint.timeout, socket.connect(target(endpoint))).await;
    match connected {
        Ok(connected) => connected.map_err(|why| Failure::Io("connect", why)),
        Err(_) => Err(Failure::Timeout("connect")),
    }
}

/// A datagram socket that hears the server only.
pub(crate) async fn udp(endpoint: &Endpoint) -> Result<UdpSocket, Failure> {
    let socket = socket(endpoint, Type::DGRAM, Some(Protocol::UDP)).map_err(ours)?;
    let socket = UdpSocket::from_std(socket.into()).map_err(ours)?;
    let connected = socket.connect(target(endpoint)).await;
    connected.map_err(|why| Failure::Io("connect", why))?;
    Ok(socket)
}

pub(crate) fn target(endpoint: &Endpoint) -> SocketAddr {
    SocketAddr::new(endpoint.address, endpoint.port)
}

/// An unconnected socket, bound and marked.
pub(crate) fn socket(
    endpoint: &Endpoint,
    kind: Type,
    protocol: Option<Protocol>,
) -> io::Result<Socket> {
    let domain = Domain::for_address(target(endpoint));
    let socket = Socket::new(domain, kind.nonblocking(), protocol)?;
    if let Some(mark) = endpoint.fwmark {
        socket.set_mark(mark)?;
    }
    if let Some(name) = &endpoint.bind_interface {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    if endpoint.bind_address.is_some() || endpoint.bind_port.is_some() {
        socket.set_reuse_address(true)?;
        socket.bind(&source(endpoint))?;
    }
    Ok(socket)
}

fn source(endpoint: &Endpoint) -> SockAddr {
    let any = match endpoint.address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let address = endpoint.bind_address.unwrap_or(any);
    SocketAddr::new(address, endpoint.bind_port.unwrap_or(0)).into()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn ours(why: io::Error) -> Failure {
    Failure::Ours(why.to_string())
}
