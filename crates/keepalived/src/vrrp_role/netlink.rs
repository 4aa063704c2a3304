//! Kernel events: interfaces and addresses that come, change and go.
use super::Role;
use super::kernel::Refused;
use linux::netlink::{Address, Fact, Link};
use plan::Plan;
use std::io;
use vrrp::InstanceId;
use wire::Instant;

impl Role {
    /// Takes the kernel's whole state as the plan sees it: at the start, before any instance runs.
    pub(super) fn first_dump(&mut self, plan: &Plan) -> io::Result<()> {
        let (links, addresses) = self.kernel.dump()?;
        for link in &links {
            self.kernel.link_changed(link.index, link.is_up());
        }
        self.links.set_plan(plan);
        self.links.replace(links, &addresses);
        self.kernel.configure(plan, &self.links);
        self.kernel.adopt(&addresses);
        for address in &addresses {
            self.assigned(address);
        }
        self.tell_router_all(linux::clock::now());
        Ok(())
    }

    /// Events were lost: the kernel's whole state again, as if each change had been told.
    fn redump(&mut self, now: Instant) -> io::Result<()> {
        let (links, addresses) = self.kernel.dump()?;
        let gone: Vec<u32> = self
            .links
            .indices()
            .filter(|index| !links.iter().any(|link| link.index == *index))
            .collect();
        for index in gone {
            self.link_gone(now, index);
        }
        for link in &links {
            self.kernel.link_changed(link.index, link.is_up());
        }
        self.links.replace(links, &addresses);
        self.kernel.configure(&self.plan, &self.links);
        for id in self.kernel.adopt(&addresses) {
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
        let runs = |link: &Link| link.is_up() && link.is_running();
        let is = runs(&link);
        self.kernel.link_changed(index, link.is_up());
        let was = self.links.put(link);
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
            self.kernel.configure(&self.plan, &self.links);
            self.open_sockets();
        }
        self.tell_router(now, index);
    }

    fn link_gone(&mut self, now: Instant, index: u32) {
        let Some(gone) = self.links.remove(index) else {
            return;
        };
        if self.is_used(&gone.name) {
            self.log.info(format!("Interface {} deleted", gone.name));
        }
        self.kernel.link_gone(index);
        self.kernel.configure(&self.plan, &self.links);
        self.router.handle_link_gone(now, index);
        self.open_sockets();
    }

    fn address_added(&mut self, now: Instant, address: Address) {
        let link = address.key.link;
        self.kernel.address_added(&address);
        let shown = address.clone();
        if self.links.add_address(address) {
            self.assigned(&shown);
            self.own_address_changed(link);
        }
        self.tell_router(now, link);
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
        self.tell_router(now, address.key.link);
    }

    /// Unicast peers send to the interface's address: the ears follow it.
    fn own_address_changed(&mut self, link: u32) {
        let name = self.links.name_of(link);
        let by_peers =
            |i: &plan::Instance| !i.params.peers.is_empty() && Some(&*i.params.interface) == name;
        if self.plan.instances.values().any(by_peers) {
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

    fn tell_router(&mut self, now: Instant, index: u32) {
        if let Some(link) = self.links.view(index) {
            self.router.handle_link(now, &link);
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

    /// Addresses that the kernel refuses: told to the person; the instance stays what it is.
    pub(super) fn report_refused(&self, refused: Vec<Refused>) {
        for (key, why) in refused {
            let name = self.links.name_of(key.link).unwrap_or("?");
            self.log.info(format!(
                "Netlink: error: {why}, address {} on {name}",
                key.prefix
            ));
        }
    }
}
