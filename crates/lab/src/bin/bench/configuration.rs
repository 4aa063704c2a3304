//! `-t` on large files: time and memory.
use crate::Contender;
use crate::figures::{Table, middle};
use lab::{Lan, Node};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILE: &str = "/tmp/large.conf";
/// Real servers of each virtual server.
const SERVERS: u32 = 10;

/// 10,000 services, ten times as many of ours alone, and 1,000 instances.
pub(crate) fn bench(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    let aim = "aim: a fifth of the original's time, twice its memory";
    let services = "-t on 10,000 virtual servers of 10 real servers";
    table(
        &format!("{services} ({aim})"),
        contenders,
        &services_of(10_000),
        rounds,
    )?;
    let ours = contenders.get(..1).unwrap_or_default();
    let large = "-t on 100,000 virtual servers of 10 real servers (aim: ten times the above)";
    table(large, ours, &services_of(100_000), 1)?;
    let instances = "-t on 1,000 instances (aim: the original's time)";
    table(instances, contenders, &instances_of(1000), rounds)
}

fn table(title: &str, contenders: &[Contender], text: &str, rounds: u32) -> io::Result<()> {
    let lan = Lan::new()?;
    let node = lan.node("large", "198.18.0.1/24".parse().map_err(io::Error::other)?)?;
    for number in 1..4 {
        let (name, peer) = (format!("eth{number}"), format!("peer{number}"));
        let words = ["link", "add", &name, "type", "veth", "peer", "name", &peer];
        node.space.output("ip", &words)?;
    }
    node.space.write(FILE, text)?;
    let mut table = Table::new(title, &["ms median", "ms most", "RSS MiB"]);
    let mut samples = vec![(Vec::new(), 0_u64); contenders.len()];
    for _ in 0..rounds {
        for (contender, (times, memory)) in contenders.iter().zip(&mut samples) {
            let (time, most) = tested(&node, &contender.launch.program)?;
            times.push(time.as_secs_f64() * 1e3);
            *memory = most.max(*memory);
        }
    }
    for (contender, (times, memory)) in contenders.iter().zip(&samples) {
        let (median, most) = middle(times);
        table.row(contender.name, &[median, most, *memory as f64 / 1024.0]);
    }
    table.print();
    Ok(())
}

/// Runs `-t`; how long it takes, and the most memory that it has, in KiB.
fn tested(node: &Node, program: &Path) -> io::Result<(Duration, u64)> {
    let mut command = Command::new(node.space.stage(program)?);
    command.args(["-t", "-f", FILE]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let mut child = node.space.spawn(command)?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        // the high water mark is gone with the process, and before it runs it is the lab's own
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        if text.starts_with("Name:\tkeepalived") {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            most = number.unwrap_or(most);
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    Ok((begin.elapsed(), most))
}

fn services_of(count: u32) -> String {
    let mut text = String::from("global_defs {\n router_id c\n}\n");
    for number in 0..count {
        let [_, a, b, c] = number.to_be_bytes();
        // writing to a String cannot fail
        let _ = writeln!(
            text,
            "virtual_server 10.{a}.{b}.{c} 80 {{\n    delay_loop 6\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP"
        );
        for server in 0..SERVERS {
            let [_, a, b, c] = (number * SERVERS + server).to_be_bytes();
            let _ = writeln!(
                text,
                "    real_server 172.{}.{b}.{c} 80 {{\n        weight 1\n        TCP_CHECK {{\n            connect_timeout 3\n        }}\n    }}",
                16 + a
            );
        }
        text.push_str("}\n");
    }
    text
}

fn instances_of(count: u32) -> String {
    let mut text = String::from("global_defs {\n router_id c\n}\n");
    for number in 0..count {
        let (link, vrid) = (number / 250, number % 250 + 1);
        let _ = writeln!(
            text,
            "vrrp_instance V{number} {{\n    state BACKUP\n    interface eth{link}\n    virtual_router_id {vrid}\n    priority 100\n    advert_int 1\n    virtual_ipaddress {{\n        10.{link}.{vrid}.9/32\n    }}\n}}"
        );
    }
    text
}
