//! From the machine to the world: what it wants is done, in order.
use super::Role;
use super::announce::{Announcement, Lane};
use super::sockets::{self, Outgoing};
use ledger::AddressKey;
use linux::clock;
use std::net::IpAddr;
use vrrp::{Auth, Destination, Effect, InstanceId};
use wire::ipv4;

/// Gratuitous announcements sent in one turn.
const ANNOUNCE_BATCH: usize = 64;

impl Role {
    /// Does what the machine wants, then some kernel work, then some announcements. What there is
    /// to log waits until then: waking the log thread could cost us the processor.
    pub(super) fn perform(&mut self) {
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

    pub(super) fn drain_effects(&mut self) {
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

    pub(super) fn send(
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

    pub(super) fn queue_announcements(&mut self, id: InstanceId, repeat: u32) {
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
        if let Some(instance) = self.plan.instances.get(&id) {
            let dev = instance.params.interface.clone();
            self.announce_one(id, &dev, address, 1);
        }
    }

    /// A virtual address that the kernel did not use until now, as on becoming master.
    pub(super) fn announce_again(&mut self, id: InstanceId, key: &AddressKey) {
        let instance = self.plan.instances.get(&id);
        let dev = self.links.name_of(key.link).map(ToOwned::to_owned);
        if let (Some(instance), Some(dev)) = (instance, dev) {
            let repeat = instance.params.garp.repeat;
            self.announce_one(id, &dev, key.prefix.addr(), repeat);
        }
    }

    fn announce_one(&mut self, id: InstanceId, dev: &str, address: IpAddr, repeat: u32) {
        let target = self.announcement(id, dev, address);
        let target = target.map(|target| (self.lane(dev, address), target));
        self.announcer.push(target.into_iter().collect(), repeat);
    }

    /// With what an announcement shares its pauses.
    pub(super) fn lane(&self, dev: &str, address: IpAddr) -> Lane {
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

    pub(super) fn announcement(
        &self,
        id: InstanceId,
        dev: &str,
        address: IpAddr,
    ) -> Option<Announcement> {
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

    pub(super) fn announce(&mut self) {
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
}

/// IP protocol of an instance's adverts.
pub(super) const fn protocol(params: &vrrp::Params) -> u8 {
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
