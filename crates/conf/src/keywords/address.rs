//! The lines of `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress`.
use super::IFNAME_MAX;
use super::vrrp::family;
use crate::config::{Address, Broadcast};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned, value};
use std::net::IpAddr;
use wire::Prefix;

/// How a line is written.
pub(super) const ARGS: &str = "<address>[/<prefix length>] [dev <interface>] [label <name>] [scope <scope>] \
[brd|broadcast <address>|+|-] [peer <address>[/<length>]] [preferred_lft <seconds>|forever] [track_group <name>] \
[home] [-nodad] [mngtmpaddr] [noprefixroute] [autojoin] [no_track] [use_vmac]";

/// The words that may follow the address.
const OPTIONS: &[&str] = &[
    "dev",
    "label",
    "scope",
    "brd",
    "broadcast",
    "peer",
    "preferred_lft",
    "track_group",
    "home",
    "-nodad",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "no_track",
    "use_vmac",
];

/// Labels have at most this many bytes, as interface names.
const LABEL_MAX: usize = IFNAME_MAX;

pub(super) fn virtual_line(cx: &mut Cx, line: &Line<'_>) {
    let Some(address) = parse(cx, line) else {
        return;
    };
    let ip = address.prefix.addr();
    if let Err(decided) = family::fits(cx, ip, address.span) {
        let text = format!(
            "({}): address family must match VRRP instance [{ip}] - ignoring",
            cx.name
        );
        let found = Diagnostic::new("mixed-families", Severity::Error, text).at(address.span);
        let found = found.label(decided, family::DECIDES);
        cx.push(found.help("write it in virtual_ipaddress_excluded, or in an instance of its own"));
        return;
    }
    no_group(cx, &address);
    if !duplicate(cx, &address, "VIP") {
        cx.instance.addresses.push(address);
    }
}

pub(super) fn excluded_line(cx: &mut Cx, line: &Line<'_>) {
    let Some(address) = parse(cx, line) else {
        return;
    };
    no_group(cx, &address);
    if !duplicate(cx, &address, "Excluded VIP") {
        cx.instance.excluded.push(address);
    }
}

/// Track groups are for what is static.
fn no_group(cx: &mut Cx, address: &Address) {
    if let Some(group) = &address.track_group {
        let text = "Unknown configuration entry 'track_group' for ip address - ignoring";
        let found = Diagnostic::new("unknown-option", Severity::Error, text).at(group.span);
        cx.push(found.help("an instance's addresses come and go with it"));
    }
}

pub(super) fn static_line(cx: &mut Cx, line: &Line<'_>) {
    let address = parse(cx, line);
    cx.config.static_addresses.extend(address);
}

/// Reports an address that the instance already has.
fn duplicate(cx: &mut Cx, address: &Address, what: &str) -> bool {
    let ip = address.prefix.addr();
    let same = |known: &&Address| known.prefix.addr() == ip;
    let excluded = || {
        cx.instance
            .excluded
            .iter()
            .find(same)
            .map(|first| ("an excluded VIP", first))
    };
    let known = cx
        .instance
        .addresses
        .iter()
        .find(same)
        .map(|first| ("a VIP", first));
    let Some((other, first)) = known.or_else(excluded) else {
        return false;
    };
    let text = format!("({}): {what} duplicates {other} {ip} - ignoring", cx.name);
    let found = Diagnostic::new("duplicate-address", Severity::Error, text).at(address.span);
    let found = found.label(first.span, "first written here");
    cx.push(found);
    true
}

/// Reads a line; `None` when the original leaves the whole address out.
pub(super) fn parse(cx: &mut Cx, line: &Line<'_>) -> Option<Address> {
    let first = line.word(0)?;
    let prefix = prefix(cx, first)?;
    let mut address = Address::new(prefix, line.span());
    let mut at = 1;
    while let Some(word) = line.word(at) {
        let used = option(cx, &mut address, first, word, line.word(at + 1))?;
        at += used;
    }
    Some(address)
}

/// `ADDRESS[/LENGTH]`, with the original's findings; a bad length becomes the full one.
pub(super) fn prefix(cx: &mut Cx, word: &Word<'_>) -> Option<Prefix> {
    let text = word.text();
    let (ip, len) = text.split_once('/').unwrap_or((&text, ""));
    let Ok(ip) = ip.parse::<IpAddr>() else {
        let text = format!("VRRP parsed invalid IP {text}. skipping IP...");
        cx.push(
            Diagnostic::new("bad-address", Severity::Error, text)
                .at(word.span)
                .help("like 192.0.2.1/24 or 2001:db8::1/64"),
        );
        return None;
    };
    let full: u8 = if ip.is_ipv4() { 32 } else { 128 };
    let len = match value::int(len, 0, i64::from(full)) {
        _ if len.is_empty() => full,
        Ok(len) => u8::try_from(len).unwrap_or(full),
        Err(refused) => {
            let consequence =
                format!("Invalid address prefix len {len} for address {text} - using {full}");
            let found =
                Diagnostic::new("bad-prefix-length", Severity::Warning, refused.why).at(word.span);
            cx.push(
                found
                    .consequence(consequence)
                    .help(format!("a length of 0 to {full}")),
            );
            full
        }
    };
    Prefix::new(ip, len).ok()
}

