//! Sealed memory files: content that is handed to another process and that nobody can change.
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;

/// A memory file with this content, sealed against writing, growing and shrinking.
pub fn seal(name: &str, content: &[u8]) -> io::Result<OwnedFd> {
    let memfd = empty(name)?;
    fill(memfd.as_fd(), content)?;
    Ok(memfd)
}

/// One that can be handed on before its content is known.
pub fn empty(name: &str) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(memfd_create(name, flags)?)
}

/// Gives an empty one its content, and seals it.
pub fn fill(memfd: BorrowedFd<'_>, content: &[u8]) -> io::Result<()> {
    let mut file = File::from(memfd.try_clone_to_owned()?);
    file.write_all(content)?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(())
}

/// The whole content, from the beginning, wherever another reader stands.
pub fn read(memfd: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let file = File::from(memfd.try_clone_to_owned()?);
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut content = vec![0; length];
    file.read_exact_at(&mut content, 0)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_content_reads_back_and_cannot_be_written() {
        let fd = seal("test", b"as it is").unwrap();
        assert_eq!(read(fd.as_fd()).unwrap(), b"as it is");
        assert_eq!(read(fd.as_fd()).unwrap(), b"as it is");
        assert!(File::from(fd).write_at(b"x", 0).is_err());
    }
}
