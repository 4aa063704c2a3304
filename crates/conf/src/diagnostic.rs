//! What is wrong with the text, as values; drawing them is done elsewhere (`report`).
use crate::Span;
use std::borrow::Cow;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A hint of ours that the original does not give; never changes an exit code.
    Advice,
    /// Said, but no finding: never changes an exit code.
    Note,
    /// Something that is named is not there, without which the daemon runs: `-t` answers like for
    /// what it cannot run with when there are no findings.
    Absent,
    /// A finding: a value was changed or is doubtful, the rest is used.
    Warning,
    /// A finding: something written is not used.
    Error,
    /// A script or path that somebody else could change.
    Security,
    /// A finding with which the daemon cannot run.
    Fatal,
    /// The file is there and cannot be read: not a finding about its text.
    Unreadable,
    /// An include failed that must not: there is no configuration.
    NoConfig,
    /// A keyword without its mandatory argument: the original ends at once.
    Abort,
}

/// In which of its passes over the text the original finds it; decides how it prints the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// The first pass over the global part: `(Line N)` unless there are includes.
    Global,
    /// The passes of VRRP, checkers and BFD: `(FILE: Line N)`.
    Role,
    /// The checks after parsing: no place.
    After,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// May be empty.
    pub text: Cow<'static, str>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name, like `unknown-keyword`: what tools and people refer to.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One line, in the original's words where it has some.
    pub message: String,
    /// What becomes of it, where the original prints a second line.
    pub consequence: Option<String>,
    /// The first is the place itself, further ones belong to it.
    pub spans: Vec<Label>,
    /// What the person can do.
    pub help: Option<String>,
    /// When the original finds it.
    pub pass: Pass,
}

impl Diagnostic {
    /// A finding without place, consequence or help.
    pub fn new(id: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        let (consequence, spans, help) = (None, Vec::new(), None);
        Diagnostic {
            id,
            severity,
            message: message.into(),
            consequence,
            spans,
            help,
            pass: Pass::After,
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        self.label(span, "")
    }

    /// Adds a place with a remark.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<Cow<'static, str>>) -> Self {
        self.spans.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the second line.
    #[must_use]
    pub fn consequence(mut self, text: impl Into<String>) -> Self {
        self.consequence = Some(text.into());
        self
    }
}

/// What `-t` answers for a list of diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing found: exit 0.
    Clean,
    /// A keyword lacks its mandatory argument: exit 2, also without `-t`.
    Abort,
    /// Nothing could be read: exit 4.
    Unreadable,
    /// An include failed that must not: exit 6, also without `-t`.
    NoConfig,
    /// Findings: exit 5.
    Findings,
    /// A security problem: exit 6.
    Security,
}

impl Verdict {
    /// The exit code of `-t`.
    pub const fn exit_code(self) -> u8 {
        match self {
            Verdict::Clean => 0,
            Verdict::Abort => 2,
            Verdict::Unreadable => 4,
            Verdict::Findings => 5,
            Verdict::Security | Verdict::NoConfig => 6,
        }
    }
}

/// Whether the daemon runs with what was found; the original exits with code 2 when not.
pub fn can_run(diagnostics: &[Diagnostic]) -> bool {
    !diagnostics.iter().any(|d| d.severity >= Severity::Fatal)
}

/// The original keeps the largest of its result codes, and a finding (5) is larger than "cannot
/// run" (4), so that what is fatal but also a finding gives 5; a missing argument ends it before
/// any of them counts.
pub fn verdict(diagnostics: &[Diagnostic]) -> Verdict {
    let has = |wanted: &[Severity]| diagnostics.iter().any(|d| wanted.contains(&d.severity));
    if has(&[Severity::NoConfig]) {
        Verdict::NoConfig
    } else if has(&[Severity::Abort]) {
        Verdict::Abort
    } else if has(&[Severity::Security]) {
        Verdict::Security
    } else if has(&[Severity::Warning, Severity::Error, Severity::Fatal]) {
        Verdict::Findings
    } else if has(&[Severity::Unreadable, Severity::Absent]) {
        Verdict::Unreadable
    } else {
        Verdict::Clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_follows_the_original() {
        let code = |list: &[Severity]| {
            let list: Vec<_> = list.iter().map(|&s| Diagnostic::new("x", s, "")).collect();
            verdict(&list).exit_code()
        };
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&[Severity::Advice]), 0);
        assert_eq!(code(&[Severity::Unreadable]), 4);
        assert_eq!(code(&[Severity::Absent]), 4);
        assert_eq!(code(&[Severity::Unreadable, Severity::Warning]), 5);
        assert_eq!(code(&[Severity::Fatal]), 5);
        assert_eq!(code(&[Severity::Error, Severity::Security]), 6);
        assert_eq!(
            code(&[Severity::Error, Severity::Abort, Severity::Security]),
            2
        );
    }
}
