//! The vrrp process: one loop around the pure machine, which never blocks.
//!
//! One turn: wait → take one `now` → read **all** ready sockets → kernel events and messages →
//! timeouts → sends → kernel work in bounded batches. So a process that overslept hears the
//! master before it believes its own timer, and many addresses never delay an advert.
mod announce;
mod dump;
mod extra;
mod filter;
mod items;
mod kernel;
mod links;
mod messages;
mod netlink;
mod notify;
mod rest;
mod sockets;
mod strangers;
mod track;
mod uppers;

pub(crate) use dump::write_whole;
pub(crate) use notify::names as notify_names;

use crate::exit;
use crate::link::{self, FromRole, News, Sealed, Settings};
use crate::log::Log;
use crate::queue::Queue;
use announce::{Announcement, Announcer, Lane};
use kernel::Kernel;
use links::Links;
use linux::channel::Channel;
use linux::clock;
use linux::netlink::{Monitor, PROTOCOL};
use linux::reactor::Reactor;
use plan::{Plan, ProcessNames};
use report::json::Tallies;
use sockets::{Ear, Mouth, Outgoing, Sockets};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::Duration;
use strangers::Stranger;
use vrrp::{Auth, Change, Destination, Effect, InstanceId, Reject, Router, Verdict};
use wire::{Family, Instant, ipv4};

/// What can become ready besides the receivers.
const CHANNEL: u64 = 0;
const MONITOR: u64 = 1;
const SIGNALS: u64 = 2;

/// Gratuitous announcements sent in one turn.
const ANNOUNCE_BATCH: usize = 64;
/// How long releasing everything may take.
const LONGEST_END: Duration = Duration::from_secs(3);

/// Runs the role until it is told to stop; gives the exit code.
pub(crate) fn run(channel: Channel) -> u8 {
    match Role::start(channel).and_then(Role::serve) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("keepalived vrrp process: {e}");
            exit::FATAL
        }
    }
}

struct Role {
    settings: Settings,
    log: Log,
    /// Of tracked processes, as the supervisor knew at the last dump.
    tallies: Tallies,
    /// What the supervisor is to be told.
    queue: Queue,
    /// As it came: the text of the dump is read when it is asked for.
    sealed: Sealed,
    plan: Plan,
    router: Router,
    links: Links,
    kernel: Kernel,
    announcer: Announcer,
    extra: extra::Extra,
    sockets: Sockets,
    monitor: Monitor,
    reactor: Reactor,
    signals: linux::signals::Signals,
    channel: Channel,
    /// Log lines of this turn.
    lines: Vec<String>,
    strangers: strangers::Told,
    rest: rest::Rest,
    pipes: notify::Pipes,
    /// What stops now does so because a reload removed it.
    removing: bool,
    uppers: uppers::Uppers,
    filter: filter::Filter,
    /// The packet filter may not be what it should.
    filter_is_due: bool,
    /// Who holds its addresses.
    held: BTreeSet<InstanceId>,
    /// Whether each tracked static group is in force, by place, as the machine was told.
    statics: BTreeMap<u32, bool>,
    /// When to end, once told to stop.
    end_at: Option<Instant>,
}

impl Role {
    fn start(channel: Channel) -> io::Result<Role> {
        linux::process::end_with_parent(std::os::unix::process::parent_id())?;
        let signals = messages::signals()?;
        let (settings, sealed, news) = link::first(&channel)?;
        let plan = sealed.plan()?;
        let name = plan.global.process_names.vrrp.as_ref();
        linux::process::set_name(ProcessNames::or_default(name))?;
        let log = Log::start(&settings.log, "Keepalived_vrrp")?;
        let mut reactor = Reactor::new()?;
        crate::tuning::apply(&plan.global.vrrp_process, &log);
        log.detail("Registering Kernel netlink reflector");
        let mut monitor = Monitor::new()?;
        monitor.hear_policy(PROTOCOL)?;
        log.detail("Registering Kernel netlink command channel");
        let kernel = Kernel::new()?;
        reactor.add(channel.as_fd(), CHANNEL)?;
        reactor.add(monitor.as_fd(), MONITOR)?;
        reactor.add(signals.as_fd(), SIGNALS)?;
        log.detail("Registering gratuitous ARP shared channel");
        let sockets = Sockets::new()?;
        let (router, links, announcer) =
            (Router::default(), Links::default(), Announcer::default());
        let mut role = Role {
            settings,
            log,
            tallies: Tallies::new(),
            queue: Queue::default(),
            sealed,
            plan: Plan::default(),
            router,
            links,
            kernel,
            announcer,
            extra: extra::Extra::default(),
            sockets,
            monitor,
            reactor,
            signals,
            channel,
            lines: Vec::new(),
            strangers: strangers::Told::default(),
            rest: rest::Rest::default(),
            pipes: notify::Pipes::default(),
            removing: false,
            uppers: uppers::Uppers::default(),
            filter: filter::Filter::default(),
            filter_is_due: true,
            held: BTreeSet::new(),
            statics: BTreeMap::new(),
            end_at: None,
        };
        role.first_dump(&plan)?;
        if role.settings.resume {
            role.resume(&plan);
        } else {
            role.hold_elections(&plan);
        }
        role.take_over(plan, &news);
        Ok(role)
    }

