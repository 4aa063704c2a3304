//! Taking up new parameters while running.
use crate::Params;
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::state::{Backup, Bursts, Master, State};
use wire::Instant;

impl Instance {
    /// A master stays master and tells the others at once; a backup waits its full
    /// time anew; a delayed burst of announcements is forgotten: all as the original does.
    pub(crate) fn tune(&mut self, now: Instant, params: Params, out: &mut Outbox) {
        self.params = params;
        self.adverts.forget();
        match self.state {
            State::Master(master) => {
                self.send(self.priority(), out);
                let advert_at = now + self.params.interval.as_duration();
                self.state = State::Master(Master {
                    advert_at,
                    later: Bursts::default(),
                    ..master
                });
            }
            State::Backup(backup) => {
                self.state = State::Backup(Backup {
                    down_at: now + self.master_down(),
                    ..backup
                });
            }
            State::Init | State::Fault | State::Stopped => {}
        }
    }
}
