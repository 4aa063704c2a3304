//! The manual of the configuration: every text is made from the keyword tables.
use conf::keywords::words::{Word, places};
use conf::{Keyword, Table};
use std::fmt::Write as _;

/// What `keepalived explain WORD` prints: every place where the keyword is known, or the words
/// that were probably meant. `Err` holds the latter.
pub fn explain(word: &str) -> Result<String, String> {
    let mut out = String::new();
    for (path, table) in conf::keywords::ALL {
        for row in table.rows().filter(|row| row.name == word) {
            let _ = writeln!(out, "{}\n", entry(path, row));
        }
    }
    for (place, words) in places() {
        for row in words.iter().filter(|row| row.name == word) {
            let _ = writeln!(out, "{}\n", word_entry(place, row));
        }
    }
    if !out.is_empty() {
        return Ok(out.trim_end().to_owned() + "\n");
    }
    let names = conf::keywords::ALL
        .iter()
        .flat_map(|(_, table)| table.rows())
        .map(|row| row.name);
    Err(match conf::nearest(word, names) {
        Some(near) => format!("No keyword '{word}'; did you mean '{near}'?\n"),
        None => format!("No keyword '{word}'; docs/keywords.md lists all of them.\n"),
    })
}

fn word_entry(place: &str, row: &Word) -> String {
    let mut out = format!("{} {}", row.name, row.args).trim_end().to_owned();
    let _ = write!(out, "\n    {}\n    place: {place}", row.doc);
    if !row.since.is_empty() {
        let _ = write!(out, "\n    since: {}", row.since);
    }
    out
}

fn entry(path: &str, row: &Keyword) -> String {
    let mut out = format!("{} {}", row.name, row.arguments())
        .trim_end()
        .to_owned();
    let _ = write!(out, "\n    {}", row.doc);
    let place = if path == "(root)" {
        "outside of all blocks".to_owned()
    } else {
        path.replace('/', " > ")
    };
    let facts = [
        ("place", place.as_str()),
        ("default", row.default),
        ("unit", row.unit),
        ("since", row.since),
        ("deprecated, write", row.deprecated),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "\n    {name}: {value}");
    }
    out
}

/// `docs/keywords.md`.
pub fn keywords_md() -> String {
    let mut out = "# Keywords\n\nMade from the keyword tables of `crates/conf`; do not edit, a test compares.\n".to_owned();
    for (path, table) in conf::keywords::ALL {
        let _ = writeln!(out, "\n## {}\n", heading(path));
        out.push_str("| keyword | arguments | default | |\n| --- | --- | --- | --- |\n");
        for row in sorted(table) {
            let default = match (row.default, row.unit) {
                ("", "") => String::new(),
                ("", unit) => unit.to_owned(),
                (default, "") => default.to_owned(),
                (default, unit) => format!("{default} ({unit})"),
            };
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {}{} |",
                row.name,
                code(&row.arguments()),
                cell(&default),
                cell(row.doc),
                cell(&remarks(row))
            );
        }
    }
    for (place, words) in places() {
        let _ = writeln!(out, "\n## {}\n", word_heading(place));
        out.push_str("| word | what follows | |\n| --- | --- | --- |\n");
        for row in words {
            let since = since(row);
            let _ = writeln!(
                out,
                "| {} | {} | {}{since} |",
                code(row.name),
                cell(row.args),
                cell(row.doc)
            );
        }
    }
    out
}

/// A place among the words: where a line stands, or what is written like a path.
fn word_heading(place: &str) -> String {
    place.replace(['(', ')'], "").replace('/', " > ")
}

fn since(row: &Word) -> String {
    match row.since {
        "" => String::new(),
        version => format!(" Since {version}."),
    }
}

/// The manual page `keepalived.conf(5)`, in roff.
pub fn man_page() -> String {
    let mut out = String::from(
        ".\\\" Made from the keyword tables; do not edit, a test compares.\n\
         .TH KEEPALIVED.CONF 5\n\
         .SH NAME\nkeepalived.conf \\- configuration file of keepalived\n\
         .SH DESCRIPTION\n\
         Keywords stand one on a line, blocks between braces. Comments begin with # or !.\n\
         Defaults stand in parentheses.\n",
    );
    for (path, table) in conf::keywords::ALL {
        let _ = writeln!(out, ".SH {}", roff(&heading(path)).to_uppercase());
        for row in sorted(table) {
            let _ = writeln!(
                out,
                ".TP\n.B {}",
                roff(format!("{} {}", row.name, row.arguments()).trim_end())
            );
            let default = if row.default.is_empty() {
                String::new()
            } else {
                format!(" ({} {})", row.default, row.unit)
            };
            let text = format!("{}{}{}", row.doc, default.replace(" )", ")"), remarks(row));
            let _ = writeln!(out, "{}", roff(&text));
        }
    }
    for (place, words) in places() {
        let _ = writeln!(out, ".SH {}", roff(&word_heading(place)).to_uppercase());
        for row in words {
            let name = format!("{} {}", row.name, row.args);
            let _ = writeln!(out, ".TP\n.B {}", roff(name.trim_end()));
            let _ = writeln!(out, "{}", roff(&format!("{}{}", row.doc, since(row))));
        }
    }
    out
}

fn heading(path: &str) -> String {
    if path == "(root)" {
        "Outside of all blocks".to_owned()
    } else {
        path.replace('/', " > ")
    }
}

fn sorted(table: &Table) -> Vec<&'static Keyword> {
    let mut rows: Vec<_> = table.rows().collect();
    rows.sort_by_key(|row| row.name);
    rows
}

fn remarks(row: &Keyword) -> String {
    let mut out = String::new();
    if !row.since.is_empty() {
        let _ = write!(out, " Since {}.", row.since);
    }
    if !row.deprecated.is_empty() {
        let _ = write!(out, " Deprecated: write {}.", row.deprecated);
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{}`", cell(text))
    }
}

fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_is_explained_in_every_place() {
        let text = explain("advert_int").unwrap();
        assert_eq!(
            text,
            "advert_int <0.01..255>\n    Time between adverts; version 2 takes whole seconds, version 3 hundredths up to 40.95.\n    place: vrrp_instance\n    default: 1\n    unit: seconds\n"
        );
        let label = explain("label").unwrap();
        assert!(label.contains("place: (address line)"), "{label}");
        assert!(explain("track_script").unwrap().matches("place:").count() >= 2);
        assert!(
            explain("prioritty")
                .unwrap_err()
                .contains("did you mean 'priority'")
        );
    }

    /// Rewrite them with `UPDATE_DOCS=1 cargo test -p report`.
    #[test]
    fn generated_documents_are_fresh() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");
        for (name, text) in [
            ("keywords.md", keywords_md()),
            ("keepalived.conf.5", man_page()),
        ] {
            let path = format!("{root}{name}");
            if std::env::var_os("UPDATE_DOCS").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == text,
                "{name} is stale: UPDATE_DOCS=1 cargo test -p report"
            );
        }
    }
}
