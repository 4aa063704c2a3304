//! Checkers: words that several share, and plain ones.
use crate::keywords::{fit, own_script};
use crate::parse::Line;
use crate::table::{Keyword, Set};
use crate::{Severity, value};

/// How often a check is made, and when it counts.
pub(in crate::keywords) static RHYTHM: &[Keyword] = &[
    Keyword::new(
        "alpha",
        Set::Bool(|cx, v| cx.checker.rhythm.alpha = Some(v.value)),
        "Checker starts in failed state.",
    )
    .complaint("Invalid alpha parameter {v}"),
    Keyword::new(
        "delay_before_retry",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.checker.rhythm.delay_before_retry = Some(v.value),
        },
        "Wait between attempts.",
    )
    .default("1")
    .unit("seconds")
    .complaint("Invalid delay_before_retry connection value '{v}'"),
    Keyword::new(
        "delay_loop",
        Set::Seconds {
            min: 1,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.checker.rhythm.delay_loop = Some(v.value),
        },
        "Time between checks.",
    )
    .unit("seconds")
    .complaint("delay_loop '{v}' is invalid - ignoring"),
    Keyword::new(
        "log_all_failures",
        Set::Bool(|cx, v| cx.checker.rhythm.log_all_failures = Some(v.value)),
        "Log every failed attempt.",
    )
    .complaint("Invalid log_all_failures parameter {v}"),
    Keyword::new(
        "retry",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.checker.rhythm.retry = Some(fit(v.value)),
        },
        "Extra attempts before declaring failure.",
    )
    .default("1, DNS 3, MISC 0")
    .complaint("Invalid retry connection value '{v}'"),
    Keyword::new(
        "warmup",
        Set::Seconds {
            min: 0,
            max: 18_446_744_073_709_551_614,
            set: |cx, v| cx.checker.rhythm.warmup = Some(v.value),
        },
        "Maximum random delay before first check.",
    )
    .unit("seconds")
    .complaint("Invalid warmup connection value '{v}'"),
];

/// Where a check connects to, and from.
pub(in crate::keywords) static CONNECT: &[Keyword] = &[
    Keyword::new(
        "bind_if",
        Set::Word(|cx, v| cx.checker.connect.bind_if = Some(v.value)),
        "Local interface; needed for link-local targets.",
    ),
    Keyword::new(
        "bind_port",
        Set::Int {
            min: 1,
            max: 65_535,
            set: |cx, v| cx.checker.connect.bind_port = Some(fit(v.value)),
        },
        "Local source port.",
    )
    .complaint("Invalid checker bind_port '{v}'"),
    Keyword::new(
        "bindto",
        Set::Address(|cx, v| cx.checker.connect.bindto = Some(v.value)),
        "Local source address.",
    )
    .complaint("Invalid bindto address {v} - ignoring"),
    Keyword::new(
        "connect_ip",
        Set::Address(|cx, v| cx.checker.connect.connect_ip = Some(v.value)),
        "Address to test.",
    )
    .default("real server")
    .complaint("Invalid connect_ip address {v} - ignoring"),
    Keyword::new(
        "connect_port",
        Set::Int {
            min: 1,
            max: 65_535,
            set: |cx, v| cx.checker.connect.connect_port = Some(fit(v.value)),
        },
        "Port to test.",
    )
    .default("real server port")
    .complaint("Invalid checker connect_port '{v}'"),
    Keyword::new(
        "connect_timeout",
        Set::Seconds {
            min: 1,
            max: 4_294_967_295,
            set: |cx, v| cx.checker.connect.connect_timeout = Some(v.value),
        },
        "Connection/response timeout.",
    )
    .unit("seconds")
    .complaint("connect_timeout {v} invalid - ignoring"),
    Keyword::new(
        "fwmark",
        Set::Int {
            min: 0,
            max: 4_294_967_295,
            set: |cx, v| cx.checker.connect.fwmark = Some(fit(v.value)),
        },
        "SO_MARK on check packets.",
    )
    .complaint("Invalid fwmark connection value '{v}'"),
];

/// What is no number is zero, of which the original says nothing.
fn offset(line: &Line<'_>) -> u32 {
    let number = line
        .word(1)
        .map(|word| value::int(&word.text(), 0, 4_294_967_295));
    number.and_then(Result::ok).map(fit).unwrap_or_default()
}

