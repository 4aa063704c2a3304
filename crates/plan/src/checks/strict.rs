//! `vrrp_strict`: what the RFC does not allow is reset.
use super::groups::is_owner;
use conf::config::{Address, Instance as Block, StartState};
use conf::{Config, Diagnostic, Severity, Span};
use std::net::IpAddr;
use wire::Version;

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    let global = config.global.vrrp_strict.is_some_and(|strict| strict.value);
    for block in &config.instances {
        if block.strict_mode.map_or(global, |strict| strict.value) {
            let version = block
                .version
                .or(config.global.vrrp_version)
                .map_or(Version::V2, |v| v.value);
            instance(block, version, findings);
        }
    }
}

fn instance(block: &Block, version: Version, findings: &mut Vec<Diagnostic>) {
    let name = &block.name.value;
    let ipv6 = block
        .addresses
        .first()
        .is_some_and(|address| address.prefix.addr().is_ipv6());
    let mut tell = |at: Option<Span>, text: &str| {
        let text = format!("({name}) {text}");
        let found =
            Diagnostic::new("strict", Severity::Warning, text).at(at.unwrap_or(block.name.span));
        findings.push(found.help("vrrp_strict does not allow it"));
    };
    let master = block
        .state
        .filter(|state| state.value == StartState::Master);
    // a state that is not written follows the priority
    let follows = block.state.is_none() && is_owner(block);
    if master.is_some() != is_owner(block) && !follows {
        tell(
            block.state.map(|state| state.span),
            "State MASTER must match being address owner",
        );
    }
    if let Some(auth) = block
        .authentication
        .as_ref()
        .filter(|auth| auth.kind.is_some())
    {
        tell(
            Some(auth.span),
            "Strict mode does not support authentication. Ignoring.",
        );
    }
    if let Some(delay) = block.preempt_delay.filter(|delay| !delay.value.is_zero()) {
        tell(
            Some(delay.span),
            "preempt_delay is incompatible with strict mode - resetting",
        );
    }
    if let Some(first) = block
        .addresses
        .first()
        .filter(|first| !is_link_local(first))
    {
        tell(
            Some(first.span),
            "the first IPv6 VIP address must be link local",
        );
    }
    if let Some(adverts) = block
        .down_timer_adverts
        .filter(|adverts| adverts.value != 3)
    {
        tell(
            Some(adverts.span),
            "down_timer_adverts is incompatible with strict mode - resetting",
        );
    }
    if block.more.accept && version == Version::V2 && !ipv6 && !is_owner(block) {
        tell(
            None,
            "warning - accept mode for VRRP version 2 does not comply with RFC3768 - resetting",
        );
    }
    if let Some(repeat) = block
        .garp
        .lower_prio_repeat
        .filter(|repeat| repeat.value > 0)
    {
        tell(
            Some(repeat.span),
            "Strict mode requires no repeat garps. resetting",
        );
    }
    if let Some(send) = block.higher_prio_send_advert.filter(|send| send.value) {
        tell(
            Some(send.span),
            "strict mode requires higher_prio_send_advert to be clear. resetting",
        );
    }
    if block.more.vmac_xmit_base && block.more.use_vmac.is_some() {
        tell(
            None,
            "xmit_base is incompatible with strict mode - resetting",
        );
    }
}

/// What RFC 9568 section 5.2.9 wants to come first in IPv6; IPv4 knows no such thing.
fn is_link_local(address: &Address) -> bool {
    match address.prefix.addr() {
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
        IpAddr::V4(_) => true,
    }
}
