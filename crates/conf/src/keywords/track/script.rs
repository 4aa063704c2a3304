//! `vrrp_script`.
use super::{is_first, named, weight};
use crate::config::{TrackScript, User};
use crate::keywords::{own_script, spanned};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Diagnostic, Severity, Spanned, value};
use core::time::Duration;

pub(super) static SCRIPT_OWN: &[Keyword] = &[
    Keyword::new(
        "script",
        Set::Line {
            args: "\"<command>\"",
            set: |cx, line| cx.script.script = own_script(cx, line),
        },
        "The command; exit code 0 means success.",
    ),
    Keyword::new(
        "user",
        Set::Line { args: "<user> [<group>]", set: |cx, line| cx.script.user = user(cx, line) },
        "Who runs it.",
    )
    .default("script_user"),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-253..253> [reverse]",
            set: |cx, line| {
                let complaint = format!("Weight for script {} must be between [-253..253] inclusive. Ignoring...", cx.name);
                if line.need(cx, 1).is_none() {
                    return;
                }
                cx.script.weight = weight(cx, line, 253, &complaint, "").or(cx.script.weight);
            },
        },
        "Added to the priority while it succeeds (positive) or fails (negative); 0: failing is a fault.",
    )
    .default("0"),
];

pub(in crate::keywords) fn open_script(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.script = TrackScript {
        name: name.clone().unwrap_or_default(),
        ..TrackScript::default()
    };
    name.is_some()
}

pub(in crate::keywords) fn close_script(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.script);
    if block.script.is_none() {
        let text = format!(
            "No script set for vrrp_script {} - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "vrrp_script", &block.name, |names| &mut names.scripts) {
        cx.config.scripts.push(block);
    }
}

fn user(cx: &mut Cx, line: &Line<'_>) -> Option<User> {
    let user = spanned(line.need(cx, 1)?);
    Some(User {
        user,
        group: line.word(2).map(spanned),
    })
}

/// `interval`, `timeout`: seconds with up to three decimals, not nothing.
pub(super) fn script_time(cx: &mut Cx, line: &Line<'_>) -> Option<Spanned<Duration>> {
    let word = line.need(cx, 1)?;
    let keyword = line.word(0)?.text();
    match value::decimal(&word.text(), 3, 0, 4_294_000) {
        Ok((millis, _)) if millis > 0 => {
            Some(Spanned::new(Duration::from_millis(millis), word.span))
        }
        outcome => {
            let text = format!(
                "({}): vrrp script {keyword} must be greater than 0, setting to 1",
                cx.name
            );
            let found = match outcome {
                Err(refused) => {
                    Diagnostic::new("bad-value", Severity::Warning, refused.why).consequence(text)
                }
                Ok(_) => Diagnostic::new("zero-count", Severity::Warning, text),
            };
            cx.push(found.at(word.span));
            Some(Spanned::new(Duration::from_secs(1), word.span))
        }
    }
}
