//! `regex`: PCRE2 over the body of an answer, within bounds.
use crate::dialect::translate;
use crate::{Failure, limits};
use pcre2::bytes::{Regex, RegexBuilder};
use plan::lvs::Regex as Block;

/// What an option of `regex_options` becomes at the head of the pattern (pcre2pattern(3), "Special
/// start-of-pattern items"). In the order of the keyword's table.
const START: [(u32, &str); 5] = [
    (14, "(*NO_AUTO_POSSESS)"),
    (15, "(*NO_DOTSTAR_ANCHOR)"),
    (16, "(*NO_START_OPT)"),
    (17, "(*UCP)"),
    (19, "(*UTF)"),
];
/// The same, by way of "Internal option setting".
const LETTERS: [(u32, char); 7] = [
    (3, 'i'),  // caseless
    (5, 's'),  // dotall
    (6, 'J'),  // dupnames
    (7, 'x'),  // extended
    (10, 'm'), // multiline
    (13, 'n'), // no_auto_capture
    (18, 'U'), // ungreedy
];
/// `firstline`: a match has to begin in the first line.
const FIRSTLINE: u32 = 1 << 8;
// auto_callout needs nothing, since nobody is called, and use_offset_limit neither:
// regex_max_offset is kept without it.

/// A pattern that has been read.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    block: Block,
}

impl Pattern {
    pub(crate) fn new(block: &Block) -> Result<Pattern, Failure> {
        let pattern = translate(&block.pattern, block.options)?;
        let text = format!("{}{pattern}", head(block.options));
        let regex = RegexBuilder::new()
            .jit_if_available(true)
            .max_jit_stack_size(block.stack.and_then(|bytes| usize::try_from(bytes).ok()))
            .build(&text);
        Ok(Pattern {
            regex: regex.map_err(|why| Failure::Ours(why.to_string()))?,
            block: block.clone(),
        })
    }

    /// Whether a body is as it should be.
    pub(crate) fn judge(&self, body: &[u8]) -> Result<(), Failure> {
        let offset = |written: Option<u32>| written.and_then(|n| usize::try_from(n).ok());
        let from = offset(self.block.min_offset).unwrap_or(0);
        let found = if from > body.len() {
            None
        } else {
            let found = self.regex.find_at(body, from);
            found.map_err(|why| Failure::Ours(why.to_string()))?
        };
        let most = offset(self.block.max_offset).unwrap_or(usize::MAX);
        let most = most.min(self.first_line(body, from));
        let fits = found.is_some_and(|found| found.start() <= most);
        match (fits, self.block.inverted) {
            (true, false) | (false, true) => Ok(()),
            (false, false) => Err(Failure::NoMatch),
            (true, true) => Err(Failure::Match),
        }
    }

    /// Where a match may begin at the latest.
    fn first_line(&self, body: &[u8], from: usize) -> usize {
        if self.block.options & FIRSTLINE == 0 {
            return usize::MAX;
        }
        let lines = body.get(from..).unwrap_or_default();
        let end = lines.iter().position(|octet| *octet == b'\n');
        end.map_or(usize::MAX, |at| from + at)
    }
}

