//! Scripts and the pipe of the load balancer's news beside the original's: the same words, for each
//! service in the same order.
use super::MODULES;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

#[test]
fn people_are_told_as_the_original_tells_them() {
    let guest = lab::uml::Guest {
        modules: MODULES,
        programs: &[Path::new(env!("CARGO_BIN_EXE_keepalived"))],
        limit: Duration::from_mins(9),
        ..lab::uml::Guest::default()
    };
    let script = format!(
        "OURS=$BOX/keepalived ORIGINAL={}\n{}",
        lab::original::path().unwrap().display(),
        include_str!("notify.sh")
    );
    let outcome = guest.run(&script).unwrap();
    let output = &outcome.output;
    assert!(!output.contains("\n!! "), "{output}");
    let mut told: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    let plays = output.split("\n## ").next().unwrap();
    for part in format!("\n{plays}").leak().split("\n@@ ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (what, who) = head.rsplit_once(' ').unwrap();
        told.entry(what).or_default().insert(who, body.trim_end());
    }
    assert_eq!(told.len(), 9 * 4 + 1, "{output}");
    let news = told.values().filter(|both| !both["original"].is_empty());
    assert!(news.count() >= 20, "{output}");
    for (what, both) in &told {
        assert_eq!(both["ours"], both["original"], "{what}\n{output}");
    }
}
