//! Who is told of changes: named pipes by this process, scripts and mail by the supervisor.
use super::Role;
use crate::fifo::Fifo;
use crate::link::{self, FromRole};
use plan::{Notify, Plan};
use report::notice::{Notice, Occasion, Who};
use vrrp::{Cause, Event, InstanceId, StateKind};

/// The pipes in use.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    configured: plan::Fifos,
    open: Vec<Fifo>,
}

impl Role {
    /// Opens the pipes of the plan, unless they are open already.
    pub(super) fn open_pipes(&mut self) {
        if self.pipes.configured == self.plan.global.fifos {
            return;
        }
        self.pipes = Pipes::default();
        let fifos = &self.plan.global.fifos;
        for place in fifos.all.iter().chain(&fifos.vrrp) {
            match Fifo::open(place, &self.plan.global.scripts) {
                Ok(fifo) => self.pipes.open.push(fifo),
                Err(e) => self
                    .log
                    .info(format!("Unable to open notify fifo {}: {e}", place.path)),
            }
        }
        self.pipes.configured = fifos.clone();
    }

    /// A change of state of an instance.
    pub(super) fn notify(&mut self, notice: &vrrp::Notice) {
        let Some(instance) = self.plan.instances.get(&notice.id) else {
            return;
        };
        let occasion = match (notice.to, &notice.cause) {
            (StateKind::Stopped, Cause::Reloaded) => {
                removed(notice.from, &instance.notify).filter(|_| self.removing)
            }
            (to, _) => Occasion::of(to),
        };
        if let Some(occasion) = occasion {
            self.tell_of(Notice {
                who: Who::Instance(notice.id),
                occasion,
                priority: notice.priority.get(),
                from: Some(notice.from),
                cause: Some(notice.cause.clone()),
            });
        }
    }

    /// What is no change of state, but told all the same.
    pub(super) fn notify_event(&mut self, id: InstanceId, event: &Event) {
        let occasion = match event {
            Event::Lower { .. } => Some(Occasion::MasterRxLowerPri),
            Event::PriorityChanged { .. } => self.priority_occasion(id),
            _ => None,
        };
        let priority = self.router.effective_priority(id);
        if let (Some(occasion), Some(priority)) = (occasion, priority) {
            self.tell_of(Notice {
                who: Who::Instance(id),
                occasion,
                priority: priority.get(),
                from: None,
                cause: None,
            });
        }
    }

    /// Changes of priority are told to pipes only, and only if wanted.
    fn priority_occasion(&self, id: InstanceId) -> Option<Occasion> {
        let instance = self.plan.instances.get(&id);
        instance.filter(|instance| instance.notify.priority_changes)?;
        match self.router.state(id)? {
            StateKind::Master => Some(Occasion::MasterPriority),
            StateKind::Backup => Some(Occasion::BackupPriority),
            StateKind::Init | StateKind::Fault | StateKind::Stopped => None,
        }
    }

    /// A change of state of a whole group.
    pub(super) fn notify_group(&mut self, notice: &vrrp::GroupNotice) {
        if let Some(occasion) = Occasion::of(notice.to) {
            self.tell_of(Notice {
                who: Who::Group(notice.id),
                occasion,
                priority: 0,
                from: Some(notice.from),
                cause: Some(Cause::Group {
                    first: notice.first,
                }),
            });
        }
    }

    fn tell_of(&mut self, notice: Notice) {
        let Some((name, _)) = names(&self.plan, notice.who) else {
            return;
        };
        let line = notice.line(name);
        for fifo in &mut self.pipes.open {
            match fifo.write(&line) {
                Ok(0) => {}
                Ok(lost) => self.log.info(format!(
                    "{lost} lines for notify fifo {} were lost: nobody read it",
                    fifo.path()
                )),
                Err(e) => self
                    .log
                    .info(format!("Cannot write to notify fifo {}: {e}", fifo.path())),
            }
        }
        if let Err(e) = link::send(&self.channel, &FromRole::Notice(notice), None) {
            self.log.info(format!(
                "({name}) the supervisor cannot be told to run scripts: {e}"
            ));
        }
    }
}

/// The name of an instance or a group, and who is told of it.
pub(crate) fn names(plan: &Plan, who: Who) -> Option<(&str, &Notify)> {
    match who {
        Who::Instance(id) => plan.instances.get(&id).map(|i| (&*i.name, &i.notify)),
        Who::Group(id) => plan.groups.get(&id).map(|g| (&*g.name, &g.notify)),
    }
}

/// How a removal is told: as such with `notify_deleted`, else as a fault, which is no news for
/// what is in fault already.
fn removed(from: StateKind, notify: &Notify) -> Option<Occasion> {
    match (&notify.deleted, from) {
        (Some(_), _) => Some(Occasion::Deleted),
        (None, StateKind::Fault | StateKind::Init) => None,
        (None, _) => Some(Occasion::Fault),
    }
}
