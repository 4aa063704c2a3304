//! What the supervisor is told and asked for; so many checks by script at a time.
use crate::link::FromRole;
use crate::queue::Queue;
use linux::channel::Channel;
use pool::CheckId;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use wire::Instant;

/// Checks by script that run at the same time, at most: their answers fit into the channel.
const SCRIPTS: usize = 100;

/// Requests on their way.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: Queue,
    /// Checks by script that are to be made.
    scripts: VecDeque<CheckId>,
    /// Those that are being made.
    asked: BTreeSet<CheckId>,
}

impl Outbox {
    pub(super) fn push(&mut self, message: FromRole) {
        self.queue.push(message);
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
        self.queue.poll_timeout()
    }

    /// Sends what there is room for.
    ///
    /// # Errors
    /// That of the channel when the other side is gone; all that waits is dropped then.
    pub(super) fn flush(&mut self, now: Instant, channel: &Channel) -> io::Result<()> {
        while self.asked.len() < SCRIPTS
            && let Some(check) = self.scripts.pop_front()
        {
            if self.asked.insert(check) {
                self.queue.push(FromRole::Check(check));
            }
        }
        self.queue.flush(now, channel)
    }

    /// The last words.
    pub(super) fn farewell(&mut self, channel: &Channel) {
        self.queue.farewell(channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link;

    fn received(channel: &Channel) -> Vec<FromRole> {
        let next = || Some(link::receive::<FromRole>(channel).unwrap()?.0);
        std::iter::from_fn(next).collect()
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
}
