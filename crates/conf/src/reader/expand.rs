//! `$NAME`: definitions and their use.
use crate::LoadOptions;
use std::collections::HashMap;

/// Bytes that one value, and one line made of values, may have.
pub(super) const LONGEST_VALUE: usize = 1 << 20;
/// Replacements in one line; more are a parameter that contains itself.
const MOST_REPLACEMENTS: usize = 1000;
/// How often the bytes that may be read may be copied.
const COPIES: usize = 16;

/// The lines of a parameter.
type Value = Vec<Vec<u8>>;

/// The parameters defined so far.
pub(super) struct Variables {
    defined: HashMap<Vec<u8>, Value>,
    random: u64,
    /// Bytes that may still be copied: each replacement copies its line.
    room: usize,
}

/// What became of a line.
pub(super) enum Substituted {
    /// There was nothing to replace.
    Same,
    /// These lines, which are looked at again.
    Lines(Vec<Vec<u8>>),
    /// A parameter contains itself.
    Endless,
}

/// A line without anything for the preprocessor.
pub(super) fn is_plain(text: &[u8]) -> bool {
    !text.starts_with(b"~") && !text.contains(&b'$')
}

/// `$NAME=VALUE`; no blank before the equals sign.
pub(super) fn definition(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = text.strip_prefix(b"$")?;
    let len = name_len(rest)?;
    let (name, behind) = rest.split_at(len);
    Some((name, behind.strip_prefix(b"=")?.trim_ascii()))
}

/// Length of the name at the start of `text`: letters, digits, `_`, no digit first.
fn name_len(text: &[u8]) -> Option<usize> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let len = text.iter().position(|b| !is_name(b)).unwrap_or(text.len());
    text.first()
        .filter(|first| !first.is_ascii_digit() && len > 0)
        .map(|_| len)
}

/// A use of a parameter in a line.
struct Use<'a> {
    from: usize,
    to: usize,
    name: &'a [u8],
    arguments: &'a [u8],
}

impl Variables {
    pub(super) fn new(options: &LoadOptions) -> Self {
        Variables {
            defined: HashMap::new(),
            random: options.seed | 1,
            room: options.limits.bytes.saturating_mul(COPIES),
        }
    }

    /// Takes the work on so many bytes into account; false when it has become too much.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let left = self.room.checked_sub(bytes);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    pub(super) fn set(&mut self, name: &[u8], lines: Vec<Vec<u8>>) {
        self.defined.insert(name.to_vec(), lines);
    }

    /// Replaces parameters until none is left or one with several lines was met.
    pub(super) fn substitute(
        &mut self,
        text: &[u8],
        directory: &str,
        options: &LoadOptions,
    ) -> Substituted {
        let mut text = text.to_vec();
        let mut from = 0;
        for round in 0..MOST_REPLACEMENTS {
            let Some((found, value)) = self.first_known(&text, &mut from, directory, options)
            else {
                return if round == 0 {
                    Substituted::Same
                } else {
                    Substituted::Lines(vec![text])
                };
            };
            let (before, behind) = (
                text.get(..found.0).unwrap_or_default(),
                text.get(found.1..).unwrap_or_default(),
            );
            let len = text.len() + value.iter().map(Vec::len).sum::<usize>();
            if len > LONGEST_VALUE || !self.spend(len) {
                return Substituted::Endless;
            }
            if value.len() <= 1 {
                let value = value.first().map_or(&[][..], Vec::as_slice);
                text = [before, value, behind].concat();
                continue;
            }
            let mut lines = value;
            if let Some(first) = lines.first_mut() {
                *first = [before, first.as_slice()].concat();
            }
            if let Some(last) = lines.last_mut() {
                last.extend_from_slice(behind);
            }
            return Substituted::Lines(lines);
        }
        Substituted::Endless
    }

    /// The first use of a known parameter at or behind `from`, and its value; `from` moves
    /// behind what is not known.
    fn first_known(
        &mut self,
        text: &[u8],
        from: &mut usize,
        directory: &str,
        options: &LoadOptions,
    ) -> Option<((usize, usize), Value)> {
        let mut close = 0;
        loop {
            let found = next_use(text, *from, &mut close)?;
            let value = match self.defined.get(found.name) {
                // with something behind it, the name of several lines is no use of them
                Some(lines)
                    if lines.len() > 1
                        && !text
                            .get(found.to..)
                            .unwrap_or_default()
                            .trim_ascii()
                            .is_empty() =>
                {
                    None
                }
                Some(lines) => Some(lines.clone()),
                None => self
                    .predefined(&found, directory, options)
                    .map(|value| vec![value]),
            };
            match value {
                Some(value) => return Some(((found.from, found.to), value)),
                None => *from = found.from + 1,
            }
        }
    }

    fn predefined(
        &mut self,
        found: &Use<'_>,
        directory: &str,
        options: &LoadOptions,
    ) -> Option<Vec<u8>> {
        let arguments = core::str::from_utf8(found.arguments).ok()?;
        match found.name {
            b"_PWD" => Some(join(&options.directory, directory).into_bytes()),
            b"_INSTANCE" => Some(options.config_id.clone().unwrap_or_default().into_bytes()),
            b"_HASH" => Some(b"#".to_vec()),
            b"_BANG" => Some(b"!".to_vec()),
            b"_ENV" => options
                .environment
                .get(arguments.trim())
                .map(|value| value.clone().into_bytes()),
            b"_RANDOM" => {
                let mut bounds = arguments.split_whitespace().map(str::parse::<u64>);
                let low = bounds.next().unwrap_or(Ok(0)).ok()?;
                let high = bounds.next().unwrap_or(Ok(32_767)).ok()?.max(low);
                Some(
                    (low + self.random() % (high - low).saturating_add(1).max(1))
                        .to_string()
                        .into_bytes(),
                )
            }
            _ => None,
        }
    }

    /// Xorshift: the numbers only have to differ.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }
}

/// `${NAME}`, `${NAME arguments}`, or `$NAME` with a blank or nothing behind it. `close` is where
/// the next `}` was when it was last looked for, so that a line is not searched again and again.
fn next_use<'t>(text: &'t [u8], from: usize, close: &mut usize) -> Option<Use<'t>> {
    let mut from = from;
    loop {
        let at = from + text.get(from..)?.iter().position(|&b| b == b'$')?;
        let rest = text.get(at + 1..)?;
        if let Some(braced) = rest.strip_prefix(b"{") {
            let body = at + 2;
            if *close < body {
                let len = braced.iter().position(|&b| b == b'}');
                *close = len.map_or(text.len(), |len| body + len);
            }
            let end = (*close < text.len()).then(|| *close - body);
            if let (Some(len), Some(end)) = (name_len(braced), end) {
                let (name, arguments) =
                    (braced.get(..len)?, braced.get(len..end).unwrap_or_default());
                if len <= end && (arguments.is_empty() || arguments.starts_with(b" ")) {
                    return Some(Use {
                        from: at,
                        to: at + end + 3,
                        name,
                        arguments,
                    });
                }
            }
        } else if let Some(len) = name_len(rest) {
            let behind = rest.get(len);
            if behind.is_none_or(u8::is_ascii_whitespace) {
                return Some(Use {
                    from: at,
                    to: at + 1 + len,
                    name: rest.get(..len)?,
                    arguments: &[],
                });
            }
        }
        from = at + 1;
    }
}

/// A directory below another one, without `/` at the end.
fn join(base: &str, directory: &str) -> String {
    let joined = if directory.starts_with('/') {
        directory.to_owned()
    } else {
        format!("{base}/{directory}")
    };
    match joined.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}
