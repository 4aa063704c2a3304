use super::*;
use conf::{Files, LoadOptions, ReadError};

struct One(&'static str);

impl Files for One {
    fn read(&mut self, _path: &str, _limit: usize) -> Result<Vec<u8>, ReadError> {
        Ok(self.0.as_bytes().to_vec())
    }

    fn glob(&mut self, _pattern: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The dump of a file, in a network with three interfaces.
fn dumped(text: &'static str) -> String {
    let loaded = conf::load(&mut One(text), "k", &LoadOptions::default());
    let interfaces = ["lo", "eth0", "eth1", "eth2"];
    let interfaces = interfaces.map(str::to_owned).into_iter().collect();
    let facts = plan::Facts {
        interfaces,
        ..plan::Facts::default()
    };
    let (plan, _) = plan::build(&loaded.config, &facts);
    configuration(&loaded.config, &plan, "vm").join("\n") + "\n"
}

/// What the original printed for the same file.
#[test]
fn the_layout_is_the_originals() {
    let ours = dumped(include_str!("example.conf"));
    let theirs = include_str!("example.dump");
    assert!(ours == theirs, "ours:\n{ours}");
}

/// A file with something of everything; what only a running process of the original knows is left
/// out of its dump.
#[test]
fn routes_groups_and_tracked_objects_have_the_originals_layout() {
    let ours = dumped(include_str!("network.conf"));
    let theirs = include_str!("network.dump");
    assert!(ours == theirs, "ours:\n{ours}");
}
