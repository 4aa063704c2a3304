//! Lines of `vrrp_instance` with a grammar of their own.
use super::family;
use crate::config::{ExtraGarp, Ipvlan, OldChecksum, Track, UnicastPeer, Vmac};
use crate::keywords::track::{self, Kind};
use crate::keywords::{IFNAME_MAX, fit, garp, number, spanned};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned, value};
use std::net::IpAddr;
use wire::{MacAddr, Prefix};

/// A line of a `track_…` block, into the list that `list` picks.
fn track_line(cx: &mut Cx, line: &Line<'_>, kind: Kind, list: fn(&mut Cx) -> &mut Vec<Track>) {
    let known = std::mem::take(list(cx));
    let track =
        track::track(cx, line, kind, &known).filter(|track| track::is_defined(cx, kind, track));
    let list = list(cx);
    *list = known;
    list.extend(track);
}

pub(super) fn track_interface(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Interface, |cx| {
        &mut cx.instance.track_interfaces
    });
}

pub(super) fn track_script(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Script, |cx| &mut cx.instance.track_scripts);
}

pub(super) fn track_file(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::File, |cx| &mut cx.instance.track_files);
}

pub(super) fn track_process(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Process, |cx| {
        &mut cx.instance.track_processes
    });
}

pub(super) fn track_bfd(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Bfd, |cx| &mut cx.instance.track_bfds);
}

pub(super) fn group_interface(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Interface, |cx| {
        &mut cx.group.track_interfaces
    });
}

pub(super) fn group_script(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Script, |cx| &mut cx.group.track_scripts);
}

pub(super) fn group_file(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::File, |cx| &mut cx.group.track_files);
}

pub(super) fn group_process(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Process, |cx| &mut cx.group.track_processes);
}

pub(super) fn group_bfd(cx: &mut Cx, line: &Line<'_>) {
    track_line(cx, line, Kind::Bfd, |cx| &mut cx.group.track_bfds);
}

/// `<address> [min_ttl N] [max_ttl N]`.
pub(super) fn unicast_peer(cx: &mut Cx, line: &Line<'_>) {
    let Some(first) = line.word(0) else { return };
    let Some(address) = value::address(&first.text()) else {
        let text = format!(
            "Configuration error: VRRP instance[{}] malformed unicast peer address[{}]. Skipping...",
            cx.name,
            first.text()
        );
        return cx.report("bad-address", Severity::Error, text, first.span);
    };
    if let Some(known) = cx
        .instance
        .more
        .unicast_peers
        .iter()
        .find(|peer| peer.address.value == address)
    {
        let found = Diagnostic::new(
            "duplicate-peer",
            Severity::Error,
            format!("({}) {address} - duplicate unicast_peer", cx.name),
        );
        let found = found
            .at(first.span)
            .label(known.address.span, "first written here");
        return cx.push(found);
    }
    if !family::demand(cx, address, first.span, "peer-family", "unicast peer") {
        return;
    }
    let mut peer = UnicastPeer {
        address: Spanned::new(address, first.span),
        min_ttl: None,
        max_ttl: None,
    };
    let mut at = 1;
    while let Some(option) = line.word(at) {
        let Some(argument) = line.word(at + 1) else {
            let text = format!(
                "({}) {address} - {} is missing a value",
                cx.name,
                option.text()
            );
            return cx.report("missing-value", Severity::Error, text, option.span);
        };
        at += 2;
        let field = match &*option.text() {
            "min_ttl" => &mut peer.min_ttl,
            "max_ttl" => &mut peer.max_ttl,
            other => {
                let text = format!("({}) {address} - unknown option {other}", cx.name);
                cx.report("unknown-option", Severity::Error, text, option.span);
                continue;
            }
        };
        *field = number(cx, argument, 0, 255, "").map(fit);
    }
    cx.instance.more.unicast_peers.push(peer);
}

/// Unicast adverts cannot leave through a macvlan.
pub(super) fn check_xmit_base(cx: &mut Cx) {
    let more = &cx.instance.more;
    if let Some(vmac) = more
        .use_vmac
        .as_ref()
        .filter(|_| more.unicast_word.is_some() || !more.unicast_peers.is_empty())
        .filter(|_| !more.vmac_xmit_base)
    {
        let (text, at) = (
            format!(
                "({}) unicast with use_vmac requires vmac_xmit_base - setting",
                cx.name
            ),
            vmac.span,
        );
        cx.report("vmac-unicast", Severity::Warning, text, at);
        cx.instance.more.vmac_xmit_base = true;
    }
}

