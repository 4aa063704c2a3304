//! Disagreements of one kind: the same exit codes, and the same lines that only one of the two
//! says, whatever numbers and names stand in them.
use crate::pair::Codes;
use std::collections::BTreeSet;
use std::fmt;

/// Lines of each side that are shown.
const SHOWN: usize = 3;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    codes: Codes,
    ours: Vec<String>,
    theirs: Vec<String>,
}

impl Class {
    pub(crate) fn new(codes: Codes, ours: &str, theirs: &str) -> Class {
        let (ours, theirs) = (lines(ours), lines(theirs));
        let only = |these: &BTreeSet<String>, others: &BTreeSet<String>| {
            let only = these.difference(others).take(SHOWN);
            only.cloned().collect()
        };
        Class {
            codes,
            ours: only(&ours, &theirs),
            theirs: only(&theirs, &ours),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = |code: Option<i32>| code.map_or("signal".to_owned(), |code| code.to_string());
        let (ours, theirs) = self.codes;
        write!(f, "ours {}, the original {}", code(ours), code(theirs))?;
        for line in &self.ours {
            write!(f, "\n  only ours:   {line}")?;
        }
        for line in &self.theirs {
            write!(f, "\n  only theirs: {line}")?;
        }
        Ok(())
    }
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(general).collect()
}

/// A line without its place, its numbers and what is quoted in it.
fn general(line: &str) -> String {
    let said = match line.split_once(") ") {
        Some((place, said)) if place.contains("Line ") => said,
        _ => line,
    };
    let mut out = String::new();
    for (number, part) in said.split('\'').enumerate() {
        match number % 2 {
            0 => out.push_str(part),
            _ => out.push_str("'..'"),
        }
    }
    let mut last = ' ';
    let digits = |c: char| {
        let c = if c.is_ascii_digit() { '0' } else { c };
        let again = c == '0' && last == '0';
        last = c;
        (!again).then_some(c)
    };
    out.chars().filter_map(digits).collect()
}
