//! What changes in a node, as its kernel tells it: addresses for the timeline, all else counted.
use crate::space::Space;
use crate::timeline::{Event, Timeline, What, now};
use linux::netlink::{Fact, Monitor as Facts};
use nix::poll::{PollFd, PollFlags, poll};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// A running monitor; it ends with this value.
#[derive(Debug)]
pub(crate) struct Monitor {
    stop: Arc<AtomicBool>,
    told: Arc<AtomicU64>,
}

impl Monitor {
    /// How often the kernel told of an interface, address, route or rule so far.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Milliseconds after which a watcher looks whether it is still wanted.
const GLANCE: u16 = 200;
/// Routes of all protocols.
const EVERYBODY: u8 = 0;

/// Starts watching.
pub(crate) fn start(space: &Space, node: &str, timeline: Timeline) -> io::Result<Monitor> {
    let mut facts = space.run(Facts::new)??;
    facts.hear_policy(EVERYBODY)?;
    let (stop, told) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let (stopped, count, node) = (Arc::clone(&stop), Arc::clone(&told), node.to_owned());
    thread::Builder::new()
        .name("monitor".into())
        .spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let _ = poll(&mut [PollFd::new(facts.as_fd(), PollFlags::POLLIN)], GLANCE);
                while let Ok(Some(fact)) = facts.next_fact() {
                    count.fetch_add(1, Ordering::Relaxed);
                    if let Some(what) = tell(&fact) {
                        timeline.push(Event {
                            at: now(),
                            node: node.clone(),
                            what,
                        });
                    }
                }
            }
        })?;
    Ok(Monitor { stop, told })
}

fn tell(fact: &Fact) -> Option<What> {
    let v4 = |address: IpAddr| match address {
        IpAddr::V4(v4) => Some::<Ipv4Addr>(v4),
        IpAddr::V6(_) => None,
    };
    match fact {
        Fact::AddressAdded(a) => v4(a.key.prefix.addr()).map(What::AddressAdded),
        Fact::AddressRemoved(a) => v4(a.key.prefix.addr()).map(What::AddressRemoved),
        Fact::Link(_) | Fact::LinkGone(_) | Fact::Policy(_) | Fact::Lost => None,
    }
}
