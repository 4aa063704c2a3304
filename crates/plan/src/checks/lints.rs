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
    lint.shell_words(config);
    lint.slow_scripts(config);
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
        self.weights(config, block);
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
        if state.value == StartState::Backup && block.priority.is_none() {
            let text = format!(
                "({name}) state BACKUP without a priority: nodes that all have the default are equal"
            );
            let help = "the one with the highest address wins; write 'priority NUMBER', different on each node";
            self.tell("priority-default", text, state.span, help);
        }
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

    /// Weights that change nothing, and those that change too little.
    fn weights(&mut self, config: &Config, block: &Block) {
        let name = &block.name.value;
        let scripts = block.track_scripts.iter().filter_map(|track| {
            let script = config.scripts.iter();
            let script = script.rev().find(|b| b.name.value == track.name.value);
            let own = script.and_then(|b| b.weight).map(|weight| weight.value);
            track.weight.or(own)
        });
        let others = [
            &block.track_interfaces,
            &block.track_files,
            &block.track_processes,
            &block.track_bfds,
        ];
        let others = others
            .into_iter()
            .flatten()
            .filter_map(|track| track.weight);
        let weights: Vec<_> = scripts.chain(others).filter(|w| w.value != 0).collect();
        let Some(first) = weights.first() else { return };
        if let Some(at) = block.nopreempt {
            let text = format!(
                "({name}) weights only lower or raise the priority, and with nopreempt no backup takes over from a master with a lower one"
            );
            let found = Diagnostic::new("weight-nopreempt", Severity::Advice, text).at(first.span);
            let found = found.label(at, "nopreempt");
            self.findings.push(
                found.help(
                    "write weight 0: then a failure is a fault, and the other node takes over",
                ),
            );
        }
        let priority = block.priority.map_or(Priority::DEFAULT, |p| p.value);
        let most = weights.iter().all(|weight| weight.value > 0) && priority.get() == 254;
        let least = weights.iter().all(|weight| weight.value < 0) && priority.get() == 1;
        if most || least {
            let text = format!(
                "({name}) with priority {priority} the weights cannot change anything: priorities end at 1 and 254"
            );
            let help = "choose a priority that leaves room";
            self.tell("weight-without-room", text, first.span, help);
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

    /// Commands are run as they are: what only a shell understands is handed on as arguments.
    fn shell_words(&mut self, config: &Config) {
        for block in &config.scripts {
            let Some(script) = &block.script else {
                continue;
            };
            let command = &script.command.value;
            let mut words = command.split_whitespace();
            let shell = words.next().is_some_and(|program| program.ends_with("sh"));
            let operators = ["|", "||", "&&", ">", ">>", "2>&1", "&>", ";"];
            let Some(word) = words
                .find(|word| operators.contains(word))
                .filter(|_| !shell)
            else {
                continue;
            };
            let text = format!(
                "vrrp_script {}: '{word}' is an argument of the program, there is no shell",
                block.name.value
            );
            let help = "write a script file, or /bin/sh -c 'COMMAND'";
            self.tell("no-shell", text, script.command.span, help);
        }
    }

    /// A run that may last longer than the time between two runs.
    fn slow_scripts(&mut self, config: &Config) {
        for block in &config.scripts {
            let interval = block
                .interval
                .map_or(core::time::Duration::from_secs(1), |i| i.value);
            let Some(timeout) = block.timeout.filter(|timeout| timeout.value > interval) else {
                continue;
            };
            let text = format!(
                "vrrp_script {} may run longer than its interval: the next run has to wait",
                block.name.value
            );
            let help = "make the timeout at most the interval";
            self.tell("slow-script", text, timeout.span, help);
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
