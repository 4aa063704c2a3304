//! Every test that `docs/conformance.md` names is there.
use std::path::{Path, PathBuf};

/// `crate::file::function` or `crate::file`, from between backquotes.
fn named(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .map(|name| name.split("::").collect::<Vec<_>>())
        .filter(|parts| parts.len() > 1)
}

/// Where a file of tests may lie.
fn places(root: &Path, package: &str, file: &str) -> [PathBuf; 3] {
    let package = root.join("crates").join(package);
    [
        package.join(format!("tests/{file}.rs")),
        package.join(format!("src/{file}.rs")),
        package.join(format!("src/{file}/tests.rs")),
    ]
}

#[test]
fn every_test_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let text = std::fs::read_to_string(root.join("docs/conformance.md")).unwrap();
    let mut missing = Vec::new();
    let mut found = 0;
    for name in named(&text) {
        let code: String = places(root, name[0], name[1])
            .iter()
            .filter_map(|path| std::fs::read_to_string(path).ok())
            .collect();
        let there = match name.get(2) {
            Some(function) => code.contains(&format!("fn {function}(")),
            None => !code.is_empty(),
        };
        found += usize::from(there);
        if !there {
            missing.push(name.join("::"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(found > 50, "only {found} tests named");
}
