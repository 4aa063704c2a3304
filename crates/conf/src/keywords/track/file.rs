//! `track_file`.
use super::{is_first, is_set, named, weight};
use crate::config::TrackFile;
use crate::keywords::{fit, number};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Severity, Spanned};

pub(super) static FILE_ROWS: &[Keyword] = &[
    Keyword::new("file", Set::Word(file), "The file.").missing("track file file name missing"),
    Keyword::new(
        "init_file",
        Set::Line { args: "[<value>] [overwrite]", set: init_file },
        "Creates the file at start, and overwrites it when told so.",
    ),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-254..254> [reverse]",
            set: |cx, line| {
                if is_set(cx, line, cx.file.weight, 1, "file") {
                    return;
                }
                let complaint = format!(
                    "Weight ({{v}}) for track_file {} must be between [-254..254] inclusive. Ignoring...",
                    cx.name
                );
                let missing = format!("No weight specified for track file {} - ignoring", cx.name);
                cx.file.weight = weight(cx, line, 254, &complaint, &missing).or(cx.file.weight);
            },
        },
        "What the number in the file is multiplied with.",
    )
    .default("1"),
];

pub(in crate::keywords) fn open_file(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.file = TrackFile {
        name: name.clone().unwrap_or_default(),
        ..TrackFile::default()
    };
    name.is_some()
}

pub(in crate::keywords) fn close_file(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.file);
    if block.file.is_none() {
        let text = format!("No file set for track_file {} - ignoring", block.name.value);
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "track_file", &block.name, |names| &mut names.files) {
        cx.config.files.push(block);
    }
}

pub(super) fn file(cx: &mut Cx, path: Spanned<Box<str>>) {
    if cx.file.file.is_some() {
        let text = format!(
            "File already set for track file {} - ignoring {}",
            cx.name, path.value
        );
        return cx.report("duplicate-value", Severity::Error, text, path.span);
    }
    cx.file.file = Some(path);
}

fn init_file(cx: &mut Cx, line: &Line<'_>) {
    cx.file.init = Some(Spanned::new(0, line.span()));
    for word in line.args() {
        let text = word.text();
        if &*text == "overwrite" {
            cx.file.overwrite = true;
        } else if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let complaint = format!("Track file {} init value {{v}} is invalid", cx.name);
            let number = number(
                cx,
                word,
                i64::from(i32::MIN),
                i64::from(i32::MAX),
                &complaint,
            );
            cx.file.init = number
                .map(|n| Spanned::new(fit(n), word.span))
                .or(cx.file.init);
        } else {
            let text = format!("Unknown track file init option {text}");
            cx.report("bad-value", Severity::Error, text, word.span);
        }
    }
}