    /// Goes on where a process before us died: who held all its addresses was master, and still is
    /// as long as no advert is missed.
    fn resume(&mut self, plan: &Plan) {
        for id in plan.instances.keys().filter(|id| self.kernel.has_all(**id)) {
            self.router.resume(*id);
        }
    }

    /// `vrrp_startup_delay` and `vrrp_delay_after_boot`, whichever ends later. The clock begins
    /// with the machine.
    fn hold_elections(&mut self, plan: &Plan) {
        let now = clock::now();
        let (start, boot) = (plan.global.startup_delay, plan.global.delay_after_boot);
        let until = (now + start).max(Instant::ZERO + boot);
        if until > now {
            let delay = until.saturating_since(now).as_secs_f64();
            self.log
                .info(format!("Delaying startup for {delay} seconds"));
            self.router.hold_elections(until);
        }
    }

    fn serve(mut self) -> io::Result<u8> {
        let mut ready = Vec::new();
        loop {
            let now = clock::now();
            self.perform();
            if self.has_ended(now) {
                self.queue.farewell(&self.channel);
                self.clear_away();
                return Ok(exit::NORMAL);
            }
            let deadline = self.deadline(now);
            if let Some(pause) = self.rest.pause(now, deadline) {
                std::thread::sleep(pause);
            }
            self.reactor.wait(deadline, &mut ready)?;
            self.turn(&mut ready)?;
        }
    }

    /// Told to stop, and nothing of ours is left in the kernel.
    fn has_ended(&self, now: Instant) -> bool {
        let end = |at: Instant| !self.kernel.has_work() || now >= at + LONGEST_END;
        self.end_at.is_some_and(end)
    }

