//! One instance of `VRRP Topology`.
use super::tracks::{self, Lists};
use super::{Out, policy, quoted};
use conf::Config;
use conf::config::{Instance as Block, OldChecksum};
use plan::{Address, Gap, Instance, IpvlanMode, Notify, Plan, Subject, Upper, UpperKind};
use std::fmt::Write as _;
use vrrp::{Auth, HmacMode, Preempt};
use wire::{Family, Version};

pub(super) fn write(
    out: &mut Out,
    config: &Config,
    plan: &Plan,
    instance: &Instance,
    block: &Block,
) {
    out.about(Subject::Instance(instance.name.clone()));
    identity(out, plan, instance, block);
    network(out, config, plan, instance, block);
    announcements(out, config, instance, block);
    election(out, instance, block);
    authentication(out, instance);
    addresses(out, plan, instance, block);
    peers(out, instance, block);
    out.gap(2, Gap::Sockets, Some("No sockets allocated"));
    items(out, instance);
    lists(out, config, plan, instance, block);
    telling(out, config, instance, block);
}

fn yes(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn enabled(flag: bool) -> &'static str {
    if flag { "enabled" } else { "disabled" }
}

fn is_strict(config: &Config, block: &Block) -> bool {
    let strict = block.strict_mode.or(config.global.vrrp_strict);
    strict.is_some_and(|strict| strict.value)
}

fn identity(out: &mut Out, plan: &Plan, instance: &Instance, block: &Block) {
    let params = &instance.params;
    out.value(1, "VRRP Instance", &instance.name);
    let version = if params.version == Version::V2 { 2 } else { 3 };
    out.value(2, "VRRP Version", version);
    let named = |group: &&plan::Group| {
        let mut members = group.members.iter().filter_map(|id| plan.instances.get(id));
        members.any(|member| member.name == instance.name)
    };
    if let Some(group) = plan.groups.values().find(named) {
        out.value(2, "Sync group", &group.name);
    }
    if params.family == Family::V6 {
        out.line(2, "Using Native IPv6");
    }
    out.gap(2, Gap::State, None);
    flags(out, instance, block);
    let wanted = if params.start_master {
        "Wantstate = MASTER"
    } else {
        "Wantstate = BACKUP"
    };
    out.gap(2, Gap::Wanted, Some(wanted));
    out.value(2, "Number of config faults", 0);
    out.gap(2, Gap::Progress, None);
}

/// The original keeps flags in one word; those without a line of their own leave the list empty.
fn flags(out: &mut Out, instance: &Instance, block: &Block) {
    let (params, more) = (&instance.params, &block.more);
    let unicast = !params.peers.is_empty();
    let shown = [
        (unicast, "Using unicast"),
        (
            !unicast && more.unicast_word.is_some(),
            "Unicast config option specified but using multicast",
        ),
        (
            more.unicast_fault_no_peer,
            "If unicast go to fault state if no peers",
        ),
    ];
    let silent = params.preempt == Preempt::No
        || params.source.is_some()
        || more.use_vmac.is_some()
        || more.use_vmac_addr
        || params.skip_address_check
        || params.dont_track_primary;
    let any = shown.iter().any(|(on, _)| *on) || silent;
    out.line(2, if any { "Flags:" } else { "Flags: none" });
    for (_, text) in shown.iter().filter(|(on, _)| *on) {
        out.line(3, text);
    }
}

fn network(out: &mut Out, config: &Config, plan: &Plan, instance: &Instance, block: &Block) {
    let (params, more) = (&instance.params, &block.more);
    let own = own_upper(plan, instance, block);
    if let Some(upper) = own {
        made(out, upper);
    }
    if more.use_vmac_addr {
        out.line(3, "Use VMAC for VIPs on other interfaces");
    }
    out.value(2, "Interface", interface(params, own));
    if params.dont_track_primary {
        out.line(2, "VRRP interface tracking disabled");
    }
    if params.skip_address_check {
        out.line(2, "Skip checking advert IP addresses");
    }
    if is_strict(config, block) {
        out.line(2, "Enforcing strict VRRP compliance");
    }
    let source = params.source.filter(|_| block.source.is_some());
    let source = source.map(|source| format!("Using src_ip = {source} (from configuration)"));
    out.gap(2, Gap::Source, source.as_deref());
    if params.peers.is_empty() {
        out.line(2, format_args!("Multicast address {}", params.group));
    }
}

