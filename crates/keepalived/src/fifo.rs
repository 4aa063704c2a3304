//! Named pipes that tell of changes: written without ever waiting for a reader.
use linux::script::Credentials;
use nix::sys::stat::Mode;
use plan::{Fifo as Place, Scripts};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

/// One named pipe, open for as long as it is configured.
#[derive(Debug)]
pub(crate) struct Fifo {
    path: String,
    file: File,
    /// We made it, so we remove it.
    made: bool,
    /// Lines that found no room since the last one that did.
    dropped: u64,
}

impl Fifo {
    /// Opens the pipe, and makes it first when there is none.
    pub(crate) fn open(place: &Place, scripts: &Scripts) -> io::Result<Fifo> {
        let made = make(place, scripts)?;
        // for reading too: without a reader, writing must fill the pipe and not fail
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOFOLLOW)
            .open(&place.path)?;
        if !file.metadata()?.file_type().is_fifo() {
            return Err(io::Error::other("it is not a named pipe"));
        }
        Ok(Fifo {
            path: place.path.clone(),
            file,
            made,
            dropped: 0,
        })
    }

    /// Writes a line. When the pipe is full the line is lost; gives how many were lost once
    /// there is room again.
    pub(crate) fn write(&mut self, line: &str) -> io::Result<u64> {
        // a pipe takes up to 4096 bytes whole or not at all (pipe(7), PIPE_BUF)
        match self.file.write(line.as_bytes()) {
            Ok(_) => Ok(std::mem::take(&mut self.dropped)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                self.dropped += 1;
                Ok(0)
            }
            Err(e) => Err(e),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        if self.made {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// True when there was none and one was made.
fn make(place: &Place, scripts: &Scripts) -> io::Result<bool> {
    let mode = Mode::S_IRUSR | Mode::S_IWUSR | Mode::S_IRGRP | Mode::S_IROTH;
    match nix::unistd::mkfifo(place.path.as_str(), mode) {
        Ok(()) => {}
        Err(nix::Error::EEXIST) => return Ok(false),
        Err(e) => return Err(e.into()),
    }
    let owner = place.owner.as_ref().or(scripts.user.as_ref());
    let owner = owner.and_then(|own| Credentials::look_up(&own.user, own.group.as_deref(), false));
    if let Some(owner) = owner {
        std::os::unix::fs::lchown(&place.path, Some(owner.uid), Some(owner.gid))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn a_pipe_without_reader_fills_up_and_never_blocks() {
        let path = std::env::temp_dir().join(format!("fifo-test-{}", std::process::id()));
        let place = Place {
            path: path.to_str().unwrap().into(),
            owner: None,
            script: None,
        };
        let mut fifo = Fifo::open(&place, &Scripts::default()).unwrap();
        let line = format!("{}\n", "x".repeat(999));
        for _ in 0..100 {
            assert_eq!(fifo.write(&line).unwrap(), 0);
        }
        let mut reader = File::open(&path).unwrap();
        let mut some = vec![0; 20_000];
        reader.read_exact(&mut some).unwrap();
        assert!(fifo.write(&line).unwrap() > 0, "the loss is told");
        drop(fifo);
        assert!(!path.exists(), "what we made we remove");
        std::fs::write(&path, "a file").unwrap();
        assert!(Fifo::open(&place, &Scripts::default()).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
