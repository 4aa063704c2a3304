//! Advice of our own: what the original accepts without a word and people regret. Shown by
//! `-t --lint` only; never changes an exit code.
use super::groups::is_owner;
use conf::config::{Instance as Block, StartState};
use conf::{Config, Diagnostic, Severity, Span};
use std::collections::BTreeMap;
use wire::Priority;

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    let mut lint = Lint { findings };
    for block in &config.instances {
        lint.instance(config, block);
    }
    lint.shared_addresses(config);
    lint.scripts(config);
    lint.mail(config);
}

struct Lint<'a> {
    findings: &'a mut Vec<Diagnostic>,
}

impl Lint<'_> {
    fn tell(&mut self, id: &'static str, text: String, at: Span, help: &str) {
        self.findings.push(
            Diagnostic::new(id, Severity::Advice, text)
                .at(at)
                .help(help),
        );
    }

    fn instance(&mut self, config: &Config, block: &Block) {
        let name = &block.name.value;
        self.state_and_priority(block);
        for peer in &block.more.unicast_peers {
            if block
                .source
                .is_some_and(|own| own.value == peer.address.value)
            {
                let text = format!(
                    "({name}) the unicast peer {} is the own address",
                    peer.address.value
                );
                self.tell(
                    "own-peer",
                    text,
                    peer.address.span,
                    "name the other nodes only",
                );
            }
        }
        for address in block.addresses.iter().chain(&block.excluded) {
            if block
                .source
                .is_some_and(|own| own.value == address.prefix.addr())
            {
                let text = format!(
                    "({name}) the virtual address {} is the source of adverts",
                    address.prefix.addr()
                );
                self.tell(
                    "virtual-source",
                    text,
                    address.span,
                    "adverts need an address that stays on the node",
                );
            }
        }
        let strict = block
            .strict_mode
            .or(config.global.vrrp_strict)
            .filter(|strict| strict.value);
        if let Some(strict) = strict.filter(|_| !block.more.accept && !is_owner(block)) {
            let text = format!(
                "({name}) vrrp_strict makes the virtual addresses unreachable, ping included"
            );
            self.tell(
                "strict-unreachable",
                text,
                strict.span,
                "remove vrrp_strict, or write 'accept'",
            );
        }
        let plain = block.authentication.as_ref().and_then(|auth| auth.kind);
        if let Some(kind) = plain {
            let text =
                format!("({name}) the password stands in every advert, for everybody to read");
            self.tell(
                "plain-password",
                text,
                kind.span,
                "it keeps nobody out; auth_hmac does",
            );
        }
    }

    fn state_and_priority(&mut self, block: &Block) {
        let name = &block.name.value;
        let Some(state) = block.state else { return };
        match (state.value, block.priority) {
            (StartState::Master, Some(priority)) if priority.value < Priority::DEFAULT => {
                let text = format!(
                    "({name}) state MASTER with priority {}, lower than the default",
                    priority.value
                );
                self.tell(
                    "weak-master",
                    text,
                    priority.span,
                    "the priority decides, the state only the start",
                );
            }
            (StartState::Backup, Some(priority)) if priority.value.is_owner() => {
                let text =
                    format!("({name}) state BACKUP with priority 255, which is always master");
                self.tell(
                    "strong-backup",
                    text,
                    priority.span,
                    "255 is for the owner of the addresses",
                );
            }
            _ => {}
        }
    }

    /// One address in two instances: both would hold it.
    fn shared_addresses(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for block in &config.instances {
            for address in block.addresses.iter().chain(&block.excluded) {
                let ip = address.prefix.addr();
                let Some((other, first)) = seen.insert(ip, (&block.name.value, address.span))
                else {
                    continue;
                };
                if *other == block.name.value {
                    continue;
                }
                let text = format!(
                    "{ip} is a virtual address of {other} and of {}",
                    block.name.value
                );
                let found =
                    Diagnostic::new("shared-address", Severity::Advice, text).at(address.span);
                let found = found.label(first, "here too");
                self.findings.push(
                    found.help("when the instances are master on different nodes, both hold it"),
                );
            }
        }
    }

    fn scripts(&mut self, config: &Config) {
        for block in config
            .scripts
            .iter()
            .filter(|block| block.timeout.is_none())
        {
            let text = format!(
                "vrrp_script {} has no timeout: a hanging run counts as failed after its interval",
                block.name.value
            );
            self.tell(
                "script-timeout",
                text,
                block.name.span,
                "write 'timeout SECONDS'",
            );
        }
    }

    fn mail(&mut self, config: &Config) {
        let global = &config.global;
        if let (Some(to), None) = (global.notification_email.first(), &global.smtp_server) {
            let text = "mail has recipients and no smtp_server: none is sent".to_owned();
            self.tell("no-mail-server", text, to.span, "write 'smtp_server HOST'");
        }
    }
}
