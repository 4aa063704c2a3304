//! `ha_suspend`: a service whose address is not on this machine is not checked.
use super::Role;
use ledger::ipvs::ServiceKey;
use linux::netlink::{Fact, Socket};
use plan::lvs::VirtualServer;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use wire::Instant;

impl Role {
    /// Looks at all addresses and suspends or resumes.
    pub(super) fn suspend_absent(&mut self, now: Instant) {
        if !self.plan.lvs.servers.iter().any(|s| s.ha_suspend) {
            return;
        }
        let addresses = Socket::route()
            .map_err(linux::netlink::Error::from)
            .and_then(|mut socket| socket.addresses());
        let present: BTreeSet<IpAddr> = match addresses {
            Ok(addresses) => addresses.iter().map(|a| a.key.prefix.addr()).collect(),
            Err(why) => {
                self.log
                    .info(format!("Netlink: cannot read the addresses: {why}"));
                return;
            }
        };
        for service in &self.plan.lvs.servers {
            let absent = absent(service, |address| present.contains(&address));
            self.pools.suspend(now, service.id, absent);
        }
    }

    /// Addresses that came or went.
    pub(super) fn read_addresses(&mut self, now: Instant) -> io::Result<()> {
        let mut changed = false;
        while let Some(fact) = self.monitor.next_fact()? {
            self.sync_hears(now, &fact);
            let address = match &fact {
                Fact::AddressAdded(address) | Fact::AddressRemoved(address) => {
                    address.key.prefix.addr()
                }
                Fact::Lost => {
                    changed = true;
                    continue;
                }
                _ => continue,
            };
            changed |= self
                .plan
                .lvs
                .servers
                .iter()
                .any(|service| service.ha_suspend && serves(service, address));
        }
        if changed {
            self.suspend_absent(now);
        }
        Ok(())
    }
}

fn serves(service: &VirtualServer, wanted: IpAddr) -> bool {
    matches!(&*service.services, [ServiceKey::Address { address, .. }] if *address == wanted)
}

/// Groups and marks have no address of their own: they are never suspended.
fn absent(service: &VirtualServer, is_present: impl Fn(IpAddr) -> bool) -> bool {
    match &*service.services {
        [ServiceKey::Address { address, .. }] if service.ha_suspend => !is_present(*address),
        _ => false,
    }
}
