//! Lines that say what is tracked: `track_script` and its kin.
use crate::config::Track;
use crate::keywords::{fit, spanned};
use crate::lex::Word;
use crate::parse::{Cx, Line};
use crate::{Diagnostic, Severity, Spanned, value};

/// How a line of `track_script` and its kin is written.
pub(in crate::keywords) const TRACK_ARGS: &str = "<name> [weight <number> [reverse|noreverse]]";

/// What a line of a `track_…` block tracks: the words of its messages and the bound of its weight.
#[derive(Clone, Copy)]
pub(in crate::keywords) enum Kind {
    Interface,
    Script,
    File,
    Process,
    Bfd,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Interface => "interface",
            Kind::Script => "script",
            Kind::File => "file",
            Kind::Process => "process",
            Kind::Bfd => "bfd",
        }
    }

    /// The weight that the original names as the bound; it reads up to 254 and cuts the rest.
    const fn max(self) -> i64 {
        match self {
            Kind::Interface | Kind::Script | Kind::Bfd => 253,
            Kind::File | Kind::Process => 254,
        }
    }

    fn bad_weight(self, cx: &Cx, name: &str, weight: &str) -> String {
        let (max, what) = (self.max(), self.word());
        match self {
            Kind::Interface => {
                format!(
                    "({}) weight {weight} for {name} must be between [-{max}..{max}] inclusive. Ignoring...",
                    cx.name
                )
            }
            Kind::File => format!(
                "({}) weight for track file {name} must be in [-{max}..{max}] inclusive. Ignoring...",
                cx.name
            ),
            _ => format!(
                "({}) track {what} {name}: weight must be between [-{max}..{max}] inclusive, ignoring...",
                cx.name
            ),
        }
    }
}

/// One line of a `track_…` block; `known` are the lines before it.
pub(in crate::keywords) fn track(
    cx: &mut Cx,
    line: &Line<'_>,
    kind: Kind,
    known: &[Track],
) -> Option<Track> {
    let name = spanned(line.word(0)?);
    let what = kind.word();
    if let Some(first) = known.iter().find(|track| track.name.value == name.value) {
        let text = format!(
            "({}) duplicate track_{what} {} - ignoring",
            cx.name, name.value
        );
        let found = Diagnostic::new("duplicate-track", Severity::Error, text).at(name.span);
        cx.push(found.label(first.name.span, "first written here"));
        return None;
    }
    let mut track = Track {
        name,
        weight: None,
        reverse: None,
    };
    let mut at = 1;
    while let Some(word) = line.word(at) {
        at += 1;
        let text = match &*word.text() {
            "weight" => {
                let number = line.word(at);
                at += 1;
                track_weight(cx, &mut track, kind, word, number);
                continue;
            }
            option @ ("reverse" | "noreverse") if track.weight.is_some() => {
                track.reverse = Some(option == "reverse");
                continue;
            }
            other if track.weight.is_some() => {
                format!(
                    "({}) unknown track_{what} {} weight option {other} - ignoring",
                    cx.name, track.name.value
                )
            }
            other => format!(
                "({}) unknown track {what} option {other} - ignoring",
                cx.name
            ),
        };
        cx.report("unknown-option", Severity::Error, text, word.span);
    }
    Some(track)
}

/// Whether what a line tracks was defined before it, as the original reads it. Interfaces are
/// facts of the machine, which the plan looks at.
pub(in crate::keywords) fn is_defined(cx: &mut Cx, kind: Kind, track: &Track) -> bool {
    let names = match kind {
        Kind::Interface => return true,
        Kind::Script => &cx.names.scripts,
        Kind::File => &cx.names.files,
        Kind::Process => &cx.names.processes,
        Kind::Bfd => &cx.names.bfds,
    };
    if names.contains_key(&track.name.value) {
        return true;
    }
    let text = format!(
        "({}) track {} {} not found, ignoring...",
        cx.name,
        kind.word(),
        track.name.value
    );
    let found = Diagnostic::new("unknown-name", Severity::Error, text).at(track.name.span);
    let near = cx.nearest(&track.name.value, names.keys().map(|name| &**name));
    let found = match near {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found.help("it must be defined before its use"),
    };
    cx.push(found);
    false
}

fn track_weight(
    cx: &mut Cx,
    track: &mut Track,
    kind: Kind,
    word: &Word<'_>,
    number: Option<&Word<'_>>,
) {
    let Some(number) = number else {
        let (name, what) = (&track.name.value, kind.word());
        let text = format!(
            "({}) weight without value specified for track {what} {name} - ignoring",
            cx.name
        );
        return cx.report("missing-value", Severity::Error, text, word.span);
    };
    match value::int(&number.text(), -254, 254) {
        Ok(value) if value.abs() > kind.max() => {
            let text = format!(
                "({}) weight for {} cannot be +/-254. Setting to +/-253",
                cx.name, track.name.value
            );
            cx.report("clamped", Severity::Warning, text, number.span);
            track.weight = Some(Spanned::new(fit(value.clamp(-253, 253)), number.span));
        }
        Ok(value) => track.weight = Some(Spanned::new(fit(value), number.span)),
        Err(refused) => {
            let text = kind.bad_weight(cx, &track.name.value, &number.text());
            let found = Diagnostic::new("bad-value", Severity::Error, refused.why).at(number.span);
            cx.push(found.consequence(text));
        }
    }
}
