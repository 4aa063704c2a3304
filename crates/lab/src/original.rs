//! The original daemon, to stand beside ours.
use std::env;
use std::io;
use std::path::PathBuf;

/// Path of the original `keepalived`: `$ORIGINAL`, else where Debian's package puts it.
///
/// # Errors
/// `NotFound` with the way to install it.
pub fn path() -> io::Result<PathBuf> {
    let path = env::var_os("ORIGINAL")
        .map_or_else(|| PathBuf::from("/usr/sbin/keepalived"), PathBuf::from);
    if path.is_file() {
        return Ok(path);
    }
    let text = format!(
        "no original keepalived at {}: run scripts/install-deps or set ORIGINAL",
        path.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, text))
}
