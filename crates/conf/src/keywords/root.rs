//! What may stand outside of all blocks.
use super::root_rows::{DAEMON_ROWS, GARP_GROUP_ROWS, SSL_ROWS};
use super::{GLOBAL, address, lvs, number, route, spanned, track, vrrp};
use crate::config::{GarpGroup, InterfaceDelay, Linkbeat};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity, Spanned, value};
use core::time::Duration;

/// The outermost table.
pub static ROOT: Table = Table {
    block: "(root)",
    parts: &[BLOCKS, DAEMON_ROWS],
};

/// `SSL`.
pub(super) static SSL: Table = Table {
    block: "SSL",
    parts: &[SSL_ROWS],
};

/// `garp_group`.
pub(super) static GARP_GROUP: Table = Table {
    block: "garp_group",
    parts: &[GARP_GROUP_ROWS, GARP_LISTS],
};

static BLOCKS: &[Keyword] = &[
    Keyword::new(
        "SSL",
        Set::Block {
            args: "",
            table: &SSL,
            open: plain,
            close: |_| {},
        },
        "Certificates that SSL_GET shows.",
    ),
    Keyword::new(
        "bfd_instance",
        Set::Block {
            args: "<name>",
            table: &track::BFD,
            open: track::open_bfd,
            close: track::close_bfd,
        },
        "One BFD session.",
    ),
    Keyword::new(
        "garp_group",
        Set::Block {
            args: "",
            table: &GARP_GROUP,
            open: open_garp_group,
            close: close_garp_group,
        },
        "Interfaces that share a limit on gratuitous announcements.",
    ),
    Keyword::new(
        "global_defs",
        Set::Block {
            args: "",
            table: &GLOBAL,
            open: |_, _| true,
            close: |_| {},
        },
        "Settings of the whole daemon.",
    ),
    Keyword::new(
        "interface_up_down_delays",
        Set::List {
            args: "<interface> <down 0..255> [<up 0..255>]",
            open: plain,
            item: interface_delay,
            close: |_| {},
        },
        "How long a change of an interface must last to count.",
    ),
    Keyword::new(
        "linkbeat_interfaces",
        Set::List {
            args: "<interface> [MII|ETHTOOL|IOCTL]",
            open: plain,
            item: linkbeat,
            close: |_| {},
        },
        "Interfaces whose carrier is polled.",
    ),
    Keyword::new(
        "static_ipaddress",
        Set::List {
            args: address::ARGS,
            open: plain,
            item: address::static_line,
            close: |_| {},
        },
        "Addresses that are there from start to stop, whatever VRRP does.",
    ),
    Keyword::new(
        "static_routes",
        Set::List {
            args: route::ROUTE_ARGS,
            open: plain,
            item: |cx, line| {
                let route = route::route(cx, line);
                cx.config.static_routes.extend(route);
            },
            close: |_| {},
        },
        "Routes that are there from start to stop.",
    ),
    Keyword::new(
        "static_rules",
        Set::List {
            args: route::RULE_ARGS,
            open: plain,
            item: |cx, line| {
                let rule = route::rule(cx, line);
                cx.config.static_rules.extend(rule);
            },
            close: |_| {},
        },
        "Policy rules that are there from start to stop.",
    ),
    Keyword::new(
        "track_file",
        Set::Block {
            args: "<name>",
            table: &track::TRACK_FILE,
            open: track::open_file,
            close: track::close_file,
        },
        "A file whose number changes priorities or weights.",
    ),
    Keyword::new(
        "track_group",
        Set::Block {
            args: "<name>",
            table: &track::TRACK_GROUP,
            open: track::open_group,
            close: track::close_group,
        },
        "Instances that fail when a static address, route or rule disappears.",
    ),
    Keyword::new(
        "virtual_server",
        Set::Block {
            args: "<address> [<port>] | fwmark <number> | group <name>",
            table: &lvs::VIRTUAL_SERVER,
            open: lvs::open_server,
            close: lvs::close_server,
        },
        "One service that IPVS balances.",
    ),
    Keyword::new(
        "virtual_server_group",
        Set::List {
            args: lvs::GROUP_ARGS,
            open: lvs::open_server_group,
            item: lvs::target,
            close: lvs::close_server_group,
        },
        "Addresses, ranges and marks that share one definition.",
    ),
    Keyword::new(
        "vrrp_instance",
        Set::Block {
            args: "<name>",
            table: &vrrp::INSTANCE,
            open: vrrp::open,
            close: vrrp::close,
        },
        "One virtual router.",
    ),
    Keyword::new(
        "vrrp_script",
        Set::Block {
            args: "<name>",
            table: &track::SCRIPT,
            open: track::open_script,
            close: track::close_script,
        },
        "A command that is run again and again.",
    ),
    Keyword::new(
        "vrrp_sync_group",
        Set::Block {
            args: "<name>",
            table: &vrrp::SYNC_GROUP,
            open: vrrp::open_group,
            close: vrrp::close_group,
        },
        "Instances that change state together.",
    ),
    Keyword::new(
        "vrrp_track_file",
        Set::Block {
            args: "<name>",
            table: &track::TRACK_FILE,
            open: track::open_file,
            close: track::close_file,
        },
        "Old spelling of track_file.",
    )
    .deprecated("track_file"),
    Keyword::new(
        "vrrp_track_process",
        Set::Block {
            args: "<name>",
            table: &track::PROCESS,
            open: track::open_process,
            close: track::close_process,
        },
        "Processes that have to run.",
    ),
];

