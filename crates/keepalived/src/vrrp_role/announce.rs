//! Gratuitous announcements on their way out: in rounds over the addresses, a few at a time, so
//! that two thousand addresses never hold up an advert.
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;
use vrrp::InstanceId;
use wire::{Instant, MacAddr};

/// One frame to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announcement {
    pub(super) id: InstanceId,
    pub(super) link: u32,
    pub(super) mac: MacAddr,
    pub(super) address: IpAddr,
    /// The interface forwards packets (neighbour advertisements say so).
    pub(super) router: bool,
}

/// What is sent one by one, with a pause between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Lane {
    /// What shares the pauses: an interface, or a `garp_group`; 0 where there are none.
    pub(super) of: u32,
    /// Neighbour advertisements have their own.
    pub(super) v6: bool,
    /// `vrrp_garp_interval`, `vrrp_gna_interval`; zero: no pause.
    pub(super) pause: Duration,
}

/// Rounds over an instance's addresses.
#[derive(Debug)]
struct Burst {
    targets: Vec<Announcement>,
    rounds: u32,
    next: usize,
}

#[derive(Debug, Default)]
struct Queue {
    bursts: VecDeque<Burst>,
    /// When the next may leave.
    free_at: Instant,
}

/// What is still to be announced, oldest first in each lane.
#[derive(Debug, Default)]
pub(super) struct Announcer(BTreeMap<Lane, Queue>);

impl Announcer {
    /// Queues `rounds` rounds over `targets`, each in its lane.
    pub(super) fn push(&mut self, targets: Vec<(Lane, Announcement)>, rounds: u32) {
        let mut lanes: BTreeMap<Lane, Vec<Announcement>> = BTreeMap::new();
        for (lane, target) in targets {
            lanes.entry(lane).or_default().push(target);
        }
        for (lane, targets) in lanes.into_iter().filter(|_| rounds > 0) {
            self.0.entry(lane).or_default().bursts.push_back(Burst {
                targets,
                rounds,
                next: 0,
            });
        }
    }

    /// Forgets what an instance had queued: it does not hold the addresses any more.
    pub(super) fn forget(&mut self, id: InstanceId) {
        for queue in self.0.values_mut() {
            queue
                .bursts
                .retain(|burst| burst.targets.first().is_some_and(|target| target.id != id));
        }
    }

    /// When there is something to send.
    pub(super) fn due_at(&self) -> Option<Instant> {
        let waiting = self.0.values().filter(|queue| !queue.bursts.is_empty());
        waiting.map(|queue| queue.free_at).min()
    }

    /// What may leave now, at most `most`.
    pub(super) fn take(&mut self, now: Instant, most: usize) -> Vec<Announcement> {
        let mut batch = Vec::new();
        for (lane, queue) in &mut self.0 {
            while batch.len() < most
                && queue.free_at <= now
                && let Some(one) = queue.pop()
            {
                batch.push(one);
                if !lane.pause.is_zero() {
                    queue.free_at = now + lane.pause;
                }
            }
        }
        batch
    }
}

impl Queue {
    fn pop(&mut self) -> Option<Announcement> {
        let burst = self.bursts.front_mut()?;
        let target = burst.targets.get(burst.next).copied();
        burst.next += 1;
        if burst.next >= burst.targets.len() {
            burst.next = 0;
            burst.rounds -= 1;
            if burst.rounds == 0 {
                self.bursts.pop_front();
            }
        }
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(one: &Announcement) -> u8 {
        match one.address {
            IpAddr::V4(address) => address.octets()[3],
            IpAddr::V6(address) => address.octets()[15],
        }
    }

    fn target(id: u32, last: u8) -> Announcement {
        let address = IpAddr::from([10, 0, 0, last]);
        Announcement {
            id: InstanceId(id),
            link: 1,
            mac: MacAddr::default(),
            address,
            router: false,
        }
    }

    fn plain(targets: Vec<Announcement>) -> Vec<(Lane, Announcement)> {
        let lane = Lane::default();
        targets.into_iter().map(|target| (lane, target)).collect()
    }

    #[test]
    fn rounds_go_over_all_addresses_in_turn() {
        let mut announcer = Announcer::default();
        announcer.push(plain(vec![target(1, 1), target(1, 2)]), 2);
        announcer.push(plain(vec![target(2, 3)]), 1);
        announcer.push(vec![], 3);
        let seen = announcer.take(Instant::ZERO, 99);
        let seen: Vec<u8> = seen.iter().map(last).collect();
        assert_eq!(seen, [1, 2, 1, 2, 3]);
        assert_eq!(announcer.due_at(), None);
    }

    #[test]
    fn an_instance_that_leaves_takes_its_announcements_along() {
        let mut announcer = Announcer::default();
        announcer.push(plain(vec![target(1, 1)]), 5);
        announcer.push(plain(vec![target(2, 2)]), 1);
        announcer.forget(InstanceId(1));
        assert_eq!(announcer.take(Instant::ZERO, 99), [target(2, 2)]);
    }

    #[test]
    fn a_lane_pauses_and_holds_up_no_other() {
        let pause = Duration::from_millis(200);
        let (v6, of) = (false, 7);
        let slow = Lane { of, v6, pause };
        let mut announcer = Announcer::default();
        announcer.push(vec![(slow, target(1, 1)), (slow, target(1, 2))], 2);
        announcer.push(plain(vec![target(2, 3)]), 2);
        let mut now = Instant::ZERO;
        let mut seen = Vec::new();
        while let Some(at) = announcer.due_at() {
            now = at;
            let batch = announcer.take(now, 99);
            seen.push(batch.iter().map(last).collect::<Vec<_>>());
        }
        assert_eq!(seen, [vec![3, 3, 1], vec![2], vec![1], vec![2]]);
        assert_eq!(now, Instant::ZERO + 3 * pause);
    }
}
