//! Kernel events: interfaces and addresses that come, change and go.
use super::Role;
use super::kernel::Refused;
use super::links::runs;
use ledger::Op;
use linux::netlink::{Address, Fact, Link};
use plan::Plan;
use std::io;
use vrrp::InstanceId;
use wire::Instant;

impl Role {
    /// Takes the kernel's whole state as the plan sees it: at the start, before any instance runs.
    pub(super) fn first_dump(&mut self, plan: &Plan) -> io::Result<()> {
        let mut snapshot = self.kernel.dump()?;
        self.links.set_plan(plan);
        let now = linux::clock::now();
        self.links
            .replace(now, snapshot.links.clone(), &snapshot.addresses);
        if !plan.uppers.is_empty() {
            let wanted = &plan.uppers;
            let made = self
                .uppers
                .ensure(wanted, &self.links, self.kernel.netlink());
            self.lines.extend(made.lines);
            // what is told up to here is older than what is asked now
            while self.monitor.next_fact()?.is_some() {}
            snapshot = self.kernel.dump()?;
            self.links
                .replace(now, snapshot.links.clone(), &snapshot.addresses);
        }
        for link in &snapshot.links {
            self.kernel.link_changed(link.index, link.is_up());
        }
        self.kernel.configure(plan, &self.links);
        for address in &snapshot.addresses {
            self.assigned(address);
        }
        self.kernel.adopt(snapshot);
        self.tell_router_all(now);
        Ok(())
    }

    /// Events were lost: the kernel's whole state again, as if each change had been told.
    fn redump(&mut self, now: Instant) -> io::Result<()> {
        let snapshot = self.kernel.dump()?;
        let links = &snapshot.links;
        let gone: Vec<u32> = self
            .links
            .indices()
            .filter(|index| !links.iter().any(|link| link.index == *index))
            .collect();
        for index in gone {
            self.link_gone(now, index);
        }
        for link in &snapshot.links {
            self.kernel.link_changed(link.index, link.is_up());
        }
        self.links
            .replace(now, snapshot.links.clone(), &snapshot.addresses);
        self.kernel.configure(&self.plan, &self.links);
        for id in self.kernel.adopt(snapshot) {
            self.router.handle_address_lost(now, id);
        }
        self.tell_router_all(now);
        self.open_sockets();
        Ok(())
    }

    pub(super) fn read_kernel_events(&mut self, now: Instant) -> io::Result<()> {
        while let Some(fact) = self.monitor.next_fact()? {
            match fact {
                Fact::Link(link) => self.link_changed(now, link),
                Fact::LinkGone(link) => self.link_gone(now, link.index),
                Fact::AddressAdded(address) => self.address_added(now, address),
                Fact::AddressRemoved(address) => self.address_removed(now, &address),
                Fact::Policy(fact) => {
                    for id in self.kernel.policy_changed(fact) {
                        self.router.handle_address_lost(now, id);
                    }
                }
                Fact::Lost => {
                    self.log
                        .info("Netlink: events were lost, asking for everything again");
                    self.redump(now)?;
                }
            }
        }
        Ok(())
    }

    fn link_changed(&mut self, now: Instant, link: Link) {
        let (index, name) = (link.index, link.name.clone());
        let is = runs(&link);
        self.kernel.link_changed(index, link.is_up());
        let was = self.links.put(now, link);
        if let Some(was) = &was
            && runs(was) != is
            && self.is_used(&name)
        {
            self.log.info(format!(
                "Netlink reports {name} {}",
                if is { "up" } else { "down" }
            ));
        }
        if was.is_none_or(|was| was.name != name) {
            self.make_uppers(now);
            self.kernel.configure(&self.plan, &self.links);
            self.open_sockets();
        }
        self.tell_router(now, index);
    }

    /// Makes the interfaces that the plan wants and that are missing.
    pub(super) fn make_uppers(&mut self, now: Instant) {
        if self.plan.uppers.is_empty() || self.end_at.is_some() {
            return;
        }
        let wanted = &self.plan.uppers;
        let made = self
            .uppers
            .ensure(wanted, &self.links, self.kernel.netlink());
        self.lines.extend(made.lines);
        if made.any {
            // the events tell every step of the making: only what came of it counts
            while let Ok(Some(_)) = self.monitor.next_fact() {}
            if let Err(why) = self.redump(now) {
                self.log.info(format!("Netlink: {why}"));
            }
        }
        self.filter_is_due = true;
    }

