//! One `vrrp_instance` block: defaults, inheritance and the original's consistency rules.
use crate::{ExtraGarp, Facts, Instance, addresses, hmac, notify, peers, strict};
use conf::config::{AuthType, Global, Instance as Block, StartState};
use conf::{Diagnostic, Severity};
use core::time::Duration;
use std::net::IpAddr;
use vrrp::{Auth, Garp, Params, Preempt};
use wire::{AdvertInterval, Family, Priority, Secret, Version, Vrid};

/// Longest interval that fits the 12 bits of version 3, in centiseconds.
const V3_INTERVAL_MAX: u16 = 4095;

/// The meaning of a block; `None` when it cannot work.
pub(crate) fn build(
    global: &Global,
    block: &Block,
    facts: &Facts,
    findings: &mut Vec<Diagnostic>,
) -> Option<Instance> {
    let mut rules = Rules {
        global,
        block,
        findings,
    };
    let (vrid, interface) = rules.identity(facts)?;
    let family = rules.family();
    let version = rules.version(family);
    rules.has_addresses(version)?;
    let mut params = Params::new(interface, vrid, family);
    params.version = version;
    rules.start(&mut params);
    params.interval = rules.interval(version);
    params.auth = rules.auth(version);
    params.garp = rules.garp();
    let down = block.down_timer_adverts.or(global.down_timer_adverts);
    params.down_adverts = down.map_or(3, |n| n.value);
    params.source = block.source.map(|source| source.value);
    params.group = rules.group(family);
    params.dont_track_primary = block.dont_track_primary;
    let or_global = |own: &Option<conf::Spanned<bool>>, all: &Option<conf::Spanned<bool>>| {
        own.as_ref().or(all.as_ref()).is_some_and(|v| v.value)
    };
    params.lower_prio_no_advert =
        or_global(&block.lower_prio_no_advert, &global.lower_prio_no_advert);
    params.higher_prio_send_advert = or_global(
        &block.higher_prio_send_advert,
        &global.higher_prio_send_advert,
    );
    peers::build(&mut params, global, block);
    hmac::build(&mut params, block, facts, rules.findings)?;
    strict::reset(&mut params, global, block);
    params.timer_expired_backup = block
        .more
        .timer_expired_backup
        .as_ref()
        .filter(|_| params.preempt == Preempt::No)
        .map(|priority| Priority::new(priority.value));
    let ttl = peers::ttl(&params, block);
    params.addresses = block.addresses.iter().map(|a| a.prefix.addr()).collect();
    let all = block.addresses.iter().chain(&block.excluded);
    let usual = global.default_interface.as_ref().map(|name| &*name.value);
    let dev = match &*params.interface {
        "" => usual.unwrap_or("eth0"),
        own => own,
    };
    let addresses = all.map(|line| addresses::build(line, dev)).collect();
    Some(Instance {
        name: block.name.value.to_string(),
        params: params.into(),
        ttl,
        addresses,
        accept: true,
        strict: strict::is_on(global, block),
        promote_secondaries: block.more.promote_secondaries,
        receive_buffer: block.more.kernel_rx_buf_size.map(|octets| octets.value),
        routes: Vec::new(),
        rules: Vec::new(),
        notify: notify::notify(global, &block.notify, block.smtp_alert),
        extra_garp: extra_garp(global, block),
        promote_on: Vec::new(),
    })
}

/// The block's own word, else the global one; an interval of zero is none.
fn extra_garp(global: &Global, block: &Block) -> Option<ExtraGarp> {
    let written = block.more.garp_extra_if.or(global.garp_extra_if)?;
    let interval = written.interval.value;
    let all = written.all;
    (!interval.is_zero()).then_some(ExtraGarp { all, interval })
}

struct Rules<'a> {
    global: &'a Global,
    block: &'a Block,
    findings: &'a mut Vec<Diagnostic>,
}

