//! Whatever the bytes are: an answer, no panic, and places that lie inside what was read.
use conf::{Files, Limits, LoadOptions, Loaded, ReadError};
use proptest::prelude::*;

struct Bytes<'a>(&'a [u8]);

impl Files for Bytes<'_> {
    fn read(&mut self, _path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        Ok(self.0.to_vec())
    }

    fn glob(&mut self, pattern: &str) -> Vec<String> {
        [pattern]
            .map(str::to_owned)
            .into_iter()
            .filter(|path| path == "f")
            .collect()
    }
}

fn load(bytes: &[u8]) -> Loaded {
    conf::load(&mut Bytes(bytes), "f", &LoadOptions::default())
}

fn places_are_inside(loaded: &Loaded) -> bool {
    let total = loaded.snapshot.len();
    let spans = loaded
        .diagnostics
        .iter()
        .flat_map(|d| &d.spans)
        .map(|label| label.span);
    spans
        .into_iter()
        .all(|span| span.end() as usize <= total && loaded.snapshot.locate(span).is_some())
}

/// Words of the language, so that random text gets deep into it.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let names = conf::keywords::ALL
        .iter()
        .flat_map(|(_, t)| t.rows())
        .map(|k| k.name);
    let mut words: Vec<String> = names.map(str::to_owned).collect();
    let others = [
        "{",
        "}",
        "\n",
        "\n",
        "\"",
        "#",
        "!",
        "\\",
        "0",
        "1",
        "255",
        "256",
        "-1",
        "1.5",
        "10.0.0.1/24",
        "fe80::1",
        "dev",
        "label",
        "eth0",
        "MASTER",
        "x",
        "\0",
        "\r\n",
        "\u{4e2d}",
        "$A=1",
        "$A",
        "${A}",
        "~SEQ(i,1,3)",
        "@a",
        "~LST(i,a,b)",
        "include f",
        "include *",
    ];
    words.extend(others.map(str::to_owned));
    prop::collection::vec(prop::sample::select(words), 0..80)
        .prop_map(|words| words.join(" ").into_bytes())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(places_are_inside(&load(&bytes)));
    }

    #[test]
    fn a_layout_is_its_own_layout(bytes in fragments()) {
        let once = conf::layout(&bytes);
        prop_assert_eq!(conf::layout(&once), once);
    }

    #[test]
    fn scrambled_configurations_are_answered(bytes in fragments()) {
        prop_assert!(places_are_inside(&load(&bytes)));
    }
}

#[test]
fn a_line_of_ten_megabytes_is_one_finding_and_no_trouble() {
    let mut text = b"vrrp_instance V {\n".to_vec();
    text.extend(std::iter::repeat_n(b'a', 10 << 20));
    text.extend_from_slice(b"\n interface eth0\n}\n");
    let loaded = load(&text);
    let ids: Vec<_> = loaded.diagnostics.iter().map(|d| d.id).collect();
    assert_eq!(ids, ["long-line", "unknown-keyword"]);
    assert!(loaded.diagnostics.iter().all(|d| d.message.len() < 1000));
    assert_eq!(
        &*loaded.config.instances[0].interface.as_ref().unwrap().value,
        "eth0"
    );
}

#[test]
fn a_flood_of_findings_has_an_end() {
    let loaded = load("nonsense\n".repeat(200_000).as_bytes());
    assert_eq!(loaded.diagnostics.last().unwrap().id, "too-many");
    assert!(loaded.diagnostics.len() <= 10_001);
}

proptest! {
    /// What `keepalived fmt` prints means what was written, places apart.
    #[test]
    fn a_layout_means_the_same(bytes in fragments()) {
        let laid_out = conf::layout(&bytes);
        // messages may quote a line, which has other blanks now
        let said = |text: &[u8]| -> Vec<&'static str> {
            load(text).diagnostics.iter().map(|found| found.id).collect()
        };
        prop_assert_eq!(said(&laid_out), said(&bytes));
    }
}

/// Files that begin small and would take for ever, or all memory, without bounds.
#[test]
fn the_preprocessor_works_within_its_bounds() {
    let limits = Limits {
        bytes: 1 << 20,
        files: 100,
        expansions: 10_000,
        ..Limits::default()
    };
    let options = LoadOptions {
        limits,
        ..LoadOptions::default()
    };
    // each parameter is twice the one before it
    let doubling = ('B'..='Q').zip('A'..);
    let doubling: Vec<_> = doubling
        .map(|(name, half)| format!("${name}=${{{half}}}${{{half}}}\n"))
        .collect();
    let doubling = doubling.concat();
    let (endless, full) = ("endless-expansion", "include-depth");
    for (text, expected) in [
        (
            format!("$A=0123456789\n{doubling}~SEQ(n,1,9999) weight ${{Q}}\n"),
            endless,
        ),
        ("$A=${A}${A}\n~SEQ(n,1,9999) ${A}\n".to_owned(), endless),
        ("~SEQ(n,1,4000000000) x\n".to_owned(), endless),
        ("~SEQ(n,1,4000000000)\n".to_owned(), endless),
        (
            "$A=\\\n ${B} \\\n ${B}\n$B=\\\n ${A} \\\n ${A}\n$A\n".to_owned(),
            endless,
        ),
        (
            format!("include {}\n", "{a,b}".repeat(10)).repeat(5_000),
            full,
        ),
        ("include f\ninclude f\n".to_owned(), full),
    ] {
        let loaded = conf::load(&mut Bytes(text.as_bytes()), "f", &options);
        let found = loaded.diagnostics.iter().find(|d| d.id == expected);
        assert!(
            found.is_some(),
            "{text:.60}: {:?}",
            loaded.diagnostics.last()
        );
        assert!(
            loaded.snapshot.len() <= (1 << 20) + text.len(),
            "{text:.60}"
        );
        assert!(places_are_inside(&loaded));
    }
}

#[test]
fn an_empty_word_is_no_keyword() {
    let loaded = load(b"\"\"\nvrrp_instance V {\n\"\" 1\n}\n");
    let unknown = loaded
        .diagnostics
        .iter()
        .filter(|d| d.id == "unknown-keyword");
    assert_eq!(unknown.count(), 2);
}
