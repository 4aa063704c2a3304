//! Waiting for the first of many things: readable descriptors or a point in time.
//!
//! One epoll set and one timer descriptor, armed with an absolute deadline: a loop that is late
//! does not shift its next deadline, and the wake-up is exact to the microsecond where the
//! millisecond timeouts of `poll` and `epoll_wait` are not.
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use wire::Instant;

/// Token of the timer: no caller may use it.
const TIMER: u64 = u64::MAX;

/// The epoll set and its timer.
#[derive(Debug)]
pub struct Reactor {
    epoll: Epoll,
    timer: TimerFd,
    armed: Option<Instant>,
    events: Vec<EpollEvent>,
}

impl Reactor {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER))?;
        Ok(Reactor {
            epoll,
            timer,
            armed: None,
            events: vec![EpollEvent::empty()],
        })
    }

    /// Watches `fd` for reading. `token` comes back from [`wait`](Self::wait) for as long as
    /// there is something to read (level triggered), an error, or a hang-up.
    ///
    /// # Errors
    /// `AlreadyExists` when `fd` is in the set, `InvalidInput` for the token `u64::MAX`.
    pub fn add(&mut self, fd: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        if token == TIMER {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.epoll
            .add(fd, EpollEvent::new(EpollFlags::EPOLLIN, token))?;
        // Room for every descriptor at once: one turn of the loop hears all that is ready.
        self.events.push(EpollEvent::empty());
        Ok(())
    }

    /// Stops watching `fd`. Closing a descriptor does the same unless it was duplicated.
    pub fn remove(&mut self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.epoll.delete(fd)?;
        Ok(())
    }

    /// Waits until something is ready or `deadline` has come (`None`: for ever), and replaces
    /// the content of `ready` by the tokens of all that is ready. A deadline in the past
    /// only looks, it does not wait. `ready` may be left empty: then it was the deadline.
    pub fn wait(&mut self, deadline: Option<Instant>, ready: &mut Vec<u64>) -> io::Result<()> {
        ready.clear();
        self.arm(deadline)?;
        let count = loop {
            match self.epoll.wait(&mut self.events, EpollTimeout::NONE) {
                Err(Errno::EINTR) => {}
                other => break other?,
            }
        };
        let tokens = self.events.iter().take(count).map(EpollEvent::data);
        ready.extend(tokens.filter(|token| *token != TIMER));
        Ok(())
    }

    /// Sets the timer when the deadline is another one. An expired timer is never read: it stays
    /// readable until it is set anew, which is what a deadline in the past means.
    fn arm(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        if deadline == self.armed {
            return Ok(());
        }
        match deadline {
            None => self.timer.unset()?,
            Some(at) => {
                // All zeroes would disarm; one nanosecond after the origin is as good.
                let nanos = at.as_nanos().max(1);
                let secs = i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX);
                let spec = TimeSpec::new(secs, i64::try_from(nanos % 1_000_000_000).unwrap_or(0));
                let expiry = Expiration::OneShot(spec);
                self.timer
                    .set(expiry, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
            }
        }
        self.armed = deadline;
        Ok(())
    }
}

impl AsFd for Reactor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use core::time::Duration;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn wakes_at_the_deadline_and_not_before() {
        let mut reactor = Reactor::new().unwrap();
        let mut ready = vec![7];
        let at = clock::now() + Duration::from_millis(20);
        reactor.wait(Some(at), &mut ready).unwrap();
        assert!(clock::now() >= at);
        assert!(ready.is_empty());
        // The same deadline again, and one before the timer was ever set: both return at once.
        reactor.wait(Some(at), &mut ready).unwrap();
        reactor.wait(Some(Instant::ZERO), &mut ready).unwrap();
    }

    #[test]
    fn a_readable_descriptor_comes_before_a_far_deadline() {
        let mut reactor = Reactor::new().unwrap();
        let (mut near, mut far) = UnixStream::pair().unwrap();
        reactor.add(near.as_fd(), 42).unwrap();
        assert!(reactor.add(near.as_fd(), 43).is_err());
        far.write_all(b"x").unwrap();
        let mut ready = Vec::new();
        let hour = clock::now() + Duration::from_hours(1);
        reactor.wait(Some(hour), &mut ready).unwrap();
        assert_eq!(ready, [42]);
        // Level triggered: unread, it is told again, also together with an expired deadline.
        reactor.wait(Some(clock::now()), &mut ready).unwrap();
        assert_eq!(ready, [42]);
        near.read_exact(&mut [0]).unwrap();
        reactor.wait(Some(clock::now()), &mut ready).unwrap();
        assert!(ready.is_empty());
        reactor.remove(near.as_fd()).unwrap();
        far.write_all(b"x").unwrap();
        reactor.wait(Some(clock::now()), &mut ready).unwrap();
        assert!(ready.is_empty());
    }

    #[test]
    fn the_timer_can_be_taken_back() {
        let mut reactor = Reactor::new().unwrap();
        let mut ready = Vec::new();
        reactor.wait(Some(clock::now()), &mut ready).unwrap();
        let (near, mut far) = UnixStream::pair().unwrap();
        reactor.add(near.as_fd(), 1).unwrap();
        far.write_all(b"x").unwrap();
        // Without a deadline only the descriptor can end the wait.
        reactor.wait(None, &mut ready).unwrap();
        assert_eq!(ready, [1]);
    }
}
