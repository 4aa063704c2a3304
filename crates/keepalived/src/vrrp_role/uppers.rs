//! Interfaces on top of others (`use_vmac`, `use_ipvlan`): made at the start, removed at the end,
//! and what has to be set around them so that the kernel answers with the right address.
use super::links::Links;
use linux::netlink::{self, Error, Ipv4Setting, Link, Socket};
use linux::sysctl;
use plan::{IpvlanMode, Upper, UpperKind};
use std::collections::{BTreeMap, BTreeSet};
use wire::Family;

const ALL_RP_FILTER: &str = "net/ipv4/conf/all/rp_filter";
const LOCAL_REPORTS: &str = "net/ipv4/igmp_link_local_mcast_reports";
const DEFAULT_RP_FILTER: &str = "net/ipv4/conf/default/rp_filter";

/// What we made and changed, to take it back.
#[derive(Debug, Default)]
pub(super) struct Uppers {
    /// By name.
    made: BTreeMap<String, Made>,
    /// IPv4 settings of interfaces as they were before, oldest first.
    settings: Vec<(u32, Ipv4Setting, u32)>,
    /// Files under `/proc/sys` as they were before.
    files: Vec<(&'static str, String)>,
    /// Interfaces that did not promote secondary addresses before.
    promoted: Vec<u32>,
    /// What `LOCAL_REPORTS` was before.
    local_reports: Option<String>,
    /// Complaints that were made: each is made once.
    told: BTreeSet<String>,
}

/// An interface of ours.
#[derive(Debug)]
struct Made {
    index: u32,
    /// The instance that it is logged for.
    instance: String,
    /// Whom the kernel tells of when it is made and gone: index and group of the interface below.
    tell: Option<(u32, u32)>,
}

/// What came of [`Uppers::ensure`].
#[derive(Debug, Default)]
pub(super) struct Ensured {
    /// Something was made.
    pub(super) any: bool,
    pub(super) lines: Vec<String>,
}

impl Uppers {
    /// Makes what is wanted and not there, as far as the interface below is.
    pub(super) fn ensure(
        &mut self,
        wanted: &[Upper],
        links: &Links,
        netlink: &mut Socket,
    ) -> Ensured {
        let mut out = Ensured::default();
        for upper in wanted {
            let Some(base) = links.link(&upper.base) else {
                continue;
            };
            let there = links.link(&upper.name);
            let known = self.made.get(&upper.name).map(|made| made.index);
            if there.is_some_and(|link| Some(link.index) == known) {
                continue;
            }
            match self.make(upper, base, there, links, netlink) {
                Ok(link) => {
                    let (what, name) = (kind_name(upper), &upper.name);
                    out.lines.push(format!(
                        "({}): Success creating {what} interface {name}",
                        upper.instance
                    ));
                    let made = Made {
                        index: link.index,
                        instance: upper.instance.clone(),
                        tell: upper.tell_base.then_some((base.index, base.group)),
                    };
                    made.tell_base(netlink);
                    self.made.insert(upper.name.clone(), made);
                    out.any = true;
                }
                Err(why) => {
                    let line = format!(
                        "({}): Cannot make {} interface {}: {why}",
                        upper.instance,
                        kind_name(upper),
                        upper.name
                    );
                    if self.told.insert(line.clone()) {
                        out.lines.push(line);
                    }
                }
            }
        }
        out
    }

    /// Makes one, or takes over what a process before us left; another interface of its name is
    /// in the way.
    fn make(
        &mut self,
        upper: &Upper,
        base: &Link,
        there: Option<&Link>,
        links: &Links,
        netlink: &mut Socket,
    ) -> Result<Link, String> {
        match there {
            Some(link) if is_such(upper, base, link) => {}
            Some(_) => return Err("an interface of this name is there already".into()),
            None => create(upper, base, links, netlink).map_err(|e| e.to_string())?,
        }
        let missing = || "it is not there".to_owned();
        let find = |netlink: &mut Socket| netlink.link(&upper.name).ok().flatten();
        let index = find(netlink).ok_or_else(missing)?.index;
        self.prepare(upper, base, index, links, netlink);
        netlink.set_up(index, true).map_err(|e| e.to_string())?;
        find(netlink).ok_or_else(missing)
    }