/// Reads one option and says how many words it took; `None`: leave the address out.
fn option(
    cx: &mut Cx,
    address: &mut Address,
    first: &Word<'_>,
    word: &Word<'_>,
    next: Option<&Word<'_>>,
) -> Option<usize> {
    let name = word.text();
    match name.as_ref() {
        "home" => address.home = true,
        "-nodad" => address.detect_duplicates = true,
        "mngtmpaddr" => address.mngtmpaddr = true,
        "noprefixroute" => address.noprefixroute = true,
        "autojoin" => address.autojoin = true,
        "no_track" => address.no_track = true,
        "use_vmac" => address.use_vmac = true,
        "dev" | "label" | "scope" | "brd" | "broadcast" | "peer" | "preferred_lft"
        | "track_group" => {
            let Some(next) = next else {
                let text = format!("No {name} parameter specified for {}", first.text());
                cx.report("missing-value", Severity::Error, text, word.span);
                return None;
            };
            valued(cx, address, first, &name, next)?;
            return Some(2);
        }
        _ => {
            let text = format!("Unknown configuration entry '{name}' for ip address - ignoring");
            let found = Diagnostic::new("unknown-option", Severity::Error, text).at(word.span);
            cx.push(match cx.nearest(&name, OPTIONS.iter().copied()) {
                Some(near) => found.help(format!("did you mean '{near}'?")),
                None => found.help(format!("one of: {}", OPTIONS.join(", "))),
            });
        }
    }
    Some(1)
}

fn valued(
    cx: &mut Cx,
    address: &mut Address,
    first: &Word<'_>,
    name: &str,
    next: &Word<'_>,
) -> Option<()> {
    let text = next.text();
    let spanned = || Spanned::new(Box::from(text.as_ref()), next.span);
    match name {
        "track_group" => address.track_group = Some(spanned()),
        "dev" if address.dev.is_some() => {
            let text = format!(
                "Cannot specify ipaddress device more than once for {}",
                first.text()
            );
            cx.report("duplicate-value", Severity::Error, text, next.span);
            return None;
        }
        "brd" | "broadcast" if !address.prefix.addr().is_ipv4() => {
            let text = format!(
                "VRRP is trying to assign a broadcast {name} to the IPv6 address {} !!?? WTF... skipping VIP...",
                first.text()
            );
            cx.report("ipv6-broadcast", Severity::Error, text, next.span);
            return None;
        }
        "label" if !address.prefix.addr().is_ipv4() => {
            let text = format!(
                "Cannot specify label for IPv6 addresses ({}) - ignoring label",
                first.text()
            );
            cx.report("ipv6-label", Severity::Warning, text, next.span);
        }
        "label" if next.bytes.len() > LABEL_MAX => {
            let text = format!(
                "Address label {text} is longer than maximum length {LABEL_MAX} - removing address"
            );
            cx.report("long-label", Severity::Error, text, next.span);
            return None;
        }
        "dev" => address.dev = Some(spanned()),
        "label" => address.label = Some(spanned()),
        "scope" => {
            address.scope = scope(&text).or(address.scope);
            if scope(&text).is_none() {
                let text = format!(
                    "Invalid scope '{text}' specified for {} - ignoring",
                    first.text()
                );
                let found = Diagnostic::new("bad-value", Severity::Error, text).at(next.span);
                cx.push(found.help("global, site, link, host, nowhere, or 0 to 255"));
            }
        }
        "peer" => address.peer = Some(prefix(cx, next)?),
        "preferred_lft" => address.preferred_lft = lifetime(cx, next),
        _ => {
            address.broadcast = broadcast(&text);
            if address.broadcast.is_none() {
                let text =
                    format!("VRRP is trying to assign invalid broadcast {text}. skipping VIP...");
                cx.report("bad-value", Severity::Error, text, next.span);
                return None;
            }
        }
    }
    Some(())
}

fn broadcast(text: &str) -> Option<Broadcast> {
    match text {
        "+" => Some(Broadcast::Ones),
        "-" => Some(Broadcast::Zeros),
        _ => text.parse().ok().map(Broadcast::Given),
    }
}

/// The kernel's number of a scope (`rt_scopes`).
pub(super) fn scope(text: &str) -> Option<u8> {
    match text {
        "global" | "universe" => Some(0),
        "site" => Some(200),
        "link" => Some(253),
        "host" => Some(254),
        "nowhere" => Some(255),
        _ => text.parse().ok(),
    }
}

fn lifetime(cx: &mut Cx, word: &Word<'_>) -> Option<u32> {
    if word.is("forever") {
        return Some(u32::MAX);
    }
    match value::int(&word.text(), 0, i64::from(u32::MAX)) {
        Ok(seconds) => u32::try_from(seconds).ok(),
        Err(refused) => {
            cx.report("bad-value", Severity::Error, refused.why, word.span);
            None
        }
    }
}

#[cfg(test)]
pub(super) fn options() -> Vec<&'static str> {
    OPTIONS.to_vec()
}
