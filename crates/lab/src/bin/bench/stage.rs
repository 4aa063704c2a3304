//! One daemon in a network of its own, whose cables end in the same place: for loads at which a
//! lab's records would be the load.
use crate::Contender;
use lab::Space;
use lab::daemon::descendants;
use lab::tap::Tap;
use lab::timeline::{Stamp, now};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Where the daemon logs to, as its node sees it.
const LOG: &str = "/tmp/log";
const CONFIG: &str = "/tmp/keepalived.conf";
/// How long anything may take that must happen.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// What all processes of a daemon have used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// Seconds of processor time.
    pub(crate) cpu: f64,
    /// Proportional set size, in MiB.
    pub(crate) pss: f64,
}

pub(crate) struct Stage {
    /// Comes first so that it is killed before its network goes.
    running: Option<Running>,
    pub(crate) tap: Tap,
    pub(crate) space: Space,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        for pid in descendants(self.0.id()) {
            let _ = kill(process(pid), Signal::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

impl Stage {
    /// A node with interfaces `eth0`, `eth1` … (10.100.0.1/16, 10.101.0.1/16 …), whose cables end
    /// in `wire0`, `wire1` …
    pub(crate) fn new(cables: usize) -> io::Result<Self> {
        let space = Space::new("stage")?;
        space.output("ip", &["link", "set", "lo", "up"])?;
        for n in 0..cables {
            let (here, there) = (format!("eth{n}"), format!("wire{n}"));
            let address = format!("10.{}.0.1/16", 100 + n);
            for words in [
                &["link", "add", &here, "type", "veth", "peer", "name", &there][..],
                &["addr", "add", &address, "dev", &here],
                &["link", "set", &here, "up"],
                &["link", "set", &there, "up"],
            ] {
                space.output("ip", words)?;
            }
        }
        // what the cable's end hears is for the tap alone
        space.sysctl("net.ipv4.conf.all.rp_filter", "0")?;
        let tap = Tap::start(&space)?;
        Ok(Self {
            running: None,
            tap,
            space,
        })
    }

    /// Starts the daemon; gives when.
    pub(crate) fn start(&mut self, contender: &Contender, config: &str) -> io::Result<Stamp> {
        self.space.write(CONFIG, config)?;
        let program = self.space.stage(&contender.launch.program)?;
        let mut command = Command::new(program);
        command.args(["-n", "-l", "-G", "-f", CONFIG]);
        let log = self.space.run(|| fs::File::create(LOG))??;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .current_dir("/");
        let at = now();
        self.running = Some(Running(self.space.spawn(command)?));
        Ok(at)
    }

    fn pid(&self) -> io::Result<u32> {
        let running = self.running.as_ref();
        let running = running.ok_or_else(|| io::Error::other("not started"))?;
        Ok(running.0.id())
    }

    /// Octets of its log.
    pub(crate) fn logged(&self) -> io::Result<usize> {
        Ok(self.space.read(LOG)?.len())
    }

    pub(crate) fn usage(&self) -> io::Result<Usage> {
        let mut sum = Usage::default();
        for pid in descendants(self.pid()?) {
            sum.cpu += cpu(pid).unwrap_or(0.0);
            sum.pss += pss(pid).unwrap_or(0.0);
        }
        Ok(sum)
    }

    /// Tells it to stop; gives the milliseconds until it has ended.
    pub(crate) fn stop(&mut self) -> io::Result<f64> {
        let Some(mut running) = self.running.take() else {
            return Err(io::Error::other("not started"));
        };
        let begin = Instant::now();
        kill(process(running.0.id()), Signal::SIGTERM)?;
        while running.0.try_wait()?.is_none() {
            if begin.elapsed() > LONG {
                return Err(io::Error::other("the daemon did not end"));
            }
            sleep(Duration::from_micros(200));
        }
        Ok(begin.elapsed().as_secs_f64() * 1e3)
    }

    /// Packets that came out of the first cable.
    pub(crate) fn packets(&self) -> io::Result<u64> {
        let shown = self
            .space
            .output("ip", &["-j", "-s", "link", "show", "wire0"])?;
        let shown: Value = serde_json::from_str(&shown)?;
        let count = shown.pointer("/0/stats64/rx/packets");
        count
            .and_then(Value::as_u64)
            .ok_or_else(|| io::Error::other("no counters"))
    }
}

fn process(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))
}

/// Processor seconds of one process, from the scheduler's own account.
pub(crate) fn cpu(pid: u32) -> Option<f64> {
    let mut sum = 0.0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let path = task.ok()?.path().join("schedstat");
        let text = fs::read_to_string(path).unwrap_or_default();
        let nanos: f64 = text.split(' ').next()?.parse().unwrap_or(0.0);
        sum += nanos / 1e9;
    }
    Some(sum)
}

/// Its proportional set size, in MiB.
pub(crate) fn pss(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// `count` instances, at most 250 on each interface, owners of one address each.
pub(crate) fn crowd(count: usize, interval: &str) -> String {
    let mut text = String::new();
    for n in 0..count {
        let (link, vrid) = (n / 250, n % 250 + 1);
        let net = 100 + link;
        let _ = write!(
            text,
            "vrrp_instance V{n} {{
    state MASTER
    interface eth{link}
    virtual_router_id {vrid}
    version 3
    priority 255
    advert_int {interval}
    virtual_ipaddress {{
        10.{net}.{vrid}.9/32
    }}
}}
"
        );
    }
    text
}
