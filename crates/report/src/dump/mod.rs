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
pub(crate) mod policy;
mod statics;
mod tracks;

use conf::Config;
use plan::{Gap, Plan, Row, Sheet, Subject};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

/// The text of all sections but those of services, with gaps for state.
pub fn sheet(config: &Config, plan: &Plan, hostname: &str) -> Sheet {
    let mut global = Out::default();
    global::write(&mut global, config, hostname);
    let mut vrrp = Out::default();
    if !plan.instances.is_empty() || !plan.statics.is_empty() {
        statics::write(&mut vrrp, config, plan);
        topology(&mut vrrp, config, plan);
        tracks::write(&mut vrrp, config, plan);
        vrrp.gap(1, Gap::Links, None);
    }
    let mut bfd = Out::default();
    bfd::write(&mut bfd, config);
    Sheet {
        global: global.text(),
        vrrp: vrrp.rows(),
        bfd: bfd.text(),
    }
}

/// All sections, a line each, while nothing runs.
pub fn configuration(config: &Config, plan: &Plan, hostname: &str) -> Vec<String> {
    let sheet = sheet(config, plan, hostname);
    let mut text = sheet.global;
    text.extend(sheet.vrrp.into_iter().filter_map(idle));
    if !plan.lvs.servers.is_empty() {
        text.push_str(&lvs::text(plan, None));
    }
    text.push_str(&sheet.bfd);
    text.lines().map(str::to_owned).collect()
}

fn topology(out: &mut Out, config: &Config, plan: &Plan) {
    if plan.instances.is_empty() {
        return;
    }
    out.title("VRRP Topology");
    let blocks = config.instances.iter().rev();
    let blocks: BTreeMap<&str, _> = blocks.map(|block| (&*block.name.value, block)).collect();
    for planned in plan.instances.values() {
        if let Some(block) = blocks.get(&*planned.name) {
            instance::write(out, config, plan, planned, block);
        }
    }
    out.about(Subject::Daemon);
    out.gap(1, Gap::Pool, None);
}

/// A row while nothing runs.
fn idle(row: Row) -> Option<String> {
    match row {
        Row::Text(text) => Some(text),
        Row::Held(text) => Some(text + "\n"),
        Row::Gap(_, text) => text.map(|text| text + "\n"),
        Row::About(_) => None,
    }
}

/// Rows being written.
#[derive(Default)]
pub(crate) struct Out {
    rows: Vec<Row>,
    /// Lines since the last row that is not text.
    lines: String,
}

impl Out {
    pub(crate) fn title(&mut self, text: &str) {
        // writing to a String cannot fail
        let _ = writeln!(self.lines, "------< {text} >------");
    }

    /// A line at a depth: 1, 3, 5 blanks.
    pub(crate) fn line(&mut self, depth: usize, text: impl Display) {
        let _ = writeln!(self.lines, "{}{text}", blanks(depth));
    }

    pub(crate) fn value(&mut self, depth: usize, label: &str, value: impl Display) {
        self.line(depth, format_args!("{label} = {value}"));
    }

    fn about(&mut self, subject: Subject) {
        self.push(Row::About(subject));
    }

    /// A place for state; `idle` stands there while nothing runs.
    fn gap(&mut self, depth: usize, gap: Gap, idle: Option<&str>) {
        let idle = idle.map(|text| blanks(depth).to_owned() + text);
        self.push(Row::Gap(gap, idle));
    }

    /// Something of the kernel's.
    fn held(&mut self, text: impl Display) {
        self.push(Row::Held(format!("{}{text}", blanks(3))));
    }

    fn push(&mut self, row: Row) {
        self.end_text();
        self.rows.push(row);
    }

    fn end_text(&mut self) {
        if !self.lines.is_empty() {
            let text = std::mem::take(&mut self.lines);
            self.rows.push(Row::Text(text));
        }
    }

    fn rows(mut self) -> Vec<Row> {
        self.end_text();
        self.rows
    }

    pub(crate) fn text(self) -> String {
        self.rows().into_iter().filter_map(idle).collect()
    }
}

fn blanks(depth: usize) -> &'static str {
    let deepest = "         ";
    deepest.get(..depth * 2 - 1).unwrap_or(deepest)
}

/// Each word in single quotes.
pub(crate) fn quoted(command: &plan::Command) -> String {
    let words = command.words.iter().map(|word| format!("'{word}'"));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
