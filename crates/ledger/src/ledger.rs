//! The books of all kinds together, and the order between them.
use crate::book::Book;
use crate::kind::{Addresses, Routes, Rules};
use crate::links::Links;
use crate::observed::Origin;
use crate::{AddressKey, AddressSpec, Fact, Failure, Op, Owner, Route, RouteKey, Rule, Seen};
use std::collections::BTreeSet;
use wire::Prefix;

/// The tag on routes and rules of ours (`RTPROT_KEEPALIVED`).
const PROTOCOL: u8 = 18;

/// What to do at start about objects with our tag that no configuration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftovers {
    /// Remove them: whoever left them is dead. Right where one daemon has the network to itself.
    Remove,
    /// Leave them: another daemon of our kind may be using them.
    Keep,
}

/// All that an owner has, each kind in the order of its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Items {
    /// Addresses.
    pub addresses: Vec<(AddressKey, AddressSpec)>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Which of them may be lost to somebody else without a word (`no_track`).
    pub untracked: Untracked,
}

/// Objects whose loss is not told, and which are not put back before their owner takes hold again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Untracked {
    /// Addresses.
    pub addresses: BTreeSet<AddressKey>,
    /// Routes.
    pub routes: BTreeSet<RouteKey>,
    /// Rules.
    pub rules: BTreeSet<Rule>,
}

impl From<Vec<(AddressKey, AddressSpec)>> for Items {
    fn from(addresses: Vec<(AddressKey, AddressSpec)>) -> Self {
        Items {
            addresses,
            ..Items::default()
        }
    }
}

/// See the crate's documentation.
#[derive(Debug)]
pub struct Ledger {
    leftovers: Leftovers,
    links: Links,
    addresses: Book<Addresses>,
    routes: Book<Routes>,
    rules: Book<Rules>,
}

impl Ledger {
    /// Nothing wanted, nothing observed.
    pub fn new(leftovers: Leftovers) -> Self {
        Ledger {
            leftovers,
            links: Links::default(),
            addresses: Book::default(),
            routes: Book::default(),
            rules: Book::default(),
        }
    }

    /// Says what `owner` has in its configuration, replacing what was said before. Whether it is
    /// held stays as it is: a held owner's new objects are added, its old ones removed, and nothing
    /// happens to those that stay. To say the same again changes nothing.
    pub fn configure(&mut self, owner: Owner, items: impl Into<Items>) {
        let items = items.into();
        let routes = items.routes.into_iter().map(|route| (route.key(), route));
        let rules = items.rules.into_iter().map(|rule| (rule.normal(), ()));
        let (routes, rules): (Vec<_>, Vec<_>) = (routes.collect(), rules.collect());
        let loose = items.untracked;
        let loose_rules = loose.rules.into_iter().map(Rule::normal).collect();
        let (addresses, loose_addresses) = (items.addresses, loose.addresses);
        if self
            .addresses
            .is_configured(owner, &addresses, &loose_addresses)
            && self.routes.is_configured(owner, &routes, &loose.routes)
            && self.rules.is_configured(owner, &rules, &loose_rules)
        {
            return;
        }
        self.addresses.configure(owner, addresses, loose_addresses);
        self.routes.configure(owner, routes, loose.routes);
        self.rules.configure(owner, rules, loose_rules);
    }

    /// The addresses that `owner` has in its configuration, in order.
    pub fn addresses(&self, owner: Owner) -> impl Iterator<Item = &AddressKey> {
        self.addresses.keys(owner)
    }

    /// Whether anybody has this address in its configuration.
    pub fn names(&self, address: &AddressKey) -> bool {
        self.addresses.names(address)
    }

    /// Drops `owner` with all it has: what it held is removed, unless another holds it too.
    pub fn forget(&mut self, owner: Owner) {
        self.addresses.forget(owner);
        self.routes.forget(owner);
        self.rules.forget(owner);
    }

    /// Forgets the routes of `owner` and leaves them where they are.
    pub fn abandon_routes(&mut self, owner: Owner) {
        self.routes.abandon(owner);
    }

    /// Wants all that `owner` has configured to be in force. What was refused is tried again.
    pub fn hold(&mut self, owner: Owner) {
        self.addresses.hold(owner);
        self.routes.hold(owner);
        self.rules.hold(owner);
    }

