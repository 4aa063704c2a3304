//! The value of a keyword: read as its row says, or refused in the original's words.
use super::{Cx, Line};
use crate::config::Script;
use crate::lex::Word;
use crate::table::{Keyword, Set};
use crate::value::{self, Refused};
use crate::{Diagnostic, Pass, Severity, Spanned};
use core::time::Duration;

/// Reads the value that the row describes and hands it on.
pub(super) fn set(cx: &mut Cx, row: &'static Keyword, line: &Line<'_>) {
    match row.set {
        Set::Flag(set) => set(cx),
        Set::Bool(set) => set_bool(cx, row, line, set),
        Set::Int { min, max, set } => {
            let Some(word) = argument(cx, row, line) else {
                return;
            };
            match value::int(&word.text(), min, max) {
                Ok(value) => set(cx, Spanned::new(value, word.span)),
                Err(refused) => refuse(cx, row, word, refused),
            }
        }
        Set::Seconds { min, max, set } => set_time(cx, row, line, (6, min, max), set),
        Set::Millis { min, max, set } => set_time(cx, row, line, (3, min, max), set),
        // a command is read with its quotes, or not at all
        Set::Script(_) if cx.unterminated && cx.pass == Some(Pass::Role) => {}
        Set::Script(set) => {
            if argument(cx, row, line).is_some() {
                let script = script(line, 1);
                if let Some(script) = script {
                    set(cx, script);
                }
            }
        }
        Set::Choice { words, set } => {
            let Some(word) = argument(cx, row, line) else {
                return;
            };
            match words.iter().position(|w| word.is(w)) {
                Some(index) => set(cx, Spanned::new(index, word.span)),
                None => refuse_choice(cx, row, word, words),
            }
        }
        Set::Word(set) => {
            let Some(word) = argument(cx, row, line) else {
                return;
            };
            set(cx, Spanned::new(word.text().into(), word.span));
        }
        Set::Address(set) => {
            let Some(word) = argument(cx, row, line) else {
                return;
            };
            match value::address(&word.text()) {
                Some(value) => set(cx, Spanned::new(value, word.span)),
                None => refuse_choice(cx, row, word, &[]),
            }
        }
        Set::Line { set, .. } => set(cx, line),
        Set::Block { .. } | Set::List { .. } => {}
    }
}

/// The first argument, or the finding that it is missing.
fn argument<'a>(cx: &mut Cx, row: &Keyword, line: &Line<'a>) -> Option<&'a Word<'a>> {
    if row.missing.is_empty() {
        return line.need(cx, 1);
    }
    let word = line.word(1);
    if word.is_none() {
        cx.report("missing-value", Severity::Error, row.missing, line.span());
    }
    word
}

/// The command at word `at`, with user and group behind it.
pub(crate) fn script(line: &Line<'_>, at: usize) -> Option<Script> {
    let word = |at: usize| {
        line.word(at)
            .map(|w| Spanned::new(Box::from(w.text()), w.span))
    };
    let command = word(at)?;
    Some(Script {
        command,
        user: word(at + 1),
        group: word(at + 2),
    })
}

fn set_bool(cx: &mut Cx, row: &Keyword, line: &Line<'_>, set: fn(&mut Cx, Spanned<bool>)) {
    let Some(word) = line.word(1) else {
        return set(cx, Spanned::new(true, line.span()));
    };
    match value::boolean(&word.bytes) {
        Some(value) => set(cx, Spanned::new(value, word.span)),
        None => refuse_choice(cx, row, word, &["on", "off", "true", "false", "yes", "no"]),
    }
}

fn set_time(
    cx: &mut Cx,
    row: &Keyword,
    line: &Line<'_>,
    (places, min, max): (usize, u64, u64),
    set: fn(&mut Cx, Spanned<Duration>),
) {
    let Some(word) = argument(cx, row, line) else {
        return;
    };
    match value::decimal(&word.text(), places, min, max) {
        Ok((micros, cut)) => {
            if cut {
                let text = format!("number '{}' has too many decimal places", word.text());
                cx.report("bad-value", Severity::Warning, text, word.span);
            }
            set(cx, Spanned::new(Duration::from_micros(micros), word.span));
        }
        Err(refused) => refuse(cx, row, word, refused),
    }
}

/// A value out of its words: the original has only its own line for it.
fn refuse_choice(cx: &mut Cx, row: &Keyword, word: &Word<'_>, words: &[&'static str]) {
    let text = match complaint(cx, row, word) {
        Some(text) => text,
        None => format!("invalid value '{}' for {}", word.text(), row.name),
    };
    let help = match cx.nearest(&word.text(), words.iter().copied()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("one of: {}", words.join(", ")),
    };
    cx.push(
        Diagnostic::new("bad-value", Severity::Error, text)
            .at(word.span)
            .help(help),
    );
}

pub(crate) fn refuse(cx: &mut Cx, row: &Keyword, word: &Word<'_>, refused: Refused) {
    let found = Diagnostic::new("bad-value", Severity::Error, refused.why).at(word.span);
    let found = match complaint(cx, row, word) {
        Some(text) => found.consequence(text),
        None => found,
    };
    cx.push(match row.default {
        "" => found,
        default => found.help(format!("without it, {} is {default}", row.name)),
    });
}

fn complaint(cx: &Cx, row: &Keyword, word: &Word<'_>) -> Option<String> {
    if row.complaint.is_empty() {
        return None;
    }
    Some(
        row.complaint
            .replace("{v}", &word.text())
            .replace("{}", &cx.name),
    )
}
