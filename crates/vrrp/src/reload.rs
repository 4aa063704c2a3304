//! Taking up new parameters while running.
use crate::Params;
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::state::{Backup, Master, State};
use wire::Instant;

impl Instance {
    /// A master stays master and tells the others at once; a backup keeps the time of the last
    /// advert. A delayed burst of announcements is forgotten, as the original does.
    pub(crate) fn tune(&mut self, now: Instant, params: Params, out: &mut Outbox) {
        let before = self.master_down();
        self.params = params;
        self.adverts.forget();
        match self.state {
            State::Master(master) => {
                self.send(self.priority(), out);
                let advert_at = now + self.params.interval.as_duration();
                self.state = State::Master(Master {
                    advert_at,
                    burst_at: None,
                    lower_burst_at: None,
                    ..master
                });
            }
            State::Backup(backup) => {
                let left = backup.down_at.saturating_since(now);
                let passed = before.saturating_sub(left);
                let down_at = now + self.master_down().saturating_sub(passed);
                self.state = State::Backup(Backup { down_at, ..backup });
            }
            State::Init | State::Fault | State::Stopped => {}
        }
    }
}