    /// Wants none of it any more: each object is removed unless another owner holds it too, also
    /// one that somebody else had put there, but not an interface's own address.
    pub fn release(&mut self, owner: Owner) {
        self.addresses.release(owner);
        self.routes.release(owner);
        self.rules.release(owner);
    }

    /// Takes the kernel's whole list of addresses, in the kernel's order: at start, and again when
    /// events were lost. Returns the owners of addresses that were in force and no longer are.
    ///
    /// The first time it decides whose each address is, so configure before. Ours are those that
    /// the configuration names, whoever put them there, and those with our tag as [`Leftovers`]
    /// says. An interface's own address is not ours even if named: for IPv4 its
    /// first address without our tag, unless that is a secondary one; for IPv6 any without tag and
    /// without "nodad", as keepalived sets at least one of them.
    pub fn adopt(&mut self, dump: Vec<Seen>) -> Vec<Owner> {
        let mut met = BTreeSet::new();
        let judge = |seen: Seen| {
            let first = !seen.tagged && is_v4(&seen.key) && met.insert(seen.key.link);
            let origin = self.address_at_start(&seen, first);
            (seen.key, seen.spec, origin, seen.tagged)
        };
        let judged = dump.into_iter().map(judge).collect();
        self.addresses.adopt(judged).collect()
    }

    /// Takes the kernel's whole list of routes, as [`adopt`](Self::adopt) does of addresses. Ours
    /// are those that the configuration names, protocol included, and those with our protocol as
    /// [`Leftovers`] says; others may be left out.
    pub fn adopt_routes(&mut self, dump: Vec<Route>) -> Vec<Owner> {
        let judge = |route: Route| {
            let (key, tagged) = (route.key(), route.protocol == PROTOCOL);
            let origin = self.at_start(self.routes.names(&key), tagged);
            (key, route, origin, tagged)
        };
        let judged: Vec<_> = dump.into_iter().map(judge).collect();
        let known = judged
            .into_iter()
            .filter(|(.., origin, tagged)| known(*origin, *tagged));
        self.routes.adopt(known.collect()).collect()
    }

    /// Takes the kernel's whole list of rules, like [`adopt_routes`](Self::adopt_routes).
    pub fn adopt_rules(&mut self, dump: Vec<Rule>) -> Vec<Owner> {
        let judge = |rule: Rule| {
            let (key, tagged) = (rule.clone().normal(), rule.protocol == PROTOCOL);
            let origin = self.at_start(self.rules.names(&key), tagged);
            (key, (), origin, tagged)
        };
        let judged: Vec<_> = dump.into_iter().map(judge).collect();
        let known = judged
            .into_iter()
            .filter(|(.., origin, tagged)| known(*origin, *tagged));
        self.rules.adopt(known.collect()).collect()
    }

    /// Takes one event, of our doing or another's. Returns the owners that lost an object in
    /// force to somebody else; [`settle`](Self::settle) would put it back, unless they
    /// [`release`](Self::release) it before.
    pub fn observe(&mut self, fact: Fact) -> Vec<Owner> {
        match fact {
            Fact::Present(seen) => {
                self.addresses.present(seen.key, seen.spec, seen.tagged);
                // a gateway may be within reach now
                self.routes.retry();
            }
            Fact::Absent(key) => return self.address_absent(&key),
            Fact::RoutePresent(route) => self.route_present(*route),
            Fact::RouteAbsent(route) => return self.routes.absent(&route.key(), &self.links),
            Fact::RulePresent(rule) => {
                let tagged = rule.protocol == PROTOCOL;
                self.rules.present(rule.normal(), (), tagged);
            }
            Fact::RuleAbsent(rule) => return self.rules.absent(&rule.normal(), &self.links),
            Fact::Link { index, up } => self.link(index, Some(up)),
            Fact::LinkGone(index) => self.link(index, None),
        }
        Vec::new()
    }

    /// Has an address that somebody holds removed and added again, since the kernel has it but does
    /// not use it (duplicate address detection failed). Whether it is ours and held.
    pub fn renew(&mut self, address: &AddressKey) -> bool {
        self.addresses.renew(address)
    }

