//! The blocks of `real_server` that say how it is checked.
use super::check::{CONNECT, DNS, HTTP, MISC, RHYTHM, SMTP, UDP, URL};
use crate::config::{Check, Checker, HttpProtocol, Url, User};
use crate::keywords::{fit, no_extra, number, optional, spanned};
use crate::lex::Word;
use crate::parse::{Building, Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity};

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
            finish(cx, |built| Check::Dns(Box::new(built.dns)));
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
            finish(cx, |built| Check::Smtp(Box::new(built.smtp)));
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
            finish(cx, |built| Check::Udp(Box::new(built.udp)));
        }),
        "Sends a datagram; silence is success unless an answer is required.",
    ),
];

const fn checker(table: &'static Table, close: fn(&mut Cx)) -> Set {
    Set::Block {
        args: "",
        table,
        open,
        close,
    }
}

fn open(cx: &mut Cx, line: &Line<'_>) -> bool {
    no_extra(cx, line, 1);
    cx.checker = Building {
        span: line.span(),
        ..Building::default()
    };
    true
}

fn finish(cx: &mut Cx, check: fn(Building) -> Check) {
    let mut built = std::mem::take(&mut cx.checker);
    let (rhythm, connect) = (
        std::mem::take(&mut built.rhythm),
        std::mem::take(&mut built.connect),
    );
    let span = built.span;
    cx.real_server.checkers.push(Checker {
        span,
        rhythm,
        connect,
        check: check(built),
    });
}

fn close_http(cx: &mut Cx, tls: bool) {
    cx.checker.http.tls = tls;
    if cx.checker.http.urls.is_empty() {
        let text = "HTTP/SSL_GET checker has no urls specified - ignoring";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| Check::Http(Box::new(built.http)));
}

fn close_misc(cx: &mut Cx) {
    if cx.checker.misc.misc_path.is_none() {
        let text = "No script path has been specified for MISC_CHECKER - skipping";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| Check::Misc(Box::new(built.misc)));
}

