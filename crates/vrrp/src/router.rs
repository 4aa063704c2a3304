//! All instances of one process, found by id, by key on the wire, and by deadline.
use crate::clock::Clock;
use crate::effect::Outbox;
use crate::group::Group;
use crate::instance::Instance;
use crate::receive::MIN_LEN;
use crate::state::State;
use crate::track::Watch;
use crate::{
    Cause, Change, Effect, GroupId, InstanceId, Link, Params, Reasons, Received, Reject, StateKind,
    Stats, TrackerId,
};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use wire::vrrp::Packet;
use wire::{AdvertInterval, Family, Instant, Priority};

/// Where an advert belongs: interface index, virtual router identifier, family.
type Key = (u32, u8, Family);

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// An instance took it into account.
    Obeyed(InstanceId),
    /// The instance it is for does not take part.
    Ignored(InstanceId),
    /// It was refused.
    Reject(Reject),
}

/// All virtual routers of one process.
///
/// Feed links before instances, so that these find their interface when they start. One turn
/// of the caller's loop has one `now`: all packets that wait are fed first, then
/// [`handle_timeout`](Self::handle_timeout) is called once, since answers to adverts are
/// deadlines that are due at once.
#[derive(Debug, Clone, Default)]
pub struct Router {
    pub(crate) instances: BTreeMap<InstanceId, Box<Instance>>,
    keys: BTreeMap<Key, Vec<InstanceId>>,
    timers: BTreeSet<(Instant, InstanceId)>,
    pub(crate) links: BTreeMap<String, Link>,
    pub(crate) groups: BTreeMap<GroupId, Group>,
    pub(crate) watches: BTreeMap<TrackerId, Watch>,
    pub(crate) out: Outbox,
    clock: Clock,
    /// Instances that go on as master when they are added.
    pub(crate) resumed: BTreeSet<InstanceId>,
    held_until: Instant,
    unknown_vrids: u64,
    stubs: u64,
}

