//! The ledger against a small kernel with other people in it.
use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const A: Owner = Owner(1);
const B: Owner = Owner(2);

fn key(prefix: &str) -> AddressKey {
    AddressKey::new(1, prefix.parse().unwrap())
}

fn items(prefixes: &[&str]) -> Vec<(AddressKey, AddressSpec)> {
    prefixes
        .iter()
        .map(|prefix| (key(prefix), AddressSpec::default()))
        .collect()
}

fn seen(prefix: &str, tagged: bool) -> Seen {
    Seen {
        key: key(prefix),
        spec: AddressSpec::default(),
        tagged,
        secondary: false,
    }
}

fn add(prefix: &str) -> Op {
    Op::Add(key(prefix), AddressSpec::default())
}

fn remove(prefix: &str) -> Op {
    Op::Remove(key(prefix))
}

/// A ledger after an empty start, where A and B have these addresses.
fn started(a: &[&str], b: &[&str]) -> Ledger {
    let mut ledger = Ledger::new(Leftovers::Remove);
    ledger.configure(A, items(a));
    ledger.configure(B, items(b));
    ledger.adopt(Vec::new());
    ledger
}

#[test]
fn what_is_of_no_use_is_removed_and_added_again() {
    let mut ledger = started(&["2001:db8::1/64"], &[]);
    let one = key("2001:db8::1/64");
    assert!(!ledger.renew(&one), "nobody holds it");
    ledger.hold(A);
    assert_eq!(ledger.settle(9), [add("2001:db8::1/64")]);
    ledger.observe(Fact::Present(seen("2001:db8::1/64", true)));
    assert_eq!(ledger.settle(9), []);
    assert!(ledger.renew(&one));
    let again = [remove("2001:db8::1/64"), add("2001:db8::1/64")];
    assert_eq!(ledger.settle(9), again);
    assert_eq!(ledger.observe(Fact::Absent(one)), [], "that was our doing");
    ledger.observe(Fact::Present(seen("2001:db8::1/64", true)));
    assert_eq!(ledger.settle(9), [], "once");
    assert!(ledger.is_in_force(A));
    ledger.release(A);
    assert_eq!(ledger.settle(9), [remove("2001:db8::1/64")]);
    assert!(!ledger.renew(&one));
}

#[test]
fn additions_come_in_configuration_order_and_removals_first() {
    let mut ledger = started(
        &["10.0.0.9/32", "10.0.0.1/32", "10.0.0.5/32"],
        &["10.0.0.3/32"],
    );
    assert_eq!(ledger.settle(9), []);
    ledger.hold(A);
    assert_eq!(ledger.settle(2), [add("10.0.0.9/32"), add("10.0.0.1/32")]);
    assert_eq!(ledger.settle(2), [add("10.0.0.5/32")]);
    assert_eq!(ledger.settle(2), []);
    assert!(ledger.is_in_force(A) && !ledger.is_in_force(B));
    ledger.hold(B);
    ledger.release(A);
    assert_eq!(
        ledger.settle(2),
        [remove("10.0.0.9/32"), remove("10.0.0.1/32")]
    );
    assert_eq!(
        ledger.settle(2),
        [remove("10.0.0.5/32"), add("10.0.0.3/32")]
    );
    assert_eq!(ledger.settle(2), []);
}

#[test]
fn an_address_of_two_owners_stays_until_the_last_lets_go() {
    let mut ledger = started(&["10.0.0.1/32"], &["10.0.0.1/32"]);
    ledger.hold(A);
    ledger.hold(B);
    assert_eq!(ledger.settle(9), [add("10.0.0.1/32")]);
    ledger.release(A);
    assert_eq!(ledger.settle(9), []);
    ledger.forget(B);
    assert_eq!(ledger.settle(9), [remove("10.0.0.1/32")]);
}

