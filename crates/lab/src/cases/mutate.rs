//! Mistakes that people make.
use super::Random;

/// Words that fit nowhere, or nearly.
const WORDS: &[&str] = &[
    "-1",
    "0",
    "1",
    "256",
    "300",
    "65536",
    "4294967296",
    "99999999999999999999",
    "1.5",
    "0.0001",
    "x",
    "10.0.0",
    "10.0.0.300",
    "10.0.0.1/33",
    "fe80::/129",
    "eth9",
    "\"\"",
    "yes",
    "maybe",
    "+5",
    "0x10",
    "5s",
    "1,5",
    "{",
    "}",
    "!",
    "#",
];

/// One to three of them.
pub fn mutate(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        if lines.is_empty() {
            break;
        }
        one(&mut lines, random);
    }
    lines.join("\n") + "\n"
}

fn one(lines: &mut Vec<String>, random: &mut Random) {
    let at = random.below(lines.len());
    let Some(line) = lines.get(at).cloned() else {
        return;
    };
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let new = match random.below(10) {
        // an argument is forgotten
        0 => {
            words.pop();
            Some(words.join(" "))
        }
        // another one stands there
        1 | 2 => {
            let word = random.pick(WORDS).unwrap_or_default();
            if let Some(last) = words.last_mut() {
                *last = word;
            }
            Some(words.join(" "))
        }
        // one too many
        3 => Some(format!("{line} {}", random.pick(WORDS).unwrap_or_default())),
        // a quote without its partner
        4 => {
            let place = random.below(words.len() + 1);
            let quoted = words.get(place).map(|word| format!("\"{word}"));
            if let (Some(word), Some(quoted)) = (words.get_mut(place), &quoted) {
                *word = quoted;
            }
            Some(words.join(" "))
        }
        // a letter too few
        5 => {
            let mut text = line.clone();
            if text.len() > 3 {
                text.remove(text.len() / 2);
            }
            Some(text)
        }
        // the brace on a line of its own
        6 => line
            .strip_suffix('{')
            .map(|before| format!("{}\n{{", before.trim_end())),
        // a line is lost
        7 => None,
        // a line is there twice
        8 => Some(format!("{line}\n{line}")),
        // two lines change places
        _ => {
            let other = random.below(lines.len());
            lines.swap(at, other);
            return;
        }
    };
    match new {
        Some(text) => {
            if let Some(slot) = lines.get_mut(at) {
                *slot = text;
            }
        }
        None => drop(lines.remove(at)),
    }
}
