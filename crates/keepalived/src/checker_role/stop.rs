//! The end of the process, and what is told of it.
use super::Role;
use linux::clock;
use pool::Effect;

impl Role {
    /// Leaves in good order: servers and services out of the table, unless they are to stay.
    pub(super) fn stop(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        self.pools.stop();
        while let Some(effect) = self.pools.poll_effect() {
            if let Effect::Tell(event) = effect {
                self.tell(&event);
            }
        }
        self.outbox.farewell(&self.channel);
        self.probers.kill_all();
        if self.settings.keep_ipvs_at_stop {
            return;
        }
        if self.plan.lvs.flush_on_stop == plan::lvs::FlushOnStop::No {
            self.tell_shutdown();
        }
        self.stop_sync();
        let lines = self.kernel.clear(&self.plan, clock::now());
        for line in lines.into_iter().chain(self.marker.remove()) {
            self.log.info(line);
        }
    }

    fn tell_shutdown(&self) {
        for service in &self.plan.lvs.servers {
            for real in &service.servers {
                let word = if self.pools.is_alive(service.id, real.id) {
                    ""
                } else if real.inhibit_on_failure {
                    "(inhibited) "
                } else {
                    continue;
                };
                self.log.info(format!(
                    "Shutting down {word}service {} from VS {}",
                    real.name, service.name
                ));
            }
        }
    }
}
