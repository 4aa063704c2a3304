//! Virtual addresses with `-nodad` for which another host answered (RFC 4862 section 5.4.5): the
//! kernel has them and never uses them. While they are ours to hold, they are taken away and added
//! again from time to time, so that the kernel asks once more.
use super::Role;
use ledger::AddressKey;
use linux::netlink::Address;
use std::collections::BTreeMap;
use std::time::Duration;
use vrrp::InstanceId;
use wire::Instant;

/// Pause before the first new trial, doubled for each further one: a master that falls silent
/// keeps its addresses for a moment, one that stays is not asked all the time.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Duplicates(BTreeMap<AddressKey, Trial>);

#[derive(Debug)]
struct Trial {
    pause: Duration,
    /// `None` while the kernel asks.
    due: Option<Instant>,
}

impl Duplicates {
    /// The kernel was told that another host has it; gives the pause, unless that was known.
    fn failed(&mut self, key: AddressKey, now: Instant) -> Option<Duration> {
        let trial = self.0.entry(key).or_insert(Trial {
            pause: FIRST / 2,
            due: None,
        });
        if trial.due.is_some() {
            return None;
        }
        trial.pause = (trial.pause * 2).min(LONGEST);
        trial.due = Some(now + trial.pause);
        Some(trial.pause)
    }

    /// The kernel uses it; whether it did not before.
    fn passed(&mut self, key: &AddressKey) -> bool {
        self.0.remove(key).is_some()
    }

    pub(super) fn due_at(&self) -> Option<Instant> {
        self.0.values().filter_map(|trial| trial.due).min()
    }

    /// What is to be asked again now.
    fn take_due(&mut self, now: Instant) -> Vec<AddressKey> {
        let due = |trial: &Trial| trial.due.is_some_and(|due| due <= now);
        let mut all = Vec::new();
        for (key, trial) in self.0.iter_mut().filter(|(_, trial)| due(trial)) {
            trial.due = None;
            all.push(*key);
        }
        all
    }
}

impl Role {
    /// An address came, or became usable or useless.
    pub(super) fn watch_for_duplicate(&mut self, now: Instant, address: &Address) {
        if !self.kernel.is_virtual(&address.key) {
            return;
        }
        let (ip, name) = (
            address.key.prefix.addr(),
            self.links.name_of(address.key.link),
        );
        let name = name.unwrap_or("?");
        if address.is_duplicate() {
            if let Some(pause) = self.duplicates.failed(address.key, now) {
                self.log.info(format!(
                    "Virtual address {ip} on {name} is another host's too: duplicate address \
                     detection failed, and the kernel does not use it; trying again in {} s",
                    pause.as_secs()
                ));
            }
        } else if !address.is_tentative() && self.duplicates.passed(&address.key) {
            self.log.info(format!(
                "Virtual address {ip} on {name} is no other host's any more"
            ));
            for id in self.holders(&address.key) {
                self.announce_again(id, &address.key);
            }
        }
    }

    /// Has the kernel ask for those whose pause is over; those that nobody holds are forgotten.
    pub(super) fn retry_duplicates(&mut self, now: Instant) {
        for key in self.duplicates.take_due(now) {
            if !self.kernel.renew(&key) {
                self.duplicates.passed(&key);
            }
        }
    }

    fn holders(&self, key: &AddressKey) -> Vec<InstanceId> {
        let held = self.held.iter().copied();
        held.filter(|id| self.kernel.has_named(*id, key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_become_rarer_until_one_passes() {
        let key = AddressKey::new(1, "2001:db8::1/64".parse().unwrap());
        let mut all = Duplicates::default();
        let mut now = Instant::ZERO;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let pause = all.failed(key, now).unwrap();
            assert_eq!(all.failed(key, now), None, "it was known");
            assert_eq!(all.due_at(), Some(now + pause));
            now += pause;
            assert_eq!(all.take_due(now), [key]);
            assert_eq!(all.due_at(), None, "the kernel asks");
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(all.passed(&key));
        assert!(!all.passed(&key), "it was used already");
        assert_eq!(all.failed(key, now), Some(FIRST), "another time");
    }
}
