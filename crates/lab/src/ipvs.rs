//! A load balancer for daemons on a kernel that has none, so that what they do around it can be seen
//! side by side: `ipvs/stub.c` says how. Nothing is balanced, so this shows what a daemon asks for and
//! never what packets do; for that there is [`crate::uml`].
use crate::{Launch, shim};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Where a daemon's changes are recorded, as its node sees it.
pub const RECORD: &str = "/tmp/ipvs";

/// The stub, compiled; it is there as long as this value.
#[derive(Debug)]
pub struct Stub {
    directory: PathBuf,
    library: PathBuf,
}

impl Stub {
    /// Compiles it.
    ///
    /// # Errors
    /// Without a C compiler.
    pub fn new() -> io::Result<Stub> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // nodes have a /tmp of their own
        let name = format!("lab-ipvs-{}-{number}", std::process::id());
        let directory = Path::new("/var/tmp").join(name);
        fs::create_dir(&directory)?;
        let mut stub = Stub {
            library: PathBuf::new(),
            directory,
        };
        stub.library = shim::compile(&stub.directory, "ipvs", include_str!("ipvs/stub.c"))?;
        Ok(stub)
    }

    /// The same daemon, with a load balancer.
    #[must_use]
    pub fn under(&self, launch: &Launch) -> Launch {
        let launch = launch.clone();
        launch.env("LD_PRELOAD", &self.library.to_string_lossy())
    }

    /// The same, and what it changes is written to [`RECORD`].
    #[must_use]
    pub fn recorded(&self, launch: &Launch) -> Launch {
        self.under(launch).env("IPVS_LOG", RECORD)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// What a table that was empty holds after the changes in a record: services, and behind ` -> ` their
/// destinations; each with how it is.
pub fn table(record: &str) -> BTreeMap<String, String> {
    let mut table: BTreeMap<String, String> = BTreeMap::new();
    for line in record.lines() {
        let (word, what) = line.split_once(' ').unwrap_or((line, ""));
        let (which, how) = what.split_once(" = ").unwrap_or((what, ""));
        match word {
            "clear" => table.clear(),
            "remove" => {
                let below = format!("{which} -> ");
                table.retain(|held, _| held != which && !held.starts_with(&below));
            }
            _ => drop(table.insert(which.to_owned(), how.to_owned())),
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_gives_a_table() {
        let record = "add -f 7 = -s rr\nadd -f 7 -> 10.0.0.1:80 = -m -w 1\nadd -f 70 = -s rr\n\
                      edit -f 7 -> 10.0.0.1:80 = -m -w 0\n";
        let held = |record: &str| {
            let table = table(record);
            table.into_iter().collect::<Vec<_>>()
        };
        let pair = |which: &str, how: &str| (which.to_owned(), how.to_owned());
        let all = [
            pair("-f 7", "-s rr"),
            pair("-f 7 -> 10.0.0.1:80", "-m -w 0"),
            pair("-f 70", "-s rr"),
        ];
        assert_eq!(held(record), all);
        assert_eq!(held(&format!("{record}remove -f 7\n")), all[2..]);
        assert_eq!(held(&format!("{record}clear\n")), []);
    }
}
