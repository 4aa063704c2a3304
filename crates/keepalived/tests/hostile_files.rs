//! Files that are none, that have no end, or that there are too many of: a clear word, and an end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod common;
use common::ours;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory of the test's own, removed with this value.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let name = format!("hostile-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Place(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `-t` says within bounds of memory (1 GiB) and processor time (60 s), and its exit code.
fn tested(file: &Path) -> (i32, String) {
    let limits = "ulimit -v 1572864; ulimit -t 60; exec \"$@\"";
    let out = Command::new("bash")
        .args(["-c", limits, "bash"])
        .arg(&ours().program)
        .args(["-t", "-f"])
        .arg(file)
        .output()
        .unwrap();
    let code = out.status.code().expect("ended by itself");
    (code, String::from_utf8_lossy(&out.stderr).into_owned())
}

#[track_caller]
fn says(file: &Path, code: i32, words: &str) {
    let (exit, text) = tested(file);
    assert!(text.contains(words), "no {words:?} in: {text:.2000}");
    assert_eq!(exit, code, "{text:.2000}");
    assert!(text.len() < 2_000_000, "too much is said");
}

#[test]
fn devices_pipes_and_directories_are_no_configuration() {
    let place = Place::new("kinds");
    says(
        Path::new("/dev/zero"),
        0,
        "not a regular non-executable file",
    );
    says(&place.0, 0, "is a directory");
    let pipe = place.0.join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    says(&pipe, 0, "not a regular non-executable file");
    let main = place.file(
        "main.conf",
        format!(
            "include /dev/zero\ninclude {}\ninclude {}/missing\nglobal_defs {{\n router_id x\n}}\n",
            pipe.display(),
            place.0.display()
        ),
    );
    says(&main, 0, "missing");
}

#[test]
fn links_in_a_circle_and_programs_are_left_alone() {
    let place = Place::new("rights");
    let link = place.0.join("link.conf");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    says(&link, 0, "not a regular non-executable file");
    let program = place.file("program.conf", "nonsense\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&program, mode).unwrap();
    says(&program, 0, "not a regular non-executable file");
}

#[test]
fn a_file_that_includes_itself_comes_to_an_end() {
    let place = Place::new("loop");
    let main = place.file("main.conf", "include main.conf\n");
    says(&main, 5, "Too many open files");
}

#[test]
fn a_hundred_thousand_includes_have_an_end() {
    let place = Place::new("many");
    place.file("one.conf", "global_defs {\n router_id x\n}\n");
    let main = place.file("main.conf", "include one.conf\n".repeat(100_000));
    says(&main, 5, "Too many open files");
}

#[test]
fn more_than_a_gigabyte_is_too_much() {
    let place = Place::new("large");
    let path = place.0.join("large.conf");
    let file = fs::File::create(&path).unwrap();
    // all zeros, and on disk next to nothing
    file.set_len((1 << 30) + 1).unwrap();
    says(&path, 4, "too large");
}

#[test]
fn a_small_file_that_makes_many_lines_comes_to_an_end() {
    let place = Place::new("lines");
    let main = place.file("main.conf", "~SEQ(a,1,100000) ~SEQ(b,1,100000) @no x$a$b\n");
    says(&main, 5, "too many lines");
}
