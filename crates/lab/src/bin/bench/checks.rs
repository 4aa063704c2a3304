//! Health checks on this machine's kernel: how many of those due are made, and what one costs. Where
//! the kernel has no IPVS both daemons have `lab::ipvs` instead, so nothing is balanced here.
use crate::Contender;
use crate::figures::middle;
use crate::stage::{cpu, pss};
use lab::ipvs::Stub;
use lab::{Daemon, Lan, Launch, Node};
use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// What is checked, how many servers, how many processes check: more than one in ours only.
const ROWS: [(&str, u32, u32); 9] = [
    ("TCP", 100, 1),
    ("TCP", 1_000, 1),
    ("TCP", 5_000, 1),
    ("TCP", 10_000, 1),
    ("TCP", 20_000, 2),
    ("HTTP", 100, 1),
    ("HTTP", 1_000, 1),
    ("HTTP", 5_000, 1),
    ("HTTP", 10_000, 1),
];
const PORT: u16 = 80;
/// Servers of one virtual server.
const POOL: u32 = 10;
/// First checks come within their warmup; then the rhythm is there.
const WARM: Duration = Duration::from_secs(4);
/// How long one is watched before it is the next one's turn.
const TURN: u32 = 5;

/// What was seen in one turn.
#[derive(Default)]
struct Samples {
    kept: Vec<f64>,
    cost: Vec<f64>,
    memory: Vec<f64>,
}

/// Checks every server once a second; contenders take turns, `rounds` of them.
pub(crate) fn bench(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    println!(
        "\nhealth checks at delay_loop 1, medians of {rounds} times {TURN} s (aim: 99.9 % kept, no check \
         costs more than the original's)"
    );
    println!(
        "  {:<6}{:>9}{:>9}  {:<10}{:>9}{:>12}{:>9}",
        "", "due/s", "probers", "", "kept %", "µs a check", "MiB"
    );
    let stub = Stub::new()?;
    for (kind, count, probers) in ROWS {
        let all: Vec<&Contender> = contenders
            .iter()
            .filter(|one| probers == 1 || one.name == "ours")
            .collect();
        let mut samples: Vec<Samples> = all.iter().map(|_| Samples::default()).collect();
        for _ in 0..rounds {
            for (one, samples) in all.iter().zip(&mut samples) {
                let launch = stub.under(&one.launch);
                turn(&launch, &config(kind, count, probers), count, samples)?;
            }
        }
        for (one, samples) in all.iter().zip(&samples) {
            let of = |values: &[f64]| middle(values).0;
            println!(
                "  {kind:<6}{count:>9}{probers:>9}  {:<10}{:>9.2}{:>12.1}{:>9.1}",
                one.name,
                of(&samples.kept),
                of(&samples.cost),
                of(&samples.memory)
            );
        }
    }
    Ok(())
}

/// One daemon in a network of its own.
fn turn(launch: &Launch, config: &str, count: u32, samples: &mut Samples) -> io::Result<()> {
    let lan = Lan::new()?;
    let node = lan.node("lb", lab::scenario::host([10, 20, 0, 1].into()))?;
    node.space.sysctl("net.core.somaxconn", "20000")?;
    node.space
        .sysctl("net.ipv4.ip_local_port_range", "1024 65535")?;
    let made = serve(&node)?;
    let mut daemon = Daemon::start(&node, lan.timeline(), launch, config)?;
    sleep(WARM);
    let (checks, start) = (made.load(Ordering::Relaxed), Instant::now());
    let (before, _) = usage(&daemon);
    sleep(Duration::from_secs(TURN.into()));
    let took = start.elapsed().as_secs_f64();
    let checks = number(made.load(Ordering::Relaxed) - checks);
    let (after, memory) = usage(&daemon);
    samples.kept.push(checks / took / f64::from(count) * 100.0);
    samples.cost.push((after - before) / checks * 1e6);
    samples.memory.push(memory);
    daemon.stop()?;
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
    let mut out = String::new();
    if probers > 1 {
        let _ = writeln!(out, "global_defs {{\nchecker_probers {probers}\n}}");
    }
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

/// Seconds that all processes of a daemon have run, and their memory in MiB, what they share counted
/// once.
fn usage(daemon: &Daemon) -> (f64, f64) {
    let all = daemon.processes();
    let sum = |of: fn(u32) -> Option<f64>| all.iter().filter_map(|pid| of(*pid)).sum();
    (sum(cpu), sum(pss))
}
