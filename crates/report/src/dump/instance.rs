//! One instance of `VRRP Topology`.
use super::Out;
use conf::config::{Instance as Block, Track};
use plan::{Address, Instance};
use std::fmt::Write as _;
use vrrp::{Auth, Preempt};
use wire::Version;

pub(super) fn write(out: &mut Out, instance: &Instance, block: &Block) {
    let params = &instance.params;
    let state = |flag: bool| if flag { "enabled" } else { "disabled" };
    out.value(1, "VRRP Instance", &instance.name);
    out.value(
        2,
        "VRRP Version",
        if params.version == Version::V2 { 2 } else { 3 },
    );
    flags(out, instance);
    out.value(
        2,
        "Wantstate",
        if params.start_master {
            "MASTER"
        } else {
            "BACKUP"
        },
    );
    out.value(2, "Number of config faults", 0);
    out.value(2, "Interface", &params.interface);
    if let Some(source) = params.source {
        out.value(2, "Using src_ip", format!("{source} (from configuration)"));
    }
    if params.peers.is_empty() {
        out.line(2, format!("Multicast address {}", params.group));
    }
    let garp = &params.garp;
    out.value(2, "Gratuitous ARP delay", garp.delay.as_secs());
    out.value(2, "Gratuitous ARP repeat", garp.repeat);
    out.value(2, "Gratuitous ARP refresh", garp.refresh.as_secs());
    out.value(2, "Gratuitous ARP refresh repeat", garp.refresh_repeat);
    out.value(
        2,
        "Gratuitous ARP lower priority delay",
        garp.lower_prio_delay.as_secs(),
    );
    out.value(
        2,
        "Gratuitous ARP lower priority repeat",
        garp.lower_prio_repeat,
    );
    out.value(2, "Down timer adverts", params.down_adverts);
    out.value(
        2,
        "Send advert after receive lower priority advert",
        !params.lower_prio_no_advert,
    );
    out.value(
        2,
        "Send advert after receive higher priority advert",
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
    if params.preempt == Preempt::No {
        out.value(2, "Highest other priority", 0);
    }
    let interval = match params.version {
        Version::V2 => format!("{} sec", params.interval.centis() / 100),
        Version::V3 => format!("{} milli-sec", u32::from(params.interval.centis()) * 10),
    };
    out.value(2, "Advert interval", interval);
    out.value(2, "Last advert sent", "0.000000");
    out.value(2, "Accept", state(!block.more.no_accept));
    out.value(2, "Preempt", state(params.preempt != Preempt::No));
    if let Preempt::After(delay) = params.preempt {
        out.value(2, "Preempt delay", format!("{} secs", delay.as_secs_f64()));
    }
    out.value(
        2,
        "Promote_secondaries",
        state(block.more.promote_secondaries),
    );
    authentication(out, instance);
    addresses(out, instance, block);
    peers(out, instance, block);
    out.line(2, "No sockets allocated");
    tracks(out, "interfaces", &block.track_interfaces);
    let alert = block.smtp_alert.is_some_and(|alert| alert.value);
    out.value(
        2,
        "Using smtp notification",
        if alert { "yes" } else { "no" },
    );
    out.value(
        2,
        "Notify deleted",
        if block.notify.deleted.is_some() {
            "Deleted"
        } else {
            "Fault"
        },
    );
    let changes = block
        .notify
        .notify_priority_changes
        .is_some_and(|changes| changes.value);
    out.value(2, "Notify priority changes", changes);
}

fn flags(out: &mut Out, instance: &Instance) {
    let params = &instance.params;
    if params.peers.is_empty() {
        // a flag that has no line of its own leaves the list empty
        let silent = params.preempt == Preempt::No || params.source.is_some();
        out.line(2, if silent { "Flags:" } else { "Flags: none" });
    } else {
        out.line(2, "Flags:");
        out.line(3, "Using unicast");
    }
}

fn authentication(out: &mut Out, instance: &Instance) {
    let params = &instance.params;
    if params.version == Version::V3 {
        if params.family == wire::Family::V4 {
            let as_v2 = params.checksum == vrrp::Checksum::AsV2;
            out.value(
                2,
                "VRRPv3 uses VRRPv2 checksum",
                if as_v2 { "enabled" } else { "disabled" },
            );
        }
        return;
    }
    let kind = match params.auth {
        Auth::Pass(_) => "SIMPLE_PASSWORD",
        Auth::Ah(_) => "IPSEC_AH",
        Auth::None => "none",
    };
    out.value(2, "Authentication type", kind);
    if kind != "none" {
        out.value(2, "Password", "********");
    }
}

fn addresses(out: &mut Out, instance: &Instance, block: &Block) {
    let advertised = instance.params.addresses.len();
    // the scope as written: the kernel chooses another for link-local addresses
    let scopes = block
        .addresses
        .iter()
        .chain(&block.excluded)
        .map(|line| line.scope.unwrap_or(0));
    let mut lines = instance
        .addresses
        .iter()
        .zip(scopes)
        .map(|(address, scope)| address_line(address, scope));
    out.line(2, format!("Virtual IP ({advertised}):"));
    for line in lines.by_ref().take(advertised) {
        out.line(3, line);
    }
    if instance.addresses.len() > advertised {
        out.line(2, "Virtual IP Excluded :");
        for line in lines {
            out.line(3, line);
        }
    }
}

fn address_line(address: &Address, written: u8) -> String {
    let prefix = address.prefix;
    let full = if prefix.addr().is_ipv4() { 32 } else { 128 };
    let mut line = if prefix.prefix_len() == full {
        prefix.addr().to_string()
    } else {
        prefix.to_string()
    };
    // writing to a String cannot fail
    if let Some(broadcast) = address.broadcast {
        let _ = write!(line, " brd {broadcast}");
    }
    let _ = write!(line, " dev {} scope {}", address.dev, scope(written));
    if let Some(label) = &address.label {
        let _ = write!(line, " label {label}");
    }
    if address.preferred == Some(0) {
        line.push_str(" deprecated");
    }
    line
}

fn scope(number: u8) -> String {
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
    if instance.params.peers.is_empty() {
        return;
    }
    out.value(2, "Unicast TTL", instance.ttl);
    out.line(
        2,
        format!(
            "Check unicast src : {}",
            if instance.params.check_peers {
                "yes"
            } else {
                "no"
            }
        ),
    );
    out.line(2, "Unicast Peer :");
    for peer in &block.more.unicast_peers {
        let (least, most) = (peer.min_ttl.unwrap_or(0), peer.max_ttl.unwrap_or(255));
        out.line(
            3,
            format!("{} min_ttl {least} max_ttl {most}", peer.address.value),
        );
    }
    out.value(2, "Unicast checksum compatibility", "no");
}

fn tracks(out: &mut Out, what: &str, tracks: &[Track]) {
    if tracks.is_empty() {
        return;
    }
    out.line(2, format!("Tracked {what} :"));
    for track in tracks {
        let weight = track.weight.map_or(0, |weight| weight.value);
        out.line(3, format!("{} weight {weight}", track.name.value));
    }
}
