//! The sync daemons (`lvs_sync_daemon`): both, or the one that fits the instance they follow.
//!
//! What runs is compared with what should: after each change, and after a refusal until there was
//! none. An interface that is not there yet is the usual one.
use super::Role;
use linux::ipvs::{Daemon, DaemonRole, Ipvs};
use linux::netlink::{Error, Fact};
use plan::Plan;
use plan::lvs::Follows;
use std::time::Duration;
use wire::Instant;

const BOTH: [DaemonRole; 2] = [DaemonRole::Master, DaemonRole::Backup];
/// Pause after a refusal: at first so long, then ever longer.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(64);
/// After news of interfaces, which come in bursts.
const SOON: Duration = Duration::from_millis(100);

/// When to look at the sync daemons next.
#[derive(Debug, Default)]
pub(super) struct Sync {
    /// Some of ours may run.
    ours: bool,
    due: Option<Instant>,
    pause: Duration,
    /// What was told of since all was well.
    refused: Option<String>,
}

impl Sync {
    pub(super) const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Something changed: look now.
    pub(super) fn look(&mut self, now: Instant) {
        self.due = Some(now);
        self.pause = Duration::ZERO;
    }

    /// Whether to look now.
    fn take_due(&mut self, now: Instant) -> bool {
        self.due.take_if(|at| *at <= now).is_some()
    }

    /// What came of it; gives what there is to say.
    fn done(&mut self, now: Instant, wanted: bool, result: Result<(), String>) -> Option<String> {
        self.ours = wanted || result.is_err();
        let Err(why) = result else {
            (self.pause, self.refused) = (Duration::ZERO, None);
            return None;
        };
        self.pause = (self.pause * 2).clamp(AGAIN, AGAIN_MAX);
        self.due = Some(now + self.pause);
        let is_new = self.refused.as_ref() != Some(&why);
        self.refused = Some(why.clone());
        is_new.then_some(why)
    }
}

impl Role {
    /// Another plan is in force.
    pub(super) fn sync_anew(&mut self, now: Instant) {
        self.sync.look(now);
        let daemon = self.plan.lvs.sync_daemon.as_ref();
        if let Some(Follows::Missing(name)) = daemon.map(|daemon| &daemon.follows) {
            self.log.info(format!(
                "Unable to find vrrp instance {name} for lvs_syncd - clearing lvs_syncd config"
            ));
        }
    }

    /// Has exactly those sync daemons run that should, if it is time to look.
    pub(super) fn keep_sync(&mut self, now: Instant) {
        if self.kernel.is_open() && self.sync.take_due(now) {
            let wanted = wanted(&self.plan, self.settings.sync_master);
            self.run_daemons(now, &wanted);
        }
    }

    /// The end: none is left behind.
    pub(super) fn stop_sync(&mut self) {
        if self.plan.lvs.sync_daemon.is_some() {
            self.run_daemons(linux::clock::now(), &[]);
        }
    }

    fn run_daemons(&mut self, now: Instant, wanted: &[(DaemonRole, Daemon)]) {
        let Some(ipvs) = &mut self.kernel.ipvs else {
            return;
        };
        if !self.sync.ours && wanted.is_empty() {
            return;
        }
        let result = change(ipvs, wanted).map_err(|why| why.to_string());
        if let Some(why) = self.sync.done(now, !wanted.is_empty(), result) {
            self.log.info(format!("IPVS: sync daemon: {why}"));
        }
    }

    /// An interface or its addresses changed: a daemon that could not start on it may now.
    pub(super) fn sync_hears(&mut self, now: Instant, fact: &Fact) {
        if self.sync.refused.is_none() || !matches!(fact, Fact::Link(_) | Fact::AddressAdded(_)) {
            return;
        }
        let soon = now + SOON;
        self.sync.due = self.sync.due.map(|at| at.min(soon));
    }
}

/// Stops what runs and should not, or not like this, then starts what is missing: all that can be
/// done. Gives the first refusal.
fn change(ipvs: &mut Ipvs, wanted: &[(DaemonRole, Daemon)]) -> Result<(), Error> {
    let running = ipvs.daemons()?;
    let fits = |role, seen: &Daemon| {
        let mut wanted = wanted.iter();
        wanted.any(|(r, daemon)| *r == role && is_met_by(daemon, seen))
    };
    let (stay, go): (Vec<_>, Vec<_>) = running.into_iter().partition(|(r, d)| fits(*r, d));
    let mut results = Vec::new();
    for (role, daemon) in &go {
        results.push(ipvs.stop_daemon(*role, daemon));
    }
    for (role, daemon) in wanted {
        if !stay.iter().any(|(r, _)| r == role) {
            results.push(ipvs.start_daemon(*role, daemon));
        }
    }
    results.into_iter().collect()
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
    let roles: &[DaemonRole] = match (&written.follows, master) {
        (Follows::Nobody, _) => &BOTH,
        (Follows::Instance(_), Some(true)) => &[DaemonRole::Master],
        (Follows::Instance(_), Some(false)) => &[DaemonRole::Backup],
        (Follows::Instance(_), None) | (Follows::Missing(_), _) => &[],
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
    fn a_refusal_is_told_once_and_tried_again_ever_later() {
        let mut sync = Sync::default();
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        let no_device = || Err("No such device".to_owned());
        sync.look(at(0));
        assert!(sync.take_due(at(0)));
        assert!(!sync.take_due(at(0)), "it was looked at");
        assert!(sync.done(at(0), true, no_device()).is_some());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let due = sync.poll_timeout().unwrap();
            assert!(sync.take_due(due));
            assert_eq!(sync.done(due, true, no_device()), None);
            pauses.push(sync.pause.as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!(sync.done(at(500), true, Ok(())), None);
        assert!(
            sync.done(at(600), true, no_device()).is_some(),
            "news again"
        );
        assert_eq!(sync.poll_timeout(), Some(at(601)));
        sync.look(at(600));
        assert_eq!(
            sync.poll_timeout(),
            Some(at(600)),
            "a change is made at once"
        );
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
