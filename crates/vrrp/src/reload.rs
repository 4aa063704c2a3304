//! Taking up new parameters while running.
use crate::effect::Outbox;
use crate::instance::Instance;
use crate::router::Router;
use crate::state::{Backup, Bursts, Master, State};
use crate::{InstanceId, Link, Params};
use std::sync::Arc;
use wire::{Instant, Version};

impl Router {
    /// Another identifier means another key; what was master goes on as master under it.
    pub(crate) fn tune(&mut self, now: Instant, id: InstanceId, params: Arc<Params>) {
        let index = |router: &Router| router.instances.get(&id).and_then(|one| one.ifindex);
        let before = index(self);
        self.rekey(id, before, None);
        let link = self.links.get(&params.interface).cloned();
        let taken = self.with(id, |instance, _| instance.take_up(params, link.as_ref()));
        let after = index(self);
        self.rekey(id, None, after);
        self.weigh(id);
        if let Some(taken) = taken {
            self.with(id, |instance, out| instance.go_on(now, taken, out));
        }
        self.review(now, id);
    }
}

/// What is different after taking up parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TakenUp {
    /// It is another virtual router, with another identifier.
    router: bool,
    /// Neighbours have to be told.
    announce: bool,
}

impl Instance {
    /// Takes up the parameters and what is known of their link, without acting on it.
    fn take_up(&mut self, params: Arc<Params>, link: Option<&Link>) -> TakenUp {
        let router = self.params.vrid != params.vrid;
        let announce =
            router || self.params.garp != params.garp || self.params.addresses != params.addresses;
        if router {
            (self.master, self.reduced_by) = (None, None);
            self.told.forget();
        }
        self.params = params;
        self.see_link(link);
        self.adverts.forget();
        TakenUp { router, announce }
    }

    /// A master stays master and tells the others at once, also of new addresses and by new
    /// announcement settings; a backup waits its full
    /// time anew; a delayed burst of announcements is forgotten: all as the original does.
    fn go_on(&mut self, now: Instant, taken: TakenUp, out: &mut Outbox) {
        match self.state {
            // what follows is a fault, and a farewell
            State::Master(_) if self.reasons.is_fault() => {}
            State::Master(master) => self.master_goes_on(now, master, taken, out),
            State::Backup(backup) => {
                let learnt = !taken.router && self.params.version == Version::V3;
                self.state = State::Backup(Backup {
                    down_at: now + self.master_down(),
                    interval: if learnt {
                        backup.interval
                    } else {
                        self.params.interval
                    },
                    preempt_at: backup.preempt_at.filter(|_| !taken.router),
                    ..backup
                });
            }
            State::Init(_) | State::Fault | State::Stopped => {}
        }
    }

    fn master_goes_on(&mut self, now: Instant, master: Master, taken: TakenUp, out: &mut Outbox) {
        self.send(now, self.priority(), out);
        let garp = self.params.garp;
        let refresh_at = (!garp.refresh.is_zero()).then(|| now + garp.refresh);
        self.state = State::Master(Master {
            advert_at: now + self.params.interval.as_duration(),
            burst_at: None,
            lower_bursts: Bursts::default(),
            refresh_at: if taken.announce {
                refresh_at
            } else {
                master.refresh_at
            },
            rival: master.rival.filter(|_| !taken.router),
            unanswered: master.unanswered.filter(|_| !taken.router),
            ..master
        });
        if taken.announce {
            self.announce(garp.repeat, out);
        }
    }
}
