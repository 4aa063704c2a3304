//! What a row of the keyword tables says, and how a table is searched.
use crate::Spanned;
use crate::config::Script;
use crate::parse::{Cx, Line};
use core::time::Duration;
use std::net::IpAddr;

/// The shape of a keyword's value and the function that puts it into the configuration.
#[derive(Clone, Copy)]
pub enum Set {
    /// No argument; further words are ignored, as the original does.
    Flag(fn(&mut Cx)),
    /// `on`, `true`, `yes`, `off`, `false`, `no`; nothing means true.
    Bool(fn(&mut Cx, Spanned<bool>)),
    /// A whole number.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Takes it.
        set: fn(&mut Cx, Spanned<i64>),
    },
    /// Seconds with up to six decimals.
    Seconds {
        /// Smallest value, in microseconds.
        min: u64,
        /// Largest value, in microseconds.
        max: u64,
        /// Takes it.
        set: fn(&mut Cx, Spanned<Duration>),
    },
    /// Milliseconds with up to three decimals.
    Millis {
        /// Smallest value, in microseconds.
        min: u64,
        /// Largest value, in microseconds.
        max: u64,
        /// Takes it.
        set: fn(&mut Cx, Spanned<Duration>),
    },
    /// One of some words; the index of the word is handed on.
    Choice {
        /// What may be written.
        words: &'static [&'static str],
        /// Takes it.
        set: fn(&mut Cx, Spanned<usize>),
    },
    /// One word.
    Word(fn(&mut Cx, Spanned<Box<str>>)),
    /// An IP address without prefix length.
    Address(fn(&mut Cx, Spanned<IpAddr>)),
    /// A command, then optionally the user and the group it runs as.
    Script(fn(&mut Cx, Script)),
    /// A line with a grammar of its own.
    Line {
        /// How the arguments are written, for people.
        args: &'static str,
        /// Reads them.
        set: fn(&mut Cx, &Line<'_>),
    },
    /// A block of keywords.
    Block {
        /// How the words before the brace are written, for people.
        args: &'static str,
        /// What may stand inside.
        table: &'static Table,
        /// Begins it; `false` leaves the whole block out.
        open: fn(&mut Cx, &Line<'_>) -> bool,
        /// Ends it.
        close: fn(&mut Cx),
    },
    /// A block of lines with a grammar of their own.
    List {
        /// How a line is written, for people.
        args: &'static str,
        /// Begins it.
        open: fn(&mut Cx, &Line<'_>) -> bool,
        /// Reads one line.
        item: fn(&mut Cx, &Line<'_>),
        /// Ends it.
        close: fn(&mut Cx),
    },
}

/// What becomes of a keyword that comes again in its block, with the original's line; `{}` stands
/// for the block's name, `{old}` and `{v}` for the first value and this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing is said, and the last one counts, or all do.
    Silent,
    /// The first one counts.
    Ignored(&'static str),
    /// The last one counts.
    Replaces(&'static str),
}

/// [`Keyword::since`] of what the original does not know.
pub const OURS: &str = "keepalived-rs 0.1";

/// One keyword in one place.
#[derive(Clone, Copy)]
pub struct Keyword {
    /// As written.
    pub name: &'static str,
    /// Its value and where that goes.
    pub set: Set,
    /// One sentence on what it does.
    pub doc: &'static str,
    /// What holds when it is not written; empty: nothing.
    pub default: &'static str,
    /// Unit of the value; empty: none.
    pub unit: &'static str,
    /// First version of the original that knows it, when that is later than 2.2.7.
    pub since: &'static str,
    /// What to write instead, for spellings that are kept for old files.
    pub deprecated: &'static str,
    /// The original's second line when the value is refused; `{}` stands for the block's name,
    /// `{v}` for the value as written.
    pub complaint: &'static str,
    /// The original's line when the value is missing; empty: it ends with exit code 2.
    pub missing: &'static str,
    /// A line that the original prints whenever the keyword is used, `{}` as above.
    pub notice: &'static str,
    /// The name's first bytes: most comparisons need no more.
    start: u64,
    /// What becomes of it when it comes again.
    pub again: Again,
}

impl Keyword {
    /// A row with its mandatory cells.
    pub const fn new(name: &'static str, set: Set, doc: &'static str) -> Self {
        let (default, unit, since, deprecated, complaint, missing, notice) =
            ("", "", "", "", "", "", "");
        Keyword {
            name,
            set,
            doc,
            default,
            unit,
            since,
            deprecated,
            complaint,
            missing,
            notice,
            start: start(name.as_bytes()),
            again: Again::Silent,
        }
    }

    /// The first one counts; what the original says to further ones.
    #[must_use]
    pub const fn once(mut self, text: &'static str) -> Self {
        self.again = Again::Ignored(text);
        self
    }

    /// The last one counts; what the original says to it.
    #[must_use]
    pub const fn last(mut self, text: &'static str) -> Self {
        self.again = Again::Replaces(text);
        self
    }

    /// What holds when it is not written.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// The unit of the value.
    #[must_use]
    pub const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// The original does not know it.
    #[must_use]
    pub const fn ours(self) -> Self {
        self.since(OURS)
    }

    /// The first version that knows it.
    #[must_use]
    pub const fn since(mut self, version: &'static str) -> Self {
        self.since = version;
        self
    }

    /// What to write instead.
    #[must_use]
    pub const fn deprecated(mut self, instead: &'static str) -> Self {
        self.deprecated = instead;
        self
    }

    /// What the original says when it refuses the value.
    #[must_use]
    pub const fn complaint(mut self, text: &'static str) -> Self {
        self.complaint = text;
        self
    }

    /// What the original says whenever it is used.
    #[must_use]
    pub const fn notice(mut self, text: &'static str) -> Self {
        self.notice = text;
        self
    }

    /// What the original says when the value is missing.
    #[must_use]
    pub const fn missing(mut self, text: &'static str) -> Self {
        self.missing = text;
        self
    }
}

/// The first eight bytes as a number, which is ordered as they are.
const fn start(name: &[u8]) -> u64 {
    if let Some(first) = name.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    if name.is_empty() {
        // a word in quotes may be
        return 0;
    }
    let (mut number, mut rest, mut left) = (0, name, 8);
    while let Some((&byte, behind)) = rest.split_first() {
        number = number << 8 | byte as u64;
        rest = behind;
        left -= 1;
    }
    number << (8 * left)
}

/// The keywords that one kind of block knows.
pub struct Table {
    /// The keyword that opens the block; `(root)` outside of all blocks.
    pub block: &'static str,
    /// The rows by subject, each part sorted by name; parts may be shared between tables.
    pub parts: &'static [&'static [Keyword]],
}

impl Table {
    /// The row of a keyword.
    pub fn find(&self, name: &[u8]) -> Option<&'static Keyword> {
        let wanted = start(name);
        self.parts.iter().find_map(|part| {
            let from = part.partition_point(|row| row.start < wanted);
            let alike = part.get(from..)?.iter();
            alike
                .take_while(|row| row.start == wanted)
                .find(|row| row.name.as_bytes() == name)
        })
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &'static Keyword> {
        self.parts.iter().flat_map(|part| part.iter())
    }
}

/// Rows that were found last: files say the same few keywords again and again.
#[derive(Clone, Copy)]
pub(crate) struct Recent([Option<(&'static Table, &'static Keyword)>; 1 << Recent::BITS]);

impl Default for Recent {
    fn default() -> Self {
        Recent([None; 1 << Recent::BITS])
    }
}

impl Recent {
    const BITS: u32 = 6;

    /// As [`Table::find`].
    pub(crate) fn find(&mut self, table: &'static Table, name: &[u8]) -> Option<&'static Keyword> {
        let start = start(name);
        // its upper bits depend on all of the name's (Knuth, The Art of Computer Programming, 6.4)
        let mixed = start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - Self::BITS);
        let place = self.0.get_mut(usize::try_from(mixed).ok()?)?;
        match place {
            Some((known, row)) if std::ptr::eq(*known, table) && row.name.as_bytes() == name => {
                Some(row)
            }
            _ => {
                let row = table.find(name)?;
                *place = Some((table, row));
                Some(row)
            }
        }
    }
}

impl Keyword {
    /// How its arguments are written, with their range; empty: it has none.
    pub fn arguments(&self) -> String {
        let seconds = |micros: u64| match (micros / 1_000_000, micros % 1_000_000) {
            (whole, 0) => whole.to_string(),
            (whole, part) => format!("{whole}.{part:06}")
                .trim_end_matches('0')
                .to_owned(),
        };
        let block = |args: &str, inner: &str| {
            if args.is_empty() {
                inner.to_owned()
            } else {
                format!("{args} {inner}")
            }
        };
        match self.set {
            Set::Flag(_) => String::new(),
            Set::Bool(_) => "[on|off|true|false|yes|no]".to_owned(),
            Set::Int { min: _, max, .. } if max >= i64::from(i32::MAX) => "<number>".to_owned(),
            Set::Int { min, max, .. } => format!("<{min}..{max}>"),
            Set::Seconds { max, .. } if max > 4_294_967_295_000_000 => "<seconds>".to_owned(),
            Set::Seconds { min, max, .. } => format!("<{}..{}>", seconds(min), seconds(max)),
            Set::Millis { min, max, .. } => format!("<{}..{}>", min / 1000, max / 1000),
            Set::Choice { words, .. } => words.join("|"),
            Set::Word(_) => "<word>".to_owned(),
            Set::Address(_) => "<address>".to_owned(),
            Set::Script(_) => "\"<command>\" [<user> [<group>]]".to_owned(),
            Set::Line { args, .. } => args.to_owned(),
            Set::Block { args, .. } => block(args, "{ ... }"),
            Set::List { args, .. } => format!("{{ {args} }}"),
        }
    }
}