/// The interface that was made for the instance itself.
fn own_upper<'a>(plan: &'a Plan, instance: &Instance, block: &Block) -> Option<&'a Upper> {
    let more = &block.more;
    if more.use_vmac.is_none() && more.use_ipvlan.is_none() {
        return None;
    }
    let base = block.interface.as_ref().map(|name| &*name.value);
    let (family, vrid) = (instance.params.family, instance.params.vrid.get());
    let mac = more.use_vmac.as_ref().and_then(|vmac| vmac.mac);
    let mac = mac.map_or_else(|| plan::virtual_mac(family, vrid), |mac| mac.value);
    let mut uppers = plan.uppers.iter();
    // instances with one virtual hardware address share its interface
    uppers.find(|upper| {
        Some(&*upper.base) == base
            && match upper.kind {
                UpperKind::Macvlan(its) => more.use_vmac.is_some() && its == mac,
                UpperKind::Ipvlan { .. } => upper.instance == instance.name,
            }
    })
}

fn made(out: &mut Out, upper: &Upper) {
    let name = &upper.name;
    out.line(
        2,
        match upper.kind {
            UpperKind::Macvlan(_) => {
                let base = !upper.carries_adverts;
                format!("Use VMAC, i/f name {name}, is_up = true, xmit_base = {base}")
            }
            UpperKind::Ipvlan { mode, .. } => {
                let mode = match mode {
                    IpvlanMode::Bridge => "bridge",
                    IpvlanMode::Private => "private",
                    IpvlanMode::Vepa => "vepa",
                };
                format!("Use IPVLAN, i/f {name}, is_up = true, type {mode}")
            }
        },
    );
}

fn interface(params: &vrrp::Params, own: Option<&Upper>) -> String {
    let Some(upper) = own else {
        return params.interface.clone();
    };
    let (name, base) = (&upper.name, &upper.base);
    match upper.kind {
        UpperKind::Macvlan(_) if upper.carries_adverts => format!("{name}, vmac on {base}"),
        UpperKind::Macvlan(_) => format!("{name}, vmac on {base}, xmit base i/f"),
        UpperKind::Ipvlan { .. } => format!("{name}, ipvlan on {base}"),
    }
}

fn announcements(out: &mut Out, config: &Config, instance: &Instance, block: &Block) {
    let garp = &instance.params.garp;
    out.value(2, "Gratuitous ARP delay", garp.delay.as_secs());
    out.value(2, "Gratuitous ARP repeat", garp.repeat);
    out.value(2, "Gratuitous ARP refresh", garp.refresh.as_secs());
    out.value(2, "Gratuitous ARP refresh repeat", garp.refresh_repeat);
    let lower = "Gratuitous ARP lower priority";
    out.value(
        2,
        &format!("{lower} delay"),
        garp.lower_prio_delay.as_secs(),
    );
    out.value(2, &format!("{lower} repeat"), garp.lower_prio_repeat);
    out.value(2, "Down timer adverts", instance.params.down_adverts);
    let extra = block.more.garp_extra_if.or(config.global.garp_extra_if);
    if let Some(extra) = extra {
        let what = if extra.all { "i/f" } else { "VMAC" };
        out.value(
            2,
            &format!("Gratuitous ARP for each secondary {what}"),
            extra.interval.value.as_secs(),
        );
    }
}

fn election(out: &mut Out, instance: &Instance, block: &Block) {
    let params = &instance.params;
    let send = "Send advert after receive";
    out.value(
        2,
        &format!("{send} lower priority advert"),
        !params.lower_prio_no_advert,
    );
    out.value(
        2,
        &format!("{send} higher priority advert"),
        params.higher_prio_send_advert,
    );
    if params.priority.is_owner() {
        out.value(
            2,
            "Address owner ignores received adverts",
            params.owner_ignore_adverts,
        );
    }
    out.value(2, "Virtual Router ID", params.vrid);
    out.value(2, "Priority", params.priority);
    out.gap(2, Gap::Priority, None);
    if params.preempt == Preempt::No {
        out.value(2, "Highest other priority", 0);
    }
    out.value(2, "Advert interval", interval(params));
    out.gap(2, Gap::LastAdvert, Some("Last advert sent = 0.000000"));
    out.value(2, "Accept", enabled(instance.accept));
    out.value(2, "Preempt", enabled(params.preempt != Preempt::No));
    if let Preempt::After(delay) = params.preempt {
        out.value(
            2,
            "Preempt delay",
            format_args!("{} secs", delay.as_secs_f64()),
        );
    }
    out.value(
        2,
        "Promote_secondaries",
        enabled(block.more.promote_secondaries),
    );
}

