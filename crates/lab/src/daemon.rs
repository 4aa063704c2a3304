//! A `keepalived` of any make, running in a node.
use crate::lan::Node;
use crate::timeline::{Event, Stamp, Timeline, What, now};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The configuration file inside a node.
pub const CONFIG: &str = "/tmp/keepalived.conf";

/// Which program to start, and how.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The binary.
    pub program: PathBuf,
    /// Arguments besides `-n -l -G -f FILE`.
    pub arguments: Vec<String>,
    /// Environment variables set for it.
    pub environment: Vec<(String, String)>,
}

impl Launch {
    /// In the foreground, logging to the console: `-n -l -G -f FILE`. Without `-G` a daemon in a
    /// namespace has no `/dev/log` and may block on the machine's console.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running (or ended) daemon.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    node: String,
    timeline: Timeline,
}

impl Daemon {
    /// Writes the configuration and starts the daemon; its console lines go to the timeline.
    pub fn start(
        node: &Node,
        timeline: &Timeline,
        launch: &Launch,
        config: &str,
    ) -> io::Result<Self> {
        node.space.write(CONFIG, config)?;
        let program = node.space.stage(&launch.program)?;
        let mut command = Command::new(program);
        command
            .args(["-n", "-l", "-G", "-f", CONFIG])
            .args(&launch.arguments);
        command
            .env_remove("NOTIFY_SOCKET")
            .envs(launch.environment.iter().map(|(k, v)| (k, v)));
        let (log, writer) = io::pipe()?;
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .current_dir("/");
        timeline.mark(&node.name, "daemon started");
        let child = node.space.spawn(command)?;
        let (name, line) = (node.name.clone(), timeline.clone());
        thread::Builder::new()
            .name("log".into())
            .spawn(move || follow(log, &name, &line))?;
        Ok(Self {
            child,
            node: node.name.clone(),
            timeline: timeline.clone(),
        })
    }

    /// Process number of the parent process, as we see it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The parent and all its descendants.
    pub fn processes(&self) -> Vec<u32> {
        descendants(self.child.id())
    }

    /// Sends a signal to the parent process.
    pub fn signal(&self, signal: Signal) -> io::Result<Stamp> {
        let at = self
            .timeline
            .mark(&self.node, format!("{signal} to the daemon"));
        kill(process(self.child.id()), signal)?;
        Ok(at)
    }

    /// Tells it to stop and waits for its end.
    pub fn stop(&mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.wait(Duration::from_secs(30))
    }

    /// Waits for its end, at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> io::Result<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > end {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the daemon did not end",
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the parent process runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills all its processes (-9) so that none has time to say goodbye: they are stopped first,
    /// since a child that loses its parent is told so by the kernel.
    pub fn kill(&mut self) -> io::Result<Stamp> {
        let pids = self.stop_all()?;
        let at = self
            .timeline
            .mark(&self.node, "daemon killed with SIGKILL, all its processes");
        for pid in pids {
            ignore_missing(kill(process(pid), Signal::SIGKILL))?;
        }
        self.child.wait()?;
        Ok(at)
    }

    /// Freezes all its processes: they hold on to everything and do nothing.
    pub fn freeze(&self) -> io::Result<Stamp> {
        let at = self
            .timeline
            .mark(&self.node, "daemon frozen with SIGSTOP, all its processes");
        self.stop_all()?;
        Ok(at)
    }

    /// Lets frozen processes go on.
    pub fn thaw(&self) -> io::Result<Stamp> {
        let at = self
            .timeline
            .mark(&self.node, "daemon continued with SIGCONT");
        for pid in self.processes() {
            ignore_missing(kill(process(pid), Signal::SIGCONT))?;
        }
        Ok(at)
    }

    fn stop_all(&self) -> io::Result<Vec<u32>> {
        let pids = self.processes();
        for pid in &pids {
            ignore_missing(kill(process(*pid), Signal::SIGSTOP))?;
        }
        let end = Instant::now() + Duration::from_secs(10);
        while pids
            .iter()
            .any(|pid| !matches!(state(*pid), None | Some('T' | 'Z')))
            && Instant::now() < end
        {
            thread::yield_now();
        }
        Ok(pids)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        for pid in self.processes() {
            let _ = kill(process(pid), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

/// `pid` and everything that descends from it, parents first.
pub fn descendants(pid: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<u32>().ok());
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for child in pids {
        if let Some(parent) = stat(child, 1).and_then(|text| text.parse().ok()) {
            children.entry(parent).or_default().push(child);
        }
    }
    let (mut found, mut next) = (vec![pid], 0);
    while let Some(parent) = found.get(next) {
        found.extend(children.remove(parent).unwrap_or_default());
        next += 1;
    }
    found
}

/// A field of `/proc/PID/stat`, counted from the state behind the name.
fn stat(pid: u32, field: usize) -> Option<String> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(field).map(str::to_owned)
}

fn state(pid: u32) -> Option<char> {
    stat(pid, 0)?.chars().next()
}

fn process(pid: u32) -> Pid {
    Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX))
}

fn ignore_missing(result: nix::Result<()>) -> io::Result<()> {
    match result {
        Err(Errno::ESRCH) | Ok(()) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

fn follow(log: io::PipeReader, node: &str, timeline: &Timeline) {
    let mut reader = BufReader::new(log);
    let mut raw = Vec::new();
    while matches!(reader.read_until(b'\n', &mut raw), Ok(n) if n > 0) {
        let text = String::from_utf8_lossy(&raw);
        let line = undated(text.trim_end()).to_owned();
        timeline.push(Event {
            at: now(),
            node: node.to_owned(),
            what: What::Log(line),
        });
        raw.clear();
    }
}

/// A console line without the date in front, `Sun Nov 22 10:49:00 2026: `.
pub fn undated(line: &str) -> &str {
    const DATE: usize = "Sun Nov 22 10:49:00 2026".len();
    match line.split_at_checked(DATE) {
        Some((date, rest)) if date.bytes().filter(|b| *b == b':').count() == 2 => {
            rest.strip_prefix(": ").unwrap_or(line)
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_in_front_is_taken_off() {
        assert_eq!(
            undated("Sun Nov 22 10:49:00 2026: (VI_1) Entering MASTER STATE"),
            "(VI_1) Entering MASTER STATE"
        );
        assert_eq!(
            undated("(/etc/keepalived/keepalived.conf: Line 3) x: y: z"),
            "(/etc/keepalived/keepalived.conf: Line 3) x: y: z"
        );
        assert_eq!(undated(""), "");
    }

    #[test]
    fn descendants_begin_with_the_process_itself() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let ours = descendants(std::process::id());
        assert_eq!(ours.first(), Some(&std::process::id()));
        assert!(ours.contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
