//! `track_group`.
use crate::config::TrackGroup;
use crate::keywords::{root, spanned};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Diagnostic, Severity};

pub(super) static GROUP_ROWS: &[Keyword] = &[Keyword::new(
    "group",
    Set::List {
        args: "<vrrp_instance> ...",
        open: |cx, line| {
            root::plain(cx, line) && no_list(cx, line, !cx.track_group.members.is_empty())
        },
        item: |cx, line| {
            cx.track_group
                .members
                .extend(line.words().iter().map(spanned));
        },
        close: |cx| {
            if cx.track_group.members.is_empty() {
                let text = format!(
                    "Warning - track group {} has empty group block",
                    cx.track_group.name.value
                );
                cx.report("empty-block", Severity::Warning, text, cx.here);
            }
        },
    },
    "The instances.",
)];

/// A group has one list of members; a second one is left out.
pub(in crate::keywords) fn no_list(cx: &mut Cx, line: &Line<'_>, there: bool) -> bool {
    if there {
        let text = format!("Group list already specified for sync group {}", cx.name);
        cx.report("duplicate-value", Severity::Error, text, line.span());
    }
    !there
}

pub(in crate::keywords) fn open_group(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.word(1).map(spanned) else {
        let text = "track_group must have a name - skipping";
        cx.report("missing-name", Severity::Error, text, line.span());
        return false;
    };
    let mut groups = cx.config.track_groups.iter();
    if let Some(first) = groups.find(|group| group.name.value == name.value) {
        let text = format!("track_group {} already defined", name.value);
        let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
        let found = found.label(first.name.span, "first defined here");
        cx.push(found.help("the block is left out"));
        return false;
    }
    cx.name = name.value.clone();
    cx.track_group = TrackGroup {
        name,
        members: Vec::new(),
    };
    true
}

pub(in crate::keywords) fn close_group(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.track_group);
    if block.members.is_empty() {
        let text = format!(
            "Static track group {} has no members - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    cx.config.track_groups.push(block);
}
