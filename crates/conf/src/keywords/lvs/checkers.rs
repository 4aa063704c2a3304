//! The blocks of `real_server` that say how it is checked.
use super::check::{CONNECT, DNS, HTTP, MISC, RHYTHM, SMTP, UDP, URL};
use super::http::{HTTP_BLOCKS, HTTP_OWN, SSL_BLOCKS, SSL_OWN, SSL_URL_OWN, URL_OWN};
use crate::Severity;
use crate::config::{Check, Checker, User};
use crate::keywords::{fit, no_extra, number, spanned};
use crate::lex::Word;
use crate::parse::{Building, Cx, Line};
use crate::table::{Keyword, Set, Table};
use std::mem::take;

/// `TCP_CHECK`.
pub static TCP_CHECK: Table = Table {
    block: "TCP_CHECK",
    parts: &[RHYTHM, CONNECT],
};
/// `PING_CHECK`.
pub static PING_CHECK: Table = Table {
    block: "PING_CHECK",
    parts: &[RHYTHM, CONNECT],
};
/// `UDP_CHECK`.
pub static UDP_CHECK: Table = Table {
    block: "UDP_CHECK",
    parts: &[RHYTHM, CONNECT, UDP, UDP_OWN],
};
/// `DNS_CHECK`.
pub static DNS_CHECK: Table = Table {
    block: "DNS_CHECK",
    parts: &[RHYTHM, CONNECT, DNS, DNS_OWN],
};
/// `SMTP_CHECK`.
pub static SMTP_CHECK: Table = Table {
    block: "SMTP_CHECK",
    parts: &[RHYTHM, CONNECT, SMTP, SMTP_OWN],
};
/// `host` in `SMTP_CHECK`.
pub static SMTP_HOST: Table = Table {
    block: "host",
    parts: &[RHYTHM, CONNECT],
};
/// `HTTP_GET`.
pub static HTTP_GET: Table = Table {
    block: "HTTP_GET",
    parts: &[RHYTHM, CONNECT, HTTP, HTTP_OWN, HTTP_BLOCKS],
};
/// `SSL_GET`.
pub static SSL_GET: Table = Table {
    block: "SSL_GET",
    parts: &[RHYTHM, CONNECT, HTTP, HTTP_OWN, SSL_OWN, SSL_BLOCKS],
};
/// `url` in `HTTP_GET`.
pub static HTTP_URL: Table = Table {
    block: "url",
    parts: &[URL, URL_OWN],
};
/// `url` in `SSL_GET`.
pub static SSL_URL: Table = Table {
    block: "url",
    parts: &[URL, URL_OWN, SSL_URL_OWN],
};
/// `MISC_CHECK`.
pub static MISC_CHECK: Table = Table {
    block: "MISC_CHECK",
    parts: &[RHYTHM, MISC, MISC_OWN],
};
/// `FILE_CHECK`.
pub static FILE_CHECK: Table = Table {
    block: "FILE_CHECK",
    parts: &[FILE_OWN],
};
/// `BFD_CHECK`.
pub static BFD_CHECK: Table = Table {
    block: "BFD_CHECK",
    parts: &[BFD_OWN],
};

