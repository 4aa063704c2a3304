//! What may stand outside of all blocks.
use super::{GLOBAL, vrrp};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};

/// The outermost table.
pub static ROOT: Table = Table {
    block: "(root)",
    keywords: &[
        Keyword::new(
            "global_defs",
            Set::Block {
                args: "",
                table: &GLOBAL,
                open: plain,
                close: |_| {},
            },
            "Settings of the whole daemon.",
        ),
        Keyword::new(
            "vrrp_instance",
            Set::Block {
                args: "<name>",
                table: &vrrp::INSTANCE,
                open: vrrp::open,
                close: vrrp::close,
            },
            "One virtual router.",
        ),
    ],
};

/// Opens a block that takes no words.
pub(super) fn plain(cx: &mut Cx, line: &Line<'_>) -> bool {
    super::no_extra(cx, line, 1);
    true
}
