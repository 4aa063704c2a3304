//! The state of the VRRP process in the original's layout (`SIGUSR1`): tools look for labels, and
//! tell sections apart by indentation. The text is a [`Sheet`]; here its gaps are filled.
use core::time::Duration;
use plan::{Gap, Plan, Row, Sheet, Subject};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use vrrp::{GroupId, InstanceId, Reason, Router, StateKind, TrackerId, TrackerKind};
use wire::Instant;

/// What the process knows besides its plan.
pub struct Live<'a> {
    /// The virtual routers.
    pub router: &'a Router,
    /// Monotonic time as time since 1970.
    pub utc: &'a dyn Fn(Instant) -> Duration,
    /// Time since 1970 as people write it: `Sat Nov 28 14:33:39.488495 2026`.
    pub date: &'a dyn Fn(Duration) -> String,
    /// What is heard and sent by.
    pub sockets: Vec<Socket>,
    /// Interfaces.
    pub links: Vec<Link>,
}

/// A socket that instances share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// Interface.
    pub interface: String,
    /// `IPv4` or `IPv6`.
    pub family: &'static str,
    /// `VRRP` or `AH`.
    pub protocol: &'static str,
    /// The own address that peers send to; `None`: a group.
    pub unicast: Option<std::net::IpAddr>,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Name.
    pub name: String,
    /// Number.
    pub index: u32,
    /// Where adverts come from.
    pub ipv4: Option<std::net::Ipv4Addr>,
    /// Where adverts come from.
    pub ipv6: Option<std::net::Ipv6Addr>,
    /// Hardware address.
    pub mac: Option<wire::MacAddr>,
    /// Wanted up, and carrying packets.
    pub up: (bool, bool),
    /// The loopback interface.
    pub loopback: bool,
    /// Interface group.
    pub group: u32,
    /// Largest packet.
    pub mtu: u32,
}

/// The whole file.
pub fn vrrp(plan: &Plan, sheet: &Sheet, live: &Live<'_>) -> String {
    let mut text = sheet.global.clone();
    let mut filler = Filler {
        plan,
        live,
        instances: names(plan.instances.iter().map(|(id, one)| (*id, &*one.name))),
        groups: names(plan.groups.iter().map(|(id, one)| (*id, &*one.name))),
        objects: names(
            plan.trackers
                .iter()
                .map(|(id, one)| (*id, &*one.tracker.name)),
        ),
        subject: &Subject::Daemon,
    };
    for row in &sheet.vrrp {
        // writing to a String cannot fail
        let _ = filler.row(&mut text, row);
    }
    let _ = strangers(&mut text, live.router);
    text
}

/// `keepalived_check.data`.
pub fn checker(plan: &Plan, sheet: &Sheet, pools: &pool::Pools) -> String {
    sheet.global.clone() + &crate::dump::lvs::text(plan, Some(pools))
}

fn names<'a, T>(all: impl Iterator<Item = (T, &'a str)>) -> BTreeMap<&'a str, T> {
    all.map(|(id, name)| (name, id)).collect()
}

/// Ours alone: what no instance is told of.
fn strangers(out: &mut String, router: &Router) -> fmt::Result {
    writeln!(out, "------< VRRP packets for nobody >------")?;
    writeln!(out, " Unknown VRID = {}", router.unknown_vrids())?;
    writeln!(out, " Too short = {}", router.stubs())
}

struct Filler<'a> {
    plan: &'a Plan,
    live: &'a Live<'a>,
    instances: BTreeMap<&'a str, InstanceId>,
    groups: BTreeMap<&'a str, GroupId>,
    objects: BTreeMap<&'a str, TrackerId>,
    subject: &'a Subject,
}

impl<'a> Filler<'a> {
    fn row(&mut self, out: &mut String, row: &'a Row) -> fmt::Result {
        match row {
            Row::Text(text) => out.write_str(text),
            Row::About(subject) => {
                self.subject = subject;
                Ok(())
            }
            Row::Held(text) => {
                let set = if self.is_held() { " set" } else { "" };
                writeln!(out, "{text}{set}")
            }
            Row::Gap(gap, idle) => {
                let idle = idle.as_deref();
                match self.subject {
                    Subject::Instance(name) => match self.instances.get(&**name) {
                        Some(id) => self.instance(out, *id, *gap, idle),
                        None => Ok(()),
                    },
                    Subject::Group(name) => match self.groups.get(&**name) {
                        Some(id) => self.group(out, *id, name),
                        None => Ok(()),
                    },
                    Subject::Object(name) => match self.objects.get(&**name) {
                        Some(id) => self.object(out, *id),
                        None => Ok(()),
                    },
                    Subject::Daemon => self.daemon(out, *gap),
                }
            }
        }
    }

