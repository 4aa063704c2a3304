//! Who else is told of changes: scripts, by way of the supervisor, and named pipes.
use super::Role;
use crate::fifo::Fifo;
use crate::link::{self, FromRole, PoolNotice};
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
        let (notice, line) = match *event {
            Event::Server { server, up, .. } => {
                let Some((service, real)) = self.names.server(&self.plan, server) else {
                    return;
                };
                let line = format!("RS {} {} {}\n\0", real.name, service.name, word(up));
                (PoolNotice::Server(server, up), line)
            }
            Event::Quorum { pool, up, .. } => {
                let Some(service) = self.names.pool(&self.plan, pool) else {
                    return;
                };
                let line = format!("VS {} {}\n\0", service.name, word(up));
                (PoolNotice::Quorum(pool, up), line)
            }
            _ => return,
        };
        if let Err(why) = link::send(&self.channel, &FromRole::Pool(notice), None) {
            self.log
                .info(format!("Cannot ask the supervisor for a script: {why}"));
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
