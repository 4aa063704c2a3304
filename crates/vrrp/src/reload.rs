//! Taking up new parameters while running.
use crate::Params;
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::state::{Backup, Bursts, Master, State};
use wire::Instant;

impl Instance {
    /// A master stays master and tells the others at once, also of new addresses and by new
    /// announcement settings; a backup waits its full
    /// time anew; a delayed burst of announcements is forgotten: all as the original does.
    pub(crate) fn tune(&mut self, now: Instant, params: Params, out: &mut Outbox) {
        let announce = self.params.garp != params.garp || self.params.addresses != params.addresses;
        self.params = params;
        self.adverts.forget();
        match self.state {
            State::Master(master) => {
                self.send(now, self.priority(), out);
                let garp = self.params.garp;
                let refresh_at = (!garp.refresh.is_zero()).then(|| now + garp.refresh);
                self.state = State::Master(Master {
                    advert_at: now + self.params.interval.as_duration(),
                    burst_at: None,
                    lower_bursts: Bursts::default(),
                    refresh_at: if announce {
                        refresh_at
                    } else {
                        master.refresh_at
                    },
                    ..master
                });
                if announce {
                    self.announce(garp.repeat, out);
                }
            }
            State::Backup(backup) => {
                self.state = State::Backup(Backup {
                    down_at: now + self.master_down(),
                    ..backup
                });
            }
            State::Init(_) | State::Fault | State::Stopped => {}
        }
    }
}