    fn link_gone(&mut self, now: Instant, index: u32) {
        let Some(gone) = self.links.remove(index) else {
            return;
        };
        if self.is_used(&gone.name) {
            self.log.info(format!("Interface {} deleted", gone.name));
        }
        self.kernel.link_gone(index);
        self.uppers.gone(&gone.name);
        self.router.handle_link_gone(now, index);
        self.make_uppers(now);
        self.kernel.configure(&self.plan, &self.links);
        self.open_sockets();
    }

    fn address_added(&mut self, now: Instant, address: Address) {
        let link = address.key.link;
        self.kernel.address_added(&address);
        let shown = address.clone();
        self.watch_for_duplicate(now, &shown);
        if self.links.add_address(address) {
            self.assigned(&shown);
            self.own_address_changed(link);
        }
        self.tell_of_address(now, &shown);
    }

    fn address_removed(&mut self, now: Instant, address: &Address) {
        self.links.remove_address(address);
        if self.settings.address_monitoring || !self.kernel.is_virtual(&address.key) {
            let name = self.links.name_of(address.key.link).unwrap_or("?");
            self.log.detail(format!(
                "Deassigned address {} from interface {name}",
                address.key.prefix.addr()
            ));
        }
        for id in self.kernel.address_removed(address.key) {
            self.lost(id, address);
            self.router.handle_address_lost(now, id);
        }
        self.own_address_changed(address.key.link);
        self.tell_of_address(now, address);
    }

    /// A source that some instance cannot do without may be on any interface.
    fn tell_of_address(&mut self, now: Instant, address: &Address) {
        if self.links.is_tracked_source(address.key.prefix.addr()) {
            self.tell_router_all(now);
        } else {
            self.tell_router(now, address.key.link);
        }
    }

    /// Unicast peers send to the interface's address: the ears follow it.
    fn own_address_changed(&mut self, link: u32) {
        if !self.links.uppers_of(link).is_empty() {
            self.kernel.configure(&self.plan, &self.links);
            self.filter_is_due = true;
        }
        let name = self.links.name_of(link);
        let by_peers =
            |i: &plan::Instance| !i.params.peers.is_empty() && Some(&*i.params.interface) == name;
        if self.plan.instances.values().any(|one| by_peers(one)) {
            self.open_sockets();
        }
    }

    fn assigned(&self, address: &Address) {
        if self.settings.address_monitoring || !self.kernel.is_virtual(&address.key) {
            let name = self.links.name_of(address.key.link).unwrap_or("?");
            self.log.detail(format!(
                "Assigned address {} for interface {name}",
                address.key.prefix.addr()
            ));
        }
    }

    /// Interfaces whose new state was not believed at once (`interface_up_down_delays`).
    pub(super) fn settle_links(&mut self, now: Instant) {
        for index in self.links.settle(now) {
            self.tell_router(now, index);
        }
    }

    fn tell_router(&mut self, now: Instant, index: u32) {
        for index in [index].into_iter().chain(self.links.uppers_of(index)) {
            if let Some(link) = self.links.view(index) {
                self.router.handle_link(now, &link);
            }
        }
    }

    fn is_used(&self, name: &str) -> bool {
        self.plan
            .instances
            .values()
            .any(|instance| instance.params.interface == name)
    }

    fn tell_router_all(&mut self, now: Instant) {
        let all: Vec<vrrp::Link> = self.links.all().collect();
        for link in &all {
            self.router.handle_link(now, link);
        }
    }

    fn lost(&self, id: InstanceId, address: &Address) {
        let Some(instance) = self.plan.instances.get(&id) else {
            return;
        };
        self.log.info(format!(
            "({}) ip address {} was removed by somebody else",
            instance.name, address.key.prefix
        ));
    }

    /// What the kernel refuses: told to the person; the instance stays what it is.
    pub(super) fn report_refused(&self, refused: Vec<Refused>) {
        for (op, why) in refused {
            let what = match &op {
                Op::Add(key, _) | Op::Remove(key) => {
                    let name = self.links.name_of(key.link).unwrap_or("?");
                    format!("address {} on {name}", key.prefix)
                }
                Op::AddRoute(route) | Op::RemoveRoute(route) => {
                    format!("route to {} in table {}", route.destination, route.table)
                }
                Op::AddRule(rule) | Op::RemoveRule(rule) => {
                    format!("rule with priority {}", rule.priority)
                }
            };
            self.log.info(format!("Netlink: error: {why}, {what}"));
        }
    }
}
