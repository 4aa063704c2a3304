//! Ports of servers, which only NAT can change: what the original resets or ignores, and tells.
use super::services::Service;
use conf::Span;
use conf::config::{Forwarding, Method, RealServer, Server, Target, VirtualServer};

/// What is said in addition.
const HELP: &str = "without NAT the port cannot change";

impl Service<'_> {
    pub(super) fn ports(&mut self, name: &str, protocol: &str) {
        match self.server.server {
            Server::Address(_, port) => self.one_port(name, protocol, port.unwrap_or(0)),
            Server::Fwmark(_) => self.no_port(name, protocol, "clearing"),
            Server::Group(_) => self.ports_of_group(name, protocol),
            Server::None => {}
        }
    }

    fn one_port(&mut self, name: &str, protocol: &str, port: u16) {
        self.zero_port(name, port);
        if self.server.ops && protocol != "udp" {
            let text =
                format!("Virtual server {name}: one packet scheduling requires UDP - resetting");
            self.find("ops-protocol", &text, "remove 'ops'");
        }
        for (real, written) in fixed_servers(self.server) {
            if written != port {
                let text = format!(
                    "WARNING - virtual server {name} and real server {} ports don't match - resetting",
                    real_name(real, protocol)
                );
                self.find_at("port-mismatch", &text, real.span, HELP);
            }
        }
        if let Some((_, at)) = fixed_sorry(self.server).filter(|(sorry, _)| *sorry != port) {
            let text = format!(
                "WARNING - virtual server {name} and sorry server ports don't match - resetting"
            );
            self.find_at("port-mismatch", &text, at, HELP);
        }
    }

    fn zero_port(&mut self, name: &str, port: u16) {
        let persistent = self.server.persistence_timeout.is_some()
            || self.server.persistence_granularity.is_some();
        if port == 0 && !persistent {
            let text = format!(
                "Virtual server {name}: zero port only valid for persistent services - setting"
            );
            self.find("zero-port", &text, "write a port, or 'persistence_timeout'");
        }
    }

    /// What is marked keeps its port.
    fn no_port(&mut self, name: &str, protocol: &str, what: &str) {
        for (real, written) in fixed_servers(self.server) {
            if written != 0 {
                let text = format!(
                    "WARNING - fwmark virtual server {name}, real server {} has port specified - {what}",
                    real_name(real, protocol)
                );
                self.find_at("port-mismatch", &text, real.span, HELP);
            }
        }
        if let Some((_, at)) = fixed_sorry(self.server).filter(|(sorry, _)| *sorry != 0) {
            let kind = if what == "clearing" { "" } else { "fwmark " };
            let text = format!(
                "WARNING - {kind}virtual server {name}, sorry server has port specified - {what}"
            );
            self.find_at("port-mismatch", &text, at, HELP);
        }
    }

    fn ports_of_group(&mut self, name: &str, protocol: &str) {
        let Some(group) = self.group else { return };
        let targets = || group.targets.iter().map(|target| &target.value);
        if targets().any(|target| matches!(target, Target::Fwmark(..))) {
            self.no_port(name, protocol, "port will be ignored");
        }
        let mut sorry = fixed_sorry(self.server);
        for target in targets() {
            let Target::Range(from, to, port) = target else {
                continue;
            };
            let port = port.unwrap_or(0);
            self.zero_port(name, port);
            let range = if from == to {
                from.to_string()
            } else {
                format!("{from}-{to}")
            };
            for (real, written) in fixed_servers(self.server) {
                if written != port {
                    let text = format!(
                        "virtual server {name}:[{range},{port}] and real server {} ports don't match",
                        real_name(real, protocol)
                    );
                    self.find_at("port-mismatch", &text, real.span, HELP);
                }
            }
            if let Some((_, at)) = sorry.take_if(|(sorry, _)| *sorry != port) {
                let text = format!(
                    "WARNING - virtual server {name}, sorry server has port specified - port will be ignored"
                );
                self.find_at("port-mismatch", &text, at, HELP);
            }
        }
    }
}

fn is_nat(forwarding: Option<Forwarding>) -> bool {
    forwarding.is_none_or(|forwarding| forwarding.method == Method::Nat)
}

/// Servers that are not reached by NAT, and the ports that were written for them.
fn fixed_servers(service: &VirtualServer) -> impl Iterator<Item = (&RealServer, u16)> {
    let servers = service.real_servers.iter();
    let fixed = servers.filter(|real| !is_nat(real.forwarding.or(service.forwarding)));
    fixed.filter_map(|real| Some((real, real.port?)))
}

/// The sorry server's port, where it is not reached by NAT.
fn fixed_sorry(service: &VirtualServer) -> Option<(u16, Span)> {
    let sorry = service.sorry_server.as_ref()?;
    let (_, port) = sorry.value;
    let forwarding = service.sorry_forwarding.or(service.forwarding);
    port.filter(|_| !is_nat(forwarding))
        .map(|port| (port, sorry.span))
}

pub(super) fn real_name(real: &RealServer, protocol: &str) -> String {
    let address = real
        .address
        .map_or_else(String::new, |address| address.to_string());
    let protocol = if protocol.is_empty() {
        "none"
    } else {
        protocol
    };
    format!("[{address}]:{protocol}:{}", real.port.unwrap_or(0))
}