#[test]
fn a_reload_touches_only_what_differs() {
    let mut ledger = started(&["10.0.0.1/32", "10.0.0.2/32"], &[]);
    ledger.hold(A);
    ledger.settle(9);
    ledger.configure(A, items(&["10.0.0.1/32", "10.0.0.2/32"]));
    assert_eq!(ledger.settle(9), []);
    let mut next = items(&["10.0.0.3/32", "10.0.0.2/32"]);
    next[1].1.label = Some("eth0:1".into());
    ledger.configure(A, next.clone());
    let labelled = Op::Add(next[1].0, next[1].1.clone());
    let all = [
        remove("10.0.0.2/32"),
        remove("10.0.0.1/32"),
        add("10.0.0.3/32"),
        labelled,
    ];
    let mut ops = ledger.settle(9);
    ops[..2].sort_by_key(|op| core::cmp::Reverse(op.address().copied()));
    assert_eq!(ops, all);
}

/// Conformance 63 and crash recovery.
#[test]
fn the_start_removes_what_was_left_and_spares_the_interfaces_own() {
    let own = seen("10.0.0.1/24", false);
    let left = seen("10.0.0.8/32", true);
    let untagged = Seen {
        secondary: true,
        ..seen("10.0.0.9/24", false)
    };
    let foreign = seen("10.0.0.7/32", false);
    let dump = vec![own, foreign, left, untagged];
    let mut ledger = Ledger::new(Leftovers::Remove);
    ledger.configure(A, items(&["10.0.0.1/24", "10.0.0.9/24"]));
    assert_eq!(ledger.adopt(dump.clone()), []);
    assert_eq!(
        ledger.settle(9),
        [remove("10.0.0.8/32"), remove("10.0.0.9/24")]
    );
    // The owner's own address is neither added when held nor removed when released.
    ledger.hold(A);
    assert_eq!(ledger.settle(9), [add("10.0.0.9/24")]);
    ledger.release(A);
    assert_eq!(ledger.settle(9), [remove("10.0.0.9/24")]);

    let mut careful = Ledger::new(Leftovers::Keep);
    careful.configure(A, items(&["10.0.0.9/24"]));
    careful.adopt(dump);
    assert_eq!(careful.settle(9), [remove("10.0.0.9/24")]);
}

#[test]
fn an_ipv6_leftover_is_known_by_its_nodad() {
    let mut ledger = Ledger::new(Leftovers::Remove);
    ledger.configure(A, items(&["2001:db8::1/64", "2001:db8::2/64"]));
    let mut left = seen("2001:db8::2/64", false);
    left.spec.flags = 0x02;
    ledger.adopt(vec![seen("2001:db8::1/64", false), left]);
    assert_eq!(ledger.settle(9), [remove("2001:db8::2/64")]);
}

#[test]
fn a_respawned_role_adopts_what_it_finds() {
    let mut ledger = Ledger::new(Leftovers::Remove);
    ledger.configure(A, items(&["10.0.0.1/32", "10.0.0.2/32"]));
    ledger.hold(A);
    ledger.adopt(vec![seen("10.0.0.1/32", true), seen("10.0.0.3/32", true)]);
    assert_eq!(
        ledger.settle(9),
        [remove("10.0.0.3/32"), add("10.0.0.2/32")]
    );
}

/// Conformance 64.
#[test]
fn a_removal_by_somebody_else_is_told_and_our_own_is_not() {
    let mut ledger = started(&["10.0.0.1/32"], &[]);
    ledger.hold(A);
    ledger.settle(9);
    assert_eq!(ledger.observe(Fact::Present(seen("10.0.0.1/32", true))), []);
    assert_eq!(ledger.observe(Fact::Absent(key("10.0.0.1/32"))), [A]);
    assert_eq!(ledger.settle(9), [add("10.0.0.1/32")]);
    ledger.observe(Fact::Present(seen("10.0.0.1/32", true)));
    ledger.release(A);
    assert_eq!(ledger.settle(9), [remove("10.0.0.1/32")]);
    ledger.hold(A);
    assert_eq!(ledger.settle(9), [add("10.0.0.1/32")]);
    // The event of the removal is read only now.
    assert_eq!(ledger.observe(Fact::Absent(key("10.0.0.1/32"))), []);
    assert_eq!(ledger.settle(9), []);
}

