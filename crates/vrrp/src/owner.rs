//! Two routers that both claim to own the addresses (priority 255): a mistake in somebody's
//! configuration, that must not leave two masters.
//!
//! The lower address yields at once. The higher one tells the other twice; if it still hears
//! it after that, it yields too, with priority 254, until the other is gone.
use crate::Event;
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::receive::Advert;
use crate::state::Master;
use core::time::Duration;
use std::net::IpAddr;
use wire::{AdvertInterval, Instant, Priority};

/// Adverts that the other owner gets to hear before we give in.
const WARNINGS: u8 = 2;

/// Another owner, of lower address, while we are master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rival {
    address: IpAddr,
    interval: AdvertInterval,
    warnings: u8,
    /// All warnings are out: when it counts as gone unless heard again.
    pub(crate) gone_at: Option<Instant>,
}

impl Rival {
    /// An advert of ours went out.
    pub(crate) fn warned(&mut self, now: Instant, interval: AdvertInterval) {
        self.warnings = self.warnings.saturating_add(1);
        if self.warnings >= WARNINGS && self.gone_at.is_none() {
            let interval = self.interval.max(interval).as_duration();
            self.gone_at = Some(now + interval * 6 / 5);
        }
    }
}

impl Instance {
    /// Another owner is heard while we are one, as master. True: we have to yield.
    pub(crate) fn meet_rival(
        &mut self,
        master: &mut Master,
        advert: Advert,
        out: &mut Outbox,
    ) -> bool {
        let with = advert.from;
        match master.rival {
            None => {
                self.tell(Event::OwnerConflict { with }, out);
                let (address, interval) = (with, advert.interval);
                master.rival = Some(Rival {
                    address,
                    interval,
                    warnings: 0,
                    gone_at: None,
                });
                false
            }
            Some(rival) if rival.gone_at.is_some() && rival.address == with => {
                self.tell(Event::OwnerReduced { with }, out);
                self.reduced_by = Some(with);
                true
            }
            Some(_) => false,
        }
    }

    /// The rival's time is over without another advert.
    pub(crate) fn rival_timeout(&self, now: Instant, master: &mut Master, out: &mut Outbox) {
        if master
            .rival
            .is_some_and(|rival| rival.gone_at.is_some_and(|at| at <= now))
        {
            master.rival = None;
            self.tell(Event::OwnerAlone, out);
        }
    }

    /// An advert shows that the other owner is gone, or that it is none any more.
    pub(crate) fn review_reduced(&mut self, advert: Advert, out: &mut Outbox) {
        let gone = |by: IpAddr| by != advert.from || advert.priority < Priority::OWNER;
        if self.reduced_by.is_some_and(gone) {
            self.restore(out);
        }
    }

    /// Priority 255 again, if it had been lowered.
    pub(crate) fn restore(&mut self, out: &mut Outbox) {
        if self.reduced_by.take().is_some() {
            self.tell(Event::OwnerRestored, out);
        }
    }

    /// How late our own timer may be before others have certainly taken over.
    pub(crate) fn overslept(&self, now: Instant, master: &Master) -> bool {
        let Some(other) = self.params.timer_expired_backup else {
            return false;
        };
        let (interval, version) = (self.params.interval, self.params.version);
        let patience: Duration = interval.master_down(version, other, self.params.down_adverts);
        now.saturating_since(master.advert_at) + interval.as_duration() > patience
    }
}