    /// The earliest of what is due; now, while there is kernel work left.
    fn deadline(&self, now: Instant) -> Option<Instant> {
        if self.kernel.has_work() {
            return Some(now);
        }
        [
            self.router.poll_timeout(),
            self.announcer.due_at(),
            self.links.due_at(),
            self.extra.due_at(),
            self.queue.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn turn(&mut self, ready: &mut Vec<u64>) -> io::Result<()> {
        let now = clock::now();
        self.router.handle_clock(now, clock::utc());
        let (mut events, mut messages, mut signals) = (false, false, false);
        let (mut stub, mut stranger) = (None, None);
        for token in ready.drain(..) {
            match token {
                CHANNEL => messages = true,
                MONITOR => events = true,
                SIGNALS => signals = true,
                receiver => {
                    self.rest.heard(now);
                    self.sockets.receive(receiver, |received| {
                        match self.router.handle_packet(now, received) {
                            Verdict::Reject(why @ Reject::Stub { .. }) => stub = Some(why),
                            Verdict::Reject(Reject::Vrid { got }) => {
                                let (link, vrid) = (received.ifindex, got);
                                stranger = Some(Stranger { link, vrid });
                            }
                            _ => {}
                        }
                    });
                }
            }
        }
        self.tell_stub(now, stub.as_ref());
        self.tell_stranger(now, stranger);
        if events {
            self.read_kernel_events(now)?;
        }
        if messages {
            self.read_messages(now)?;
        }
        if signals {
            self.read_signals(now)?;
        }
        self.settle_links(now);
        self.router.handle_timeout(now);
        self.announce_extra(now);
        Ok(())
    }

    // ---- from the machine to the world

    /// Does what the machine wants, then some kernel work, then some announcements. What there is
    /// to log waits until then: waking the log thread could cost us the processor.
    fn perform(&mut self) {
        self.drain_effects();
        if self.kernel.has_work() {
            let refused = self.kernel.work();
            self.report_refused(refused);
            self.review_statics();
            self.drain_effects();
        }
        if !self.kernel.has_work() {
            if std::mem::take(&mut self.filter_is_due) {
                self.refilter();
            }
            self.announce();
        }
        // a supervisor that is gone has other ways of being noticed
        let _ = self.queue.flush(clock::now(), &self.channel);
        for line in self.lines.drain(..) {
            self.log.info(line);
        }
    }

    fn drain_effects(&mut self) {
        while let Some(effect) = self.router.poll_effect() {
            self.effect(effect);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Send {
                id,
                from,
                to,
                protocol,
                ip_id,
                message,
            } => {
                self.send(id, from, to, protocol, ip_id, &message);
            }
            Effect::Hold(id) => {
                self.held.insert(id);
                let instance = self.plan.instances.get(&id);
                if instance.is_some_and(|instance| !instance.accept) {
                    // closed before they are there
                    self.refilter();
                }
                self.kernel.hold(id);
                self.begin_extra(id, clock::now());
            }
            Effect::Release(id) => {
                self.held.remove(&id);
                self.filter_is_due = true;
                self.announcer.forget(id);
                self.extra.end(id);
                self.kernel.release(id);
            }
            Effect::Announce { id, repeat } => self.queue_announcements(id, repeat),
            Effect::AnnounceSource { id, address } => self.announce_source(id, address),
            Effect::Notify(notice) => self.notify(&notice),
            Effect::NotifyGroup(notice) => self.notify_group(&notice),
            Effect::TellGroup(id, to) => self.tell_group(id, to),
            Effect::TellTracker(id, event) => self.tell_tracker(id, event),
            Effect::Tell(id, event) => {
                self.tell(id, &event);
                self.notify_event(id, &event);
            }
        }
    }

    fn send(
        &mut self,
        id: InstanceId,
        from: IpAddr,
        to: Destination,
        protocol: u8,
        ip_id: u16,
        payload: &[u8],
    ) {
        let Some(instance) = self.plan.instances.get(&id) else {
            return;
        };
        let Some(link) = self.links.index_of(&instance.params.interface) else {
            return;
        };
        let to = match to {
            Destination::Group => instance.params.group,
            Destination::Peer(peer) => peer,
        };
        let out = Outgoing {
            link,
            from,
            to,
            protocol,
            ttl: instance.ttl,
            ip_id,
            payload,
        };
        if let Err(e) = self.sockets.send(&out)
            && self.log.is_detailed()
        {
            self.lines
                .push(format!("({}) cannot send an advert: {e}", instance.name));
        }
    }

    fn queue_announcements(&mut self, id: InstanceId, repeat: u32) {
        let Some(instance) = self.plan.instances.get(&id) else {
            return;
        };
        let mut targets = Vec::with_capacity(instance.addresses.len());
        for address in &instance.addresses {
            let ip = address.prefix.addr();
            let Some(target) = self.announcement(id, &address.dev, ip) else {
                continue;
            };
            if self.log.is_detailed() {
                let (name, dev, what) = (&instance.name, &address.dev, announcement(ip));
                self.lines.push(format!(
                    "({name}) Sending/queueing {what}s on {dev} for {ip}"
                ));
            }
            targets.push((self.lane(&address.dev, ip), target));
        }
        self.announcer.push(targets, repeat);
    }

    /// The own address of an instance, once.
    fn announce_source(&mut self, id: InstanceId, address: IpAddr) {
        let Some(instance) = self.plan.instances.get(&id) else {
            return;
        };
        let dev = &instance.params.interface;
        let target = self.announcement(id, dev, address);
        let target = target.map(|target| (self.lane(dev, address), target));
        self.announcer.push(target.into_iter().collect(), 1);
    }

    /// With what an announcement shares its pauses.
    fn lane(&self, dev: &str, address: IpAddr) -> Lane {
        let v6 = address.is_ipv6();
        let paces = &self.plan.global.paces;
        let has = |pace: &(u32, &plan::Pace)| pace.1.interfaces.iter().any(|name| name == dev);
        let group = (1..).zip(&paces.groups).find(has);
        let written = group.and_then(|(of, pace)| Some((of, pace.interval(v6)?)));
        let (of, pause) = written.unwrap_or_else(|| {
            let pause = if v6 { paces.gna } else { paces.garp };
            let own = self.links.index_of(dev).unwrap_or(0);
            (own.saturating_add(1 << 16), pause)
        });
        let of = if pause.is_zero() { 0 } else { of };
        Lane {
            of,
            v6: v6 && of != 0,
            pause,
        }
    }

    fn announcement(&self, id: InstanceId, dev: &str, address: IpAddr) -> Option<Announcement> {
        let link = self.links.index_of(dev)?;
        let mac = self.links.mac_of(link)?;
        let router = address.is_ipv6() && sockets::is_router(dev);
        Some(Announcement {
            id,
            link,
            mac,
            address,
            router,
        })
    }

    fn announce(&mut self) {
        let batch = self.announcer.take(clock::now(), ANNOUNCE_BATCH);
        let lines = &mut self.lines;
        self.sockets.announce(&batch, |at, why| {
            let address = batch
                .get(at)
                .map(|one| one.address.to_string())
                .unwrap_or_default();
            lines.push(format!(
                "Error sending the announcement of {address}: {why}"
            ));
        });
        if self.log.is_detailed() {
            for one in &batch {
                let name = self.links.name_of(one.link).unwrap_or("?");
                let what = announcement(one.address);
                lines.push(format!("Sending {what} on {name} for {}", one.address));
            }
        }
    }

    fn tell(&mut self, id: InstanceId, event: &vrrp::Event) {
        if report::log::is_detail(event) && !self.log.is_detailed() {
            return;
        }
        let Some(instance) = self.plan.instances.get(&id) else {
            return;
        };
        let name = &instance.name;
        if matches!(event, vrrp::Event::Removing) {
            let work = [
                ("Rules", instance.rules.len()),
                ("Routes", instance.routes.len()),
            ];
            let work = work.iter().filter(|(_, count)| *count > 0);
            self.lines
                .extend(work.map(|(what, _)| format!("({name}) removing Virtual {what}")));
        }
        self.lines.extend(report::log::event(name, event));
        if matches!(event, vrrp::Event::Setting) {
            let work = [
                ("Routes", instance.routes.len()),
                ("Rules", instance.rules.len()),
            ];
            let work = work.iter().filter(|(_, count)| *count > 0);
            self.lines
                .extend(work.map(|(what, _)| format!("({name}) setting Virtual {what}")));
        }
    }

    // ---- plans

    /// Puts a plan in force: at the start, and at each reload. What leaves does so under the old
    /// plan, since only that one knows what it held and where it was heard.
    fn take_over(&mut self, next: Plan, news: &[News]) {
        let now = clock::now();
        self.router.handle_clock(now, clock::utc());
        let moved = self.moved_addresses(&next);
        let staying = self.let_go(now, plan::diff(&self.plan, &next));
        self.links.set_plan(&next);
        self.plan = next;
        crate::files::set_umask(&self.plan);
        self.statics.clear();
        self.make_uppers(now);
        self.change_settings();
        self.kernel.configure(&self.plan, &self.links);
        self.filter_is_due = true;
        self.open_pipes();
        self.set_trackers(now, news);
        self.open_sockets();
        for change in staying {
            self.router.apply(now, change);
        }
        for id in moved {
            let instance = self.plan.instances.get(&id);
            let repeat = instance.map_or(0, |one| one.params.garp.repeat);
            self.queue_announcements(id, repeat);
        }
        for id in self.held.iter().copied().collect::<Vec<_>>() {
            self.begin_extra(id, now);
        }
        self.perform();
        let lines = self
            .uppers
            .remove_others(&self.plan.uppers, self.kernel.netlink());
        self.lines.extend(lines);
        self.queue.push(FromRole::Ready);
        linux::process::return_memory();
    }

    /// Takes away what the next plan does not have; gives what is left to do.
    fn let_go(
        &mut self,
        now: Instant,
        changes: plan::Changes,
    ) -> Vec<Change<InstanceId, vrrp::Params>> {
        let mut staying = Vec::new();
        for change in changes.into_iter().map(params) {
            match change {
                Change::Remove(id) => {
                    self.router.apply(now, Change::Remove(id));
                    self.removing = true;
                    self.drain_effects();
                    self.removing = false;
                }
                Change::Rebuild(id, params) => {
                    self.router.apply(now, Change::Remove(id));
                    self.drain_effects();
                    staying.push(Change::Add(id, params));
                }
                other => staying.push(other),
            }
        }
        staying
    }

    /// Masters whose addresses stay what they are and move to other interfaces.
    fn moved_addresses(&self, next: &Plan) -> Vec<InstanceId> {
        let moves = |id: &InstanceId| {
            let (old, new) = (self.plan.instances.get(id)?, next.instances.get(id)?);
            let devs = |one: &plan::Instance| -> Vec<String> {
                one.addresses.iter().map(|a| a.dev.clone()).collect()
            };
            // then the machine announces them
            let told =
                old.params.addresses != new.params.addresses || old.params.vrid != new.params.vrid;
            Some(!told && devs(old) != devs(new))
        };
        let moved = self.held.iter().filter(|id| moves(id) == Some(true));
        moved.copied().collect()
    }

    fn open_sockets(&mut self) {
        let (mut ears, mut mouths) = (BTreeSet::new(), BTreeSet::new());
        for instance in self.plan.instances.values() {
            let params = &instance.params;
            let Some(link) = self.links.index_of(&params.interface) else {
                continue;
            };
            let (interface, protocol) = (params.interface.clone(), protocol(params));
            let source = params
                .source
                .or_else(|| self.links.view(link)?.source(params.family));
            // peers send to our address; without peers the group is heard
            let heard = if params.peers.is_empty() {
                Some(params.group)
            } else {
                source
            };
            ears.extend(heard.map(|address| Ear {
                interface: interface.clone(),
                link,
                address,
                protocol,
            }));
            let v6 = params.family == Family::V6;
            mouths.insert(Mouth {
                interface,
                link,
                v6,
                protocol,
                ttl: instance.ttl,
            });
        }
        self.lines
            .extend(self.sockets.ensure(&ears, &mouths, &mut self.reactor));
    }

    /// Tells the members of track groups what became of their static objects.
    fn review_statics(&mut self) {
        let now = clock::now();
        let tracked = (0..).zip(&self.plan.statics);
        for (place, group) in tracked.filter(|(_, group)| !group.tracked_by.is_empty()) {
            let in_force = self.kernel.statics_in_force(place);
            if self.end_at.is_some() || self.statics.insert(place, in_force) == Some(in_force) {
                continue;
            }
            let members = self.plan.instances.iter();
            let members = members.filter(|(_, one)| group.tracked_by.contains(&one.name));
            for (id, _) in members {
                self.router.handle_static(now, *id, !in_force);
            }
        }
    }

    /// Settings of the kernel that the plan wants otherwise.
    fn change_settings(&mut self) {
        let netlink = self.kernel.netlink();
        if self.plan.global.no_local_igmp
            && let Some(why) = self.uppers.stop_local_reports()
        {
            self.lines.push(why);
        }
        let devs = self.plan.instances.values().flat_map(|one| &one.promote_on);
        for index in devs.filter_map(|dev| self.links.index_of(dev)) {
            self.uppers.promote(index, netlink);
        }
    }

    fn refilter(&mut self) {
        let lines = self.filter.apply(&self.plan, &self.held, &self.links);
        self.lines.extend(lines);
    }

    /// The last thing: what was made besides addresses.
    fn clear_away(&mut self) {
        self.filter.remove();
        self.uppers.put_back_lasting(self.kernel.netlink());
        if !self.settings.keep_vips_at_stop {
            for line in self.uppers.remove_others(&[], self.kernel.netlink()) {
                self.log.info(line);
            }
        }
    }

    /// Leaves in good order: priority 0, then addresses away.
    fn stop(&mut self, now: Instant) {
        if self.end_at.is_some() {
            return;
        }
        self.kernel.release_statics();
        if self.settings.keep_vips_at_stop {
            self.end_at = Some(now);
            return;
        }
        self.router.stop(now);
        self.end_at = Some(now);
    }
}

/// What the machine needs to know of a change.
fn params(change: Change<InstanceId, plan::Instance>) -> Change<InstanceId, vrrp::Params> {
    match change {
        Change::Keep(id) => Change::Keep(id),
        Change::Tune(id, instance) => Change::Tune(id, instance.params),
        Change::Rebuild(id, instance) => Change::Rebuild(id, instance.params),
        Change::Add(id, instance) => Change::Add(id, instance.params),
        Change::Remove(id) => Change::Remove(id),
    }
}

/// IP protocol of an instance's adverts.
const fn protocol(params: &vrrp::Params) -> u8 {
    match params.auth {
        Auth::Ah(_) => ipv4::PROTOCOL_AH,
        _ => ipv4::PROTOCOL_VRRP,
    }
}

/// As log lines call it.
const fn announcement(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARP",
        IpAddr::V6(_) => "unsolicited Neighbour Advert",
    }
}
