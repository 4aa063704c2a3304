//! What a role has to tell: a burst is kept here until the channel to the supervisor has room again,
//! so that nothing is lost and nothing waits.
use crate::link::{self, FromRole};
use linux::channel::Channel;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use wire::Instant;

/// A full channel is tried again after this time.
const AGAIN: Duration = Duration::from_millis(5);
/// At the end it is tried so often: a supervisor that does not read for a second is not waited for.
const PATIENCE: u32 = 200;

/// Messages on their way, in order.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<FromRole>,
    again_at: Option<Instant>,
}

impl Queue {
    pub(crate) fn push(&mut self, message: FromRole) {
        self.waiting.push_back(message);
    }

    /// When to [`flush`](Self::flush) again.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.again_at
    }

    /// Sends what there is room for.
    ///
    /// # Errors
    /// That of the channel when the other side is gone; all that waits is dropped then.
    pub(crate) fn flush(&mut self, now: Instant, channel: &Channel) -> io::Result<()> {
        self.again_at = None;
        while let Some(message) = self.waiting.front() {
            match link::send(channel, message, &[]) {
                Ok(()) => drop(self.waiting.pop_front()),
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    self.again_at = Some(now + AGAIN);
                    return Ok(());
                }
                Err(why) => {
                    self.waiting.clear();
                    return Err(why);
                }
            }
        }
        Ok(())
    }

    /// What is told of the end must be out before it: there is no later turn of the loop.
    pub(crate) fn farewell(&mut self, channel: &Channel) {
        for _ in 0..PATIENCE {
            let sent = self.flush(linux::clock::now(), channel);
            if sent.is_err() || self.poll_timeout().is_none() {
                return;
            }
            std::thread::sleep(AGAIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::PoolNotice;
    use pool::ServerId;

    #[test]
    fn a_burst_is_told_completely_and_in_order() {
        let (ours, theirs) = Channel::pair().unwrap();
        let mut queue = Queue::default();
        let notice = |n| FromRole::Pool(PoolNotice::Server(ServerId(n), n % 2 == 0));
        let all: Vec<FromRole> = (0..10_000).map(notice).collect();
        for message in &all {
            queue.push(message.clone());
        }
        let mut told = Vec::new();
        let mut full = 0;
        while told.len() < all.len() {
            queue.flush(Instant::ZERO, &ours).unwrap();
            full += u32::from(queue.poll_timeout().is_some());
            let next = || Some(link::receive::<FromRole>(&theirs).unwrap()?.0);
            told.extend(std::iter::from_fn(next));
        }
        assert!(full > 0, "the channel was never full");
        assert_eq!(told, all);
        assert_eq!(queue.poll_timeout(), None);
    }

    #[test]
    fn a_supervisor_that_is_gone_is_told_nothing() {
        let (ours, theirs) = Channel::pair().unwrap();
        drop(theirs);
        let mut queue = Queue::default();
        queue.push(FromRole::Ready);
        assert!(queue.flush(Instant::ZERO, &ours).is_err());
        assert_eq!(queue.poll_timeout(), None);
    }
}
