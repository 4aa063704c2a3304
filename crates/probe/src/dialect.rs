//! Options of `regex_options` that PCRE2 takes beside a pattern only, said within the pattern.
use crate::Failure;
use core::fmt::Write;

/// Bits in the order of the keyword's table.
const ALLOW_EMPTY_CLASS: u32 = 1 << 0;
const ALT_BSUX: u32 = 1 << 1;
const DOLLAR_ENDONLY: u32 = 1 << 4;
const MATCH_UNSET_BACKREF: u32 = 1 << 9;
const MULTILINE: u32 = 1 << 10;
const NEVER_UCP: u32 = 1 << 11;
const NEVER_UTF: u32 = 1 << 12;
const NEVER_BACKSLASH_C: u32 = 1 << 20;
const ALT_CIRCUMFLEX: u32 = 1 << 21;
const ALT_VERBNAMES: u32 = 1 << 22;

/// The pattern as it has to be written without these options (pcre2api(3), "Compiling a pattern",
/// says what each means).
pub(crate) fn translate(pattern: &str, options: u32) -> Result<String, Failure> {
    forbidden_start(pattern, options)?;
    let mut scan = Scan {
        rest: pattern,
        options,
        groups: groups(pattern),
        out: String::with_capacity(pattern.len() + 16),
        class: false,
    };
    while let Some(first) = scan.rest.chars().next() {
        scan.step(first)?;
    }
    Ok(scan.out)
}

/// Items like `(*UTF)` at the head of a pattern.
fn forbidden_start(pattern: &str, options: u32) -> Result<(), Failure> {
    let mut rest = pattern;
    while let Some((item, behind)) = rest.strip_prefix("(*").and_then(|r| r.split_once(')')) {
        let never = (item == "UTF" && options & NEVER_UTF != 0)
            || (item == "UCP" && options & NEVER_UCP != 0);
        if never {
            let text = format!("(*{item}) is forbidden by the options of the regular expression");
            return Err(Failure::Ours(text));
        }
        rest = behind;
    }
    Ok(())
}

/// How many groups capture, for telling `\12` from an octal code. Parentheses in classes or
/// comments may be counted too: that matters to nobody who has ten of them.
fn groups(pattern: &str) -> u32 {
    let mut count = 0;
    let mut rest = pattern;
    while let Some(at) = rest.find(['(', '\\']) {
        let (found, behind) = rest.split_at(at);
        let _ = found;
        let mut chars = behind.chars();
        let first = chars.next();
        rest = chars.as_str();
        if first == Some('\\') {
            chars.next();
            rest = chars.as_str();
        } else if !rest.starts_with(['?', '*'])
            || ["?<", "?P<", "?'"]
                .iter()
                .any(|head| rest.starts_with(head))
                && !rest.starts_with("?<=")
                && !rest.starts_with("?<!")
        {
            count += 1;
        }
    }
    count
}

struct Scan<'a> {
    rest: &'a str,
    options: u32,
    groups: u32,
    out: String,
    class: bool,
}

