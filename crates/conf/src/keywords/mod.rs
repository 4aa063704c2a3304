//! The tables: one row per keyword, one table per kind of block.
mod address;
mod garp;
mod global;
mod root;
mod vrrp;

pub use global::GLOBAL;
pub use root::ROOT;
pub use vrrp::{AUTHENTICATION, INSTANCE};

use crate::parse::{Cx, Line};
use crate::{Severity, Table};

/// Every table, for the manual and the tests.
pub static ALL: &[&Table] = &[&ROOT, &GLOBAL, &INSTANCE, &AUTHENTICATION];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_every_row_is_documented() {
        for table in ALL {
            assert!(
                table.keywords.is_sorted_by(|a, b| a.name < b.name),
                "{} is not sorted",
                table.block
            );
            for row in table.keywords {
                assert!(
                    row.doc.ends_with('.') && row.doc.len() > 10,
                    "{}/{}",
                    table.block,
                    row.name
                );
            }
        }
    }
}
