//! All pools of the process.
use crate::check::{Check, Outcome, Phase};
use crate::server::Server;
use crate::{
    CheckId, CheckParams, Effect, Entry, Event, Member, Params, PoolId, ServerId, ServerParams,
    Verdict,
};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use wire::Instant;

/// Weight of a sorry server that serves.
const SORRY_WEIGHT: u32 = 1;

/// Where so many checks begin at a time, no more are begun early: they would be a burst, and waking
/// up costs little for each.
const TOGETHER: usize = 64;

#[derive(Debug, Clone)]
struct Pool {
    params: Params,
    servers: BTreeMap<ServerId, Server>,
    /// There is a quorum, as last acted upon.
    quorum: bool,
    suspended: bool,
}

/// The machine: see the crate's documentation.
#[derive(Debug, Clone)]
pub struct Pools {
    all: BTreeMap<PoolId, Pool>,
    /// Where a check belongs.
    owners: BTreeMap<CheckId, (PoolId, ServerId)>,
    due: BTreeSet<(Instant, CheckId)>,
    effects: VecDeque<Effect>,
    random: u64,
}

impl Pools {
    /// No pools yet. `seed` decides when first checks are made within their `warmup`.
    pub fn new(seed: u64) -> Pools {
        Pools {
            all: BTreeMap::new(),
            owners: BTreeMap::new(),
            due: BTreeSet::new(),
            effects: VecDeque::new(),
            random: seed,
        }
    }

    // ---- look

    /// When [`Pools::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// What the table should hold for a pool; nothing when there is no such pool.
    pub fn entries(&self, pool: PoolId) -> Vec<Entry> {
        self.all.get(&pool).map(Pool::entries).unwrap_or_default()
    }

    /// Whether a real server is alive.
    pub fn is_alive(&self, pool: PoolId, server: ServerId) -> bool {
        self.server(pool, server).is_some_and(|server| server.alive)
    }

    /// A real server's weight as its checks have it.
    pub fn weight(&self, pool: PoolId, server: ServerId) -> Option<u32> {
        self.server(pool, server).map(|server| server.effective)
    }

    /// Whether a pool has its quorum.
    pub fn has_quorum(&self, pool: PoolId) -> bool {
        self.all.get(&pool).is_some_and(|pool| pool.quorum)
    }

    /// Whether a check's last result was good (or it has none and needs none).
    pub fn is_up(&self, check: CheckId) -> bool {
        self.check(check).is_some_and(|check| check.up)
    }

    /// Whether a check is made at all (`ha_suspend` stops it).
    pub fn is_enabled(&self, check: CheckId) -> bool {
        self.check(check).is_some_and(Check::is_enabled)
    }

    /// Whether a check has had a result.
    pub fn has_run(&self, check: CheckId) -> bool {
        self.check(check).is_some_and(Check::has_run)
    }

    /// What a check adds to its server's weight.
    pub fn check_weight(&self, check: CheckId) -> i64 {
        self.check(check).map_or(0, |check| check.weight)
    }

    fn server(&self, pool: PoolId, server: ServerId) -> Option<&Server> {
        self.all.get(&pool)?.servers.get(&server)
    }

    fn check(&self, id: CheckId) -> Option<&Check> {
        let (pool, server) = self.owners.get(&id)?;
        self.server(*pool, *server)?.checks.get(&id)
    }

    // ---- feed

    /// Puts a plan in force: pools, servers and checks with ids already known keep their state,
    /// others begin or end. The same plan again does nothing.
    pub fn apply(&mut self, now: Instant, next: &BTreeMap<PoolId, Params>) {
        let gone: Vec<PoolId> = self
            .all
            .keys()
            .filter(|id| !next.contains_key(id))
            .copied()
            .collect();
        for id in gone {
            self.remove(id);
        }
        for (&id, params) in next {
            match self.all.get(&id) {
                None => self.add(now, id, params),
                Some(pool) if pool.params != *params => self.tune(now, id, params),
                Some(_) => {}
            }
        }
    }

