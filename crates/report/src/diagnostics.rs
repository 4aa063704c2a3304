//! Diagnostics for people: in the original's lines, or as a picture with the place underlined.
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use conf::{Diagnostic, Label, Pass, Severity, Snapshot, Source, Span};
use std::fmt::Write as _;
use std::ops::Range;

/// Lines shown around a place.
const CONTEXT: usize = 1;
/// Places further apart than this are shown one by one.
const NEAR: usize = 8;
/// Bytes of a line shown before and behind a place.
const REACH: usize = 160;

/// The diagnostics in the original's form, one or two lines each: `(FILE: Line N) text`, and no
/// place for checks after parsing. (The original says what it finds in its first pass over a
/// single file as `(Line N) text`, and then once more with the file: here it is said once.)
/// `advice`: ours too.
pub fn lines(diagnostics: &[Diagnostic], snapshot: &Snapshot, advice: bool) -> Vec<String> {
    let mut out = Vec::with_capacity(diagnostics.len());
    let counts = |found: &&Diagnostic| advice || found.severity > Severity::Advice;
    for found in diagnostics.iter().filter(counts) {
        let place = place(found, snapshot);
        out.push(format!("{place}{}", harmless(&found.message)));
        out.extend(
            found
                .consequence
                .as_ref()
                .map(|text| format!("{place}{}", harmless(text))),
        );
    }
    out
}

fn place(found: &Diagnostic, snapshot: &Snapshot) -> String {
    let at = found
        .spans
        .first()
        .and_then(|label| snapshot.locate(label.span));
    match (found.pass, at) {
        (_, None) => String::new(),
        // the original has no place for these; advice is ours
        (Pass::After, _) if found.severity > Severity::Advice => String::new(),
        (_, Some(at)) => format!("({}: Line {}) ", harmless(&at.file), at.line),
    }
}

/// The diagnostics for tools: an array of objects, places with line and column from 1.
pub fn json(diagnostics: &[Diagnostic], snapshot: &Snapshot) -> String {
    let place = |label: &Label| {
        let at = snapshot.locate(label.span);
        serde_json::json!({
            "file": at.as_ref().map(|at| &*at.file),
            "line": at.as_ref().map(|at| at.line),
            "column": at.as_ref().map(|at| at.column),
            "length": label.span.len,
            "text": label.text,
        })
    };
    let one = |found: &Diagnostic| {
        serde_json::json!({
            "id": found.id,
            "severity": format!("{:?}", found.severity).to_lowercase(),
            "message": found.message,
            "consequence": found.consequence,
            "help": found.help,
            "places": found.spans.iter().map(place).collect::<Vec<_>>(),
        })
    };
    let all: Vec<_> = diagnostics.iter().map(one).collect();
    serde_json::Value::from(all).to_string()
}

/// The diagnostics as pictures: the line, the place underlined, the advice below.
pub fn draw(diagnostics: &[Diagnostic], snapshot: &Snapshot, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for found in diagnostics {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}\n", renderer.render(&[group(found, snapshot)]));
    }
    out
}

fn group<'a>(found: &'a Diagnostic, snapshot: &'a Snapshot) -> Group<'a> {
    let level = match found.severity {
        Severity::Advice => Level::HELP.with_name("advice"),
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
        Severity::Error
        | Severity::Fatal
        | Severity::Unreadable
        | Severity::Absent
        | Severity::NoConfig
        | Severity::Abort => Level::ERROR,
        Severity::Security => Level::ERROR.with_name("security"),
    };
    let title = level.primary_title(harmless(&found.message)).id(found.id);
    let mut group = Group::with_title(title);
    for (window, labels) in windows(&found.spans, snapshot) {
        let annotations: Vec<_> = labels
            .iter()
            .map(|label| annotation(label, found, &window))
            .collect();
        let snippet = Snippet::source(window.text.clone())
            .line_start(window.line)
            .path(window.path.clone());
        group = group.element(snippet.annotations(annotations));
    }
    if let Some(text) = &found.consequence {
        group = group.element(Level::NOTE.message(harmless(text)));
    }
    for origin in origins(&found.spans, snapshot) {
        group = group.element(Level::NOTE.message(origin));
    }
    if let Some(text) = &found.help {
        group = group.element(Level::HELP.message(harmless(text)));
    }
    group
}