fn interval(params: &vrrp::Params) -> String {
    let centis = u32::from(params.interval.centis());
    match params.version {
        Version::V2 => format!("{} sec", centis / 100),
        Version::V3 => format!("{} milli-sec", centis * 10),
    }
}

fn authentication(out: &mut Out, instance: &Instance) {
    let params = &instance.params;
    if params.version == Version::V2 {
        let kind = match params.auth {
            Auth::Pass(_) => "SIMPLE_PASSWORD",
            Auth::Ah(_) => "IPSEC_AH",
            Auth::None => "none",
        };
        out.value(2, "Authentication type", kind);
        if matches!(params.auth, Auth::Pass(_)) {
            out.value(2, "Password", "********");
        }
    } else if params.family == Family::V4 {
        let as_v2 = params.checksum == vrrp::Checksum::AsV2;
        out.value(2, "VRRPv3 uses VRRPv2 checksum", enabled(as_v2));
    }
    if let Some(hmac) = &params.hmac {
        let mode = match hmac.mode {
            HmacMode::Enforce => "enforce",
            HmacMode::Permissive => "permissive",
            HmacMode::ReceiveOnly => "receive-only",
        };
        out.value(
            2,
            "Authentication extension",
            format_args!("HMAC, mode {mode}"),
        );
        for (id, _) in &hmac.keys {
            let active = if *id == hmac.active { " (active)" } else { "" };
            out.line(3, format_args!("Key {id} = ********{active}"));
        }
    }
}

fn addresses(out: &mut Out, plan: &Plan, instance: &Instance, block: &Block) {
    let advertised = instance.params.addresses.len();
    let lines = block.addresses.iter().chain(&block.excluded);
    let mut lines = instance
        .addresses
        .iter()
        .zip(lines)
        .map(|(address, line)| address_line(address, Some(line), &plan.uppers));
    if advertised > 0 {
        out.line(2, format_args!("Virtual IP ({advertised}):"));
    }
    for line in lines.by_ref().take(advertised) {
        out.held(&line);
    }
    if instance.addresses.len() > advertised {
        out.line(2, "Virtual IP Excluded :");
        for line in lines {
            out.held(&line);
        }
    }
}

/// An address as written: the kernel chooses another scope for link-local ones.
pub(super) fn address_line(
    address: &Address,
    written: Option<&conf::config::Address>,
    uppers: &[Upper],
) -> String {
    let own = written.map_or(address.prefix, |line| line.prefix);
    let mut line = policy::shown(own);
    let upper = uppers.iter().find(|upper| upper.name == address.dev);
    let scope = written.map_or(address.scope, |line| line.scope.unwrap_or(0));
    // writing to a String cannot fail
    if let Some(broadcast) = address.broadcast {
        let _ = write!(line, " brd {broadcast}");
    }
    let _ = match upper {
        Some(upper) => write!(line, " dev {}@{}", address.dev, upper.base),
        None => write!(line, " dev {}", address.dev),
    };
    if written.is_some_and(|line| line.use_vmac) {
        line.push_str(" use_vmac");
    }
    let _ = write!(line, " scope {}", scope_name(scope));
    if let Some(label) = &address.label {
        let _ = write!(line, " label {label}");
    }
    if let Some(peer) = written.and_then(|line| line.peer) {
        let _ = write!(line, " peer {peer}");
    }
    if let Some(written) = written {
        options(&mut line, written);
    }
    lifetime(&mut line, address);
    if address.no_track {
        line.push_str(" no_track");
    }
    line
}

fn options(line: &mut String, written: &conf::config::Address) {
    let v6 = written.prefix.addr().is_ipv6();
    for (on, name) in [
        (v6 && written.home, " home"),
        (v6 && written.detect_duplicates, " -nodad"),
        (v6 && written.mngtmpaddr, " mngtmpaddr"),
        (written.noprefixroute, " noprefixroute"),
        (written.autojoin, " autojoin"),
    ] {
        if on {
            line.push_str(name);
        }
    }
}

