//! Ids over a reload: what is the same keeps its number, and with it what is known of it.
use super::{Check, Lvs, RealServer, VirtualServer, marking};
use ledger::ipvs::{DestKey, Protocol, ServiceKey};
use pool::{CheckId, PoolId, ServerId};
use std::collections::BTreeMap;

/// Gives what `next` has in common with `running` the ids it has there, and all else ids that are
/// new. A virtual server is known by its group and protocol, else by what it serves, a real server by
/// its address and port, a check by what it checks. Groups keep their marks.
pub(crate) fn adopt_ids(next: &mut Lvs, running: &Lvs) {
    let mut fresh = Fresh::above(running);
    let mut known = Known::of(running);
    let mut ordinals = BTreeMap::new();
    for server in &mut next.servers {
        let old = known.take(server, &mut ordinals);
        server.id = old.map_or_else(|| fresh.pool(), |old| old.id);
        adopt_servers(&mut server.servers, old, &mut fresh);
    }
    marking::assign(next, Some(running));
}

/// A group and a protocol, and which one of those that share both.
type InGroup = (String, Option<Protocol>, u32);

fn in_group(
    server: &VirtualServer,
    ordinals: &mut BTreeMap<(String, Option<Protocol>), u32>,
) -> Option<InGroup> {
    let (group, protocol) = (server.group.clone()?, server.protocol());
    let ordinal = ordinals.entry((group.clone(), protocol)).or_default();
    Some((group, protocol, super::build::next(ordinal)))
}

/// The running services that have not been found again.
struct Known<'a> {
    by_group: BTreeMap<InGroup, &'a VirtualServer>,
    by_services: BTreeMap<&'a [ServiceKey], &'a VirtualServer>,
}

impl<'a> Known<'a> {
    fn of(running: &'a Lvs) -> Known<'a> {
        let mut known = Known {
            by_group: BTreeMap::new(),
            by_services: BTreeMap::new(),
        };
        let mut ordinals = BTreeMap::new();
        for server in &running.servers {
            match in_group(server, &mut ordinals) {
                Some(place) => drop(known.by_group.insert(place, server)),
                None => drop(known.by_services.insert(&server.services, server)),
            }
        }
        known
    }

    fn take(
        &mut self,
        server: &VirtualServer,
        ordinals: &mut BTreeMap<(String, Option<Protocol>), u32>,
    ) -> Option<&'a VirtualServer> {
        match in_group(server, ordinals) {
            Some(place) => self.by_group.remove(&place),
            None => self.by_services.remove(&*server.services),
        }
    }
}

fn adopt_servers(next: &mut [RealServer], old: Option<&VirtualServer>, fresh: &mut Fresh) {
    let mut known: BTreeMap<DestKey, &RealServer> = old
        .into_iter()
        .flat_map(|old| &old.servers)
        .map(|server| (server.key, server))
        .collect();
    for server in next {
        let old = known.remove(&server.key);
        server.id = old.map_or_else(|| fresh.server(), |old| old.id);
        adopt_checks(&mut server.checks, old, fresh);
    }
}

fn adopt_checks(next: &mut [Check], old: Option<&RealServer>, fresh: &mut Fresh) {
    let mut known: Vec<&Check> = old.into_iter().flat_map(|old| &old.checks).collect();
    for check in next {
        let same = known.iter().position(|old| old.probe == check.probe);
        check.id = match same {
            Some(at) => known.swap_remove(at).id,
            None => fresh.check(),
        };
    }
}

/// Numbers that `running` does not use.
struct Fresh {
    pool: u32,
    server: u32,
    check: u32,
}

impl Fresh {
    fn above(running: &Lvs) -> Fresh {
        let above = |max: Option<u32>| max.map_or(0, |max| max.saturating_add(1));
        let servers = || running.servers.iter().flat_map(|server| &server.servers);
        let checks = servers().flat_map(|server| &server.checks);
        Fresh {
            pool: above(running.servers.iter().map(|server| server.id.0).max()),
            server: above(servers().map(|server| server.id.0).max()),
            check: above(checks.map(|check| check.id.0).max()),
        }
    }

    fn pool(&mut self) -> PoolId {
        PoolId(super::build::next(&mut self.pool))
    }

    fn server(&mut self) -> ServerId {
        ServerId(super::build::next(&mut self.server))
    }

    fn check(&mut self) -> CheckId {
        CheckId(super::build::next(&mut self.check))
    }
}
