//! From text to a configuration: what a load is told and gives, and what the setters of the keyword
//! tables work on. The walk over the blocks is `walk`, the reading of values `set`.
mod set;
mod walk;

pub(crate) use set::script;

use crate::config::{
    Bfd, Config, Connect, Dns, GarpGroup, Http, Instance, Misc, RealServer, Rhythm, ServerGroup,
    Smtp, SyncGroup, TrackFile, TrackGroup, TrackProcess, TrackScript, Udp, Url, VirtualServer,
};
use crate::lex::Word;
use crate::reader::Reader;
use crate::{Diagnostic, Files, Limits, Pass, Severity, Snapshot, Span, Spanned};
use std::collections::{BTreeMap, HashMap};
use walk::Walker;

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
