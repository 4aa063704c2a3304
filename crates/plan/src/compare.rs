//! The configurations of several nodes beside each other: what has to be the same, and what must
//! not be.
use crate::{Instance, Plan};
use conf::{Diagnostic, Severity};
use std::collections::BTreeSet;
use std::net::IpAddr;
use vrrp::{Auth, Tracked};
use wire::{Family, Version};

/// One node: how it is called, and what its configuration means.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// Name of its file.
    pub name: &'a str,
    /// The plan.
    pub plan: &'a Plan,
}

/// Compares each node with the first. Everything found is advice: on its own, each file is good.
pub fn compare(nodes: &[Node<'_>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let Some((first, others)) = nodes.split_first() else {
        return findings;
    };
    for other in others {
        let mut pair = Pair {
            nodes: [*first, *other],
            findings: &mut findings,
        };
        pair.compare();
    }
    findings
}

struct Pair<'a> {
    nodes: [Node<'a>; 2],
    findings: &'a mut Vec<Diagnostic>,
}

impl Pair<'_> {
    fn tell(&mut self, id: &'static str, text: String, help: &str) {
        let found = Diagnostic::new(id, Severity::Advice, text);
        self.findings.push(found.help(help));
    }

    fn compare(&mut self) {
        let [a, b] = self.nodes;
        for one in a.plan.instances.values() {
            match partner(one, b.plan) {
                Some(other) => self.instances(one, other),
                None => self.lonely(one, a.name, b.name),
            }
        }
        for one in b.plan.instances.values() {
            if partner(one, a.plan).is_none() {
                self.lonely(one, b.name, a.name);
            }
        }
        self.groups();
    }

    fn lonely(&mut self, one: &Instance, here: &str, there: &str) {
        let text = format!(
            "{} (VRID {}) is in {here} and not in {there}",
            one.name, one.params.vrid
        );
        let help = "a virtual router needs two nodes with the same virtual_router_id";
        self.tell("lonely-instance", text, help);
    }

    /// A value that both must have.
    fn same<T: PartialEq>(
        &mut self,
        id: &'static str,
        one: &Instance,
        what: &str,
        values: &[T; 2],
        show: impl Fn(&T) -> String,
        help: &str,
    ) {
        if values[0] == values[1] {
            return;
        }
        let [a, b] = self.nodes;
        let [x, y] = [show(&values[0]), show(&values[1])];
        let text = format!("{}: {what} {x} in {}, {y} in {}", one.name, a.name, b.name);
        self.tell(id, text, help);
    }

    fn instances(&mut self, one: &Instance, other: &Instance) {
        let (p, q) = (&one.params, &other.params);
        let vrids = [p.vrid, q.vrid];
        let help = "nodes with different ids do not hear each other: both become master";
        self.same(
            "vrid-differs",
            one,
            "virtual_router_id",
            &vrids,
            ToString::to_string,
            help,
        );
        let family = |family: &Family| {
            if *family == Family::V4 {
                "IPv4"
            } else {
                "IPv6"
            }
            .to_owned()
        };
        let help = "adverts of one family are not heard by the other";
        self.same(
            "family-differs",
            one,
            "family",
            &[p.family, q.family],
            family,
            help,
        );
        let version =
            |version: &Version| if *version == Version::V2 { "2" } else { "3" }.to_owned();
        let help = "adverts of another version are refused: both become master";
        self.same(
            "version-differs",
            one,
            "version",
            &[p.version, q.version],
            version,
            help,
        );
        let help = match p.version {
            Version::V2 => "version 2 refuses adverts with another interval: both become master",
            Version::V3 => "a backup takes over the master's interval; write the same",
        };
        let intervals = [p.interval, q.interval];
        self.same(
            "interval-differs",
            one,
            "advert_int",
            &intervals,
            ToString::to_string,
            help,
        );
        let groups = [p.group, q.group];
        let help = "adverts to one group are not heard in the other";
        self.same(
            "group-differs",
            one,
            "multicast group",
            &groups,
            ToString::to_string,
            help,
        );
        self.authentication(one, other);
        self.addresses(one, other);
        self.priorities(one, other);
        self.peers(one, other);
    }

    /// Secrets are compared, and never shown.
    fn authentication(&mut self, one: &Instance, other: &Instance) {
        let (p, q) = (&one.params, &other.params);
        let kind = |auth: &Auth| match auth {
            Auth::None => "none",
            Auth::Pass(_) => "PASS",
            Auth::Ah(_) => "AH",
        };
        let kinds = [kind(&p.auth), kind(&q.auth)];
        let help = "adverts with another authentication are refused: both become master";
        self.same(
            "auth-differs",
            one,
            "authentication",
            &kinds,
            |k| (*k).to_owned(),
            help,
        );
        let secrets = kinds[0] == kinds[1] && p.auth != q.auth;
        let keys = p.hmac.as_ref().map(|h| &h.keys) != q.hmac.as_ref().map(|h| &h.keys);
        if secrets || keys {
            let text = format!("{}: the passwords or keys differ", one.name);
            self.tell("secret-differs", text, help);
        }
    }

    fn addresses(&mut self, one: &Instance, other: &Instance) {
        let all = |instance: &Instance| -> BTreeSet<IpAddr> {
            let lines = instance.addresses.iter();
            lines.map(|address| address.prefix.addr()).collect()
        };
        let (mine, theirs) = (all(one), all(other));
        let [a, b] = self.nodes;
        for (only, node) in [
            (mine.difference(&theirs), a.name),
            (theirs.difference(&mine), b.name),
        ] {
            let only: Vec<_> = only.map(ToString::to_string).collect();
            if only.is_empty() {
                continue;
            }
            let text = format!("{}: {} only in {node}", one.name, only.join(", "));
            let help = "after a failover nobody holds what the other node does not have";
            self.tell("addresses-differ", text, help);
        }
    }

    fn priorities(&mut self, one: &Instance, other: &Instance) {
        let (p, q) = (&one.params, &other.params);
        let [a, b] = self.nodes;
        if p.priority == q.priority {
            let text = format!(
                "{}: priority {} in both {} and {}",
                one.name, p.priority, a.name, b.name
            );
            let help = "the node with the highest address wins; give them different priorities";
            self.tell("equal-priority", text, help);
            return;
        }
        for (node, better, worse) in [(a, p, q), (b, q, p)] {
            if better.priority < worse.priority {
                continue;
            }
            let gap = i32::from(better.priority.get()) - i32::from(worse.priority.get());
            let loss: i32 = better.tracks.iter().map(lost).sum();
            if loss != 0 && loss < gap && better.preempt == q.preempt {
                let text = format!(
                    "{}: all weights together take {loss} from priority {} of {}, which stays above {}",
                    one.name, better.priority, node.name, worse.priority
                );
                let help = "such a weight never changes the winner; make it larger than the gap between the priorities";
                self.tell("weight-too-small", text, help);
            }
        }
    }

    fn peers(&mut self, one: &Instance, other: &Instance) {
        let (p, q) = (&one.params, &other.params);
        let [a, b] = self.nodes;
        let kind = |unicast: &bool| if *unicast { "unicast" } else { "multicast" }.to_owned();
        let kinds = [!p.peers.is_empty(), !q.peers.is_empty()];
        let help = "one node does not hear the other: both become master";
        self.same("peers-differ", one, "adverts by", &kinds, kind, help);
        for (here, mine, theirs) in [(a.name, p, q), (b.name, q, p)] {
            let Some(source) = theirs.source else {
                continue;
            };
            let named = mine.peers.iter().any(|peer| peer.address == source);
            if !mine.peers.is_empty() && !named {
                let text = format!("{}: {source} is not among the peers in {here}", one.name);
                self.tell("peer-missing", text, help);
            }
        }
    }

    /// Groups that do not have the same members fail over apart.
    fn groups(&mut self) {
        let [a, b] = self.nodes;
        let members = |plan: &Plan, group: &crate::Group| -> BTreeSet<String> {
            let members = group.members.iter().filter_map(|id| plan.instances.get(id));
            members.map(|member| member.name.clone()).collect()
        };
        for group in a.plan.groups.values() {
            let mut others = b.plan.groups.values();
            let other = others.find(|other| other.name == group.name);
            let theirs = other.map(|other| members(b.plan, other));
            if theirs != Some(members(a.plan, group)) {
                let text = format!(
                    "sync group {} has not the same members in {} and {}",
                    group.name, a.name, b.name
                );
                let help = "instances that move together on one node have to on the other";
                self.tell("sync-group-differs", text, help);
            }
        }
    }
}

/// The instance that is the same virtual router: of that name, or with that id on the wire.
fn partner<'a>(one: &Instance, plan: &'a Plan) -> Option<&'a Instance> {
    let all = || plan.instances.values().map(|one| &**one);
    let key = |instance: &Instance| (instance.params.vrid, instance.params.family);
    all()
        .find(|other| other.name == one.name)
        .or_else(|| all().find(|other| key(other) == key(one)))
}

/// What a line takes from the priority when its object fails.
const fn lost(tracked: &Tracked) -> i32 {
    tracked.weight.abs()
}