fn close_file(cx: &mut Cx) {
    if cx.checker.object.is_none() {
        let text = "FILE_CHECK has no track_file specified - ignoring";
        return cx.report("empty-block", Severity::Error, text, cx.checker.span);
    }
    finish(cx, |built| {
        Check::File(
            built.object.unwrap_or_default(),
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
    finish(cx, |built| Check::Bfd(built.object.unwrap_or_default()));
}

static HTTP_BLOCKS: &[Keyword] = &[Keyword::new(
    "url",
    Set::Block {
        args: "",
        table: &HTTP_URL,
        open: open_url,
        close: close_url,
    },
    "One page; several are fetched in turn.",
)];

static SSL_BLOCKS: &[Keyword] = &[Keyword::new(
    "url",
    Set::Block {
        args: "",
        table: &SSL_URL,
        open: open_url,
        close: close_url,
    },
    "One page; several are fetched in turn.",
)];

fn open_url(cx: &mut Cx, line: &Line<'_>) -> bool {
    no_extra(cx, line, 1);
    cx.url = Url::default();
    true
}

fn close_url(cx: &mut Cx) {
    let url = std::mem::take(&mut cx.url);
    if url.path.is_none() {
        let text = "HTTP/SSL_GET checker url has no path - ignoring";
        return cx.report("no-path", Severity::Error, text, cx.here);
    }
    cx.checker.http.urls.push(url);
}

static HTTP_OWN: &[Keyword] = &[
    Keyword::new(
        "http_protocol",
        Set::Choice {
            words: &["1.0", "1.1", "1.0C", "1.0c"],
            set: |cx, v| {
                let protocols = [HttpProtocol::V10, HttpProtocol::V11];
                cx.checker.http.protocol = protocols
                    .get(v.value)
                    .copied()
                    .or(Some(HttpProtocol::V10Close));
            },
        },
        "The version asked for; C adds Connection: close.",
    )
    .default("1.0")
    .missing("Missing http_protocol version")
    .complaint("Invalid http_protocol version {v}"),
    Keyword::new(
        "nb_get_retry",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.checker.rhythm.retry = Some(fit(v.value)),
        },
        "Old spelling of retry.",
    )
    .deprecated("retry")
    .notice("nb_get_retry is deprecated - please use 'retry'")
    .complaint("Invalid nb_get_retry value '{v}'"),
    Keyword::new(
        "sni_name",
        Set::Line {
            args: "[<name>]",
            set: |cx, line| cx.checker.http.sni_name = Some(optional(line).value),
        },
        "Name sent with SNI.",
    )
    .since("after 2.4.3"),
];

static SSL_OWN: &[Keyword] = &[Keyword::new(
    "tls_compliant",
    Set::Bool(|cx, v| cx.checker.http.tls_compliant = Some(v.value)),
    "A connection that ends without close_notify is a failure, for all pages.",
)
.since("2.2.8")
.complaint("Invalid tls_compliant parameter {v}")];

static SSL_URL_OWN: &[Keyword] = &[Keyword::new(
    "tls_compliant",
    Set::Bool(|cx, v| cx.url.tls_compliant = Some(v.value)),
    "A connection that ends without close_notify is a failure, for this page.",
)
.since("2.2.8")
.complaint("Invalid tls_compliant parameter {v}")];

static URL_OWN: &[Keyword] = &[
    Keyword::new(
        "digest",
        Set::Line {
            args: "<32 hexadecimal digits>",
            set: digest,
        },
        "MD5 sum that the body must have.",
    ),
    Keyword::new(
        "regex_options",
        Set::Line {
            args: "<option> ...",
            set: regex_options,
        },
        "Options of the regular expression.",
    ),
    Keyword::new(
        "regex_stack",
        Set::Line {
            args: "<start> <max>",
            set: regex_stack,
        },
        "Stack of the regular expression.",
    )
    .unit("bytes"),
    Keyword::new(
        "status_code",
        Set::Line {
            args: "<100..599>[-<100..599>] ...",
            set: status_code,
        },
        "Status codes that count as success.",
    )
    .default("200-299"),
];

/// Options of PCRE2; the position is the bit.
const REGEX_OPTIONS: &[&str] = &[
    "allow_empty_class",
    "alt_bsux",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "extended",
    "firstline",
    "match_unset_backref",
    "multiline",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
    "never_backslash_c",
    "alt_circumflex",
    "alt_verbnames",
    "use_offset_limit",
];

fn regex_options(cx: &mut Cx, line: &Line<'_>) {
    for word in line.args() {
        if let Some(bit) = REGEX_OPTIONS.iter().position(|known| word.is(known)) {
            cx.url.regex_options |= 1 << bit;
        } else {
            let text = format!("unknown regex option '{}'", word.text());
            let found = Diagnostic::new("unknown-option", Severity::Advice, text).at(word.span);
            cx.push(
                match crate::nearest(&word.text(), REGEX_OPTIONS.iter().copied()) {
                    Some(near) => found.help(format!("did you mean '{near}'?")),
                    None => found.help(format!("one of: {}", REGEX_OPTIONS.join(", "))),
                },
            );
        }
    }
}

fn regex_stack(cx: &mut Cx, line: &Line<'_>) {
    let mut read = |at| {
        line.word(at)
            .and_then(|word| number(cx, word, 1, i64::from(u32::MAX), ""))
    };
    if let (Some(start), Some(max)) = (read(1), read(2)) {
        cx.url.regex_stack = Some((fit(start), fit(max)));
    }
}

fn digest(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let text = word.text();
    let complaint = if text.len() == 32 {
        if cx.url.digest.is_some() {
            format!("Digest '{text}' is a duplicate")
        } else if let Some(bytes) = hex(&text).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) {
            cx.url.digest = Some(bytes);
            return;
        } else {
            format!("Digest '{text}' is not a valid hex string")
        }
    } else {
        format!(
            "digest '{text}' character length should be 32 rather than {}",
            text.len()
        )
    };
    cx.report("bad-value", Severity::Error, complaint, word.span);
}

fn status_code(cx: &mut Cx, line: &Line<'_>) {
    for word in line.args() {
        let text = word.text();
        let (low, high) = text.split_once('-').unwrap_or((&text, &text));
        let code = |text: &str| {
            text.parse::<u16>()
                .ok()
                .filter(|code| (100..=599).contains(code))
        };
        match (code(low), code(high)) {
            (Some(low), Some(high)) if low <= high => cx.url.status_codes.push((low, high)),
            _ => {
                let text = format!("Invalid HTTP_GET status code '{text}'");
                cx.report("bad-value", Severity::Error, text, word.span);
            }
        }
    }
}

/// Bytes from pairs of hexadecimal digits.
fn hex(text: &str) -> Option<Vec<u8>> {
    let pattern = pattern(text)?;
    pattern
        .into_iter()
        .map(|(byte, mask)| (mask == 0xff).then_some(byte))
        .collect()
}

/// Bytes and masks from pairs of hexadecimal digits, where `x` stands for any digit.
fn pattern(text: &str) -> Option<Vec<(u8, u8)>> {
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
        _ => None,
    };
    pairs.map(byte).collect()
}

fn joined(words: &[Word<'_>]) -> String {
    words.iter().map(|word| word.text().into_owned()).collect()
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
    let text = match (line.args().is_empty(), hex(&joined(line.args()))) {
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
    match pattern(&joined(line.args())) {
        Some(pattern) => cx.checker.udp.require_reply = Some(pattern.into()),
        None => cx.report(
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
    cx.checker.object = Some(spanned(word));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_patterns_have_masks() {
        assert_eq!(hex("0aFf"), Some(vec![0x0a, 0xff]));
        assert_eq!(pattern("1x"), Some(vec![(0x10, 0xf0)]));
        assert_eq!((hex("0"), hex("1x"), hex("zz")), (None, None, None));
    }

    #[test]
    fn a_checker_is_small() {
        assert!(size_of::<Checker>() <= 280, "{}", size_of::<Checker>());
    }
}
