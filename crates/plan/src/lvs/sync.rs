//! `lvs_sync_daemon`, and the older `lvs_sync_daemon_interface` of instances.
use super::build::text;
use super::{Follows, SyncDaemon};
use crate::Instance;
use conf::{Config, Diagnostic, Pass, Severity, Spanned, config};
use std::collections::BTreeMap;
use vrrp::InstanceId;

/// The global word counts, wherever it stands; else the first instance that asks for a daemon.
pub(super) fn daemon(
    config: &Config,
    instances: &BTreeMap<InstanceId, Box<Instance>>,
    findings: &mut Vec<Diagnostic>,
) -> Option<SyncDaemon> {
    let global = config.global.kernel.lvs_sync_daemon.as_ref();
    let mut daemon = global.map(|block| build(block, instances));
    for block in &config.instances {
        let Some(interface) = &block.more.lvs_sync_daemon_interface else {
            continue;
        };
        if let Some(known) = &daemon {
            findings.push(again(block, interface, &known.interface));
            continue;
        }
        let block = config::SyncDaemon {
            interface: interface.clone(),
            instance: Some(block.name.clone()),
            // not the instance's identifier, unlike with the global word
            id: Some(0),
            maxlen: None,
            port: None,
            ttl: None,
            group: None,
        };
        daemon = Some(build(&block, instances));
    }
    daemon
}

fn again(block: &config::Instance, interface: &Spanned<Box<str>>, known: &str) -> Diagnostic {
    let text = format!(
        "({}) lvs_sync_daemon_interface has already been specified as {known} - ignoring",
        block.name.value
    );
    Diagnostic {
        pass: Pass::Role,
        ..Diagnostic::new("second-sync-daemon", Severity::Error, text).at(interface.span)
    }
}

/// Without `id` it has the identifier of the instance that it follows.
fn build(
    block: &config::SyncDaemon,
    instances: &BTreeMap<InstanceId, Box<Instance>>,
) -> SyncDaemon {
    let name = text(block.instance.as_ref());
    let mut instances = instances.values();
    let followed = instances.find(|instance| Some(&instance.name) == name.as_ref());
    let vrid = followed.map(|instance| instance.params.vrid.get());
    SyncDaemon {
        interface: block.interface.value.to_string(),
        follows: match (name, followed) {
            (None, _) => Follows::Nobody,
            (Some(name), Some(_)) => Follows::Instance(name),
            (Some(name), None) => Follows::Missing(name),
        },
        id: block.id.or(vrid).unwrap_or(0),
        maxlen: block.maxlen,
        port: block.port,
        ttl: block.ttl,
        group: block.group,
    }
}