    /// Static objects are there as long as the daemon is.
    fn is_held(&self) -> bool {
        let Subject::Instance(name) = self.subject else {
            return true;
        };
        let id = self.instances.get(&**name);
        id.and_then(|id| self.live.router.state(*id)) == Some(StateKind::Master)
    }

    fn instance(
        &self,
        out: &mut String,
        id: InstanceId,
        gap: Gap,
        idle: Option<&str>,
    ) -> fmt::Result {
        let router = self.live.router;
        let state = router.state(id).unwrap_or(StateKind::Init);
        match gap {
            Gap::State => self.state(out, id, state),
            Gap::Wanted => writeln!(out, "   Wantstate = {}", name(wanted(state))),
            Gap::Progress => self.progress(out, id),
            Gap::Source => match (idle, router.source(id)) {
                (Some(text), _) => writeln!(out, "{text}"),
                (None, Some(source)) => writeln!(out, "   Using src_ip = {source}"),
                (None, None) => writeln!(out, "   Using src_ip = (none)"),
            },
            Gap::Priority => {
                let Some(priority) = router.effective_priority(id) else {
                    return Ok(());
                };
                writeln!(out, "   Effective priority = {priority}")?;
                writeln!(out, "   Total priority = {priority}")
            }
            Gap::LastAdvert => {
                let at = router.last_advert(id).map_or(Duration::ZERO, self.live.utc);
                writeln!(out, "   Last advert sent = {}", seconds(at))
            }
            Gap::Sockets | Gap::Pool | Gap::Group | Gap::Reading | Gap::Links => Ok(()),
        }
    }

    fn state(&self, out: &mut String, id: InstanceId, state: StateKind) -> fmt::Result {
        writeln!(out, "   State = {}", name(state))?;
        if state != StateKind::Backup {
            return Ok(());
        }
        match self.live.router.master(id) {
            Some(master) => writeln!(out, "   Master router = {master}"),
            None => writeln!(out, "   Master router = (none)"),
        }
    }

    fn progress(&self, out: &mut String, id: InstanceId) -> fmt::Result {
        let router = self.live.router;
        let reasons = router.reasons(id).unwrap_or_default();
        let has = |reason| reasons.has(reason);
        let tracker = u8::from(has(Reason::Tracked) || has(Reason::StaticLost));
        writeln!(out, "   Number of tracker faults = {tracker}")?;
        let flags: Vec<_> = [
            (
                has(Reason::LinkDown) || has(Reason::LinkMissing),
                "i/f down",
            ),
            (has(Reason::NoSource), "no source IP address"),
            (has(Reason::Group), "sync group"),
        ]
        .into_iter()
        .filter_map(|(on, text)| on.then_some(text))
        .collect();
        if flags.is_empty() {
            writeln!(out, "   Flags of interface faults - (none)")?;
        } else {
            writeln!(out, "   Flags of interface faults:")?;
            for flag in flags {
                writeln!(out, "     {flag}")?;
            }
        }
        let waits = u8::from(has(Reason::Waits));
        writeln!(out, "   Number of track scripts init = {waits}")?;
        if let Some(at) = router.last_transition(id) {
            writeln!(out, "   Last transition = {}", self.stamp(at))?;
        }
        match router.deadline(id) {
            Some(at) => writeln!(out, "   Read timeout = {}", self.stamp(at))?,
            None => writeln!(out, "   Read timeout = DISABLED")?,
        }
        let down = router.master_down(id).unwrap_or_default();
        writeln!(out, "   Master down timer = {} usecs", down.as_micros())
    }

    fn stamp(&self, at: Instant) -> String {
        let at = (self.live.utc)(at);
        format!("{} ({})", seconds(at), (self.live.date)(at))
    }

