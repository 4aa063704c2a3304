//! Each finding occurs in a case: the ids are read from the sources, so that none is forgotten.
#![allow(clippy::unwrap_used)] // a test may stop where it stands

use conf::{Files, LoadOptions, ReadError};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is in front of an id.
const CALLS: &[&str] = &[
    "Diagnostic::new(",
    "report(",
    "find(",
    "find_at(",
    "tell(",
    "warning(",
];

/// What no case can hold; `what_is_no_text_is_told` shows it.
const ELSEWHERE: &[&str] = &[
    "long-line",
    "missing-file",
    "not-a-file",
    "nul-byte",
    "too-many",
    "unreadable-file",
];

/// One file, or the reason why there is none.
struct One(Result<Vec<u8>, ReadError>);

impl Files for One {
    fn read(&mut self, _path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        self.0.clone()
    }

    fn glob(&mut self, _pattern: &str) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn what_is_no_text_is_told() {
    let long = format!("global_defs {{\n    router_id {}\n}}\n", "x".repeat(2000));
    let unknown = "nothing\n".repeat(100_000);
    let files: [(&str, Result<Vec<u8>, ReadError>); 6] = [
        ("long-line", Ok(long.into_bytes())),
        ("missing-file", Err(ReadError::Missing)),
        ("not-a-file", Err(ReadError::Directory)),
        (
            "nul-byte",
            Ok(b"global_defs {\n    router_id a\0b\n}\n".to_vec()),
        ),
        ("too-many", Ok(unknown.into_bytes())),
        ("unreadable-file", Err(ReadError::Other("denied".into()))),
    ];
    for (id, file) in files {
        let loaded = conf::load(&mut One(file), "keepalived.conf", &LoadOptions::default());
        let ids: BTreeSet<_> = loaded.diagnostics.iter().map(|found| found.id).collect();
        assert!(ids.contains(id), "{id} is not among {ids:?}");
        assert!(ELSEWHERE.contains(&id));
    }
}

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            all.push_str(code);
        }
    }
}

/// The ids that the code gives to findings.
fn given() -> BTreeSet<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    sources(&here.join("src"), &mut code);
    sources(&here.join("../conf/src"), &mut code);
    let mut ids = BTreeSet::new();
    for call in CALLS {
        for behind in code.split(call).skip(1) {
            let Some(literal) = behind.trim_start().strip_prefix('"') else {
                continue;
            };
            let id = literal.split('"').next().unwrap_or_default();
            let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !id.is_empty() && id.chars().all(is_id) {
                ids.insert(id.to_owned());
            }
        }
    }
    ids
}

#[test]
fn every_finding_has_a_case() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = String::new();
    for entry in fs::read_dir(here).unwrap() {
        cases.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let given = given();
    assert!(given.len() > 100, "only {} ids were found", given.len());
    let severities = [
        "Abort", "Absent", "Advice", "Error", "Fatal", "Note", "Security", "Warning",
    ];
    let is_told = |id: &String| {
        let mut lines = severities.iter().map(|how| format!("{how} {id}: "));
        lines.any(|line| cases.contains(&line))
    };
    let shown = |id: &String| is_told(id) || ELSEWHERE.contains(&&**id);
    let missing: Vec<_> = given.iter().filter(|id| !shown(id)).collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
    for id in ELSEWHERE {
        assert!(given.contains(*id), "there is no {id} any more");
    }
}
