//! Every keyword in its smallest place, with a value, without one, with wrong ones, and twice.
use super::Random;
use super::generate::{self, Version};
use super::samples;
use conf::keywords::ALL;
use conf::{Keyword, Set};
use std::fmt::Write as _;

/// What stands behind the keyword instead of a value.
const WRONG: &[&str] = &["", "\"\"", "x", "-1", "99999999999", "1.5", "\"1"];

/// All of these cases.
pub fn each(version: &Version) -> Vec<String> {
    let mut all = Vec::new();
    // tables of blocks that the original does not know, and the second name of one
    let left_out = ["vrrp_instance/auth_hmac", "vrrp_track_file"];
    for (path, table) in ALL.iter().filter(|(path, _)| !left_out.contains(path)) {
        for row in table.rows().filter(|row| version.has(row)) {
            all.extend(
                forms(version, path, row)
                    .into_iter()
                    .map(|form| within(path, &form)),
            );
        }
    }
    all
}

fn forms(version: &Version, path: &str, row: &Keyword) -> Vec<String> {
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
        let good = generate::row(Some(version), path, row, &mut random);
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
    around(path, first_of(lines), lines)
}

/// Lines about keyword `own` in the block `path`, with everything else that a configuration needs
/// to work.
pub fn around(path: &str, own: &str, lines: &str) -> String {
    if path == "(root)" {
        return lines.to_owned();
    }
    let mut out = String::from("global_defs {\n");
    if own != "enable_script_security" {
        out.push_str("enable_script_security\n");
    }
    out.push_str("script_user root\n}\n");
    for (block, body) in REFERRED_TO {
        if !is_or_holds(block, path) {
            let _ = writeln!(out, "{block} {{\n{body}\n}}");
        }
    }
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
        // what is tried need not be there already
        let last = depth + 1 == parts.len();
        let needed = generate::needed(&place, 0).iter();
        for lines in needed.filter(|lines| !last || first_of(lines) != own) {
            let _ = writeln!(out, "{lines}");
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
        out.push_str(MEMBERS);
    }
    out
}

/// What keywords refer to.
const REFERRED_TO: &[(&str, &str)] = &[
    ("vrrp_script C0", "script /usr/bin/env"),
    ("track_file F0", "file /tmp/f"),
    ("vrrp_track_process P0", "process nginx"),
    ("bfd_instance B0", "neighbor_ip 10.1.1.3"),
];

/// Members of the groups.
const MEMBERS: &str = "vrrp_instance V0 {
interface eth0
virtual_router_id 1
virtual_ipaddress {
10.0.0.1
}
track_interface {
eth1 weight 5
}
}
vrrp_instance V1 {
interface eth0
virtual_router_id 2
virtual_ipaddress {
10.0.0.2
}
}
";

/// Whether the block is the one at `path`, or one of the same kind.
fn is_or_holds(block: &str, path: &str) -> bool {
    let keyword = first_of(block);
    path.starts_with(keyword) || path.strip_prefix("vrrp_") == Some(keyword)
}

fn first_of(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}
