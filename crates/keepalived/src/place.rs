//! Where this copy of the daemon lives: its network namespace, and the names that keep it apart
//! from other copies (`net_namespace`, `instance`, `use_pid_dir`).
use crate::cli::Options;
use linux::namespace::Namespace;
use std::path::Path;
use std::sync::OnceLock;

const NAMESPACES: &str = "/run/netns";
const DIRECTORY: &str = "/run/keepalived";

/// The namespace that this process has entered at its start, if any: a reload changes nothing.
static ENTERED: OnceLock<Option<String>> = OnceLock::new();

/// What is written of it, on the command line first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    namespace: Option<String>,
    instance: Option<String>,
    directory: bool,
}

impl Place {
    pub(crate) fn of(options: &Options, config: &conf::Config) -> Place {
        let daemon = &config.daemon;
        let written = |word: &Option<conf::Spanned<Box<str>>>| {
            word.as_ref().map(|word| word.value.to_string())
        };
        Place {
            namespace: options
                .namespace
                .clone()
                .or_else(|| written(&daemon.net_namespace)),
            instance: written(&daemon.instance),
            directory: daemon.use_pid_dir,
        }
    }

    /// Moves this process, and all that it starts, into the namespace; once.
    pub(crate) fn enter(&self) -> Result<(), String> {
        if ENTERED.get().is_some() {
            return Ok(());
        }
        let Some(name) = &self.namespace else {
            let _ = ENTERED.set(None);
            return Ok(());
        };
        let failed = || format!("Unable to set network namespace {name} - exiting");
        if name.contains('/') {
            return Err(failed());
        }
        let path = Path::new(NAMESPACES).join(name);
        let entered = Namespace::open(&path).and_then(|space| space.enter());
        entered.map_err(|why| format!("{}: {}: {why}", failed(), path.display()))?;
        let _ = ENTERED.set(Some(name.clone()));
        Ok(())
    }

    /// Not where this process is.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.namespace.is_some() && ENTERED.get() != Some(&self.namespace)
    }

    /// Behind the names of processes in the system's log.
    pub(crate) fn suffix(&self) -> String {
        let names = self.namespace.iter().chain(&self.instance);
        names.flat_map(|name| ["_", name]).collect()
    }

    /// Pid files have names of their own, unless the command line names them.
    pub(crate) fn settle(&self, options: &mut Options) {
        options.log.suffix = self.suffix();
        if *self == Place::default() {
            return;
        }
        let usual = Options::default().pid_files;
        let files = &mut options.pid_files;
        for (file, usual, name) in [
            (&mut files.parent, usual.parent, "keepalived"),
            (&mut files.vrrp, usual.vrrp, "vrrp"),
            (&mut files.checkers, usual.checkers, "checkers"),
            (&mut files.bfd, usual.bfd, "bfd"),
        ] {
            if *file == usual {
                *file = self.pid_file(name);
            }
        }
        // what cannot be made is told when the file is opened
        let _ = std::fs::create_dir_all(self.directory());
    }

    fn directory(&self) -> String {
        let namespace = self.namespace.iter().flat_map(|name| ["/", name]);
        DIRECTORY.to_owned() + &namespace.collect::<String>()
    }

    fn pid_file(&self, name: &str) -> String {
        let instance: String = self.instance.iter().flat_map(|name| ["_", name]).collect();
        format!("{}/{name}{instance}.pid", self.directory())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_have_files_and_names_of_their_own() {
        let place = Place {
            namespace: Some("blue".into()),
            instance: Some("two".into()),
            directory: false,
        };
        assert_eq!(place.suffix(), "_blue_two");
        assert_eq!(place.pid_file("vrrp"), "/run/keepalived/blue/vrrp_two.pid");
        let place = Place {
            directory: true,
            ..Place::default()
        };
        assert_eq!(place.pid_file("bfd"), "/run/keepalived/bfd.pid");
        assert_eq!(place.suffix(), "");
    }

    #[test]
    fn a_namespace_is_a_name_and_no_path() {
        let place = Place {
            namespace: Some("../../proc/1/ns/net".into()),
            ..Place::default()
        };
        assert!(place.enter().is_err());
    }
}
