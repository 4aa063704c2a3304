//! The vrrp process: one loop around the pure machine, which never blocks.
//!
//! One turn: wait → take one `now` → read **all** ready sockets → kernel events and messages →
//! timeouts → sends → kernel work in bounded batches. So a process that overslept hears the
//! master before it believes its own timer, and many addresses never delay an advert.
mod announce;
mod dump;
mod duplicates;
mod effects;
mod extra;
mod filter;
mod items;
mod kernel;
mod links;
mod messages;
mod netlink;
mod notify;
mod plans;
mod rest;
mod sockets;
mod strangers;
mod track;
mod uppers;

pub(crate) use dump::write_whole;
pub(crate) use notify::names as notify_names;

use crate::exit;
use crate::link::{self, Sealed, Settings};
use crate::log::Log;
use crate::queue::Queue;
use announce::Announcer;
use kernel::Kernel;
use links::Links;
use linux::channel::Channel;
use linux::clock;
use linux::netlink::{Monitor, PROTOCOL};
use linux::reactor::Reactor;
use plan::{Plan, ProcessNames};
use report::json::Tallies;
use sockets::Sockets;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;
use strangers::Stranger;
use vrrp::{InstanceId, Reject, Router, Verdict};
use wire::Instant;

/// What can become ready besides the receivers.
const CHANNEL: u64 = 0;
const MONITOR: u64 = 1;
const SIGNALS: u64 = 2;

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
    duplicates: duplicates::Duplicates,
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
            duplicates: duplicates::Duplicates::default(),
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
            self.duplicates.due_at(),
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
        self.retry_duplicates(now);
        Ok(())
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
