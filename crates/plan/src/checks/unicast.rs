//! Unicast words without peers, and what only a macvlan can do.
use conf::{Config, Diagnostic, Severity};

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    for block in &config.instances {
        let (name, more) = (&block.name.value, &block.more);
        let alone = more.unicast_peers.is_empty();
        if more.unicast_fault_no_peer && alone {
            let text =
                format!("({name}) Cannot use unicast without any peers - going to fault state");
            let found =
                Diagnostic::new("fault-without-peers", Severity::Warning, text).at(block.name.span);
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
        if more.vmac_xmit_base && more.use_vmac.is_none() && more.unicast_peers.is_empty() {
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