/// `[[name] <interface>] [<hardware address>] [netlink_notify_msg] [group <group>]`.
pub(super) fn use_vmac(cx: &mut Cx, line: &Line<'_>) {
    let known = cx.instance.more.use_vmac.as_ref();
    let known = known.and_then(|vmac| vmac.name.clone());
    let mut vmac = Vmac {
        span: line.span(),
        name: known,
        ..Vmac::default()
    };
    let mut at = 1;
    while let Some(word) = line.word(at) {
        at += 1;
        match &*word.text() {
            "netlink_notify_msg" => vmac.netlink_notify_msg = true,
            "group" => {
                vmac.group = line.word(at).map(spanned);
                at += 1;
            }
            "name" => {
                if let Some(name) = line.word(at) {
                    vmac_name(cx, &mut vmac.name, name);
                }
                at += 1;
            }
            text => match hardware_address(text) {
                Some(mac) => vmac.mac = Some(Spanned::new(mac, word.span)),
                None => vmac_name(cx, &mut vmac.name, word),
            },
        }
    }
    cx.instance.more.use_vmac = Some(vmac);
}

/// Six octets, or five to which the VRID is added later.
fn hardware_address(text: &str) -> Option<MacAddr> {
    let octets = text.split(':').count();
    match octets {
        5 => format!("{text}:00").parse().ok(),
        _ => text.parse().ok(),
    }
}

fn vmac_name(cx: &mut Cx, name: &mut Option<Spanned<Box<str>>>, word: &Word<'_>) {
    let text = if name.is_some() {
        "VMAC interface name already specified".to_owned()
    } else if word.bytes.is_empty() || word.bytes.len() > IFNAME_MAX || word.bytes.contains(&b'/') {
        format!(
            "VMAC interface name '{}' too long or invalid characters - ignoring",
            word.text()
        )
    } else {
        *name = Some(spanned(word));
        return;
    };
    cx.report("bad-value", Severity::Error, text, word.span);
}

/// `[[name] <interface>] [<address>[/<length>]] [bridge|private|vepa] [group <group>]`.
pub(super) fn use_ipvlan(cx: &mut Cx, line: &Line<'_>) {
    let mut ipvlan = Ipvlan {
        span: line.span(),
        ..Ipvlan::default()
    };
    let mut at = 1;
    while let Some(word) = line.word(at) {
        at += 1;
        match &*word.text() {
            "bridge" | "private" | "vepa" => ipvlan.mode = Some(spanned(word)),
            "group" => {
                ipvlan.group = line.word(at).map(spanned);
                at += 1;
            }
            "name" => {
                ipvlan.name = line.word(at).map(spanned);
                at += 1;
            }
            text => match address(text) {
                Some(prefix) => ipvlan.address = Some(Spanned::new(prefix, word.span)),
                None if ipvlan.name.is_some() => {
                    let text = format!(
                        "({}) IPVLAN interface already specified - ignoring '{text}'",
                        cx.name
                    );
                    cx.report("bad-value", Severity::Error, text, word.span);
                }
                None => ipvlan.name = Some(spanned(word)),
            },
        }
    }
    cx.instance.more.use_ipvlan = Some(ipvlan);
}

fn address(text: &str) -> Option<Prefix> {
    text.parse::<IpAddr>()
        .map(Prefix::from)
        .ok()
        .or_else(|| text.parse().ok())
}

pub(super) fn mcast_dst_ip(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let text = match word.text().parse::<IpAddr>() {
        Err(_) => format!(
            "({}) malformed mcast dest address {}. Skipping...",
            cx.name,
            word.text()
        ),
        Ok(address) if !address.is_multicast() => {
            format!(
                "({}) mcast_dst_ip {address} not multicast. Skipping...",
                cx.name
            )
        }
        Ok(address) => {
            let Err(decided) = family::fits(cx, address, word.span) else {
                cx.instance.more.mcast_dst_ip = Some(Spanned::new(address, word.span));
                return;
            };
            let text = format!(
                "({}) mcast dest address {address} MUST match VRRP instance family. Skipping...",
                cx.name
            );
            let found = Diagnostic::new("group-family", Severity::Error, text).at(word.span);
            return cx.push(found.label(decided, family::DECIDES));
        }
    };
    cx.report("bad-address", Severity::Error, text, word.span);
}

