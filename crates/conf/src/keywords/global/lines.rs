//! `global_defs`: words whose line has a grammar of its own.
use crate::config::{FlushOnStop, RxBufs, SyncDaemon, User};
use crate::keywords::vrrp::lines::extra_garp;
use crate::keywords::{fit, number, spanned};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Diagnostic, Severity, Spanned};

pub(super) static LINES: &[Keyword] = &[
    Keyword::new(
        "lvs_flush_on_stop",
        Set::Line {
            args: "[VS]",
            set: flush_on_stop,
        },
        "Empties the IPVS table at stop, or with VS removes the own virtual servers only.",
    ),
    Keyword::new(
        "lvs_flush_onstop",
        Set::Line {
            args: "[VS]",
            set: flush_on_stop,
        },
        "Old spelling of lvs_flush_on_stop.",
    )
    .deprecated("lvs_flush_on_stop"),
    Keyword::new(
        "lvs_sync_daemon",
        Set::Line {
            args: "<interface> [[inst] <vrrp_instance>] [id <0..255>] [maxlen <1..65507>] [port <1..65535>] [ttl <1..255>] [group <multicast address>]",
            set: sync_daemon,
        },
        "Runs the kernel's connection synchronisation, following a VRRP instance.",
    ).once("lvs_sync_daemon has already been specified as {old} - ignoring"),
    Keyword::new(
        "lvs_timeouts",
        Set::Line {
            args: "[tcp <seconds>] [tcpfin <seconds>] [udp <seconds>]",
            set: timeouts,
        },
        "How long IPVS remembers idle connections.",
    )
    .unit("seconds"),
    Keyword::new(
        "script_user",
        Set::Line {
            args: "<user> [<group>]",
            set: script_user,
        },
        "Who runs scripts that name nobody.",
    )
    .default("keepalived_script when that user exists, else the daemon's"),
    Keyword::new(
        "umask",
        Set::Line {
            args: "<octal>|<decimal>|<hexadecimal>|IRUSR|...",
            set: umask,
        },
        "Permissions that created files do not get.",
    )
    .default("0177"),
    Keyword::new(
        "vrrp_garp_extra_if",
        Set::Line {
            args: "[all] <1..86400>",
            set: garp_extra_if,
        },
        "Repeats announcements on other interfaces that carry addresses.",
    )
    .unit("seconds"),
    Keyword::new(
        "vrrp_rx_bufs_policy",
        Set::Line {
            args: "MTU|ADVERT|<bytes>",
            set: rx_bufs_policy,
        },
        "How large the receive buffers of VRRP sockets are.",
    ),
    Keyword::new(
        "vrrp_vmac_garp_intvl",
        Set::Line {
            args: "[all] <1..86400>",
            set: garp_extra_if,
        },
        "Old spelling of vrrp_garp_extra_if.",
    )
    .deprecated("vrrp_garp_extra_if"),
];

fn flush_on_stop(cx: &mut Cx, line: &Line<'_>) {
    let policy = match line.word(1) {
        None => FlushOnStop::All,
        Some(word) if word.is("VS") => FlushOnStop::VirtualServers,
        Some(word) => {
            let text = format!("Unknown lvs_flush_on_stop type {}", word.text());
            return cx.report("bad-value", Severity::Error, text, word.span);
        }
    };
    cx.config.global.kernel.lvs_flush_on_stop = Some(Spanned::new(policy, line.span()));
}

fn sync_daemon(cx: &mut Cx, line: &Line<'_>) {
    let Some(interface) = line.word(1).map(spanned) else {
        return cx.report(
            "missing-value",
            Severity::Error,
            "lvs_sync_daemon requires interface",
            line.span(),
        );
    };
    let mut daemon = SyncDaemon {
        interface,
        instance: None,
        id: None,
        maxlen: None,
        port: None,
        ttl: None,
        group: None,
    };
    let mut at = 2;
    while let Some(word) = line.word(at) {
        let next = line.word(at + 1);
        at += 2;
        let complaint = format!("lvs_sync_daemon {} '{{v}}' invalid", word.text());
        match (&*word.text(), next) {
            ("inst", Some(next)) => daemon.instance = Some(spanned(next)),
            ("id", Some(next)) => daemon.id = number(cx, next, 0, 255, &complaint).map(fit),
            ("maxlen", Some(next)) => {
                daemon.maxlen = number(cx, next, 1, 65_507, &complaint).map(fit);
            }
            ("port", Some(next)) => daemon.port = number(cx, next, 1, 65_535, &complaint).map(fit),
            ("ttl", Some(next)) => daemon.ttl = number(cx, next, 1, 255, &complaint).map(fit),
            ("group", Some(next)) => daemon.group = next.text().parse().ok(),
            // the older form: <interface> <instance> [<id>]
            (text, _) if at == 4 && daemon.instance.is_none() && text.parse::<u8>().is_err() => {
                daemon.instance = Some(spanned(word));
                at -= 1;
            }
            (text, _) if text.parse::<u8>().is_ok() => {
                daemon.id = text.parse().ok();
                at -= 1;
            }
            (other, _) => {
                let text = format!("Unknown option {other} specified for lvs_sync_daemon");
                cx.report("unknown-option", Severity::Error, text, word.span);
                at -= 1;
            }
        }
    }
    cx.config.global.kernel.lvs_sync_daemon = Some(daemon);
}

