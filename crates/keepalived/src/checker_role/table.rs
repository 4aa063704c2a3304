//! The executor under the ledger: it makes the load balancer's table what the pools want.
#[cfg(test)]
pub(super) mod tests;

use super::Role;
use super::drain::Drain;
use ledger::ipvs::{DestKey, DestSpec, Forwarding, Ipvs as Ledger, Service, ServiceKey, Wanted};
use linux::ipvs::{Ipvs, Timeouts};
use plan::Plan;
use plan::lvs::VirtualServer;
use pool::{Entry, Member, Params, PoolId};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;
use wire::Instant;

/// Operations between two looks at the checks.
const BATCH: usize = 256;
/// After a refusal the table is read again: at first so soon, then ever later.
const RESYNC: Duration = Duration::from_secs(1);
const RESYNC_MAX: Duration = Duration::from_secs(64);
/// A kernel without a load balancer may get one.
const RETRY_OPEN: Duration = Duration::from_secs(30);

/// The table, as far as we have to do with it.
#[derive(Debug, Default)]
pub(super) struct Kernel {
    pub(super) ipvs: Option<Ipvs>,
    ledger: Ledger,
    /// When to read the whole table again.
    resync_at: Option<Instant>,
    pause: Duration,
    /// What was refused and told since all was well.
    refused: BTreeSet<String>,
    open_at: Option<Instant>,
    /// The kernel's own.
    timeouts: Timeouts,
}

impl Kernel {
    pub(super) const fn is_open(&self) -> bool {
        self.ipvs.is_some()
    }

    pub(super) fn has_work(&self) -> bool {
        self.is_open() && self.ledger.has_work()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_open() {
            self.resync_at
        } else {
            self.open_at
        }
    }

    /// One batch of operations; gives what there is to say about it.
    pub(super) fn work(&mut self, now: Instant) -> Vec<String> {
        let Some(ipvs) = &mut self.ipvs else {
            return Vec::new();
        };
        let ops = self.ledger.settle(BATCH);
        let results = ipvs.carry_out(&ops);
        let results = ops.iter().zip(results);
        let lines: Vec<String> = results
            .filter_map(|(op, result)| Some(format!("IPVS: cannot {op}: {}", result.err()?)))
            .collect();
        if !lines.is_empty() {
            self.resync_later(now);
        } else if self.resync_at.is_none() && !self.ledger.has_work() {
            self.pause = Duration::ZERO;
            self.refused.clear();
        }
        let news = lines.into_iter();
        news.filter(|line| self.refused.insert(line.clone()))
            .collect()
    }

    /// What the table holds for a service, as far as known.
    pub(super) fn seen(&self, key: &ServiceKey) -> Option<&Service> {
        self.ledger.seen(key)
    }

    /// Which of these servers have connections, in any of the services. What cannot be read has none.
    pub(super) fn connections(
        &mut self,
        keys: &[ServiceKey],
        drains: &BTreeMap<DestKey, Drain>,
    ) -> BTreeSet<DestKey> {
        let mut busy = BTreeSet::new();
        let Some(ipvs) = &mut self.ipvs else {
            return busy;
        };
        for key in keys {
            let all = ipvs.connections(key).unwrap_or_default();
            let has_some = |dest: &DestKey, drain: &Drain| {
                let dest = place(key, *dest, drain.spec.forwarding);
                all.get(&dest).is_some_and(|count| *count > 0)
            };
            let some = drains.iter().filter(|(dest, drain)| has_some(dest, drain));
            busy.extend(some.map(|(dest, _)| *dest));
        }
        busy
    }

    /// Has the whole table read now.
    pub(super) fn resync(&mut self, now: Instant) {
        self.resync_at = Some(now);
    }

    fn resync_later(&mut self, now: Instant) {
        self.pause = (self.pause * 2).clamp(RESYNC, RESYNC_MAX);
        self.resync_at.get_or_insert(now + self.pause);
    }

    /// Reads the whole table.
    pub(super) fn adopt(&mut self) -> io::Result<()> {
        self.resync_at = None;
        if let Some(ipvs) = &mut self.ipvs {
            self.ledger.adopt(ipvs.table()?);
        }
        Ok(())
    }

