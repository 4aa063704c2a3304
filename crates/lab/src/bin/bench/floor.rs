//! The least that any daemon must do: adverts at absolute deadlines from one socket.
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread::sleep;
use std::time::{Duration, Instant};

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// Percent of one processor that `count` virtual routers cost at this interval, sending alone.
pub(crate) fn cpu(count: usize, interval: Duration, span: Duration) -> io::Result<f64> {
    let stage = crate::stage::Stage::new(1)?;
    stage.space.run(move || send(count, interval, span))?
}

fn send(count: usize, interval: Duration, span: Duration) -> io::Result<f64> {
    let protocol = Protocol::from(112);
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(protocol))?;
    socket.set_multicast_if_v4(&Ipv4Addr::new(10, 100, 0, 1))?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_multicast_loop_v4(false)?;
    let to = SockAddr::from(SocketAddrV4::new(GROUP, 0));
    let apart = interval / u32::try_from(count).unwrap_or(1);
    let (begin, before) = (Instant::now(), used()?);
    let mut sent = 0_u32;
    while begin.elapsed() < span {
        let due = begin + apart * sent;
        let left = due.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            sleep(left);
        }
        let vrid = u8::try_from(sent % 250).unwrap_or(0) + 1;
        let message = [0x31, vrid, 200, 1, 0, 1, 0, 0, 10, 100, vrid, 9];
        socket.send_to(&message, &to)?;
        sent += 1;
    }
    Ok((used()? - before) / begin.elapsed().as_secs_f64() * 100.0)
}

/// Processor seconds of this thread; in a namespace `/proc` may show other processes than ours.
fn used() -> io::Result<f64> {
    let clock = nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID;
    let used = nix::time::clock_gettime(clock)?;
    Ok(std::time::Duration::from(used).as_secs_f64())
}