static GARP_LISTS: &[Keyword] = &[Keyword::new(
    "interfaces",
    Set::List {
        args: "<interface> ...",
        open: plain,
        item: |cx, line| {
            for name in line.words().iter().map(spanned) {
                if is_free(cx, &name) {
                    cx.garp_group.interfaces.push(name);
                }
            }
        },
        close: |cx| {
            if cx.garp_group.interfaces.is_empty() {
                cx.report(
                    "empty-block",
                    Severity::Warning,
                    "Warning - empty garp_group interfaces block",
                    cx.here,
                );
            }
        },
    },
    "Interfaces that share the limit.",
)];

/// Opens a block that takes no words.
pub(super) fn plain(cx: &mut Cx, line: &Line<'_>) -> bool {
    super::no_extra(cx, line, 1);
    true
}

fn open_garp_group(cx: &mut Cx, _line: &Line<'_>) -> bool {
    cx.garp_group = GarpGroup::default();
    true
}

/// An interface belongs to one group: the first.
pub(super) fn is_free(cx: &mut Cx, name: &Spanned<Box<str>>) -> bool {
    let Some(&first) = cx.names.garp_interfaces.get(&name.value) else {
        cx.names
            .garp_interfaces
            .insert(name.value.clone(), name.span);
        return true;
    };
    let text = format!("garp_group already specified for {} - ignoring", name.value);
    let found = Diagnostic::new("duplicate-interface", Severity::Warning, text).at(name.span);
    cx.push(found.label(first, "the first one"));
    false
}

fn close_garp_group(cx: &mut Cx) {
    let group = std::mem::take(&mut cx.garp_group);
    let index = cx.config.garp_groups.len();
    let text = if group.garp_interval.is_none() && group.gna_interval.is_none() {
        format!("garp group {index} does not have any delay set - removing")
    } else if group.interface.is_none() && group.interfaces.is_empty() {
        // the original drops it in silence
        let text = format!("garp group {index} does not have any interfaces set");
        return cx.report("empty-block", Severity::Advice, text, cx.here);
    } else {
        cx.config.garp_groups.push(group);
        return;
    };
    cx.report("empty-block", Severity::Error, text, cx.here);
}

fn linkbeat(cx: &mut Cx, line: &Line<'_>) {
    let Some(name) = line.word(0) else { return };
    let method = line.word(1).map(spanned);
    if let Some(method) = method
        .as_ref()
        .filter(|m| !matches!(&*m.value, "MII" | "ETHTOOL" | "IOCTL"))
    {
        let text = format!(
            "Unknown linkbeat_interfaces type '{}' - ignoring",
            method.value
        );
        cx.report("bad-value", Severity::Error, text, method.span);
    }
    cx.config.linkbeat.push(Linkbeat {
        interface: spanned(name),
        method,
    });
}

fn interface_delay(cx: &mut Cx, line: &Line<'_>) {
    let Some(name) = line.word(0) else { return };
    let Some(down) = line.word(1) else {
        // none, but the interface has to be there
        return cx.config.interface_delays.push(InterfaceDelay {
            interface: spanned(name),
            down: Spanned::new(Duration::ZERO, name.span),
            up: None,
        });
    };
    let mut read = |word: &crate::lex::Word<'_>| {
        if let Ok((micros, _)) = value::decimal(&word.text(), 6, 0, 255_000_000) {
            Some(Spanned::new(Duration::from_micros(micros), word.span))
        } else {
            let complaint = format!(
                "interface {} up/down delay '{{v}}' invalid - ignoring",
                name.text()
            );
            number(cx, word, 0, 255, &complaint).map(|_| Spanned::default())
        }
    };
    let (down, up) = (read(down), line.word(2).and_then(&mut read));
    if let Some(down) = down {
        cx.config.interface_delays.push(InterfaceDelay {
            interface: spanned(name),
            down,
            up,
        });
    }
}
