//! What people read of the pools, in the original's words.
use super::Role;
use ledger::ipvs::Protocol;
use plan::Plan;
use plan::lvs::{Group, Probe, RealServer, Target, VirtualServer};
use pool::{Event, PoolId};
use std::collections::{BTreeMap, BTreeSet};

impl Role {
    pub(super) fn tell(&mut self, event: &Event) {
        if let Some(line) = self.line(event) {
            self.log.info(line);
        }
        if let Event::Check {
            check, up: false, ..
        }
        | Event::Retry { check, .. } = event
            && let Some(why) = self.reasons.get(check)
            && let Some((_, real, check)) = self.names.check(&self.plan, *check)
        {
            let what = check.probe.keyword();
            self.log
                .detail(format!("{what} on service {}: {why}", real.name));
        }
        self.notify(event);
        self.alert(event);
    }

    fn line(&self, event: &Event) -> Option<String> {
        match *event {
            Event::Check { check, up, retries } => {
                let (_, real, check) = self.names.check(&self.plan, check)?;
                Some(if up {
                    passed(&check.probe, real)
                } else {
                    failed(&check.probe, real, retries)
                })
            }
            Event::Retry { check, .. } => {
                let (_, real, check) = self.names.check(&self.plan, check)?;
                let line = failed(&check.probe, real, 0);
                check.log_all_failures.then_some(line)
            }
            Event::Server {
                announced: true, ..
            }
            | Event::Quorum {
                announced: true,
                up: false,
                ..
            }
            | Event::StillFailed(_) => None,
            Event::Server { server, up, .. } => {
                let (service, real) = self.names.server(&self.plan, server)?;
                Some(changed(service, real, up))
            }
            Event::Weight {
                server, from, to, ..
            } => {
                let (service, real) = self.names.server(&self.plan, server)?;
                let alive = self.pools.is_alive(service.id, server);
                Some(format!(
                    "Changing weight from {from} to {to} for {} service {} of VS {}",
                    if alive { "active" } else { "inactive" },
                    real.name,
                    service.name
                ))
            }
            Event::Quorum {
                pool, up, weight, ..
            } => self.quorum(pool, up, weight),
            Event::Sorry { pool, serving } => self.sorry(pool, serving),
        }
    }

    fn quorum(&self, pool: PoolId, up: bool, weight: u64) -> Option<String> {
        let service = self.names.pool(&self.plan, pool)?;
        let (q, h) = (service.quorum, service.hysteresis);
        let name = &service.name;
        Some(if up {
            format!("Gained quorum {q}+{h}={} <= {weight} for VS {name}", q + h)
        } else {
            format!("Lost quorum {q}-{h}={} > {weight} for VS {name}", q - h)
        })
    }

    fn sorry(&self, pool: PoolId, serving: bool) -> Option<String> {
        let service = self.names.pool(&self.plan, pool)?;
        let sorry = service.sorry.as_ref()?;
        let (word, preposition, rest) = match (serving, sorry.inhibit) {
            (true, false) => ("Adding", "to", "Removing alive servers from the pool"),
            (true, true) => ("Enabling", "to", "Removing alive servers from the pool"),
            (false, false) => ("Removing", "from", "Adding alive servers to the pool"),
            (false, true) => ("Disabling", "from", "Adding alive servers to the pool"),
        };
        let name = &service.name;
        self.log.info(format!(
            "{word} sorry server {} {preposition} VS {name}",
            sorry.name
        ));
        Some(format!("{rest} for VS {name}"))
    }

    /// Entries that a reload adds to groups or removes from them.
    pub(super) fn tell_groups(&self, next: &Plan) {
        let (before, after) = (entries(&self.plan), entries(next));
        for (group, old) in &before {
            let gone = after.get(group).map(|new| old.difference(new));
            for gone in gone.into_iter().flatten() {
                let text = format!("VS [{gone}] in group {group} no longer exists");
                self.log.info(text);
            }
        }
        for (group, new) in &after {
            let added = before.get(group).map(|old| new.difference(old));
            for added in added.into_iter().flatten() {
                self.log
                    .info(format!("VS [{added}] added into group {group}"));
            }
        }
    }