impl Rules<'_> {
    fn name(&self) -> &str {
        &self.block.name.value
    }

    fn find(
        &mut self,
        id: &'static str,
        severity: Severity,
        text: &str,
        at: conf::Span,
        help: &str,
    ) {
        let text = format!("({}) {text}", self.name());
        self.findings
            .push(Diagnostic::new(id, severity, text).at(at).help(help));
    }

    /// What an instance must have to exist at all.
    fn identity(&mut self, facts: &Facts) -> Option<(Vrid, String)> {
        let at = self.block.name.span;
        let more = &self.block.more;
        if self.block.interface.is_none()
            && !more.unicast_peers.is_empty()
            && let Some(vrid) = self.block.vrid
        {
            // peers are reached by whatever way there is, in the VRF that was written
            let vrf = more.vrf.as_ref().map(|vrf| vrf.value.to_string());
            return Some((vrid.value, vrf.unwrap_or_default()));
        }
        let Some(interface) = &self.block.interface else {
            self.find(
                "no-interface",
                Severity::Fatal,
                "Unknown interface!",
                at,
                "add a line 'interface NAME'",
            );
            return None;
        };
        let Some(vrid) = self.block.vrid else {
            let help = "add a line 'virtual_router_id NUMBER', 1 to 255, the same on all nodes";
            self.find(
                "no-vrid",
                Severity::Fatal,
                "the virtual router id must be set",
                at,
                help,
            );
            return None;
        };
        if &*interface.value == "lo" && facts.interfaces.contains("lo") {
            let text = "cannot use a loopback interface (lo) for vrrp - ignoring";
            self.find(
                "loopback",
                Severity::Fatal,
                text,
                interface.span,
                "name the interface of the network",
            );
            return None;
        }
        Some((vrid.value, interface.value.to_string()))
    }

    fn family(&self) -> Family {
        let decided = self.block.family;
        decided.map_or(Family::V4, |family| family.value)
    }

    /// IPv6 needs version 3 unless version 2 was asked for, as the original does.
    fn version(&self, family: Family) -> Version {
        match (self.block.version, self.global.vrrp_version, family) {
            (Some(version), _, _) | (None, Some(version), Family::V4) => version.value,
            (None, _, Family::V6) => Version::V3,
            (None, None, Family::V4) => Version::V2,
        }
    }

    fn has_addresses(&mut self, version: Version) -> Option<()> {
        let block = self.block;
        let strict = strict::is_on(self.global, block);
        if strict && block.no_addresses {
            let text =
                "no_virtual_ipaddress and strict mode incompatible, clearing no_virtual_ipaddress";
            let help = "vrrp_strict does not allow it";
            self.find("strict", Severity::Warning, text, block.name.span, help);
        }
        if !block.addresses.is_empty() || (block.no_addresses && !strict) {
            return Some(());
        }
        let help = "add a virtual_ipaddress block, or 'no_virtual_ipaddress' when that is meant";
        if version == Version::V3 || strict {
            let text = "No VIP specified; at least one is required";
            self.find("no-address", Severity::Fatal, text, block.name.span, help);
            return None;
        }
        let text = "No VIP specified; at least one is sensible";
        self.find("no-address", Severity::Warning, text, block.name.span, help);
        Some(())
    }

    /// Priority, start state and preemption, which depend on each other.
    fn start(&mut self, params: &mut Params) {
        let block = self.block;
        let master = block.state.is_some_and(|s| s.value == StartState::Master);
        let default = if master {
            Priority::OWNER
        } else {
            Priority::DEFAULT
        };
        params.priority = block.priority.map_or(default, |p| p.value);
        params.start_master = master;
        let delay = block.preempt_delay.filter(|d| !d.value.is_zero());
        let mut preempt = match (block.nopreempt, delay) {
            (Some(_), _) => Preempt::No,
            (None, Some(delay)) => Preempt::After(delay.value),
            (None, None) => Preempt::Yes,
        };
        if let Some(at) = block.nopreempt {
            if params.priority.is_owner() {
                let text = "nopreempt is incompatible with priority 255. resetting nopreempt";
                let help = "the owner of the addresses always takes over; remove nopreempt or lower the priority";
                self.find("owner-nopreempt", Severity::Warning, text, at, help);
                preempt = Preempt::Yes;
            } else if params.start_master || params.priority.is_owner() {
                let text = "Warning - nopreempt will not work with initial state MASTER - clearing";
                self.find(
                    "master-nopreempt",
                    Severity::Warning,
                    text,
                    at,
                    "write 'state BACKUP' on both nodes",
                );
                preempt = Preempt::Yes;
            }
        }
        if let Some(delay) = delay {
            if preempt == Preempt::No {
                let text = "preempt_delay is incompatible with nopreempt mode - resetting";
                self.find(
                    "nopreempt-delay",
                    Severity::Warning,
                    text,
                    delay.span,
                    "remove one of the two",
                );
            } else if params.start_master || params.priority.is_owner() {
                let text =
                    "Warning - preempt delay will not work with initial state MASTER - clearing";
                self.find(
                    "master-preempt-delay",
                    Severity::Warning,
                    text,
                    delay.span,
                    "write 'state BACKUP'",
                );
                preempt = Preempt::Yes;
            }
        }
        params.preempt = preempt;
    }

    fn interval(&mut self, version: Version) -> AdvertInterval {
        let Some(written) = self.block.advert_int else {
            return AdvertInterval::DEFAULT;
        };
        let micros = written.value.as_micros();
        let (unit, text, help) = match version {
            Version::V2 => (
                1_000_000,
                format!(
                    "VRRPv2 advertisement interval {}s must be an integer. rounding",
                    decimal(written.value)
                ),
                "write whole seconds, or 'version 3'",
            ),
            Version::V3 => (
                10_000,
                format!(
                    "VRRPv3 advertisement interval {}s must be in units of 10ms - rounding",
                    decimal(written.value)
                ),
                "write at most two decimals",
            ),
        };
        if version == Version::V3 && micros > u128::from(V3_INTERVAL_MAX) * 10_000 {
            let secs = written.value.as_secs_f64();
            let text = format!(
                "VRRPv3 advertisement interval {secs:.2}s is out of range. Must be less than 40.96s. Setting to 40.95s"
            );
            self.find(
                "long-interval",
                Severity::Warning,
                &text,
                written.span,
                "version 3 has 12 bits for it",
            );
            return AdvertInterval::from_centis(V3_INTERVAL_MAX).unwrap_or(AdvertInterval::DEFAULT);
        }
        if micros % unit != 0 {
            self.find(
                "rounded-interval",
                Severity::Warning,
                &text,
                written.span,
                help,
            );
        }
        let rounded = ((micros + unit / 2) / unit).max(1) * unit / 10_000;
        let centis = u16::try_from(rounded)
            .ok()
            .and_then(AdvertInterval::from_centis);
        centis.unwrap_or(AdvertInterval::DEFAULT)
    }

    fn auth(&mut self, version: Version) -> Auth {
        let Some(written) = &self.block.authentication else {
            return Auth::None;
        };
        let Some(kind) = written.kind else {
            return Auth::None;
        };
        let pass = written.pass.as_ref().filter(|pass| !pass.value.is_empty());
        let Some(pass) = pass else {
            let text = "Authentication specified but no password given. Ignoring";
            self.find(
                "no-password",
                Severity::Warning,
                text,
                kind.span,
                "add a line 'auth_pass PASSWORD'",
            );
            return Auth::None;
        };
        if version == Version::V3 {
            let text = "VRRP version 3 does not support authentication. Ignoring.";
            let help = "remove the block; it never kept anybody out";
            self.find(
                "auth-version-3",
                Severity::Warning,
                text,
                written.span,
                help,
            );
            return Auth::None;
        }
        match kind.value {
            AuthType::Pass => Auth::Pass(padded(&pass.value)),
            AuthType::Ah => Auth::Ah(Secret::new(padded(&pass.value).to_vec())),
        }
    }

    /// Own value, else the global one, else the manual's default.
    fn garp(&self) -> Garp {
        let (own, all) = (&self.block.garp, &self.global.garp);
        let least = self.global.min_garp.is_some_and(|m| m.value);
        let default_delay = if least {
            Duration::ZERO
        } else {
            Duration::from_secs(5)
        };
        let default_repeat = if least { 1 } else { 5 };
        let delay = own
            .master_delay
            .or(all.master_delay)
            .map_or(default_delay, |v| v.value);
        let repeat = own
            .master_repeat
            .or(all.master_repeat)
            .map_or(default_repeat, |v| v.value);
        Garp {
            repeat,
            delay,
            refresh: own
                .master_refresh
                .or(all.master_refresh)
                .map_or(Duration::ZERO, |v| v.value),
            refresh_repeat: own
                .master_refresh_repeat
                .or(all.master_refresh_repeat)
                .map_or(1, |v| v.value),
            // these follow the global ones, not the block's own
            lower_prio_delay: own
                .lower_prio_delay
                .or(all.lower_prio_delay)
                .or(all.master_delay)
                .map_or(default_delay, |v| v.value),
            lower_prio_repeat: own
                .lower_prio_repeat
                .or(all.lower_prio_repeat)
                .or(all.master_repeat)
                .map_or(default_repeat, |v| v.value),
        }
    }

    /// `mcast_dst_ip`, else the global group of the family.
    fn group(&self, family: Family) -> IpAddr {
        if let Some(own) = self.block.more.mcast_dst_ip {
            return own.value;
        }
        match family {
            Family::V4 => self.global.mcast_group4.map(|g| IpAddr::V4(g.value)),
            Family::V6 => self.global.mcast_group6.map(|g| IpAddr::V6(g.value)),
        }
        .unwrap_or(vrrp::default_group(family))
    }
}

/// Seconds with six decimals, as the original prints them.
fn decimal(value: Duration) -> String {
    format!("{}.{:06}", value.as_secs(), value.subsec_micros())
}

/// The first eight octets of a password, filled up with zeros.
fn padded(password: &[u8]) -> [u8; 8] {
    let mut octets = [0; 8];
    octets
        .iter_mut()
        .zip(password)
        .for_each(|(to, from)| *to = *from);
    octets
}