#[test]
fn what_goes_with_the_first_of_its_network_is_put_back_silently() {
    let mut ledger = started(&["10.0.0.1/24"], &["10.0.0.2/24"]);
    ledger.hold(A);
    ledger.hold(B);
    ledger.settle(9);
    ledger.release(A);
    assert_eq!(ledger.settle(9), [remove("10.0.0.1/24")]);
    assert_eq!(ledger.observe(Fact::Absent(key("10.0.0.2/24"))), []);
    assert_eq!(ledger.observe(Fact::Absent(key("10.0.0.1/24"))), []);
    assert_eq!(ledger.settle(9), [add("10.0.0.2/24")]);
}

#[test]
fn a_link_that_goes_is_nobodys_interference() {
    let mut ledger = started(&["10.0.0.1/32", "2001:db8::1/128"], &[]);
    ledger.hold(A);
    assert_eq!(ledger.settle(9).len(), 2);
    ledger.observe(Fact::Link {
        index: 1,
        up: false,
    });
    // The kernel takes the IPv6 address with it; it comes back with the link.
    assert_eq!(ledger.observe(Fact::Absent(key("2001:db8::1/128"))), []);
    assert_eq!(ledger.settle(9), []);
    ledger.observe(Fact::Link { index: 1, up: true });
    assert_eq!(ledger.settle(9), [add("2001:db8::1/128")]);
    ledger.observe(Fact::LinkGone(1));
    assert_eq!(ledger.settle(9), []);
    ledger.observe(Fact::Link { index: 1, up: true });
    assert_eq!(ledger.settle(9).len(), 2);
}

#[test]
fn what_is_refused_is_told_once_and_tried_again_when_something_changes() {
    let mut ledger = started(&["10.0.0.1/32"], &[]);
    ledger.hold(A);
    let ops = ledger.settle(9);
    assert_eq!(ledger.failed(&ops[0], Failure::Refused), [A]);
    assert_eq!(ledger.settle(9), []);
    ledger.observe(Fact::Link { index: 1, up: true });
    assert_eq!(ledger.settle(9), ops);
    // Another was faster: it is in force, and stays as it is until the owner releases it.
    assert_eq!(ledger.failed(&ops[0], Failure::AlreadyThere), []);
    let mut other = seen("10.0.0.1/32", false);
    other.spec.scope = 253;
    ledger.observe(Fact::Present(other));
    assert_eq!(ledger.settle(9), []);
    ledger.release(A);
    let ops = ledger.settle(9);
    assert_eq!(ops, [remove("10.0.0.1/32")]);
    assert_eq!(ledger.failed(&ops[0], Failure::Refused), []);
    assert_eq!(ledger.settle(9), []);
}

#[test]
fn after_lost_events_the_list_decides() {
    let mut ledger = started(&["10.0.0.1/32", "10.0.0.2/32"], &["10.0.0.3/32"]);
    ledger.hold(A);
    ledger.hold(B);
    ledger.settle(9);
    let dump = vec![seen("10.0.0.1/32", true), seen("10.0.0.3/32", true)];
    assert_eq!(ledger.adopt(dump), [A]);
    assert_eq!(ledger.settle(9), [add("10.0.0.2/32")]);
}

/// What the kernel knows of an address: how, and whether with our tag.
type Entry = (AddressSpec, bool);

/// Adds and removes as Linux does, and tells of it in order.
#[derive(Default)]
struct Kernel {
    addresses: Vec<(AddressKey, Entry)>,
    events: VecDeque<Fact>,
}

impl Kernel {
    fn add(&mut self, key: AddressKey, spec: AddressSpec, tagged: bool) -> Result<(), Failure> {
        if self.addresses.iter().any(|(other, _)| *other == key) {
            return Err(Failure::AlreadyThere);
        }
        let secondary = self
            .addresses
            .iter()
            .any(|(other, _)| same_network(other, &key));
        self.events.push_back(Fact::Present(Seen {
            key,
            spec: spec.clone(),
            tagged,
            secondary,
        }));
        self.addresses.push((key, (spec, tagged)));
        Ok(())
    }

