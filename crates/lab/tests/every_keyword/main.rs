//! Every keyword of the tables, and every word of their lines, means something: a configuration
//! with it leads to another plan than one without it. What legitimately does not is listed in
//! `no-effect.tsv`, with the reason; a line there that has become wrong is a failure too.
#![allow(clippy::unwrap_used, clippy::panic)] // a test may stop where it stands

mod meaning;
mod table;

use conf::keywords::{ALL, words};
use conf::{Keyword, Set};
use lab::cases::{Random, each, generate};
use table::{Example, Unlike};

/// What keywords refer to.
const BEFORE: &str = include_str!("../data/every_keyword/before.conf");
/// What uses the blocks that are tried; nobody would ask for them otherwise.
const AFTER: &str = include_str!("../data/every_keyword/after.conf");

/// So many values are tried.
const TRIES: u64 = 40;

fn in_place(path: &str, own: &str, lines: &str) -> String {
    let group = "virtual_server_group G {\n10.9.9.1 80\n}\n";
    let group = if own == "virtual_server_group" {
        ""
    } else {
        group
    };
    let real = if path == "virtual_server" && own != "real_server" {
        "real_server fd00::2 80 {\n}\n"
    } else {
        ""
    };
    let tried = each::around(path, own, &format!("{real}{lines}"));
    [BEFORE, group, &tried, AFTER].concat()
}

/// Whether some value of the keyword leads to another plan.
fn reaches(path: &str, row: &Keyword, example: Option<&Example>) -> bool {
    let (path, beside) = example.map_or((path, ""), |one| (&*one.path, &*one.without));
    let without = in_place(path, row.name, beside);
    let differs = |lines: &str| meaning::differs(&without, &in_place(path, row.name, lines));
    match example.map(|one| &*one.with) {
        Some(lines) if !lines.is_empty() => differs(lines),
        _ => (0..TRIES).any(|seed| {
            let line = generate::row(None, path, row, &mut Random::new(seed));
            differs(&format!("{beside}\n{line}"))
        }),
    }
}

#[test]
fn every_keyword_reaches_the_plan() {
    let examples = table::examples(include_str!("../data/every_keyword/keywords.tsv"));
    let mut unlike = Unlike::new(include_str!("../data/every_keyword/no-effect.tsv"));
    for (path, table) in ALL {
        for row in table.rows() {
            let name = (*path, row.name);
            let example = examples.get(&(path.to_string(), row.name.to_owned()));
            unlike.look(name, reaches(path, row, example));
        }
    }
    unlike.judge();
}

/// `path` may name a list: then the line is one of its items.
fn line_in_place(path: &str, line: &str) -> String {
    if ALL.iter().any(|(known, _)| *known == path) {
        return in_place(path, "", line);
    }
    let (outer, list) = path.rsplit_once('/').unwrap_or(("(root)", path));
    let (_, table) = ALL.iter().find(|(known, _)| *known == outer).unwrap();
    let row = table.find(list.as_bytes()).unwrap();
    assert!(matches!(row.set, Set::List { .. }), "{path} is no list");
    let name = if list == "virtual_server_group" {
        " G"
    } else {
        ""
    };
    in_place(outer, list, &format!("{list}{name} {{\n{line}\n}}\n"))
}

#[test]
fn every_word_reaches_the_plan() {
    let examples = table::examples(include_str!("../data/every_keyword/words.tsv"));
    let mut unlike = Unlike::new(include_str!("../data/every_keyword/no-effect-words.tsv"));
    let mut known = 0;
    for (place, words) in words::places() {
        for word in words {
            let example = examples.get(&(place.to_owned(), word.name.to_owned()));
            let differs = example.is_some_and(|one| {
                let [without, with] =
                    [&one.without, &one.with].map(|l| line_in_place(&one.path, l));
                meaning::differs(&without, &with)
            });
            known += usize::from(example.is_some());
            unlike.look((place, word.name), differs);
        }
    }
    assert_eq!(
        known,
        examples.len(),
        "there are lines for words that no table has"
    );
    unlike.judge();
}