pub(super) static BLOCKS: &[Keyword] = &[
    Keyword::new(
        "BFD_CHECK",
        checker(&BFD_CHECK, close_bfd),
        "Follows a BFD session.",
    ),
    Keyword::new(
        "DNS_CHECK",
        checker(&DNS_CHECK, |cx| {
            finish(cx, |built| Check::Dns(Box::new(take(&mut built.dns))));
        }),
        "Asks a name server.",
    ),
    Keyword::new(
        "FILE_CHECK",
        checker(&FILE_CHECK, close_file),
        "Takes the weight from a file.",
    ),
    Keyword::new(
        "HTTP_GET",
        checker(&HTTP_GET, |cx| close_http(cx, false)),
        "Fetches pages over HTTP.",
    ),
    Keyword::new(
        "MISC_CHECK",
        checker(&MISC_CHECK, close_misc),
        "Runs a command.",
    ),
    Keyword::new(
        "PING_CHECK",
        checker(&PING_CHECK, |cx| finish(cx, |_| Check::Ping)),
        "Sends ICMP echo requests.",
    ),
    Keyword::new(
        "SMTP_CHECK",
        checker(&SMTP_CHECK, |cx| {
            // the original looks at what is written only, and not at its hosts
            if cx.checker.connect.connect_ip.is_some() {
                bindto_family(cx);
            }
            push(cx, |built| Check::Smtp(Box::new(take(&mut built.smtp))));
        }),
        "Greets a mail server.",
    ),
    Keyword::new(
        "SSL_GET",
        checker(&SSL_GET, |cx| close_http(cx, true)),
        "Fetches pages over HTTPS.",
    ),
    Keyword::new(
        "TCP_CHECK",
        checker(&TCP_CHECK, |cx| finish(cx, |_| Check::Tcp)),
        "Opens a connection.",
    ),
    Keyword::new(
        "UDP_CHECK",
        checker(&UDP_CHECK, |cx| {
            let udp = &cx.checker.udp;
            let most = udp.max_reply_length.unwrap_or(UDP_REPLY);
            if let Some(least) = udp.min_reply_length.filter(|&least| least > most) {
                let text = format!(
                    "UDP_CHECK min_reply length {least} > max_reply_length {most} - will always fail"
                );
                cx.report("bad-range", Severity::Warning, text, cx.checker.span);
            }
            finish(cx, |built| Check::Udp(Box::new(take(&mut built.udp))));
        }),
        "Sends a datagram; silence is success unless an answer is required.",
    ),
];

/// Largest answer to a datagram when none is written.
const UDP_REPLY: u16 = 255;

const fn checker(table: &'static Table, close: fn(&mut Cx)) -> Set {
    Set::Block {
        args: "",
        table,
        open,
        close,
    }
}

/// Checkers behind whose name the original looks for superfluous words.
const LOOKED_AT: &[&str] = &[
    "HTTP_GET",
    "SSL_GET",
    "MISC_CHECK",
    "FILE_CHECK",
    "BFD_CHECK",
];

fn open(cx: &mut Cx, line: &Line<'_>) -> bool {
    if line
        .word(0)
        .is_some_and(|word| LOOKED_AT.iter().any(|name| word.is(name)))
    {
        no_extra(cx, line, 1);
    }
    cx.checker = Building {
        span: line.span(),
        ..Building::default()
    };
    true
}

/// Takes what was built out of where it was built, which the next one clears.
fn push(cx: &mut Cx, check: fn(&mut Building) -> Check) {
    let built = &mut cx.checker;
    let checkers = &mut cx.real_server.checkers;
    if checkers.is_empty() {
        // there are many servers, and most have one
        checkers.reserve_exact(1);
    }
    checkers.push(Checker {
        span: built.span,
        rhythm: take(&mut built.rhythm).into(),
        connect: take(&mut built.connect),
        check: check(built),
    });
}

fn finish(cx: &mut Cx, check: fn(&mut Building) -> Check) {
    bindto_family(cx);
    push(cx, check);
}

/// A connection begins and ends in one family.
fn bindto_family(cx: &mut Cx) {
    let connect = &cx.checker.connect;
    let target = connect.connect_ip.or(cx.real_server.address);
    if let (Some(from), Some(to)) = (connect.bindto, target)
        && from.is_ipv4() != to.is_ipv4()
    {
        let text =
            format!("bindto address {from} does not match address family of connect_ip - skipping");
        cx.report("bindto-family", Severity::Warning, text, cx.checker.span);
        cx.checker.connect.bindto = None;
    }
}

fn close_http(cx: &mut Cx, tls: bool) {
    cx.checker.http.tls = tls;
    if cx.checker.http.urls.is_empty() {
        let text = "HTTP/SSL_GET checker has no urls specified - ignoring";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| Check::Http(Box::new(take(&mut built.http))));
}

fn close_misc(cx: &mut Cx) {
    if cx.checker.misc.misc_path.is_none() {
        let text = "No script path has been specified for MISC_CHECKER - skipping";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| Check::Misc(Box::new(take(&mut built.misc))));
}

fn close_file(cx: &mut Cx) {
    if cx.checker.object.is_none() {
        let text = "FILE_CHECK has no track_file specified - ignoring";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| {
        Check::File(
            take(&mut built.object).unwrap_or_default(),
            built.weight,
            built.reverse,
        )
    });
}

