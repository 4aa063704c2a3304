//! The configuration in the original's layout (`-d`, `SIGUSR1`), which tools read.
//!
//! The labels, their order and their indentation are those of 2.3.4; passwords are masked, as
//! since 2.4.0. What belongs to virtual routers is made as a [`Sheet`]: text with gaps, which the
//! process that runs them fills in (`data`). Services are many and their text is long: it is made
//! from the plan when it is asked for.
mod bfd;
mod global;
mod instance;
pub(crate) mod lvs;
mod policy;
mod statics;
mod tracks;

use conf::Config;
use plan::{Gap, Plan, Row, Sheet, Subject};

/// The text of all sections but those of services, with gaps for state.
pub fn sheet(config: &Config, plan: &Plan, hostname: &str) -> Sheet {
    let mut global = Out::default();
    global::write(&mut global, config, hostname);
    let mut vrrp = Out::default();
    if !plan.instances.is_empty() || !plan.statics.is_empty() {
        statics::write(&mut vrrp, config, plan);
        topology(&mut vrrp, config, plan);
        tracks::write(&mut vrrp, config, plan);
        vrrp.gap(Gap::Links, None);
    }
    let mut bfd = Out::default();
    bfd::write(&mut bfd, config);
    Sheet {
        global: global.lines(),
        vrrp: vrrp.rows,
        bfd: bfd.lines(),
    }
}

/// All sections, a line each, while nothing runs.
pub fn configuration(config: &Config, plan: &Plan, hostname: &str) -> Vec<String> {
    let sheet = sheet(config, plan, hostname);
    let mut lines = sheet.global;
    lines.extend(sheet.vrrp.into_iter().filter_map(idle));
    if !plan.lvs.servers.is_empty() {
        lines.extend(lvs::lines(plan, None));
    }
    lines.extend(sheet.bfd);
    lines
}

fn topology(out: &mut Out, config: &Config, plan: &Plan) {
    if plan.instances.is_empty() {
        return;
    }
    out.title("VRRP Topology");
    for planned in plan.instances.values() {
        let mut blocks = config.instances.iter();
        if let Some(block) = blocks.find(|block| *block.name.value == *planned.name) {
            instance::write(out, config, plan, planned, block);
        }
    }
    out.about(Subject::Daemon);
    out.gap(Gap::Pool, None);
}

/// A row while nothing runs.
fn idle(row: Row) -> Option<String> {
    match row {
        Row::Text(text) | Row::Held(text) => Some(text),
        Row::Gap(_, text) => text,
        Row::About(_) => None,
    }
}

/// Rows being written.
#[derive(Default)]
pub(crate) struct Out {
    rows: Vec<Row>,
}

impl Out {
    pub(crate) fn title(&mut self, text: &str) {
        self.rows.push(Row::Text(format!("------< {text} >------")));
    }

    /// A line at a depth: 1, 3, 5 blanks.
    pub(crate) fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        self.rows.push(Row::Text(indented(depth, text.as_ref())));
    }

    pub(crate) fn value(&mut self, depth: usize, label: &str, value: impl std::fmt::Display) {
        self.line(depth, format!("{label} = {value}"));
    }

    fn about(&mut self, subject: Subject) {
        self.rows.push(Row::About(subject));
    }

    /// A place for state; `idle` stands there while nothing runs.
    fn gap(&mut self, gap: Gap, idle: Option<&str>) {
        let idle = idle.map(|text| indented(2, text));
        self.rows.push(Row::Gap(gap, idle));
    }

    /// Something of the kernel's.
    fn held(&mut self, text: &str) {
        self.rows.push(Row::Held(indented(3, text)));
    }

    pub(crate) fn lines(self) -> Vec<String> {
        self.rows.into_iter().filter_map(idle).collect()
    }
}

fn indented(depth: usize, text: &str) -> String {
    format!("{:width$}{text}", "", width = depth * 2 - 1)
}

/// Each word in single quotes.
pub(crate) fn quoted(command: &plan::Command) -> String {
    let words = command.words.iter().map(|word| format!("'{word}'"));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
