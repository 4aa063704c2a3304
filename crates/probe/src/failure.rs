//! Why a server is taken for dead.
use std::{fmt, io};

/// What a check failed at.
#[derive(Debug)]
pub enum Failure {
    /// No connection, or it broke.
    Io(&'static str, io::Error),
    /// Nothing within the time.
    Timeout(&'static str),
    /// A status that is not among those wanted.
    Status(u16),
    /// A body with another MD5.
    Digest([u8; 16]),
    /// A body that does not match.
    NoMatch,
    /// A body that matches and must not.
    Match,
    /// An answer of so many octets.
    Length(usize),
    /// Something that is not an answer in this protocol.
    Garbage(&'static str),
    /// More than a server may send.
    TooLong(&'static str),
    /// The server refused, in its own words (shortened).
    Refused(String),
    /// No TLS with this server.
    Tls(String),
    /// Its certificate is not what it should be.
    Certificate(String),
    /// HTTP/2 came to nothing.
    Http2(String),
    /// This kind of check is made elsewhere.
    NotHere,
    /// The machine cannot make the check.
    Ours(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(what, why) => write!(f, "{what}: {why}"),
            Failure::Timeout(what) => write!(f, "{what}: no answer in time"),
            Failure::Status(code) => write!(f, "HTTP status code {code}"),
            Failure::Digest(digest) => {
                f.write_str("MD5 digest ")?;
                digest.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Failure::NoMatch => f.write_str("the regular expression does not match"),
            Failure::Match => f.write_str("the regular expression matches"),
            Failure::Length(octets) => write!(f, "an answer of {octets} octets"),
            Failure::Garbage(what) => write!(f, "{what}"),
            Failure::TooLong(what) => write!(f, "{what} is longer than it may be"),
            Failure::Refused(words) => write!(f, "refused: {words}"),
            Failure::Tls(why) => write!(f, "TLS: {why}"),
            Failure::Certificate(why) => write!(f, "certificate: {why}"),
            Failure::Http2(why) => write!(f, "HTTP/2: {why}"),
            Failure::NotHere => f.write_str("not a check of the network"),
            Failure::Ours(why) => write!(f, "cannot be made here: {why}"),
        }
    }
}

/// Words of a server that may be shown to people: printable, and not many.
pub(crate) fn shown(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