    /// A check has been made. Results nobody waits for (any more) are ignored.
    pub fn handle_result(&mut self, now: Instant, id: CheckId, verdict: Verdict) {
        let Some(&(pool, server)) = self.owners.get(&id) else {
            return;
        };
        let Some(check) = self.check_mut(id) else {
            return;
        };
        let weight = check.weight;
        let outcome = check.finish(now, verdict);
        let due = check.due();
        let unchanged =
            check.weight == weight && matches!(outcome, Outcome::Same | Outcome::Retry { .. });
        self.due.extend(due.map(|at| (at, id)));
        let event = match outcome {
            Outcome::Same => None,
            Outcome::Retry { left } => Some(Event::Retry { check: id, left }),
            Outcome::StillFailed => Some(Event::StillFailed(id)),
            Outcome::Confirmed { up } => Some(Event::Check {
                check: id,
                up,
                retries: 0,
            }),
            Outcome::Changed { up, retries } => Some(Event::Check {
                check: id,
                up,
                retries,
            }),
        };
        self.effects.extend(event.map(Effect::Tell));
        if unchanged {
            return;
        }
        if outcome == (Outcome::Confirmed { up: false }) {
            // an alpha server that proves bad: nothing changes, but it is told, as the original does
            self.effects.push_back(Effect::Tell(Event::Server {
                pool,
                server,
                up: false,
                announced: true,
            }));
        }
        self.settle(pool, Some(server));
    }

    /// Whoever makes checks died: those under way are made again.
    pub fn handle_lost(&mut self, now: Instant, id: CheckId) {
        let Some(check) = self.check_mut(id) else {
            return;
        };
        check.lost(now);
        let due = check.due();
        self.due.extend(due.map(|at| (at, id)));
    }

    /// Checks under way, for a maker that has to be told again.
    pub fn running(&self) -> Vec<CheckId> {
        let all = self.all.values().flat_map(|pool| pool.servers.values());
        all.flat_map(|server| &server.checks)
            .filter(|(_, check)| matches!(check.phase, Phase::Running { .. }))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Begins the checks that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.handle_timeout_early(now, Duration::ZERO);
    }

    /// Begins the checks that are due, and if there are any, those with them that will be within
    /// `early`, up to [`TOGETHER`]: waking up for each of them costs more than the check. See
    /// [`Check::begin`] for those that do not come along.
    pub fn handle_timeout_early(&mut self, now: Instant, early: Duration) {
        if self.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        let mut later = Vec::new();
        let mut begun = 0;
        while let Some(&(at, id)) = self.due.first() {
            if at > now + early || at > now && begun >= TOGETHER {
                break;
            }
            begun += 1;
            self.due.pop_first();
            let Some(check) = self.check_mut(id) else {
                continue;
            };
            match check.begin(now, early) {
                Some(step) => self.effects.push_back(Effect::Probe { check: id, step }),
                None => later.extend(check.due().filter(|due| *due == at).map(|_| (at, id))),
            }
        }
        self.due.extend(later);
    }

    /// `ha_suspend`: no checks are made while the service's address is elsewhere. States stay.
    pub fn suspend(&mut self, now: Instant, id: PoolId, suspended: bool) {
        let Some(pool) = self.all.get_mut(&id) else {
            return;
        };
        if pool.suspended == suspended {
            return;
        }
        pool.suspended = suspended;
        let checks = pool.servers.values_mut().flat_map(|s| &mut s.checks);
        for (id, check) in checks {
            if suspended {
                check.suspend();
            } else {
                check.resume(now);
            }
            // entries that are not valid any more are passed over when they come up
            self.due.extend(check.due().map(|at| (at, *id)));
        }
    }

    /// The daemon ends: with `omega` that is told as if all had failed. No check is begun any more.
    pub fn stop(&mut self) {
        self.due.clear();
        for (&id, pool) in &self.all {
            if pool.params.omega {
                self.effects.extend(pool.farewell(id).map(Effect::Tell));
            }
        }
    }

