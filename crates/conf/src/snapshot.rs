//! All bytes that one load has read, and the map from positions to file, line and column.
use crate::Span;
use std::sync::Arc;

/// One file, or one line that the preprocessor made.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path as it was given or included.
    pub name: Arc<str>,
    /// What was read; not copied again, since it may be much.
    pub bytes: Arc<Vec<u8>>,
    /// Position of its first byte in the snapshot.
    pub start: u32,
    /// Number of its first line: 1, but for an expansion.
    pub first_line: u32,
    /// The include line or the expanded line it came from.
    pub origin: Option<Span>,
    /// Made by the preprocessor: its text stands in no file.
    pub expansion: bool,
    line_starts: Vec<u32>,
}

impl Source {
    /// Offset of the first byte of `line` (counted from 0 within this source) in `bytes`.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.line_starts.get(line).map(|&at| at as usize)
    }

    /// Where `line` begins and ends in `bytes`, without its newline.
    pub(crate) fn line_bounds(&self, line: usize) -> Option<(usize, usize)> {
        let from = self.line_start(line).filter(|&at| at < self.bytes.len())?;
        let end = self.line_start(line + 1).unwrap_or(self.bytes.len());
        let newline = self.bytes.get(end - 1) == Some(&b'\n');
        Some((from, end - usize::from(newline)))
    }

    /// How many lines it has.
    pub fn lines(&self) -> usize {
        self.line_starts.len()
    }

    /// The bytes of a line without its line end.
    pub fn line(&self, line: usize) -> &[u8] {
        let Some(start) = self.line_start(line) else {
            return &[];
        };
        let end = self.line_start(line + 1).unwrap_or(self.bytes.len());
        let bytes = self.bytes.get(start..end).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes.strip_suffix(b"\r").unwrap_or(bytes)
    }
}

/// A place as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

/// Everything that was read, in the order of reading.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    sources: Vec<Source>,
    files: usize,
}

impl Snapshot {
    /// Bytes read so far.
    pub fn len(&self) -> usize {
        self.sources
            .last()
            .map_or(0, |last| last.start as usize + last.bytes.len())
    }

    /// Nothing was read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Files and expansions.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Files, without expansions.
    pub fn files(&self) -> usize {
        self.files
    }

    /// Adds a file; its index.
    pub(crate) fn add_file(&mut self, name: &str, bytes: Vec<u8>, origin: Option<Span>) -> usize {
        self.files += 1;
        self.add(name.into(), bytes.into(), 1, origin, false)
    }

    /// Adds a line that the preprocessor made from the one at `origin`; its index.
    pub fn add_expansion(&mut self, bytes: Vec<u8>, origin: Span) -> usize {
        let from = self.locate(origin);
        let (name, line) = from.map_or(("".into(), 1), |at| (at.file, at.line));
        self.add(name, bytes.into(), line, Some(origin), true)
    }

    fn add(
        &mut self,
        name: Arc<str>,
        bytes: Arc<Vec<u8>>,
        first_line: u32,
        origin: Option<Span>,
        expansion: bool,
    ) -> usize {
        let start = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let newlines = memchr::memchr_iter(b'\n', &bytes);
        let starts = newlines.filter_map(|at| u32::try_from(at + 1).ok());
        let mut line_starts = vec![0];
        if !expansion {
            // counting is cheaper than growing
            line_starts.reserve_exact(memchr::memchr_iter(b'\n', &bytes).count());
        }
        line_starts.extend(starts.filter(|&at| (at as usize) < bytes.len()));
        self.sources.push(Source {
            name,
            bytes,
            start,
            first_line,
            origin,
            expansion,
            line_starts,
        });
        self.sources.len() - 1
    }

    /// The source that holds a position.
    pub fn source(&self, at: u32) -> Option<&Source> {
        let behind = self.sources.partition_point(|source| source.start <= at);
        self.sources.get(behind.checked_sub(1)?)
    }

    /// File, line and column of the start of a span.
    pub fn locate(&self, span: Span) -> Option<Location> {
        let source = self.source(span.start)?;
        let at = span.start - source.start;
        let line = source
            .line_starts
            .partition_point(|&start| start <= at)
            .checked_sub(1)?;
        let column = at - source.line_starts.get(line)? + 1;
        let line = u32::try_from(line)
            .unwrap_or(u32::MAX)
            .saturating_add(source.first_line);
        Some(Location {
            file: source.name.clone(),
            line,
            column,
        })
    }

    /// The bytes of a span.
    pub fn text(&self, span: Span) -> &[u8] {
        let Some(source) = self.source(span.start) else {
            return &[];
        };
        let start = (span.start - source.start) as usize;
        let end = start
            .saturating_add(span.len as usize)
            .min(source.bytes.len());
        source.bytes.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_become_file_line_and_column_over_several_sources() {
        let mut snapshot = Snapshot::default();
        snapshot.add_file("a", b"one\ntwo three\n".to_vec(), None);
        snapshot.add_file("b", b"x\n\ny".to_vec(), None);
        let at = |start, len| {
            let span = Span::new(start, len);
            let place = snapshot.locate(span).unwrap();
            (
                place.file.to_string(),
                place.line,
                place.column,
                snapshot.text(span).to_vec(),
            )
        };
        assert_eq!(at(0, 3), ("a".into(), 1, 1, b"one".to_vec()));
        assert_eq!(at(8, 5), ("a".into(), 2, 5, b"three".to_vec()));
        assert_eq!(at(17, 1), ("b".into(), 3, 1, b"y".to_vec()));
        assert_eq!(snapshot.sources()[1].line(2), b"y");
    }

    #[test]
    fn an_expansion_keeps_the_line_number_of_what_it_was_expanded_from() {
        let mut snapshot = Snapshot::default();
        snapshot.add_file("a", b"one\n$X\n".to_vec(), None);
        snapshot.add_expansion(b"priority 100".to_vec(), Span::new(4, 2));
        let place = snapshot.locate(Span::new(7 + 9, 3)).unwrap();
        assert_eq!((&*place.file, place.line, place.column), ("a", 2, 10));
    }
}
