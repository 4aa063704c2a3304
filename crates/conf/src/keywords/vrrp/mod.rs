//! `vrrp_instance` and its blocks.
mod auth;
pub(super) mod family;
mod group;
mod group_rows;
mod hmac;
mod line_rows;
pub(super) mod lines;
mod more;
mod notify;
mod rows;

pub use auth::AUTHENTICATION;
pub use group::SYNC_GROUP;
pub(super) use group::{close_group, open_group};
pub use hmac::HMAC;

use crate::config::Instance;
use crate::parse::{Cx, Line};
use crate::table::Table;
use crate::{Diagnostic, Severity, Spanned};

/// `vrrp_instance`.
pub static INSTANCE: Table = Table {
    block: "vrrp_instance",
    parts: &[
        rows::INSTANCE_ROWS,
        line_rows::INSTANCE_LINES,
        more::MORE,
        notify::INSTANCE_NOTIFY,
    ],
};

pub(super) fn open(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.word(1).filter(|_| line.args().len() == 1) else {
        let text = "vrrp_instance must have a name";
        let found = Diagnostic::new("missing-name", Severity::Error, text).at(line.span());
        cx.push(found.help("write one word behind vrrp_instance; the block is left out"));
        return false;
    };
    cx.name = name.text().into();
    if let Some(&first) = cx.names.instances.get(&cx.name) {
        let text = format!("vrrp instance {} already defined", cx.name);
        let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
        let found = found.label(first, "first defined here");
        cx.push(found.help("give it another name; the block is left out"));
        return false;
    }
    cx.names.instances.insert(cx.name.clone(), name.span);
    cx.instance = Instance {
        name: Spanned::new(cx.name.clone(), name.span),
        ..Instance::default()
    };
    true
}

pub(super) fn close(cx: &mut Cx) {
    lines::check_xmit_base(cx);
    let instance = std::mem::take(&mut cx.instance);
    cx.config.instances.push(instance);
}
