//! Counts what comes out of cables, for floods and crowds that a timeline could not hold.
use crate::record::{self, Frame};
use crate::space::Space;
use crate::timeline::Stamp;
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// When each virtual router, by interface index and VRID, was first heard.
    pub first: HashMap<(usize, u8), Stamp>,
    /// When adverts came, in order, with their priority.
    pub adverts: Vec<(Stamp, u8)>,
    /// When gratuitous ARP came.
    pub announcements: Vec<Stamp>,
}

/// Listens on all interfaces of a namespace until it is dropped.
#[derive(Debug)]
pub struct Tap {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    stop: Arc<AtomicBool>,
}

impl Tap {
    /// Begins to listen.
    pub fn start(space: &Space) -> io::Result<Self> {
        let socket = space.run(record::listen)??;
        let tap = Tap {
            seen: Arc::default(),
            stop: Arc::default(),
        };
        let (seen, stop) = (Arc::clone(&tap.seen), Arc::clone(&tap.stop));
        thread::Builder::new().name("tap".into()).spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let Ok(Some((link, at, bytes))) = record::receive(&socket) else {
                    continue;
                };
                if let Some(frame) = Frame::parse(&bytes) {
                    note(&mut lock(&seen.0), link, at, &frame);
                    seen.1.notify_all();
                }
            }
        })?;
        Ok(tap)
    }

    /// Waits until `enough` says something of what was seen, at most `limit`.
    pub fn wait<T>(
        &self,
        limit: Duration,
        mut enough: impl FnMut(&Seen) -> Option<T>,
    ) -> Option<T> {
        let end = Instant::now() + limit;
        let mut seen = lock(&self.seen.0);
        loop {
            if let Some(found) = enough(&seen) {
                return Some(found);
            }
            let left = end.checked_duration_since(Instant::now())?;
            let woken = self.seen.1.wait_timeout(seen, left);
            seen = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes what was seen so far and begins anew.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut lock(&self.seen.0))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(seen: &mut Seen, link: usize, at: Stamp, frame: &Frame) {
    if let Some((vrid, priority)) = frame.advert() {
        seen.first.entry((link, vrid)).or_insert(at);
        seen.adverts.push((at, priority));
    } else if frame.gratuitous().is_some() {
        seen.announcements.push(at);
    }
}
