//! `vrrp_sync_group`.
use super::lines;
use crate::config::SyncGroup;
use crate::keywords::track::no_list;
use crate::keywords::{no_extra, root, spanned, track};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity};

/// `vrrp_sync_group`.
pub static SYNC_GROUP: Table = Table {
    block: "vrrp_sync_group",
    parts: &[
        OWN,
        super::group_rows::GROUP_ROWS,
        super::notify::GROUP_NOTIFY,
    ],
};

static OWN: &[Keyword] = &[
    Keyword::new(
        "group",
        Set::List {
            args: "<vrrp_instance> ...",
            open: |cx, line| {
                root::plain(cx, line) && no_list(cx, line, !cx.group.members.is_empty())
            },
            item: |cx, line| cx.group.members.extend(line.words().iter().map(spanned)),
            close: |_| {},
        },
        "Its members.",
    ),
    Keyword::new(
        "track_bfd",
        Set::List {
            args: track::TRACK_ARGS,
            open: root::plain,
            item: lines::group_bfd,
            close: |_| {},
        },
        "BFD sessions that every member tracks.",
    ),
    Keyword::new(
        "track_file",
        Set::List {
            args: track::TRACK_ARGS,
            open: root::plain,
            item: lines::group_file,
            close: |_| {},
        },
        "Files that every member tracks.",
    ),
    Keyword::new(
        "track_interface",
        Set::List {
            args: track::TRACK_ARGS,
            open: root::plain,
            item: lines::group_interface,
            close: |_| {},
        },
        "Interfaces that every member tracks.",
    ),
    Keyword::new(
        "track_process",
        Set::List {
            args: track::TRACK_ARGS,
            open: root::plain,
            item: lines::group_process,
            close: |_| {},
        },
        "Processes that every member tracks.",
    ),
    Keyword::new(
        "track_script",
        Set::List {
            args: track::TRACK_ARGS,
            open: root::plain,
            item: lines::group_script,
            close: |_| {},
        },
        "Scripts that every member tracks.",
    ),
];

pub(in crate::keywords) fn open_group(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.word(1).filter(|_| line.args().len() == 1) else {
        let text = "vrrp_sync_group must have a name - skipping";
        cx.report("missing-name", Severity::Error, text, line.span());
        return false;
    };
    cx.name = name.text().into();
    no_extra(cx, line, 2);
    if let Some(&first) = cx.names.groups.get(&cx.name) {
        let text = format!("vrrp sync group {} already defined", cx.name);
        let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
        let found = found.label(first, "first defined here");
        cx.push(found.help("the block is left out"));
        return false;
    }
    cx.names.groups.insert(cx.name.clone(), name.span);
    cx.group = SyncGroup {
        name: spanned(name),
        ..SyncGroup::default()
    };
    true
}

pub(in crate::keywords) fn close_group(cx: &mut Cx) {
    let group = std::mem::take(&mut cx.group);
    if group.members.is_empty() {
        let text = format!("Sync group {} has no members - removing", group.name.value);
        return cx.report("empty-block", Severity::Error, text, group.name.span);
    }
    cx.config.sync_groups.push(group);
}