    // ---- drain

    /// The next thing to do; `None` when all is done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    // ---- inside

    fn check_mut(&mut self, id: CheckId) -> Option<&mut Check> {
        let (pool, server) = self.owners.get(&id)?;
        let server = self.all.get_mut(pool)?.servers.get_mut(server)?;
        server.checks.get_mut(&id)
    }

    /// `splitmix64`: enough to spread checks.
    fn luck(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    // ---- plans

    fn new_check(&mut self, now: Instant, id: CheckId, params: &CheckParams) -> Check {
        let luck = self.luck();
        let check = Check::new(params.clone(), now, luck);
        self.due.extend(check.due().map(|at| (at, id)));
        check
    }

    fn new_server(&mut self, now: Instant, pool: PoolId, id: ServerId, p: &ServerParams) -> Server {
        let mut checks = BTreeMap::new();
        for (&check, params) in &p.checks {
            checks.insert(check, self.new_check(now, check, params));
            self.owners.insert(check, (pool, id));
        }
        Server::new(p, checks)
    }

    fn add(&mut self, now: Instant, id: PoolId, params: &Params) {
        let servers = params.servers.iter();
        let servers = servers
            .map(|(&server, p)| (server, self.new_server(now, id, server, p)))
            .collect();
        let mut pool = Pool {
            params: params.clone(),
            servers,
            quorum: true,
            suspended: false,
        };
        if params.alpha && pool.weight() < pool.gain_at() {
            pool.quorum = false;
        }
        self.effects.push_back(Effect::Entries(id));
        self.effects.extend(pool.welcome(id).map(Effect::Tell));
        self.all.insert(id, pool);
        self.settle(id, None);
    }

    fn remove(&mut self, id: PoolId) {
        if let Some(pool) = self.all.remove(&id) {
            self.disown(&pool.servers);
            self.effects.push_back(Effect::Entries(id));
        }
    }

    /// Nobody waits for results of these servers' checks any more.
    fn disown(&mut self, servers: &BTreeMap<ServerId, Server>) {
        for check in servers.values().flat_map(|server| server.checks.keys()) {
            self.owners.remove(check);
        }
    }

    fn tune(&mut self, now: Instant, id: PoolId, params: &Params) {
        let Some(mut pool) = self.all.remove(&id) else {
            return;
        };
        let mut before = std::mem::take(&mut pool.servers);
        self.disown(&before);
        for (&server, p) in &params.servers {
            let next = match before.remove(&server) {
                Some(old) => self.tune_server(now, (id, server), old, p),
                None => self.new_server(now, id, server, p),
            };
            pool.servers.insert(server, next);
        }
        pool.params = params.clone();
        if pool.suspended {
            let checks = pool
                .servers
                .values_mut()
                .flat_map(|s| s.checks.values_mut());
            checks.for_each(Check::suspend);
        }
        self.all.insert(id, pool);
        self.effects.push_back(Effect::Entries(id));
        self.settle(id, None);
    }

    /// A server that stays: its checks keep what they know, new ones begin.
    fn tune_server(
        &mut self,
        now: Instant,
        (pool, id): (PoolId, ServerId),
        mut server: Server,
        params: &ServerParams,
    ) -> Server {
        let mut before = std::mem::take(&mut server.checks);
        for (&check, p) in &params.checks {
            let next = match before.remove(&check) {
                Some(mut old) => {
                    old.tune(p.clone());
                    old
                }
                None => self.new_check(now, check, p),
            };
            server.checks.insert(check, next);
            self.owners.insert(check, (pool, id));
        }
        server.weight = params.weight;
        server.inhibit_on_failure = params.inhibit_on_failure;
        server
    }

    // ---- consequences

    /// Acts on what has become of a pool's servers, or of one of them.
    fn settle(&mut self, id: PoolId, only: Option<ServerId>) {
        let Some(pool) = self.all.get_mut(&id) else {
            return;
        };
        let before = pool.entries();
        let mut events = Vec::new();
        match only {
            Some(server) => pool.settle_server(id, server, &mut events),
            None => {
                let all: Vec<ServerId> = pool.servers.keys().copied().collect();
                for server in all {
                    pool.settle_server(id, server, &mut events);
                }
            }
        }
        pool.settle_quorum(id, &mut events);
        if pool.entries() != before {
            self.effects.push_back(Effect::Entries(id));
        }
        self.effects.extend(events.into_iter().map(Effect::Tell));
    }
}

impl Pool {
    /// The weight of all alive servers.
    fn weight(&self) -> u64 {
        let alive = self.servers.values().filter(|server| server.alive);
        alive.map(|server| u64::from(server.effective)).sum()
    }

