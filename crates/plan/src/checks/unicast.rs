//! Unicast words without peers, and what only a macvlan can do.
use crate::{Instance, Plan};
use conf::config::Instance as Block;
use conf::{Config, Diagnostic, Severity};
use std::collections::BTreeMap;
use wire::Family;

pub(super) fn check(config: &Config, plan: &Plan, findings: &mut Vec<Diagnostic>) {
    let instances = plan.instances.values();
    let instances: BTreeMap<&str, &Instance> = instances.map(|one| (&*one.name, &**one)).collect();
    for block in &config.instances {
        // a block that is refused has no meaning
        if let Some(instance) = instances.get(&*block.name.value) {
            peers(block, findings);
            sources(block, instance, findings);
        }
        let (name, more) = (&block.name.value, &block.more);
        let alone = more.unicast_peers.is_empty();
        if more.unicast_fault_no_peer && alone {
            let text =
                format!("({name}) Cannot use unicast without any peers - going to fault state");
            let found =
                Diagnostic::new("fault-without-peers", Severity::Advice, text).at(block.name.span);
            findings.push(found.help("add a unicast_peer block"));
        } else if let Some(at) = more.unicast_word.filter(|_| alone) {
            let text = format!(
                "({name}) A unicast keyword has been specified without any unicast peers. Defaulting to multicast. This usage is deprecated - please update your configuration."
            );
            let found = Diagnostic::new("unicast-without-peers", Severity::Warning, text).at(at);
            findings.push(found.help("add a unicast_peer block, or write mcast_src_ip"));
        }
        if let Some(ttl) = more.unicast_ttl.filter(|_| more.unicast_peers.is_empty()) {
            let text =
                format!("({name}): Cannot use unicast_ttl without unicast peers - resetting");
            findings.push(
                Diagnostic::new("unicast-without-peers", Severity::Warning, text).at(ttl.span),
            );
        }
        if let Some(group) = more.mcast_dst_ip.filter(|_| !more.unicast_peers.is_empty()) {
            let text = format!("({name}) multicast destination specified with unicast - ignoring");
            let found = Diagnostic::new("group-with-peers", Severity::Warning, text);
            findings.push(found.at(group.span).help("remove one of the two"));
        }
        if more.vmac_xmit_base && more.use_vmac.is_none() {
            let text = format!("({name}) vmac_xmit_base is only valid with a vmac");
            let found = Diagnostic::new("xmit-base-without-vmac", Severity::Warning, text)
                .at(block.name.span);
            findings.push(found.help("add 'use_vmac' or remove it"));
        }
        if let Some(backup) = more
            .timer_expired_backup
            .filter(|_| block.nopreempt.is_none())
        {
            let text = format!("({name}) expired_timer_backup requires nopreempt - resetting");
            findings.push(
                Diagnostic::new("timer-without-nopreempt", Severity::Warning, text).at(backup.span),
            );
        }
    }
}

/// Peers are of the instance's family, and are reached from somewhere.
fn peers(block: &Block, findings: &mut Vec<Diagnostic>) {
    let (name, more) = (&block.name.value, &block.more);
    if !more.unicast_peers.is_empty() && block.interface.is_none() && block.source.is_none() {
        let text = format!("({name}): Unicast instances must have unicast_src_ip or interface");
        let found = Diagnostic::new("unicast-source", Severity::Warning, text).at(block.name.span);
        findings.push(found.help("write where the adverts come from"));
    }
}

/// An ipvlan has the hardware address of its interface, so that it needs an address of its own.
fn sources(block: &Block, instance: &Instance, findings: &mut Vec<Diagnostic>) {
    let (name, more) = (&block.name.value, &block.more);
    let v4 = instance.params.family == Family::V4;
    if let Some(ipvlan) = more
        .use_ipvlan
        .as_ref()
        .filter(|one| v4 && one.address.is_none())
    {
        let text = format!(
            "({name}) IPv4 ipvlan requires a source ip address to be configured. setting instance to fault state"
        );
        let found = Diagnostic::new("ipvlan-source", Severity::Warning, text).at(ipvlan.span);
        findings.push(found.help("write 'use_ipvlan ADDRESS/LENGTH'"));
    }
    if more.promote_secondaries && (more.use_vmac.is_some() || more.use_ipvlan.is_some()) {
        let text =
            format!("({name}) promote_secondaries is automatically set for vmacs - ignoring");
        let found = Diagnostic::new("promoted-anyway", Severity::Warning, text);
        findings.push(found.at(block.name.span).help("remove it"));
    }
    if let Some(ignore) = more.owner_ignore_adverts.filter(|on| on.value)
        && !instance.params.priority.is_owner()
    {
        let text = format!("({name}) ignoring owner_ignore_adverts since priority is not 255");
        findings.push(Diagnostic::new("not-owner", Severity::Warning, text).at(ignore.span));
    }
}