pub(super) fn old_unicast_checksum(cx: &mut Cx, line: &Line<'_>) {
    cx.instance.more.unicast_word = Some(line.span());
    cx.instance.more.old_unicast_checksum = Some(match line.word(1) {
        None => OldChecksum::Use,
        Some(word) if word.is("never") => OldChecksum::Never,
        Some(word) => {
            let text = format!(
                "({}) Unknown old_unicast_chksum mode {} - ignoring",
                cx.name,
                word.text()
            );
            return cx.report("bad-value", Severity::Error, text, word.span);
        }
    });
}

pub(super) fn timer_expired_backup(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(1) else {
        cx.instance.more.timer_expired_backup = Some(Spanned::new(254, line.span()));
        return;
    };
    let complaint = format!(
        "({}) timer_expired_backup highest_other_priority not valid! must be between 1 & 254",
        cx.name
    );
    let priority = number(cx, word, 1, 254, &complaint);
    cx.instance.more.timer_expired_backup = priority.map(|n| Spanned::new(fit(n), word.span));
}

pub(super) fn garp_extra_if(cx: &mut Cx, line: &Line<'_>) {
    let prefix = format!("({}): ", cx.name);
    if let Some(extra) = extra_garp(cx, line, &prefix, 0) {
        cx.instance.more.garp_extra_if = Some(extra);
    }
}

/// `[all] <seconds>`, here and in `global_defs`.
pub(in crate::keywords) fn extra_garp(
    cx: &mut Cx,
    line: &Line<'_>,
    prefix: &str,
    min: i64,
) -> Option<ExtraGarp> {
    let all = line.word(1).is_some_and(|w| w.is("all"));
    let keyword = line.word(0)?.text();
    if let Some(instead) = match &*keyword {
        "vmac_garp_intvl" => Some("garp_extra_if"),
        "vrrp_vmac_garp_intvl" => Some("vrrp_garp_extra_if"),
        _ => None,
    } {
        let text = format!("Keyword \"{keyword}\" is deprecated - please use \"{instead}\"");
        cx.report("deprecated", Severity::Warning, text, line.span());
    }
    let Some(word) = line.word(if all { 2 } else { 1 }) else {
        let text = format!("{prefix}{keyword} specified without time - ignoring");
        cx.report("missing-value", Severity::Error, text, line.span());
        return None;
    };
    let seconds = number(
        cx,
        word,
        min,
        86_400,
        &format!("{prefix}{keyword} '{{v}}' invalid - ignoring"),
    )?;
    Some(ExtraGarp {
        all,
        interval: garp::secs(Spanned::new(seconds, word.span)),
    })
}

/// A source address; the original has a line of its own for one that is none.
pub(super) fn source(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    if line.word(0).is_some_and(|w| w.is("unicast_src_ip")) {
        cx.instance.more.unicast_word = Some(line.span());
    }
    let Some(address) = value::address(&word.text()) else {
        let text = format!(
            "Configuration error: VRRP instance[{}] malformed src address[{}]. Skipping...",
            cx.name,
            word.text()
        );
        return cx.report("bad-address", Severity::Error, text, word.span);
    };
    if family::demand(cx, address, word.span, "source-family", "src") {
        cx.instance.source = Some(Spanned::new(address, word.span));
    }
}

/// `<id> <secret>` of `auth_hmac`.
pub(super) fn hmac_key(cx: &mut Cx, line: &Line<'_>) {
    let (Some(id), Some(secret)) = (line.need(cx, 1), line.need(cx, 2)) else {
        return;
    };
    match value::int(&id.text(), 1, 255) {
        Err(refused) => cx.report("bad-value", Severity::Error, refused.why, id.span),
        Ok(number) => {
            let key = crate::config::HmacKey {
                id: Spanned::new(fit(number), id.span),
                secret: spanned(secret),
            };
            cx.instance.hmac.get_or_insert_default().keys.push(key);
        }
    }
}
