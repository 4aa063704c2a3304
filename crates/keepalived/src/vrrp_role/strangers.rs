//! Packets that no instance is the addressee of: told now and then, so that a flood of them is
//! not a flood of log lines.
use super::Role;
use std::time::Duration;
use vrrp::Reject;
use wire::Instant;

/// At least so long lies between two lines of a kind.
const PAUSE: Duration = Duration::from_secs(1);

/// When each kind was last told of.
#[derive(Debug, Default)]
pub(super) struct Told {
    stub: Option<Instant>,
    vrid: Option<Instant>,
}

/// An advert for a virtual router that nobody here serves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stranger {
    pub(super) link: u32,
    pub(super) vrid: u8,
}

fn may_tell(last: &mut Option<Instant>, now: Instant) -> bool {
    let may = last.is_none_or(|at| now - at >= PAUSE);
    if may {
        *last = Some(now);
    }
    may
}

impl Role {
    /// A packet too short to belong to any instance.
    pub(super) fn tell_stub(&mut self, now: Instant, why: Option<&Reject>) {
        if let Some(line) = why.and_then(report::log::packet)
            && may_tell(&mut self.strangers.stub, now)
        {
            self.lines.push(line);
        }
    }

    /// `log_unknown_vrids`.
    pub(super) fn tell_stranger(&mut self, now: Instant, heard: Option<Stranger>) {
        let Some(heard) = heard.filter(|_| self.plan.global.log_unknown_vrids) else {
            return;
        };
        if may_tell(&mut self.strangers.vrid, now) {
            let name = self.links.name_of(heard.link).unwrap_or("?");
            self.lines.push(format!(
                "Unknown VRID({}) received on interface({name}). ignoring...",
                heard.vrid
            ));
        }
    }
}
