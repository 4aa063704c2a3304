//! What happened, in the order in which it happened, and waiting for it.
use crate::record::Frame;
use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall-clock nanoseconds: the clock in which the kernel stamps received frames.
pub type Stamp = u64;

/// Now, on the clock of [`Stamp`].
pub fn now() -> Stamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Seconds from `from` to `to`, negative when `to` is earlier.
pub fn seconds(from: Stamp, to: Stamp) -> f64 {
    let span = Duration::from_nanos(from.abs_diff(to)).as_secs_f64();
    if to < from { -span } else { span }
}

/// One thing that happened on a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When: the kernel's receive stamp for frames, arrival here for the rest.
    pub at: Stamp,
    /// The node; empty for what the test or demo itself did.
    pub node: String,
    /// What.
    pub what: What,
}

/// Kinds of events.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// The node sent a frame; seen on the bridge's side of its cable.
    Frame(Frame),
    /// The node's kernel has a new IPv4 address.
    AddressAdded(Ipv4Addr),
    /// An IPv4 address is gone from the node.
    AddressRemoved(Ipv4Addr),
    /// A line of the daemon's console log, without its date.
    Log(String),
    /// A remark of the test or demo: what it did to the node.
    Mark(String),
}

impl Event {
    /// The text of a log line.
    pub fn log(&self) -> Option<&str> {
        match &self.what {
            What::Log(line) => Some(line),
            _ => None,
        }
    }

    /// The frame, if it is one.
    pub fn frame(&self) -> Option<&Frame> {
        match &self.what {
            What::Frame(frame) => Some(frame),
            _ => None,
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Frame(frame) => frame.fmt(f),
            What::AddressAdded(address) => write!(f, "address {address} added"),
            What::AddressRemoved(address) => write!(f, "address {address} removed"),
            What::Log(line) => write!(f, "log: {line}"),
            What::Mark(text) => write!(f, "*** {text}"),
        }
    }
}

/// Lines of a story at most, the last ones.
const LINES: usize = 400;

/// The events of a lab, shared by everything that records.
#[derive(Debug, Clone, Default)]
pub struct Timeline(Arc<(Mutex<Vec<Event>>, Condvar)>);

impl Timeline {
    /// Adds an event; recorders on different threads may be slightly out of order.
    pub fn push(&self, event: Event) {
        self.lock().push(event);
        self.0.1.notify_all();
    }

    /// Adds a remark, stamped now.
    pub fn mark(&self, node: &str, text: impl Into<String>) -> Stamp {
        let at = now();
        self.push(Event {
            at,
            node: node.to_owned(),
            what: What::Mark(text.into()),
        });
        at
    }

    /// Waits until `pick` accepts an event not older than `since`, at most `limit`.
    pub fn wait<T>(
        &self,
        since: Stamp,
        limit: Duration,
        mut pick: impl FnMut(&Event) -> Option<T>,
    ) -> Option<T> {
        let mut events = self.lock();
        let (mut seen, end) = (0, std::time::Instant::now() + limit);
        loop {
            let fresh = events.get(seen..).unwrap_or_default();
            if let Some(found) = fresh.iter().filter(|e| e.at >= since).find_map(&mut pick) {
                return Some(found);
            }
            seen = events.len();
            let left = end.checked_duration_since(std::time::Instant::now())?;
            events = self
                .0
                .1
                .wait_timeout(events, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// All events from `since` on, by time.
    pub fn since(&self, since: Stamp) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .lock()
            .iter()
            .filter(|e| e.at >= since)
            .cloned()
            .collect();
        events.sort_by_key(|e| e.at);
        events
    }

    /// The last event before `until` that `pick` accepts.
    pub fn last_before<T>(
        &self,
        until: Stamp,
        pick: impl Fn(&Event) -> Option<T>,
    ) -> Option<(Stamp, T)> {
        let events = self.lock();
        let found = events
            .iter()
            .filter(|e| e.at < until)
            .filter_map(|e| Some((e.at, pick(e)?)));
        found.max_by_key(|(at, _)| *at)
    }

    /// Everything as text, for the message of a failed test; what repeats is told once.
    pub fn story(&self, since: Stamp) -> String {
        let mut events = self.since(since);
        events.dedup_by(|a, b| a.node == b.node && a.what == b.what);
        let start = events.first().map_or(since, |e| e.at);
        let line = |e: &Event| format!("{:9.4} {:6} {}\n", seconds(start, e.at), e.node, e.what);
        let skipped = events.len().saturating_sub(LINES);
        let told = events.iter().skip(skipped).map(line).collect::<String>();
        if skipped > 0 {
            format!("({skipped} earlier events)\n{told}")
        } else {
            told
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Event>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_finds_what_is_there_and_what_comes() {
        let line = Timeline::default();
        line.mark("a", "one");
        let text = |e: &Event| match &e.what {
            What::Mark(text) => Some(text.clone()),
            _ => None,
        };
        assert_eq!(
            line.wait(0, Duration::from_secs(5), text).as_deref(),
            Some("one")
        );
        let other = line.clone();
        let writer = std::thread::spawn(move || other.mark("a", "two"));
        let two = line.wait(0, Duration::from_mins(1), |e| {
            text(e).filter(|t| t == "two")
        });
        writer.join().unwrap();
        assert_eq!(two.as_deref(), Some("two"));
        assert_eq!(line.wait(now(), Duration::from_millis(1), text), None);
        assert_eq!(
            line.last_before(u64::MAX, text).map(|l| l.1).as_deref(),
            Some("two")
        );
    }
}
