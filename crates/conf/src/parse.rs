//! The walk over the blocks: lines are cut into clauses, each clause finds its row, the row
//! puts its value into the configuration.
//!
//! What opens a block is decided by the table, as in the original: behind an unknown word a `{`
//! is "unexpected", its lines are read as the enclosing block's, and its `}` ends that block.
//! A better reading would be a different program, so the diagnostic says it instead.
use crate::config::{
    Bfd, Config, Connect, Dns, GarpGroup, Http, Instance, Misc, RealServer, Rhythm, Script,
    ServerGroup, Smtp, SyncGroup, TrackFile, TrackGroup, TrackProcess, TrackScript, Udp, Url,
    VirtualServer,
};
use crate::lex::{self, Kind, Trouble, Word};
use crate::reader::Reader;
use crate::table::{Again, Keyword, Set, Table};
use crate::value::{self, Refused};
use crate::{Diagnostic, Files, Limits, Pass, Severity, Snapshot, Span, Spanned, keywords};
use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

/// Findings for which the nearest known word is looked up; behind so many, nobody reads them.
const SUGGESTIONS: usize = 200;

/// What a load is told besides the path.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `--config-id`: which `@ID` lines count, and `${_INSTANCE}`.
    pub config_id: Option<String>,
    /// `--all-config`: every include must succeed.
    pub all_includes: bool,
    /// Working directory, absolute: where `${_PWD}` of a relative path begins.
    pub directory: String,
    /// What `${_ENV NAME}` may see.
    pub environment: BTreeMap<String, String>,
    /// Seed of `${_RANDOM}`.
    pub seed: u64,
    /// Bounds.
    pub limits: Limits,
}

/// The outcome of a load: always there, however bad the text.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What was read.
    pub snapshot: Snapshot,
    /// What was understood.
    pub config: Config,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a configuration. Never fails and never panics; see [`verdict`](crate::verdict).
pub fn load(files: &mut dyn Files, path: &str, options: &LoadOptions) -> Loaded {
    let mut snapshot = Snapshot::default();
    let mut cx = Cx::new(options.limits);
    let mut reader = Reader::new(options);
    cx.diagnostics
        .extend(reader.start(files, path, &mut snapshot));
    let mut walker = Walker::default();
    let mut last = Span::default();
    while let Some(line) = reader.next(files, &mut snapshot, &mut cx.diagnostics) {
        walker.line(&mut cx, line.bytes(&snapshot), line.start());
        cx.apply_include_checks(&mut reader);
        last = line.span;
    }
    if cx.is_full() {
        cx.give_up(last);
    }
    walker.finish(&mut cx);
    Loaded {
        snapshot,
        config: cx.config,
        diagnostics: cx.diagnostics,
    }
}

/// What setters work on: the configuration so far, the blocks being built, the findings.
#[derive(Debug, Default)]
pub struct Cx {
    pub(crate) config: Config,
    pub(crate) diagnostics: Vec<Diagnostic>,
    limits: Limits,
    /// The `vrrp_instance` block being read.
    pub(crate) instance: Instance,
    pub(crate) group: SyncGroup,
    pub(crate) script: TrackScript,
    pub(crate) process: TrackProcess,
    pub(crate) file: TrackFile,
    pub(crate) bfd: Bfd,
    pub(crate) garp_group: GarpGroup,
    pub(crate) track_group: TrackGroup,
    pub(crate) server_group: ServerGroup,
    pub(crate) virtual_server: VirtualServer,
    pub(crate) real_server: RealServer,
    pub(crate) checker: Building,
    pub(crate) url: Url,
    /// Names that are taken, and where.
    pub(crate) names: Names,
    /// How many rules got a preference so far, IPv4 and IPv6.
    pub(crate) rule_preferences: (u32, u32),
    /// Set by `include_check` until the reader has taken it.
    pub(crate) include_checks: Option<crate::reader::Checks>,
    /// Name of the block being read, for messages.
    pub(crate) name: Box<str>,
    /// The clause being read.
    pub(crate) here: Span,
    pub(crate) pass: Option<Pass>,
    /// The line being read ends within a quote.
    pub(crate) unterminated: bool,
}

/// Names of blocks and where they were given; looked up for each block and each use.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) instances: HashMap<Box<str>, Span>,
    pub(crate) groups: HashMap<Box<str>, Span>,
    pub(crate) scripts: HashMap<Box<str>, Span>,
    pub(crate) files: HashMap<Box<str>, Span>,
    pub(crate) processes: HashMap<Box<str>, Span>,
    pub(crate) bfds: HashMap<Box<str>, Span>,
    /// Interfaces of `garp_group` blocks.
    pub(crate) garp_interfaces: HashMap<Box<str>, Span>,
}

