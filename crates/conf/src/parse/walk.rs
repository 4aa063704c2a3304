//! The walk over the blocks: lines are cut into clauses, each clause finds its row, the row
//! puts its value into the configuration.
//!
//! What opens a block is decided by the table, as in the original: behind an unknown word a `{`
//! is "unexpected", its lines are read as the enclosing block's, and its `}` ends that block.
//! A better reading would be a different program, so the diagnostic says it instead.
use super::set::set;
use super::{Cx, Line};
use crate::lex::{self, Kind, Trouble, Word};
use crate::table::{Again, Keyword, Recent, Set, Table};
use crate::{Diagnostic, Pass, Severity, Span, keywords};

/// An open block.
struct Frame {
    body: Body,
    opened: Span,
    name: Box<str>,
    seen: Seen,
}

/// Keywords that were there, of those that must not come again, and their values.
type Seen = Vec<(&'static str, Box<str>)>;

#[derive(Clone, Copy)]
enum Body {
    Table {
        table: &'static Table,
        close: fn(&mut Cx),
    },
    List {
        item: fn(&mut Cx, &Line<'_>),
        close: fn(&mut Cx),
    },
    Skip,
}

#[derive(Default)]
pub(super) struct Walker {
    frames: Vec<Frame>,
    /// A block keyword was read and its `{` has not come yet.
    pending: bool,
    /// Positions of the braces that are open, whatever they belong to.
    braces: Vec<Span>,
    /// `}` that closed nothing.
    extra: usize,
    /// For blocks that may come again and are one.
    seen: Seen,
    recent: Recent,
}

impl Walker {
    pub(super) fn line(&mut self, cx: &mut Cx, raw: &[u8], start: u32) {
        let mut words = lex::Words::new();
        let trouble = lex::cut(raw, start, &mut words);
        self.locate_pass(cx);
        cx.unterminated = matches!(trouble, Some((Trouble::Unterminated, _)));
        if let Some(trouble) = trouble {
            cx.push(line_trouble(raw, trouble));
        }
        let mut rest = &*words;
        while let Some(first) = rest.first().filter(|_| !cx.is_full()) {
            let len = rest
                .iter()
                .take_while(|w| matches!(w.kind, Kind::Bare | Kind::Quoted))
                .count();
            let (clause, behind) = rest.split_at(len);
            let brace = behind
                .first()
                .filter(|_| len == 0 || behind.first().is_some_and(|b| b.kind == Kind::Open));
            rest = behind
                .get(usize::from(brace.is_some())..)
                .unwrap_or_default();
            cx.here = first.span;
            self.locate_pass(cx);
            self.clause(cx, &Line { words: clause }, brace);
        }
    }

    /// Findings in the root and in the global part belong to the original's first pass.
    fn locate_pass(&self, cx: &mut Cx) {
        let global = match self.frames.first().map(|frame| frame.body) {
            None => true,
            Some(Body::Table { table, .. }) => table.block == "global_defs",
            Some(_) => false,
        };
        cx.pass = Some(if global { Pass::Global } else { Pass::Role });
    }

    fn clause(&mut self, cx: &mut Cx, line: &Line<'_>, brace: Option<&Word<'_>>) {
        match brace.map(|b| (b.kind, b.span)) {
            Some((Kind::Close, at)) => return self.close(cx, at),
            Some((_, at)) => self.braces.push(at),
            None => {}
        }
        if self.pending {
            self.pending = false;
            if line.words.is_empty() {
                return;
            }
            let text = "Missing '{' at beginning of configuration block";
            let found = Diagnostic::new("missing-brace", Severity::Error, text).at(line.span());
            let found = match self.frames.last() {
                Some(frame) => found.label(frame.opened, "this block"),
                None => found,
            };
            cx.push(found);
        }
        let opener = brace.map(|b| b.span);
        match self.frames.last().map(|frame| frame.body) {
            Some(Body::Skip) => self.skip(line, opener),
            Some(Body::List { item, .. }) => {
                if !line.words.is_empty() {
                    item(cx, line);
                }
                unexpected(cx, opener);
            }
            Some(Body::Table { table, .. }) => self.keyword(cx, table, line, opener),
            None => self.keyword(cx, &keywords::ROOT, line, opener),
        }
    }

    /// Within a block that is left out, braces nest whatever they belong to.
    fn skip(&mut self, line: &Line<'_>, opener: Option<Span>) {
        if let Some(at) = opener {
            let opened = line.words.first().map_or(at, |w| w.span);
            self.frames.push(Frame {
                body: Body::Skip,
                opened,
                name: "".into(),
                seen: Seen::new(),
            });
        }
    }

    fn keyword(
        &mut self,
        cx: &mut Cx,
        table: &'static Table,
        line: &Line<'_>,
        opener: Option<Span>,
    ) {
        let Some(first) = line.word(0) else {
            return unexpected(cx, opener);
        };
        let Some(row) = self.recent.find(table, &first.bytes) else {
            let found = unknown(cx, table, first, opener);
            return cx.push(found);
        };
        match row.set {
            Set::Block {
                table, open, close, ..
            } => {
                let body = Body::Table { table, close };
                self.open(cx, open, body, line, opener);
            }
            Set::List {
                open, item, close, ..
            } => {
                let body = Body::List { item, close };
                self.open(cx, open, body, line, opener);
            }
            _ => {
                if !row.deprecated.is_empty() {
                    cx.push(deprecated(row, first.span));
                }
                if !row.notice.is_empty() {
                    let text = row.notice.replace("{}", &cx.name);
                    cx.report("deprecated", Severity::Warning, text, first.span);
                }
                if self.counts(cx, table, row, line) {
                    set(cx, row, line);
                }
                superfluous(cx, row, line);
                unexpected(cx, opener);
            }
        }
    }

    /// Whether a keyword that may have been there before is used.
    fn counts(&mut self, cx: &mut Cx, table: &Table, row: &Keyword, line: &Line<'_>) -> bool {
        let (text, counts) = match row.again {
            Again::Silent => return true,
            Again::Ignored(text) => (text, false),
            Again::Replaces(text) => (text, true),
        };
        let one = matches!(table.block, "global_defs" | "SSL");
        let seen = match self.frames.last_mut() {
            Some(frame) if !one => &mut frame.seen,
            _ => &mut self.seen,
        };
        let value = line
            .word(1)
            .map_or_else(String::new, |w| w.text().into_owned());
        let Some((_, old)) = seen.iter_mut().find(|(name, _)| *name == row.name) else {
            // a value that may be left out is one
            if line.word(1).is_some() || matches!(row.set, Set::Line { .. }) {
                seen.push((row.name, value.into()));
            }
            return true;
        };
        let text = text
            .replace("{old}", old)
            .replace("{v}", &value)
            .replace("{}", &cx.name);
        if counts {
            *old = value.into();
        }
        cx.report("duplicate-value", Severity::Warning, text, line.span());
        counts
    }

    fn open(
        &mut self,
        cx: &mut Cx,
        open: fn(&mut Cx, &Line<'_>) -> bool,
        body: Body,
        line: &Line<'_>,
        opener: Option<Span>,
    ) {
        let outer = cx.name.clone();
        let body = if open(cx, line) { body } else { Body::Skip };
        self.frames.push(Frame {
            body,
            opened: line.span(),
            name: outer,
            seen: Seen::new(),
        });
        self.pending = opener.is_none();
    }

    fn close(&mut self, cx: &mut Cx, at: Span) {
        self.pending = false;
        let extra = self.braces.pop().is_none();
        if let Some(frame) = self.frames.pop() {
            finish(cx, frame);
        } else if extra {
            self.extra += 1;
            let found = Diagnostic::new("extra-brace", Severity::Error, "Extra '}' found").at(at);
            cx.push(
                found
                    .consequence("Unknown keyword '}'")
                    .help("remove it, or look for the block above that was closed too early"),
            );
        } else {
            let found =
                Diagnostic::new("unknown-keyword", Severity::Error, "Unknown keyword '}'").at(at);
            cx.push(found.help("it closes the brace of an unknown block above"));
        }
    }

    pub(super) fn finish(mut self, cx: &mut Cx) {
        let missing = self.braces.len();
        if let Some(&at) = self.braces.last() {
            let text = format!("There are {missing} missing '}}'s or extra '{{'s");
            let found = Diagnostic::new("unclosed-brace", Severity::Error, text);
            let found = found.label(at, "this brace is never closed");
            cx.diagnostics
                .push(found.help("add a '}' where the block ends"));
        }
        while let Some(frame) = self.frames.pop() {
            finish(cx, frame);
        }
    }
}

fn finish(cx: &mut Cx, frame: Frame) {
    match frame.body {
        Body::Table { close, .. } | Body::List { close, .. } => close(cx),
        Body::Skip => {}
    }
    cx.name = frame.name;
}

fn unexpected(cx: &mut Cx, opener: Option<Span>) {
    if let Some(at) = opener {
        cx.report(
            "unexpected-brace",
            Severity::Error,
            "Unexpected '{' - ignoring",
            at,
        );
    }
}

fn unknown(cx: &Cx, table: &Table, word: &Word<'_>, opener: Option<Span>) -> Diagnostic {
    let text = word.text();
    let shown: String = text.chars().take(200).collect();
    let found = Diagnostic::new(
        "unknown-keyword",
        Severity::Error,
        format!("Unknown keyword '{shown}'"),
    );
    let mut found = found.at(word.span);
    if let Some(opener) = opener {
        found = found.consequence("Unexpected '{' - ignoring");
        found = found.label(
            opener,
            "its lines are read as part of the block around it, which ends at its '}'",
        );
    }
    match cx.nearest(&text, table.rows().map(|row| row.name)) {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found.help(match table.block {
            "(root)" => "no such keyword outside of all blocks".to_owned(),
            block => format!("no such keyword in {block}"),
        }),
    }
}

/// Words behind the value, which the original passes over in silence.
fn superfluous(cx: &mut Cx, row: &Keyword, line: &Line<'_>) {
    let used = match row.set {
        Set::Flag(_) => 1,
        Set::Bool(_)
        | Set::Int { .. }
        | Set::Seconds { .. }
        | Set::Millis { .. }
        | Set::Choice { .. }
        | Set::Word(_)
        | Set::Address(_) => 2,
        Set::Script(_) => 4,
        Set::Line { .. } | Set::Block { .. } | Set::List { .. } => return,
    };
    if let Some(word) = line.word(used) {
        let text = format!(
            "'{}' and what follows is not used by {}",
            word.text(),
            row.name
        );
        let found = Diagnostic::new("superfluous-words", Severity::Advice, text).at(word.span);
        cx.push(found.help("remove it, or put quotes around a value with blanks"));
    }
}

fn deprecated(row: &Keyword, at: Span) -> Diagnostic {
    let text = format!("'{}' is deprecated", row.name);
    let found = Diagnostic::new("deprecated", Severity::Advice, text).at(at);
    found.help(format!("write '{}'", row.deprecated))
}

fn line_trouble(raw: &[u8], (trouble, at): (Trouble, Span)) -> Diagnostic {
    match trouble {
        Trouble::Unterminated => {
            let line = String::from_utf8_lossy(raw.trim_ascii_start());
            let text = format!(
                "Unterminated quote '{}'",
                line.chars().take(200).collect::<String>()
            );
            let found = Diagnostic::new("unterminated-quote", Severity::Error, text).at(at);
            found.help("add the closing '\"'; the rest of the line is not used")
        }
        Trouble::Nul => {
            let text = "NUL byte in the configuration, the rest of the line is not used";
            Diagnostic::new("nul-byte", Severity::Error, text).at(at)
        }
    }
}