/// HTTP requests.
pub(in crate::keywords) static HTTP: &[Keyword] = &[
    Keyword::new(
        "enable_sni",
        Set::Bool(|cx, v| cx.checker.http.enable_sni = Some(v.value)),
        "Send SNI taken from virtualhost.",
    )
    .complaint("Invalid enable_sni parameter {v}"),
    Keyword::new(
        "fast_recovery",
        Set::Bool(|cx, v| cx.checker.http.fast_recovery = Some(v.value)),
        "Test all URLs without waiting delay_loop when recovering.",
    )
    .complaint("Invalid fast_recovery parameter {v}"),
    Keyword::new(
        "virtualhost",
        Set::Word(|cx, v| cx.checker.http.virtualhost = Some(v.value)),
        "Host header for all URLs.",
    )
    .last("Duplicate virtualhost - overwriting {old} with {v}")
    .missing("HTTP_GET virtualhost name missing"),
];

/// One page.
pub(in crate::keywords) static URL: &[Keyword] = &[
    Keyword::new(
        "path",
        Set::Word(|cx, v| cx.url.path = Some(v.value)),
        "Request target.",
    )
    .last("Duplicate path - overwriting {old} with {v}")
    .default("/"),
    Keyword::new(
        "regex",
        Set::Word(|cx, v| cx.url.regex = Some(v.value)),
        "Body must match.",
    )
    .last("Duplicate regex specified - replacing {old} with {v}")
    .missing("regex missing or too many fields"),
    Keyword::new(
        "regex_max_offset",
        Set::Line {
            args: "<number>",
            set: |cx, line| cx.url.regex_max_offset = Some(offset(line)),
        },
        "Where matching must end.",
    )
    .unit("bytes"),
    Keyword::new(
        "regex_min_offset",
        Set::Line {
            args: "<number>",
            set: |cx, line| cx.url.regex_min_offset = Some(offset(line)),
        },
        "Where matching may start.",
    )
    .unit("bytes"),
    Keyword::new(
        "regex_no_match",
        Set::Flag(|cx| cx.url.regex_no_match = true),
        "Body must not match.",
    ),
    Keyword::new(
        "virtualhost",
        Set::Word(|cx, v| cx.url.virtualhost = Some(v.value)),
        "Host header for this URL.",
    )
    .last("Duplicate url virtualhost - overwriting {old} with {v}")
    .missing("Missing HTTP_GET virtualhost name"),
];

/// DNS queries.
pub(in crate::keywords) static DNS: &[Keyword] = &[Keyword::new(
    "name",
    Set::Word(|cx, v| {
        // the dot at the end is the root's
        let name = v.value.strip_suffix('.').unwrap_or(&v.value);
        if !name.is_empty() && name.split('.').any(str::is_empty) {
            let text = format!("DNS_CHECK name '{}' has empty label - ignoring", v.value);
            return cx.report("bad-value", Severity::Warning, text, v.span);
        }
        cx.checker.dns.name = Some(v.value);
    }),
    "Query name.",
)
.once("DNS_CHECK name already specified - ignoring")
.default(".")];

/// External programs.
pub(in crate::keywords) static MISC: &[Keyword] = &[
    Keyword::new(
        "misc_dynamic",
        Set::Flag(|cx| cx.checker.misc.misc_dynamic = true),
        "Exit 2..255 success, weight becomes code minus two.",
    ),
    Keyword::new(
        "misc_path",
        Set::Line {
            args: "\"<command>\"",
            set: |cx, line| cx.checker.misc.misc_path = own_script(cx, line),
        },
        "Program; exit 0 success.",
    ),
    Keyword::new(
        "misc_timeout",
        Set::Int {
            min: 0,
            max: 4294,
            set: |cx, v| cx.checker.misc.misc_timeout = Some(fit(v.value)),
        },
        "Run time limit.",
    )
    .default("delay_loop")
    .unit("seconds")
    .complaint("Invalid misc_timeout value '{v}'"),
];

/// Datagrams.
pub(in crate::keywords) static UDP: &[Keyword] = &[
    Keyword::new(
        "max_reply_length",
        Set::Int {
            min: 0,
            max: 65_535,
            set: |cx, v| cx.checker.udp.max_reply_length = Some(fit(v.value)),
        },
        "Longest acceptable reply.",
    )
    .default("255")
    .complaint("UDP_CHECK max length {v} not valid - must be between 0 & 65535"),
    Keyword::new(
        "min_reply_length",
        Set::Int {
            min: 0,
            max: 65_535,
            set: |cx, v| cx.checker.udp.min_reply_length = Some(fit(v.value)),
        },
        "Shortest acceptable reply.",
    )
    .default("0")
    .complaint("UDP_CHECK min length {v} not valid - must be between 0 & 65535"),
];

/// Mail servers.
pub(in crate::keywords) static SMTP: &[Keyword] = &[Keyword::new(
    "helo_name",
    Set::Word(|cx, v| cx.checker.smtp.helo_name = Some(v.value)),
    "Name in HELO.",
)
.once("SMTP_CHECK helo name already specified")
.default("smtpchecker.keepalived.org")
.missing("SMTP_CHECK helo name missing")];
