//! What a check does; everything that its maker has to know.
use crate::Command;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Where a check connects to, and from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `connect_ip`, or the real server's.
    pub address: IpAddr,
    /// `connect_port`, or the real server's.
    pub port: u16,
    /// `connect_timeout`: for the connection and for each answer.
    pub timeout: Duration,
    /// Where it comes from; boxed, for most checks leave that to the kernel.
    pub source: Option<Box<Source>>,
}

/// Where a check's packets come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// `bindto`.
    pub address: Option<IpAddr>,
    /// `bind_port`.
    pub port: Option<u16>,
    /// `bind_if`.
    pub interface: Option<String>,
    /// `fwmark`: mark of its packets.
    pub fwmark: Option<u32>,
}

impl Source {
    /// As an endpoint has it: `None` while nothing is written.
    pub fn written(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

impl Endpoint {
    /// As it is when nothing else is written.
    pub const fn new(address: IpAddr, port: u16) -> Endpoint {
        Endpoint {
            address,
            port,
            timeout: super::secs(5),
            source: None,
        }
    }
}

/// What is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// `TCP_CHECK`.
    Tcp(Endpoint),
    /// `HTTP_GET`, `SSL_GET`.
    Http(Box<Http>),
    /// `SMTP_CHECK`.
    Smtp(Box<Smtp>),
    /// `DNS_CHECK`.
    Dns(Box<Dns>),
    /// `UDP_CHECK`.
    Udp(Box<Udp>),
    /// `PING_CHECK`.
    Ping(Endpoint),
    /// `MISC_CHECK`.
    Misc(Box<Misc>),
    /// `FILE_CHECK`.
    File(FileCheck),
    /// `BFD_CHECK`: the session's name.
    Bfd(String),
}

impl Probe {
    /// Whether it is made on the wire, by a prober.
    pub const fn is_remote(&self) -> bool {
        !matches!(self, Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_))
    }

    /// How log lines name the check.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Probe::Tcp(_) => "TCP_CHECK",
            Probe::Http(http) if http.tls.is_some() => "SSL_CHECK",
            Probe::Http(_) => "HTTP_CHECK",
            Probe::Smtp(_) => "SMTP_CHECK",
            Probe::Dns(_) => "DNS_CHECK",
            Probe::Udp(_) => "UDP_CHECK",
            Probe::Ping(_) => "ICMP CHECK",
            Probe::Misc(_) => "MISC_CHECK",
            Probe::File(_) => "FILE_CHECK",
            Probe::Bfd(_) => "BFD_CHECK",
        }
    }
}

/// `HTTP_GET`, `SSL_GET`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// Where.
    pub endpoint: Endpoint,
    /// `SSL_GET`.
    pub tls: Option<HttpTls>,
    /// `http_protocol`.
    pub version: HttpVersion,
    /// `url` blocks; each is one step of the check.
    pub urls: Vec<Url>,
}

/// What `SSL_GET` adds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HttpTls {
    /// `enable_sni`, `sni_name`: the name of each step, where there is one.
    pub names: Vec<Option<String>>,
    /// `tls_compliant`: a connection that ends without notice is a failure.
    pub compliant: bool,
    /// `tls_verify`; nothing is verified when `None`.
    pub verify: Option<Verify>,
}

/// `tls_verify`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verify {
    /// `tls_ca`: file of the authorities, or for who makes checks, its contents; the system's
    /// when `None`.
    pub ca: Option<String>,
    /// `tls_name`: the name or address that the certificate bears, for each step.
    pub names: Vec<String>,
}

/// `http_protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum HttpVersion {
    /// `1.0`.
    #[default]
    V10,
    /// `1.0C`: with `Connection: close`.
    V10Close,
    /// `1.1`, with `Connection: close`.
    V11,
    /// `http2`.
    V2,
}

/// A `url` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Url {
    /// `path`.
    pub path: String,
    /// Value of the `Host` header.
    pub host: String,
    /// `status_code`: ranges, both ends included.
    pub status: Vec<(u16, u16)>,
    /// `digest`: MD5 of the body.
    pub digest: Option<[u8; 16]>,
    /// `regex` and its settings.
    pub regex: Option<Regex>,
    /// `method`.
    pub method: String,
    /// `header`: names and values.
    pub headers: Vec<(String, String)>,
    /// `body`.
    pub body: Option<String>,
    /// `grpc_service`; empty: the server as a whole.
    pub grpc: Option<String>,
}

impl Url {
    /// A page to get, any status from 200 to 299 will do.
    pub fn get(path: impl Into<String>, host: impl Into<String>) -> Url {
        Url {
            path: path.into(),
            host: host.into(),
            status: vec![(200, 299)],
            digest: None,
            regex: None,
            method: "GET".into(),
            headers: Vec::new(),
            body: None,
            grpc: None,
        }
    }
}

/// `regex`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regex {
    /// The pattern.
    pub pattern: String,
    /// `regex_options`, as bits in the order of the keyword's table.
    pub options: u32,
    /// `regex_no_match`.
    pub inverted: bool,
    /// `regex_min_offset`.
    pub min_offset: Option<u32>,
    /// `regex_max_offset`.
    pub max_offset: Option<u32>,
    /// `regex_stack`: the most that a match may use, in octets.
    pub stack: Option<u32>,
}

/// `SMTP_CHECK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    /// Where.
    pub endpoint: Endpoint,
    /// `helo_name`.
    pub helo: String,
}

/// `DNS_CHECK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// Where.
    pub endpoint: Endpoint,
    /// `type`, as its number.
    pub kind: u16,
    /// `name`.
    pub name: String,
}

/// `UDP_CHECK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Udp {
    /// Where.
    pub endpoint: Endpoint,
    /// `payload`; something random when empty.
    pub payload: Vec<u8>,
    /// `require_reply`: octets, and the bits of each that count; empty: any answer will do.
    pub reply: Option<Vec<(u8, u8)>>,
    /// `min_reply_length`.
    pub min_length: u16,
    /// `max_reply_length`.
    pub max_length: u16,
}

/// `MISC_CHECK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misc {
    /// `misc_path`.
    pub command: Command,
    /// `misc_timeout`.
    pub timeout: Duration,
    /// `misc_dynamic`: exit codes from 2 on are weights.
    pub dynamic: bool,
}

/// `FILE_CHECK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCheck {
    /// Name of its `track_file`.
    pub name: String,
    /// The file.
    pub path: String,
    /// What its number is multiplied with; 0: any other number than 0 is a failure.
    pub weight: i32,
}

/// `SSL`: what the client shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tls {
    /// `ca`.
    pub ca: Option<String>,
    /// `certificate`.
    pub certificate: Option<String>,
    /// `key`.
    pub key: Option<String>,
    /// `password`.
    pub password: Option<String>,
}
