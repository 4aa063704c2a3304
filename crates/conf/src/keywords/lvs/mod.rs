//! `virtual_server`, `real_server`, `virtual_server_group`.
mod check;
pub mod checkers;
mod family;
mod http;
mod method;
mod real;
mod scheduler;
mod server;
mod servers;
mod service;
mod target;

pub use http::REGEX_OPTIONS;
pub(crate) use service::service_name;
pub(super) use service::{close_server, open_server};
pub(super) use target::{GROUP_ARGS, close_server_group, open_server_group, target};

use method::{METHOD_ARGS, method, server_method};
use scheduler::{SCHEDULER_ARGS, scheduler, scheduler_flag, set_scheduler_flag};
use servers::{close_real, open_real};
use service::{granularity, persistence_timeout, protocol, sorry_server};

use super::fit;
use crate::lex::Word;
use crate::table::{Keyword, Set, Table};
use crate::{Severity, value};
use std::net::IpAddr;

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
