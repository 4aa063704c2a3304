//! `lvs_sched` and the flags of schedulers.
use crate::keywords::spanned;
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set};
use crate::{Diagnostic, Severity, nearest};

const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos",
];

pub(super) const SCHEDULER_ARGS: &str = "rr|wrr|lc|wlc|lblc|lblcr|sh|mh|dh|fo|ovf|sed|nq|twos";

pub(super) const fn scheduler_flag(name: &'static str, doc: &'static str) -> Keyword {
    Keyword::new(
        name,
        Set::Line {
            args: "",
            set: set_scheduler_flag,
        },
        doc,
    )
}

/// Flags belong to the scheduler that was named before them.
pub(super) fn set_scheduler_flag(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.word(0) else { return };
    let name = word.text();
    let scheduler = cx
        .virtual_server
        .scheduler
        .as_ref()
        .map_or("", |s| &*s.value);
    let (bit, owner) = match &*name {
        "sh-fallback" => (1, "sh"),
        "mh-fallback" => (1, "mh"),
        "sh-port" => (2, "sh"),
        "mh-port" => (2, "mh"),
        // it means nothing to the kernel
        "hashed" => (0, "sh"),
        "flag-1" => (1, ""),
        "flag-2" => (2, ""),
        _ => (4, ""),
    };
    if !owner.is_empty() && scheduler != owner {
        let text = format!(
            "{name} only applies to {} scheduler - ignoring",
            if owner == "mh" && scheduler.is_empty() {
                "sh"
            } else {
                owner
            }
        );
        return cx.report("ignored", Severity::Warning, text, word.span);
    }
    cx.virtual_server.scheduler_flags |= bit;
}

pub(super) fn scheduler(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    if SCHEDULERS.iter().any(|known| word.is(known)) {
        cx.virtual_server.scheduler = Some(spanned(word));
        return;
    }
    let found = Diagnostic::new(
        "bad-value",
        Severity::Error,
        format!("Invalid lvs_scheduler '{}' - ignoring", word.text()),
    );
    let found = found.at(word.span);
    cx.push(match nearest(&word.text(), SCHEDULERS.iter().copied()) {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found.help(format!("one of: {}", SCHEDULERS.join(", "))),
    });
}
