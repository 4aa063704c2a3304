//! Configuration files from the file system, within bounds: a device, FIFO or directory named by
//! mistake is told, not read.
use conf::{Files, ReadError};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};

/// The file system.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    /// A large file was read.
    large: bool,
}

/// A file of so many octets makes a configuration for which memory is taken at once.
const LARGE: u64 = 1 << 20;
/// What becomes of an octet of a large file: about five, and its own.
const GROWTH: u64 = 6;

impl Files for Disk {
    fn read(&mut self, path: &str, limit: usize) -> Result<Vec<u8>, ReadError> {
        let file = open(path)?;
        let bound = u64::try_from(limit).unwrap_or(u64::MAX);
        let size = file.metadata().map_err(|e| refusal(&e))?.len();
        if size > bound {
            return Err(ReadError::TooLarge);
        }
        if size >= LARGE {
            self.large = true;
            // without it all works, but slower
            let _ = linux::memory::expect(usize::try_from(size * GROWTH).unwrap_or(0));
        }
        // one more than there is, to see that it ends there
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
        file.take(bound.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| refusal(&e))?;
        if bytes.len() > limit {
            Err(ReadError::TooLarge)
        } else {
            Ok(bytes)
        }
    }

    fn glob(&mut self, pattern: &str) -> Vec<String> {
        let found = linux::glob::glob(pattern);
        found
            .into_iter()
            .filter_map(|path| path.into_os_string().into_string().ok())
            .collect()
    }
}

impl Drop for Disk {
    /// What was read has become what it becomes.
    fn drop(&mut self) {
        if self.large {
            linux::memory::give_back();
        }
    }
}

/// What others may not do with what we make when nothing was written: nothing at all, as the
/// original has it.
const UMASK: u32 = 0o177;

/// Sets the mask of a plan for this process and what it starts.
pub(crate) fn set_umask(plan: &plan::Plan) {
    let mask = plan.global.umask.unwrap_or(UMASK);
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
}

/// Opens without waiting for a FIFO's writer, then asks the open file what it is.
fn open(path: &str) -> Result<File, ReadError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    let file = options.open(path).map_err(|e| refusal(&e))?;
    let about = file.metadata().map_err(|e| refusal(&e))?;
    let kind = about.file_type();
    match kind {
        _ if kind.is_dir() => Err(ReadError::Directory),
        _ if kind.is_fifo()
            || kind.is_socket()
            || kind.is_char_device()
            || kind.is_block_device() =>
        {
            Err(ReadError::NotRegular)
        }
        // the original takes a program for a mistake
        _ if about.permissions().mode() & 0o111 != 0 => Err(ReadError::NotRegular),
        _ => Ok(file),
    }
}

fn refusal(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        io::ErrorKind::IsADirectory => ReadError::Directory,
        // links that lead to each other
        _ if error.raw_os_error() == Some(libc::ELOOP) => ReadError::NotRegular,
        _ => ReadError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let path = std::env::temp_dir().join(format!("files-test-{}", std::process::id()));
        std::fs::write(&path, "0123456789").unwrap();
        let name = path.to_str().unwrap();
        assert_eq!(Disk::default().read(name, 10).unwrap(), b"0123456789");
        assert_eq!(Disk::default().read(name, 9), Err(ReadError::TooLarge));
        assert_eq!(
            Disk::default().read("/dev/zero", 9),
            Err(ReadError::NotRegular)
        );
        assert_eq!(Disk::default().read("/tmp", 9), Err(ReadError::Directory));
        assert_eq!(
            Disk::default().read("/nonexistent", 9),
            Err(ReadError::Missing)
        );
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(Disk::default().read(name, 9), Err(ReadError::NotRegular));
        std::fs::remove_file(&path).unwrap();
    }
}
