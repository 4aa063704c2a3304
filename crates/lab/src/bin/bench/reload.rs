//! What a reload of 255 masters takes: until a new address is in force, processor time when nothing
//! changes, and how late adverts get meanwhile.
use crate::Contender;
use crate::figures::{Table, middle};
use lab::scenario::{Balancer, LB01, LONG};
use lab::timeline::{Stamp, now, seconds};
use lab::{Event, Frame, Lan, What};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::Ipv4Addr;
use std::thread::sleep;
use std::time::{Duration, Instant};

const INSTANCES: u8 = 255;
const MORE: Ipv4Addr = Ipv4Addr::new(10, 70, 0, 1);

/// Reloads 255 masters `rounds` times for each contender in turns.
pub(crate) fn bench(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    let mut table = Table::new(
        "reload of 255 masters: ms (aim: an address in force as soon as the original's; a tenth of its \
         processor time for an unchanged file; no advert late by 50)",
        &["in force", "most", "CPU, same", "late at 100 ms"],
    );
    let mut nodes = all(contenders, 1.0)?;
    let mut samples = vec![(Vec::new(), Vec::new()); contenders.len()];
    for _ in 0..rounds {
        for (node, (in_force, cpu)) in nodes.iter_mut().zip(&mut samples) {
            in_force.push(node.add_address()?);
            cpu.push(node.reload_the_same()?);
        }
    }
    drop(nodes);
    for (contender, (in_force, cpu)) in contenders.iter().zip(&samples) {
        let late = Node::start(contender, 0.1)?.late(rounds)?;
        let ((in_force, most), (cpu, _), (_, late)) =
            (middle(in_force), middle(cpu), middle(&late));
        table.row(contender.name, &[in_force, most, cpu, late]);
    }
    table.print();
    Ok(())
}

/// A node with its masters.
struct Node {
    lb: Balancer,
    lan: Lan,
    interval: f64,
    more: bool,
}

fn all(contenders: &[Contender], interval: f64) -> io::Result<Vec<Node>> {
    let nodes = contenders.iter();
    nodes
        .map(|contender| Node::start(contender, interval))
        .collect()
}

impl Node {
    fn start(contender: &Contender, interval: f64) -> io::Result<Node> {
        let lan = Lan::new()?;
        let config = config(interval, false);
        let lb = Balancer::new(&lan, "lb01", LB01, contender.launch.clone(), &config)?;
        let (mut node, more) = (
            Node {
                lb,
                lan,
                interval,
                more: false,
            },
            INSTANCES,
        );
        node.lb.start()?;
        let last = Ipv4Addr::new(10, 60, 0, more);
        node.comes(&What::AddressAdded(last), 0)?;
        // the second bursts of announcements are over
        sleep(Duration::from_secs(7));
        Ok(node)
    }

    fn comes(&self, what: &What, since: Stamp) -> io::Result<Stamp> {
        let line = self.lan.timeline();
        let found = line.wait(since, LONG, |e| (e.what == *what).then_some(e.at));
        found.ok_or_else(|| io::Error::other(format!("never came: {what}\n{}", line.story(0))))
    }

    /// Milliseconds until one more address is in force; it is taken away again.
    fn add_address(&mut self) -> io::Result<f64> {
        let since = self.toggle()?;
        let there = self.comes(&What::AddressAdded(MORE), since)?;
        sleep(Duration::from_secs(1));
        let gone = self.toggle()?;
        self.comes(&What::AddressRemoved(MORE), gone)?;
        sleep(Duration::from_secs(1));
        Ok(seconds(since, there) * 1e3)
    }

    fn toggle(&mut self) -> io::Result<Stamp> {
        self.more = !self.more;
        self.lb.reload(&config(self.interval, self.more))
    }

    /// Milliseconds of processor time beyond what the same span takes without a reload.
    fn reload_the_same(&mut self) -> io::Result<f64> {
        const SPAN: Duration = Duration::from_secs(3);
        let file = config(self.interval, self.more);
        let before = self.processor()?;
        sleep(SPAN);
        let idle = self.processor()? - before;
        let before = self.processor()?;
        let from = Instant::now();
        self.lb.reload(&file)?;
        sleep(SPAN.saturating_sub(from.elapsed()));
        Ok((self.processor()? - before - idle) * 1e3)
    }

    /// Processor seconds of all processes of the daemon.
    fn processor(&mut self) -> io::Result<f64> {
        let mut nanoseconds: u64 = 0;
        for pid in self.lb.daemon()?.processes() {
            let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))?;
            for task in tasks.flatten() {
                let text = std::fs::read_to_string(task.path().join("schedstat"))?;
                let first = text.split_whitespace().next();
                nanoseconds += first.and_then(|n| n.parse().ok()).unwrap_or(0);
            }
        }
        Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
    }

    /// How late, in milliseconds, the latest advert of each virtual router came while addresses
    /// came and went.
    fn late(&mut self, rounds: u32) -> io::Result<Vec<f64>> {
        let since = now();
        for _ in 0..rounds.min(10) {
            self.toggle()?;
            sleep(Duration::from_secs(1));
        }
        let mut last: BTreeMap<u8, Stamp> = BTreeMap::new();
        let mut late: BTreeMap<u8, f64> = BTreeMap::new();
        for event in self.lan.timeline().since(since) {
            let Some((vrid, _)) = advert(&event) else {
                continue;
            };
            if let Some(before) = last.insert(vrid, event.at) {
                let over = (seconds(before, event.at) - self.interval) * 1e3;
                let most = late.entry(vrid).or_insert(over);
                *most = most.max(over);
            }
        }
        Ok(late.into_values().collect())
    }
}

fn advert(event: &Event) -> Option<(u8, u8)> {
    event.frame().and_then(Frame::advert)
}

fn config(interval: f64, more: bool) -> String {
    let mut text = "global_defs {\n vrrp_version 3\n}\n".to_owned();
    for n in 1..=INSTANCES {
        let extra = if more && n == INSTANCES {
            "10.70.0.1/32"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "vrrp_instance V{n} {{\n state MASTER\n interface eth0\n virtual_router_id {n}\n \
             priority 200\n advert_int {interval}\n virtual_ipaddress {{\n  10.60.0.{n}/32\n  \
             {extra}\n }}\n}}"
        );
    }
    text
}