/// A checker being read; which of its parts count is known when its block ends.
#[derive(Debug, Default)]
pub(crate) struct Building {
    pub(crate) span: Span,
    pub(crate) rhythm: Rhythm,
    pub(crate) connect: Connect,
    /// The checker's own, while one of its hosts is read.
    pub(crate) outer: (Rhythm, Connect),
    pub(crate) http: Http,
    pub(crate) smtp: Smtp,
    pub(crate) dns: Dns,
    pub(crate) udp: Udp,
    pub(crate) misc: Misc,
    /// What a `FILE_CHECK` or `BFD_CHECK` follows.
    pub(crate) object: Option<Spanned<Box<str>>>,
    pub(crate) weight: Option<i32>,
    pub(crate) reverse: bool,
}

impl Cx {
    fn new(limits: Limits) -> Self {
        Cx {
            limits,
            ..Cx::default()
        }
    }

    /// There are as many findings as there may be.
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= self.limits.diagnostics
    }

    /// The candidate that a word was probably meant to be; behind so many findings, nobody reads
    /// it any more.
    pub(crate) fn nearest<'c>(
        &self,
        word: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<&'c str> {
        if self.diagnostics.len() < SUGGESTIONS {
            crate::nearest(word, candidates)
        } else {
            None
        }
    }

    /// Notes a finding about the clause being read.
    pub(crate) fn report(
        &mut self,
        id: &'static str,
        severity: Severity,
        text: impl Into<String>,
        at: Span,
    ) {
        self.push(Diagnostic::new(id, severity, text).at(at));
    }

    /// Notes a finding, in the pass of the block being read.
    pub(crate) fn push(&mut self, found: Diagnostic) {
        let pass = self.pass.unwrap_or(Pass::Global);
        self.diagnostics.push(Diagnostic { pass, ..found });
    }

    /// `include_check` works from the line on where it stands.
    fn apply_include_checks(&mut self, reader: &mut Reader<'_>) {
        if let Some(checks) = self.include_checks.take() {
            reader.checks = checks;
        }
    }

    fn give_up(&mut self, at: Span) {
        let text = "Too many errors; the rest of the configuration is not read";
        self.report("too-many", Severity::Error, text, at);
    }
}

/// A clause: the words of one keyword line.
pub struct Line<'a> {
    words: &'a [Word<'a>],
}

impl<'a> Line<'a> {
    /// The keyword itself is word 0.
    pub(crate) fn word(&self, at: usize) -> Option<&'a Word<'a>> {
        self.words.get(at)
    }

    /// The words behind the keyword.
    pub(crate) fn args(&self) -> &'a [Word<'a>] {
        self.words.get(1..).unwrap_or_default()
    }

    /// All words.
    pub(crate) fn words(&self) -> &'a [Word<'a>] {
        self.words
    }

    /// From the first to the last word.
    pub(crate) fn span(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        }
    }

    /// The word at `at`, or the finding that it is missing.
    pub(crate) fn need(&self, cx: &mut Cx, at: usize) -> Option<&'a Word<'a>> {
        let word = self.word(at);
        if word.is_none() {
            let name = |at: usize| {
                self.word(at)
                    .map_or_else(String::new, |w| w.text().into_owned())
            };
            let text = format!(
                "*** Configuration line starting `{}` is missing a parameter after keyword `{}` at word position {}",
                name(0),
                name(at - 1),
                at + 1
            );
            let found = Diagnostic::new("missing-parameter", Severity::Abort, text);
            cx.push(
                found
                    .at(self.span())
                    .help("the original ends here with exit code 2; write the value"),
            );
        }
        word
    }
}

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
struct Walker {
    frames: Vec<Frame>,
    /// A block keyword was read and its `{` has not come yet.
    pending: bool,
    /// Positions of the braces that are open, whatever they belong to.
    braces: Vec<Span>,
    /// `}` that closed nothing.
    extra: usize,
    /// For blocks that may come again and are one.
    seen: Seen,
}

impl Walker {
    fn line(&mut self, cx: &mut Cx, raw: &[u8], start: u32) {
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
        let Some(row) = table.find(&first.bytes) else {
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

    fn finish(mut self, cx: &mut Cx) {
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

/// Reads the value that the row describes and hands it on.
fn set(cx: &mut Cx, row: &'static Keyword, line: &Line<'_>) {
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
