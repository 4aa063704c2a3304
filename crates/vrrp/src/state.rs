//! States, each with the timers that make sense in it and nowhere else.
use crate::StateKind;
use crate::owner::Rival;
use crate::receive::Advert;
use core::time::Duration;
use wire::{AdvertInterval, Instant};

/// The state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Not begun; at the given time it does.
    Init(Option<Instant>),
    Backup(Backup),
    Master(Master),
    Fault,
    Stopped,
}

/// Listening to a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Backup {
    /// When the master counts as dead.
    pub(crate) down_at: Instant,
    /// When `preempt_delay` is over, while it runs.
    pub(crate) preempt_at: Option<Instant>,
    /// In a sync group: our time has come, and we wait for the others.
    pub(crate) wants: bool,
    /// The master's interval: learnt in version 3, else ours.
    pub(crate) interval: AdvertInterval,
    /// How far ahead of its rate telling of useless adverts is.
    pub(crate) told: Rate,
}

/// Holding the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Master {
    /// When the next advert is due.
    pub(crate) advert_at: Instant,
    /// How far ahead of its rate answering lower adverts is.
    pub(crate) answers: Rate,
    /// The last lower advert that came too soon after that: our next advert answers it.
    pub(crate) unanswered: Option<Advert>,
    /// When the second burst of announcements is due.
    pub(crate) burst_at: Option<Instant>,
    /// Bursts after answered lower adverts.
    pub(crate) lower_bursts: Bursts,
    /// When the next refresh of announcements is due.
    pub(crate) refresh_at: Option<Instant>,
    /// As owner: another one that we have heard.
    pub(crate) rival: Option<Rival>,
}

/// Once per period on average, and once more: two events may come close together, but a flood
/// counts no more than its duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rate(Instant);

impl Rate {
    /// May it happen now?
    pub(crate) fn allows(self, now: Instant, period: Duration) -> bool {
        self.0 <= now + period
    }

    /// It happens.
    pub(crate) fn spend(&mut self, now: Instant, period: Duration) {
        self.0 = self.0.max(now) + period;
    }
}

/// Bursts of announcements that lower adverts call for. Beyond a handful new ones are dropped:
/// those that wait serve the same end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bursts([Option<Instant>; 6]);

impl Bursts {
    pub(crate) fn push(&mut self, at: Instant) {
        if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(at);
        }
    }

    fn first(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Forgets those that are due and says how many there were.
    pub(crate) fn take_due(&mut self, now: Instant) -> usize {
        self.0
            .iter_mut()
            .filter_map(|slot| slot.take_if(|at| *at <= now))
            .count()
    }
}

impl State {
    pub(crate) const fn kind(&self) -> StateKind {
        match self {
            State::Init(_) => StateKind::Init,
            State::Backup(_) => StateKind::Backup,
            State::Master(_) => StateKind::Master,
            State::Fault => StateKind::Fault,
            State::Stopped => StateKind::Stopped,
        }
    }

    /// What decides the future of elections, times relative to `now`.
    pub(crate) fn outlook(&self, now: Instant) -> Vec<u64> {
        let ahead = |at: Instant| at.as_nanos().saturating_sub(now.as_nanos());
        let maybe = |at: Option<Instant>| at.map_or(u64::MAX, ahead);
        match self {
            State::Init(at) => vec![0, maybe(*at)],
            State::Backup(backup) => {
                let interval = u64::from(backup.interval.centis());
                vec![1, ahead(backup.down_at), maybe(backup.preempt_at), interval]
            }
            State::Master(master) => {
                let unanswered = u64::from(master.unanswered.is_some());
                let rival = master.rival.map(|rival| rival.gone_at);
                let (met, gone) = (u64::from(rival.is_some()), maybe(rival.flatten()));
                vec![
                    2,
                    ahead(master.advert_at),
                    ahead(master.answers.0),
                    unanswered,
                    met,
                    gone,
                ]
            }
            State::Fault => vec![3],
            State::Stopped => vec![4],
        }
    }

    /// When the state wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            State::Init(at) => *at,
            State::Fault | State::Stopped => None,
            State::Backup(backup) => Some(backup.down_at),
            State::Master(master) => {
                let rival = master.rival.and_then(|rival| rival.gone_at);
                let bursts = [
                    master.burst_at,
                    master.lower_bursts.first(),
                    master.refresh_at,
                    rival,
                ];
                Some(
                    bursts
                        .into_iter()
                        .flatten()
                        .fold(master.advert_at, Instant::min),
                )
            }
        }
    }
}

/// Why an instance cannot take part; it can when the set is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reasons(u16);

/// One reason to be in fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The interface does not exist.
    LinkMissing,
    /// The interface is down.
    LinkDown,
    /// No address to send from.
    NoSource,
    /// A tracked object without weight failed.
    Tracked,
    /// A tracked object without weight has said nothing yet; holds back a start only.
    Waits,
    /// Another member of the sync group is in fault.
    Group,
    /// Another member of the sync group waits.
    GroupWaits,
    /// A static address, route or rule that it tracks is gone and cannot be put back.
    StaticLost,
    /// `unicast_fault_no_peer`, and there are no peers.
    NoPeers,
}

impl Reasons {
    const ALL: [Reason; 9] = [
        Reason::LinkMissing,
        Reason::LinkDown,
        Reason::NoSource,
        Reason::Tracked,
        Reason::Waits,
        Reason::Group,
        Reason::GroupWaits,
        Reason::StaticLost,
        Reason::NoPeers,
    ];

    /// Adds or removes one reason.
    pub(crate) fn set(&mut self, reason: Reason, holds: bool) {
        let bit = 1 << reason as u8;
        self.0 = if holds { self.0 | bit } else { self.0 & !bit };
    }

    /// Does this reason hold?
    pub const fn has(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    /// No reason: the instance can take part.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// A reason to be in fault, not only to wait.
    pub fn is_fault(self) -> bool {
        let waits = [Reason::Waits, Reason::GroupWaits];
        self.iter().any(|reason| !waits.contains(&reason))
    }

    /// Without those that come from other members of the group.
    pub(crate) fn own(mut self) -> Reasons {
        self.set(Reason::Group, false);
        self.set(Reason::GroupWaits, false);
        self
    }

    /// The reasons that hold.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Self::ALL
            .into_iter()
            .filter(move |reason| self.has(*reason))
    }
}
