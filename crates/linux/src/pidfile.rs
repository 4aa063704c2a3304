//! Pid files that are also locks: whoever holds the write lock is the running daemon.
//!
//! The lock belongs to the open file (`F_OFD_SETLK`), so it survives a fork and ends with the
//! last holder; a file left behind by a killed daemon carries no lock and is used again.
use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

// The C header has them as `int`; the struct wants `short`.
const WRITE_LOCK: libc::c_short = 1;
const FROM_START: libc::c_short = 0;
const _: () = assert!(WRITE_LOCK as i32 == libc::F_WRLCK && FROM_START as i32 == libc::SEEK_SET);

/// Why there is no pid file.
#[derive(Debug)]
pub enum Error {
    /// Another process holds the lock.
    Held,
    /// The file cannot be opened or written.
    Io(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Held => f.write_str("held by a running process"),
            Error::Io(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// A locked pid file.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    file: File,
}

impl PidFile {
    /// Opens or creates the file (mode 0644, no symbolic link followed) and locks it.
    pub fn lock(path: &Path) -> Result<PidFile, Error> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK)
            .open(path)
            .map_err(Error::Io)?;
        // whatever the umask: others look up who to send signals to
        let _ = file.set_permissions(Permissions::from_mode(0o644));
        // SAFETY: an all-zero `flock` is a valid value of this plain C struct: the whole file.
        let mut range: libc::flock = unsafe { std::mem::zeroed() };
        range.l_type = WRITE_LOCK;
        range.l_whence = FROM_START;
        // SAFETY: the descriptor is open and `range` is a valid `flock` for the call's length.
        let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
        match taken {
            0 => Ok(PidFile {
                path: path.to_owned(),
                file,
            }),
            _ => match io::Error::last_os_error() {
                e if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
                    Err(Error::Held)
                }
                e => Err(Error::Io(e)),
            },
        }
    }

    /// Replaces the content by `pid`.
    pub fn write(&self, pid: u32) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(format!("{pid}\n").as_bytes(), 0)
    }

    /// Removes the file; the lock goes with it.
    pub fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_file_is_refused_and_a_stale_one_reused() {
        let path = std::env::temp_dir().join(format!("pidfile-test-{}", std::process::id()));
        std::fs::write(&path, "999999999 stale and long\n").unwrap();
        let held = PidFile::lock(&path).unwrap();
        held.write(17).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "17\n");
        assert!(matches!(PidFile::lock(&path), Err(Error::Held)));
        drop(held);
        PidFile::lock(&path).unwrap().remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let path = std::env::temp_dir().join(format!("pidfile-link-{}", std::process::id()));
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        assert!(matches!(PidFile::lock(&path), Err(Error::Io(_))));
        std::fs::remove_file(&path).unwrap();
    }
}