    fn group(&self, out: &mut String, id: GroupId, group: &str) -> fmt::Result {
        let state = self.live.router.group_state(id).unwrap_or(StateKind::Init);
        writeln!(out, " VRRP Sync Group = {group}, {}", name(state))?;
        let members = self.plan.groups.get(&id).map(|group| &group.members);
        let is = |wanted| {
            let members = members.into_iter().flatten();
            let states = members.filter_map(|id| self.live.router.state(*id));
            states.filter(|state| *state == wanted).count()
        };
        let (fault, init) = (is(StateKind::Fault), is(StateKind::Init));
        writeln!(out, "   Num member fault {fault}, num member init {init}")
    }

    fn object(&self, out: &mut String, id: TrackerId) -> fmt::Result {
        let router = self.live.router;
        let Some(object) = self.plan.trackers.get(&id) else {
            return Ok(());
        };
        let up = router.is_up(id);
        match object.tracker.kind {
            TrackerKind::Script { .. } => {
                let init = if up.is_some() { "unknown" } else { "INIT" };
                writeln!(out, "   Init state = {init}")?;
                let good = up == Some(true);
                writeln!(out, "   Status = {}", if good { "GOOD" } else { "BAD" })
            }
            TrackerKind::File => writeln!(out, "   Status = {}", router.value(id).unwrap_or(0)),
            TrackerKind::Process => {
                writeln!(out, "   Have quorum = {}", up == Some(true))
            }
            TrackerKind::Bfd => {
                let up = if up == Some(true) { "up" } else { "down" };
                writeln!(out, "   Bfd is {up}")
            }
        }
    }

    fn daemon(&self, out: &mut String, gap: Gap) -> fmt::Result {
        match gap {
            Gap::Pool if !self.live.sockets.is_empty() => {
                writeln!(out, "------< VRRP Sockpool >------")?;
                let mut sockets = self.live.sockets.iter();
                sockets.try_for_each(|socket| write_socket(out, socket))
            }
            Gap::Links => {
                writeln!(out, "------< Interfaces >------")?;
                let mut links = self.live.links.iter();
                links.try_for_each(|link| write_link(out, link))
            }
            _ => Ok(()),
        }
    }
}

fn write_socket(out: &mut String, socket: &Socket) -> fmt::Result {
    writeln!(out, " Socket")?;
    writeln!(out, "   Interface = {}", socket.interface)?;
    writeln!(out, "   Family = {}", socket.family)?;
    writeln!(out, "   Protocol = {}", socket.protocol)?;
    match socket.unicast {
        None => writeln!(out, "   Type = Multicast"),
        Some(address) => writeln!(out, "   Type = Unicast\n   Address = {address}"),
    }
}

fn write_link(out: &mut String, link: &Link) -> fmt::Result {
    writeln!(out, " Name = {}", link.name)?;
    writeln!(out, "   index = {}", link.index)?;
    match link.ipv4 {
        Some(address) => writeln!(out, "   IPv4 address = {address}")?,
        None => writeln!(out, "   IPv4 address = (none)")?,
    }
    match link.ipv6 {
        Some(address) => writeln!(out, "   IPv6 address = {address}")?,
        None => writeln!(out, "   IPv6 address = (none)")?,
    }
    if let Some(mac) = link.mac.filter(|_| !link.loopback) {
        writeln!(out, "   MAC = {mac}")?;
    }
    let (up, running) = link.up;
    let up = if up { "UP" } else { "DOWN" };
    let running = if running { ", RUNNING" } else { ", no RUNNING" };
    let loopback = if link.loopback {
        ", no broadcast, loopback, no multicast"
    } else {
        ""
    };
    writeln!(out, "   State = {up}{running}{loopback}")?;
    writeln!(out, "   Group = {}", link.group)?;
    writeln!(out, "   MTU = {}", link.mtu)
}

fn seconds(at: Duration) -> String {
    format!("{}.{:06}", at.as_secs(), at.subsec_micros())
}

/// What an instance is about to be: what it is, unless it waits.
const fn wanted(state: StateKind) -> StateKind {
    match state {
        StateKind::Init | StateKind::Stopped => StateKind::Backup,
        other => other,
    }
}

pub(crate) fn scope(number: u8) -> &'static str {
    match number {
        200 => "site",
        253 => "link",
        254 => "host",
        255 => "nowhere",
        _ => "global",
    }
}

/// A state's word, as files and log lines have it.
pub const fn name(state: StateKind) -> &'static str {
    match state {
        StateKind::Init => "INIT",
        StateKind::Backup => "BACKUP",
        StateKind::Master => "MASTER",
        StateKind::Fault => "FAULT",
        StateKind::Stopped => "STOP",
    }
}
