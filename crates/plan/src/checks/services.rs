//! Virtual servers: what the original fills in and resets, and tells.
use conf::config::{Method, RealServer, Server, VirtualServer};
use conf::{Config, Diagnostic, Severity, Span};

pub(super) fn check(config: &Config, findings: &mut Vec<Diagnostic>) {
    for server in &config.virtual_servers {
        if is_defined(config, server) {
            Service { server, findings }.check();
        } else if let Server::Group(name) = &server.server {
            // the original drops it in silence
            let text = format!("virtual_server_group {} is not defined", name.value);
            let found = Diagnostic::new("unknown-group", Severity::Advice, text).at(server.span);
            findings.push(found.help("the virtual server has no addresses and is left out"));
        }
    }
}

/// Whether there is something to serve: a group must be defined.
pub(super) fn is_defined(config: &Config, server: &VirtualServer) -> bool {
    match &server.server {
        Server::Group(name) => {
            let mut groups = config.server_groups.iter();
            groups.any(|group| group.name.value == name.value)
        }
        _ => true,
    }
}

struct Service<'a> {
    server: &'a VirtualServer,
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

    fn find(&mut self, id: &'static str, text: &str, help: &str) {
        self.find_at(id, text, self.server.span, help);
    }

    fn find_at(&mut self, id: &'static str, text: &str, at: Span, help: &str) {
        self.findings.push(
            Diagnostic::new(id, Severity::Warning, text)
                .at(at)
                .help(help),
        );
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
            (_, Some(protocol)) => protocol.value.to_lowercase(),
            (Server::Fwmark(_), None) => String::new(),
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

    fn ports(&mut self, name: &str, protocol: &str) {
        let server = self.server;
        let Server::Address(_, port) = server.server else {
            return;
        };
        let port = port.unwrap_or(0);
        if port == 0 && server.persistence_timeout.is_none() {
            let text = format!(
                "Virtual server {name}: zero port only valid for persistent services - setting"
            );
            self.find("zero-port", &text, "write a port, or 'persistence_timeout'");
        }
        if server.ops && protocol != "udp" {
            let text =
                format!("Virtual server {name}: one packet scheduling requires UDP - resetting");
            self.find("ops-protocol", &text, "remove 'ops'");
        }
        for real in &server.real_servers {
            let method = real
                .forwarding
                .or(server.forwarding)
                .map_or(Method::Nat, |f| f.method);
            if method != Method::Nat && real.port.is_some_and(|real| real != port) {
                let text = format!(
                    "WARNING - virtual server {name} and real server {} ports don't match - resetting",
                    real_name(real, protocol)
                );
                self.find_at(
                    "port-mismatch",
                    &text,
                    real.span,
                    "without NAT the port cannot change",
                );
            }
        }
        if let Some(sorry) = &server.sorry_server {
            let method = server
                .sorry_forwarding
                .or(server.forwarding)
                .map_or(Method::Nat, |f| f.method);
            if method != Method::Nat && sorry.value.1.is_some_and(|sorry| sorry != port) {
                let text = format!(
                    "WARNING - virtual server {name} and sorry server ports don't match - resetting"
                );
                self.find_at(
                    "port-mismatch",
                    &text,
                    sorry.span,
                    "without NAT the port cannot change",
                );
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

fn real_name(real: &RealServer, protocol: &str) -> String {
    let address = real
        .address
        .map_or_else(String::new, |address| address.to_string());
    format!("[{address}]:{protocol}:{}", real.port.unwrap_or(0))
}