    /// Settings without which the kernel answers for the wrong interface. Where they are refused
    /// (containers), the interface is used all the same.
    fn prepare(
        &mut self,
        upper: &Upper,
        base: &Link,
        index: u32,
        links: &Links,
        netlink: &mut Socket,
    ) {
        let UpperKind::Macvlan(_) = upper.kind else {
            return;
        };
        let _ = netlink.set_address_generation(index, false);
        if upper.family == Family::V6 {
            let _ = netlink.set_ipv4(index, &[(Ipv4Setting::ArpIgnore, 1)]);
            return;
        }
        let disable = format!("net/ipv6/conf/{}/disable_ipv6", upper.name);
        let _ = sysctl::set(&disable, "1");
        self.lift_rp_filter(links, netlink);
        let own = [
            (Ipv4Setting::ArpIgnore, 1),
            (Ipv4Setting::ArpFilter, 0),
            (Ipv4Setting::AcceptLocal, 1),
            (Ipv4Setting::RpFilter, 0),
            (Ipv4Setting::PromoteSecondaries, 1),
        ];
        let _ = netlink.set_ipv4(index, &own);
        self.set(base.index, Ipv4Setting::ArpIgnore, 1, netlink);
        self.set(base.index, Ipv4Setting::ArpFilter, 1, netlink);
    }

    /// `all` would overrule the interface's own reverse path filter: it is carried over to each
    /// interface and cleared, as keepalived.conf(5) says of `use_vmac`.
    fn lift_rp_filter(&mut self, links: &Links, netlink: &mut Socket) {
        let value = |file: &str| sysctl::get(file).ok()?.parse::<u32>().ok();
        let Some(all) = value(ALL_RP_FILTER).filter(|all| *all > 0) else {
            return;
        };
        for index in links.indices().collect::<Vec<_>>() {
            let own = netlink.ipv4(index, Ipv4Setting::RpFilter).ok().flatten();
            if own.is_some_and(|own| own < all) {
                self.set(index, Ipv4Setting::RpFilter, all, netlink);
            }
        }
        if value(DEFAULT_RP_FILTER).is_some_and(|own| own < all) {
            self.write(DEFAULT_RP_FILTER, &all.to_string());
        }
        self.write(ALL_RP_FILTER, "0");
    }

    /// Changes a setting and remembers what it was.
    fn set(&mut self, index: u32, setting: Ipv4Setting, value: u32, netlink: &mut Socket) {
        let before = netlink.ipv4(index, setting).ok().flatten();
        if let Some(before) = before.filter(|before| *before != value)
            && netlink.set_ipv4(index, &[(setting, value)]).is_ok()
        {
            self.settings.push((index, setting, before));
        }
    }

    /// An address that goes takes no others of its network along (`promote_secondaries`).
    pub(super) fn promote(&mut self, index: u32, netlink: &mut Socket) {
        let setting = Ipv4Setting::PromoteSecondaries;
        if netlink.ipv4(index, setting).ok().flatten() == Some(0)
            && netlink.set_ipv4(index, &[(setting, 1)]).is_ok()
        {
            self.promoted.push(index);
        }
    }

    /// The kernel reports no membership in groups that never leave the link
    /// (`disable_local_igmp`); gives why that cannot be had.
    pub(super) fn stop_local_reports(&mut self) -> Option<String> {
        let before = sysctl::get(LOCAL_REPORTS).ok();
        if before.as_deref() == Some("0") {
            return None;
        }
        match sysctl::set(LOCAL_REPORTS, "0") {
            Ok(()) => {
                self.local_reports = before;
                None
            }
            Err(why) => Some(format!(
                "disable_local_igmp: cannot set {LOCAL_REPORTS}: {why}"
            )),
        }
    }

