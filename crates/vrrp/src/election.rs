//! The election: what an advert or a timer does to a state (RFC 9568 section 6.4).
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::receive::Advert;
use crate::state::{Backup, Master, Rate, State};
use crate::{Cause, Event, Preempt};
use core::time::Duration;
use wire::{AdvertInterval, Instant, Priority};

impl Instance {
    /// A sound advert.
    pub(crate) fn obey(&mut self, now: Instant, advert: Advert, out: &mut Outbox) {
        if advert.priority == Priority::STOP {
            self.stats.pri_zero_rcvd += 1;
        }
        self.review_reduced(advert, out);
        match self.state {
            State::Init(_) | State::Fault | State::Stopped => {}
            State::Backup(backup) => {
                let next = self.backup_hears(now, backup, advert, out);
                self.state = State::Backup(next);
            }
            State::Master(master) => self.master_hears(now, master, advert, out),
        }
    }

    /// RFC 9568 section 6.4.2.
    fn backup_hears(
        &mut self,
        now: Instant,
        backup: Backup,
        advert: Advert,
        out: &mut Outbox,
    ) -> Backup {
        if advert.priority == Priority::STOP {
            return self.heard_stop(now, backup, out);
        }
        if advert.priority >= self.priority() || self.never_preempts() {
            return Backup {
                preempt_at: None,
                ..self.follow(now, backup, advert, out)
            };
        }
        match (self.params.preempt, backup.preempt_at) {
            (Preempt::After(delay), None) if !delay.is_zero() => {
                self.tell(Event::PreemptDelay(delay), out);
                let preempt_at = Some(now + delay);
                Backup {
                    preempt_at,
                    ..self.follow(now, backup, advert, out)
                }
            }
            (_, Some(over)) if now < over => self.follow(now, backup, advert, out),
            _ => self.discard(now, backup, advert, out),
        }
    }

    /// Takes over the master's interval and waits for its next advert.
    fn follow(&mut self, now: Instant, backup: Backup, advert: Advert, out: &mut Outbox) -> Backup {
        self.learn(backup.interval, advert, out);
        Backup {
            down_at: now + self.down_after(advert),
            interval: advert.interval,
            wants: false,
            ..backup
        }
    }

    fn learn(&mut self, from: AdvertInterval, advert: Advert, out: &mut Outbox) {
        let to = advert.interval;
        if from != to {
            self.tell(Event::IntervalLearnt { from, to }, out);
        }
    }

    /// `Master_Down_Interval` by the interval of the master's advert.
    fn down_after(&self, advert: Advert) -> Duration {
        advert.interval.master_down(
            self.params.version,
            self.priority(),
            self.params.down_adverts,
        )
    }

    /// The master is leaving. A second farewell does not prolong the wait.
    fn heard_stop(&self, now: Instant, mut backup: Backup, out: &mut Outbox) -> Backup {
        self.tell_at_rate(now, &mut backup.told, Event::BackupHeardStop, out);
        let skew = backup.interval.skew(self.params.version, self.priority());
        let down_at = backup.down_at.min(now + skew);
        Backup {
            down_at,
            preempt_at: None,
            wants: false,
            ..backup
        }
    }

    /// Lets the timer run, so that the lower master is replaced.
    fn discard(
        &self,
        now: Instant,
        mut backup: Backup,
        advert: Advert,
        out: &mut Outbox,
    ) -> Backup {
        let discarded = Event::Discarded {
            from: advert.from,
            priority: advert.priority,
        };
        self.tell_at_rate(now, &mut backup.told, discarded, out);
        backup
    }

    /// Tells it unless that was told too often lately.
    fn tell_at_rate(&self, now: Instant, rate: &mut Rate, event: Event, out: &mut Outbox) {
        let period = self.params.interval.as_duration();
        if rate.allows(now, period) {
            rate.spend(now, period);
            self.tell(event, out);
        }
    }

    /// `nopreempt`; an owner preempts always.
    fn never_preempts(&self) -> bool {
        self.params.preempt == Preempt::No && !self.priority().is_owner()
    }

    /// RFC 9568 section 6.4.3.
    fn master_hears(&mut self, now: Instant, mut master: Master, advert: Advert, out: &mut Outbox) {
        let (from, priority, ours) = (advert.from, advert.priority, self.priority());
        let yields =
            priority.is_owner() && ours.is_owner() && self.meet_rival(&mut master, advert, out);
        self.state = State::Master(master);
        let answers = master
            .answers
            .allows(now, self.params.interval.as_duration());
        if priority == Priority::STOP {
            if answers {
                self.answer_stop(now, master, out);
            }
        } else if priority > ours {
            self.tell(
                Event::Higher {
                    from,
                    priority,
                    ours,
                },
                out,
            );
            self.yield_to(now, advert, out);
        } else if yields || priority == ours && self.source.is_some_and(|source| from > source) {
            self.tell(Event::Equal { from, priority }, out);
            self.yield_to(now, advert, out);
        } else if answers {
            self.answer_lower(now, master, advert, out);
        } else {
            self.state = State::Master(Master {
                unanswered: Some(advert),
                ..master
            });
        }
    }