    /// The first of a network takes the others with it, and they are told before.
    fn remove(&mut self, key: &AddressKey) -> Result<(), Failure> {
        let first = self
            .addresses
            .iter()
            .find(|(other, _)| same_network(other, key));
        let first = first.is_some_and(|(first, _)| first == key);
        let there = self.addresses.iter().any(|(other, _)| other == key);
        if !there {
            return Err(Failure::NotThere);
        }
        let goes = |other: &AddressKey| other != key && first && same_network(other, key);
        let with: Vec<_> = self
            .addresses
            .iter()
            .map(|(k, _)| *k)
            .filter(goes)
            .collect();
        self.addresses
            .retain(|(other, _)| other != key && !with.contains(other));
        self.events
            .extend(with.into_iter().chain([*key]).map(Fact::Absent));
        Ok(())
    }

    fn carry_out(&mut self, op: &Op) -> Result<(), Failure> {
        match op {
            Op::Remove(key) => self.remove(key),
            Op::Add(key, spec) => self.add(*key, spec.clone(), true),
            other => panic!("not asked for: {other:?}"),
        }
    }

    fn list(&self) -> Vec<Seen> {
        let describe = |(key, (spec, tagged)): &(AddressKey, Entry)| {
            let first = self
                .addresses
                .iter()
                .find(|(other, _)| same_network(other, key));
            let secondary = first.is_some_and(|(first, _)| first != key);
            Seen {
                key: *key,
                spec: spec.clone(),
                tagged: *tagged,
                secondary,
            }
        };
        self.addresses.iter().map(describe).collect()
    }
}

fn same_network(one: &AddressKey, other: &AddressKey) -> bool {
    one.prefix.addr().is_ipv4() && one.prefix.trunc() == other.prefix.trunc()
}

/// What can happen, in any order.
#[derive(Debug, Clone)]
enum Step {
    Configure(Owner, Vec<(AddressKey, AddressSpec)>),
    Forget(Owner),
    Hold(Owner),
    Release(Owner),
    OtherAdds(AddressKey, AddressSpec),
    OtherRemoves(AddressKey),
    Read(usize),
    LoseEvents,
    Settle(usize),
}

/// Addresses that may be configured: some share a network, one is IPv6.
fn named_key() -> impl Strategy<Value = AddressKey> {
    prop::sample::select(vec![
        key("10.0.0.1/24"),
        key("10.0.0.2/24"),
        key("10.0.0.3/24"),
        key("10.0.1.1/32"),
        key("10.0.1.2/32"),
        key("2001:db8::1/128"),
    ])
}

/// Addresses that nobody ever configures.
fn foreign_key() -> impl Strategy<Value = AddressKey> {
    prop::sample::select(vec![
        key("192.0.2.1/24"),
        key("192.0.2.2/24"),
        key("192.0.2.3/32"),
    ])
}

