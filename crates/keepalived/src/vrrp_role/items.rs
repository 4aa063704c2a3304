//! What owners of the plan have, in the ledger's terms: interfaces by index.
use super::links::Links;
use ledger::{AddressKey, AddressSpec, Items, Route};
use plan::{Instance, Upper, UpperKind};
use std::net::IpAddr;
use wire::Prefix;

/// Added without duplicate address detection.
const NODAD: u32 = 0x02;
const SCOPE_LINK: u8 = 253;

/// All that an instance has, as far as the interfaces exist.
pub(super) fn of_instance(instance: &Instance, links: &Links) -> Items {
    of(
        &instance.addresses,
        &instance.routes,
        &instance.rules,
        links,
    )
}

pub(super) fn of(
    addresses: &[plan::Address],
    routes: &[plan::Route],
    rules: &[plan::Rule],
    links: &Links,
) -> Items {
    let mut items = Items {
        addresses: Vec::with_capacity(addresses.len()),
        ..Items::default()
    };
    for one in addresses {
        let Some((key, spec)) = address(one, links) else {
            continue;
        };
        if one.no_track {
            items.untracked.addresses.insert(key);
        }
        items.addresses.push((key, spec));
    }
    for one in routes {
        let Some(route) = route(one, links) else {
            continue;
        };
        if one.no_track {
            items.untracked.routes.insert(route.key());
        }
        items.routes.push(route);
    }
    for one in rules {
        if one.no_track {
            items.untracked.rules.insert(one.rule.clone());
        }
        items.rules.push(one.rule.clone());
    }
    items
}

fn address(address: &plan::Address, links: &Links) -> Option<(AddressKey, AddressSpec)> {
    let link = links.index_of(&address.dev)?;
    let key = AddressKey {
        peer: address.peer,
        ..AddressKey::new(link, address.prefix)
    };
    let spec = AddressSpec {
        label: address.label.clone(),
        scope: address.scope,
        broadcast: address.broadcast,
        flags: address.flags,
        preferred: address.preferred,
    };
    Some((key, spec))
}

/// A route has to wait while one of its interfaces is missing.
fn route(route: &plan::Route, links: &Links) -> Option<Route> {
    let mut out = route.route.clone();
    for (hop, dev) in out.hops.iter_mut().zip(&route.devs) {
        if let Some(dev) = dev {
            hop.link = Some(links.index_of(dev)?);
        }
    }
    Some(out)
}

/// What an interface made for an instance needs to send adverts: for IPv6 the link-local address
/// of the interface below, which they come from; an ipvlan its own.
pub(super) fn of_upper(upper: &Upper, links: &Links) -> Items {
    let address = match upper.kind {
        UpperKind::Macvlan(_) if upper.family == wire::Family::V6 && upper.carries_adverts => {
            let base = links
                .index_of(&upper.base)
                .and_then(|index| links.view(index));
            let own = base.and_then(|base| base.ipv6);
            own.and_then(|own| Prefix::new(IpAddr::V6(own), 64).ok())
        }
        UpperKind::Macvlan(_) => None,
        UpperKind::Ipvlan { address, .. } => address,
    };
    let mut items = Items::default();
    if let (Some(prefix), Some(link)) = (address, links.index_of(&upper.name)) {
        let v6 = matches!(prefix, Prefix::V6(_));
        let spec = AddressSpec {
            scope: if v6 { SCOPE_LINK } else { 0 },
            flags: if v6 { NODAD } else { 0 },
            preferred: v6.then_some(0),
            ..AddressSpec::default()
        };
        items.addresses.push((AddressKey::new(link, prefix), spec));
    }
    items
}
