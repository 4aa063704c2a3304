//! Programs that speak differently to people than to programs.
use crate::space::Space;
use nix::pty::openpty;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};

/// Runs a program whose standard error is a terminal; gives what it wrote there, without colours.
pub fn errors_of(
    space: &Space,
    program: impl AsRef<OsStr>,
    arguments: &[&str],
) -> io::Result<(ExitStatus, String)> {
    let pair = openpty(None, None)?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir("/");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(pair.slave);
    let mut child = space.spawn(command)?;
    let (mut terminal, mut raw, mut chunk) = (File::from(pair.master), Vec::new(), [0; 4096]);
    // A terminal that nobody writes to any more gives an error, not an end.
    while let Ok(count @ 1..) = terminal.read(&mut chunk) {
        raw.extend(chunk.iter().take(count));
    }
    Ok((child.wait()?, plain(&String::from_utf8_lossy(&raw))))
}

/// The text without `ESC [ … letter` and carriage returns.
fn plain(text: &str) -> String {
    let (mut out, mut escaped) = (String::new(), false);
    for letter in text.chars().filter(|c| *c != '\r') {
        if escaped {
            escaped = !letter.is_ascii_alphabetic();
        } else if letter == '\x1b' {
            escaped = true;
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        assert_eq!(plain("\x1b[1m\x1b[91merror\x1b[0m: no\r\n"), "error: no\n");
    }
}
