//! Every keyword in its smallest place, with a value, without one, with wrong ones, and twice.
use crate::generate::{self, Version};
use crate::random::Random;
use crate::samples;
use conf::keywords::ALL;
use conf::{Keyword, Set};
use std::fmt::Write as _;

/// What stands behind the keyword instead of a value.
const WRONG: &[&str] = &["", "\"\"", "x", "-1", "99999999999", "1.5", "\"1"];

/// All of these cases.
pub(crate) fn each(version: &Version) -> Vec<String> {
    let mut all = Vec::new();
    // tables of blocks that the original does not know, and the second name of one
    let left_out = ["vrrp_instance/auth_hmac", "vrrp_track_file"];
    for (path, table) in ALL.iter().filter(|(path, _)| !left_out.contains(path)) {
        for row in table.rows().filter(|row| version.has(row)) {
            all.extend(forms(path, row).into_iter().map(|form| within(path, &form)));
        }
    }
    all
}

fn forms(path: &str, row: &Keyword) -> Vec<String> {
    let mut random = Random::new(1);
    let mut forms: Vec<_> = WRONG
        .iter()
        .map(|wrong| match row.set {
            Set::Block { .. } => format!("{} {wrong} {{\n}}", row.name),
            Set::List { .. } => {
                let words = if row.name == "virtual_server_group" {
                    "G"
                } else {
                    ""
                };
                format!("{} {words} {{\n{wrong}\n}}", row.name)
            }
            _ => format!("{} {wrong}", row.name),
        })
        .collect();
    if let Set::List { .. } = row.set {
        forms.extend(list_items(row, &mut random));
        return forms;
    }
    for _ in 0..4 {
        let good = generate::row(path, row, &mut random);
        forms.push(format!("{good}{good}"));
        forms.push(good);
    }
    forms
}

/// Each line that a list knows, whole and cut off behind each of its words.
fn list_items(row: &Keyword, random: &mut Random) -> Vec<String> {
    let words = if row.name == "virtual_server_group" {
        "G"
    } else {
        ""
    };
    let list = |lines: &str| format!("{} {words} {{\n{lines}\n}}", row.name);
    let mut forms = Vec::new();
    for item in samples::items(row.name) {
        let parts: Vec<_> = item.split(' ').collect();
        let cut = (1..=parts.len()).filter_map(|len| parts.get(..len));
        forms.extend(cut.map(|parts| list(&parts.join(" "))));
        forms.push(list(&format!("{item}\n{item}")));
        let other = samples::item(row.name, random);
        forms.push(list(&format!("{item}\n{other}")));
        forms.push(format!("{}\n{}", list(item), list(other)));
    }
    forms
}

/// A keyword's lines in blocks that are complete without it.
fn within(path: &str, lines: &str) -> String {
    if path == "(root)" {
        return lines.to_owned();
    }
    let mut out = String::new();
    // what keywords refer to
    for (block, body) in [
        ("vrrp_script C0", "script /usr/bin/env"),
        ("track_file F0", "file /tmp/f"),
        ("vrrp_track_process P0", "process nginx"),
        ("bfd_instance B0", "neighbor_ip 10.1.1.3"),
    ] {
        if !path.starts_with(block.split(' ').next().unwrap_or_default()) {
            let _ = writeln!(out, "{block} {{\n{body}\n}}");
        }
    }
    out.insert_str(
        0,
        "global_defs {\nenable_script_security\nscript_user root\n}\n",
    );
    let own = first_of(lines);
    let mut outer = String::new();
    let parts: Vec<_> = path.split('/').collect();
    for (depth, part) in parts.iter().enumerate() {
        let place = if outer.is_empty() {
            (*part).to_owned()
        } else {
            format!("{outer}/{part}")
        };
        let words = samples::block(part, 0, &mut Random::new(1));
        let _ = writeln!(out, "{part} {words} {{");
        let needed = generate::needed(&place, 0);
        // what is tried need not be there already
        let last = depth + 1 == parts.len();
        if !(last && needed.iter().any(|line| first_of(line) == own)) {
            for line in needed {
                out.push_str(line);
                out.push('\n');
            }
        }
        if *part == "vrrp_instance" && own != "virtual_router_id" {
            out.push_str("virtual_router_id 1\n");
        }
        outer = place;
    }
    out.push_str(lines);
    out.push('\n');
    out.push_str(&"}\n".repeat(parts.len()));
    if path == "vrrp_sync_group" || path == "track_group" {
        for (name, vrid) in [("V0", 1), ("V1", 2)] {
            let instance = format!(
                "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\nvirtual_ipaddress {{\n10.0.0.{vrid}\n}}\n}}\n"
            );
            out.push_str(&instance);
        }
    }
    out
}

fn first_of(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}
