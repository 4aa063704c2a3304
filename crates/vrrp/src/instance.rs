//! One virtual router: its state and the ways between states.
use crate::advert::{Adverts, Sending};
use crate::auth::Sequences;
use crate::clock::Clock;
use crate::effect::Outbox;
use crate::receive::Advert;
use crate::state::{Backup, Bursts, Master, Rate, Reason, Reasons, State};
use crate::stats::{Stats, Told};
use crate::track::{self, Share};
use crate::{Cause, Effect, Event, GroupId, InstanceId, Link, Notice, Params, StateKind, What};
use core::time::Duration;
use std::net::IpAddr;
use std::sync::Arc;
use wire::{Instant, Priority};

/// One `vrrp_instance` at work.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    /// Shared with the plan that they are from.
    pub(crate) params: Arc<Params>,
    pub(crate) state: State,
    pub(crate) reasons: Reasons,
    /// Index of its link while that exists.
    pub(crate) ifindex: Option<u32>,
    /// Where adverts come from; kept when lost, for the last farewell.
    pub(crate) source: Option<IpAddr>,
    pub(crate) stats: Stats,
    /// Sum of the weights of tracked objects.
    pub(crate) weight: i32,
    /// Source of the last advert that was obeyed.
    pub(crate) master: Option<IpAddr>,
    /// The priority of the last one that was no farewell.
    pub(crate) heard: Option<Priority>,
    pub(crate) told: Told,
    pub(crate) since: Instant,
    pub(crate) adverts: Adverts,
    pub(crate) sequences: Sequences,
    pub(crate) clock: Clock,
    /// Until then all elections are held (`vrrp_startup_delay`).
    pub(crate) held_until: Instant,
    /// Started, though it may still wait.
    pub(crate) begun: bool,
    /// Its start waits, or had to wait, for the first result of a script.
    pub(crate) waited: bool,
    /// The tracked object that failed last.
    pub(crate) failed: Option<What>,
    /// The reasons that held it in fault last.
    pub(crate) held_by: Reasons,
    /// Its sync group.
    pub(crate) group: Option<GroupId>,
    /// Another member of the group that moved first the last time.
    pub(crate) led_by: Option<InstanceId>,
    /// As owner: who made us lower our priority to 254.
    pub(crate) reduced_by: Option<IpAddr>,
}

impl Instance {
    pub(crate) fn new(now: Instant, id: InstanceId, params: Arc<Params>) -> Self {
        Instance {
            id,
            params,
            state: State::Init(None),
            reasons: Reasons::default(),
            ifindex: None,
            source: None,
            stats: Stats::default(),
            weight: 0,
            master: None,
            heard: None,
            told: Told::default(),
            since: now,
            adverts: Adverts::default(),
            sequences: Sequences::default(),
            clock: Clock::default(),
            held_until: now,
            begun: false,
            waited: false,
            failed: None,
            held_by: Reasons::default(),
            group: None,
            led_by: None,
            reduced_by: None,
        }
    }

    /// Base priority and weights, within 1 to 254; an owner's is not changed by weights.
    pub(crate) fn priority(&self) -> Priority {
        let base = self.params.priority;
        if base.is_owner() {
            return if self.reduced_by.is_some() {
                Priority::new(254)
            } else {
                base
            };
        }
        track::effective(base, self.weight)
    }

    /// Takes up what is known of its link, without acting on it.
    pub(crate) fn see_link(&mut self, link: Option<&Link>) {
        let source = self
            .params
            .source
            .or_else(|| link?.source(self.params.family));
        let tracked = !self.params.dont_track_primary;
        let anywhere = self.params.interface.is_empty();
        self.ifindex = link.map(|link| link.index).or(anywhere.then_some(0));
        let missing = link.is_none() && !anywhere;
        self.reasons.set(Reason::LinkMissing, missing);
        self.reasons.set(
            Reason::LinkDown,
            tracked && link.is_some_and(|link| !link.up),
        );
        let there = |address| link.is_some_and(|link| link.sources.contains(&address));
        let lost = self.params.track_source && !self.params.source.is_some_and(there);
        self.reasons.set(Reason::NoSource, source.is_none() || lost);
        let alone = self.params.needs_peers && self.params.peers.is_empty();
        self.reasons.set(Reason::NoPeers, alone);
        if source.is_some() && source != self.source {
            self.source = source;
            self.adverts.forget();
        }
    }

