//! Files for people and tools: written beside the final name, then renamed, so that a reader
//! never sees half a file and no symbolic link is followed.
use super::Role;
use crate::link::Dump;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

impl Role {
    /// Writes the files that the signal asks for.
    pub(super) fn dump(&mut self, dump: Dump) {
        let pid = std::process::id();
        let (what, file, text) = match dump {
            Dump::Data => ("data", "keepalived.data", self.data()),
            Dump::Stats { .. } => ("stats", "keepalived.stats", self.stats()),
            Dump::Json => match self.json() {
                Some(text) => ("json", "keepalived.json", text),
                None => return,
            },
        };
        self.log
            .info(format!("Printing VRRP {what} for process({pid}) on signal"));
        let path = Path::new(&self.settings.dump_dir).join(file);
        if let Err(e) = write_whole(&path, text.as_bytes()) {
            self.log
                .info(format!("Cannot write {}: {e}", path.display()));
        }
        if matches!(dump, Dump::Stats { clear: true }) {
            self.router.clear_stats();
        }
    }

    fn stats(&self) -> String {
        let rows = self.plan.instances.iter();
        rows.filter_map(|(id, instance)| {
            Some(report::stats::instance(
                &instance.name,
                self.router.stats(*id)?,
            ))
        })
        .collect()
    }

    fn json(&self) -> Option<String> {
        // both clocks are read once: the difference is what turns one into the other
        let (now, utc) = (linux::clock::now(), linux::clock::utc());
        report::json::vrrp(&self.plan, &self.router, &self.tallies, |at| {
            let micros = utc.saturating_sub(now.saturating_since(at)).as_micros();
            std::time::Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64()
        })
    }

    fn data(&self) -> String {
        let (now, utc) = (linux::clock::now(), linux::clock::utc());
        let live = report::data::Live {
            router: &self.router,
            // a deadline lies ahead, a change of state behind
            utc: &|at| (utc + at.saturating_since(now)).saturating_sub(now.saturating_since(at)),
            date: &date,
            sockets: self.sockets.shown(),
            links: self.links.shown(),
        };
        report::data::vrrp(&self.plan, &self.sealed.sheet(), &live)
    }
}

/// Time since 1970 in local time, as the original writes it.
fn date(utc: std::time::Duration) -> String {
    let time = jiff::Timestamp::from_duration(utc.try_into().unwrap_or_default());
    let local = time.map(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    local.map_or_else(
        |_| String::new(),
        |at| at.strftime("%a %b %e %H:%M:%S.%6f %Y").to_string(),
    )
}

/// Replaces `path` by a file with this content, readable by whom the `umask` lets read it.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("new.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o666)
        .open(&beside)?;
    let written = file
        .write_all(content)
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbolic_link_is_replaced_and_its_target_kept() {
        let dir = std::env::temp_dir().join(format!("dump-test-{}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        let (victim, path) = (dir.join("victim"), dir.join("keepalived.stats"));
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(!path.is_symlink());
        fs::remove_dir_all(&dir).unwrap();
    }
}
