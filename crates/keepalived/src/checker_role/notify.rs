//! Who else is told of changes: scripts, by way of the supervisor, and named pipes.
use super::Role;
use crate::fifo::Fifo;
use crate::link::{FromRole, PoolNotice};
use pool::Event;

/// The pipes that are told of pools.
#[derive(Debug, Default)]
pub(super) struct Pipes(Vec<Fifo>);

impl Role {
    /// Opens the pipes of the plan; those that stay are kept open.
    pub(super) fn open_pipes(&mut self) {
        let global = &self.plan.global;
        let mut before = std::mem::take(&mut self.pipes.0);
        for place in [&global.fifos.all, &global.fifos.lvs].into_iter().flatten() {
            let known = before.iter().position(|fifo| fifo.path() == place.path);
            match known.map(|at| before.swap_remove(at)) {
                Some(fifo) => self.pipes.0.push(fifo),
                None => match Fifo::open(place, &global.scripts) {
                    Ok(fifo) => self.pipes.0.push(fifo),
                    Err(why) => self
                        .log
                        .info(format!("Cannot open notify fifo {}: {why}", place.path)),
                },
            }
        }
    }

    pub(super) fn notify(&mut self, event: &Event) {
        let (notice, line, has_script) = match *event {
            Event::Server { server, up, .. } => {
                let Some((service, real)) = self.names.server(&self.plan, server) else {
                    return;
                };
                let line = format!("RS {} {} {}\n\0", real.name, service.name, word(up));
                let script = if up {
                    &real.notify_up
                } else {
                    &real.notify_down
                };
                (PoolNotice::Server(server, up), line, script.is_some())
            }
            Event::Quorum { pool, up, .. } => {
                let Some(service) = self.names.pool(&self.plan, pool) else {
                    return;
                };
                let line = format!("VS {} {}\n\0", service.name, word(up));
                let script = if up {
                    &service.quorum_up
                } else {
                    &service.quorum_down
                };
                (PoolNotice::Quorum(pool, up), line, script.is_some())
            }
            _ => return,
        };
        if has_script {
            self.outbox.push(FromRole::Pool(notice));
        }
        for pipe in &mut self.pipes.0 {
            if let Err(why) = pipe.write(&line) {
                self.log
                    .info(format!("Cannot write notify fifo {}: {why}", pipe.path()));
            }
        }
    }
}

const fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}
