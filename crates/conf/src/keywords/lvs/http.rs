//! Blocks and words of `HTTP_GET` and `SSL_GET`.
use super::checkers::{HTTP_URL, SSL_URL, hex, pattern};
use crate::config::{HttpProtocol, Url};
use crate::keywords::no_extra;
use crate::keywords::{fit, optional};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::value;
use crate::{Diagnostic, Severity};

pub(super) static HTTP_BLOCKS: &[Keyword] = &[Keyword::new(
    "url",
    Set::Block {
        args: "",
        table: &HTTP_URL,
        open: open_url,
        close: close_url,
    },
    "One page; several are fetched in turn.",
)];

pub(super) static SSL_BLOCKS: &[Keyword] = &[Keyword::new(
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

pub(super) static HTTP_OWN: &[Keyword] = &[
    Keyword::new(
        "http2",
        Set::Bool(|cx, v| cx.checker.http.http2 = Some(v.value)),
        "Asks in HTTP/2: with HTTP_GET without a question beforehand, with SSL_GET by ALPN.",
    )
    .ours()
    .default("no")
    .complaint("Invalid http2 parameter {v}"),
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

pub(super) static SSL_OWN: &[Keyword] = &[
    Keyword::new(
        "tls_ca",
        Set::Word(|cx, v| cx.checker.http.tls_ca = Some(v.value)),
        "File of the authorities that may sign it (PEM); implies tls_verify.",
    )
    .ours()
    .default("ca of the SSL block, else the system's"),
    Keyword::new(
        "tls_compliant",
        Set::Bool(|cx, v| cx.checker.http.tls_compliant = Some(v.value)),
        "A connection that ends without close_notify is a failure, for all pages.",
    )
    .since("2.2.8")
    .complaint("Invalid tls_compliant parameter {v}"),
    Keyword::new(
        "tls_name",
        Set::Word(|cx, v| cx.checker.http.tls_name = Some(v.value)),
        "Name or address that it must bear; implies tls_verify.",
    )
    .ours()
    .default("the name of SNI, else the virtual host, else the address"),
    Keyword::new(
        "tls_verify",
        Set::Bool(|cx, v| cx.checker.http.tls_verify = Some(v.value)),
        "The server's certificate must be valid and bear the right name.",
    )
    .ours()
    .default("no")
    .complaint("Invalid tls_verify parameter {v}"),
];

pub(super) static SSL_URL_OWN: &[Keyword] = &[Keyword::new(
    "tls_compliant",
    Set::Bool(|cx, v| cx.url.tls_compliant = Some(v.value)),
    "A connection that ends without close_notify is a failure, for this page.",
)
.since("2.2.8")
.complaint("Invalid tls_compliant parameter {v}")];

pub(super) static URL_OWN: &[Keyword] = &[
    Keyword::new(
        "body",
        Set::Word(|cx, v| cx.url.body = Some(v.value)),
        "What is sent behind the header.",
    )
    .ours(),
    Keyword::new(
        "digest",
        Set::Line {
            args: "<32 hexadecimal digits>",
            set: digest,
        },
        "MD5 sum that the body must have.",
    ),
    Keyword::new(
        "grpc_service",
        Set::Line {
            args: "[<service>]",
            set: |cx, line| {
                cx.url.grpc_service = Some(optional(line).value.unwrap_or_default());
                cx.url
                    .path
                    .get_or_insert("/grpc.health.v1.Health/Check".into());
            },
        },
        "Asks gRPC's health service for this service, or for the server as a whole; implies http2.",
    )
    .ours(),
    Keyword::new(
        "header",
        Set::Line {
            args: "<name> <value>",
            set: header,
        },
        "A further header; it takes the place of one of ours with the same name.",
    )
    .ours(),
    Keyword::new(
        "method",
        Set::Word(|cx, v| cx.url.method = Some(v.value)),
        "The method, as POST or HEAD.",
    )
    .ours()
    .default("GET, or POST with a body"),
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
pub const REGEX_OPTIONS: &[&str] = &[
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
                match cx.nearest(&word.text(), REGEX_OPTIONS.iter().copied()) {
                    Some(near) => found.help(format!("did you mean '{near}'?")),
                    None => found.help(format!("one of: {}", REGEX_OPTIONS.join(", "))),
                },
            );
        }
    }
}

/// What a header may be made of (RFC 9110 section 5): no line of its own can be smuggled in.
fn header(cx: &mut Cx, line: &Line<'_>) {
    let Some(name) = line.need(cx, 1) else { return };
    let words = line.args().get(1..).unwrap_or_default();
    let words: Vec<_> = words.iter().map(Word::text).collect();
    let (key, value) = (name.text(), words.join(" "));
    let key = key.trim_end_matches(':');
    let token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    if key.is_empty() || !key.bytes().all(token) || value.contains(char::is_control) {
        let text = format!("Invalid HTTP header '{key}' - ignoring");
        return cx.report("bad-value", Severity::Error, text, name.span);
    }
    cx.url.headers.push((key.into(), value.into()));
}

fn regex_stack(cx: &mut Cx, line: &Line<'_>) {
    let read = |at| {
        line.word(at)
            .and_then(|word| value::int(&word.text(), i64::from(i32::MIN), i64::MAX).ok())
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
        } else if let Some(bytes) =
            hex(pattern(&text)).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
        {
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
