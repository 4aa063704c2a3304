//! Sockets as a check's block wants them.
use crate::Failure;
use plan::lvs::{Endpoint, Source};
use socket2::{Domain, Protocol, Socket, Type};
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
    if let Some(source) = &endpoint.source {
        leave_from(&socket, source, endpoint.address)?;
    }
    Ok(socket)
}

fn leave_from(socket: &Socket, source: &Source, target: IpAddr) -> io::Result<()> {
    if let Some(mark) = source.fwmark {
        socket.set_mark(mark)?;
    }
    if let Some(name) = &source.interface {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    if source.address.is_none() && source.port.is_none() {
        return Ok(());
    }
    let any = match target {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let address = source.address.unwrap_or(any);
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::new(address, source.port.unwrap_or(0)).into())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn ours(why: io::Error) -> Failure {
    Failure::Ours(why.to_string())
}