/// A body as it comes, kept for the pattern.
#[derive(Debug, Default)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.0.len() + piece.len() > limits::REGEX_BODY {
            return Err(Failure::TooLong("the body, for a regular expression,"));
        }
        self.0.extend_from_slice(piece);
        Ok(())
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// Limits, then options.
fn head(options: u32) -> String {
    let mut text = format!(
        "(*LIMIT_MATCH={})(*LIMIT_HEAP={})",
        limits::REGEX_STEPS,
        limits::REGEX_HEAP
    );
    let is_set = |bit: u32| options & (1 << bit) != 0;
    text.extend(
        START
            .iter()
            .filter(|(bit, _)| is_set(*bit))
            .map(|(_, words)| *words),
    );
    let letters = LETTERS.iter().filter(|(bit, _)| is_set(*bit));
    let letters: String = letters.map(|(_, letter)| *letter).collect();
    if !letters.is_empty() {
        text = format!("{text}(?{letters})");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of the options in the keyword's table.
    const OPTIONS: [&str; 24] = [
        "allow_empty_class",
        "alt_bsux",
        "auto_callout",
        "caseless",
        "dollar_endonly",
        "dotall",
        "dupnames",
        "extended",
        "firstline",
        "match_unset_backref",
        "multiline",
        "never_ucp",
        "never_utf",
        "no_auto_capture",
        "no_auto_possess",
        "no_dotstar_anchor",
        "no_start_optimize",
        "ucp",
        "ungreedy",
        "utf",
        "never_backslash_c",
        "alt_circumflex",
        "alt_verbnames",
        "use_offset_limit",
    ];

    fn block(pattern: &str, options: &str) -> Block {
        let bit = |word: &str| 1 << OPTIONS.iter().position(|known| *known == word).unwrap();
        Block {
            pattern: pattern.into(),
            options: options.split_whitespace().map(bit).sum(),
            inverted: false,
            min_offset: None,
            max_offset: None,
            stack: None,
        }
    }

    fn fits(block: &Block, body: &str) -> bool {
        Pattern::new(block).unwrap().judge(body.as_bytes()).is_ok()
    }

    /// pcre2api(3) on each option: pattern, options, a body that fits, one that does not.
    #[test]
    fn options_do_what_their_manual_says() {
        let cases = [
            ("b+c", "", "aabbc", "aac"),
            ("B+C", "caseless", "aabbc", "aac"),
            ("a.b", "dotall", "a\nb", "ab"),
            ("^b", "multiline", "a\nb", "ab"),
            ("a b # c", "extended", "ab", "a b"),
            ("^ä.$", "utf", "äö", "äöü"),
            (r"^\w$", "utf ucp", "ä", "-"),
            ("(?<n>a)|(?<n>b)c", "dupnames", "bc", "xc"),
            (r"^(a)(\d)$", "no_auto_capture", "a1", "a"),
            ("^(a+?)a{0}$", "ungreedy", "aaa", "b"),
            ("x[]y]", "", "x]", "x"),
            ("x[]y]|z", "allow_empty_class", "z", "x]"),
            ("x[^]y", "allow_empty_class", "x\ny", "xy"),
            (r"^\u0041\x42\x4\U\u$", "alt_bsux", "ABx4Uu", "AB"),
            ("ab$", "", "ab\n", "abc"),
            ("ab$", "dollar_endonly", "ab", "ab\n"),
            ("ab$", "dollar_endonly multiline", "ab\nc", "abc"),
            ("b", "firstline", "ab\nc", "a\nb"),
            (r"^(a)?\1b$", "match_unset_backref", "b", "ab"),
            (r"^(a)?\g{-1}b$", "match_unset_backref", "aab", "ab"),
            (r"^(?<n>a)?\k<n>b$", "match_unset_backref", "b", "ab"),
            (r"^(?<n>a)?(?P=n)b$", "match_unset_backref", "b", "ab"),
            (r"a\n^\z", "multiline alt_circumflex", "a\n", "ab"),
            (r"a(*MARK:x\)y)b", "alt_verbnames", "ab", "a"),
            (
                "a+b",
                "no_auto_possess no_dotstar_anchor no_start_optimize",
                "aab",
                "b",
            ),
            (
                "ab",
                "never_utf never_ucp never_backslash_c auto_callout use_offset_limit",
                "ab",
                "a",
            ),
            (r"\Q$[]\E", "dollar_endonly allow_empty_class", "$[]", "$"),
        ];
        for (pattern, options, yes, no) in cases {
            let block = block(pattern, options);
            assert!(fits(&block, yes), "{pattern} {options}: {yes:?} fits");
            assert!(!fits(&block, no), "{pattern} {options}: {no:?} does not");
        }
        assert!(!fits(&block(r"^(a)?\1b$", ""), "b"));
        assert!(!fits(&block(r"a\n^\z", "multiline"), "a\n"));
        let forbidden = [
            ("(*UTF)a", "never_utf"),
            ("(*UCP)a", "never_ucp"),
            (r"a\C", "never_backslash_c"),
        ];
        for (pattern, option) in forbidden {
            assert!(Pattern::new(&block(pattern, option)).is_err(), "{pattern}");
        }
    }

    #[test]
    fn offsets_and_inversion_are_kept() {
        let inverted = Block {
            inverted: true,
            ..block("error", "")
        };
        assert!(fits(&inverted, "all is well"));
        assert!(!fits(&inverted, "an error"));
        let window = Block {
            min_offset: Some(2),
            max_offset: Some(4),
            ..block("x", "")
        };
        assert!(!fits(&window, "x.....x"));
        assert!(fits(&window, "...x..."));
        assert!(!fits(&window, "x"));
    }

    #[test]
    fn a_pattern_that_explodes_ends() {
        let evil = Pattern::new(&block("(a+)+$", "no_start_optimize")).unwrap();
        let body = format!("{}b", "a".repeat(5000));
        assert!(evil.judge(body.as_bytes()).is_err());
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        assert!(Pattern::new(&block("(", "")).is_err());
        let mut body = Body::default();
        let much = vec![0; limits::REGEX_BODY + 1];
        assert!(body.take(&much).is_err());
    }
}
