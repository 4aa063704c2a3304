//! Log lines on their way out: console and syslog, by a thread of their own.
//!
//! A sink may block (a stopped terminal, a full pipe, a dead journal). The loops only put a
//! line into a bounded queue; when that is full the line is dropped and counted, and the count
//! is told when there is room again.
use crate::cli::LogOptions;
use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Lines that may wait for a slow sink: about half a megabyte.
const QUEUE: usize = 4096;
/// How long the end of a process waits for its last lines.
const FLUSH: Duration = Duration::from_millis(200);
const SYSLOG_SOCKET: &str = "/dev/log";

/// Syslog severities that we use (RFC 5424 section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Severity {
    Info = 6,
}

struct Line {
    at: jiff::Timestamp,
    severity: Severity,
    text: String,
}

/// What both ends know of the queue. Its bound is counted, not allocated: it is nearly always
/// empty.
#[derive(Debug, Default)]
struct Load {
    waiting: AtomicUsize,
    dropped: AtomicU64,
}

/// A process's log.
pub(crate) struct Log {
    lines: Option<Sender<Line>>,
    finished: Receiver<()>,
    load: Arc<Load>,
    detail: bool,
}

impl Log {
    /// Starts the thread. `ident` is the name in syslog (`Keepalived_vrrp`).
    pub(crate) fn start(options: &LogOptions, ident: &str) -> std::io::Result<Log> {
        let (lines, queue) = channel();
        let (done, finished) = channel();
        let load = Arc::new(Load::default());
        let mut sinks = Sinks::new(options, ident);
        let seen = Arc::clone(&load);
        std::thread::Builder::new()
            .name("log".into())
            .stack_size(1 << 20)
            .spawn(move || {
                sinks.run(&queue, &seen);
                let _ = done.send(());
            })?;
        Ok(Log {
            lines: Some(lines),
            finished,
            load,
            detail: options.detail,
        })
    }

    /// A line that is always logged.
    pub(crate) fn info(&self, text: impl Into<String>) {
        let line = Line {
            at: jiff::Timestamp::now(),
            severity: Severity::Info,
            text: text.into(),
        };
        let Some(lines) = &self.lines else { return };
        if self.load.waiting.fetch_add(1, Ordering::Relaxed) < QUEUE {
            // without its thread there is nobody to tell
            let _ = lines.send(line);
        } else {
            self.load.waiting.fetch_sub(1, Ordering::Relaxed);
            self.load.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether `-D` was given: details are worth making.
    pub(crate) const fn is_detailed(&self) -> bool {
        self.detail
    }

    /// A line that only `-D` shows.
    pub(crate) fn detail(&self, text: impl Into<String>) {
        if self.detail {
            self.info(text);
        }
    }
}

impl Drop for Log {
    /// Gives the sinks a moment for the last lines; a blocked sink is left behind.
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.finished.recv_timeout(FLUSH);
    }
}

struct Sinks {
    console: bool,
    syslog: Option<Syslog>,
}

impl Sinks {
    fn new(options: &LogOptions, ident: &str) -> Sinks {
        let syslog = options.syslog.then(|| Syslog {
            ident: ident.to_owned() + &options.suffix,
            facility: options.facility,
            pid: std::process::id(),
            socket: None,
        });
        Sinks {
            console: options.console,
            syslog,
        }
    }

    fn run(&mut self, queue: &Receiver<Line>, load: &Load) {
        while let Ok(line) = queue.recv() {
            self.write(&line);
            load.waiting.fetch_sub(1, Ordering::Relaxed);
            let count = load.dropped.swap(0, Ordering::Relaxed);
            if count > 0 {
                let text = format!("{count} log lines were lost: the log could not keep up");
                self.write(&Line { text, ..line });
            }
        }
    }

    fn write(&mut self, line: &Line) {
        let at = line.at.to_zoned(jiff::tz::TimeZone::system());
        if self.console {
            let stamp = at.strftime("%a %b %e %H:%M:%S %Y");
            let _ = std::io::stderr().write_all(format!("{stamp}: {}\n", line.text).as_bytes());
        }
        if let Some(syslog) = &mut self.syslog {
            let stamp = at.strftime("%b %e %H:%M:%S").to_string();
            syslog.send(line.severity, &stamp, &line.text);
        }
    }
}

/// The local syslog socket, in the form that `syslog(3)` sends.
struct Syslog {
    ident: String,
    facility: u8,
    pid: u32,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    fn send(&mut self, severity: Severity, stamp: &str, text: &str) {
        let priority = u32::from(self.facility) * 8 + severity as u32;
        let message = format!("<{priority}>{stamp} {}[{}]: {text}", self.ident, self.pid);
        // a restarted syslog daemon has a new socket: once more with a fresh one
        for _ in 0..2 {
            if self.socket.is_none() {
                self.socket = connect();
            }
            match &self.socket {
                Some(socket) if socket.send(message.as_bytes()).is_ok() => return,
                _ => self.socket = None,
            }
        }
    }
}

fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect(SYSLOG_SOCKET).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_and_counts_instead_of_waiting() {
        let (lines, queue) = channel();
        let (_done, finished) = channel();
        let load = Arc::new(Load::default());
        load.waiting.store(QUEUE - 1, Ordering::Relaxed);
        let log = Log {
            lines: Some(lines),
            finished,
            load: Arc::clone(&load),
            detail: false,
        };
        log.info("kept");
        log.info("lost");
        log.detail("not wanted");
        assert_eq!(queue.recv().map(|l| l.text), Ok("kept".to_owned()));
        assert_eq!(load.dropped.load(Ordering::Relaxed), 1);
    }
}
