//! Virtual servers: what the original fills in and resets, and tells.
use super::ports::real_name;
use conf::config::{Server, ServerGroup, Target, VirtualServer};
use conf::{Config, Diagnostic, Severity, Span};
use std::collections::BTreeMap;

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    let groups = Groups::new(config);
    for server in &config.virtual_servers {
        let group = groups.of(server);
        if groups.serve(server) {
            let service = Service {
                server,
                group,
                findings,
            };
            service.check();
            continue;
        }
        let Server::Group(name) = &server.server else {
            continue;
        };
        // what the original drops in silence, or says only when it runs
        let (id, text, help) = if group.is_some() {
            (
                "group-family",
                format!(
                    "virtual_server_group {} has addresses of the other family",
                    name.value
                ),
                "the virtual server is left out; write one for each family",
            )
        } else {
            (
                "unknown-group",
                format!("virtual_server_group {} is not defined", name.value),
                "the virtual server has no addresses and is left out",
            )
        };
        findings.push(
            Diagnostic::new(id, Severity::Advice, text)
                .at(server.span)
                .help(help),
        );
    }
}

/// Groups by name: of two with one name the last counts.
pub(crate) struct Groups<'a>(BTreeMap<&'a str, &'a ServerGroup>);

impl<'a> Groups<'a> {
    pub(crate) fn new(config: &'a Config) -> Self {
        let groups = config.server_groups.iter();
        Groups(groups.map(|group| (&*group.name.value, group)).collect())
    }

    fn of(&self, server: &VirtualServer) -> Option<&'a ServerGroup> {
        match &server.server {
            Server::Group(name) => self.0.get(&*name.value).copied(),
            _ => None,
        }
    }

    /// Whether there is something to serve: a group must be defined, and all its addresses be of
    /// the service's family.
    pub(crate) fn serve(&self, server: &VirtualServer) -> bool {
        match server.server {
            Server::Group(_) => self.of(server).is_some_and(|group| fits(group, server)),
            _ => true,
        }
    }
}

/// A service that only tunnels has no family.
pub(crate) fn fits(group: &ServerGroup, server: &VirtualServer) -> bool {
    group.targets.iter().all(|target| match target.value {
        Target::Range(address, ..) => server.ipv6.is_none_or(|v6| v6 == address.is_ipv6()),
        Target::Fwmark(_, family) => match (server.ipv6, family) {
            (Some(own), Some(family)) => own == family,
            _ => true,
        },
    })
}

pub(super) struct Service<'a> {
    pub(super) server: &'a VirtualServer,
    pub(super) group: Option<&'a ServerGroup>,
    findings: &'a mut Vec<Diagnostic>,
}

impl Service<'_> {
    fn check(mut self) {
        let server = self.server;
        let protocol = self.protocol();
        let name = name(server, &protocol);
        self.ports(&name, &protocol);
        if server.scheduler.is_none() {
            self.find(
                "no-scheduler",
                &format!("Virtual server {name}: no scheduler set, setting default 'wlc'"),
                "write 'lvs_sched'",
            );
        }
        if server.forwarding.is_none() {
            let text =
                format!("Virtual server {name}: no forwarding method set, setting default NAT");
            self.find("no-forwarding", &text, "write 'lvs_method'");
        }
        self.quorum(&name);
        self.duplicates(&name, &protocol);
    }

    pub(super) fn find(&mut self, id: &'static str, text: &str, help: &str) {
        self.find_at(id, text, self.server.span, help);
    }

    pub(super) fn find_at(&mut self, id: &'static str, text: &str, at: Span, help: &str) {
        self.findings.push(
            Diagnostic::new(id, Severity::Warning, text)
                .at(at)
                .help(help),
        );
    }

    fn has_marks_only(&self) -> bool {
        let is_mark = |target: &Target| matches!(target, Target::Fwmark(..));
        let group = self.group;
        group.is_some_and(|group| group.targets.iter().all(|target| is_mark(&target.value)))
    }

    /// UDP when none was written, but for services by mark, which need none.
    fn protocol(&mut self) -> String {
        let server = self.server;
        let written = server.protocol.as_ref();
        match (&server.server, written) {
            (Server::Fwmark(mark), Some(protocol)) => {
                let text = format!(
                    "Warning: Virtual server FWM {mark}: protocol specified for fwmark - protocol will be ignored"
                );
                self.find_at("fwmark-protocol", &text, protocol.span, "remove it");
                protocol.value.to_lowercase()
            }
            (Server::Group(_), Some(protocol)) if self.has_marks_only() => {
                let text = format!(
                    "Warning: Virtual server {}: protocol specified for fwmark - protocol will be ignored",
                    name(server, "")
                );
                self.find_at("fwmark-protocol", &text, protocol.span, "remove it");
                String::new()
            }
            (_, Some(protocol)) => protocol.value.to_lowercase(),
            (Server::Fwmark(_), None) => String::new(),
            (Server::Group(_), None) if self.has_marks_only() => String::new(),
            (_, None) => {
                let text = format!(
                    "Virtual server {}: no protocol set - defaulting to UDP",
                    name(server, "none")
                );
                self.find(
                    "no-protocol",
                    &text,
                    "write 'protocol TCP' or 'protocol UDP'",
                );
                "udp".to_owned()
            }
        }
    }

    fn quorum(&mut self, name: &str) {
        let server = self.server;
        let default = server.weight.unwrap_or(1);
        let total: u64 = server
            .real_servers
            .iter()
            .map(|real| u64::from(real.weight.unwrap_or(default)))
            .sum();
        let mut quorum = u64::from(server.quorum.unwrap_or(1));
        if quorum > total {
            let text = format!(
                "Warning - quorum {quorum} for {name} exceeds total weight of real servers {total}, reducing quorum to {total}"
            );
            self.find(
                "quorum-too-large",
                &text,
                "with so little weight, the quorum could never be reached",
            );
            quorum = total;
        }
        let hysteresis = u64::from(server.hysteresis.unwrap_or(0));
        if hysteresis >= quorum {
            let text = format!(
                "Virtual server {name}: hysteresis {hysteresis} >= quorum {quorum}; setting hysteresis to 0"
            );
            self.find("hysteresis-too-large", &text, "it must be below the quorum");
        }
    }

    fn duplicates(&mut self, name: &str, protocol: &str) {
        let mut seen = std::collections::BTreeSet::new();
        for real in &self.server.real_servers {
            if !seen.insert((real.address, real.port)) {
                let text = format!(
                    "VS {name}: real server {} is duplicated - removing second rs",
                    real_name(real, protocol)
                );
                self.find_at(
                    "duplicate-server",
                    &text,
                    real.span,
                    "remove one of the blocks",
                );
            }
        }
    }
}

/// A service as the original names it.
fn name(server: &VirtualServer, protocol: &str) -> String {
    match &server.server {
        Server::Address(address, port) => format!("[{address}]:{protocol}:{}", port.unwrap_or(0)),
        Server::Fwmark(mark) => format!("FWM {mark}"),
        Server::Group(group) => format!("[{}]:0", group.value),
        Server::None => String::new(),
    }
}
