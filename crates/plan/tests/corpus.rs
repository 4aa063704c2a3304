//! Other people's configurations: our verdict beside the original's.
//!
//! They are not ours to give away, so they stay outside: `KEEPALIVED_CORPUS` names their folder
//! (`conf/` with the files, `oracle.jsonl` with what keepalived 2.2.7 says about each).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may stop where it stands

mod others;

use others::{Case, cases};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

fn ours(folder: &Path, case: &Case) -> (String, Vec<String>) {
    let (loaded, facts) = others::load(folder, case);
    let (_, more) = plan::build(&loaded.config, &facts);
    let mut all = loaded.diagnostics;
    if conf::verdict(&all) != conf::Verdict::Abort {
        all.extend(more);
    }
    let said = all.iter().filter(|d| d.severity > conf::Severity::Advice);
    let said = said.map(|d| {
        let line = d
            .spans
            .first()
            .and_then(|l| loaded.snapshot.locate(l.span))
            .map_or(0, |at| at.line);
        format!("{line}: {}", d.message)
    });
    (conf::verdict(&all).exit_code().to_string(), said.collect())
}

#[test]
fn verdicts_agree_with_the_original() {
    let Some(folder) = others::folder() else {
        return;
    };
    let folder = &*folder;
    let known: BTreeSet<&str> = include_str!("data/corpus-deviations.tsv")
        .lines()
        .filter_map(|l| l.split('\t').next())
        .collect();
    let (mut agree, mut report) = (0, String::new());
    let cases = cases(folder);
    let mut unexpected = Vec::new();
    for case in &cases {
        let (exit, said) = ours(folder, case);
        if exit == case.exit {
            agree += 1;
            continue;
        }
        if !known.contains(&*case.file) {
            unexpected.push(case.file.clone());
        }
        writeln!(report, "## {}: theirs {} ours {exit}", case.file, case.exit).unwrap();
        case.messages
            .iter()
            .take(12)
            .for_each(|line| writeln!(report, "  theirs {line}").unwrap());
        said.iter()
            .take(12)
            .for_each(|line| writeln!(report, "  ours   {line}").unwrap());
    }
    println!("{report}{agree} of {} verdicts agree", cases.len());
    assert!(
        cases.len() >= 400,
        "the corpus has only {} files",
        cases.len()
    );
    assert!(
        unexpected.is_empty(),
        "{agree} of {}; not explained: {unexpected:?}",
        cases.len()
    );
}
