//! A `virtual_server` block: its words in front of the brace, and what stands behind a keyword of its own.
use super::{endpoint, family};
use crate::config::{Server, VirtualServer};
use crate::keywords::{fit, number, spanned};
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned, value};
use std::fmt::Write as _;
use std::net::Ipv4Addr;

pub(super) fn protocol(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let name = word.text().to_ascii_uppercase();
    if matches!(&*name, "TCP" | "UDP" | "SCTP") {
        cx.virtual_server.protocol = Some(Spanned::new(name.into(), word.span));
        return;
    }
    let text = format!("Unknown protocol {} - ignoring", word.text());
    cx.push(
        Diagnostic::new("bad-value", Severity::Error, text)
            .at(word.span)
            .help("TCP, UDP or SCTP"),
    );
}

pub(super) fn persistence_timeout(cx: &mut Cx, line: &Line<'_>) {
    let timeout = match line.word(1) {
        None => Some(360),
        Some(word) => number(cx, word, 1, 2_678_400, "persistence_timeout invalid"),
    };
    cx.virtual_server.persistence_timeout = timeout.map(fit);
}

/// A netmask or a prefix length, as prefix length.
pub(super) fn granularity(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let text = word.text();
    if let Ok(mask) = text.parse::<Ipv4Addr>() {
        cx.virtual_server.persistence_granularity =
            u8::try_from(u32::from(mask).leading_ones()).ok();
        return;
    }
    match value::int(&text, 1, 128) {
        Ok(length) => cx.virtual_server.persistence_granularity = Some(fit(length)),
        Err(refused) => {
            let complaint = format!("Invalid IPv4 persistence_granularity specified - {text}");
            let found = Diagnostic::new("bad-value", Severity::Error, refused.why).at(word.span);
            cx.push(found.consequence(complaint));
        }
    }
}

pub(super) fn sorry_server(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    match endpoint(Some(word), line.word(2)) {
        Ok(Some(server)) => {
            cx.virtual_server.sorry_server = Some(Spanned::new(server, word.span));
            cx.virtual_server.sorry_forwarding = cx.virtual_server.forwarding;
        }
        Ok(None) => {
            let text = format!("Invalid sorry server IP address {} - skipping", word.text());
            cx.report("bad-address", Severity::Error, text, word.span);
        }
        Err(why) => {
            let port = line
                .word(2)
                .map_or_else(String::new, |w| w.text().into_owned());
            let text = format!(
                "Invalid sorry server IP address/port {}/{port} - skipping",
                word.text()
            );
            cx.push(
                Diagnostic::new("bad-value", Severity::Error, why)
                    .at(word.span)
                    .consequence(text),
            );
        }
    }
}

pub(in crate::keywords) fn open_server(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(server) = server_identity(cx, line) else {
        return false;
    };
    // services are often alike: room for as many servers as the one before has
    let before = cx.config.virtual_servers.last();
    let room = before.map_or(0, |service| service.real_servers.len());
    cx.virtual_server = VirtualServer {
        ipv6: match server {
            Server::Address(address, _) => Some(address.is_ipv6()),
            _ => None,
        },
        server,
        span: line.span(),
        real_servers: Vec::with_capacity(room),
        ..VirtualServer::default()
    };
    true
}

fn server_identity(cx: &mut Cx, line: &Line<'_>) -> Option<Server> {
    let word = line.need(cx, 1)?;
    match &*word.text() {
        "fwmark" => {
            let mark = line.need(cx, 2)?;
            let complaint = "virtual server fwmark '{v}' must be in [0, 4294967295] - ignoring";
            number(cx, mark, 0, i64::from(u32::MAX), complaint).map(|n| Server::Fwmark(fit(n)))
        }
        "group" => Some(Server::Group(spanned(line.need(cx, 2)?))),
        text => match endpoint(Some(word), line.word(2)) {
            Ok(Some((address, port))) => Some(Server::Address(address, port)),
            Ok(None) => {
                let text = format!("Invalid virtual server IP address {text} - skipping");
                cx.push(
                    Diagnostic::new("bad-address", Severity::Error, text)
                        .at(word.span)
                        .help("address and port are two words"),
                );
                None
            }
            Err(why) => {
                let port = line
                    .word(2)
                    .map_or_else(String::new, |w| w.text().into_owned());
                let text =
                    format!("Invalid virtual server IP address/port {text}/{port} - skipping");
                cx.push(
                    Diagnostic::new("bad-value", Severity::Error, why)
                        .at(word.span)
                        .consequence(text),
                );
                None
            }
        },
    }
}

/// A service as the original names it.
pub(crate) fn service_name(server: &VirtualServer) -> String {
    let protocol = server
        .protocol
        .as_ref()
        .map_or("none".into(), |p| p.value.to_lowercase());
    match &server.server {
        Server::Fwmark(mark) => format!("FWM {mark}"),
        Server::Group(name) => name.value.to_string(),
        Server::Address(address, port) => format!("[{address}]:{protocol}:{}", port.unwrap_or(0)),
        Server::None => String::new(),
    }
}

pub(in crate::keywords) fn close_server(cx: &mut Cx) {
    family::check_sorry(cx);
    let mut server = std::mem::take(&mut cx.virtual_server);
    if server.real_servers.is_empty() {
        let mut text = String::new();
        let _ = write!(
            text,
            "Virtual server {} has no real servers - ignoring",
            service_name(&server)
        );
        let found = Diagnostic::new("no-real-server", Severity::Error, text).at(server.span);
        return cx.push(found.help("add a real_server block"));
    }
    server.real_servers.shrink_to_fit();
    cx.config.virtual_servers.push(server);
}