impl Router {
    /// Without instances.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next thing to do, oldest first; drain it after every call of another kind.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.out.pop()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Everything whose time has come. Feed all packets that wait in sockets first: after an
    /// oversleep they may say that a deadline means nothing any more.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, id)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            let Some(was) = self.state(id) else {
                self.timers.remove(&(at, id));
                continue;
            };
            self.with(id, |instance, out| instance.handle_timeout(now, out));
            self.sync(now, id, was);
        }
    }

    /// What UTC is now: each turn, or at the start and whenever the clock was set. Only
    /// [`Hmac`](crate::Hmac) needs it.
    pub fn handle_clock(&mut self, now: Instant, utc: Duration) {
        self.clock = Clock::new(now, utc);
    }

    /// Instances added from now on neither listen nor elect until then (`vrrp_startup_delay`,
    /// `vrrp_delay_after_boot`).
    pub fn hold_elections(&mut self, until: Instant) {
        self.held_until = until;
    }

    /// A packet of the VRRP protocol.
    pub fn handle_packet(&mut self, now: Instant, rx: &Received<'_>) -> Verdict {
        let Ok(packet) = Packet::new(rx.message()) else {
            self.stubs += 1;
            return Verdict::Reject(Reject::Stub {
                family: rx.family(),
                got: rx.overhead() + rx.message().len(),
                want: rx.overhead() + MIN_LEN,
            });
        };
        let Some(id) = self.addressee(rx, packet) else {
            self.unknown_vrids += 1;
            return Verdict::Reject(Reject::Vrid { got: packet.vrid() });
        };
        let was = self.state(id);
        let verdict = self.with(id, |instance, out| {
            instance.handle_advert(now, rx, packet, out)
        });
        if let Some(was) = was {
            self.sync(now, id, was);
        }
        verdict.unwrap_or(Verdict::Ignored(id))
    }

    /// The instance an advert is for. Several may share a VRID on a link when they have
    /// different peers; then the source decides.
    fn addressee(&self, rx: &Received<'_>, packet: Packet<'_>) -> Option<InstanceId> {
        let ids = self.keys.get(&(rx.ifindex, packet.vrid(), rx.family()))?;
        let knows = |id: &&InstanceId| {
            let peers = self
                .instances
                .get(id)
                .map(|instance| &instance.params.peers);
            peers.is_some_and(|peers| peers.iter().any(|peer| peer.address == rx.source))
        };
        ids.iter()
            .find(knows)
            .filter(|_| ids.len() > 1)
            .or(ids.first())
            .copied()
    }

    /// A link appeared or changed.
    pub fn handle_link(&mut self, now: Instant, link: &Link) {
        self.links.insert(link.name.clone(), link.clone());
        self.review_link(now, &link.name);
    }

    /// A link disappeared.
    pub fn handle_link_gone(&mut self, now: Instant, index: u32) {
        let gone = self
            .links
            .extract_if(.., |_, link| link.index == index)
            .map(|(name, _)| name);
        for name in gone.collect::<Vec<_>>() {
            self.review_link(now, &name);
        }
    }

    fn review_link(&mut self, now: Instant, name: &str) {
        let on_link = self
            .instances
            .values()
            .filter(|instance| instance.params.interface == name || instance.tracks(name));
        for id in on_link.map(|instance| instance.id).collect::<Vec<_>>() {
            self.review(now, id);
        }
    }

    /// Somebody removed an address that the instance holds: it steps back and, one skew
    /// later, takes over again unless somebody else has.
    pub fn handle_address_lost(&mut self, now: Instant, id: InstanceId) {
        let was = self.state(id);
        self.with(id, |instance, out| {
            if matches!(instance.state, State::Master(_)) {
                let skew = instance
                    .params
                    .interval
                    .skew(instance.params.version, instance.priority());
                instance.enter_backup(now, skew, Cause::AddressLost, out);
            }
        });
        if let Some(was) = was {
            self.sync(now, id, was);
        }
    }

    /// Whether a static address, route or rule that an instance tracks (`track_group`) is gone
    /// and cannot be put back.
    pub fn handle_static(&mut self, now: Instant, id: InstanceId, lost: bool) {
        self.with(id, |instance, _| {
            instance.reasons.set(crate::state::Reason::StaticLost, lost);
        });
        self.review(now, id);
    }

    /// Into fault or out of it, as the reasons have it now.
    pub(crate) fn review(&mut self, now: Instant, id: InstanceId) {
        let links = &self.links;
        let Some(instance) = self.instances.get_mut(&id) else {
            return;
        };
        let link = links.get(&instance.params.interface);
        let before = instance.ifindex;
        instance.see_link(link);
        let after = instance.ifindex;
        if before != after {
            self.rekey(id, before, after);
        }
        self.weigh(id);
        match self.instances.get(&id).and_then(|instance| instance.group) {
            Some(group) => self.review_group(now, group, id),
            None => {
                self.with(id, |instance, out| instance.review(now, out));
            }
        }
    }

    /// Moves an instance from one link's keys to another's.
    pub(crate) fn rekey(&mut self, id: InstanceId, before: Option<u32>, after: Option<u32>) {
        let Some(params) = self.instances.get(&id).map(|instance| &instance.params) else {
            return;
        };
        let key = |index| (index, params.vrid.get(), params.family);
        if let Some(key) = before.map(key) {
            let mut left = self.keys.remove(&key).unwrap_or_default();
            left.retain(|other| *other != id);
            if !left.is_empty() {
                self.keys.insert(key, left);
            }
        }
        if let Some(index) = after {
            self.keys.entry(key(index)).or_default().push(id);
        }
    }

    /// One step of a reload.
    pub fn apply(&mut self, now: Instant, change: Change<InstanceId, impl Into<Arc<Params>>>) {
        match change.map(Into::into) {
            Change::Keep(_) => {}
            Change::Add(id, params) => self.add(now, id, params),
            Change::Remove(id) => self.remove(now, id),
            Change::Rebuild(id, params) => {
                self.remove(now, id);
                self.add(now, id, params);
            }
            Change::Tune(id, params) => self.tune(now, id, params),
        }
    }

    fn add(&mut self, now: Instant, id: InstanceId, params: Arc<Params>) {
        let mut instance = Instance::new(now, id, params);
        instance.held_until = self.held_until;
        instance.group = self.group_of(id);
        self.instances.insert(id, Box::new(instance));
        self.review(now, id);
        self.begin(now, id);
    }

    /// The instance was master in a process that has just died, and its addresses are still in
    /// force: when it is added it goes on as master, so that nobody notices.
    pub fn resume(&mut self, id: InstanceId) {
        self.resumed.insert(id);
    }

    /// An instance leaves: a master says farewell and lets go.
    pub fn remove(&mut self, now: Instant, id: InstanceId) {
        self.with(id, |instance, out| instance.stop(now, Cause::Reloaded, out));
        let index = self
            .instances
            .get(&id)
            .and_then(|instance| instance.ifindex);
        self.rekey(id, index, None);
        self.instances.remove(&id);
    }

    /// Stops all instances: masters say farewell and let go.
    pub fn stop(&mut self, now: Instant) {
        for id in self.ids().collect::<Vec<_>>() {
            self.with(id, |instance, out| instance.stop(now, Cause::Stopping, out));
        }
        self.stop_groups(now);
    }

    /// Works on one instance and keeps its place among the deadlines right.
    pub(crate) fn with<T>(
        &mut self,
        id: InstanceId,
        work: impl FnOnce(&mut Instance, &mut Outbox) -> T,
    ) -> Option<T> {
        let instance = self.instances.get_mut(&id)?;
        instance.clock = self.clock;
        let before = instance.state.deadline();
        let result = work(instance, &mut self.out);
        let after = instance.state.deadline();
        if before != after {
            before.map(|at| self.timers.remove(&(at, id)));
            after.map(|at| self.timers.insert((at, id)));
        }
        Some(result)
    }
}