    /// Leaves `Init` by the start rules: master at once only when it owns the addresses and
    /// `state MASTER` says so.
    pub(crate) fn start(&mut self, now: Instant, resumed: bool, out: &mut Outbox) {
        let held = self.held_until.saturating_since(now);
        self.begun = true;
        if self.reasons.is_fault() {
            self.enter_fault(now, self.fault_cause(), out);
        } else if !self.reasons.is_empty() {
            // the first result of a script decides; see `review`
            self.waited = true;
        } else if resumed {
            self.become_master(now, Cause::Resumed, out);
        } else if !self.params.start_master || !self.priority().is_owner() {
            self.enter_backup(now, held + self.master_down(), Cause::Started, out);
        } else if held.is_zero() {
            self.tell(Event::Timeout, out);
            self.become_master(now, Cause::Owner, out);
        } else {
            self.state = State::Init(Some(self.held_until + self.params.interval.as_duration()));
        }
    }

    /// Into fault or out of it, as the reasons have it now. After a fault it is backup first,
    /// whatever `state` says.
    pub(crate) fn review(&mut self, now: Instant, out: &mut Outbox) {
        let (fault, free) = (self.reasons.is_fault(), self.reasons.is_empty());
        if !free {
            self.held_by = self.reasons;
        }
        match self.state {
            State::Init(None) if self.waited && free => self.start(now, false, out),
            // as the original, without a line of its own: the script has one
            State::Init(None) if self.waited && fault => {
                self.leave(now, State::Fault, self.fault_cause(), true, out);
            }
            State::Fault if free => {
                self.greet_peers(out);
                self.enter_backup(now, self.master_down(), self.end_of_fault(), out);
            }
            State::Backup(_) | State::Master(_) if fault => {
                self.enter_fault(now, self.fault_cause(), out);
            }
            _ => {}
        }
    }

    /// Peers are reached by address, which they may have forgotten while the link was down.
    fn greet_peers(&self, out: &mut Outbox) {
        if let Some(address) = self.source.filter(|_| !self.params.peers.is_empty()) {
            out.push(Effect::AnnounceSource {
                id: self.id,
                address,
            });
        }
    }

    /// Takes up what its tracked objects say, without acting on faults. The timer of a backup
    /// moves with the priority, as the original's does.
    pub(crate) fn weigh(&mut self, share: Share, out: &mut Outbox) {
        let from = self.priority();
        self.weight = share.weight;
        self.reasons.set(Reason::Tracked, share.fault);
        self.reasons.set(Reason::Waits, share.wait);
        let to = self.priority();
        if from == to {
            return;
        }
        if let State::Backup(backup) = &mut self.state {
            let skew = |priority| backup.interval.skew(self.params.version, priority);
            let moved = (backup.down_at + skew(to)).as_nanos();
            let before = u64::try_from(skew(from).as_nanos()).unwrap_or(0);
            backup.down_at = Instant::from_nanos(moved.saturating_sub(before));
        }
        if !matches!(self.state, State::Fault | State::Stopped) {
            self.tell(Event::PriorityChanged { from, to }, out);
        }
    }

    /// `Master_Down_Interval` with our own advert interval.
    pub(crate) fn master_down(&self) -> Duration {
        self.params.interval.master_down(
            self.params.version,
            self.priority(),
            self.params.down_adverts,
        )
    }

    /// Goes to backup and waits `wait` for a master.
    pub(crate) fn enter_backup(
        &mut self,
        now: Instant,
        wait: Duration,
        cause: Cause,
        out: &mut Outbox,
    ) {
        let init = matches!(self.state, State::Init(_)) && !self.waited;
        let next = Backup {
            down_at: now + wait,
            preempt_at: None,
            wants: false,
            interval: self.params.interval,
            told: Rate::default(),
        };
        self.tell(
            Event::Entering {
                state: StateKind::Backup,
                init,
            },
            out,
        );
        let farewell = cause == Cause::AddressLost;
        self.leave(now, State::Backup(next), cause, farewell, out);
    }

    /// Takes the addresses: advert first, so that the others know before anything else.
    pub(crate) fn become_master(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        self.sequences.restart_ah();
        self.send(now, self.priority(), out);
        self.stats.become_master += 1;
        let garp = self.params.garp;
        let burst_at = (!garp.delay.is_zero()).then(|| now + garp.delay);
        let refresh_at = (!garp.refresh.is_zero()).then(|| now + garp.delay + garp.refresh);
        let next = Master {
            advert_at: now + self.params.interval.as_duration(),
            answers: Rate::default(),
            unanswered: None,
            burst_at,
            lower_bursts: Bursts::default(),
            refresh_at,
            rival: None,
        };
        self.tell(
            Event::Entering {
                state: StateKind::Master,
                init: false,
            },
            out,
        );
        self.restore(out);
        self.tell(Event::Setting, out);
        out.push(Effect::Hold(self.id));
        self.announce(garp.repeat, out);
        self.change(now, State::Master(next), cause, out);
    }

