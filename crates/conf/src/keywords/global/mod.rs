//! `global_defs`.
mod kernel;
mod lines;
mod outlets;
mod process;
mod scripts;
mod snmp;
mod vrrp;

use super::garp::{COUNT_MAX, TIMER_MAX, at_least_one, count, secs};
use super::root;
use crate::config::MailServer;
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Severity, Spanned, value};
use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::Version;

/// `global_defs`.
pub static GLOBAL: Table = Table {
    block: "global_defs",
    parts: &[
        GLOBAL_ROWS,
        lines::LINES,
        kernel::KERNEL,
        outlets::OUTLETS,
        process::PROCESS,
        scripts::SCRIPTS,
        snmp::SNMP,
        vrrp::VRRP,
    ],
};

static GLOBAL_ROWS: &[Keyword] = &[
        Keyword::new(
            "default_interface",
            Set::Word(|cx, v| cx.config.global.default_interface = Some(v)),
            "Interface of static addresses that name none.",
        )
        .missing("default_interface requires interface name")
        .default("eth0"),
        Keyword::new(
            "dynamic_interfaces",
            Set::Line { args: "[allow_if_changes]", set: dynamic_interfaces },
            "Interfaces may be absent at start and come later; with allow_if_changes also as another type.",
        ),
        Keyword::new(
            "enable_script_security",
            Set::Flag(|cx| cx.config.global.enable_script_security = true),
            "Refuses scripts that run as root and that somebody else could change.",
        ),
        Keyword::new(
            "max_auto_priority",
            Set::Line { args: "[<-1..99>]", set: max_auto_priority },
            "Ceiling for raising the own real-time priority when timers are late; no value: the maximum.",
        )
        .default("0"),
        Keyword::new(
            "notification_email",
            Set::List { args: "<address> ...", open: root::plain, item: recipients, close: no_recipient },
            "Who gets mail about changes of state.",
        ),
        Keyword::new(
            "notification_email_from",
            Set::Word(|cx, v| cx.config.global.notification_email_from = Some(v)),
            "Sender of these mails.",
        )
        .default("the user that runs the daemon, at this host")
        .missing("emailfrom missing - ignoring"),
        Keyword::new(
            "router_id",
            Set::Word(|cx, v| cx.config.global.router_id = Some(v)),
            "Names this node in mails and dumps.",
        )
        .default("the host name")
        .missing("routerid name missing - ignoring"),
        Keyword::new(
            "smtp_connect_timeout",
            Set::Int { min: 0, max: TIMER_MAX, set: smtp_connect_timeout },
            "How long the mail server may take to accept the connection.",
        )
        .default("30")
        .unit("seconds")
        .complaint("smtp_connect_timeout '{v}' must be in [0, 4294] - ignoring"),
        Keyword::new(
            "smtp_helo_name",
            Set::Line {
                args: "<name>",
                set: |cx, line| {
                    cx.config.global.smtp_helo_name =
                        line.word(1).map(|w| Spanned::new(w.text().into(), w.span));
                },
            },
            "Name said in HELO.",
        )
        .default("the host name"),
        Keyword::new(
            "smtp_server",
            Set::Line { args: "<host> [<port 1..65535>]", set: smtp_server },
            "Mail server for notifications.",
        )
        .default("none; port 25"),
        Keyword::new(
            "vrrp_down_timer_adverts",
            Set::Int {
                min: 1,
                max: 100,
                set: |cx, v| {
                    cx.config.global.down_timer_adverts = Some(v.map(|n| u8::try_from(n).unwrap_or(3)));
                },
            },
            "Missed adverts before a master counts as gone.",
        )
        .default("3")
        .complaint("Invalid vrrp_down_timer_adverts [1:100] '{v}'"),
        Keyword::new(
            "vrrp_garp_lower_prio_delay",
            Set::Int { min: 0, max: TIMER_MAX, set: |cx, v| cx.config.global.garp.lower_prio_delay = Some(secs(v)) },
            "Time to the second announcement after an advert of lower priority.",
        )
        .default("vrrp_garp_master_delay")
        .unit("seconds")
        .complaint("vrrp_garp_lower_prio_delay '{v}' invalid - ignoring"),
        Keyword::new(
            "vrrp_garp_lower_prio_repeat",
            Set::Int { min: 0, max: 2_147_483_647, set: |cx, v| cx.config.global.garp.lower_prio_repeat = Some(count(v)) },
            "Announcements per address after an advert of lower priority.",
        )
        .default("vrrp_garp_master_repeat")
        .complaint("Invalid vrrp_garp_lower_prio_repeat '{v}'"),
        Keyword::new(
            "vrrp_garp_master_delay",
            Set::Int { min: 0, max: TIMER_MAX, set: |cx, v| cx.config.global.garp.master_delay = Some(secs(v)) },
            "Time to the second announcement on becoming master; 0: no second one.",
        )
        .default("5")
        .unit("seconds")
        .complaint("vrrp_garp_master_delay '{v}' invalid - ignoring"),
        Keyword::new(
            "vrrp_garp_master_refresh",
            Set::Int { min: 0, max: COUNT_MAX, set: |cx, v| cx.config.global.garp.master_refresh = Some(secs(v)) },
            "Period of announcements while master; 0: none.",
        )
        .default("0")
        .unit("seconds")
        .complaint("Invalid vrrp_garp_master_refresh '{v}' - ignoring"),
        Keyword::new(
            "vrrp_garp_master_refresh_repeat",
            Set::Int {
                min: 0,
                max: COUNT_MAX,
                set: |cx, v| {
                    let repeat = at_least_one(cx, "vrrp_garp_master_refresh_repeat", v);
                    cx.config.global.garp.master_refresh_repeat = Some(repeat);
                },
            },
            "Announcements per address in each refresh.",
        )
        .default("1")
        .complaint("vrrp_garp_master_refresh_repeat '{v}' invalid - ignoring"),
        Keyword::new(
            "vrrp_garp_master_repeat",
            Set::Int {
                min: 0,
                max: COUNT_MAX,
                set: |cx, v| {
                    let repeat = at_least_one(cx, "vrrp_garp_master_repeat", v);
                    cx.config.global.garp.master_repeat = Some(repeat);
                },
            },
            "Announcements per address on becoming master.",
        )
        .default("5")
        .complaint("vrrp_garp_master_repeat '{v}' invalid - ignoring"),
        Keyword::new(
            "vrrp_higher_prio_send_advert",
            Set::Bool(|cx, v| cx.config.global.higher_prio_send_advert = Some(v)),
            "A master sends one advert more before it yields to a higher priority.",
        )
        .default("no")
        .complaint("Invalid value for vrrp_higher_prio_send_advert specified"),
        Keyword::new(
            "vrrp_lower_prio_no_advert",
            Set::Bool(|cx, v| cx.config.global.lower_prio_no_advert = Some(v)),
            "A master does not answer adverts of lower priority at once.",
        )
        .default("no")
        .complaint("Invalid value for vrrp_lower_prio_no_advert specified"),
        Keyword::new(
            "vrrp_mcast_group4",
            Set::Line { args: "<IPv4 multicast address>", set: mcast_group },
            "Destination of IPv4 adverts.",
        )
        .default("224.0.0.18"),
        Keyword::new(
            "vrrp_mcast_group6",
            Set::Line { args: "<IPv6 multicast address>", set: mcast_group },
            "Destination of IPv6 adverts.",
        )
        .default("ff02::12"),
        Keyword::new(
            "vrrp_min_garp",
            Set::Bool(|cx, v| cx.config.global.min_garp = Some(v)),
            "One announcement only on becoming master, unless told otherwise.",
        )
        .default("no")
        .complaint("Invalid value for vrrp_min_garp specified"),
        Keyword::new(
            "vrrp_strict",
            Set::Bool(|cx, v| cx.config.global.vrrp_strict = Some(v)),
            "Holds all instances to the letter of the RFC.",
        )
        .default("no")
        .complaint("Invalid value '{v}' for global vrrp_strict specified"),
        Keyword::new(
            "vrrp_version",
            Set::Int {
                min: 2,
                max: 3,
                set: |cx, v| cx.config.global.vrrp_version = Some(v.map(version)),
            },
            "Protocol version of instances that name none.",
        )
        .default("2")
        .complaint("VRRP Error: Version must be either 2 or 3"),
];