    /// `resume`: a checker died just now; what it left stays, `lvs_flush` or not.
    fn open(&mut self, plan: &Plan, resume: bool) -> io::Result<()> {
        let mut ipvs = match &plan.lvs.namespace {
            Some(namespace) => Ipvs::open_in(namespace)?,
            None => Ipvs::open()?,
        };
        if plan.lvs.flush && !resume {
            ipvs.flush()?;
        }
        self.timeouts = ipvs.timeouts()?;
        self.ipvs = Some(ipvs);
        self.set_timeouts(plan::lvs::Timeouts::default(), plan.lvs.timeouts)?;
        self.adopt()
    }

    /// `lvs_timeouts`, where they changed: what is not written is as it was before we came.
    fn set_timeouts(
        &mut self,
        before: plan::lvs::Timeouts,
        now: plan::lvs::Timeouts,
    ) -> io::Result<()> {
        if let Some(ipvs) = self.ipvs.as_mut().filter(|_| before != now) {
            let found = self.timeouts;
            ipvs.set_timeouts(Timeouts {
                tcp: now.tcp.or(found.tcp),
                tcp_fin: now.tcp_fin.or(found.tcp_fin),
                udp: now.udp.or(found.udp),
            })?;
        }
        Ok(())
    }

    /// Leaves nothing of ours, or what the plan wants left.
    pub(super) fn clear(&mut self, plan: &Plan, now: Instant) -> Vec<String> {
        if plan.lvs.flush_on_stop == plan::lvs::FlushOnStop::All
            && let Some(ipvs) = &mut self.ipvs
        {
            let flushed = ipvs.flush().err();
            return flushed
                .map(|why| format!("IPVS: cannot flush: {why}"))
                .into_iter()
                .collect();
        }
        let all: Vec<ServiceKey> = self.ledger.services().copied().collect();
        for key in all {
            self.ledger.forget(key);
        }
        let mut lines = Vec::new();
        while self.has_work() {
            lines.extend(self.work(now));
        }
        lines
    }
}

impl Role {
    /// Opens the kernel's load balancer. Without one the pools stay down, and nothing else does.
    pub(super) fn open_kernel(&mut self, now: Instant, plan: &Plan) {
        let first = self.kernel.open_at.is_none();
        let Err(why) = self.kernel.open(plan, self.settings.resume) else {
            return;
        };
        self.kernel.ipvs = None;
        self.kernel.open_at = Some(now + RETRY_OPEN);
        if first && why.kind() == io::ErrorKind::NotFound {
            self.log.info(
                "IPVS: Can't initialize ipvs: the kernel has no module ip_vs (try 'modprobe \
                 ip_vs'). Virtual servers stay down until it is there",
            );
        } else if first {
            self.log.info(format!("IPVS: Can't initialize ipvs: {why}"));
        }
    }

    /// What is due of the table: opening it, or reading it again.
    pub(super) fn keep_kernel(&mut self, now: Instant) {
        if self.kernel.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        if !self.kernel.is_open() {
            let plan = std::mem::take(&mut self.plan);
            self.open_kernel(now, &plan);
            self.plan = plan;
            if self.kernel.is_open() {
                self.log.info("IPVS: initialized, virtual servers come up");
            }
        } else if let Err(why) = self.kernel.adopt() {
            self.log.info(format!("IPVS: cannot read the table: {why}"));
            self.kernel.resync_later(now);
        }
    }

    /// What the machine is told of a service. A checker that takes the place of one that died begins
    /// with what the table says: who is not in it was dead and is so until it proves otherwise,
    /// who is in it stays.
    pub(super) fn params(&self, service: &VirtualServer) -> Params {
        let mut params = service.params();
        let first = service.keys(self.marker.works()).first();
        let seen = first.and_then(|key| Some((key, self.kernel.seen(key)?)));
        let Some((key, seen)) = seen.filter(|_| self.settings.resume) else {
            return params;
        };
        for real in &service.servers {
            let dest = place(key, real.key, real.forwarding);
            let is_in = seen.dests.get(&dest).is_some_and(|dest| dest.weight > 0);
            let checks = params.servers.get_mut(&real.id);
            for check in checks.into_iter().flat_map(|p| p.checks.values_mut()) {
                check.alpha = !is_in;
            }
            params.alpha |= !is_in;
        }
        params
    }

