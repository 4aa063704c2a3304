//! Hearing of files that change: inotify on their directories, so that a file may come, go and be
//! replaced.
use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// One watched directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Directory(WatchDescriptor);

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEvent {
    /// The file of this name in the directory was written and closed, or moved there.
    Written(Directory, OsString),
    /// The file of this name was deleted, or moved away.
    Removed(Directory, OsString),
    /// The directory itself is gone, and is not watched any more.
    Gone(Directory),
    /// Events came faster than they were read: look at all files again.
    Lost,
}

/// Watches directories.
#[derive(Debug)]
pub struct Files {
    inotify: Inotify,
    pending: std::collections::VecDeque<FileEvent>,
}

impl Files {
    /// Watches nothing yet.
    pub fn new() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        Ok(Files {
            inotify,
            pending: std::collections::VecDeque::new(),
        })
    }

    /// Watches the directory `path`. Watched twice it is one and the same.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `PermissionDenied`, `StorageFull` (too many watches).
    pub fn watch(&mut self, path: &Path) -> io::Result<Directory> {
        let flags = AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        Ok(Directory(self.inotify.add_watch(path, flags)?))
    }

    /// Watches it no longer.
    pub fn forget(&mut self, directory: Directory) -> io::Result<()> {
        Ok(self.inotify.rm_watch(directory.0)?)
    }

    /// The next event; `None` when all is told.
    pub fn next_event(&mut self) -> io::Result<Option<FileEvent>> {
        while self.pending.is_empty() {
            match self.inotify.read_events() {
                Ok(events) => self.pending.extend(events.into_iter().filter_map(event)),
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(why) => return Err(why.into()),
            }
        }
        Ok(self.pending.pop_front())
    }
}

impl AsFd for Files {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

fn event(event: InotifyEvent) -> Option<FileEvent> {
    let directory = Directory(event.wd);
    let written = AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_MOVED_TO;
    if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
        Some(FileEvent::Lost)
    } else if event.mask.contains(AddWatchFlags::IN_DELETE_SELF) {
        Some(FileEvent::Gone(directory))
    } else if event.mask.intersects(written) {
        Some(FileEvent::Written(directory, event.name?))
    } else if event
        .mask
        .intersects(AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVED_FROM)
    {
        Some(FileEvent::Removed(directory, event.name?))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_that_come_change_and_go_are_told() {
        let path = std::env::temp_dir().join(format!("linux-files-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let mut files = Files::new().unwrap();
        let directory = files.watch(&path).unwrap();
        assert_eq!(files.watch(&path).unwrap(), directory);
        assert_eq!(files.next_event().unwrap(), None);
        fs::write(path.join("a"), "1").unwrap();
        fs::rename(path.join("a"), path.join("b")).unwrap();
        fs::write(path.join("b"), "2").unwrap();
        fs::remove_file(path.join("b")).unwrap();
        fs::remove_dir(&path).unwrap();
        let mut told = Vec::new();
        while let Some(event) = files.next_event().unwrap() {
            told.push(event);
        }
        let written = |name: &str| FileEvent::Written(directory, name.into());
        let removed = |name: &str| FileEvent::Removed(directory, name.into());
        assert_eq!(
            told,
            [
                written("a"),
                removed("a"),
                written("b"),
                written("b"),
                removed("b"),
                FileEvent::Gone(directory),
            ]
        );
        assert_eq!(
            files.watch(&path).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