    /// Virtual and real servers that `next` does not have: what lived of them is told as dead.
    pub(super) fn tell_removed(&mut self, next: &Plan) {
        let services: BTreeSet<_> = next.lvs.servers.iter().map(|s| s.id).collect();
        let reals = next.lvs.servers.iter().flat_map(|s| &s.servers);
        let reals: BTreeSet<_> = reals.map(|real| real.id).collect();
        let mut ends = Vec::new();
        for service in &self.plan.lvs.servers {
            let goes = !services.contains(&service.id);
            if goes {
                self.log
                    .info(format!("Removing Virtual Server {}", service.name));
            }
            for real in service.servers.iter().filter(|r| !reals.contains(&r.id)) {
                self.log.info(format!(
                    "Removing service {} from VS {}",
                    real.name, service.name
                ));
                let alive = self.pools.is_alive(service.id, real.id);
                ends.extend(alive.then_some(Event::Server {
                    pool: service.id,
                    server: real.id,
                    up: false,
                    announced: true,
                }));
            }
            let quorum = goes && self.pools.has_quorum(service.id);
            ends.extend(quorum.then_some(Event::Quorum {
                pool: service.id,
                up: false,
                weight: 0,
                announced: true,
            }));
        }
        for event in &ends {
            self.notify(event);
        }
    }
}

/// What each group serves, by its name.
fn entries(plan: &Plan) -> BTreeMap<&str, BTreeSet<String>> {
    let groups = plan.lvs.groups.iter().map(|group| (&*group.name, group));
    let groups: BTreeMap<&str, &Group> = groups.collect();
    let mut all: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for service in &plan.lvs.servers {
        let name = service.group.as_deref();
        let Some(group) = name.and_then(|name| groups.get(name)) else {
            continue;
        };
        let protocol = service.protocol().map_or("none", Protocol::name);
        let texts = group.targets.iter().map(|target| match target {
            Target::Range(from, to, port) if from == to => format!("[{from}]:{protocol}:{port}"),
            Target::Range(from, to, port) => format!("[{from}]:{protocol}:{port}-{to}"),
            Target::Fwmark(mark) => format!("FWM {mark}"),
        });
        all.entry(&group.name).or_default().extend(texts);
    }
    all
}

fn passed(probe: &Probe, real: &RealServer) -> String {
    let name = &real.name;
    match probe {
        Probe::Tcp(_) => format!("TCP connection to {name} success."),
        Probe::Http(_) => format!("Remote Web server {name} succeed on service."),
        Probe::Smtp(_) => format!("Remote SMTP server {name} succeed on service."),
        Probe::Udp(_) => format!("UDP connection to {name} success."),
        Probe::Ping(_) => format!("ICMP connection to {name} success."),
        Probe::Dns(_) => format!("DNS_CHECK ({name}) success."),
        Probe::Misc(misc) => {
            let program = misc.command.words.join(" ");
            format!("Misc check for {name} by [{program}] succeeded.")
        }
        Probe::File(_) | Probe::Bfd(_) => {
            format!("{} on service {name} success.", probe.keyword())
        }
    }
}

fn failed(probe: &Probe, real: &RealServer, retries: u32) -> String {
    let (what, name) = (probe.keyword(), &real.name);
    match retries {
        0 => format!("{what} on service {name} failed."),
        n => format!("{what} on service {name} failed after {n} retries."),
    }
}

fn changed(service: &VirtualServer, real: &RealServer, up: bool) -> String {
    let (word, preposition) = match (up, real.inhibit_on_failure) {
        (true, false) => ("Adding", "to"),
        (false, false) => ("Removing", "from"),
        (true, true) => ("Enabling", "of"),
        (false, true) => ("Disabling", "of"),
    };
    format!(
        "{word} service {} {preposition} VS {}",
        real.name, service.name
    )
}