    fn gain_at(&self) -> u64 {
        u64::from(self.params.quorum) + u64::from(self.params.hysteresis)
    }

    fn lose_below(&self) -> u64 {
        u64::from(self.params.quorum.saturating_sub(self.params.hysteresis))
    }

    fn settle_server(&mut self, pool: PoolId, id: ServerId, events: &mut Vec<Event>) {
        let Some(server) = self.servers.get_mut(&id) else {
            return;
        };
        let (alive, weight) = (server.is_alive(), server.effective_weight());
        if weight != server.effective {
            events.push(Event::Weight {
                pool,
                server: id,
                from: server.effective,
                to: weight,
            });
            server.effective = weight;
        }
        if alive != server.alive {
            server.alive = alive;
            events.push(Event::Server {
                pool,
                server: id,
                up: alive,
                announced: false,
            });
        }
    }

    /// Gained at quorum + hysteresis, lost below quorum - hysteresis or with nobody left.
    fn settle_quorum(&mut self, pool: PoolId, events: &mut Vec<Event>) {
        let weight = self.weight();
        let up = if self.quorum {
            weight > 0 && weight >= self.lose_below()
        } else {
            weight >= self.gain_at().max(1)
        };
        if up == self.quorum {
            return;
        }
        self.quorum = up;
        events.push(Event::Quorum {
            pool,
            up,
            weight,
            announced: false,
        });
        if self.params.sorry.is_some() {
            events.push(Event::Sorry { pool, serving: !up });
        }
    }

    fn entries(&self) -> Vec<Entry> {
        let sorry_serves = self.params.sorry.is_some() && !self.quorum;
        let mut entries = Vec::new();
        for (&id, server) in &self.servers {
            let weight = match (server.alive && !sorry_serves, server.inhibit_on_failure) {
                (true, _) => server.effective,
                (false, true) => 0,
                (false, false) => continue,
            };
            entries.push(Entry {
                member: Member::Real(id),
                weight,
            });
        }
        let sorry = match self.params.sorry {
            Some(_) if sorry_serves => Some(SORRY_WEIGHT),
            Some(true) => Some(0),
            _ => None,
        };
        entries.extend(sorry.map(|weight| Entry {
            member: Member::Sorry,
            weight,
        }));
        entries
    }

    /// What the start is told as.
    fn welcome(&self, pool: PoolId) -> impl Iterator<Item = Event> {
        let servers = self.servers.iter();
        let alive = servers.filter(|(_, server)| self.params.announce_initial && server.alive);
        let servers = alive.map(move |(&server, _)| Event::Server {
            pool,
            server,
            up: true,
            announced: true,
        });
        let quorum = Event::Quorum {
            pool,
            up: self.quorum,
            weight: self.weight(),
            announced: true,
        };
        servers.chain(self.quorum.then_some(quorum))
    }

    /// What the end is told as.
    fn farewell(&self, pool: PoolId) -> impl Iterator<Item = Event> {
        let alive = self.servers.iter().filter(|(_, server)| server.alive);
        let servers = alive.map(move |(&server, _)| Event::Server {
            pool,
            server,
            up: false,
            announced: true,
        });
        let quorum = Event::Quorum {
            pool,
            up: false,
            weight: self.weight(),
            announced: true,
        };
        servers.chain(self.quorum.then_some(quorum))
    }
}
