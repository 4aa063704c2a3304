//! Lines of `virtual_routes`, `virtual_rules` and their static kin.
//!
//! A line is a destination or selector and options in any order; which options there are, and
//! how many words each takes, stands in two tables.
use crate::config::{Route, RouteWord, Rule};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned, nearest, value};
use std::net::IpAddr;

/// How a route is written.
pub(super) const ROUTE_ARGS: &str = "[to] [<type>] <destination>|default [via <address>] [dev <interface>] [<option> ...] [nexthop ...]";
/// How a rule is written.
pub(super) const RULE_ARGS: &str =
    "[not] [from <prefix>] [to <prefix>] [<selector> ...] table <table>|goto <preference>|<action>";

/// What an option takes.
#[derive(Clone, Copy)]
enum Value {
    None,
    Word,
    Address,
    Prefix,
    /// A 32-bit number.
    Number,
    /// Perhaps `lock`, then a word.
    Metric,
    /// All that follows.
    Rest,
}

/// An option of a route or a rule.
pub(super) struct RouteOption {
    name: &'static str,
    value: Value,
}

const fn option(name: &'static str, value: Value) -> RouteOption {
    RouteOption { name, value }
}

/// Route types, which stand before the destination.
const TYPES: &[&str] = &[
    "unicast",
    "local",
    "broadcast",
    "anycast",
    "multicast",
    "blackhole",
    "unreachable",
    "prohibit",
    "throw",
    "nat",
    "xresolve",
];

const ROUTE: &[RouteOption] = &[
    option("add", Value::None),
    option("advmss", Value::Metric),
    option("append", Value::None),
    option("as", Value::Metric),
    option("congctl", Value::Metric),
    option("cwnd", Value::Metric),
    option("dev", Value::Word),
    option("dsfield", Value::Word),
    option("encap", Value::Rest),
    option("expires", Value::Number),
    option("fastopen_no_cookie", Value::Number),
    option("features", Value::Word),
    option("from", Value::Prefix),
    option("gw", Value::Address),
    option("hoplimit", Value::Number),
    option("inet", Value::None),
    option("inet6", Value::None),
    option("initcwnd", Value::Number),
    option("initrwnd", Value::Number),
    option("metric", Value::Number),
    option("mtu", Value::Metric),
    option("nexthop", Value::Rest),
    option("no_track", Value::None),
    option("oif", Value::Word),
    option("onlink", Value::None),
    option("or", Value::Address),
    option("pref", Value::Word),
    option("preference", Value::Number),
    option("prepend", Value::None),
    option("priority", Value::Number),
    option("protocol", Value::Word),
    option("quickack", Value::Number),
    option("realms", Value::Word),
    option("reordering", Value::Metric),
    option("rto_min", Value::Metric),
    option("rtt", Value::Metric),
    option("rttvar", Value::Metric),
    option("scope", Value::Word),
    option("src", Value::Address),
    option("ssthresh", Value::Metric),
    option("table", Value::Word),
    option("tos", Value::Word),
    option("track_group", Value::Word),
    option("ttl-propagate", Value::Word),
    option("via", Value::Address),
    option("vrf", Value::Word),
    option("window", Value::Number),
];

const RULE: &[RouteOption] = &[
    option("blackhole", Value::None),
    option("dev", Value::Word),
    option("dport", Value::Word),
    option("dsfield", Value::Word),
    option("from", Value::Prefix),
    option("fwmark", Value::Word),
    option("goto", Value::Number),
    option("iif", Value::Word),
    option("inet", Value::None),
    option("inet6", Value::None),
    option("ipproto", Value::Word),
    option("l3mdev", Value::None),
    option("lookup", Value::Word),
    option("no_track", Value::None),
    option("nop", Value::None),
    option("not", Value::None),
    option("oif", Value::Word),
    option("order", Value::Number),
    option("preference", Value::Number),
    option("priority", Value::Number),
    option("prohibit", Value::None),
    option("protocol", Value::Word),
    option("realms", Value::Word),
    option("sport", Value::Word),
    option("sup_group", Value::Word),
    option("sup_pl", Value::Number),
    option("suppress_ifgroup", Value::Word),
    option("suppress_prefixlength", Value::Number),
    option("table", Value::Word),
    option("to", Value::Prefix),
    option("tos", Value::Word),
    option("track_group", Value::Word),
    option("tunnel-id", Value::Word),
    option("type", Value::None),
    option("uidrange", Value::Word),
    option("unreachable", Value::None),
];

/// Preference of the first rule that names none; further ones count down.
const FIRST_PREFERENCE: u32 = 16_384;

/// Options of a next hop that are followed by a word.
const NEEDS_MORE: &[&str] = &["via", "dev", "oif", "weight", "realms", "encap", "as"];