fn lifetime(line: &mut String, address: &Address) {
    match address.preferred {
        Some(0) => line.push_str(" deprecated"),
        Some(seconds) => {
            let _ = write!(line, " preferred_lft {seconds}");
        }
        None if address.prefix.addr().is_ipv6() => line.push_str(" preferred_lft forever"),
        None => {}
    }
}

fn scope_name(number: u8) -> String {
    match number {
        0 => "global".into(),
        200 => "site".into(),
        253 => "link".into(),
        254 => "host".into(),
        255 => "nowhere".into(),
        other => other.to_string(),
    }
}

fn peers(out: &mut Out, instance: &Instance, block: &Block) {
    let params = &instance.params;
    if params.peers.is_empty() {
        return;
    }
    out.value(2, "Unicast TTL", instance.ttl);
    out.line(
        2,
        format!("Check unicast src : {}", yes(params.check_peers)),
    );
    out.line(2, "Unicast Peer :");
    for peer in &block.more.unicast_peers {
        let (least, most) = (peer.min_ttl.unwrap_or(0), peer.max_ttl.unwrap_or(255));
        let address = peer.address.value;
        out.line(3, format_args!("{address} min_ttl {least} max_ttl {most}"));
    }
    let compatible = match block.more.old_unicast_checksum {
        None => "no",
        Some(OldChecksum::Use) => "config",
        Some(OldChecksum::Never) => "never",
    };
    out.value(2, "Unicast checksum compatibility", compatible);
}

fn items(out: &mut Out, instance: &Instance) {
    if !instance.routes.is_empty() {
        out.line(2, "Virtual Routes :");
    }
    for route in &instance.routes {
        out.held(policy::route(route));
    }
    if !instance.rules.is_empty() {
        out.line(2, "Virtual Rules :");
    }
    for rule in &instance.rules {
        out.held(policy::rule(rule));
    }
}

fn lists(out: &mut Out, config: &Config, plan: &Plan, instance: &Instance, block: &Block) {
    // the own interface is tracked anyway
    let own = block.interface.as_ref().map(|name| &*name.value);
    let counts = |track: &&conf::config::Track| Some(&*track.name.value) != own;
    let interfaces: Vec<_> = block
        .track_interfaces
        .iter()
        .filter(counts)
        .cloned()
        .collect();
    let lists = Lists {
        interfaces: &interfaces,
        scripts: &block.track_scripts,
        files: &block.track_files,
        processes: &block.track_processes,
        bfds: &block.track_bfds,
    };
    if instance.params.priority.is_owner() {
        tracks::owners_lists(out, (config, plan), &lists);
    } else {
        tracks::lists(out, (config, plan), &lists, "processes");
    }
}

fn telling(out: &mut Out, config: &Config, instance: &Instance, block: &Block) {
    let global = &config.global.scripts;
    let alert = block
        .smtp_alert
        .or(global.smtp_alert_vrrp)
        .or(global.smtp_alert);
    let alert = alert.is_some_and(|alert| alert.value);
    out.value(2, "Using smtp notification", yes(alert));
    let deleted = instance.notify.deleted.is_some();
    out.value(
        2,
        "Notify deleted",
        if deleted { "Deleted" } else { "Fault" },
    );
    scripts(out, config, &instance.notify);
    out.value(
        2,
        "Notify priority changes",
        instance.notify.priority_changes,
    );
}

/// `notify_…` of an instance or a group.
pub(super) fn scripts(out: &mut Out, config: &Config, notify: &Notify) {
    let deleted = notify.deleted.as_ref().and_then(Option::as_ref);
    for (what, command) in [
        ("Backup", notify.backup.as_ref()),
        ("Master", notify.master.as_ref()),
        ("Fault", notify.fault.as_ref()),
        ("Stop", notify.stop.as_ref()),
        ("Deleted", deleted),
        ("Generic", notify.any.as_ref()),
        ("Master rx lower pri", notify.lower_priority.as_ref()),
    ] {
        if let Some(command) = command {
            let user = tracks::user(config, command);
            out.value(
                2,
                &format!("{what} state transition script"),
                format!("{}, uid:gid {user}", quoted(command)),
            );
        }
    }
}
