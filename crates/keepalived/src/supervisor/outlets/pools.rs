//! What is told of virtual and real servers.
use super::{Supervisor, now};
use crate::link::{PoolAlert, PoolNotice, Quorum};
use plan::Mail;
use plan::lvs::{Probe, RealServer, VirtualServer};
use pool::ServerId;
use report::alert::{self, Alert};
use report::webhook as json;

impl Supervisor {
    /// A mail about a pool.
    pub(in crate::supervisor) fn alert_of_pool(&mut self, alert: PoolAlert) {
        let global = &self.plan.global;
        let Some(mail) = &global.mail else { return };
        let Some(text) = self.pool_alert(mail, alert) else {
            return;
        };
        let node = global.router_id.as_deref().unwrap_or_default();
        self.outlets.mail(mail, node, text);
    }

    fn pool_alert(&self, mail: &Mail, alert: PoolAlert) -> Option<Alert> {
        match alert {
            PoolAlert::Check {
                check: id,
                up,
                alive,
                decisive,
                timed_out,
            } => {
                if mail.no_checks && !decisive {
                    return None;
                }
                let (service, real) = self.find(|real| real.checks.iter().any(|c| c.id == id))?;
                let check = real.checks.iter().find(|check| check.id == id)?;
                let why = reason(&check.probe, up, timed_out)?;
                Some(alert::real_server(&real.name, &service.name, alive, &why))
            }
            PoolAlert::Quorum(id, up, when, weight) => {
                let service = self.services().find(|service| service.id == id)?;
                let what = match (when, up) {
                    (Quorum::Starting, true) => "Starting with quorum up",
                    (Quorum::Starting, false) => "Starting with quorum down",
                    (Quorum::Changed, true) => "Gained quorum",
                    (Quorum::Changed, false) => "Lost quorum",
                };
                let (quorum, more) = (service.quorum, service.hysteresis);
                let sum = quorum + more;
                // "<=" is the original's, also where it does not hold
                let why = format!("{what} {quorum}+{more}={sum} <= {weight}");
                Some(alert::virtual_server(&service.name, up, &why))
            }
            PoolAlert::Removed(id) => {
                let (service, real) = self.find(|real| real.id == id)?;
                let name = &service.name;
                Some(alert::real_server(&real.name, name, false, "Removing"))
            }
        }
    }

    fn find(&self, wanted: impl Fn(&RealServer) -> bool) -> Option<(&VirtualServer, &RealServer)> {
        self.services()
            .find_map(|service| Some((service, service.servers.iter().find(|real| wanted(real))?)))
    }

    fn find_server(&self, id: ServerId) -> Option<(&VirtualServer, &RealServer)> {
        self.find(|real| real.id == id)
    }

    /// A post about a pool.
    pub(in crate::supervisor) fn post_of_pool(&mut self, notice: PoolNotice) {
        let global = &self.plan.global;
        let Some(url) = &global.url else { return };
        let text = match notice {
            PoolNotice::Server(id, up) => {
                let Some((service, real)) = self.find_server(id) else {
                    return;
                };
                json::server(&self.plan, &real.name, Some(&service.name), up, &now())
            }
            PoolNotice::Quorum(id, up) => {
                let Some(service) = self.services().find(|service| service.id == id) else {
                    return;
                };
                json::server(&self.plan, &service.name, None, up, &now())
            }
        };
        self.outlets.post(url, global.url_ca_file.as_deref(), text);
    }
}

/// What the mail says of a check; the original sends none about files.
fn reason(probe: &Probe, up: bool, timed_out: bool) -> Option<String> {
    let succeed = if up { "succeed" } else { "failed" };
    Some(match probe {
        Probe::Tcp(_) => format!("TCP CHECK {succeed} on service"),
        Probe::Udp(_) => format!("UDP CHECK {succeed} on service"),
        Probe::Ping(_) => format!("ICMP CHECK {succeed} on service"),
        Probe::Dns(_) => format!("DNS_CHECK: {succeed} on service"),
        Probe::Http(_) | Probe::Smtp(_) if up => "CHECK succeed on service".to_owned(),
        Probe::Http(_) => "CHECK failed on service : HTTP/SSL request failed".to_owned(),
        Probe::Smtp(smtp) => {
            let (address, port) = (smtp.endpoint.address, smtp.endpoint.port);
            format!("CHECK failed on service : Could not connect to server [{address}]:{port}")
        }
        Probe::Misc(_) if up => "MISC CHECK succeeded on service".to_owned(),
        Probe::Misc(_) if timed_out => "MISC CHECK timed out on service".to_owned(),
        Probe::Misc(_) => "MISC CHECK failed on service".to_owned(),
        Probe::Bfd(_) => format!("BFD CHECK {succeed} on service"),
        Probe::File(_) => return None,
    })
}
