//! `lvs_method`: how packets reach a server.
use crate::config::{Forwarding, Method, Tunnel};
use crate::keywords::{fit, number};
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity};

pub(super) const METHOD_ARGS: &str =
    "NAT|DR|TUN [type ipip|gre|gue port <1..65535>] [nocsum|csum|remcsum]";

pub(super) fn server_method(cx: &mut Cx, line: &Line<'_>) {
    cx.virtual_server.forwarding =
        method(cx, line, "virtual server").or(cx.virtual_server.forwarding);
}

/// `lvs_method` and its kin; what is wrong behind the method is reported and left out.
pub(super) fn method(cx: &mut Cx, line: &Line<'_>, whose: &str) -> Option<Forwarding> {
    let word = line.need(cx, 1)?;
    let method = match &*word.text() {
        "NAT" => Method::Nat,
        "DR" => Method::Direct,
        "TUN" => Method::Tunnel,
        other => {
            let text = format!("PARSER : unknown [{other}] routing method for {whose}.");
            cx.push(
                Diagnostic::new("bad-value", Severity::Error, text)
                    .at(word.span)
                    .help("NAT, DR or TUN"),
            );
            return None;
        }
    };
    let mut tunnel = None;
    let mut at = 2;
    while let Some(option) = line.word(at) {
        at += 1;
        let built = tunnel.get_or_insert_with(Tunnel::default);
        let text = option.text();
        let next = line.word(at);
        match (&*text, method) {
            ("type", Method::Tunnel) => {
                at += 1;
                let kind =
                    next.and_then(|w| ["ipip", "gue", "gre"].iter().position(|kind| w.is(kind)));
                if let Some(kind) = kind {
                    built.kind = u8::try_from(kind).unwrap_or(0);
                } else {
                    let name = next.map_or_else(String::new, |w| w.text().into_owned());
                    let text = format!("Unknown tunnel type {name} for {whose}.");
                    cx.report("bad-value", Severity::Error, text, option.span);
                    break;
                }
            }
            ("port", Method::Tunnel) => {
                at += 1;
                built.port = next.and_then(|w| number(cx, w, 1, 65_535, "")).map(fit);
            }
            ("nocsum", Method::Tunnel) => built.checksum = 0,
            ("csum", Method::Tunnel) => built.checksum = 1,
            ("remcsum", Method::Tunnel) => built.checksum = 2,
            _ => {
                let text = format!("Invalid tunnel option {text} for {whose}.");
                cx.report("unknown-option", Severity::Error, text, option.span);
                break;
            }
        }
    }
    Some(Forwarding { method, tunnel })
}
