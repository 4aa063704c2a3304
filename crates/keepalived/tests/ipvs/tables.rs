//! The load balancer's table beside the original's: every configuration of the folder `tables` is
//! played with both daemons in one guest, and what `ipvsadm` shows after each step has to be equal.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MODULES: &[&str] = &["veth", "ip_vs"];
/// In the order in which they come.
const STEPS: [&str; 7] = [
    "start",
    "death",
    "return",
    "quorum-lost",
    "quorum-back",
    "reload",
    "stop",
];
/// What both daemons showed, by configuration and step.
type Seen = BTreeMap<(String, String), BTreeMap<String, String>>;

/// A configuration and what is known to differ.
struct Case {
    name: String,
    text: String,
    /// Steps after which the tables differ on purpose ("# differs STEP ...: REASON").
    differs: Vec<String>,
}

impl Case {
    fn read(path: &Path) -> Case {
        let text = fs::read_to_string(path).unwrap();
        let marks = text.lines().filter_map(|l| l.strip_prefix("# differs "));
        let steps = marks.map(|mark| mark.split_once(": ").expect("a reason").0);
        Case {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            differs: steps
                .flat_map(str::split_whitespace)
                .map(str::to_owned)
                .collect(),
            text,
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ipvs/tables")
}

fn cases() -> Vec<Case> {
    let files = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let mut paths: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|e| e == "conf"))
        .collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

/// What the guest printed, taken apart.
fn seen(output: &str) -> Seen {
    let mut seen = Seen::new();
    let text = output.split("\n## ").next().unwrap_or_default();
    for part in format!("\n{text}").split("\n@@ ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let words: Vec<&str> = head.split(' ').collect();
        let key = (words[0].to_owned(), words[2].to_owned());
        let of = seen.entry(key).or_default();
        of.insert(words[1].to_owned(), sorted(body));
    }
    seen
}

/// Every line with the service that it belongs to, sorted: the table has no order.
fn sorted(table: &str) -> String {
    let mut service = "";
    let mut lines: Vec<String> = Vec::new();
    for line in table.lines() {
        let first = line.split(' ').next().unwrap_or_default();
        if ["TCP", "UDP", "SCTP", "FWM"].contains(&first) {
            service = line;
        }
        let is_dest = line.starts_with("  -> ") && !service.is_empty();
        lines.push(if is_dest {
            format!("{service}{line}")
        } else {
            line.to_owned()
        });
    }
    lines.sort();
    lines.join("\n")
}

/// What is wrong with a case, as text; nothing when all is as it should be.
fn judge(case: &Case, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    for step in STEPS {
        let both = &seen[&(case.name.clone(), step.to_owned())];
        let (original, ours) = (&both["original"], &both["ours"]);
        let expected = !case.differs.iter().any(|known| known == step);
        if (original == ours) != expected {
            let word = if expected { "differs" } else { "is equal" };
            let name = &case.name;
            wrong.push(format!(
                "\n=== {name} {word} after {step}\n--- the original's\n{original}\n--- ours\n{ours}\n"
            ));
        }
    }
    wrong
}

/// Whether a configuration is about more than its own services, and so is played by daemons of its
/// own. All others are played together by one.
fn stands_alone(text: &str) -> bool {
    let marks = [
        "global_defs",
        "vrrp_instance",
        "track_file",
        "# before",
        "# options",
    ];
    marks.iter().any(|mark| text.contains(mark))
}

/// The same configuration with addresses, marks and names of its own.
fn moved(text: &str, number: usize) -> String {
    text.replace("10.1.", &format!("10.{number}."))
        .replace("fd00:1::", &format!("fd00:1:{number}::"))
        .replace("fwmark ", &format!("fwmark {number}0"))
        .replace("_group g ", &format!("_group g{number} "))
        .replace(
            "virtual_server group g ",
            &format!("virtual_server group g{number} "),
        )
}

/// What of a table has to do with one of many configurations.
fn part(table: &str, number: usize) -> String {
    let marks = [
        format!("10.{number}."),
        format!("fd00:1:{number}:"),
        format!("-f {number}0"),
        format!("FWM {number}0"),
    ];
    let is_ours = |line: &&str| marks.iter().any(|mark| line.contains(mark.as_str()));
    let lines: Vec<&str> = table.lines().filter(is_ours).collect();
    lines.join("\n")
}

/// The file in which all these are together, before and after the reload.
fn together(cases: &[(usize, &Case)]) -> String {
    let (mut first, mut next) = (String::new(), String::new());
    for (number, case) in cases {
        let text = moved(&case.text, *number);
        let (before, after) = text.split_once("# reload\n").unwrap_or((&text, &text));
        first.push_str(before);
        next.push_str(after);
    }
    format!("{first}# reload\n{next}")
}

#[test]
fn tables_are_the_originals() {
    let cases = cases();
    assert!(cases.len() >= 40, "{} configurations", cases.len());
    let (alone, others): (Vec<&Case>, Vec<&Case>) =
        cases.iter().partition(|case| stands_alone(&case.text));
    let others: Vec<(usize, &Case)> = (20..).zip(others).collect();
    let mut files: Vec<(String, String)> = alone
        .iter()
        .map(|case| (format!("{}.conf", case.name), case.text.clone()))
        .collect();
    files.push(("together.conf".into(), together(&others)));
    for name in ["pace", "check"] {
        let text = fs::read_to_string(folder().join(name)).unwrap();
        files.push((name.into(), text));
    }
    let mut seen = play(&files);
    for (number, case) in &others {
        for step in STEPS {
            let all = &seen[&("together".to_owned(), step.to_owned())];
            let of = |who: &str| (who.to_owned(), part(&all[who], *number));
            let both = BTreeMap::from([of("original"), of("ours")]);
            seen.insert((case.name.clone(), step.to_owned()), both);
        }
    }
    let wrong: Vec<String> = cases.iter().flat_map(|case| judge(case, &seen)).collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
    moves(&seen);
}

/// Plays all files in one guest.
fn play(files: &[(String, String)]) -> Seen {
    let names: Vec<(&str, &str)> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
    let guest = lab::uml::Guest {
        modules: MODULES,
        programs: &[Path::new(env!("CARGO_BIN_EXE_keepalived"))],
        files: &names,
        memory: 1500,
        limit: Duration::from_mins(14),
    };
    let script = format!(
        "OURS=$BOX/keepalived ORIGINAL={}\n{}",
        lab::original::path().unwrap().display(),
        include_str!("tables.sh")
    );
    let outcome = guest.run(&script).unwrap();
    if let Some(place) = std::env::var_os("IPVS_TABLES_OUTPUT") {
        fs::write(place, &outcome.output).unwrap();
    }
    assert!(!outcome.output.contains("\n!! "), "{}", outcome.output);
    seen(&outcome.output)
}

/// The play is one: where a server with a check died the original's table changed, and it came back.
fn moves(seen: &Seen) {
    let changed = |from: &str, to: &str| {
        let firsts = seen.iter().filter(|((_, step), _)| step == from);
        firsts
            .filter(|((name, _), both)| {
                both["original"] != seen[&(name.clone(), to.to_owned())]["original"]
            })
            .count()
    };
    let all = seen.len() / STEPS.len();
    // steps that show the same of the table
    assert!(changed("death", "return") > all * 8 / 10);
    assert!(changed("return", "quorum-lost") > all * 8 / 10);
    assert!(changed("return", "quorum-back") < all / 10);
}
