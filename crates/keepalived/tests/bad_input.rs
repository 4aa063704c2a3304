//! Configuration files that are wrong: a finding with its place and an advice, the original's
//! exit code, no panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{ours, theirs};
use lab::scenario::{ACTIVE_BACKUP, LB01, host};
use lab::{Lan, terminal};
use std::path::Path;

const FILE: &str = "/tmp/bad.conf";

/// What `-t` said: to programs, one finding a line as the original has it, and to people.
struct Said {
    lines: String,
    drawn: String,
}

/// Runs `-t` on the text with ours and the original, in a node that has an `eth0`, and compares
/// the exit codes.
fn tested(text: Option<&[u8]>) -> Said {
    let lan = Lan::new().unwrap();
    let node = lan.node("lb01", host(LB01)).unwrap();
    if let Some(text) = text {
        node.space.write(FILE, text).unwrap();
    }
    let arguments = ["-t", "-f", FILE];
    let run = |program: &Path| {
        let out = node.space.finish(program, &arguments).unwrap();
        (
            out.status.code(),
            String::from_utf8_lossy(&out.stderr).into_owned(),
        )
    };
    let program = node.space.stage(&ours().program).unwrap();
    let (code, lines) = run(&program);
    let (original, _) = run(&node.space.stage(&theirs().program).unwrap());
    assert_eq!(code, original, "exit code; ours said:\n{lines}");
    let (status, drawn) = terminal::errors_of(&node.space, program, &arguments).unwrap();
    assert_eq!(status.code(), original, "on a terminal");
    assert!(lines.len() + drawn.len() < 100_000, "too much is said");
    Said { lines, drawn }
}

/// The example with one thing changed.
fn example(from: &str, to: &str) -> Vec<u8> {
    let text = ACTIVE_BACKUP[0].replacen(from, to, 1);
    assert_ne!(text, ACTIVE_BACKUP[0]);
    text.into_bytes()
}

/// Checks that the finding names this line, and gives advice.
#[track_caller]
fn finding(text: &[u8], line: usize, about: &str) {
    let Said { lines, drawn } = tested(Some(text));
    assert!(!lines.is_empty(), "nothing for programs to read");
    assert!(
        drawn.contains(&format!("{FILE}:{line}:")),
        "no line {line} in:\n{drawn}"
    );
    assert!(
        drawn.contains(about),
        "not a word about {about:?} in:\n{drawn}"
    );
    assert!(drawn.contains("help"), "no advice in:\n{drawn}");
}

fn line_of(text: &[u8], word: &str) -> usize {
    let text = String::from_utf8_lossy(text);
    1 + text.lines().position(|l| l.contains(word)).unwrap()
}

#[test]
fn a_good_file_is_silent() {
    let Said { lines, drawn } = tested(Some(ACTIVE_BACKUP[0].as_bytes()));
    assert_eq!((lines.as_str(), drawn.as_str()), ("", ""));
}

#[test]
fn a_truncated_file() {
    let whole = ACTIVE_BACKUP[0];
    let cut = &whole[..whole.find("auth_pass").unwrap() + 6];
    finding(cut.as_bytes(), line_of(cut.as_bytes(), "auth_p"), "auth_p");
}

#[test]
fn an_unclosed_brace() {
    let text = ACTIVE_BACKUP[0]
        .trim_end()
        .strip_suffix('}')
        .unwrap()
        .as_bytes();
    finding(text, line_of(text, "vrrp_instance"), "}");
}

#[test]
fn nul_bytes() {
    let text = example("priority 150", "prio\0rity 150");
    finding(&text, line_of(&text, "rity 150"), "prio");
}

#[test]
fn a_line_of_ten_megabytes() {
    let text = example(
        "router_id lb01",
        &format!("router_id {}", "x".repeat(10_000_000)),
    );
    finding(&text, line_of(&text, "router_id"), "long");
}

#[test]
fn a_missing_file() {
    let Said { lines, drawn } = tested(None);
    assert!(lines.contains(FILE), "{lines}");
    assert!(drawn.contains(FILE) && drawn.contains("help"), "{drawn}");
}

#[test]
fn a_missing_interface() {
    let text = example("interface eth0", "interface eth7");
    finding(&text, line_of(&text, "eth7"), "eth7");
}

#[test]
fn vrid_zero() {
    let text = example("virtual_router_id 55", "virtual_router_id 0");
    finding(&text, line_of(&text, "virtual_router_id"), "255");
}

#[test]
fn vrid_256() {
    let text = example("virtual_router_id 55", "virtual_router_id 256");
    finding(&text, line_of(&text, "virtual_router_id"), "255");
}

#[test]
fn priority_300() {
    let text = example("priority 150", "priority 300");
    finding(&text, line_of(&text, "priority"), "255");
}

#[test]
fn advert_int_0() {
    let text = example("advert_int 1", "advert_int 0");
    finding(&text, line_of(&text, "advert_int"), "0.01");
}

#[test]
fn a_password_of_nine_characters() {
    let text = example("auth_pass 1111", "auth_pass 123456789");
    finding(&text, line_of(&text, "auth_pass"), "8");
}

#[test]
fn a_bad_prefix() {
    let text = example("249/24", "249/33");
    finding(&text, line_of(&text, "249/33"), "32");
}

#[test]
fn the_same_vrid_twice() {
    let whole = ACTIVE_BACKUP[0];
    let block = &whole[whole.find("vrrp_instance").unwrap()..];
    let second = block
        .replace("VI_1", "VI_2")
        .replace("249", "248")
        .replace("eth0:1", "eth0:2");
    let text = format!("{whole}\n{second}").into_bytes();
    let place = line_of(&text, "VI_2");
    let Said { lines, drawn } = tested(Some(&text));
    assert!(lines.contains("VI_1 and VI_2 both use VRID 55"), "{lines}");
    assert!(drawn.contains("help"), "no advice in:\n{drawn}");
    let near = (place..place + 5).any(|n| drawn.contains(&format!("{FILE}:{n}:")));
    assert!(near, "no place near line {place} in:\n{drawn}");
}
