//! The tables against the list of what the original knows.
use std::collections::BTreeSet;

/// Keyword paths of the original: block path and keyword, then the words of lines with a grammar
/// of their own (their block in parentheses, or below a keyword that opens no block).
const LIST: &str = include_str!("data/keywords.tsv");

/// What the original does not know: opt-in words of ours.
const OURS: &[(&str, &str)] = &[
    ("global_defs", "notify_url"),
    ("global_defs", "notify_url_ca_file"),
    ("global_defs", "smtp_alert_file"),
    ("global_defs", "smtp_auth_pass"),
    ("global_defs", "smtp_auth_user"),
    ("global_defs", "smtp_ca_file"),
    ("global_defs", "smtp_digest"),
    ("global_defs", "smtp_security"),
    ("global_defs", "smtp_verify"),
    ("virtual_server", "drain_timeout"),
    ("vrrp_instance", "notify_url"),
    ("vrrp_sync_group", "notify_url"),
];

fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIST.lines().filter_map(|line| line.split_once('\t'))
}

#[test]
fn every_keyword_of_the_original_has_a_row() {
    let tables: BTreeSet<&str> = conf::keywords::ALL.iter().map(|(path, _)| *path).collect();
    let known: BTreeSet<(&str, &str)> = conf::keywords::ALL
        .iter()
        .flat_map(|(path, table)| table.rows().map(|row| (*path, row.name)))
        .collect();
    let expected: BTreeSet<(&str, &str)> =
        listed().filter(|(path, _)| tables.contains(path)).collect();
    assert!(
        expected.len() >= 520,
        "the list has only {} keywords",
        expected.len()
    );
    // words of a line that stand below a block's path in the list
    let words = [("virtual_server", "fwmark"), ("virtual_server", "group")];
    let missing: Vec<_> = expected
        .difference(&known)
        .filter(|row| !words.contains(row))
        .collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
    let marked: BTreeSet<(&str, &str)> = conf::keywords::ALL
        .iter()
        .flat_map(|(path, table)| table.rows().map(move |row| (*path, row)))
        .filter(|(_, row)| row.since == conf::OURS)
        .map(|(path, row)| (path, row.name))
        .collect();
    let invented: Vec<_> = known
        .difference(&expected)
        .filter(|row| !OURS.contains(row) && !marked.contains(row))
        .collect();
    assert!(invented.is_empty(), "not in the original: {invented:?}");
}

#[test]
fn every_word_of_the_original_is_told_of() {
    let tables: BTreeSet<&str> = conf::keywords::ALL.iter().map(|(path, _)| *path).collect();
    let known: BTreeSet<(&str, &str)> = conf::keywords::words::places()
        .flat_map(|(place, words)| words.iter().map(move |word| (place, word.name)))
        .collect();
    let expected: BTreeSet<(&str, &str)> = listed()
        .filter(|(path, _)| !tables.contains(path))
        .collect();
    assert!(expected.len() >= 240, "only {} words", expected.len());
    let missing: Vec<_> = expected.difference(&known).collect();
    assert!(missing.is_empty(), "not told of: {missing:?}");
    let invented: Vec<_> = known.difference(&expected).collect();
    assert!(invented.is_empty(), "not in the original: {invented:?}");
}
