//! Floors only look down: no crate depends on one beside or above it (`docs/architecture.md`).
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

/// Every crate of the workspace and its floor.
const FLOORS: &[(&str, u8)] = &[
    ("wire", 0),
    ("conf", 1),
    ("vrrp", 1),
    ("pool", 1),
    ("ledger", 1),
    ("plan", 2),
    ("linux", 3),
    ("outlet", 3),
    ("probe", 3),
    ("report", 4),
    ("keepalived", 5),
    ("lab", 5),
];

/// What may look sideways, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    // The daemon's system tests are run in the lab; `dev-dependencies` only, see below.
    ("keepalived", "lab"),
];

/// (crate, dependency, only for its tests) within the workspace.
fn edges() -> Vec<(String, String, bool)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let out = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut edges = Vec::new();
    for package in list(&metadata, "packages") {
        edges.push((text(&package, "name"), String::new(), false));
        for dependency in list(&package, "dependencies") {
            if dependency.get("path").is_some_and(Value::is_string) {
                let test_only = text(&dependency, "kind") == "dev";
                edges.push((text(&package, "name"), text(&dependency, "name"), test_only));
            }
        }
    }
    edges
}

#[test]
fn floors_only_look_down() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let floor = |name: &str| {
        *floors
            .get(name)
            .unwrap_or_else(|| panic!("crate {name} has no floor: give it one here"))
    };
    let mut seen = 0;
    for (from, to, test_only) in edges() {
        let above = floor(&from);
        if to.is_empty() {
            continue;
        }
        seen += 1;
        let excused = test_only && EXCEPTIONS.contains(&(from.as_str(), to.as_str()));
        assert!(
            floor(&to) < above || excused,
            "{from} (floor {above}) looks up or sideways at {to} (floor {})",
            floor(&to)
        );
    }
    assert!(
        seen > 10,
        "only {seen} dependencies within the workspace found"
    );
}
