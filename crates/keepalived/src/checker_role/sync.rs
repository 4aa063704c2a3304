//! The sync daemons (`lvs_sync_daemon`): both, or the one that fits the instance they follow.
use super::Role;
use linux::ipvs::{Daemon, DaemonRole, Ipvs};
use linux::netlink::Error;
use plan::Plan;

const BOTH: [DaemonRole; 2] = [DaemonRole::Master, DaemonRole::Backup];

impl Role {
    /// Has exactly those sync daemons run that should.
    pub(super) fn sync(&mut self) {
        let wanted = wanted(&self.plan, self.settings.sync_master);
        self.run_daemons(&wanted);
    }

    /// The end: none is left behind.
    pub(super) fn stop_sync(&mut self) {
        if self.plan.lvs.sync_daemon.is_some() {
            self.run_daemons(&[]);
        }
    }

    fn run_daemons(&mut self, wanted: &[(DaemonRole, Daemon)]) {
        let Some(ipvs) = &mut self.kernel.ipvs else {
            return;
        };
        let ours = self.synced || !wanted.is_empty();
        self.synced = !wanted.is_empty();
        if !ours {
            return;
        }
        if let Err(why) = change(ipvs, wanted) {
            self.log.info(format!("IPVS: sync daemon: {why}"));
        }
    }
}

/// Stops what runs and should not, or not like this, then starts what is missing.
fn change(ipvs: &mut Ipvs, wanted: &[(DaemonRole, Daemon)]) -> Result<(), Error> {
    let mut running = ipvs.daemons()?;
    for (role, daemon) in std::mem::take(&mut running) {
        let fits = wanted
            .iter()
            .any(|(r, d)| *r == role && is_met_by(d, &daemon));
        if fits {
            running.push((role, daemon));
        } else {
            ipvs.stop_daemon(role, &daemon)?;
        }
    }
    for (role, daemon) in wanted {
        if !running.iter().any(|(r, _)| r == role) {
            ipvs.start_daemon(*role, daemon)?;
        }
    }
    Ok(())
}

fn wanted(plan: &Plan, master: Option<bool>) -> Vec<(DaemonRole, Daemon)> {
    let Some(written) = &plan.lvs.sync_daemon else {
        return Vec::new();
    };
    let daemon = Daemon {
        interface: written.interface.clone(),
        id: written.id,
        maxlen: written.maxlen,
        port: written.port,
        ttl: written.ttl,
        group: written.group,
    };
    let roles: &[DaemonRole] = match (&written.instance, master) {
        (None, _) => &BOTH,
        (Some(_), Some(true)) => &[DaemonRole::Master],
        (Some(_), Some(false)) => &[DaemonRole::Backup],
        (Some(_), None) => &[],
    };
    roles.iter().map(|role| (*role, daemon.clone())).collect()
}

/// Whether a running daemon is as wanted; what is not written is the kernel's to choose.
fn is_met_by(wanted: &Daemon, seen: &Daemon) -> bool {
    fn fits<T: PartialEq>(wanted: Option<&T>, seen: Option<&T>) -> bool {
        wanted.is_none() || wanted == seen
    }
    wanted.interface == seen.interface
        && wanted.id == seen.id
        && fits(wanted.maxlen.as_ref(), seen.maxlen.as_ref())
        && fits(wanted.port.as_ref(), seen.port.as_ref())
        && fits(wanted.ttl.as_ref(), seen.ttl.as_ref())
        && fits(wanted.group.as_ref(), seen.group.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daemon() -> Daemon {
        Daemon {
            interface: "eth0".into(),
            id: 7,
            maxlen: None,
            port: None,
            ttl: None,
            group: None,
        }
    }

    #[test]
    fn the_kernels_choices_fit_where_nothing_was_written() {
        let seen = Daemon {
            maxlen: Some(1472),
            port: Some(8848),
            ttl: Some(1),
            group: Some([224, 0, 0, 81].into()),
            ..daemon()
        };
        assert!(is_met_by(&daemon(), &seen));
        let other_port = Daemon {
            port: Some(9000),
            ..daemon()
        };
        assert!(!is_met_by(&other_port, &seen));
        let other_id = Daemon { id: 8, ..daemon() };
        assert!(!is_met_by(&other_id, &seen));
    }
}