    /// Goes to fault, with a farewell while there is an address to send it from.
    pub(crate) fn enter_fault(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        self.tell(
            Event::Entering {
                state: StateKind::Fault,
                init: matches!(self.state, State::Init(_)),
            },
            out,
        );
        self.leave(now, State::Fault, cause, true, out);
    }

    /// Stops for good.
    pub(crate) fn stop(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        if self.state != State::Stopped {
            self.leave(now, State::Stopped, cause, true, out);
        }
    }

    /// Leaves whatever state it is in; a master says farewell (if asked to) and lets go.
    fn leave(&mut self, now: Instant, next: State, cause: Cause, farewell: bool, out: &mut Outbox) {
        if matches!(self.state, State::Master(_)) {
            if farewell && self.send(now, Priority::STOP, out) {
                self.tell(Event::SentStop, out);
            }
            self.stats.release_master += 1;
            self.tell(Event::Removing, out);
            out.push(Effect::Release(self.id));
        }
        self.change(now, next, cause, out);
    }

    fn change(&mut self, now: Instant, next: State, cause: Cause, out: &mut Outbox) {
        let (from, to) = (self.state.kind(), next.kind());
        self.state = next;
        self.since = now;
        out.push(Effect::Notify(Notice {
            id: self.id,
            from,
            to,
            priority: self.priority(),
            cause,
            at: now,
        }));
    }

    /// Sends an advert to all destinations; false when no link or address is there to send from.
    pub(crate) fn send(&mut self, now: Instant, priority: Priority, out: &mut Outbox) -> bool {
        let Some(from) = self
            .source
            .filter(|_| !self.reasons.has(Reason::LinkMissing))
        else {
            return false;
        };
        let (id, params, sequences) = (self.id, &self.params, &mut self.sequences);
        let with = Sending {
            id,
            params,
            sequences,
            from,
            priority,
            utc: self.clock.utc(now),
        };
        self.stats.advert_sent += self.adverts.send(with, out);
        if priority == Priority::STOP {
            self.stats.pri_zero_sent += 1;
        }
        true
    }

    /// Announces the addresses, unless the configuration wants no announcements.
    pub(crate) fn announce(&self, repeat: u32, out: &mut Outbox) {
        if repeat > 0 {
            out.push(Effect::Announce {
                id: self.id,
                repeat,
            });
        }
    }

    pub(crate) fn tell(&self, event: Event, out: &mut Outbox) {
        out.push(Effect::Tell(self.id, event));
    }

    /// Tells a complaint unless one of its kind was told since the master last changed.
    pub(crate) fn complain(&mut self, now: Instant, event: Event, out: &mut Outbox) {
        if self.told.first(now, &event) {
            self.tell(event, out);
        }
    }

    /// Notes who the master is; a new one makes all complaints new.
    pub(crate) fn note_master(&mut self, advert: Advert, out: &mut Outbox) {
        let to = advert.from;
        match self.master.replace(to) {
            Some(from) if from == to => return,
            Some(from) => self.tell(Event::MasterChanged { from, to }, out),
            None => self.tell(Event::MasterSet { to }, out),
        }
        self.told.forget();
    }

    /// The cause that stands for the reasons of a fault.
    pub(crate) fn fault_cause(&self) -> Cause {
        let link = [Reason::LinkMissing, Reason::LinkDown, Reason::NoSource];
        if link.into_iter().any(|reason| self.reasons.has(reason)) {
            Cause::LinkDown
        } else if let Some(what) = self.failed_now(self.reasons) {
            Cause::Tracked { what }
        } else if self.reasons.has(Reason::StaticLost) {
            Cause::StaticLost
        } else {
            let first = self.led_by.unwrap_or(self.id);
            Cause::Group { first }
        }
    }

    /// Why a fault is over.
    fn end_of_fault(&self) -> Cause {
        match (self.led_by, self.failed_now(self.held_by)) {
            (Some(first), _) => Cause::Group { first },
            (None, Some(what)) => Cause::Recovered { what },
            (None, None) => Cause::LinkUp,
        }
    }

    fn failed_now(&self, reasons: Reasons) -> Option<What> {
        self.failed.clone().filter(|_| reasons.has(Reason::Tracked))
    }
}
