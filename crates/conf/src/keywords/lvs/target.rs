//! `virtual_server_group`.
use crate::config::{ServerGroup, Target};
use crate::keywords::{fit, number, spanned};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::Prefix;

/// How an entry is written.
pub(in crate::keywords) const GROUP_ARGS: &str = "<address> [<port>] | <address>-<last> [<port>] | <address>/<length> [<port>] | fwmark <number> [inet|inet6]";

pub(in crate::keywords) fn open_server_group(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.need(cx, 1) else {
        return false;
    };
    cx.name = name.text().into();
    cx.server_group = ServerGroup {
        name: spanned(name),
        targets: Vec::new(),
    };
    true
}

pub(in crate::keywords) fn close_server_group(cx: &mut Cx) {
    let group = std::mem::take(&mut cx.server_group);
    if group.targets.is_empty() {
        let text = format!(
            "virtual server group {} has no entries - removing",
            group.name.value
        );
        return cx.report("empty-block", Severity::Error, text, group.name.span);
    }
    let (mut v4, mut v6, mut mark) = (false, false, false);
    for target in &group.targets {
        match target.value {
            Target::Range(first, ..) if first.is_ipv6() => v6 = true,
            Target::Fwmark(_, Some(true)) => v6 = true,
            Target::Fwmark(_, None) => mark = true,
            Target::Range(..) | Target::Fwmark(_, Some(false)) => v4 = true,
        }
    }
    if v4 && v6 && mark {
        let text = format!(
            "virtual server group {} cannot have IPv4, IPv6 and fwmark without family - removing",
            group.name.value
        );
        return cx.report("mixed-group", Severity::Error, text, group.name.span);
    }
    cx.config.server_groups.push(group);
}

pub(in crate::keywords) fn target(cx: &mut Cx, line: &Line<'_>) {
    let Some(first) = line.word(0) else { return };
    let target = if first.is("fwmark") {
        fwmark(cx, line)
    } else {
        addresses(cx, line, first)
    };
    cx.server_group
        .targets
        .extend(target.map(|target| Spanned::new(target, line.span())));
}

fn fwmark(cx: &mut Cx, line: &Line<'_>) -> Option<Target> {
    let mark = line.need(cx, 1)?;
    let complaint = format!(
        "({}): fwmark '{{v}}' must be in [0, 4294967295] - ignoring",
        cx.name
    );
    let number = number(cx, mark, 0, i64::from(u32::MAX), &complaint)?;
    let ipv6 = match line.word(2) {
        None => None,
        Some(word) if word.is("inet") => Some(false),
        Some(word) if word.is("inet6") => Some(true),
        Some(word) => {
            let text = format!(
                "({}): fwmark '{number}' family {} unknown - ignoring",
                cx.name,
                word.text()
            );
            cx.report("bad-value", Severity::Error, text, word.span);
            return None;
        }
    };
    Some(Target::Fwmark(fit(number), ipv6))
}

fn addresses(cx: &mut Cx, line: &Line<'_>, first: &Word<'_>) -> Option<Target> {
    let text = first.text();
    let port_word = line.word(1);
    let invalid = |cx: &mut Cx, why: Option<String>| {
        let port = port_word.map_or_else(String::new, |w| format!(" /port/{}", w.text()));
        let text = format!("Invalid virtual server group IP address {text}{port} - skipping");
        cx.push(match why {
            Some(why) => Diagnostic::new("bad-value", Severity::Error, why)
                .at(first.span)
                .consequence(text),
            None => Diagnostic::new("bad-address", Severity::Error, text).at(first.span),
        });
    };
    let port = match port_word.map(|w| super::any_port(&w.text())).transpose() {
        Ok(port) => port,
        Err(why) => {
            invalid(cx, Some(why));
            return None;
        }
    };
    if let Some((address, length)) = text.split_once('/') {
        let Ok(address) = address.parse::<IpAddr>() else {
            invalid(cx, None);
            return None;
        };
        let Some(net) = length
            .parse()
            .ok()
            .and_then(|length| Prefix::new(address, length).ok())
        else {
            let text = format!("Invalid netmask - {text} - skipping");
            cx.report("bad-prefix-length", Severity::Error, text, first.span);
            return None;
        };
        return Some(Target::Range(net.network(), net.broadcast(), port));
    }
    let (start, end) = text
        .split_once('-')
        .map_or((&*text, None), |(start, end)| (start, Some(end)));
    let Ok(start) = start.parse::<IpAddr>() else {
        invalid(cx, None);
        return None;
    };
    let last = match end {
        None => start,
        Some(end) => {
            if let Some(last) = last_address(start, end) {
                last
            } else {
                invalid(cx, None);
                return None;
            }
        }
    };
    if end.is_some() && last <= start {
        let text = format!(
            "Address range end is not greater than address range start - {text} - skipping"
        );
        cx.report("bad-range", Severity::Error, text, first.span);
        return None;
    }
    Some(Target::Range(start, last, port))
}

/// The end of a range: a whole address, or the last octet or group of the first one.
fn last_address(start: IpAddr, end: &str) -> Option<IpAddr> {
    if let Ok(end) = end.parse::<IpAddr>() {
        return (end.is_ipv4() == start.is_ipv4()).then_some(end);
    }
    match start {
        IpAddr::V4(start) => {
            let [a, b, c, _] = start.octets();
            end.parse().ok().map(|d| Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(start) => {
            let last = u16::from_str_radix(end, 16).ok()?;
            let head = start.to_bits() & !0xffff;
            Some(Ipv6Addr::from_bits(head | u128::from(last)).into())
        }
    }
}
