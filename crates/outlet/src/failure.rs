//! Why something did not go out.
use std::fmt;
use std::io;

/// Longest piece of what the other side says that goes into a log, in octets.
const SHOWN: usize = 120;

/// Why something did not go out.
#[derive(Debug)]
pub enum Failure {
    /// The connection could not be made, or broke.
    Io(io::Error),
    /// It took too long to do this.
    Timeout(&'static str),
    /// No encryption that we could believe in.
    Tls(String),
    /// What the other side said instead of yes, with its code.
    Refused(u16, String),
    /// The other side does not speak the protocol.
    Garbage(&'static str),
    /// Nothing that the other side could help.
    Ours(String),
}

impl Failure {
    /// Whether it is of no use to try again: the other side said no for good (SMTP 5xx), or what
    /// is wrong is in the configuration.
    pub const fn is_final(&self) -> bool {
        match self {
            Failure::Refused(code, _) => *code >= 500,
            Failure::Ours(_) => true,
            Failure::Io(_) | Failure::Timeout(_) | Failure::Tls(_) | Failure::Garbage(_) => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(why) => write!(f, "{why}"),
            Failure::Timeout(what) => write!(f, "{what} timed out"),
            Failure::Tls(why) => write!(f, "TLS: {why}"),
            Failure::Refused(_, text) => write!(f, "refused: {text}"),
            Failure::Garbage(what) => f.write_str(what),
            Failure::Ours(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        Failure::Io(why)
    }
}

/// What a stranger sent, fit for a log line.
pub(crate) fn shown(octets: &[u8]) -> String {
    let octets = octets.get(..SHOWN).unwrap_or(octets);
    octets.trim_ascii().escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_for_now_is_tried_again_and_what_is_shown_is_harmless() {
        assert!(!Failure::Refused(450, String::new()).is_final());
        assert!(Failure::Refused(550, String::new()).is_final());
        assert!(!Failure::Timeout("x").is_final());
        assert_eq!(shown(b"550 \x1b[31mno\r\n"), "550 \\x1b[31mno");
        assert_eq!(shown(&[b'a'; 500]).len(), SHOWN);
    }
}
