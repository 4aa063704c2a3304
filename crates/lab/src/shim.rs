//! Small libraries in C that are preloaded into a program.
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles `source` as `NAME.so` in a directory; gives its path.
///
/// # Errors
/// Without a C compiler, and what it says.
pub(crate) fn compile(directory: &Path, name: &str, source: &str) -> io::Result<PathBuf> {
    let text = directory.join(format!("{name}.c"));
    let made = directory.join(format!("{name}.so"));
    std::fs::write(&text, source)?;
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O2", "-o"]);
    let output = compiler.arg(&made).arg(&text).output()?;
    if output.status.success() {
        return Ok(made);
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("cc: {why}")))
}
