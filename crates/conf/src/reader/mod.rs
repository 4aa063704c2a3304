//! Lines out of files: includes and the preprocessor, lazily, one line at a time.
//!
//! The order of the steps is the original's: `include` is seen on lines as they stand in a file
//! only; then `@id` conditions, `$NAME=` definitions, `~SEQ` and `~LST`, and last `$NAME`.
mod expand;
mod include;
mod sequence;

use crate::lex;
use crate::{Diagnostic, Files, Limits, LoadOptions, Pass, ReadError, Severity, Snapshot, Span};
use expand::Variables;
pub(crate) use include::Checks;
use sequence::Sequence;
use std::rc::Rc;

/// The original reads lines into a buffer of this size and takes the rest for another line.
const LONGEST_LINE: usize = 1023;
/// Names that may be looked for, for each file that may be read.
const LOOKUPS: usize = 16;
/// Expansions within expansions; more are a parameter that contains itself.
const DEEPEST: u16 = 100;

/// One line, without the blanks it begins with and without its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawLine {
    /// Index in the snapshot.
    source: usize,
    /// There is no `$` in it.
    plain: bool,
    from: usize,
    to: usize,
    /// Where the whole line stands, blanks included.
    pub(crate) span: Span,
}

impl RawLine {
    /// Position of its first byte.
    pub(crate) fn start(&self) -> u32 {
        let len = u32::try_from(self.to - self.from).unwrap_or(u32::MAX);
        self.span.end().saturating_sub(len)
    }

    pub(crate) fn bytes<'s>(&self, snapshot: &'s Snapshot) -> &'s [u8] {
        let source = snapshot.sources().get(self.source);
        source
            .and_then(|source| source.bytes.get(self.from..self.to))
            .unwrap_or_default()
    }
}

/// Hands out the lines of a configuration, one after the other.
pub(crate) struct Reader<'a> {
    options: &'a LoadOptions,
    limits: Limits,
    open: Vec<Cursor>,
    /// Lines and sequences that expansions left to do, the next one last.
    pending: Vec<Pending>,
    variables: Variables,
    expansions: usize,
    /// There are as many files as there may be, and that was said.
    full: bool,
    /// Names that may still be looked for: a line can have a thousand of them in its braces.
    lookups: usize,
    /// `include_check`: what counts for every include.
    pub(crate) checks: Checks,
}

struct Cursor {
    /// Index in the snapshot.
    source: usize,
    /// There is no `$` in it, so that its lines need not be searched for one.
    plain: bool,
    /// The next line of it.
    line: usize,
    /// Where relative includes of this file begin; ends with `/` unless empty.
    directory: String,
}

enum Pending {
    Line { text: Rc<[u8]>, at: Origin },
    Sequence { sequence: Sequence, at: Origin },
}

impl Pending {
    /// Bytes to look at.
    fn len(&self) -> usize {
        match self {
            Pending::Line { text, .. } => text.len(),
            Pending::Sequence { .. } => 0,
        }
    }
}

/// Where an expansion began, and how deep within others it is.
#[derive(Debug, Clone, Copy)]
struct Origin {
    span: Span,
    depth: u16,
}

impl Origin {
    fn deeper(self) -> Self {
        Origin {
            depth: self.depth.saturating_add(1),
            ..self
        }
    }
}

/// What a step made of a line.
enum Step {
    /// It is a line of the configuration as it stands.
    Done(RawLine),
    /// It was used up.
    Gone,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(options: &'a LoadOptions) -> Self {
        Reader {
            options,
            limits: options.limits,
            open: Vec::new(),
            pending: Vec::new(),
            variables: Variables::new(options),
            expansions: 0,
            full: false,
            lookups: options.limits.files.saturating_mul(LOOKUPS),
            checks: if options.all_includes {
                Checks::ALL
            } else {
                Checks::default()
            },
        }
    }

    /// Begins with the main file; what prevents that is told as the original tells it.
    pub(crate) fn start(
        &mut self,
        files: &mut dyn Files,
        path: &str,
        snapshot: &mut Snapshot,
    ) -> Option<Diagnostic> {
        match files.read(path, self.limits.bytes) {
            Ok(bytes) => {
                self.enter(snapshot, path, bytes, None);
                None
            }
            Err(ReadError::Missing) => {
                let help = format!("create {path}, or name another file with -f");
                let text = format!("Config files missing '{path}'.");
                Some(Diagnostic::new("missing-file", Severity::Note, text).help(help))
            }
            Err(why @ (ReadError::Directory | ReadError::NotRegular)) => {
                let text = format!("Configuration file '{path}' {why} - skipping");
                Some(Diagnostic::new("not-a-file", Severity::Note, text))
            }
            Err(why) => {
                let text = format!("Configuration file '{path}' {why}");
                Some(Diagnostic::new(
                    "unreadable-file",
                    Severity::Unreadable,
                    text,
                ))
            }
        }
    }

