//! `include` and its stricter kin.
use super::expand::Substituted;
use super::{RawLine, Reader, at_line};
use crate::{Diagnostic, Files, ReadError, Severity, Snapshot, Span};

/// What makes a failed include an error that ends the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Checks {
    /// `read`: a file that is there cannot be read.
    pub(crate) read: bool,
    /// `match`: a name without wildcard is not there.
    pub(crate) found: bool,
    /// `wildcard_match`: nothing matches.
    pub(crate) wildcard: bool,
    /// `brace_match`: an alternative in braces is not there.
    pub(crate) brace: bool,
}

impl Checks {
    /// Everything.
    pub(crate) const ALL: Checks = Checks {
        read: true,
        found: true,
        wildcard: true,
        brace: true,
    };

    fn or(self, other: Checks) -> Checks {
        Checks {
            read: self.read || other.read,
            found: self.found || other.found,
            wildcard: self.wildcard || other.wildcard,
            brace: self.brace || other.brace,
        }
    }

    /// What the keyword adds; `None`: no include.
    fn of(keyword: &[u8]) -> Option<Checks> {
        let none = Checks::default();
        Some(match keyword {
            b"include" => none,
            b"includer" => Checks { read: true, ..none },
            b"includem" => Checks {
                found: true,
                ..none
            },
            b"includew" => Checks {
                wildcard: true,
                ..none
            },
            b"includeb" => Checks {
                brace: true,
                ..none
            },
            b"includea" => Checks::ALL,
            _ => return None,
        })
    }

    /// `[+|-]name` of `include_check`; `false`: no such name.
    pub(crate) fn set(&mut self, word: &str) -> bool {
        let (on, name) = match word.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, word.strip_prefix('+').unwrap_or(word)),
        };
        match name {
            "read" | "readable" => self.read = on,
            "match" => self.found = on,
            "wildcard_match" => self.wildcard = on,
            "brace_match" => self.brace = on,
            _ => return false,
        }
        true
    }
}

impl Reader<'_> {
    /// Whether the line was an include; its files are what is read next.
    pub(super) fn include(
        &mut self,
        files: &mut dyn Files,
        snapshot: &mut Snapshot,
        found: &mut Vec<Diagnostic>,
        line: &RawLine,
    ) -> bool {
        let text = line.bytes(snapshot);
        if !text.starts_with(b"include") {
            return false;
        }
        let text = text.trim_ascii_end();
        let len = text
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(text.len());
        let (keyword, pattern) = text.split_at(len);
        let (Some(checks), false) = (Checks::of(keyword), pattern.trim_ascii().is_empty()) else {
            return false;
        };
        let checks = checks.or(self.checks);
        let directory = self.open.last().map_or("", |cursor| &*cursor.directory);
        let pattern = pattern.trim_ascii();
        let replaced = self.variables.substitute(pattern, directory, self.options);
        let pattern = match &replaced {
            Substituted::Lines(lines) => lines.first().map_or(pattern, Vec::as_slice),
            Substituted::Same | Substituted::Endless => pattern,
        };
        let pattern = String::from_utf8_lossy(pattern).into_owned();
        let at = line.span;
        let full = snapshot.files() >= self.limits.files || self.lookups == 0;
        if self.open.len() >= self.limits.depth || full {
            let text = format!(
                "Configuration file '{pattern}' open problem (Too many open files) - skipping"
            );
            // beyond the number of files nothing changes any more: once is enough
            if !(full && std::mem::replace(&mut self.full, full)) {
                let error = at_line("include-depth", Severity::Error, &text, at);
                found.push(error.help("does a file include itself?"));
            }
            return true;
        }
        let paths = self.resolve(files, found, &pattern, checks, at);
        // the last one first: each is read to its end before the next
        for path in paths.iter().rev() {
            if snapshot.files() >= self.limits.files {
                break;
            }
            let room = self.limits.bytes.saturating_sub(snapshot.len());
            match files.read(path, room) {
                Ok(bytes) => self.enter(snapshot, path, bytes, Some(at)),
                Err(why) => found.push(unreadable(path, &why, checks, at)),
            }
        }
        true
    }

    /// The files that a pattern names, with what is missing reported.
    fn resolve(
        &mut self,
        files: &mut dyn Files,
        found: &mut Vec<Diagnostic>,
        pattern: &str,
        checks: Checks,
        at: Span,
    ) -> Vec<String> {
        let directory = self.open.last().map_or("", |cursor| &*cursor.directory);
        let alternatives = alternatives(pattern);
        let braces = alternatives.len() > 1;
        let mut paths = Vec::new();
        let mut missing = 0;
        for alternative in &alternatives {
            let path = if alternative.starts_with('/') {
                alternative.clone()
            } else {
                format!("{directory}{alternative}")
            };
            if self.lookups == 0 {
                break;
            }
            self.lookups -= 1;
            let matched = files.glob(&path);
            missing += usize::from(matched.is_empty());
            paths.extend(matched);
        }
        let wildcard = pattern.contains(['*', '?', '[']);
        if missing == 0 {
            return paths;
        }
        let report = if braces {
            Some((
                checks.brace,
                format!("Some config files missing: \"{pattern}\"."),
            ))
        } else if wildcard {
            checks
                .wildcard
                .then(|| (true, format!("No config files matched '{pattern}'.")))
        } else {
            Some((checks.found, format!("Config files missing '{pattern}'.")))
        };
        if let Some((fatal, text)) = report {
            let severity = if fatal {
                Severity::NoConfig
            } else {
                Severity::Note
            };
            found.push(at_line("missing-include", severity, &text, at));
        }
        paths
    }
}