fn close_bfd(cx: &mut Cx) {
    if cx.checker.object.is_none() {
        let server = super::service_name(&cx.virtual_server);
        let text = format!("({server}) No name has been specified for BFD_CHECKER - skipping");
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| {
        Check::Bfd(take(&mut built.object).unwrap_or_default())
    });
}

/// Bytes from pairs of hexadecimal digits.
pub(super) fn hex(pattern: Option<Vec<(u8, u8)>>) -> Option<Vec<u8>> {
    pattern?
        .into_iter()
        .map(|(byte, mask)| (mask == 0xff).then_some(byte))
        .collect()
}

/// Bytes and masks from pairs of hexadecimal digits, where `x` stands for any digit.
pub(super) fn pattern(text: &str) -> Option<Vec<(u8, u8)>> {
    let nibble = |digit: u8| match digit {
        b'x' | b'X' => Some((0, 0)),
        _ => char::from(digit)
            .to_digit(16)
            .and_then(|n| u8::try_from(n).ok())
            .map(|n| (n, 0xf)),
    };
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => {
            let ((high, high_mask), (low, low_mask)) = (nibble(*high)?, nibble(*low)?);
            Some((high << 4 | low, high_mask << 4 | low_mask))
        }
        // a last digit without a partner is a byte of its own
        [low] => nibble(*low).map(|(low, mask)| (low, 0xf0 | mask)),
        _ => None,
    };
    pairs.map(byte).collect()
}

/// Bytes and masks of several words, each on its own.
fn patterns(words: &[Word<'_>]) -> Option<Vec<(u8, u8)>> {
    let bytes: Option<Vec<_>> = words.iter().map(|word| pattern(&word.text())).collect();
    Some(bytes?.concat())
}

static UDP_OWN: &[Keyword] = &[
    Keyword::new(
        "payload",
        Set::Line {
            args: "<hexadecimal digits>",
            set: payload,
        },
        "What is sent.",
    ),
    Keyword::new(
        "require_reply",
        Set::Line {
            args: "[<hexadecimal digits, x for any>]",
            set: require_reply,
        },
        "An answer is required, and must begin like this.",
    ),
];

fn payload(cx: &mut Cx, line: &Line<'_>) {
    let text = match (line.args().is_empty(), hex(patterns(line.args()))) {
        (false, Some(bytes)) if bytes.is_empty() => "Invalid hex string for UDP_CHECK payload",
        (true, _) => "UDP_CHECK payload requires a payload",
        (false, None) => "Invalid hex string for UDP_CHECK payload",
        (false, Some(bytes)) => {
            cx.checker.udp.payload = Some(bytes.into());
            return;
        }
    };
    cx.report("bad-value", Severity::Error, text, line.span());
}

fn require_reply(cx: &mut Cx, line: &Line<'_>) {
    match patterns(line.args()) {
        Some(pattern) if !pattern.is_empty() || line.args().is_empty() => {
            cx.checker.udp.require_reply = Some(pattern.into());
        }
        _ => cx.report(
            "bad-value",
            Severity::Error,
            "Invalid hex string for UDP_CHECK reply",
            line.span(),
        ),
    }
}

/// Record types that can be asked for.
const DNS_TYPES: &[&str] = &[
    "A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY",
];

static DNS_OWN: &[Keyword] = &[Keyword::new(
    "type",
    Set::Choice {
        words: DNS_TYPES,
        set: |cx, v| cx.checker.dns.kind = DNS_TYPES.get(v.value).copied(),
    },
    "The record type asked for.",
)
.default("SOA")
.complaint("Unknown DNS check type {v} - ignoring")];

static SMTP_OWN: &[Keyword] = &[Keyword::new(
    "host",
    Set::Block {
        args: "",
        table: &SMTP_HOST,
        open: open_host,
        close: close_host,
    },
    "A further host that is checked.",
)
.deprecated("several SMTP_CHECK blocks")];

/// The rows of a host are those of a checker: what the checker has waits outside meanwhile.
fn open_host(cx: &mut Cx, _line: &Line<'_>) -> bool {
    let checker = &mut cx.checker;
    checker.outer = (
        std::mem::take(&mut checker.rhythm),
        std::mem::take(&mut checker.connect),
    );
    true
}

fn close_host(cx: &mut Cx) {
    let checker = &mut cx.checker;
    let (rhythm, connect) = std::mem::take(&mut checker.outer);
    let host = (
        std::mem::replace(&mut checker.rhythm, rhythm),
        std::mem::replace(&mut checker.connect, connect),
    );
    checker.smtp.hosts.push(host);
}

static MISC_OWN: &[Keyword] = &[Keyword::new(
    "user",
    Set::Line {
        args: "<user> [<group>]",
        set: |cx, line| {
            let user = line.word(1).map(spanned);
            cx.checker.misc.user = user.map(|user| User {
                user,
                group: line.word(2).map(spanned),
            });
            if line.word(1).is_none() {
                let path = cx
                    .checker
                    .misc
                    .misc_path
                    .as_ref()
                    .map_or("", |script| &*script.command.value);
                let text = format!("No user specified for misc checker script '{path}'");
                cx.report("missing-value", Severity::Error, text, line.span());
            }
        },
    },
    "Who runs the command.",
)];

static FILE_OWN: &[Keyword] = &[
    Keyword::new(
        "track_file",
        Set::Line {
            args: "<track_file>",
            set: |cx, line| {
                let Some(word) = line.need(cx, 1) else { return };
                if cx.names.files.contains_key(&*word.text()) {
                    cx.checker.object = Some(spanned(word));
                } else {
                    cx.report(
                        "unknown-name",
                        Severity::Error,
                        format!("track_file {} not found", word.text()),
                        word.span,
                    );
                }
            },
        },
        "The file.",
    ),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<number> [reverse|noreverse]",
            set: file_weight,
        },
        "What the number in the file is multiplied with.",
    ),
];

