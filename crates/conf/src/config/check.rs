//! Health checks.
use super::{Script, User};
use crate::{Plain, Rare, Span, Spanned};
use core::time::Duration;
use std::net::IpAddr;

/// How often a check is made, and when it counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rhythm {
    /// `alpha`: checker starts in failed state.
    pub alpha: Option<bool>,
    /// `delay_before_retry`: wait between attempts.
    pub delay_before_retry: Option<Duration>,
    /// `delay_loop`: time between checks.
    pub delay_loop: Option<Duration>,
    /// `log_all_failures`: log every failed attempt.
    pub log_all_failures: Option<bool>,
    /// `retry`: extra attempts before declaring failure.
    pub retry: Option<u32>,
    /// `warmup`: maximum random delay before first check.
    pub warmup: Option<Duration>,
}

impl Plain for Rhythm {
    const PLAIN: &'static Self = &Rhythm {
        alpha: None,
        delay_before_retry: None,
        delay_loop: None,
        log_all_failures: None,
        retry: None,
        warmup: None,
    };
}

/// Where a check connects to, and from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Connect {
    /// `bind_if`: local interface; needed for link-local targets.
    pub bind_if: Option<Box<str>>,
    /// `bind_port`: local source port.
    pub bind_port: Option<u16>,
    /// `bindto`: local source address.
    pub bindto: Option<IpAddr>,
    /// `connect_ip`: address to test.
    pub connect_ip: Option<IpAddr>,
    /// `connect_port`: port to test.
    pub connect_port: Option<u16>,
    /// `connect_timeout`: connection/response timeout.
    pub connect_timeout: Option<Duration>,
    /// `fwmark`: `SO_MARK` on check packets.
    pub fwmark: Option<u32>,
}

/// `HTTP_GET` and `SSL_GET`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Http {
    /// `SSL_GET`.
    pub tls: bool,
    /// `http_protocol`.
    pub protocol: Option<HttpProtocol>,
    /// `sni_name`; `None` inside: no name was written.
    pub sni_name: Option<Option<Box<str>>>,
    /// `tls_compliant`.
    pub tls_compliant: Option<bool>,
    /// `url` blocks.
    pub urls: Vec<Url>,
    /// `enable_sni`: send SNI taken from virtualhost.
    pub enable_sni: Option<bool>,
    /// `fast_recovery`: test all URLs without waiting `delay_loop` when recovering.
    pub fast_recovery: Option<bool>,
    /// `http2`.
    pub http2: Option<bool>,
    /// `tls_verify`: the certificate must be valid.
    pub tls_verify: Option<bool>,
    /// `tls_ca`: file of those who may sign it.
    pub tls_ca: Option<Box<str>>,
    /// `tls_name`: name that it must bear.
    pub tls_name: Option<Box<str>>,
    /// `virtualhost`: host header for all URLs.
    pub virtualhost: Option<Box<str>>,
}

/// A `url` block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Url {
    /// `digest`.
    pub digest: Option<[u8; 16]>,
    /// `status_code`: ranges, both ends included.
    pub status_codes: Vec<(u16, u16)>,
    /// `regex_options`, as bits in the order of the table.
    pub regex_options: u32,
    /// `regex_stack`: start and maximum, in bytes.
    pub regex_stack: Option<(u32, u32)>,
    /// `tls_compliant`.
    pub tls_compliant: Option<bool>,
    /// `method`.
    pub method: Option<Box<str>>,
    /// `header`: name and value.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// `body`.
    pub body: Option<Box<str>>,
    /// `grpc_service`; empty: the server as a whole.
    pub grpc_service: Option<Box<str>>,
    /// `path`: request target.
    pub path: Option<Box<str>>,
    /// `regex`: body must match.
    pub regex: Option<Box<str>>,
    /// `regex_max_offset`: where matching must end.
    pub regex_max_offset: Option<u32>,
    /// `regex_min_offset`: where matching may start.
    pub regex_min_offset: Option<u32>,
    /// `regex_no_match`: body must not match.
    pub regex_no_match: bool,
    /// `virtualhost`: host header for this URL.
    pub virtualhost: Option<Box<str>>,
}

/// `DNS_CHECK`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dns {
    /// `type`.
    pub kind: Option<&'static str>,
    /// `name`: query name.
    pub name: Option<Box<str>>,
}

/// `MISC_CHECK`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Misc {
    /// `user`.
    pub user: Option<User>,
    /// `misc_dynamic`: exit 2..255 success, weight becomes code minus two.
    pub misc_dynamic: bool,
    /// `misc_path`: program; exit 0 success.
    pub misc_path: Option<Script>,
    /// `misc_timeout`: run time limit.
    pub misc_timeout: Option<u32>,
}

/// `UDP_CHECK`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Udp {
    /// `payload`.
    pub payload: Option<Box<[u8]>>,
    /// `require_reply`: bytes and the bits of each that count; empty: any reply.
    pub require_reply: Option<Box<[(u8, u8)]>>,
    /// `max_reply_length`: longest acceptable reply.
    pub max_reply_length: Option<u16>,
    /// `min_reply_length`: shortest acceptable reply.
    pub min_reply_length: Option<u16>,
}

/// `SMTP_CHECK`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Smtp {
    /// `host` blocks: rhythm and connection of further hosts.
    pub hosts: Vec<(Rhythm, Connect)>,
    /// `helo_name`: name in HELO.
    pub helo_name: Option<Box<str>>,
}

/// `http_protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpProtocol {
    /// `1.0`.
    V10,
    /// `1.0C`: with `Connection: close`.
    V10Close,
    /// `1.1`.
    V11,
}

/// One checker of a real server.
#[derive(Debug, Clone, PartialEq)]
pub struct Checker {
    /// The opening word.
    pub span: Span,
    /// How often, and when it counts.
    pub rhythm: Rare<Rhythm>,
    /// Where it connects to.
    pub connect: Connect,
    /// What is checked.
    pub check: Check,
}

/// What a checker does; boxed, for there are many checkers and most are small.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// `TCP_CHECK`.
    Tcp,
    /// `HTTP_GET`, `SSL_GET`.
    Http(Box<Http>),
    /// `SMTP_CHECK`.
    Smtp(Box<Smtp>),
    /// `DNS_CHECK`.
    Dns(Box<Dns>),
    /// `UDP_CHECK`.
    Udp(Box<Udp>),
    /// `PING_CHECK`.
    Ping,
    /// `MISC_CHECK`.
    Misc(Box<Misc>),
    /// `FILE_CHECK`: the file, its weight, reversed.
    File(Spanned<Box<str>>, Option<i32>, bool),
    /// `BFD_CHECK`: the session.
    Bfd(Spanned<Box<str>>),
}