    /// Becomes the backup of a better master.
    fn yield_to(&mut self, now: Instant, advert: Advert, out: &mut Outbox) {
        if self.params.higher_prio_send_advert {
            self.send(now, self.priority(), out);
        }
        self.learn(self.params.interval, advert, out);
        let cause = Cause::HigherAdvert {
            from: advert.from,
            priority: advert.priority,
        };
        self.enter_backup(now, self.down_after(advert), cause, out);
        if let State::Backup(backup) = &mut self.state {
            backup.interval = advert.interval;
        }
    }

    /// Somebody else leaves: the others hear at once that we do not.
    fn answer_stop(&mut self, now: Instant, mut master: Master, out: &mut Outbox) {
        self.tell(Event::MasterHeardStop, out);
        master.advert_at = now;
        master
            .answers
            .spend(now, self.params.interval.as_duration());
        self.state = State::Master(master);
    }

    /// Tells a lower master and the neighbours who is who, at most once per advert interval.
    ///
    /// The answer is made due, not sent: when a backlog is read after an oversleep, a better
    /// master may stand behind the lower one, and then there is nothing to say.
    fn answer_lower(&mut self, now: Instant, mut master: Master, advert: Advert, out: &mut Outbox) {
        if !self.params.lower_prio_no_advert {
            master.advert_at = now;
        }
        master.unanswered = None;
        self.announce_against(now, &mut master, advert, out);
        self.state = State::Master(master);
    }

    /// Gratuitous ARP against a lower master, as it has sent its own.
    fn announce_against(
        &mut self,
        now: Instant,
        master: &mut Master,
        advert: Advert,
        out: &mut Outbox,
    ) {
        let (from, priority, ours) = (advert.from, advert.priority, self.priority());
        self.tell(
            Event::Lower {
                from,
                priority,
                ours,
            },
            out,
        );
        master
            .answers
            .spend(now, self.params.interval.as_duration());
        let garp = self.params.garp;
        if garp.lower_prio_repeat > 0 {
            master.lower_bursts.push(now);
            if !garp.lower_prio_delay.is_zero() {
                master.lower_bursts.push(now + garp.lower_prio_delay);
            }
        }
    }

    /// Every deadline that has passed.
    pub(crate) fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        match self.state {
            State::Backup(backup) if backup.down_at <= now => {
                self.tell(Event::Timeout, out);
                if self.group.is_some() {
                    self.state = State::Backup(Backup {
                        wants: true,
                        down_at: now + self.master_down(),
                        ..backup
                    });
                } else {
                    self.take_over(now, backup, Cause::MasterSilent, out);
                }
            }
            State::Init(Some(at)) if at <= now => {
                self.state = State::Init(None);
                self.start(now, false, out);
            }
            State::Master(master) if master.advert_at <= now && self.overslept(now, &master) => {
                let late = now.saturating_since(master.advert_at);
                self.tell(Event::Overslept { late }, out);
                self.enter_backup(now, self.master_down(), Cause::Overslept, out);
            }
            State::Master(master) => self.master_timeout(now, master, out),
            State::Backup(_) | State::Init(_) | State::Fault | State::Stopped => {}
        }
    }

    /// From backup to master.
    pub(crate) fn take_over(
        &mut self,
        now: Instant,
        backup: Backup,
        cause: Cause,
        out: &mut Outbox,
    ) {
        self.unlearn(backup.interval, out);
        self.become_master(now, cause, out);
    }

    /// As master our own interval counts.
    fn unlearn(&self, from: AdvertInterval, out: &mut Outbox) {
        let to = self.params.interval;
        if from != to {
            self.tell(Event::IntervalReset { from, to }, out);
        }
    }

    /// Adverts before announcements: the others wait for the former.
    fn master_timeout(&mut self, now: Instant, mut master: Master, out: &mut Outbox) {
        let garp = self.params.garp;
        if master.advert_at <= now {
            self.send(now, self.priority(), out);
            if let Some(advert) = master.unanswered.take() {
                self.announce_against(now, &mut master, advert, out);
            }
            if let Some(rival) = &mut master.rival {
                rival.warned(now, self.params.interval);
            }
            master.advert_at =
                next_on_grid(master.advert_at, self.params.interval.as_duration(), now);
        }
        self.rival_timeout(now, &mut master, out);
        if master.burst_at.take_if(|at| *at <= now).is_some() {
            self.announce(garp.repeat, out);
        }
        for _ in 0..master.lower_bursts.take_due(now) {
            self.announce(garp.lower_prio_repeat, out);
        }
        if let Some(at) = master.refresh_at.filter(|at| *at <= now) {
            self.announce(garp.refresh_repeat, out);
            master.refresh_at = Some(next_on_grid(at, garp.refresh, now));
        }
        self.state = State::Master(master);
    }
}

/// The first deadline after `now` on the grid that `deadline` lies on: no drift while we are
/// punctual, and no burst of what was missed after an oversleep.
fn next_on_grid(deadline: Instant, period: Duration, now: Instant) -> Instant {
    let period = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX).max(1);
    let late = now.as_nanos().saturating_sub(deadline.as_nanos());
    let next = (late / period).saturating_add(1).saturating_mul(period);
    Instant::from_nanos(deadline.as_nanos().saturating_add(next))
}
