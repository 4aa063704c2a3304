//! The tables: one row per keyword, one table per kind of block.
mod address;
mod garp;
mod global;
mod lvs;
mod root;
mod root_rows;
mod route;
mod track;
mod vrrp;
pub mod words;

pub use global::GLOBAL;
pub use lvs::{REAL_SERVER, REGEX_OPTIONS, VIRTUAL_SERVER, checkers};
pub use root::ROOT;
pub use track::{BFD, PROCESS, SCRIPT, TRACK_FILE, TRACK_GROUP};
pub use vrrp::{AUTHENTICATION, HMAC, INSTANCE, SYNC_GROUP};

use crate::config::Script;
use crate::lex::Word;
use crate::parse::{self, Cx, Line};
use crate::value;
use crate::{Diagnostic, Severity, Spanned, Table};

/// Every table with its path, for the manual and the tests.
pub static ALL: &[(&str, &Table)] = &[
    ("(root)", &ROOT),
    ("SSL", &root::SSL),
    ("bfd_instance", &BFD),
    ("garp_group", &root::GARP_GROUP),
    ("global_defs", &GLOBAL),
    ("track_file", &TRACK_FILE),
    ("track_group", &TRACK_GROUP),
    ("virtual_server", &VIRTUAL_SERVER),
    ("virtual_server/real_server", &REAL_SERVER),
    ("virtual_server/real_server/BFD_CHECK", &checkers::BFD_CHECK),
    ("virtual_server/real_server/DNS_CHECK", &checkers::DNS_CHECK),
    (
        "virtual_server/real_server/FILE_CHECK",
        &checkers::FILE_CHECK,
    ),
    ("virtual_server/real_server/HTTP_GET", &checkers::HTTP_GET),
    (
        "virtual_server/real_server/HTTP_GET/url",
        &checkers::HTTP_URL,
    ),
    (
        "virtual_server/real_server/MISC_CHECK",
        &checkers::MISC_CHECK,
    ),
    (
        "virtual_server/real_server/PING_CHECK",
        &checkers::PING_CHECK,
    ),
    (
        "virtual_server/real_server/SMTP_CHECK",
        &checkers::SMTP_CHECK,
    ),
    (
        "virtual_server/real_server/SMTP_CHECK/host",
        &checkers::SMTP_HOST,
    ),
    ("virtual_server/real_server/SSL_GET", &checkers::SSL_GET),
    ("virtual_server/real_server/SSL_GET/url", &checkers::SSL_URL),
    ("virtual_server/real_server/TCP_CHECK", &checkers::TCP_CHECK),
    ("virtual_server/real_server/UDP_CHECK", &checkers::UDP_CHECK),
    ("vrrp_instance", &INSTANCE),
    ("vrrp_instance/auth_hmac", &HMAC),
    ("vrrp_instance/authentication", &AUTHENTICATION),
    ("vrrp_script", &SCRIPT),
    ("vrrp_sync_group", &SYNC_GROUP),
    ("vrrp_track_file", &TRACK_FILE),
    ("vrrp_track_process", &PROCESS),
];

/// Interface names have at most this many bytes (`IFNAMSIZ` less its terminator).
pub(crate) const IFNAME_MAX: usize = 15;

/// Reports words between a block's keyword (with its `used - 1` words) and its brace.
pub(crate) fn no_extra(cx: &mut Cx, line: &Line<'_>, used: usize) {
    if let (Some(keyword), Some(extra)) = (line.word(0), line.word(used)) {
        let text = format!(
            "Block {} has extra parameters {} ...",
            keyword.text(),
            extra.text()
        );
        cx.report("extra-parameters", Severity::Warning, text, extra.span);
    }
}

/// A number that its row has checked, in the type of its field.
fn fit<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

/// A word as a value.
fn spanned(word: &Word<'_>) -> Spanned<Box<str>> {
    Spanned::new(word.text().into(), word.span)
}

