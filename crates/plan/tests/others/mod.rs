//! Other people's configurations, and the world in which the original met them.
#![allow(dead_code)] // each test uses its part
use conf::{Files, LoadOptions, Loaded, ReadError};
use std::collections::BTreeSet;
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

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) file: String,
    pub(crate) interfaces: BTreeSet<String>,
    pub(crate) scripts: BTreeSet<String>,
    pub(crate) id: Option<String>,
    pub(crate) exit: String,
    pub(crate) messages: Vec<String>,
}

pub(crate) fn cases(folder: &Path) -> Vec<Case> {
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

/// The folder of the corpus; `None`, and a loud word, where there is none.
pub(crate) fn folder() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("KEEPALIVED_CORPUS");
    if folder.is_none() {
        eprintln!("KEEPALIVED_CORPUS is not set: NO configuration of other people was compared");
    }
    folder.map(Into::into)
}

/// One file as it is read, and the facts of its world.
pub(crate) fn load(folder: &Path, case: &Case) -> (Loaded, plan::Facts) {
    let options = LoadOptions {
        config_id: Some(case.id.clone().unwrap_or_else(|| "vm".to_owned())),
        directory: "/corpus".to_owned(),
        ..LoadOptions::default()
    };
    let path = folder.join("conf").join(&case.file);
    let (folder, name) = match case.file.split_once('/') {
        Some((tree, name)) => (folder.join("conf").join(tree), name),
        None if path.is_dir() => (path, "keepalived.conf"),
        None => (folder.join("conf"), &*case.file),
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
    (loaded, facts)
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
                ..plan::PathFact::default()
            },
        )
    });
    let users = plan::script_users(config).into_iter();
    plan::ScriptFacts {
        paths: paths.collect(),
        users: users.map(|user| (user, true)).collect(),
        customary: true,
    }
}
