//! Gratuitous announcements on their way out: in rounds over the addresses, a few at a time, so
//! that two thousand addresses never hold up an advert.
use std::collections::VecDeque;
use std::net::IpAddr;
use vrrp::InstanceId;
use wire::MacAddr;

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

/// Rounds over an instance's addresses.
#[derive(Debug)]
struct Burst {
    targets: Vec<Announcement>,
    rounds: u32,
    next: usize,
}

/// What is still to be announced, oldest first.
#[derive(Debug, Default)]
pub(super) struct Announcer(VecDeque<Burst>);

impl Announcer {
    /// Queues `rounds` rounds over `targets`.
    pub(super) fn push(&mut self, targets: Vec<Announcement>, rounds: u32) {
        if !targets.is_empty() && rounds > 0 {
            self.0.push_back(Burst {
                targets,
                rounds,
                next: 0,
            });
        }
    }

    /// Forgets what an instance had queued: it does not hold the addresses any more.
    pub(super) fn forget(&mut self, id: InstanceId) {
        self.0
            .retain(|burst| burst.targets.first().is_some_and(|target| target.id != id));
    }

    /// Nothing is waiting.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Iterator for Announcer {
    type Item = Announcement;

    fn next(&mut self) -> Option<Announcement> {
        let burst = self.0.front_mut()?;
        let target = burst.targets.get(burst.next).copied();
        burst.next += 1;
        if burst.next >= burst.targets.len() {
            burst.next = 0;
            burst.rounds -= 1;
            if burst.rounds == 0 {
                self.0.pop_front();
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

    #[test]
    fn rounds_go_over_all_addresses_in_turn() {
        let mut announcer = Announcer::default();
        announcer.push(vec![target(1, 1), target(1, 2)], 2);
        announcer.push(vec![target(2, 3)], 1);
        announcer.push(vec![], 3);
        let seen: Vec<u8> = announcer.by_ref().map(|a| last(&a)).collect();
        assert_eq!(seen, [1, 2, 1, 2, 3]);
        assert!(announcer.is_empty());
    }

    #[test]
    fn an_instance_that_leaves_takes_its_announcements_along() {
        let mut announcer = Announcer::default();
        announcer.push(vec![target(1, 1)], 5);
        announcer.push(vec![target(2, 2)], 1);
        announcer.forget(InstanceId(1));
        assert_eq!(announcer.collect::<Vec<_>>(), [target(2, 2)]);
    }
}