    /// At the end: what was changed besides interfaces of ours.
    pub(super) fn put_back_lasting(&mut self, netlink: &mut Socket) {
        if let Some(before) = self.local_reports.take() {
            let _ = sysctl::set(LOCAL_REPORTS, &before);
        }
        for index in self.promoted.drain(..) {
            let _ = netlink.set_ipv4(index, &[(Ipv4Setting::PromoteSecondaries, 0)]);
        }
    }

    fn write(&mut self, file: &'static str, value: &str) {
        if let Ok(before) = sysctl::get(file)
            && sysctl::set(file, value).is_ok()
        {
            self.files.push((file, before));
        }
    }

    /// Removes those that are not wanted any more; gives what to log.
    pub(super) fn remove_others(&mut self, wanted: &[Upper], netlink: &mut Socket) -> Vec<String> {
        let stays = |name: &String| wanted.iter().any(|upper| upper.name == *name);
        let mut lines = Vec::new();
        self.made.retain(|name, made| {
            let keep = stays(name);
            if !keep && netlink.delete_link(made.index).is_ok() {
                let instance = &made.instance;
                lines.push(format!(
                    "({instance}) Success removing VMAC interface {name}"
                ));
                made.tell_base(netlink);
            }
            keep
        });
        if self.made.is_empty() {
            self.put_back(netlink);
        }
        lines
    }

    /// An interface is gone: it has to be made again.
    pub(super) fn gone(&mut self, name: &str) {
        self.made.remove(name);
    }

    fn put_back(&mut self, netlink: &mut Socket) {
        for (file, before) in self.files.drain(..).rev() {
            let _ = sysctl::set(file, &before);
        }
        for (index, setting, before) in self.settings.drain(..).rev() {
            let _ = netlink.set_ipv4(index, &[(setting, before)]);
        }
    }
}

impl Made {
    /// `netlink_notify_msg`: programs that missed what became of the interface below look again.
    fn tell_base(&self, netlink: &mut Socket) {
        if let Some((index, group)) = self.tell {
            let _ = netlink.set_group(index, group);
        }
    }
}

fn create(upper: &Upper, base: &Link, links: &Links, netlink: &mut Socket) -> Result<(), Error> {
    let group = upper.group.or(Some(base.group)).filter(|group| *group != 0);
    let what = netlink::Upper {
        name: &upper.name,
        parent: base.index,
        group,
        master: vrf(upper, base, links),
    };
    match upper.kind {
        UpperKind::Macvlan(mac) => netlink.create_macvlan(&what, mac),
        UpperKind::Ipvlan { mode, .. } => {
            let mode = match mode {
                IpvlanMode::Bridge => netlink::IpvlanMode::Bridge,
                IpvlanMode::Private => netlink::IpvlanMode::Private,
                IpvlanMode::Vepa => netlink::IpvlanMode::Vepa,
            };
            netlink.create_ipvlan(&what, mode)
        }
    }
}

/// The VRF that was written; else what is made on top of a member of a VRF belongs there too.
fn vrf(upper: &Upper, base: &Link, links: &Links) -> Option<u32> {
    if let Some(name) = &upper.vrf {
        return links.index_of(name);
    }
    let master = base.master.and_then(|master| links.by_number(master));
    master
        .filter(|link| link.kind.as_deref() == Some("vrf"))
        .map(|link| link.index)
}

/// Whether an interface is what we would make.
fn is_such(upper: &Upper, base: &Link, link: &Link) -> bool {
    let same = match upper.kind {
        UpperKind::Macvlan(mac) => link.private_macvlan && link.mac == Some(mac),
        UpperKind::Ipvlan { .. } => link.kind.as_deref() == Some("ipvlan"),
    };
    same && link.lower == Some(base.index)
}

const fn kind_name(upper: &Upper) -> &'static str {
    match upper.kind {
        UpperKind::Macvlan(_) => "VMAC",
        UpperKind::Ipvlan { .. } => "ipvlan",
    }
}