fn spec() -> impl Strategy<Value = AddressSpec> {
    let label = prop::option::of(Just("eth0:1".to_owned()));
    label.prop_map(|label| AddressSpec {
        label,
        ..AddressSpec::default()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let owner = || prop::sample::select(vec![A, B]);
    let items = || prop::collection::vec((named_key(), spec()), 0..5);
    let any_key = || prop_oneof![named_key(), foreign_key()];
    prop_oneof![
        2 => (owner(), items()).prop_map(|(owner, items)| Step::Configure(owner, items)),
        1 => owner().prop_map(Step::Forget),
        3 => owner().prop_map(Step::Hold),
        3 => owner().prop_map(Step::Release),
        3 => (any_key(), spec()).prop_map(|(key, spec)| Step::OtherAdds(key, spec)),
        3 => any_key().prop_map(Step::OtherRemoves),
        5 => (0usize..6).prop_map(Step::Read),
        1 => Just(Step::LoseEvents),
        5 => (1usize..5).prop_map(Step::Settle),
    ]
}

/// The ledger, the kernel, and what must hold of them.
struct World {
    ledger: Ledger,
    kernel: Kernel,
    configured: BTreeMap<Owner, Vec<(AddressKey, AddressSpec)>>,
    held: Vec<Owner>,
    foreign: BTreeMap<AddressKey, AddressSpec>,
}

impl World {
    fn new() -> Self {
        let mut ledger = Ledger::new(Leftovers::Remove);
        ledger.adopt(Vec::new());
        let (configured, foreign) = (BTreeMap::new(), BTreeMap::new());
        World {
            ledger,
            kernel: Kernel::default(),
            configured,
            held: Vec::new(),
            foreign,
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Configure(owner, items) => {
                self.configured.insert(owner, items.clone());
                self.ledger.configure(owner, items);
            }
            Step::Forget(owner) => {
                self.configured.remove(&owner);
                self.held.retain(|held| *held != owner);
                self.ledger.forget(owner);
            }
            Step::Hold(owner) => {
                self.ledger.hold(owner);
                if self.configured.contains_key(&owner) && !self.held.contains(&owner) {
                    self.held.push(owner);
                }
            }
            Step::Release(owner) => {
                self.held.retain(|held| *held != owner);
                self.ledger.release(owner);
            }
            Step::OtherAdds(key, spec) => {
                let _ = self.kernel.add(key, spec, false);
                self.remember_foreign();
            }
            Step::OtherRemoves(key) => {
                let _ = self.kernel.remove(&key);
                self.remember_foreign();
            }
            Step::Read(count) => self.read(count),
            Step::LoseEvents => {
                self.kernel.events.clear();
                self.ledger.adopt(self.kernel.list());
            }
            Step::Settle(budget) => {
                self.settle(budget);
            }
        }
    }

    fn remember_foreign(&mut self) {
        let all = self.kernel.addresses.iter();
        let foreign = all.filter(|(key, _)| key.prefix.to_string().starts_with("192."));
        self.foreign = foreign
            .map(|(key, (spec, _))| (*key, spec.clone()))
            .collect();
    }

    fn read(&mut self, count: usize) {
        for fact in self
            .kernel
            .events
            .drain(..count.min(self.kernel.events.len()))
        {
            self.ledger.observe(fact);
        }
    }

    fn settle(&mut self, budget: usize) -> usize {
        let ops = self.ledger.settle(budget);
        assert!(ops.len() <= budget);
        let adds = ops.iter().skip_while(|op| matches!(op, Op::Remove(_)));
        assert!(adds.clone().all(|op| matches!(op, Op::Add(..))), "{ops:?}");
        for op in &ops {
            if let Err(why) = self.kernel.carry_out(op) {
                self.ledger.failed(op, why);
            }
        }
        ops.len()
    }

    /// Lets everything come to rest; the number of turns that it took is bounded.
    fn come_to_rest(&mut self) {
        for _ in 0..100 {
            self.read(usize::MAX);
            if self.settle(usize::MAX) == 0 && self.kernel.events.is_empty() {
                return;
            }
        }
        panic!("never comes to rest");
    }

    fn check(&self) {
        let held = self
            .held
            .iter()
            .filter_map(|owner| self.configured.get(owner));
        let wanted: Vec<_> = held.flatten().map(|(key, _)| *key).collect();
        let there: BTreeMap<_, _> = self.kernel.addresses.iter().cloned().collect();
        for key in &wanted {
            assert!(there.contains_key(key), "{key:?} is wanted and not there");
        }
        for (key, (_, tagged)) in &there {
            assert!(
                !tagged || wanted.contains(key),
                "{key:?} is ours and unwanted"
            );
        }
        for (key, spec) in &self.foreign {
            assert_eq!(
                there.get(key),
                Some(&(spec.clone(), false)),
                "foreign {key:?}"
            );
        }
        let mut owners = self.held.clone();
        owners.sort_unstable();
        for (key, (spec, tagged)) in &there {
            let items = owners
                .iter()
                .filter_map(|owner| self.configured.get(owner))
                .flatten();
            let asked = items
                .clone()
                .find(|(other, _)| other == key)
                .map(|(_, spec)| spec);
            let met = asked.is_none_or(|asked| asked.is_met_by(spec));
            assert!(
                met || !tagged,
                "{key:?}: {asked:?} is asked for, {spec:?} is there"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_order_of_events_ends_at_what_is_wanted(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.come_to_rest();
        world.check();
        prop_assert!(world.ledger.settle(9).is_empty());
    }
}
