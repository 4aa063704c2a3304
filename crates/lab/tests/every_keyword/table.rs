//! The lists in `tests/data/every_keyword`: columns with tabs between them, `\n` for a line's end.
use std::collections::BTreeMap;

/// A keyword by its place and name.
pub(crate) type Key = (String, String);

/// Lines without a keyword, and what is added or written instead.
pub(crate) struct Example {
    /// The block, where that is not the place.
    pub(crate) path: String,
    pub(crate) without: String,
    pub(crate) with: String,
}

fn rows(text: &str) -> impl Iterator<Item = Vec<String>> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("# ") && !line.is_empty());
    lines.map(|line| {
        let cells = line.split('\t').enumerate();
        // names may have a backslash themselves
        let cell = |(column, text): (usize, &str)| match column {
            0 | 1 => text.to_owned(),
            _ => text.replace("\\n", "\n"),
        };
        cells.map(cell).collect()
    })
}

/// `place name [path] without with`.
pub(crate) fn examples(text: &str) -> BTreeMap<Key, Example> {
    let mut all = BTreeMap::new();
    for row in rows(text) {
        let (key, example) = match <[String; 5]>::try_from(row) {
            Ok([place, name, path, without, with]) => (
                (place, name),
                Example {
                    path,
                    without,
                    with,
                },
            ),
            Err(row) => {
                let [place, name, without, with] = <[String; 4]>::try_from(row).unwrap();
                let path = place.clone();
                (
                    (place, name),
                    Example {
                        path,
                        without,
                        with,
                    },
                )
            }
        };
        let other = all.insert(key.clone(), example);
        assert!(other.is_none(), "{key:?} is there twice");
    }
    all
}

/// What does not reach the plan, against the list of what need not.
pub(crate) struct Unlike {
    reasons: BTreeMap<Key, String>,
    missing: Vec<String>,
    stale: Vec<String>,
}

impl Unlike {
    /// `place name reason`.
    pub(crate) fn new(text: &str) -> Unlike {
        let mut reasons = BTreeMap::new();
        for row in rows(text) {
            let [place, name, reason] = <[String; 3]>::try_from(row).unwrap();
            assert!(!reason.is_empty(), "{place} {name} has no reason");
            reasons.insert((place, name), reason);
        }
        Unlike {
            reasons,
            missing: Vec::new(),
            stale: Vec::new(),
        }
    }

    pub(crate) fn look(&mut self, (place, name): (&str, &str), reaches: bool) {
        let excused = self.reasons.remove(&(place.to_owned(), name.to_owned()));
        match (reaches, excused) {
            (true, Some(_)) => self.stale.push(format!("{place}\t{name}")),
            (false, None) => self.missing.push(format!("{place}\t{name}")),
            (true, None) | (false, Some(_)) => {}
        }
    }

    pub(crate) fn judge(self) {
        let Unlike {
            reasons,
            missing,
            stale,
        } = self;
        let unknown: Vec<_> = reasons.into_keys().collect();
        assert!(
            missing.is_empty(),
            "without effect on the plan:\n{}",
            missing.join("\n")
        );
        assert!(
            stale.is_empty(),
            "listed as without effect, but not so:\n{}",
            stale.join("\n")
        );
        assert!(
            unknown.is_empty(),
            "listed as without effect, but unknown: {unknown:?}"
        );
    }
}