    fn enter(&mut self, snapshot: &mut Snapshot, name: &str, bytes: Vec<u8>, origin: Option<Span>) {
        let index = snapshot.add_file(name, bytes, origin);
        let directory = name
            .rfind('/')
            .and_then(|at| name.get(..=at))
            .unwrap_or("")
            .to_owned();
        if let Some(source) = snapshot.sources().get(index) {
            self.open.push(Cursor {
                source: index,
                plain: memchr::memchr(b'$', &source.bytes).is_none(),
                line: 0,
                directory,
            });
        }
    }

    /// The next line; what is wrong with the lines before it goes to `found`.
    pub(crate) fn next(
        &mut self,
        files: &mut dyn Files,
        snapshot: &mut Snapshot,
        found: &mut Vec<Diagnostic>,
    ) -> Option<RawLine> {
        while found.len() < self.limits.diagnostics {
            let step = match self.pending.pop() {
                Some(pending) => self.resume(snapshot, found, pending),
                None => {
                    let line = self.raw_line(snapshot)?;
                    if line.span.len as usize > LONGEST_LINE {
                        found.push(too_long(line.span));
                    }
                    if self.include(files, snapshot, found, &line) {
                        Step::Gone
                    } else {
                        self.raw(snapshot, found, line)
                    }
                }
            };
            if let Step::Done(line) = step {
                return Some(line);
            }
        }
        None
    }

    /// The next line as it stands in a file.
    fn raw_line(&mut self, snapshot: &Snapshot) -> Option<RawLine> {
        loop {
            let cursor = self.open.last_mut()?;
            let source = snapshot.sources().get(cursor.source)?;
            let Some((from, to)) = source.line_bounds(cursor.line) else {
                self.open.pop();
                continue;
            };
            cursor.line += 1;
            let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span::new(source.start.saturating_add(narrow(from)), narrow(to - from));
            let line = source.bytes.get(from..to).unwrap_or_default();
            return Some(RawLine {
                source: cursor.source,
                plain: cursor.plain,
                from: to - line.trim_ascii_start().len(),
                to,
                span,
            });
        }
    }

    /// A line of a file: most have nothing for the preprocessor and go on as they are.
    fn raw(&mut self, snapshot: &mut Snapshot, found: &mut Vec<Diagnostic>, line: RawLine) -> Step {
        let bytes = line.bytes(snapshot);
        let first = bytes.first();
        let plain = line.plain || !bytes.contains(&b'$');
        if plain && !matches!(first, Some(b'@' | b'~')) {
            return Step::Done(line);
        }
        let bytes = bytes.to_vec();
        let text = lex::without_comment(&bytes).trim_ascii();
        if text.is_empty() {
            return Step::Gone;
        }
        let at = Origin {
            span: line.span,
            depth: 0,
        };
        match self.condition(text) {
            None => Step::Gone,
            Some(rest) if expand::is_plain(rest) && rest.len() == text.len() => Step::Done(line),
            Some(rest) => self.expand(snapshot, found, rest, at),
        }
    }

    fn resume(
        &mut self,
        snapshot: &mut Snapshot,
        found: &mut Vec<Diagnostic>,
        pending: Pending,
    ) -> Step {
        self.expansions += 1;
        let (Pending::Line { at, .. } | Pending::Sequence { at, .. }) = &pending;
        let text = if at.depth > DEEPEST {
            "A parameter contains itself; the rest of this expansion is left out"
        } else if self.expansions > self.limits.expansions
            || snapshot.len() > self.limits.bytes
            || !self.variables.spend(pending.len())
        {
            "The preprocessor makes too many lines; the rest of this expansion is left out"
        } else {
            return self.go_on(snapshot, found, pending);
        };
        self.pending.clear();
        found.push(at_line("endless-expansion", Severity::Error, text, at.span));
        Step::Gone
    }

    fn go_on(
        &mut self,
        snapshot: &mut Snapshot,
        found: &mut Vec<Diagnostic>,
        pending: Pending,
    ) -> Step {
        match pending {
            Pending::Line { text, at } => match self.condition(&text) {
                None => Step::Gone,
                Some(rest) => self.expand(snapshot, found, rest, at),
            },
            Pending::Sequence { mut sequence, at } => {
                if sequence.advance(&mut self.variables) {
                    let text = sequence.rest();
                    self.pending.push(Pending::Sequence { sequence, at });
                    self.pending.push(Pending::Line {
                        text,
                        at: at.deeper(),
                    });
                }
                Step::Gone
            }
        }
    }

    /// What is left of a line behind its `@id` conditions, `None` if one of them fails.
    fn condition<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let mut text = text.trim_ascii();
        while let Some(rest) = text.strip_prefix(b"@") {
            let (negated, rest) = match rest.strip_prefix(b"^") {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            let len = rest
                .iter()
                .position(u8::is_ascii_whitespace)
                .unwrap_or(rest.len());
            let (id, behind) = rest.split_at(len);
            let ours = self.options.config_id.as_deref().unwrap_or("");
            if (id == ours.as_bytes()) == negated {
                return None;
            }
            text = behind.trim_ascii_start();
        }
        Some(text)
    }

