//! A line into words: comments, quotes, escapes and braces.
//!
//! The rules are the original's, learnt by running it: `!` and `#` begin a comment anywhere
//! outside double quotes unless a backslash stands before them; a double quote always begins or
//! ends a word, also in the middle of one; `{` and `}` outside double quotes are words of their
//! own, so several blocks may stand on one line; a NUL byte ends the line.
use crate::Span;
use smallvec::SmallVec;
use std::borrow::Cow;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bare,
    Quoted,
    Open,
    Close,
}

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Its bytes, without quotes.
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Where it stands, quotes included.
    pub(crate) span: Span,
    pub(crate) kind: Kind,
}

impl Word<'_> {
    /// As text; foreign bytes become U+FFFD.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        *self.bytes == *word.as_bytes()
    }
}

/// The words of a line; most lines have few, so they need no heap.
pub(crate) type Words<'a> = SmallVec<[Word<'a>; 6]>;

/// What can be wrong with a line as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A double quote without its partner; the rest of the line is dropped.
    Unterminated,
    /// A NUL byte; the rest of the line is dropped.
    Nul,
}

/// A line up to its comment.
pub(crate) fn without_comment(line: &[u8]) -> &[u8] {
    let mut quoted = false;
    let mut escaped = false;
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            b'#' | b'!' if !quoted && !escaped => return line.get(..at).unwrap_or(line),
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    line
}

/// Cuts `line`, whose first byte has the position `base`, into `words`.
pub(crate) fn cut<'a>(line: &'a [u8], base: u32, words: &mut Words<'a>) -> Option<(Trouble, Span)> {
    let at = 0;
    let mut lexer = Lexer {
        line,
        base,
        at,
        words,
    };
    lexer.run()
}

struct Lexer<'a, 'w> {
    line: &'a [u8],
    base: u32,
    at: usize,
    words: &'w mut Words<'a>,
}

impl Lexer<'_, '_> {
    fn run(&mut self) -> Option<(Trouble, Span)> {
        while let Some(byte) = self.peek() {
            match byte {
                0 => return Some((Trouble::Nul, self.span(self.at, self.at + 1))),
                b'#' | b'!' => return None,
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => self.at += 1,
                b'{' | b'}' => {
                    let kind = if byte == b'{' {
                        Kind::Open
                    } else {
                        Kind::Close
                    };
                    self.push(self.at, self.at + 1, self.at, self.at + 1, kind);
                    self.at += 1;
                }
                b'"' => {
                    if let Some(trouble) = self.quoted() {
                        return Some(trouble);
                    }
                }
                _ => self.bare(),
            }
        }
        None
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn quoted(&mut self) -> Option<(Trouble, Span)> {
        let open = self.at;
        let body = self.line.get(open + 1..).unwrap_or_default();
        let Some(len) = body.iter().position(|&b| b == b'"') else {
            return Some((Trouble::Unterminated, self.span(open, self.line.len())));
        };
        self.push(open + 1, open + 1 + len, open, open + len + 2, Kind::Quoted);
        self.at = open + len + 2;
        None
    }

    fn bare(&mut self) {
        let start = self.at;
        let mut escaped = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' if matches!(self.line.get(self.at + 1), Some(b'#' | b'!')) => {
                    escaped = true;
                    self.at += 2;
                }
                0 | b'#' | b'!' | b'{' | b'}' | b'"' => break,
                _ if byte.is_ascii_whitespace() || byte == 0x0b => break,
                _ => self.at += 1,
            }
        }
        self.push(start, self.at, start, self.at, Kind::Bare);
        if escaped && let Some(word) = self.words.last_mut() {
            word.bytes = unescape(&word.bytes).into();
        }
    }

    fn push(&mut self, from: usize, to: usize, span_from: usize, span_to: usize, kind: Kind) {
        let bytes = Cow::Borrowed(self.line.get(from..to).unwrap_or_default());
        let span = self.span(span_from, span_to);
        self.words.push(Word { bytes, span, kind });
    }

    fn span(&self, from: usize, to: usize) -> Span {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.base.saturating_add(narrow(from)), narrow(to - from))
    }
}

/// Drops the backslash before `#` and `!`.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut bytes = word.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' || !matches!(bytes.peek(), Some(b'#' | b'!')) {
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let mut words = Words::new();
        cut(line.as_bytes(), 0, &mut words);
        words.iter().map(|w| w.text().into_owned()).collect()
    }

    #[test]
    fn words_follow_the_original() {
        assert_eq!(texts("  router_id\tlb01 ! comment"), ["router_id", "lb01"]);
        assert_eq!(texts("state MASTER#x"), ["state", "MASTER"]);
        assert_eq!(texts(r"path /a\#b\!c"), ["path", "/a#b!c"]);
        assert_eq!(texts(r#"a"b c"d"#), ["a", "b c", "d"]);
        assert_eq!(texts(r#"x "" "a # b""#), ["x", "", "a # b"]);
        assert_eq!(texts("vrrp_instance V{"), ["vrrp_instance", "V", "{"]);
        assert_eq!(texts("v { 10.0.0.1 }"), ["v", "{", "10.0.0.1", "}"]);
        assert_eq!(texts(r#"r "{" "a}""#), ["r", "{", "a}"]);
        assert_eq!(texts("名字 # 注释"), ["名字"]);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let mut found = Words::new();
        let trouble = cut(b"interface \"eth0", 100, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(trouble, Some((Trouble::Unterminated, Span::new(110, 5))));
        let trouble = cut(b"a\0b", 0, &mut Words::new());
        assert_eq!(trouble, Some((Trouble::Nul, Span::new(1, 1))));
    }
}