/// The command of a block that says in a line of its own who runs it. Without one the block is
/// left out, which is told then; so it is when a quote is not closed.
fn own_script(cx: &mut Cx, line: &Line<'_>) -> Option<Script> {
    let written = |script: &Script| !script.command.value.trim().is_empty();
    let script = parse::script(line, 1)
        .filter(written)
        .filter(|_| !cx.unterminated)?;
    Some(Script {
        user: None,
        group: None,
        ..script
    })
}

/// The word behind the keyword, which may be missing.
fn optional(line: &Line<'_>) -> Spanned<Option<Box<str>>> {
    let word = line.word(1);
    Spanned::new(
        word.map(|w| w.text().into()),
        word.map_or(line.span(), |w| w.span),
    )
}

/// All words behind the keyword; when there are none, `missing` is the finding, if any.
fn some_words(cx: &mut Cx, line: &Line<'_>, missing: &str) -> Vec<Spanned<Box<str>>> {
    if line.args().is_empty() && !missing.is_empty() {
        cx.report("missing-value", Severity::Error, missing, line.span());
    }
    line.args().iter().map(spanned).collect()
}

/// A real-time priority, cut to the kernel's range.
fn rt_priority(cx: &mut Cx, process: &str, written: Spanned<i64>) -> Spanned<u8> {
    let kept = written.value.clamp(1, 99);
    if kept != written.value {
        let (what, bound) = if kept > written.value {
            ("less than minimum", "minimum")
        } else {
            ("greater than maximum", "maximum")
        };
        let text = format!(
            "{process} process real-time priority {} {what} {kept} - setting to {bound}",
            written.value
        );
        cx.report("clamped", Severity::Warning, text, written.span);
    }
    Spanned::new(fit(kept), written.span)
}

/// A number of a line with its own grammar; what is wrong is reported with `complaint` behind it.
fn number(cx: &mut Cx, word: &Word<'_>, min: i64, max: i64, complaint: &str) -> Option<i64> {
    match value::int(&word.text(), min, max) {
        Ok(number) => Some(number),
        Err(refused) => {
            let found = Diagnostic::new("bad-value", Severity::Error, refused.why).at(word.span);
            cx.push(if complaint.is_empty() {
                found
            } else {
                found.consequence(complaint.replace("{v}", &word.text()))
            });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the parsers of lines know is what people are told of.
    #[test]
    fn every_option_of_a_line_is_documented() {
        let known = |place: &str| -> Vec<&str> {
            let all = words::places().filter(|(name, _)| name.starts_with(place));
            all.flat_map(|(_, words)| words.iter().map(|word| word.name))
                .collect()
        };
        for (place, options) in [
            ("(address line)", address::options()),
            ("(route line)", route::route_options()),
            ("(rule line)", route::rule_options()),
            ("HTTP_GET|SSL_GET/url/regex_options", REGEX_OPTIONS.to_vec()),
        ] {
            let known = known(place);
            for option in options {
                let told = known
                    .iter()
                    .any(|word| word.split(['|', '/', ',', ' ']).any(|part| part == option));
                assert!(told, "{place}: {option} is not documented");
            }
        }
        for (place, words) in words::places() {
            for word in words {
                assert!(
                    word.doc.ends_with('.') && word.doc.len() > 4,
                    "{place} {}",
                    word.name
                );
            }
        }
    }

    #[test]
    fn tables_are_sorted_and_every_row_is_documented() {
        for (path, table) in ALL {
            for part in table.parts {
                assert!(
                    part.is_sorted_by(|a, b| a.name < b.name),
                    "{path} is not sorted"
                );
            }
            let mut names: Vec<_> = table.rows().map(|row| row.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{path} has a keyword twice");
            for row in table.rows() {
                assert!(
                    row.doc.ends_with('.') && row.doc.len() > 5,
                    "{path}/{}",
                    row.name
                );
            }
        }
    }
}
