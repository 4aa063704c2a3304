//! What is tracked, and the lines that say who tracks it.
mod bfd;
mod file;
mod group;
mod line;
mod process;
mod rows;
mod script;

pub(super) use bfd::{close_bfd, open_bfd};
pub(super) use file::{close_file, open_file};
pub(super) use group::{close_group, no_list, open_group};
pub(super) use line::{Kind, TRACK_ARGS, is_defined, track};
pub(super) use process::{close_process, open_process};
pub(super) use script::{close_script, open_script};

use super::{no_extra, spanned};
use crate::config::Weight;
use crate::parse::{Cx, Line, Names};
use crate::table::Table;
use crate::{Diagnostic, Severity, Span, Spanned};
use std::collections::HashMap;

/// `vrrp_script`.
pub static SCRIPT: Table = Table {
    block: "vrrp_script",
    parts: &[rows::SCRIPT_ROWS, script::SCRIPT_OWN],
};
/// `vrrp_track_process`.
pub static PROCESS: Table = Table {
    block: "vrrp_track_process",
    parts: &[rows::PROCESS_ROWS, process::PROCESS_OWN],
};
/// `bfd_instance`.
pub static BFD: Table = Table {
    block: "bfd_instance",
    parts: &[bfd::BFD_ROWS, bfd::BFD_OWN],
};
/// `track_file`.
pub static TRACK_FILE: Table = Table {
    block: "track_file",
    parts: &[file::FILE_ROWS],
};
/// `track_group`.
pub static TRACK_GROUP: Table = Table {
    block: "track_group",
    parts: &[group::GROUP_ROWS],
};

/// The name behind a block's keyword; the block is left out without one.
fn named(cx: &mut Cx, line: &Line<'_>) -> Option<Spanned<Box<str>>> {
    let name = spanned(line.need(cx, 1)?);
    no_extra(cx, line, 2);
    cx.name = name.value.clone();
    Some(name)
}

/// Of two blocks with one name the first counts, and the original says nothing.
fn is_first(
    cx: &mut Cx,
    keyword: &str,
    name: &Spanned<Box<str>>,
    known: fn(&mut Names) -> &mut HashMap<Box<str>, Span>,
) -> bool {
    let known = known(&mut cx.names);
    let Some(&first) = known.get(&name.value) else {
        known.insert(name.value.clone(), name.span);
        return true;
    };
    let text = format!("{keyword} {} already defined", name.value);
    let found = Diagnostic::new("second-block", Severity::Advice, text).at(name.span);
    cx.push(
        found
            .label(first, "first defined here")
            .help("the block is left out"),
    );
    false
}

/// Whether a weight counts already, so that this one does not: the usual one is none.
fn is_set(cx: &mut Cx, line: &Line<'_>, known: Option<Weight>, usual: i32, what: &str) -> bool {
    let is_set = known.is_some_and(|weight| weight.value.value != usual);
    if is_set {
        let value = line.word(1).map(|word| word.text().into_owned());
        let text = format!(
            "Weight already set for track {what} {} - ignoring {}",
            cx.name,
            value.unwrap_or_default()
        );
        cx.report("duplicate-value", Severity::Warning, text, line.span());
    }
    is_set
}

/// `weight N [reverse]`.
fn weight(
    cx: &mut Cx,
    line: &Line<'_>,
    max: i64,
    complaint: &str,
    missing: &str,
) -> Option<Weight> {
    let Some(word) = line.word(1) else {
        cx.report("missing-value", Severity::Error, missing, line.span());
        return None;
    };
    let number = super::number(cx, word, -max, max, complaint)?;
    let reverse = line.word(2);
    if let Some(other) = reverse.filter(|w| !w.is("reverse")) {
        let text = format!("unknown weight option {}", other.text());
        cx.report("bad-value", Severity::Error, text, other.span);
    }
    Some(Weight {
        value: Spanned::new(super::fit(number), word.span),
        reverse: reverse.is_some(),
    })
}
