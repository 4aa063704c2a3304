//! What a server may cost us.
use core::time::Duration;

/// Longest header section of an HTTP answer, in octets.
pub const HTTP_HEADER: usize = 64 * 1024;
/// Most header lines of an HTTP answer.
pub const HTTP_HEADERS: usize = 512;
/// Longest body of an HTTP answer, in octets; it is read in small pieces and never kept.
pub const HTTP_BODY: u64 = 256 * 1024 * 1024;
/// Longest body that a regular expression is tried on, in octets.
pub const REGEX_BODY: usize = 4 * 1024 * 1024;
/// Steps and memory (in KiB) of one match.
pub const REGEX_STEPS: u32 = 1_000_000;
/// See [`REGEX_STEPS`].
pub const REGEX_HEAP: u32 = 8 * 1024;
/// Longest line of an SMTP server, in octets (RFC 5321 section 4.5.3.1.5: 512).
pub const SMTP_LINE: usize = 4096;
/// Most lines of one SMTP answer.
pub const SMTP_LINES: usize = 64;

/// Time for a whole conversation, given the time for one answer (`connect_timeout`): a server that
/// drips is given up as well as one that says nothing.
pub const fn conversation(answer: Duration) -> Duration {
    answer.saturating_mul(4)
}
