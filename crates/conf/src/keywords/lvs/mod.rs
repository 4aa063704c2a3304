//! `virtual_server`, `real_server`, `virtual_server_group`.
mod check;
pub mod checkers;
mod family;
mod http;
mod real;
mod server;
mod target;

pub use http::REGEX_OPTIONS;
pub(super) use target::{GROUP_ARGS, close_server_group, open_server_group, target};

use super::{fit, number, spanned};
use crate::config::{Check, Forwarding, Method, RealServer, Server, Tunnel, VirtualServer};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity, Spanned, nearest, value};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

/// `virtual_server`.
pub static VIRTUAL_SERVER: Table = Table {
    block: "virtual_server",
    parts: &[server::SERVER_ROWS, server::SERVER_DEFAULTS, SERVER_OWN],
};

/// `real_server`.
pub static REAL_SERVER: Table = Table {
    block: "real_server",
    parts: &[
        real::REAL_ROWS,
        real::REAL_DEFAULTS,
        REAL_OWN,
        checkers::BLOCKS,
    ],
};

const METHOD_ARGS: &str = "NAT|DR|TUN [type ipip|gre|gue port <1..65535>] [nocsum|csum|remcsum]";
const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos",
];
const SCHEDULER_ARGS: &str = "rr|wrr|lc|wlc|lblc|lblcr|sh|mh|dh|fo|ovf|sed|nq|twos";

static SERVER_OWN: &[Keyword] = &[
    scheduler_flag("flag-1", "Flag 1 of the scheduler."),
    scheduler_flag("flag-2", "Flag 2 of the scheduler."),
    scheduler_flag("flag-3", "Flag 3 of the scheduler."),
    Keyword::new(
        "hashed",
        Set::Line {
            args: "",
            set: set_scheduler_flag,
        },
        "Accepted for old files, without effect.",
    ),
    Keyword::new(
        "ip_family",
        Set::Choice {
            words: &["inet", "inet6"],
            set: family::ip_family,
        },
        "Family of a service by mark that has no addresses.",
    )
    .complaint("unknown address family {v}"),
    Keyword::new(
        "lb_algo",
        Set::Line {
            args: SCHEDULER_ARGS,
            set: scheduler,
        },
        "The scheduler; the same as lvs_sched.",
    )
    .default("wlc"),
    Keyword::new(
        "lb_kind",
        Set::Line {
            args: METHOD_ARGS,
            set: server_method,
        },
        "How packets reach the real servers; the same as lvs_method.",
    )
    .default("NAT"),
    Keyword::new(
        "lvs_method",
        Set::Line {
            args: METHOD_ARGS,
            set: server_method,
        },
        "How packets reach the real servers.",
    )
    .default("NAT"),
    Keyword::new(
        "lvs_sched",
        Set::Line {
            args: SCHEDULER_ARGS,
            set: scheduler,
        },
        "The scheduler.",
    )
    .default("wlc"),
    scheduler_flag(
        "mh-fallback",
        "The mh scheduler takes another server when the chosen one is away.",
    ),
    scheduler_flag("mh-port", "The mh scheduler hashes the source port too."),
    Keyword::new(
        "persistence_granularity",
        Set::Line {
            args: "<netmask>|<1..128>",
            set: granularity,
        },
        "Which clients count as one for persistence.",
    ),
    Keyword::new(
        "persistence_timeout",
        Set::Line {
            args: "[<1..2678400>]",
            set: persistence_timeout,
        },
        "How long a client stays with its server.",
    )
    .default("360")
    .unit("seconds"),
    Keyword::new(
        "protocol",
        Set::Line {
            args: "TCP|UDP|SCTP",
            set: protocol,
        },
        "The transport protocol.",
    )
    .default("UDP"),
    Keyword::new(
        "real_server",
        Set::Block {
            args: "<address> [<port>]",
            table: &REAL_SERVER,
            open: open_real,
            close: close_real,
        },
        "One server behind the service.",
    ),
    scheduler_flag(
        "sh-fallback",
        "The sh scheduler takes another server when the chosen one is away.",
    ),
    scheduler_flag("sh-port", "The sh scheduler hashes the source port too."),
    Keyword::new(
        "sorry_server",
        Set::Line {
            args: "<address> [<port>]",
            set: sorry_server,
        },
        "Serves while the quorum is lost.",
    ),
    Keyword::new(
        "sorry_server_lvs_method",
        Set::Line {
            args: METHOD_ARGS,
            set: |cx, line| {
                if cx.virtual_server.sorry_server.is_some() {
                    cx.virtual_server.sorry_forwarding = method(cx, line, "sorry server");
                    return;
                }
                let text = "sorry_server forwarding used without sorry_server";
                cx.report("ignored", Severity::Warning, text, line.span());
            },
        },
        "How packets reach the sorry server.",
    ),
];

static REAL_OWN: &[Keyword] = &[Keyword::new(
    "lvs_method",
    Set::Line {
        args: METHOD_ARGS,
        set: |cx, line| cx.real_server.forwarding = method(cx, line, "real server"),
    },
    "How packets reach this server.",
)];

const fn scheduler_flag(name: &'static str, doc: &'static str) -> Keyword {
    Keyword::new(
        name,
        Set::Line {
            args: "",
            set: set_scheduler_flag,
        },
        doc,
    )
}

