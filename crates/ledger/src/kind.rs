//! What the ledger has to know of each kind of object.
use crate::links::Links;
use crate::{AddressKey, AddressSpec, Op, Route, RouteKey, Rule};
use core::fmt::Debug;
use wire::Prefix;

/// A kind of kernel object.
pub(crate) trait Kind: Debug {
    /// What the kernel tells its objects apart by.
    type Key: Ord + Clone + Debug;
    /// How an object is made.
    type Spec: PartialEq + Clone + Debug;
    /// Whether `has` is what `asked` asks for.
    fn is_met_by(key: &Self::Key, asked: &Self::Spec, has: &Self::Spec) -> bool;
    /// Whether the kernel would take it now.
    fn fits(key: &Self::Key, spec: &Self::Spec, links: &Links) -> bool;
    /// Whether the kernel itself removes `key` because `other` is removed.
    fn goes_with(key: &Self::Key, other: &Self::Key) -> bool;
    /// Whether the link that it is on is up; an absence is nobody's doing when it is not.
    fn is_on_live_link(key: &Self::Key, spec: &Self::Spec, links: &Links) -> bool;
    /// The operation that puts it there.
    fn add(key: Self::Key, spec: Self::Spec) -> Op;
    /// The operation that takes it away.
    fn remove(key: Self::Key, spec: Self::Spec) -> Op;
}

/// Addresses.
#[derive(Debug)]
pub(crate) enum Addresses {}

impl Kind for Addresses {
    type Key = AddressKey;
    type Spec = AddressSpec;

    fn is_met_by(key: &AddressKey, asked: &AddressSpec, has: &AddressSpec) -> bool {
        // The scope of an IPv6 address follows from the address.
        let v6 = matches!(key.prefix, Prefix::V6(_));
        asked.is_met_by(has) && (v6 || asked.scope == has.scope)
    }

    /// Not on a link that is gone, and for IPv6, which the kernel removes from a link that goes
    /// down, not on one that is down.
    fn fits(key: &AddressKey, _: &AddressSpec, links: &Links) -> bool {
        let v4 = matches!(key.prefix, Prefix::V4(_));
        !links.is_gone(key.link) && (v4 || links.is_up(key.link))
    }

    /// The first IPv4 address of a network takes the others with it, which are told before, unless
    /// `promote_secondaries` is set.
    fn goes_with(key: &AddressKey, other: &AddressKey) -> bool {
        matches!(key.prefix, Prefix::V4(_))
            && key != other
            && key.link == other.link
            && key.prefix.trunc() == other.prefix.trunc()
    }

    fn is_on_live_link(key: &AddressKey, _: &AddressSpec, links: &Links) -> bool {
        links.is_up(key.link)
    }

    fn add(key: AddressKey, spec: AddressSpec) -> Op {
        Op::Add(key, spec)
    }

    fn remove(key: AddressKey, _: AddressSpec) -> Op {
        Op::Remove(key)
    }
}

/// Routes.
#[derive(Debug)]
pub(crate) enum Routes {}

impl Kind for Routes {
    type Key = RouteKey;
    type Spec = Route;

    fn is_met_by(_: &RouteKey, asked: &Route, has: &Route) -> bool {
        asked.is_met_by(has)
    }

    /// Its links are up: the kernel refuses it otherwise.
    fn fits(_: &RouteKey, spec: &Route, links: &Links) -> bool {
        spec.hops
            .iter()
            .filter_map(|hop| hop.link)
            .all(|link| links.is_up(link))
    }

    fn goes_with(_: &RouteKey, _: &RouteKey) -> bool {
        false
    }

    fn is_on_live_link(key: &RouteKey, spec: &Route, links: &Links) -> bool {
        Self::fits(key, spec, links)
    }

    fn add(_: RouteKey, spec: Route) -> Op {
        Op::AddRoute(Box::new(spec))
    }

    fn remove(_: RouteKey, spec: Route) -> Op {
        Op::RemoveRoute(Box::new(spec))
    }
}

/// Rules.
#[derive(Debug)]
pub(crate) enum Rules {}

impl Kind for Rules {
    type Key = Rule;
    type Spec = ();

    fn is_met_by(_: &Rule, (): &(), (): &()) -> bool {
        true
    }

    fn fits(_: &Rule, (): &(), _: &Links) -> bool {
        true
    }

    fn goes_with(_: &Rule, _: &Rule) -> bool {
        false
    }

    fn is_on_live_link(_: &Rule, (): &(), _: &Links) -> bool {
        true
    }

    fn add(key: Rule, (): ()) -> Op {
        Op::AddRule(Box::new(key))
    }

    fn remove(key: Rule, (): ()) -> Op {
        Op::RemoveRule(Box::new(key))
    }
}
