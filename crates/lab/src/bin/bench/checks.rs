//! Health checks on this machine's kernel: how many of those due are made, and what one costs. The
//! original does not check without IPVS; it can be compared in a kernel that has that only.
use crate::Contender;
use lab::{Daemon, Lan, Node};
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// What is checked, how many servers, how many processes check.
const ROWS: [(&str, u32, u32); 5] = [
    ("TCP", 1_000, 1),
    ("TCP", 10_000, 1),
    ("TCP", 20_000, 2),
    ("HTTP", 1_000, 1),
    ("HTTP", 10_000, 1),
];
const PORT: u16 = 80;
/// Servers of one virtual server.
const POOL: u32 = 10;
/// First checks come within their warmup; then the rhythm is there.
const WARM: Duration = Duration::from_secs(4);

/// Checks every server once a second for `span` seconds.
pub(crate) fn bench(contenders: &[Contender], span: u32) -> io::Result<()> {
    let Some(contender) = contenders.first() else {
        return Ok(());
    };
    println!(
        "\nhealth checks at delay_loop 1 over {span} s, {}",
        contender.name
    );
    println!(
        "  {:<6}{:>9}{:>9}{:>9}{:>9}{:>12}",
        "", "probers", "due/s", "kept %", "CPU %", "µs a check"
    );
    for (kind, count, probers) in ROWS {
        let lan = Lan::new()?;
        let node = lan.node("lb", lab::scenario::host([10, 20, 0, 1].into()))?;
        node.space.sysctl("net.core.somaxconn", "20000")?;
        node.space
            .sysctl("net.ipv4.ip_local_port_range", "1024 65535")?;
        let made = serve(&node)?;
        let config = config(kind, count, probers);
        let mut daemon = Daemon::start(&node, lan.timeline(), &contender.launch, &config)?;
        sleep(WARM);
        let (checks, busy, start) = (made.load(Ordering::Relaxed), busy(&daemon), Instant::now());
        sleep(Duration::from_secs(span.into()));
        let took = start.elapsed().as_secs_f64();
        let checks = number(made.load(Ordering::Relaxed) - checks);
        let busy = self::busy(&daemon) - busy;
        println!(
            "  {kind:<6}{probers:>9}{count:>9}{:>9.2}{:>9.1}{:>12.1}",
            checks / took / f64::from(count) * 100.0,
            busy / took * 100.0,
            busy / checks * 1e6
        );
        daemon.stop()?;
    }
    Ok(())
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// One server for all addresses of the loopback interface; counts its clients.
fn serve(node: &Node) -> io::Result<Arc<AtomicU64>> {
    let listen = || -> io::Result<TcpListener> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        socket.bind(&std::net::SocketAddr::from(([0, 0, 0, 0], PORT)).into())?;
        socket.listen(20_000)?;
        Ok(socket.into())
    };
    let listener = node.space.run(listen)??;
    let made = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&made);
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(mut client) = client else { continue };
            count.fetch_add(1, Ordering::Relaxed);
            // a TCP check ends without a word
            if matches!(client.read(&mut [0; 1024]), Ok(1..)) {
                let _ = client.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
            }
        }
    });
    Ok(made)
}

fn config(kind: &str, count: u32, probers: u32) -> String {
    let check = match kind {
        "TCP" => "TCP_CHECK {\nconnect_timeout 3\n}",
        _ => "HTTP_GET {\nconnect_timeout 3\nurl {\npath /\nstatus_code 200\n}\n}",
    };
    let mut out = format!("global_defs {{\nchecker_without_ipvs\nchecker_probers {probers}\n}}\n");
    for pool in 0..count.div_ceil(POOL) {
        let _ = writeln!(
            out,
            "virtual_server 10.20.0.1 {} {{\ndelay_loop 1\nlb_algo rr\nlb_kind NAT\nprotocol TCP",
            10_000 + pool
        );
        for server in pool * POOL..(pool * POOL + POOL).min(count) {
            let (a, b, c) = (1 + (server >> 14), (server >> 7) & 127, 1 + (server & 127));
            let _ = writeln!(out, "real_server 127.{a}.{b}.{c} {PORT} {{\n{check}\n}}");
        }
        out.push_str("}\n");
    }
    out
}

/// Seconds that all processes of a daemon have run.
fn busy(daemon: &Daemon) -> f64 {
    let nanos = |pid: &u32| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let all: u64 = daemon.processes().iter().filter_map(nanos).sum();
    Duration::from_nanos(all).as_secs_f64()
}