fn file_weight(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(1) else {
        return cx.report(
            "missing-value",
            Severity::Error,
            "track file weight missing",
            line.span(),
        );
    };
    let complaint =
        "weight for track file must be in [-2147483647..2147483647] inclusive. Ignoring...";
    cx.checker.weight = number(cx, word, -2_147_483_647, 2_147_483_647, complaint).map(fit);
    cx.checker.reverse = line.word(2).is_some_and(|w| w.is("reverse"));
}

static BFD_OWN: &[Keyword] = &[
    Keyword::new(
        "alpha",
        Set::Bool(|cx, v| cx.checker.rhythm.alpha = Some(v.value)),
        "Failed until the session is up.",
    )
    .complaint("Invalid alpha parameter {v}"),
    Keyword::new(
        "name",
        Set::Line {
            args: "<bfd_instance>",
            set: bfd_name,
        },
        "The session.",
    ),
];

fn bfd_name(cx: &mut Cx, line: &Line<'_>) {
    let server = super::service_name(&cx.virtual_server);
    let Some(word) = line.word(1).filter(|_| line.args().len() == 1) else {
        let text =
            format!("({server}) BFD_CHECK - No or too many names specified - skipping checker");
        return cx.report("missing-value", Severity::Error, text, line.span());
    };
    if !cx.names.bfds.contains_key(&*word.text()) {
        let text = format!("({server}) BFD_CHECK - BFD {} not configured", word.text());
        return cx.report("unknown-name", Severity::Error, text, word.span);
    }
    if let Some(known) = &cx.checker.object {
        let (known, name) = (&known.value, word.text());
        let text = format!("({server}) BFD_CHECK - BFD {known} already specified as {name}");
        return cx.report("duplicate-value", Severity::Warning, text, word.span);
    }
    let mut checkers = cx.real_server.checkers.iter();
    if checkers.any(|other| matches!(&other.check, Check::Bfd(bfd) if word.is(&bfd.value))) {
        let text = format!(
            "({server}) BFD_CHECK - RS already monitoring {}",
            word.text()
        );
        return cx.report("duplicate-value", Severity::Warning, text, word.span);
    }
    cx.checker.object = Some(spanned(word));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_patterns_have_masks() {
        let hex = |text: &str| hex(pattern(text));
        assert_eq!(hex("0aFf"), Some(vec![0x0a, 0xff]));
        assert_eq!(pattern("1x"), Some(vec![(0x10, 0xf0)]));
        assert_eq!(pattern("123"), Some(vec![(0x12, 0xff), (0x03, 0xff)]));
        assert_eq!((hex("1x"), hex("zz")), (None, None));
    }

    #[test]
    fn a_checker_is_small() {
        assert!(size_of::<Checker>() <= 280, "{}", size_of::<Checker>());
    }
}