/// 3 or 2.
pub(super) fn version(number: i64) -> Version {
    if number == 3 {
        Version::V3
    } else {
        Version::V2
    }
}

fn recipients(cx: &mut Cx, line: &Line<'_>) {
    let words = line
        .words()
        .iter()
        .map(|w| Spanned::new(w.text().into(), w.span));
    cx.config.global.notification_email.extend(words);
}

fn no_recipient(cx: &mut Cx) {
    if cx.config.global.notification_email.is_empty() {
        let text = "Warning - empty notification_email block";
        cx.report("empty-block", Severity::Warning, text, cx.here);
    }
}

fn smtp_connect_timeout(cx: &mut Cx, value: Spanned<i64>) {
    let mut value = secs(value);
    if value.value.is_zero() {
        let text = "smtp_conect_timeout must be greater than 0, setting to 1";
        cx.report("zero-count", Severity::Warning, text, value.span);
        value.value = Duration::from_secs(1);
    }
    cx.config.global.smtp_connect_timeout = Some(value);
}

fn smtp_server(cx: &mut Cx, line: &Line<'_>) {
    let Some(host) = line.need(cx, 1) else { return };
    let mut port = None;
    if let Some(word) = line.word(2) {
        match value::int(&word.text(), 1, 65_535) {
            Ok(number) => {
                port = u16::try_from(number)
                    .ok()
                    .map(|n| Spanned::new(n, word.span));
            }
            Err(refused) => {
                let text = format!("Invalid smtp server {} {}", host.text(), word.text());
                let found = crate::Diagnostic::new("bad-value", Severity::Error, refused.why);
                cx.push(found.at(word.span).consequence(text));
                return;
            }
        }
    }
    let host = Spanned::new(host.text().into(), host.span);
    cx.config.global.smtp_server = Some(MailServer { host, port });
}