/// Looking.
impl Router {
    /// All instances.
    pub fn ids(&self) -> impl Iterator<Item = InstanceId> {
        self.instances.keys().copied()
    }

    /// The state of an instance.
    pub fn state(&self, id: InstanceId) -> Option<StateKind> {
        self.instances
            .get(&id)
            .map(|instance| instance.state.kind())
    }

    /// The parameters an instance runs with.
    pub fn params(&self, id: InstanceId) -> Option<&Params> {
        self.instances.get(&id).map(|instance| &*instance.params)
    }

    /// The counters of an instance.
    pub fn stats(&self, id: InstanceId) -> Option<&Stats> {
        self.instances.get(&id).map(|instance| &instance.stats)
    }

    /// Sets all counters to zero.
    pub fn clear_stats(&mut self) {
        self.instances
            .values_mut()
            .for_each(|instance| instance.stats = Stats::default());
        (self.unknown_vrids, self.stubs) = (0, 0);
    }

    /// Configured priority with the weights of tracked objects.
    pub fn effective_priority(&self, id: InstanceId) -> Option<Priority> {
        self.instances.get(&id).map(|one| one.priority())
    }

    /// When an instance entered its state.
    pub fn last_transition(&self, id: InstanceId) -> Option<Instant> {
        self.instances.get(&id).map(|instance| instance.since)
    }

    /// Who sent the last advert that an instance obeyed.
    pub fn master(&self, id: InstanceId) -> Option<IpAddr> {
        self.instances.get(&id)?.master
    }

    /// Where an instance sends adverts from.
    pub fn source(&self, id: InstanceId) -> Option<IpAddr> {
        self.instances.get(&id)?.source
    }

    /// When a master's last advert was due.
    pub fn last_advert(&self, id: InstanceId) -> Option<Instant> {
        let instance = self.instances.get(&id)?;
        let State::Master(master) = instance.state else {
            return None;
        };
        let interval = instance.params.interval.as_duration().as_nanos();
        let due = u128::from(master.advert_at.as_nanos()).checked_sub(interval)?;
        u64::try_from(due).ok().map(Instant::from_nanos)
    }

    /// When something is due for an instance next.
    pub fn deadline(&self, id: InstanceId) -> Option<Instant> {
        let mut timers = self.timers.iter();
        timers.find(|(_, of)| *of == id).map(|(at, _)| *at)
    }

    /// How long a backup waits for a master that is silent.
    pub fn master_down(&self, id: InstanceId) -> Option<Duration> {
        let instance = self.instances.get(&id)?;
        let params = &instance.params;
        let interval = match instance.state {
            State::Backup(backup) => backup.interval,
            _ => params.interval,
        };
        Some(interval.master_down(params.version, instance.priority(), params.down_adverts))
    }

    /// The priority of the last advert that an instance obeyed and that was no farewell.
    pub fn heard_priority(&self, id: InstanceId) -> Option<Priority> {
        self.instances.get(&id)?.heard
    }

    /// The interval of an instance's master: as backup the one learnt, else its own.
    pub fn master_interval(&self, id: InstanceId) -> Option<AdvertInterval> {
        let instance = self.instances.get(&id)?;
        Some(match instance.state {
            State::Backup(backup) => backup.interval,
            _ => instance.params.interval,
        })
    }

    /// Why an instance is in fault.
    pub fn reasons(&self, id: InstanceId) -> Option<Reasons> {
        self.instances.get(&id).map(|instance| instance.reasons)
    }

    /// All that decides what an instance will do, times relative to `now`: two instances with
    /// equal outlook and parameters behave alike from here on, but for counters, announcements
    /// and what is told. For exploring all that can happen.
    pub fn outlook(&self, now: Instant, id: InstanceId) -> Option<Vec<u64>> {
        let instance = self.instances.get(&id)?;
        let mut outlook = instance.state.outlook(now);
        outlook.push(instance.priority().get().into());
        outlook.push(instance.reasons.is_empty().into());
        Some(outlook)
    }

    /// Adverts for virtual routers that no instance on their link serves.
    pub fn unknown_vrids(&self) -> u64 {
        self.unknown_vrids
    }

    /// Packets too short to name a virtual router.
    pub fn stubs(&self) -> u64 {
        self.stubs
    }
}
