//! `keepalived fmt`: the canonical layout of a file.
//!
//! One indentation step a block, one blank between words, one empty line at most; words,
//! comments and line breaks stay what they are, so that the meaning cannot change.
use crate::lex;

/// Blanks of one step.
const STEP: usize = 4;
/// Deeper blocks are indented like this one; there are none in earnest, and a file of nothing but
/// braces would grow with the square of its length.
const DEEPEST: usize = 32;

/// Lays a text out.
pub fn layout(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut depth, mut empty) = (0_usize, true);
    for line in text.split(|&b| b == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            empty = if empty { true } else { blank_line(&mut out) };
            continue;
        }
        empty = false;
        let code = lex::without_comment(line);
        let comment = line.get(code.len()..).unwrap_or_default();
        let (opened, closed, leading) = braces(code);
        let indent = depth.saturating_sub(leading).min(DEEPEST);
        out.resize(out.len() + indent * STEP, b' ');
        let code = squeeze(code.trim_ascii());
        out.extend_from_slice(&code);
        if !comment.is_empty() {
            if !code.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(comment);
        }
        out.push(b'\n');
        depth = (depth + opened).saturating_sub(closed);
    }
    while out.ends_with(b"\n\n") {
        out.pop();
    }
    out
}

fn blank_line(out: &mut Vec<u8>) -> bool {
    out.push(b'\n');
    true
}

/// Braces outside quotes: opening, closing, and closing ones before any other word.
fn braces(code: &[u8]) -> (usize, usize, usize) {
    let mut words = lex::Words::new();
    lex::cut(code, 0, &mut words);
    let count = |kind| words.iter().filter(|word| word.kind == kind).count();
    let leading = words
        .iter()
        .take_while(|word| word.kind == lex::Kind::Close)
        .count();
    (count(lex::Kind::Open), count(lex::Kind::Close), leading)
}

/// Runs of blanks outside quotes become one.
fn squeeze(code: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(code.len());
    let mut quoted = false;
    for &byte in code {
        quoted ^= byte == b'"';
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        } else if out.last() != Some(&b' ') {
            out.push(b' ');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_indented_and_comments_kept() {
        let text = b"! head\n\n\nvrrp_instance   V {\nstate MASTER   # why\n  virtual_ipaddress {\n10.0.0.1\n}\n }\n\n";
        let expected = "! head\n\nvrrp_instance V {\n    state MASTER # why\n    virtual_ipaddress {\n        10.0.0.1\n    }\n}\n";
        let once = layout(text);
        assert_eq!(String::from_utf8_lossy(&once), expected);
        assert_eq!(layout(&once), once);
    }

    #[test]
    fn indentation_has_an_end() {
        let text = "{\n".repeat(10_000);
        assert!(layout(text.as_bytes()).len() <= 10_000 * (STEP * DEEPEST + 2));
    }

    #[test]
    fn quotes_and_one_line_blocks_stay() {
        let text = "script \"a  b { \"   c\nv { 10.0.0.1 }\nx\n";
        assert_eq!(
            String::from_utf8(layout(text.as_bytes())).unwrap(),
            "script \"a  b { \" c\nv { 10.0.0.1 }\nx\n"
        );
    }
}