fn unreadable(path: &str, why: &ReadError, checks: Checks, at: Span) -> Diagnostic {
    let severity = if checks.read {
        Severity::NoConfig
    } else {
        Severity::Note
    };
    let (severity, text) = match why {
        ReadError::Directory => (
            Severity::Note,
            format!("Configuration file '{path}/' is a directory - skipping"),
        ),
        ReadError::NotRegular => (
            severity,
            format!("Configuration file '{path}' is not a regular non-executable file - skipping"),
        ),
        why => (
            severity,
            format!("Configuration file '{path}' open problem ({why}) - skipping"),
        ),
    };
    at_line("unreadable-include", severity, &text, at)
}

/// `a{b,c}d` as `abd` and `acd`; braces may nest. At most 1024, so that a line cannot explode.
fn alternatives(pattern: &str) -> Vec<String> {
    const MOST: usize = 1024;
    /// The kernel's bound: no file has a longer path.
    const LONGEST: usize = 4096;
    if pattern.len() > LONGEST {
        return vec![pattern.to_owned()];
    }
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(pattern) = open.pop() {
        if done.len() + open.len() >= MOST {
            break;
        }
        match first_braces(&pattern) {
            None => done.push(pattern),
            Some((before, choices, behind)) => {
                let choices = choices.into_iter().rev();
                open.extend(choices.map(|choice| format!("{before}{choice}{behind}")));
            }
        }
    }
    done
}

/// The first braces of a pattern: what is before them, their alternatives, what is behind.
fn first_braces(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = pattern.find('{')?;
    let mut choices = Vec::new();
    let (mut depth, mut from) = (0, open + 1);
    for (at, byte) in pattern.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' | b'}' if depth == 1 => {
                choices.push(pattern.get(from..at)?);
                from = at + 1;
                if byte == b'}' {
                    return Some((pattern.get(..open)?, choices, pattern.get(from..)?));
                }
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_alternatives() {
        assert_eq!(alternatives("a"), ["a"]);
        assert_eq!(alternatives("a{b,c}d"), ["abd", "acd"]);
        assert_eq!(alternatives("{x/{,y},z}"), ["x/", "x/y", "z"]);
        assert_eq!(alternatives("a{b"), ["a{b"]);
        assert!(alternatives(&"{a,b}".repeat(40)).len() <= 1024);
    }
}
