//! Who is told of changes: named pipes by this process, scripts and mail by the supervisor.
use super::Role;
use crate::fifo::Fifo;
use crate::link::FromRole;
use plan::{Notify, Plan};
use report::notice::{Notice, Occasion, Who};
use vrrp::{Cause, Event, InstanceId, StateKind};

/// The pipes in use.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    configured: [Option<plan::Fifo>; 2],
    open: Vec<Fifo>,
}

impl Role {
    /// Opens the pipes of the plan, unless they are open already.
    pub(super) fn open_pipes(&mut self) {
        let fifos = &self.plan.global.fifos;
        let configured = [fifos.all.clone(), fifos.vrrp.clone()];
        if self.pipes.configured == configured {
            return;
        }
        self.pipes = Pipes::default();
        for place in fifos.all.iter().chain(&fifos.vrrp) {
            match Fifo::open(place, &self.plan.global.scripts) {
                Ok(fifo) => self.pipes.open.push(fifo),
                Err(e) => self
                    .log
                    .info(format!("Unable to open notify fifo {}: {e}", place.path)),
            }
        }
        self.pipes.configured = configured;
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
        let Some((name, notify)) = names(&self.plan, notice.who) else {
            return;
        };
        let is_followed = self.plan.follows(notify);
        let line = notice.line(name);
        self.write_pipes(&line);
        if is_followed {
            self.queue.push(FromRole::Notice(notice));
        }
    }

    /// `fifo_write_vrrp_states_on_reload`: all states, though they did not change.
    pub(super) fn repeat_states(&mut self) {
        if !self.plan.global.fifos.repeat_on_reload {
            return;
        }
        let groups = self.plan.groups.iter().map(|(id, one)| {
            let state = self.router.group_state(*id);
            (Who::Group(*id), &one.name, state, 0)
        });
        let instances = self.plan.instances.iter().map(|(id, one)| {
            let priority = self.router.effective_priority(*id);
            let priority = priority.map_or(0, wire::Priority::get);
            (
                Who::Instance(*id),
                &one.name,
                self.router.state(*id),
                priority,
            )
        });
        let lines: Vec<String> = groups
            .chain(instances)
            .filter_map(|(who, name, state, priority)| {
                let notice = Notice {
                    who,
                    occasion: Occasion::of(state?)?,
                    priority,
                    from: None,
                    cause: None,
                };
                Some(notice.line(name))
            })
            .collect();
        for line in lines {
            self.write_pipes(&line);
        }
    }

    /// A sync daemon that is new may follow an instance whose changes were nobody's business.
    pub(super) fn tell_standing(&mut self) {
        for id in self.plan.instances.keys() {
            if let Some(state) = self.router.state(*id) {
                self.queue.push(FromRole::Standing(*id, state));
            }
        }
    }

    fn write_pipes(&mut self, line: &str) {
        for fifo in &mut self.pipes.open {
            match fifo.write(line) {
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
