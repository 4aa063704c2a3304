//! `regex`: PCRE2 over the body of an answer, within bounds.
use crate::{Failure, limits};
use pcre2::bytes::{Regex, RegexBuilder};
use plan::lvs::Regex as Block;

/// What an option of `regex_options` becomes at the head of the pattern (pcre2pattern(3), "Special
/// start-of-pattern items", then "Internal option setting"). In the order of the keyword's table;
/// an empty text: nothing has to be done for it; `None`: it cannot be said within a pattern.
const START: [(u32, Option<&str>); 17] = [
    (0, None),      // allow_empty_class
    (1, None),      // alt_bsux
    (2, Some("")),  // auto_callout: nobody is called
    (4, None),      // dollar_endonly
    (8, None),      // firstline
    (9, None),      // match_unset_backref
    (11, Some("")), // never_ucp, never_utf, never_backslash_c: the pattern's
    (12, Some("")), // author is the one who may forbid it
    (14, Some("(*NO_AUTO_POSSESS)")),
    (15, Some("(*NO_DOTSTAR_ANCHOR)")),
    (16, Some("(*NO_START_OPT)")),
    (17, Some("(*UCP)")),
    (19, Some("(*UTF)")),
    (20, Some("")),
    (21, None),     // alt_circumflex
    (22, None),     // alt_verbnames
    (23, Some("")), // use_offset_limit: regex_max_offset is kept without it
];
const LETTERS: [(u32, char); 7] = [
    (3, 'i'),  // caseless
    (5, 's'),  // dotall
    (6, 'J'),  // dupnames
    (7, 'x'),  // extended
    (10, 'm'), // multiline
    (13, 'n'), // no_auto_capture
    (18, 'U'), // ungreedy
];

/// A pattern and what has to come of it.
pub(crate) struct Pattern<'a> {
    regex: Regex,
    block: &'a Block,
    body: Vec<u8>,
}

impl<'a> Pattern<'a> {
    pub(crate) fn new(block: &'a Block) -> Result<Pattern<'a>, Failure> {
        let text = format!("{}{}", head(block.options)?, block.pattern);
        let regex = RegexBuilder::new().jit_if_available(true).build(&text);
        let regex = regex.map_err(|why| Failure::Ours(why.to_string()))?;
        Ok(Pattern {
            regex,
            block,
            body: Vec::new(),
        })
    }

    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.body.len() + piece.len() > limits::REGEX_BODY {
            return Err(Failure::TooLong("the body, for a regular expression,"));
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let offset = |written: Option<u32>| written.and_then(|n| usize::try_from(n).ok());
        let from = offset(self.block.min_offset).unwrap_or(0);
        let found = if from > self.body.len() {
            None
        } else {
            let found = self.regex.find_at(&self.body, from);
            found.map_err(|why| Failure::Ours(why.to_string()))?
        };
        let most = offset(self.block.max_offset).unwrap_or(usize::MAX);
        let fits = found.is_some_and(|found| found.start() <= most);
        if fits == self.block.inverted {
            Err(Failure::Regex)
        } else {
            Ok(())
        }
    }
}

/// Limits, then options.
fn head(options: u32) -> Result<String, Failure> {
    let mut text = format!(
        "(*LIMIT_MATCH={})(*LIMIT_HEAP={})",
        limits::REGEX_STEPS,
        limits::REGEX_HEAP
    );
    let is_set = |bit: u32| options & (1 << bit) != 0;
    for (bit, words) in START.iter().filter(|(bit, _)| is_set(*bit)) {
        let unknown = || Failure::Ours(format!("regex option number {bit} is not supported"));
        text.push_str(words.ok_or_else(unknown)?);
    }
    let letters = LETTERS.iter().filter(|(bit, _)| is_set(*bit));
    let letters: String = letters.map(|(_, letter)| *letter).collect();
    if !letters.is_empty() {
        text = format!("{text}(?{letters})");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(pattern: &str, options: u32) -> Block {
        Block {
            pattern: pattern.into(),
            options,
            inverted: false,
            min_offset: None,
            max_offset: None,
        }
    }

    fn matches(block: &Block, body: &str) -> bool {
        let mut pattern = Pattern::new(block).unwrap();
        for piece in body.as_bytes().chunks(3) {
            pattern.take(piece).unwrap();
        }
        pattern.finish().is_ok()
    }

    #[test]
    fn options_and_offsets_are_kept() {
        assert!(matches(&block("b+c", 0), "aabbc"));
        assert!(!matches(&block("B+C", 0), "aabbc"));
        assert!(matches(&block("B+C", 1 << 3), "aabbc"));
        assert!(!matches(&block("a.b", 0), "a\nb"));
        assert!(matches(&block("a.b", 1 << 5), "a\nb"));
        assert!(matches(&block("ä", 1 << 19), "ä"));
        let inverted = Block {
            inverted: true,
            ..block("error", 0)
        };
        assert!(matches(&inverted, "all is well"));
        assert!(!matches(&inverted, "an error"));
        let window = Block {
            min_offset: Some(2),
            max_offset: Some(4),
            ..block("x", 0)
        };
        assert!(!matches(&window, "x.....x"));
        assert!(matches(&window, "...x..."));
        assert!(!matches(&window, "x"));
    }

    #[test]
    fn a_pattern_that_explodes_ends() {
        let evil = block("(a+)+$", 1 << 16);
        let mut evil = Pattern::new(&evil).unwrap();
        evil.take(format!("{}b", "a".repeat(5000)).as_bytes())
            .unwrap();
        assert!(evil.finish().is_err());
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        assert!(Pattern::new(&block("(", 0)).is_err());
        assert!(Pattern::new(&block("a", 1)).is_err());
        let any = block("a", 0);
        let mut pattern = Pattern::new(&any).unwrap();
        let much = vec![0; limits::REGEX_BODY + 1];
        assert!(pattern.take(&much).is_err());
    }
}
