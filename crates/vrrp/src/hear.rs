//! An advert addressed to an instance: refused, complained about, or obeyed.
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::receive::{self, Advert};
use crate::router::Verdict;
use crate::state::State;
use crate::{Event, Received, Reject};
use wire::vrrp::Packet;
use wire::{Instant, Priority};

impl Instance {
    pub(crate) fn handle_advert(
        &mut self,
        now: Instant,
        rx: &Received<'_>,
        packet: Packet<'_>,
        out: &mut Outbox,
    ) -> Verdict {
        if now < self.held_until || !matches!(self.state, State::Backup(_) | State::Master(_)) {
            return Verdict::Ignored(self.id);
        }
        let utc = self.clock.utc(now);
        match receive::check(&self.params, &mut self.sequences, rx, packet, utc) {
            Ok(advert) => {
                self.stats.advert_rcvd += 1;
                self.take(now, advert, packet, out);
                Verdict::Obeyed(self.id)
            }
            Err(why) => {
                self.refuse(now, rx, why.clone(), out);
                Verdict::Reject(why)
            }
        }
    }

    fn refuse(&mut self, now: Instant, rx: &Received<'_>, why: Reject, out: &mut Outbox) {
        self.stats.count(&why);
        self.complain(
            now,
            Event::Refused {
                from: rx.source,
                why,
            },
            out,
        );
    }

    fn take(&mut self, now: Instant, advert: Advert, packet: Packet<'_>, out: &mut Outbox) {
        let changed = self.master != Some(advert.from);
        if matches!(self.state, State::Backup(_)) {
            self.note_master(advert, out);
        }
        if advert.priority != Priority::STOP {
            self.heard = Some(advert.priority);
        }
        self.compare(now, advert, packet, changed, out);
        self.obey(now, advert, out);
    }

    /// Complains about what differs but does not matter.
    fn compare(
        &mut self,
        now: Instant,
        advert: Advert,
        packet: Packet<'_>,
        changed: bool,
        out: &mut Outbox,
    ) {
        let (from, want) = (advert.from, self.params.interval);
        if advert.interval != want {
            self.complain(
                now,
                Event::IntervalDiffers {
                    got: advert.interval,
                    want,
                },
                out,
            );
        }
        if self.params.skip_address_check && !changed {
            return;
        }
        if let Some(fault) = receive::address_list(&self.params, packet) {
            self.stats.addr_list_err += 1;
            self.complain(
                now,
                Event::List {
                    from,
                    fault,
                    vrid: self.params.vrid,
                },
                out,
            );
        }
    }
}