    /// At most `budget` operations that bring the kernel closer to what is wanted. All removals
    /// (rules, routes, addresses) come before the first addition (addresses, routes, rules), each
    /// kind in the order of owners and their configuration. They count as done unless
    /// [`failed`](Self::failed) is called; when there is nothing (left) to do, the answer is empty.
    pub fn settle(&mut self, budget: usize) -> Vec<Op> {
        let mut batch = Batch {
            ops: Vec::new(),
            budget,
        };
        let mut all = batch.put(|room| self.rules.removals(room));
        all &= batch.put(|room| self.routes.removals(room));
        all &= batch.put(|room| self.addresses.removals(room));
        let _ = all
            && batch.put(|room| self.addresses.additions(room, &self.links))
            && batch.put(|room| self.routes.additions(room, &self.links))
            && batch.put(|room| self.rules.additions(room, &self.links));
        batch.ops
    }

    /// Says that an operation out of [`settle`](Self::settle) was not carried out. Returns the
    /// owners that lack an object for it; it is not tried again until something changes:
    /// its link, its configuration, or that it is held.
    pub fn failed(&mut self, op: &Op, why: Failure) -> Vec<Owner> {
        match op {
            Op::Add(key, _) => return self.addresses.not_added(key, why),
            Op::AddRoute(route) => return self.routes.not_added(&route.key(), why),
            Op::AddRule(rule) => return self.rules.not_added(rule, why),
            Op::Remove(key) => self.addresses.not_removed(key, AddressSpec::default(), why),
            Op::RemoveRoute(route) => {
                self.routes
                    .not_removed(&route.key(), Route::clone(route), why);
            }
            Op::RemoveRule(rule) => self.rules.not_removed(rule, (), why),
        }
        Vec::new()
    }

    /// Whether all that `owner` holds is in force, as far as known; operations that were given
    /// out count.
    pub fn is_in_force(&self, owner: Owner) -> bool {
        self.addresses.is_in_force(owner)
            && self.routes.is_in_force(owner)
            && self.rules.is_in_force(owner)
    }

    /// IPv4 routes vanish untold with their source address, and with the last address of a link.
    fn address_absent(&mut self, key: &AddressKey) -> Vec<Owner> {
        let owners = self.addresses.absent(key, &self.links);
        if is_v4(key) {
            let last = !self
                .addresses
                .has(|other| is_v4(other) && other.link == key.link);
            let address = key.prefix.addr();
            self.routes.doubt(|_, route| {
                let source = |route: &Route| route.source == Some(address);
                route.is_some_and(|route| source(route) || (last && route.may_use(key.link)))
            });
        }
        owners
    }

    fn route_present(&mut self, route: Route) {
        let (key, tagged) = (route.key(), route.protocol == PROTOCOL);
        if tagged || self.routes.names(&key) {
            self.routes.present(key, route, tagged);
        }
    }

    /// IPv4 routes vanish untold with a link that goes down; IPv4 addresses stay until it is gone.
    fn link(&mut self, index: u32, up: Option<bool>) {
        self.links.set(index, up);
        if up.is_none() {
            self.addresses.doubt(|key, _| key.link == index);
        }
        if up != Some(true) {
            self.routes
                .doubt(|_, route| route.is_some_and(|route| route.may_use(index)));
        }
        self.addresses.reconsider(|key| key.link == index);
        self.routes.reconsider(|_| true);
    }

    fn address_at_start(&self, seen: &Seen, first: bool) -> Origin {
        let named = self.addresses.names(&seen.key);
        let own = if is_v4(&seen.key) {
            first && !seen.secondary
        } else {
            !seen.spec.is_nodad()
        };
        if named && !seen.tagged && own {
            return Origin::Own;
        }
        self.at_start(named, seen.tagged)
    }

    fn at_start(&self, named: bool, tagged: bool) -> Origin {
        let ours = named || (tagged && self.leftovers == Leftovers::Remove);
        if ours { Origin::Ours } else { Origin::Foreign }
    }
}

/// Worth keeping in mind: a full routing table of others is not.
fn known(origin: Origin, tagged: bool) -> bool {
    tagged || origin != Origin::Foreign
}

struct Batch {
    ops: Vec<Op>,
    budget: usize,
}

impl Batch {
    /// Appends what there is room for; whether that was all.
    fn put(&mut self, more: impl FnOnce(usize) -> (Vec<Op>, bool)) -> bool {
        let (ops, all) = more(self.budget.saturating_sub(self.ops.len()));
        self.ops.extend(ops);
        all
    }
}

fn is_v4(key: &AddressKey) -> bool {
    matches!(key.prefix, Prefix::V4(_))
}