/// What a rule does; without one of these it does nothing.
const ACTIONS: &[&str] = &[
    "table",
    "lookup",
    "goto",
    "nop",
    "blackhole",
    "unreachable",
    "prohibit",
    "l3mdev",
];

/// Reads a line of an instance, where there are no track groups.
pub(super) fn of_instance<T>(
    cx: &mut Cx,
    line: &Line<'_>,
    read: fn(&mut Cx, &Line<'_>) -> Option<T>,
) -> Option<T> {
    if let Some(word) = line.words().iter().find(|word| word.is("track_group")) {
        let text = "unknown route keyword track_group";
        let found = Diagnostic::new("unknown-option", Severity::Error, text).at(word.span);
        cx.push(found.help("an instance's routes and rules come and go with it"));
        return None;
    }
    read(cx, line)
}

/// Reads a route line; `None`: the original leaves it out.
pub(super) fn route(cx: &mut Cx, line: &Line<'_>) -> Option<Route> {
    let mut reader = Reader {
        line,
        at: 0,
        words: Vec::new(),
        what: "route",
    };
    while let Some(word) = line.word(reader.at) {
        reader.at += 1;
        let text = word.text();
        if let Some(option) = find(ROUTE, &text) {
            let instead = match &*text {
                "gw" => "via",
                "or" => "nexthop",
                _ => "",
            };
            if !instead.is_empty() {
                let text = format!("\"{text}\" for routes is deprecated. Please use \"{instead}\"");
                cx.report("deprecated", Severity::Warning, text, word.span);
            }
            reader.option(cx, option, word)?;
        } else {
            reader.destination(cx, word)?;
        }
    }
    let words = reader.words;
    if !words.iter().any(|word| word.name == "to") {
        cx.report(
            "no-destination",
            Severity::Error,
            "Route must have a destination",
            line.span(),
        );
        return None;
    }
    let route = Route {
        span: line.span(),
        words,
    };
    let foreign = route
        .get("protocol")
        .filter(|p| !matches!(&*p.value, "keepalived" | "18"));
    if let Some(protocol) = foreign.filter(|_| route.get("no_track").is_none()) {
        let text =
            "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol";
        let found = Diagnostic::new("foreign-protocol", Severity::Warning, text).at(protocol.span);
        cx.push(found.help("remove 'protocol', or add 'no_track'"));
    }
    Some(route)
}

/// Reads a rule line; `None`: the original leaves it out.
pub(super) fn rule(cx: &mut Cx, line: &Line<'_>) -> Option<Rule> {
    let mut reader = Reader {
        line,
        at: 0,
        words: Vec::new(),
        what: "rule",
    };
    while let Some(word) = line.word(reader.at) {
        reader.at += 1;
        let text = word.text();
        if let Some(option) = find(RULE, &text) {
            reader.option(cx, option, word)?;
        } else {
            let found = Diagnostic::new(
                "unknown-option",
                Severity::Error,
                format!("Unknown rule option {text}"),
            );
            cx.push(suggest(found.at(word.span), &text, RULE));
            return None;
        }
    }
    let words = reader.words;
    if !words.iter().any(|word| ACTIONS.contains(&word.name)) {
        cx.report(
            "no-action",
            Severity::Error,
            "No action specified for rule - ignoring",
            line.span(),
        );
        return None;
    }
    let mut rule = Rule {
        span: line.span(),
        words,
    };
    if ["priority", "preference", "order"]
        .iter()
        .all(|name| rule.get(name).is_none())
    {
        let ipv6 = rule
            .words
            .iter()
            .any(|word| word.name == "inet6" || word.value.value.contains(':'));
        let next = if ipv6 {
            &mut cx.rule_preferences.1
        } else {
            &mut cx.rule_preferences.0
        };
        let preference = FIRST_PREFERENCE.saturating_sub(*next);
        *next += 1;
        let text = format!(
            "Rule has no preference specified - setting to {preference}. This is probably not what you want."
        );
        let found = Diagnostic::new("no-preference", Severity::Warning, text).at(line.span());
        cx.push(found.help("write 'preference NUMBER'"));
        let value = Spanned::new(preference.to_string().into(), line.span());
        rule.words.push(RouteWord {
            name: "preference",
            value,
        });
    }
    Some(rule)
}

fn find(options: &'static [RouteOption], name: &str) -> Option<&'static RouteOption> {
    let at = options
        .binary_search_by(|option| option.name.cmp(name))
        .ok()?;
    options.get(at)
}

fn suggest(found: Diagnostic, word: &str, options: &[RouteOption]) -> Diagnostic {
    match nearest(word, options.iter().map(|option| option.name)) {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found,
    }
}

/// A type by its name or number. Nothing is a number too, as the original reads it.
fn route_type(text: &str) -> Option<Box<str>> {
    if TYPES.contains(&text) {
        return Some(text.into());
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let number = match digits.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => u8::from_str_radix(digits, 8),
        None if text.is_empty() => Ok(0),
        None => digits.parse(),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let number = number.ok().filter(|_| is_number)?;
    Some(number.to_string().into())
}

struct Reader<'a> {
    line: &'a Line<'a>,
    at: usize,
    words: Vec<RouteWord>,
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn push(&mut self, name: &'static str, value: Spanned<Box<str>>) {
        self.words.push(RouteWord { name, value });
    }

    /// `[to] [<type>] <prefix>`: the only words without an option's name.
    fn destination(&mut self, cx: &mut Cx, first: &Word<'_>) -> Option<()> {
        let mut word = first;
        if word.is("to") {
            word = self.line.need(cx, self.at)?;
            self.at += 1;
        }
        if let Some(kind) = route_type(&word.text()) {
            self.push("type", Spanned::new(kind, word.span));
            word = self.line.need(cx, self.at)?;
            self.at += 1;
        }
        let text = word.text();
        let twice = self.words.iter().any(|word| word.name == "to");
        if !matches!(&*text, "default" | "default6" | "any" | "all") && !prefix(cx, word) {
            let found = Diagnostic::new(
                "unknown-option",
                Severity::Error,
                format!("unknown route keyword {text}"),
            );
            cx.push(suggest(found.at(word.span), &text, ROUTE));
            return if twice { Some(()) } else { None };
        }
        self.push("to", Spanned::new(text.into(), word.span));
        Some(())
    }

    fn option(&mut self, cx: &mut Cx, option: &'static RouteOption, word: &Word<'_>) -> Option<()> {
        if matches!(option.value, Value::None) {
            self.push(option.name, Spanned::new("".into(), word.span));
            return Some(());
        }
        if matches!(option.value, Value::Rest) {
            let rest = self.line.words().get(self.at..).unwrap_or_default();
            let texts: Vec<_> = rest.iter().map(Word::text).collect();
            if option.name == "nexthop"
                && rest
                    .last()
                    .is_some_and(|last| NEEDS_MORE.iter().any(|name| last.is(name)))
            {
                self.line.need(cx, self.at + rest.len());
                return None;
            }
            let span = rest.iter().fold(word.span, |span, word| span.to(word.span));
            self.at += rest.len();
            self.push(option.name, Spanned::new(texts.join(" ").into(), span));
            return Some(());
        }
        let mut next = self.argument(cx)?;
        if matches!(option.value, Value::Metric | Value::Address)
            && ["lock", "to", "inet", "inet6"].iter().any(|w| next.is(w))
        {
            if next.is("lock") {
                self.push("lock", Spanned::new(option.name.into(), next.span));
            }
            next = self.argument(cx)?;
        }
        let text = next.text();
        if !self.fits(cx, option, next) {
            return None;
        }
        self.push(option.name, Spanned::new(text.into(), next.span));
        Some(())
    }

    fn argument(&mut self, cx: &mut Cx) -> Option<&'a Word<'a>> {
        let next = self.line.word(self.at);
        self.at += 1;
        if next.is_none() {
            self.line.need(cx, self.at - 1);
        }
        next
    }

    fn fits(&self, cx: &mut Cx, option: &RouteOption, word: &Word<'_>) -> bool {
        let text = word.text();
        let name = option.name;
        let complaint = match option.value {
            Value::Address if text.parse::<IpAddr>().is_err() => {
                let text = format!("VRRP parsed invalid IP {text}. skipping IP...");
                cx.report("bad-address", Severity::Error, text, word.span);
                format!("invalid {} {name} address {}", self.what, word.text())
            }
            Value::Prefix if !matches!(&*text, "default" | "any" | "all") && !prefix(cx, word) => {
                format!("Invalid {} {name} address {text}", self.what)
            }
            Value::Number => match value::int(&text, 0, i64::from(u32::MAX)) {
                Ok(_) => return true,
                Err(refused) => {
                    cx.report("bad-value", Severity::Error, refused.why, word.span);
                    format!("Invalid {name} {text} specified for {}", self.what)
                }
            },
            _ => return true,
        };
        cx.report("bad-value", Severity::Error, complaint, word.span);
        false
    }
}

/// Whether a word is an address with or without a length; what is wrong is reported.
fn prefix(cx: &mut Cx, word: &Word<'_>) -> bool {
    super::address::prefix(cx, word).is_some()
}

#[cfg(test)]
pub(super) fn route_options() -> Vec<&'static str> {
    ROUTE.iter().map(|option| option.name).collect()
}

#[cfg(test)]
pub(super) fn rule_options() -> Vec<&'static str> {
    RULE.iter().map(|option| option.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_tables_are_sorted() {
        assert!(ROUTE.is_sorted_by(|a, b| a.name < b.name));
        assert!(RULE.is_sorted_by(|a, b| a.name < b.name));
    }
}
