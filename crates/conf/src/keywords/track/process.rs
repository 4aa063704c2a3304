//! `vrrp_track_process`.
use super::{is_first, is_set, named, weight};
use crate::Severity;
use crate::config::TrackProcess;
use crate::keywords::{optional, spanned};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};

pub(super) static PROCESS_OWN: &[Keyword] = &[
    Keyword::new(
        "param_match",
        Set::Line { args: "[initial|partial]", set: param_match },
        "How the parameters are compared; no word: exactly.",
    ),
    Keyword::new(
        "process",
        Set::Line {
            args: "<name or path> [<parameter> ...]",
            set: |cx, line| {
                if line.need(cx, 1).is_some() {
                    cx.process.process = line.args().iter().map(spanned).collect();
                }
            },
        },
        "What has to run.",
    ).once("Process already set for track process {} - ignoring {v}"),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-254..254> [reverse]",
            set: |cx, line| {
                if is_set(cx, line, cx.process.weight, 0, "process") {
                    return;
                }
                let complaint = format!("Weight for process {} must be between [-254..254] inclusive. Ignoring...", cx.name);
                let missing = format!("No weight specified for process {} - ignoring", cx.name);
                cx.process.weight = weight(cx, line, 254, &complaint, &missing).or(cx.process.weight);
            },
        },
        "Added to the priority while it runs (positive) or does not (negative); 0: absence is a fault.",
    )
    .default("0"),
];

fn param_match(cx: &mut Cx, line: &Line<'_>) {
    let word = line.word(1);
    if let Some(other) = word.filter(|word| !word.is("initial") && !word.is("partial")) {
        let text = format!("Invalid param_match type {} - ignoring", other.text());
        return cx.report("bad-value", Severity::Warning, text, other.span);
    }
    cx.process.param_match = Some(optional(line));
}

pub(in crate::keywords) fn open_process(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.process = TrackProcess {
        name: name.clone().unwrap_or_default(),
        ..TrackProcess::default()
    };
    name.is_some()
}

pub(in crate::keywords) fn close_process(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.process);
    if block.process.is_empty() {
        let text = format!(
            "No process set for vrrp_track_process {} - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "vrrp_track_process", &block.name, |names| {
        &mut names.processes
    }) {
        cx.config.processes.push(block);
    }
}
