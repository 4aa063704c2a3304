//! Other people's configurations: our dump beside the original's, field by field.
//!
//! `KEEPALIVED_CORPUS` names their folder; `dumps/` in it holds what `-d` of keepalived 2.2.7
//! prints for those that it accepts.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may stop where it stands
#[path = "../../plan/tests/others/mod.rs"]
mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// A field: what it is about, its label, its value.
type Field = (String, String, String);

/// Sections that begin something of a name.
const SUBJECTS: &[&str] = &[
    "VRRP Instance",
    "VRRP Sync Group",
    "VRRP Script",
    "Track file",
    "VRRP Track process",
    "VRRP Track BFD",
    "BFD Instance",
    "Virtual Server Group",
    "Static Track Group",
    "VS GROUP",
    "VS FWMARK",
];

/// The fields of a dump, each with where it stands.
fn fields(lines: impl Iterator<Item = String>) -> BTreeMap<Field, usize> {
    let (mut title, mut subject, mut inner) = (String::new(), String::new(), String::new());
    let mut out = BTreeMap::new();
    for line in lines {
        if let Some(text) = line.strip_prefix("------< ") {
            text.split(" >").next().unwrap().clone_into(&mut title);
            (subject, inner) = (String::new(), String::new());
            continue;
        }
        let text = line.trim();
        // whom a script runs as is a number there and a name here
        let text = text.split(", uid:gid").next().unwrap();
        let text = text.split(", user ").next().unwrap();
        let (label, value) = text.split_once(" = ").unwrap_or((text, ""));
        if line.starts_with("   RIP") {
            text.clone_into(&mut inner);
        } else if SUBJECTS.contains(&label)
            || text.starts_with("VS VIP")
            || text.contains(" -> ") && line.starts_with(" [")
        {
            text.clone_into(&mut subject);
            inner.clear();
        }
        let place = format!("{title} / {subject} / {inner}");
        let count = out
            .entry((place, label.trim().to_owned(), value.trim().to_owned()))
            .or_insert(0);
        // each process of the original begins with the global definitions
        *count = if title == "Global definitions" {
            1
        } else {
            *count + 1
        };
    }
    out
}

/// Files and beginnings of labels on which the two need not agree; the third cell is the reason.
fn tolerated() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("data/dump-deviations.tsv").lines();
    let cells = lines.map(|line| line.split('\t').collect::<Vec<_>>());
    cells.map(|cells| (cells[0], cells[1])).collect()
}

struct Difference<'a> {
    tolerated: &'a [(&'a str, &'a str)],
    compared: usize,
    by_label: BTreeMap<String, (usize, String)>,
}

impl Difference<'_> {
    fn compare(
        &mut self,
        file: &str,
        theirs: &BTreeMap<Field, usize>,
        ours: &BTreeMap<Field, usize>,
    ) {
        let all: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
        for field in all {
            let count = |of: &BTreeMap<Field, usize>| of.get(field).copied().unwrap_or(0);
            let (a, b) = (count(theirs), count(ours));
            self.compared += a.max(b);
            let fits = |(of, label): &(&str, &str)| {
                (*of == "*" || *of == file) && field.1.starts_with(label)
            };
            if a == b || self.tolerated.iter().any(fits) {
                continue;
            }
            let (place, label, value) = field;
            let key = if a > b { "theirs" } else { "ours" };
            let entry = self
                .by_label
                .entry(format!(
                    "{key}: {}",
                    label.split(char::is_numeric).next().unwrap()
                ))
                .or_default();
            entry.0 += a.abs_diff(b);
            if entry.0 <= 4 {
                writeln!(entry.1, "      {file}: {place}: {label} = {value}").unwrap();
            }
        }
    }
}

#[test]
fn fields_agree_with_the_original() {
    let Some(folder) = others::folder() else {
        return;
    };
    let cases = others::cases(&folder);
    let index = std::fs::read_to_string(folder.join("dumps/index.tsv")).unwrap();
    let mut dumps: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for line in index.lines().skip(1) {
        let cells: Vec<_> = line.split('\t').collect();
        dumps
            .entry((cells[0], cells[1]))
            .or_default()
            .push(cells[2]);
    }
    let tolerated = tolerated();
    let mut difference = Difference {
        tolerated: &tolerated,
        compared: 0,
        by_label: BTreeMap::new(),
    };
    for ((file, id), names) in &dumps {
        let tree = file.split('/').next().unwrap();
        let found = cases
            .iter()
            .find(|case| case.file == *file || case.file == tree);
        let mut case = found.unwrap().clone();
        case.id = Some((*id).to_owned()).filter(|id| id != "-");
        let theirs = names.iter().flat_map(|name| dump(&folder, name));
        let theirs = fields(theirs);
        let (loaded, facts) = others::load(&folder, &case);
        let (plan, _) = plan::build(&loaded.config, &facts);
        let ours = report::dump::configuration(&loaded.config, &plan, "<hostname>");
        let kinds: Vec<_> = names.iter().map(|name| kind(name)).collect();
        let ours = fields(ours.into_iter());
        let ours = ours
            .into_iter()
            .filter(|((place, ..), _)| kinds.iter().any(|kind| kind.has(place)));
        difference.compare(file, &theirs, &ours.collect());
    }
    let mut report = String::new();
    let mut all: Vec<_> = difference.by_label.iter().collect();
    all.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (label, (count, examples)) in all {
        writeln!(report, "{count:6} {label}\n{examples}").unwrap();
    }
    println!(
        "{report}{} fields of {} files",
        difference.compared,
        dumps.len()
    );
    assert!(dumps.len() >= 50 && difference.compared > 5_000);
    assert!(difference.by_label.is_empty(), "fields differ");
}

/// Which process of the original wrote a dump, and which sections are its.
struct Kind(&'static [&'static str]);

impl Kind {
    fn has(&self, place: &str) -> bool {
        place.starts_with("Global") || self.0.iter().any(|title| place.starts_with(title))
    }
}

fn kind(name: &str) -> Kind {
    Kind(if name.ends_with(".check.dump") {
        &["SSL", "LVS", "Health", "Checker"]
    } else if name.ends_with(".bfd.dump") {
        &["BFD"]
    } else {
        &["Gratuitous", "GARP", "Static", "VRRP"]
    })
}

fn dump(folder: &Path, name: &str) -> Vec<String> {
    let bytes = std::fs::read(folder.join("dumps").join(name)).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::to_owned).collect()
}