    /// Definitions, sequences and variables of one line.
    fn expand(
        &mut self,
        snapshot: &mut Snapshot,
        found: &mut Vec<Diagnostic>,
        text: &[u8],
        at: Origin,
    ) -> Step {
        if text.is_empty() {
            return Step::Gone;
        }
        if let Some((name, value)) = expand::definition(text) {
            self.define(snapshot, name, value);
            return Step::Gone;
        }
        if text.starts_with(b"~") {
            match Sequence::parse(text) {
                Ok(sequence) => self.pending.push(Pending::Sequence {
                    sequence,
                    at: at.deeper(),
                }),
                Err(Some(why)) => {
                    let kind = if text.starts_with(b"~LST") {
                        "~LST"
                    } else {
                        "~SEQ"
                    };
                    let line = String::from_utf8_lossy(text)
                        .chars()
                        .take(200)
                        .collect::<String>();
                    let second = format!("Invalid {kind} specification '{line}'");
                    let (first, second) = if why.is_empty() {
                        (second, None)
                    } else {
                        (format!("{why} '{line}'"), Some(second))
                    };
                    let mut error = at_line("bad-sequence", Severity::Error, &first, at.span);
                    error.consequence = second;
                    found.push(error);
                }
                Err(None) => return Self::made(snapshot, text, at.span),
            }
            return Step::Gone;
        }
        let directory = self.open.last().map_or("", |cursor| &*cursor.directory);
        match self.variables.substitute(text, directory, self.options) {
            expand::Substituted::Same => Self::made(snapshot, text, at.span),
            expand::Substituted::Lines(lines) => {
                let lines = lines.into_iter().rev();
                self.pending.extend(lines.map(|text| Pending::Line {
                    text: text.into(),
                    at: at.deeper(),
                }));
                Step::Gone
            }
            expand::Substituted::Endless => {
                let text =
                    "A parameter contains itself, or makes the line too long; it is not replaced";
                found.push(at_line("endless-expansion", Severity::Error, text, at.span));
                Step::Gone
            }
        }
    }

    /// A definition; a value that ends with a backslash goes on in the next line.
    fn define(&mut self, snapshot: &Snapshot, name: &[u8], value: &[u8]) {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut value = value.to_vec();
        let mut size = value.len();
        loop {
            let Some(begun) = value.strip_suffix(b"\\") else {
                lines.push(value);
                break;
            };
            lines.push(begun.trim_ascii().to_vec());
            let next = match self.pending.pop() {
                Some(Pending::Line { text, .. }) => Some(text.to_vec()),
                Some(other) => {
                    self.pending.push(other);
                    None
                }
                None => self
                    .raw_line(snapshot)
                    .map(|line| line.bytes(snapshot).to_vec()),
            };
            let Some(next) = next else { break };
            let text = lex::without_comment(&next).trim_ascii();
            // a line that is only a comment does not end the value
            value = if text.is_empty() && !next.trim_ascii().is_empty() {
                b"\\".to_vec()
            } else {
                text.to_vec()
            };
            size += value.len();
            if size > expand::LONGEST_VALUE {
                break;
            }
        }
        if lines.len() > 1 {
            lines.retain(|line| !line.is_empty());
        }
        self.variables.set(name, lines);
    }

    /// A line that stands in no file.
    fn made(snapshot: &mut Snapshot, text: &[u8], origin: Span) -> Step {
        let index = snapshot.add_expansion(text.to_vec(), origin);
        match snapshot.sources().get(index) {
            None => Step::Gone,
            Some(source) => {
                let span = Span::new(
                    source.start,
                    u32::try_from(source.bytes.len()).unwrap_or(u32::MAX),
                );
                Step::Done(RawLine {
                    source: index,
                    plain: false,
                    from: 0,
                    to: source.bytes.len(),
                    span,
                })
            }
        }
    }
}

/// A finding about a whole line.
fn at_line(id: &'static str, severity: Severity, text: &str, origin: Span) -> Diagnostic {
    Diagnostic {
        pass: Pass::Global,
        ..Diagnostic::new(id, severity, text).at(origin)
    }
}

fn too_long(span: Span) -> Diagnostic {
    let text = format!(
        "Line is {} bytes long; the limit is {LONGEST_LINE}",
        span.len
    );
    let found = Diagnostic::new("long-line", Severity::Warning, text)
        .at(Span::new(span.start, 1))
        .help("keepalived reads at most 1023 bytes of a line and takes the rest for the next one; here the whole line is used, but not everywhere");
    Diagnostic {
        pass: Pass::Role,
        ..found
    }
}
