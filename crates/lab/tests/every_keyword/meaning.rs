//! What a configuration means, and whether something fell out of it.
use conf::{InMemory, LoadOptions};
use plan::{Facts, Names, Plan};

/// The plan of a text on a machine with two interfaces, and what is said about it.
pub(crate) fn of(text: &str) -> (Plan, Vec<String>) {
    let options = LoadOptions {
        config_id: Some("one".into()),
        environment: [("HOME".to_owned(), "/root".to_owned())].into(),
        ..LoadOptions::default()
    };
    let loaded = conf::load(&mut InMemory(text), "keepalived.conf", &options);
    let interfaces = ["lo", "eth0", "eth1"].map(str::to_owned);
    let key = "0123456789abcdef".repeat(4);
    let facts = Facts {
        interfaces: interfaces.into_iter().collect(),
        hostname: "node".into(),
        key_files: [("/etc/key".to_owned(), Some(key.into_bytes()))].into(),
        names: Names {
            vrfs: [("red".to_owned(), 100)].into(),
            ..Names::default()
        },
        ..Facts::default()
    };
    let (plan, more) = plan::build(&loaded.config, &facts);
    let all = loaded.diagnostics.into_iter().chain(more);
    (plan, all.map(|found| found.message).collect())
}

/// How many there are of everything that can be left out because of a mistake.
pub(crate) fn parts(plan: &Plan) -> [usize; 10] {
    let servers = &plan.lvs.servers;
    let reals = servers.iter().flat_map(|one| &one.servers);
    let (instances, statics) = (plan.instances.values(), plan.statics.iter());
    [
        instances.len(),
        instances.clone().map(|one| one.addresses.len()).sum(),
        lines(&mut instances.map(|one| (one.routes.len(), one.rules.len()))),
        plan.groups.len(),
        plan.trackers.len(),
        servers.len(),
        reals.clone().count(),
        reals.map(|real| real.checks.len()).sum(),
        statics.clone().map(|one| one.addresses.len()).sum(),
        lines(&mut statics.map(|one| (one.routes.len(), one.rules.len()))),
    ]
}

fn lines(all: &mut dyn Iterator<Item = (usize, usize)>) -> usize {
    all.map(|(routes, rules)| routes + rules).sum()
}

/// Whether the second text means something else than the first, with nothing lost.
pub(crate) fn differs(without: &str, with: &str) -> bool {
    let ((before, _), (after, _)) = (of(without), of(with));
    let lost = parts(&before)
        .iter()
        .zip(parts(&after))
        .any(|(b, a)| a < *b);
    before != after && !lost
}
