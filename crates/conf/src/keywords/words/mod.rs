//! Words that are no keywords of a block: parts of lines with a grammar of their own, and the
//! preprocessor. The parsers know them; here they are told to people, and counted.
mod blocks;
mod network;
mod text;

/// A word in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As written; `<...>` stands for a value.
    pub name: &'static str,
    /// What follows it, or what it is.
    pub args: &'static str,
    /// First version of the original that knows it, when that is later than 2.2.7.
    pub since: &'static str,
    /// One sentence on what it does.
    pub doc: &'static str,
}

const fn word(
    name: &'static str,
    args: &'static str,
    since: &'static str,
    doc: &'static str,
) -> Word {
    Word {
        name,
        args,
        since,
        doc,
    }
}

/// Every place with its words, in the order of the manual.
pub fn places() -> impl Iterator<Item = (&'static str, &'static [Word])> {
    let all = [network::PLACES, blocks::PLACES, text::PLACES];
    all.into_iter()
        .flatten()
        .map(|(place, words)| (*place, *words))
}
