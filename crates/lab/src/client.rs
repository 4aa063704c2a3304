//! A client that asks without pause, and what it experienced.
use crate::lan::Node;
use crate::timeline::{Stamp, now, seconds};
use nix::sched::{CloneFlags, setns};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When it began.
    pub begun: Stamp,
    /// When its answer was there, or given up.
    pub ended: Stamp,
    /// The answer's body, `None` when it failed.
    pub answer: Option<String>,
}

/// A client on a node of its own.
#[derive(Debug)]
pub struct Client {
    stop: Arc<AtomicBool>,
    requests: Arc<Mutex<Vec<Request>>>,
    worker: Option<JoinHandle<()>>,
}

/// How long a request may take before the client gives up and asks again: what it adds at most to
/// the outage that it measures.
const PATIENCE: Duration = Duration::from_millis(100);

impl Client {
    /// Begins to ask `http://address/`, a new connection each time, the next as soon as the
    /// last has ended.
    pub fn start(node: &Node, address: Ipv4Addr) -> io::Result<Self> {
        let net = nix::unistd::dup(node.space.net())?;
        let stop = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (halt, book) = (Arc::clone(&stop), Arc::clone(&requests));
        let worker = thread::Builder::new()
            .name("client".into())
            .spawn(move || {
                if setns(net, CloneFlags::CLONE_NEWNET).is_err() {
                    return;
                }
                while !halt.load(Ordering::Relaxed) {
                    let begun = now();
                    let answer = get(SocketAddr::from((address, 80)), PATIENCE).ok();
                    if answer.is_none() {
                        // A refused connection comes back at once: no need to ask a thousand times.
                        thread::sleep(Duration::from_millis(2));
                    }
                    book.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(Request {
                            begun,
                            ended: now(),
                            answer,
                        });
                }
            })?;
        Ok(Self {
            stop,
            requests,
            worker: Some(worker),
        })
    }

    /// The requests that ended so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for an answer to a request that began after `since`.
    pub fn answered(&self, since: Stamp, limit: Duration) -> bool {
        let end = std::time::Instant::now() + limit;
        while std::time::Instant::now() < end {
            if self
                .requests()
                .iter()
                .any(|r| r.begun >= since && r.answer.is_some())
            {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

/// What the client saw between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Experience {
    /// Requests answered.
    pub answered: usize,
    /// Requests that failed.
    pub failed: usize,
    /// Longest time, in seconds, from one answer to the next.
    pub outage: f64,
}

/// Sums up the requests that began in the span.
pub fn experience(requests: &[Request], from: Stamp, to: Stamp) -> Experience {
    let span = requests.iter().filter(|r| (from..to).contains(&r.begun));
    let mut seen = Experience::default();
    let mut last = from;
    for request in span {
        if request.answer.is_none() {
            seen.failed += 1;
            continue;
        }
        seen.answered += 1;
        seen.outage = seen.outage.max(seconds(last, request.ended));
        last = request.ended;
    }
    seen.outage = seen.outage.max(seconds(last, to.max(last)));
    seen
}

/// One HTTP/1.0 request; the body of a 200 answer.
fn get(address: SocketAddr, patience: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: www.example.com\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains(" 200 ") => Ok(body.trim().to_owned()),
        _ => Err(io::Error::other("not a good answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outage_is_the_longest_time_without_an_answer() {
        let second = 1_000_000_000;
        let at = |begun: u64, ended: u64, good: bool| Request {
            begun: begun * second,
            ended: ended * second,
            answer: good.then(|| "web01".to_owned()),
        };
        let requests = [
            at(1, 2, true),
            at(2, 3, false),
            at(3, 4, false),
            at(4, 6, true),
            at(6, 7, true),
            at(20, 21, true),
        ];
        let seen = experience(&requests, second, 7 * second);
        assert_eq!(
            seen,
            Experience {
                answered: 3,
                failed: 2,
                outage: 4.0
            }
        );
        let silent = experience(&requests, 7 * second, 19 * second);
        assert_eq!(
            silent,
            Experience {
                answered: 0,
                failed: 0,
                outage: 12.0
            }
        );
    }
}