impl Scan<'_> {
    const fn has(&self, option: u32) -> bool {
        self.options & option != 0
    }

    /// Puts `text` in the place of the next `length` octets of the pattern.
    fn replace(&mut self, length: usize, text: &str) {
        self.out.push_str(text);
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    /// Takes the next `length` octets as they are.
    fn copy(&mut self, length: usize) {
        let text = self.rest.get(..length).unwrap_or(self.rest);
        self.out.push_str(text);
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    fn step(&mut self, first: char) -> Result<(), Failure> {
        match first {
            '\\' => return self.escape(),
            '[' if !self.class => self.open_class(),
            ']' if self.class => {
                self.class = false;
                self.copy(1);
            }
            '$' if !self.class && self.has(DOLLAR_ENDONLY) && !self.has(MULTILINE) => {
                self.replace(1, r"\z");
            }
            '^' if !self.class && self.has(ALT_CIRCUMFLEX) && self.has(MULTILINE) => {
                self.replace(1, r"(?:^|(?<=\n)\z)");
            }
            '(' if !self.class => self.parenthesis(),
            other => self.copy(other.len_utf8()),
        }
        Ok(())
    }

    fn open_class(&mut self) {
        let empty = self.has(ALLOW_EMPTY_CLASS);
        if empty && self.rest.starts_with("[]") {
            self.replace(2, "(?!)");
        } else if empty && self.rest.starts_with("[^]") {
            self.replace(3, r"[\s\S]");
        } else {
            self.class = true;
            // a bracket that comes first stands for itself
            let heads = ["[^]", "[]", "[^"];
            let head = heads.iter().find(|head| self.rest.starts_with(**head));
            self.copy(head.map_or(1, |head| head.len()));
        }
    }

    fn escape(&mut self) -> Result<(), Failure> {
        if self.rest.starts_with(r"\Q") {
            let end = self.rest.find(r"\E").map_or(self.rest.len(), |at| at + 2);
            self.copy(end);
        } else if self.rest.starts_with(r"\C") && self.has(NEVER_BACKSLASH_C) {
            let text = r"\C is forbidden by the options of the regular expression";
            return Err(Failure::Ours(text.into()));
        } else if let Some((length, text)) = self.javascript().filter(|_| self.has(ALT_BSUX)) {
            self.replace(length, &text);
        } else if let Some((length, condition)) = self
            .reference()
            .filter(|_| self.has(MATCH_UNSET_BACKREF) && !self.class)
        {
            self.out.extend(["(?(", &condition, ")"]);
            self.copy(length);
            self.out.push(')');
        } else {
            let escaped = self.rest.chars().nth(1).map_or(0, char::len_utf8);
            self.copy(1 + escaped);
        }
        Ok(())
    }

    /// `\u`, `\U` and `\x` as in JavaScript.
    fn javascript(&self) -> Option<(usize, String)> {
        let hex = |digits: usize| {
            let text = self.rest.get(2..2 + digits)?;
            text.bytes().all(|b| b.is_ascii_hexdigit()).then_some(text)
        };
        Some(match self.rest.get(..2)? {
            r"\U" => (2, "U".into()),
            r"\u" => hex(4).map_or((2, "u".into()), |d| (6, format!(r"\x{{{d}}}"))),
            r"\x" => hex(2).map_or((2, "x".into()), |d| (4, format!(r"\x{d}"))),
            _ => return None,
        })
    }

    /// A reference to a group: its length, and the group as a condition names it.
    fn reference(&self) -> Option<(usize, String)> {
        let behind = self.rest.strip_prefix('\\')?;
        let number: String = behind.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(group) = number.parse::<u32>() {
            let is_group = group > 0 && (group <= 9 || group <= self.groups);
            return is_group.then(|| (1 + number.len(), number));
        }
        let braced = |open: &str, close: char| {
            let name = behind.strip_prefix(open)?.split_once(close)?.0;
            Some((1 + open.len() + name.len() + 1, name))
        };
        if let Some((length, name)) = braced("g{", '}') {
            let numeric = name.parse::<i32>().is_ok();
            let name = if numeric {
                name.to_owned()
            } else {
                format!("<{name}>")
            };
            return Some((length, name));
        }
        let named = braced("k<", '>')
            .or(braced("k'", '\''))
            .or(braced("k{", '}'));
        if let Some((length, name)) = named {
            return Some((length, format!("<{name}>")));
        }
        let digits: String = behind
            .strip_prefix('g')?
            .chars()
            .enumerate()
            .take_while(|(at, c)| c.is_ascii_digit() || (*at == 0 && *c == '-'))
            .map(|(_, c)| c)
            .collect();
        digits.parse::<i32>().ok()?;
        Some((2 + digits.len(), digits))
    }

    fn parenthesis(&mut self) {
        let referred = self
            .rest
            .strip_prefix("(?P=")
            .and_then(|behind| behind.split_once(')'));
        if let Some((name, _)) = referred.filter(|_| self.has(MATCH_UNSET_BACKREF)) {
            let (text, length) = (format!("(?(<{name}>)(?P={name}))"), 5 + name.len());
            return self.replace(length, &text);
        }
        match self.verb().filter(|_| self.has(ALT_VERBNAMES)) {
            Some((length, text)) => self.replace(length, &text),
            None => self.copy(1),
        }
    }

    /// `(*VERB:name)` whose name may have escapes: any name will do, if the same becomes the same.
    fn verb(&self) -> Option<(usize, String)> {
        let (verb, behind) = self.rest.strip_prefix("(*")?.split_once(':')?;
        if !verb.bytes().all(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let mut escaped = false;
        let end = behind.find(|c| {
            let ends = c == ')' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        let name = behind.get(..end)?;
        let mut plain = String::new();
        for octet in name.bytes() {
            let _ = write!(plain, "{octet:02x}");
        }
        Some((2 + verb.len() + 1 + end + 1, format!("(*{verb}:{plain})")))
    }
}
