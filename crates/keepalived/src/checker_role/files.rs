//! `FILE_CHECK`: numbers in files, read when they change.
use super::Role;
use plan::lvs::{FileCheck, Probe};
use pool::{CheckId, Verdict};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use wire::Instant;

/// More than any number needs.
const LONGEST: u64 = 64;
/// Results at or below this are failures (keepalived.conf(5), `track_file`).
const LOWEST: i64 = -254;

/// The watch on the files' directories.
#[derive(Debug)]
pub(super) struct Files(linux::files::Files);

impl Files {
    pub(super) fn new() -> io::Result<Files> {
        Ok(Files(linux::files::Files::new()?))
    }
}

impl AsFd for Files {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Role {
    fn file_checks(&self) -> Vec<(CheckId, FileCheck)> {
        let services = self.plan.lvs.servers.iter();
        let checks = services
            .flat_map(|service| &service.servers)
            .flat_map(|real| &real.checks);
        checks
            .filter_map(|check| match &check.probe {
                Probe::File(file) => Some((check.id, file.clone())),
                _ => None,
            })
            .collect()
    }

    pub(super) fn watch_files(&mut self) {
        for (_, file) in self.file_checks() {
            let directory = Path::new(&file.path).parent().unwrap_or(Path::new("/"));
            if let Err(why) = self.files.0.watch(directory) {
                self.log
                    .info(format!("Cannot watch {}: {why}", directory.display()));
            }
        }
    }

    pub(super) fn read_files(&mut self, now: Instant) -> io::Result<()> {
        let mut any = false;
        while self.files.0.next_event()?.is_some() {
            any = true;
        }
        if any {
            self.look_at_files(now);
        }
        Ok(())
    }

    /// Takes what all files say.
    pub(super) fn look_at_files(&mut self, now: Instant) {
        for (id, file) in self.file_checks() {
            let (verdict, why) = match read(&file.path) {
                Ok(value) => (judge(value, file.weight), format!("value {value}")),
                Err(why) => (Verdict::Fail, why.to_string()),
            };
            let why = (verdict == Verdict::Fail).then_some(why);
            self.result(now, id, verdict, why);
        }
    }
}

/// A number times its weight, or without weight: anything but 0 is a failure.
fn judge(value: i64, weight: i32) -> Verdict {
    if weight == 0 {
        return if value == 0 {
            Verdict::PASS
        } else {
            Verdict::Fail
        };
    }
    let weight = value.saturating_mul(i64::from(weight));
    if weight <= LOWEST {
        Verdict::Fail
    } else {
        Verdict::Pass { weight }
    }
}

/// The number at the beginning of a file; an empty or missing file says 0.
fn read(path: &str) -> io::Result<i64> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(why) => return Err(why),
    };
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text)?;
    let word = text.split_whitespace().next().unwrap_or("0");
    word.parse()
        .map_err(|_| io::Error::other(format!("{word:?} is not a number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_weights_or_verdicts() {
        assert_eq!(judge(5, 2), Verdict::Pass { weight: 10 });
        assert_eq!(judge(-1, 2), Verdict::Pass { weight: -2 });
        assert_eq!(judge(-127, 2), Verdict::Fail);
        assert_eq!(judge(0, 0), Verdict::PASS);
        assert_eq!(judge(1, 0), Verdict::Fail);
    }
}
