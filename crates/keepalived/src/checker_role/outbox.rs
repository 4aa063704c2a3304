//! What the supervisor is asked for: a burst is kept here until its channel has room again, so that
//! nothing is lost and nothing waits.
use crate::link::{self, FromRole};
use linux::channel::Channel;
use pool::CheckId;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::time::Duration;
use wire::Instant;

/// A full channel is tried again after this time.
const AGAIN: Duration = Duration::from_millis(5);
/// Checks by script that run at the same time, at most: their answers fit into the channel.
const SCRIPTS: usize = 100;

/// Requests on their way.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: VecDeque<FromRole>,
    /// Checks by script that are to be made.
    scripts: VecDeque<CheckId>,
    /// Those that are being made.
    asked: BTreeSet<CheckId>,
    again_at: Option<Instant>,
}

impl Outbox {
    pub(super) fn push(&mut self, message: FromRole) {
        self.waiting.push_back(message);
    }

    pub(super) fn push_script(&mut self, check: CheckId) {
        self.scripts.push_back(check);
    }

    /// A check by script was made.
    pub(super) fn answered(&mut self, check: CheckId) {
        self.asked.remove(&check);
    }

    /// Only these checks are left.
    pub(super) fn keep(&mut self, is_left: impl Fn(CheckId) -> bool) {
        self.asked.retain(|check| is_left(*check));
        self.scripts.retain(|check| is_left(*check));
    }

    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.again_at
    }

    /// Sends what there is room for.
    ///
    /// # Errors
    /// That of the channel when the other side is gone; all that waits is dropped then.
    pub(super) fn flush(&mut self, now: Instant, channel: &Channel) -> io::Result<()> {
        self.again_at = None;
        while self.asked.len() < SCRIPTS
            && let Some(check) = self.scripts.pop_front()
        {
            if self.asked.insert(check) {
                self.waiting.push_back(FromRole::Check(check));
            }
        }
        while let Some(message) = self.waiting.front() {
            match link::send(channel, message, None) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::PoolNotice;
    use pool::ServerId;

    fn received(channel: &Channel) -> Vec<FromRole> {
        let next = || Some(link::receive::<FromRole>(channel).unwrap()?.0);
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn a_burst_is_told_completely_and_in_order() {
        let (ours, theirs) = Channel::pair().unwrap();
        let mut outbox = Outbox::default();
        let notice = |n| FromRole::Pool(PoolNotice::Server(ServerId(n), n % 2 == 0));
        let all: Vec<FromRole> = (0..10_000).map(notice).collect();
        for message in &all {
            outbox.push(message.clone());
        }
        let mut told = Vec::new();
        let mut full = 0;
        while told.len() < all.len() {
            outbox.flush(Instant::ZERO, &ours).unwrap();
            full += u32::from(outbox.poll_timeout().is_some());
            told.extend(received(&theirs));
        }
        assert!(full > 0, "the channel was never full");
        assert_eq!(told, all);
        assert_eq!(outbox.poll_timeout(), None);
    }

    #[test]
    fn so_many_scripts_run_at_a_time_and_the_others_wait_their_turn() {
        let (ours, theirs) = Channel::pair().unwrap();
        let mut outbox = Outbox::default();
        (0..250).for_each(|n| outbox.push_script(CheckId(n)));
        outbox.flush(Instant::ZERO, &ours).unwrap();
        assert_eq!(received(&theirs).len(), SCRIPTS);
        outbox.flush(Instant::ZERO, &ours).unwrap();
        assert_eq!(received(&theirs), []);
        outbox.answered(CheckId(7));
        outbox.flush(Instant::ZERO, &ours).unwrap();
        assert_eq!(received(&theirs), [FromRole::Check(CheckId(100))]);
        outbox.keep(|check| check.0 >= 200);
        outbox.flush(Instant::ZERO, &ours).unwrap();
        assert_eq!(received(&theirs).len(), 50);
    }

    #[test]
    fn a_supervisor_that_is_gone_is_told_nothing() {
        let (ours, theirs) = Channel::pair().unwrap();
        drop(theirs);
        let mut outbox = Outbox::default();
        outbox.push_script(CheckId(1));
        assert!(outbox.flush(Instant::ZERO, &ours).is_err());
        assert_eq!(outbox.poll_timeout(), None);
    }
}
