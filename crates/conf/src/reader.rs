//! Lines out of files.
use crate::{Diagnostic, Files, Limits, Pass, ReadError, Severity, Snapshot, Span};
use std::sync::Arc;

/// The original reads lines into a buffer of this size and takes the rest for another line.
const LONGEST_LINE: usize = 1023;

/// One line as written, without its end.
#[derive(Debug, Clone)]
pub(crate) struct RawLine {
    source: Arc<[u8]>,
    from: usize,
    to: usize,
    /// Where it stands.
    pub(crate) span: Span,
}

impl RawLine {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.source.get(self.from..self.to).unwrap_or_default()
    }
}

/// Hands out the lines of a file, one after the other.
pub(crate) struct Reader {
    limits: Limits,
    open: Vec<Cursor>,
}

struct Cursor {
    bytes: Arc<[u8]>,
    base: u32,
    at: usize,
}

impl Reader {
    pub(crate) fn new(limits: Limits) -> Self {
        Reader {
            limits,
            open: Vec::new(),
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
                Some(Diagnostic::new("missing-file", Severity::Advice, text).help(help))
            }
            Err(ReadError::Directory) => {
                let text = format!("Configuration file '{path}' is a directory - skipping");
                Some(Diagnostic::new("directory", Severity::Advice, text))
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
        if let Some(source) = snapshot.sources().get(index) {
            self.open.push(Cursor {
                bytes: source.bytes.clone(),
                base: source.start,
                at: 0,
            });
        }
    }

    /// The next line, and what is wrong with it as such.
    pub(crate) fn next(&mut self) -> Option<(RawLine, Option<Diagnostic>)> {
        loop {
            let cursor = self.open.last_mut()?;
            let Some(rest) = cursor
                .bytes
                .get(cursor.at..)
                .filter(|rest| !rest.is_empty())
            else {
                self.open.pop();
                continue;
            };
            let len = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            let (from, to) = (cursor.at, cursor.at + len);
            cursor.at = to + 1;
            let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span::new(cursor.base.saturating_add(narrow(from)), narrow(len));
            let line = RawLine {
                source: cursor.bytes.clone(),
                from,
                to,
                span,
            };
            return Some((line, too_long(span)));
        }
    }
}

fn too_long(span: Span) -> Option<Diagnostic> {
    if span.len as usize <= LONGEST_LINE {
        return None;
    }
    let text = format!(
        "Line is {} bytes long; the limit is {LONGEST_LINE}",
        span.len
    );
    let found = Diagnostic::new("long-line", Severity::Warning, text)
        .at(Span::new(span.start, 1))
        .help("keepalived reads at most 1023 bytes of a line and takes the rest for the next one; here the whole line is used, but not everywhere");
    Some(Diagnostic {
        pass: Pass::Role,
        ..found
    })
}