fn annotation<'a>(label: &Label, found: &Diagnostic, window: &Window) -> Annotation<'a> {
    let primary = found
        .spans
        .first()
        .is_some_and(|first| first.span == label.span);
    let kind = if primary {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let annotation = kind.span(window.range(label.span));
    match label.text.as_ref() {
        "" => annotation,
        text => annotation.label(harmless(text)),
    }
}

/// How a place that stands in no file, or in an included one, came to be.
fn origins(spans: &[Label], snapshot: &Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = spans
        .first()
        .and_then(|label| snapshot.source(label.span.start));
    while let Some((source, origin)) =
        at.and_then(|source| source.origin.map(|origin| (source, origin)))
    {
        if let Some(from) = snapshot.locate(origin) {
            let what = if source.expansion {
                "expanded"
            } else {
                "included"
            };
            out.push(format!(
                "{what} from {}:{}:{}",
                harmless(&from.file),
                from.line,
                from.column
            ));
        }
        at = snapshot
            .source(origin.start)
            .filter(|outer| outer.start < source.start);
        if out.len() >= 8 {
            break;
        }
    }
    out
}

/// A few lines of a source as text, and where each of its bytes went.
struct Window {
    path: String,
    line: usize,
    text: String,
    /// Position in the snapshot of a byte, and its offset in `text`; ascending in both.
    offsets: Vec<(u32, usize)>,
}

impl Window {
    fn new(source: &Source, first: usize, last: usize, labels: &[&Label]) -> Window {
        let mut window = Window {
            path: harmless(&source.name),
            line: first + source.first_line as usize,
            text: String::new(),
            offsets: Vec::new(),
        };
        for line in first..=last {
            window.push_line(source, line, labels);
        }
        window
    }

    /// Adds a line, cut to what is near a label: a line can be as long as the file.
    fn push_line(&mut self, source: &Source, line: usize, labels: &[&Label]) {
        let Some(start) = source.line_start(line) else {
            return;
        };
        let bytes = source.line(line);
        let offset = |label: &&Label| (label.span.start - source.start) as usize;
        let near = labels
            .iter()
            .map(offset)
            .find(|at| (start..=start + bytes.len()).contains(at));
        let near = near.map_or(0, |at| at - start);
        let from = near.saturating_sub(REACH);
        let to = near.saturating_add(REACH).min(bytes.len());
        let mut at = source.start + u32::try_from(start + from).unwrap_or(u32::MAX);
        for chunk in bytes.get(from..to).unwrap_or_default().utf8_chunks() {
            for (offset, char) in chunk.valid().char_indices() {
                self.push(
                    at + u32::try_from(offset).unwrap_or(u32::MAX),
                    visible(char),
                );
            }
            at += u32::try_from(chunk.valid().len()).unwrap_or(u32::MAX);
            for _ in chunk.invalid() {
                self.push(at, char::REPLACEMENT_CHARACTER);
                at += 1;
            }
        }
        self.push(at, '\n');
    }

    fn push(&mut self, at: u32, char: char) {
        self.offsets.push((at, self.text.len()));
        self.text.push(char);
    }

    /// The range of a span in `text`, on character boundaries and never empty.
    fn range(&self, span: Span) -> Range<usize> {
        let find = |at: u32| {
            let next = self.offsets.partition_point(|&(known, _)| known < at);
            self.offsets
                .get(next)
                .map_or(self.text.len(), |&(_, offset)| offset)
        };
        let start = find(span.start).min(self.text.len().saturating_sub(1));
        let start = (0..=start)
            .rev()
            .find(|&at| self.text.is_char_boundary(at))
            .unwrap_or(0);
        let end = find(span.end()).max(start);
        let first = self
            .text
            .get(start..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        start..end.max(start + first)
    }
}

/// Groups labels that are near each other in one source.
fn windows<'a>(labels: &'a [Label], snapshot: &Snapshot) -> Vec<(Window, Vec<&'a Label>)> {
    let mut groups: Vec<(&Source, usize, usize, Vec<&Label>)> = Vec::new();
    for label in labels {
        let Some(source) = snapshot.source(label.span.start) else {
            continue;
        };
        let Some(at) = snapshot.locate(label.span) else {
            continue;
        };
        let line = (at.line - source.first_line) as usize;
        let joins = |group: &&mut (&Source, usize, usize, Vec<&Label>)| {
            group.0.start == source.start && line + NEAR >= group.1 && line <= group.2 + NEAR
        };
        match groups.iter_mut().find(joins) {
            Some(group) => {
                group.1 = group.1.min(line);
                group.2 = group.2.max(line);
                group.3.push(label);
            }
            None => groups.push((source, line, line, vec![label])),
        }
    }
    let window = |(source, first, last, labels): (&Source, usize, usize, Vec<&'a Label>)| {
        let last = (last + CONTEXT).min(source.lines().saturating_sub(1));
        (
            Window::new(source, first.saturating_sub(CONTEXT), last, &labels),
            labels,
        )
    };
    groups.into_iter().map(window).collect()
}

fn visible(char: char) -> char {
    if char.is_control() && char != '\t' {
        char::REPLACEMENT_CHARACTER
    } else {
        char
    }
}

/// The text of a file must not command the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use conf::{Files, LoadOptions, Loaded, ReadError};

    struct One<'a>(&'a [u8]);

    impl Files for One<'_> {
        fn read(&mut self, _path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
            Ok(self.0.to_vec())
        }

        fn glob(&mut self, _pattern: &str) -> Vec<String> {
            Vec::new()
        }
    }

    fn load(text: &[u8]) -> Loaded {
        conf::load(&mut One(text), "k.conf", &LoadOptions::default())
    }

    #[test]
    fn lines_are_the_originals() {
        let loaded = load(b"global_defs {\n foo\n}\nvrrp_instance V {\n priority 300\n}\n");
        let expected = [
            "(k.conf: Line 2) Unknown keyword 'foo'",
            "(k.conf: Line 5) number '300' outside range [1, 255]",
            "(k.conf: Line 5) (V) Priority not valid! must be between 1 & 255. Using default 100",
        ];
        assert_eq!(
            lines(&loaded.diagnostics, &loaded.snapshot, false),
            expected
        );
    }

    #[test]
    fn tools_get_objects() {
        let loaded = load(b"vrrp_instance V {\n prioritty 3\n}\n");
        let value: serde_json::Value =
            serde_json::from_str(&json(&loaded.diagnostics, &loaded.snapshot)).unwrap();
        assert_eq!(value[0]["id"], "unknown-keyword");
        assert_eq!(value[0]["severity"], "error");
        assert_eq!(value[0]["places"][0]["line"], 2);
        assert_eq!(value[0]["places"][0]["column"], 2);
    }

    #[test]
    fn the_picture_underlines_the_word() {
        let loaded = load("vrrp_instance V {\n prioritty 3 # \u{4e2d}\n}\n".as_bytes());
        let expected = "\
error[unknown-keyword]: Unknown keyword 'prioritty'
 --> k.conf:2:2
  |
2 |  prioritty 3 # \u{4e2d}
  |  ^^^^^^^^^
  |
  = help: did you mean 'priority'?
";
        assert_eq!(
            draw(&loaded.diagnostics, &loaded.snapshot, false).trim(),
            expected.trim()
        );
    }

    #[test]
    fn foreign_bytes_neither_panic_nor_reach_the_terminal() {
        let mut text = b"\xff\xfe\x1b[31m {\n\x00\n\"\n".to_vec();
        text.extend(std::iter::repeat_n(b'\x9b', 100_000));
        let loaded = load(&text);
        let picture = draw(&loaded.diagnostics, &loaded.snapshot, false);
        assert!(picture.len() < 20_000);
        assert!(!picture.contains('\x1b'));
        assert!(
            lines(&loaded.diagnostics, &loaded.snapshot, false)
                .iter()
                .all(|l| !l.contains('\x1b'))
        );
    }
}
