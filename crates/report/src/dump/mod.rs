//! `-d`: the effective configuration in the original's layout, which tools read.
//!
//! The labels, their order and their indentation are those of 2.3.4; passwords are masked, as
//! since 2.4.0.
mod global;
mod instance;

use conf::Config;
use plan::Plan;

/// All sections, a line each.
pub fn configuration(config: &Config, plan: &Plan, hostname: &str) -> Vec<String> {
    let mut out = Out::default();
    global::write(&mut out, config, hostname);
    if !plan.instances.is_empty() {
        out.title("VRRP Topology");
        for planned in plan.instances.values() {
            if let Some(block) = config
                .instances
                .iter()
                .find(|block| *block.name.value == *planned.name)
            {
                instance::write(&mut out, planned, block);
            }
        }
    }
    out.lines
}

/// Lines being written.
#[derive(Default)]
struct Out {
    lines: Vec<String>,
}

impl Out {
    fn title(&mut self, text: &str) {
        self.lines.push(format!("------< {text} >------"));
    }

    /// A line at a depth: 1, 3, 5 blanks.
    fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        self.lines.push(format!(
            "{:width$}{}",
            "",
            text.as_ref(),
            width = depth * 2 - 1
        ));
    }

    fn value(&mut self, depth: usize, label: &str, value: impl std::fmt::Display) {
        self.line(depth, format!("{label} = {value}"));
    }
}

#[cfg(test)]
mod tests {
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

    /// What the original printed for the same file.
    #[test]
    fn the_layout_is_the_originals() {
        let text = include_str!("example.conf");
        let loaded = conf::load(&mut One(text), "k", &LoadOptions::default());
        let interfaces = ["lo", "eth0", "eth1"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        let facts = plan::Facts {
            interfaces,
            ..plan::Facts::default()
        };
        let (plan, _) = plan::build(&loaded.config, &facts);
        let ours = configuration(&loaded.config, &plan, "vm");
        let ours = ours.join("\n") + "\n";
        let theirs = include_str!("example.dump");
        assert!(ours == theirs, "ours:\n{ours}");
    }
}