fn timeouts(cx: &mut Cx, line: &Line<'_>) {
    if line.args().len() < 2 {
        let text = "lvs_timeouts requires at least one option";
        return cx.report("missing-value", Severity::Error, text, line.span());
    }
    let mut at = 1;
    while let Some(word) = line.word(at) {
        let Some(value) = line.word(at + 1) else {
            let text = format!("Missing value for lvs_timeouts {}", word.text());
            return cx.report("missing-value", Severity::Error, text, word.span);
        };
        at += 2;
        let complaint = format!(
            "Invalid lvs_timeouts {} (0 - 2678400 seconds) - {{v}}",
            word.text()
        );
        let seconds = number(cx, value, 0, 2_678_400, &complaint).map(fit);
        let timeouts = &mut cx.config.global.kernel.lvs_timeouts;
        match &*word.text() {
            "tcp" => timeouts.tcp = seconds,
            "tcpfin" => timeouts.tcpfin = seconds,
            "udp" => timeouts.udp = seconds,
            other => {
                let text = format!("Unknown option {other} specified for lvs_timeouts");
                cx.report("unknown-option", Severity::Error, text, word.span);
            }
        }
    }
}

fn script_user(cx: &mut Cx, line: &Line<'_>) {
    let Some(user) = line.word(1).map(spanned) else {
        return cx.report(
            "missing-value",
            Severity::Error,
            "No script username specified",
            line.span(),
        );
    };
    cx.config.global.script_user = Some(User {
        user,
        group: line.word(2).map(spanned),
    });
}

fn garp_extra_if(cx: &mut Cx, line: &Line<'_>) {
    if let Some(extra) = extra_garp(cx, line, "", 1) {
        cx.config.global.garp_extra_if = Some(extra);
    }
}

fn rx_bufs_policy(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(1) else {
        return cx.report(
            "missing-value",
            Severity::Error,
            "vrrp_rx_bufs_policy missing",
            line.span(),
        );
    };
    let words = line.args().iter().map(|word| word.text());
    let (mut mtu, mut advert) = (false, false);
    let all_known = words.fold(true, |known, word| {
        mtu |= matches!(&*word, "MTU" | "mtu");
        advert |= matches!(&*word, "ADVERT" | "advert");
        known && matches!(&*word, "MTU" | "mtu" | "ADVERT" | "advert")
    });
    let before = cx.config.global.kernel.rx_bufs_policy;
    let before = before.map(|policy| policy.value);
    if (mtu || before == Some(RxBufs::Mtu)) && (advert || before == Some(RxBufs::Advert)) {
        let text = "Cannot set both vrrp_rx_bufs_policy MTU and ADVERT, ignoring ADVERT";
        cx.report("two-policies", Severity::Error, text, word.span);
        cx.config.global.kernel.rx_bufs_policy = Some(Spanned::new(RxBufs::Mtu, word.span));
        return;
    }
    if line.args().len() > 1 && !all_known {
        let text = format!("Invalid vrrp_rx_bufs_policy {}", word.text());
        return cx.report("bad-value", Severity::Error, text, word.span);
    }
    let policy = match &*word.text() {
        "MTU" | "mtu" => Some(RxBufs::Mtu),
        "ADVERT" | "advert" => Some(RxBufs::Advert),
        _ => number(
            cx,
            word,
            0,
            i64::from(u32::MAX),
            "Invalid vrrp_rx_bufs_policy {v}",
        )
        .map(|n| RxBufs::Bytes(fit(n))),
    };
    cx.config.global.kernel.rx_bufs_policy = policy.map(|policy| Spanned::new(policy, word.span));
}

/// Names of permission bits, as in `<sys/stat.h>`, joined by `|`.
const UMASK_BITS: &[(&str, u32)] = &[
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRWXU", 0o700),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IRWXG", 0o070),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
    ("IRWXO", 0o007),
];

fn umask(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let joined: String = line
        .args()
        .iter()
        .map(|word| word.text().into_owned())
        .collect();
    let mask = if joined.starts_with(|c: char| c.is_ascii_digit()) {
        let number = match (joined.strip_prefix("0x"), joined.strip_prefix('0')) {
            (Some(digits), _) => u32::from_str_radix(digits, 16),
            (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8),
            _ => joined.parse(),
        };
        number
            .ok()
            .filter(|&mask| mask <= 0o777)
            .ok_or_else(|| format!("invalid umask value {joined}"))
    } else {
        joined.split('|').try_fold(0, |mask, name| {
            let bit = UMASK_BITS.iter().find(|(known, _)| *known == name);
            bit.map(|(_, bit)| mask | bit)
                .ok_or_else(|| format!("Unknown umask bit {name}"))
        })
    };
    match mask {
        Ok(mask) => cx.config.global.process.umask = Some(Spanned::new(mask, word.span)),
        Err(text) => {
            let found = Diagnostic::new("bad-value", Severity::Error, text).at(word.span);
            cx.push(found.help("an octal number like 027, or names like IWGRP|IRWXO"));
        }
    }
}