    /// Tells the ledger what a pool wants now.
    pub(super) fn want(&mut self, id: PoolId) {
        let Some(service) = self.names.pool(&self.plan, id) else {
            return;
        };
        let entries = self.pools.entries(id);
        for key in service.keys(self.marker.works()) {
            let mut wanted = wanted(key, service, &entries);
            for (dest, spec) in self.drains.of(id) {
                let dest = place(key, dest, spec.forwarding);
                wanted.service.dests.entry(dest).or_insert(spec);
            }
            self.kernel.ledger.want(*key, wanted);
        }
    }

    /// `lvs_timeouts` after a reload.
    pub(super) fn change_timeouts(&mut self, before: &Plan) {
        let (before, now) = (before.lvs.timeouts, self.plan.lvs.timeouts);
        if let Err(why) = self.kernel.set_timeouts(before, now) {
            self.log.info(format!("IPVS: cannot set timeouts: {why}"));
        }
    }

    /// Tells the ledger of services that a reload changed in ways that the pools know nothing of;
    /// `served_anew`: groups are in the table otherwise than before.
    pub(super) fn want_changed(&mut self, before: &Plan, served_anew: bool) {
        let mut ids = changed(before, &self.plan);
        let groups = self.plan.lvs.servers.iter().filter(|s| s.group.is_some());
        ids.extend(groups.filter(|_| served_anew).map(|s| s.id));
        for id in ids {
            self.want(id);
        }
    }

    /// Services that `next` does not have are not wanted any more.
    pub(super) fn forget_services(&mut self, next: &Plan) {
        forget_services(&mut self.kernel.ledger, next, self.marker.works());
    }
}

/// Services that are in both plans, but not the same.
fn changed(before: &Plan, now: &Plan) -> Vec<PoolId> {
    let known: BTreeMap<PoolId, &VirtualServer> =
        before.lvs.servers.iter().map(|s| (s.id, s)).collect();
    let services = now.lvs.servers.iter();
    services
        .filter(|service| known.get(&service.id).is_some_and(|old| old != service))
        .map(|service| service.id)
        .collect()
}

fn forget_services(ledger: &mut Ledger, next: &Plan, marking: bool) {
    let services = next.lvs.servers.iter();
    let services = services.flat_map(|service| service.keys(marking));
    let stay: BTreeSet<&ServiceKey> = services.collect();
    let gone = ledger.services().filter(|key| !stay.contains(key));
    let gone: Vec<ServiceKey> = gone.copied().collect();
    for key in gone {
        ledger.forget(key);
    }
}

/// Where a real server is in the table. Packets that were chosen by a mark keep their ports, whatever
/// these are, on the way to a server that is reached unchanged.
pub(super) fn place(service: &ServiceKey, dest: DestKey, forwarding: Forwarding) -> DestKey {
    match (service, forwarding) {
        (ServiceKey::Fwmark { .. }, Forwarding::Direct | Forwarding::Tunnel(_)) => {
            DestKey { port: 0, ..dest }
        }
        _ => dest,
    }
}

/// What a pool wants of one of its services, in the ledger's words.
fn wanted(key: &ServiceKey, service: &VirtualServer, entries: &[Entry]) -> Wanted {
    let by_id: BTreeMap<_, _> = service.servers.iter().map(|s| (s.id, s)).collect();
    let mut dests: BTreeMap<DestKey, DestSpec> = BTreeMap::new();
    for entry in entries {
        match entry.member {
            Member::Real(id) => {
                let Some(real) = by_id.get(&id) else { continue };
                let spec = DestSpec {
                    forwarding: real.forwarding,
                    weight: entry.weight,
                    upper: real.upper,
                    lower: real.lower,
                };
                dests.insert(place(key, real.key, real.forwarding), spec);
            }
            Member::Sorry => {
                let Some(sorry) = &service.sorry else {
                    continue;
                };
                let spec = plain(sorry.forwarding, entry.weight);
                let at = place(key, sorry.key, sorry.forwarding);
                dests.entry(at).or_insert(spec);
            }
        }
    }
    let servers = service.servers.iter().map(|s| (s.key, s.forwarding));
    let members = servers
        .chain(service.sorry.iter().map(|s| (s.key, s.forwarding)))
        .map(|(dest, forwarding)| place(key, dest, forwarding))
        .collect();
    let spec = service.spec.clone();
    let service = Service { spec, dests };
    Wanted { service, members }
}

const fn plain(forwarding: Forwarding, weight: u32) -> DestSpec {
    DestSpec {
        forwarding,
        weight,
        upper: 0,
        lower: 0,
    }
}