fn protocol(cx: &mut Cx, line: &Line<'_>) {
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

/// Flags belong to the scheduler that was named before them.
fn set_scheduler_flag(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(0) else { return };
    let name = word.text();
    let scheduler = cx
        .virtual_server
        .scheduler
        .as_ref()
        .map_or("", |s| &*s.value);
    let (bit, owner) = match &*name {
        "sh-fallback" => (1, "sh"),
        "mh-fallback" => (1, "mh"),
        "sh-port" => (2, "sh"),
        "mh-port" => (2, "mh"),
        // it means nothing to the kernel
        "hashed" => (0, "sh"),
        "flag-1" => (1, ""),
        "flag-2" => (2, ""),
        _ => (4, ""),
    };
    if !owner.is_empty() && scheduler != owner {
        let text = format!(
            "{name} only applies to {} scheduler - ignoring",
            if owner == "mh" && scheduler.is_empty() {
                "sh"
            } else {
                owner
            }
        );
        return cx.report("ignored", Severity::Warning, text, word.span);
    }
    cx.virtual_server.scheduler_flags |= bit;
}

fn scheduler(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    if SCHEDULERS.iter().any(|known| word.is(known)) {
        cx.virtual_server.scheduler = Some(spanned(word));
        return;
    }
    let found = Diagnostic::new(
        "bad-value",
        Severity::Error,
        format!("Invalid lvs_scheduler '{}' - ignoring", word.text()),
    );
    let found = found.at(word.span);
    cx.push(match nearest(&word.text(), SCHEDULERS.iter().copied()) {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found.help(format!("one of: {}", SCHEDULERS.join(", "))),
    });
}

fn server_method(cx: &mut Cx, line: &Line<'_>) {
    cx.virtual_server.forwarding =
        method(cx, line, "virtual server").or(cx.virtual_server.forwarding);
}

/// `lvs_method` and its kin; what is wrong behind the method is reported and left out.
fn method(cx: &mut Cx, line: &Line<'_>, whose: &str) -> Option<Forwarding> {
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

fn persistence_timeout(cx: &mut Cx, line: &Line<'_>) {
    let timeout = match line.word(1) {
        None => Some(360),
        Some(word) => number(cx, word, 1, 2_678_400, "persistence_timeout invalid"),
    };
    cx.virtual_server.persistence_timeout = timeout.map(fit);
}

/// A netmask or a prefix length, as prefix length.
fn granularity(cx: &mut Cx, line: &Line<'_>) {
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

/// An address and perhaps a port; `Err` holds the port's finding.
fn endpoint(
    address: Option<&Word<'_>>,
    port: Option<&Word<'_>>,
) -> Result<Option<(IpAddr, Option<u16>)>, String> {
    let Some(address) = address.and_then(|w| w.text().parse().ok()) else {
        return Ok(None);
    };
    let Some(port) = port else {
        return Ok(Some((address, None)));
    };
    Ok(Some((address, Some(any_port(&port.text())?))))
}

/// A port; 0 stands for all ports, though the message of a wrong one does not say so.
fn any_port(text: &str) -> Result<u16, String> {
    if value::int(text, 0, 0).is_ok() {
        return Ok(0);
    }
    let port = value::int(text, 1, 65_535).map_err(|refused| refused.why)?;
    Ok(fit(port))
}

fn sorry_server(cx: &mut Cx, line: &Line<'_>) {
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

pub(super) fn open_server(cx: &mut Cx, line: &Line<'_>) -> bool {
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

pub(super) fn close_server(cx: &mut Cx) {
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

fn open_real(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(word) = line.need(cx, 1) else {
        return false;
    };
    let port = || {
        line.word(2)
            .map_or_else(|| "(null)".to_owned(), |w| w.text().into_owned())
    };
    let (address, port) = match endpoint(Some(word), line.word(2)) {
        Ok(Some(found)) => found,
        Ok(None) => {
            let text = format!(
                "Invalid real server ip address/port {}/{} - skipping",
                word.text(),
                port()
            );
            cx.report("bad-address", Severity::Error, text, word.span);
            return false;
        }
        Err(why) => {
            let text = format!(
                "Invalid real server ip address/port {}/{} - skipping",
                word.text(),
                port()
            );
            cx.push(
                Diagnostic::new("bad-value", Severity::Error, why)
                    .at(word.span)
                    .consequence(text),
            );
            return false;
        }
    };
    cx.real_server = RealServer {
        address: Some(address),
        port,
        span: line.span(),
        ..RealServer::default()
    };
    true
}

fn has_scripts(server: &RealServer) -> bool {
    let mut checkers = server.checkers.iter();
    server.notify_up.is_some()
        || server.notify_down.is_some()
        || checkers.any(|checker| matches!(checker.check, Check::Misc(_)))
}

fn close_real(cx: &mut Cx) {
    let mut server = std::mem::take(&mut cx.real_server);
    // what the service says later is for later servers
    server.forwarding = server.forwarding.or(cx.virtual_server.forwarding);
    if !family::suits(cx, &server) {
        return;
    }
    // there are many, and most have one
    server.checkers.shrink_to_fit();
    cx.virtual_server.has_server_scripts |= has_scripts(&server);
    cx.virtual_server.real_servers.push(server);
}
