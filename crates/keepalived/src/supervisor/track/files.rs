//! Tracked files: the number in each, read again when its directory tells of a change.
use crate::files::Disk;
use crate::link::News;
use crate::supervisor::Event;
use conf::Files as _;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use plan::{Plan, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vrrp::{Reading, TrackerId};

/// A number has at most eleven characters; what is longer is none.
const LONGEST: usize = 256;
/// How often files are looked at whose directory cannot be watched, since there is none.
const RETRY: Duration = Duration::from_secs(1);

/// All tracked files.
#[derive(Debug, Default)]
pub(super) struct Files {
    paths: BTreeMap<TrackerId, String>,
    values: BTreeMap<TrackerId, i32>,
    watch: Option<Watch>,
    /// When to look again for directories that were not there.
    retry_at: Option<Instant>,
    events: Option<UnboundedSender<Event>>,
}

/// Ends its task when dropped.
#[derive(Debug)]
struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Files {
    /// Gives what there is to log.
    pub(super) fn follow(
        &mut self,
        plan: &Plan,
        first: bool,
        events: &UnboundedSender<Event>,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        let file = |(id, object): (&TrackerId, &plan::Object)| match &object.source {
            Source::File(file) => Some((*id, file.clone())),
            _ => None,
        };
        let files: Vec<_> = plan.trackers.iter().filter_map(file).collect();
        if first {
            let written = files.iter().filter_map(|(_, file)| init(file).err());
            lines.extend(written.map(|e| format!("Cannot write a track file: {e}")));
        }
        self.paths = files
            .into_iter()
            .map(|(id, file)| (id, file.path))
            .collect();
        self.values.retain(|id, _| self.paths.contains_key(id));
        self.events = Some(events.clone());
        self.watch_directories();
        self.read_all();
        lines
    }

    pub(super) fn known(&self) -> impl Iterator<Item = News> + '_ {
        self.values
            .iter()
            .map(|(id, value)| (*id, Reading::Value(*value)))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Looks again for what could not be watched.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<News> {
        if self.retry_at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        self.watch_directories();
        self.read_all()
    }

    /// Reads all files; gives those that changed.
    pub(super) fn read_all(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        for (id, path) in &self.paths {
            let Some(value) = read(path) else { continue };
            if self.values.insert(*id, value) != Some(value) {
                news.push((*id, Reading::Value(value)));
            }
        }
        news
    }

    fn watch_directories(&mut self) {
        (self.watch, self.retry_at) = (None, None);
        let directories: BTreeSet<PathBuf> = self
            .paths
            .values()
            .filter_map(|path| Some(Path::new(path).parent()?.to_owned()))
            .collect();
        let Some(events) = self.events.clone().filter(|_| !directories.is_empty()) else {
            return;
        };
        match watch(&directories) {
            Ok((inotify, all)) => {
                self.retry_at = (!all).then(|| Instant::now() + RETRY);
                self.watch = listen(inotify, events).ok();
            }
            Err(_) => self.retry_at = Some(Instant::now() + RETRY),
        }
    }
}

/// Watches the directories there are; false when some are not.
fn watch(directories: &BTreeSet<PathBuf>) -> nix::Result<(Inotify, bool)> {
    let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
    let what = AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_MOVED_FROM;
    let mut all = true;
    for directory in directories {
        all &= inotify.add_watch(directory, what).is_ok();
    }
    Ok((inotify, all))
}

/// Tells of every batch of changes.
fn listen(inotify: Inotify, events: UnboundedSender<Event>) -> std::io::Result<Watch> {
    let readable = inotify.as_fd().try_clone_to_owned()?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe; an OwnedFd owns its descriptor, which is what that is about"
    )]
    let readable = AsyncFd::with_interest(readable, Interest::READABLE)?;
    let task = tokio::task::spawn_local(async move {
        while let Ok(mut ready) = readable.readable().await {
            // which one does not matter: all files are read
            while inotify.read_events().is_ok_and(|batch| !batch.is_empty()) {}
            ready.clear_ready();
            if events.send(Event::FilesChanged).is_err() {
                return;
            }
        }
    });
    Ok(Watch(task))
}

/// The number in a file: 0 when there is no file or no number; `None`: the number is out of range,
/// and the one before stays.
fn read(path: &str) -> Option<i32> {
    match Disk::default().read(path, LONGEST) {
        Ok(bytes) => number(&String::from_utf8_lossy(&bytes)),
        Err(_) => Some(0),
    }
}

/// As `strtol(3)` with base 0 reads it: blanks, sign, `0x` or `0` for other bases.
fn number(text: &str) -> Option<i32> {
    let word = text.split_whitespace().next().unwrap_or_default();
    let (sign, digits) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X"));
    let (digits, base) = match (
        hex,
        digits.strip_prefix('0').filter(|rest| !rest.is_empty()),
    ) {
        (Some(rest), _) => (rest, 16),
        (None, Some(rest)) => (rest, 8),
        (None, None) => (digits, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Some(0);
    }
    let value = i64::from_str_radix(digits, base).ok()?;
    i32::try_from(sign * value).ok()
}

/// `init_file`: the file is made, or its content replaced if that is asked for.
fn init(file: &plan::File) -> std::io::Result<()> {
    let Some((value, overwrite)) = file.init else {
        return Ok(());
    };
    if overwrite || !Path::new(&file.path).exists() {
        std::fs::write(&file.path, format!("{value}\n"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_any_base_and_what_is_none_is_zero() {
        let cases = [
            ("7\n", Some(7)),
            (" -254 and more", Some(-254)),
            ("0x10", Some(16)),
            ("-010", Some(-8)),
            ("0", Some(0)),
            ("", Some(0)),
            ("many", Some(0)),
            ("12a", Some(0)),
            ("2147483648", None),
            ("-2147483648", Some(i32::MIN)),
            ("99999999999999999999", None),
        ];
        for (text, want) in cases {
            assert_eq!(number(text), want, "{text:?}");
        }
    }

    #[test]
    fn an_init_file_is_made_once_unless_it_is_to_be_overwritten() {
        let path = std::env::temp_dir().join(format!("track-file-{}", std::process::id()));
        let name = path.to_str().unwrap().to_owned();
        let file = |value, overwrite| plan::File {
            path: name.clone(),
            init: Some((value, overwrite)),
        };
        assert_eq!(read(&name), Some(0), "no file");
        for (value, overwrite, want) in [(4, false, 4), (5, false, 4), (6, true, 6)] {
            init(&file(value, overwrite)).unwrap();
            assert_eq!(read(&name), Some(want));
        }
        std::fs::remove_file(path).unwrap();
    }
}
