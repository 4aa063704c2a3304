//! Other people's configurations: our verdict beside the original's.
//!
//! They are not ours to give away, so they stay outside: `KEEPALIVED_CORPUS` names their folder
//! (`conf/` with the files, `oracle.jsonl` with what keepalived 2.2.7 says about each).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may stop where it stands

use conf::{Files, LoadOptions, ReadError};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Reads from a folder, which the configuration calls `/corpus`.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn inside(path: &str) -> &str {
        path.strip_prefix("/corpus/").unwrap_or(path)
    }
}

impl Files for Folder<'_> {
    fn read(&mut self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let path = self.0.join(Self::inside(path));
        let about = std::fs::metadata(&path).map_err(|_| ReadError::Missing)?;
        if about.is_dir() {
            return Err(ReadError::Directory);
        }
        let bytes = std::fs::read(path).map_err(|e| ReadError::Other(e.to_string()))?;
        if bytes.len() > limit {
            Err(ReadError::TooLarge)
        } else {
            Ok(bytes)
        }
    }

    /// One `*` in the last part is all that these files use.
    fn glob(&mut self, pattern: &str) -> Vec<String> {
        let pattern = Self::inside(pattern);
        let (folder, name) = pattern
            .rsplit_once('/')
            .map_or(("", pattern), |(folder, name)| (folder, name));
        let Some((start, end)) = name.split_once('*') else {
            return if self.0.join(pattern).exists() {
                vec![pattern.to_owned()]
            } else {
                Vec::new()
            };
        };
        let entries = std::fs::read_dir(self.0.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let fits = |name: &String| {
            name.starts_with(start) && name.ends_with(end) && name.len() >= start.len() + end.len()
        };
        let mut found: Vec<_> = names
            .filter(fits)
            .map(|name| format!("{folder}/{name}"))
            .collect();
        found.sort();
        found
    }
}

/// One file of the corpus and what the original says.
struct Case {
    file: String,
    interfaces: BTreeSet<String>,
    scripts: BTreeSet<String>,
    id: Option<String>,
    exit: String,
    messages: Vec<String>,
}

fn cases(folder: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join("oracle.jsonl")).unwrap();
    let strings = |value: &serde_json::Value| -> Vec<String> {
        value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|s| s.as_str().map(str::to_owned))
            .collect()
    };
    text.lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = value["id"].as_str().map(str::to_owned);
            let run = if id.is_some() && value["runs"].get("id").is_some() {
                "id"
            } else {
                "stub"
            };
            Case {
                file: value["file"].as_str().unwrap().to_owned(),
                interfaces: strings(&value["env"]["interfaces"]).into_iter().collect(),
                scripts: strings(&value["env"]["stub_scripts"]).into_iter().collect(),
                id,
                exit: value["runs"][run]["exit"]
                    .as_str()
                    .unwrap_or("?")
                    .to_owned(),
                messages: strings(&value["runs"][run]["messages"]),
            }
        })
        .collect()
}

fn ours(folder: &Path, case: &Case) -> (String, Vec<String>) {
    let options = LoadOptions {
        config_id: Some(case.id.clone().unwrap_or_else(|| "vm".to_owned())),
        directory: "/corpus".to_owned(),
        ..LoadOptions::default()
    };
    let path = folder.join("conf").join(&case.file);
    let (folder, name) = if path.is_dir() {
        (path, "keepalived.conf")
    } else {
        (folder.join("conf"), &*case.file)
    };
    let loaded = conf::load(&mut Folder(&folder), name, &options);
    let mut interfaces = case.interfaces.clone();
    interfaces.insert("lo".to_owned());
    let facts = plan::Facts {
        interfaces,
        hostname: "vm".to_owned(),
        scripts: Some(scripts(case, &loaded.config)),
        ..plan::Facts::default()
    };
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

/// The scripts that the original's environment had; all users were root there.
fn scripts(case: &Case, config: &conf::Config) -> plan::ScriptFacts {
    let found = |program: &str| {
        let in_path = || {
            ["/usr/bin", "/usr/sbin"]
                .iter()
                .any(|folder| Path::new(folder).join(program).exists())
        };
        case.scripts.contains(program)
            || if program.starts_with('/') {
                Path::new(program).exists()
            } else {
                in_path()
            }
    };
    let programs = plan::programs(config).into_iter();
    let paths = programs.map(|program| {
        let found = found(&program);
        (
            program,
            plan::PathFact {
                found,
                insecure: false,
            },
        )
    });
    let users = config
        .global
        .script_user
        .iter()
        .map(|user| user.user.value.to_string());
    plan::ScriptFacts {
        paths: paths.collect(),
        roots: users.chain(["root".to_owned()]).collect(),
        default_is_root: true,
    }
}

#[test]
fn verdicts_agree_with_the_original() {
    let Some(folder) = std::env::var_os("KEEPALIVED_CORPUS") else {
        eprintln!("KEEPALIVED_CORPUS is not set: NO configuration of other people was compared");
        return;
    };
    let folder = Path::new(&folder);
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
