//! Lines of `virtual_rules` and `static_rules`.
use crate::names::{Names, number};
use crate::routes::{found, prefix};
use conf::config::{RouteWord, Rule as Line};
use conf::{Diagnostic, Severity, Span};
use ledger::Action;
use serde::{Deserialize, Serialize};
use wire::Family;

/// The preference of a rule without one; reading the line gives it one.
const NO_PREFERENCE: u32 = 16384;
const KEEPALIVED: u8 = 18;

/// A rule that comes and goes with an instance, or stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// As the kernel takes it.
    pub rule: ledger::Rule,
    /// `no_track`: somebody deleting it does not matter.
    pub no_track: bool,
}

/// The meaning of all lines; one that makes no sense is left out and told.
pub(crate) fn build(lines: &[Line], names: &Names, findings: &mut Vec<Diagnostic>) -> Vec<Rule> {
    let one = |line: &Line| match build_one(line, names, findings) {
        Ok(rule) => Some(rule),
        Err((text, at)) => {
            findings.push(found(Severity::Error, text, at));
            None
        }
    };
    lines.iter().filter_map(one).collect()
}

type Refused = (String, Span);

fn build_one(line: &Line, names: &Names, findings: &mut Vec<Diagnostic>) -> Result<Rule, Refused> {
    let mut rule = ledger::Rule::new(family(line), 0, Action::Nop);
    let (mut priority, mut written) = (None, None);
    for word in &line.words {
        match word.name {
            "preference" | "priority" | "order" => priority = number(&word.value.value),
            "protocol" => {
                let refuse = || invalid(word);
                written = Some(names.protocol(&word.value.value).ok_or_else(refuse)?);
            }
            _ if selector(&mut rule, word, names)? => {}
            _ => action(&mut rule, word, names)?,
        }
    }
    let no_track = line.get("no_track").is_some();
    rule.protocol = match written {
        Some(protocol) if no_track || protocol == KEEPALIVED => protocol,
        None => KEEPALIVED,
        Some(_) => {
            let text = "Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol";
            findings.push(found(Severity::Warning, text.to_owned(), line.span));
            KEEPALIVED
        }
    };
    rule.priority = priority.unwrap_or(NO_PREFERENCE);
    Ok(Rule { rule, no_track })
}

fn family(line: &Line) -> Family {
    let v6 = |name| {
        let word = line.get(name);
        word.is_some_and(|word| prefix(&word.value).is_some_and(|p| p.addr().is_ipv6()))
    };
    if line.get("inet6").is_some() || v6("from") || v6("to") {
        Family::V6
    } else {
        Family::V4
    }
}

fn invalid(word: &RouteWord) -> Refused {
    let (name, text) = (word.name, &word.value.value);
    (
        format!("Invalid {name} {text} specified for rule"),
        word.value.span,
    )
}

/// Takes up what a packet must have; false when the word is about something else.
fn selector(rule: &mut ledger::Rule, word: &RouteWord, names: &Names) -> Result<bool, Refused> {
    let text = &*word.value.value;
    let refuse = || invalid(word);
    match word.name {
        "not" => rule.not = true,
        "from" => rule.from = prefix(text),
        "to" => rule.to = prefix(text),
        "tos" | "dsfield" => rule.tos = names.service(text).ok_or_else(refuse)?,
        "fwmark" => rule.mark = Some(mark(text).ok_or_else(refuse)?),
        "iif" | "dev" => rule.iif = Some(text.to_owned()),
        "oif" => rule.oif = Some(text.to_owned()),
        "tunnel-id" => rule.tunnel = Some(text.parse().map_err(|_| refuse())?),
        "uidrange" => rule.users = Some(range(text).ok_or_else(refuse)?),
        "ipproto" => rule.ip_protocol = Some(ip_protocol(text).ok_or_else(refuse)?),
        "sport" => rule.source_ports = Some(ports(text).ok_or_else(refuse)?),
        "dport" => rule.destination_ports = Some(ports(text).ok_or_else(refuse)?),
        "realms" => rule.realms = Some(names.realms(text).ok_or_else(refuse)?),
        "suppress_prefixlength" | "sup_pl" => {
            rule.suppress_prefix = Some(number(text).ok_or_else(refuse)?);
        }
        "suppress_ifgroup" | "sup_group" => {
            rule.suppress_group = Some(names.group(text).ok_or_else(refuse)?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn action(rule: &mut ledger::Rule, word: &RouteWord, names: &Names) -> Result<(), Refused> {
    let text = &*word.value.value;
    let missing = || {
        let text = format!("Routing table {text} not found for rule");
        (text, word.value.span)
    };
    rule.action = match word.name {
        "table" | "lookup" => Action::Table(names.table(text).ok_or_else(missing)?),
        "goto" => Action::Goto(number(text).ok_or_else(|| invalid(word))?),
        "l3mdev" => Action::L3mdev,
        "nop" => Action::Nop,
        "blackhole" => Action::Blackhole,
        "unreachable" => Action::Unreachable,
        "prohibit" => Action::Prohibit,
        _ => rule.action,
    };
    Ok(())
}

/// `mark[/mask]`.
fn mark(text: &str) -> Option<(u32, u32)> {
    match text.split_once('/') {
        Some((mark, mask)) => Some((number(mark)?, number(mask)?)),
        None => Some((number(text)?, u32::MAX)),
    }
}

/// `from-to`, or one that is both. A range that holds nothing is for the kernel to refuse, as with
/// the original.
fn range(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some((number(low)?, number(high)?))
}

fn ports(text: &str) -> Option<(u16, u16)> {
    let (low, high) = range(text)?;
    Some((u16::try_from(low).ok()?, u16::try_from(high).ok()?))
}

/// IANA numbers of the protocols that rules are written for.
fn ip_protocol(text: &str) -> Option<u8> {
    Some(match text.to_ascii_lowercase().as_str() {
        "icmp" => 1,
        "tcp" => 6,
        "udp" => 17,
        "dccp" => 33,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "ipv6-icmp" | "icmpv6" => 58,
        "sctp" => 132,
        other => u8::try_from(number(other)?).ok()?,
    })
}