fn mcast_group(cx: &mut Cx, line: &Line<'_>) {
    let (Some(keyword), Some(word)) = (line.word(0), line.need(cx, 1)) else {
        return;
    };
    let name = keyword.text();
    let parsed = match name.as_ref() {
        "vrrp_mcast_group4" => word.text().parse::<Ipv4Addr>().map(IpAddr::V4).ok(),
        _ => word.text().parse::<Ipv6Addr>().map(IpAddr::V6).ok(),
    };
    match parsed {
        None => {
            let text = format!("Can't parse {name} [{}]. Skipping", word.text());
            cx.report("bad-value", Severity::Error, text, word.span);
        }
        Some(group) if !group.is_multicast() => {
            let text = format!("{name} [{group}] is not multicast. Skipping");
            cx.report("bad-value", Severity::Error, text, word.span);
        }
        Some(IpAddr::V4(group)) => {
            cx.config.global.mcast_group4 = Some(Spanned::new(group, word.span));
        }
        Some(IpAddr::V6(group)) => {
            cx.config.global.mcast_group6 = Some(Spanned::new(group, word.span));
        }
    }
}

fn dynamic_interfaces(cx: &mut Cx, line: &Line<'_>) {
    cx.config.global.dynamic_interfaces = true;
    let Some(word) = line.word(1) else { return };
    if word.is("allow_if_changes") {
        cx.config.global.allow_if_changes = true;
    } else {
        let text = format!("Unknown dynamic_interfaces option '{}'", word.text());
        cx.report("bad-value", Severity::Error, text, word.span);
    }
}

fn max_auto_priority(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(1) else {
        cx.config.global.max_auto_priority = Some(Spanned::new(None, line.span()));
        return;
    };
    match value::int(&word.text(), -1, 99) {
        Ok(number) => {
            let number = i8::try_from(number).unwrap_or_default();
            cx.config.global.max_auto_priority = Some(Spanned::new(Some(number), word.span));
        }
        Err(refused) => cx.report("bad-value", Severity::Error, refused.why, word.span),
    }
}
