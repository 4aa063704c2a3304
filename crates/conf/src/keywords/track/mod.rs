//! What is tracked, and the lines that say who tracks it.
mod bfd;
mod rows;

use super::{no_extra, optional, own_script, root, spanned};
use crate::config::{Bfd, Track, TrackFile, TrackGroup, TrackProcess, TrackScript, User, Weight};
use crate::lex::Word;
use crate::parse::{Cx, Line, Names};
use crate::table::{Keyword, Set, Table};
use crate::value;
use crate::{Diagnostic, Severity, Span, Spanned};
use core::time::Duration;
use std::collections::HashMap;
use std::net::IpAddr;

/// `vrrp_script`.
pub static SCRIPT: Table = Table {
    block: "vrrp_script",
    parts: &[rows::SCRIPT_ROWS, SCRIPT_OWN],
};
/// `vrrp_track_process`.
pub static PROCESS: Table = Table {
    block: "vrrp_track_process",
    parts: &[rows::PROCESS_ROWS, PROCESS_OWN],
};
/// `bfd_instance`.
pub static BFD: Table = Table {
    block: "bfd_instance",
    parts: &[bfd::BFD_ROWS, BFD_OWN],
};
/// `track_file`.
pub static TRACK_FILE: Table = Table {
    block: "track_file",
    parts: &[FILE_ROWS],
};
/// `track_group`.
pub static TRACK_GROUP: Table = Table {
    block: "track_group",
    parts: &[GROUP_ROWS],
};

/// How a line of `track_script` and its kin is written.
pub(super) const TRACK_ARGS: &str = "<name> [weight <number> [reverse|noreverse]]";

static SCRIPT_OWN: &[Keyword] = &[
    Keyword::new(
        "script",
        Set::Line {
            args: "\"<command>\"",
            set: |cx, line| cx.script.script = own_script(cx, line),
        },
        "The command; exit code 0 means success.",
    ),
    Keyword::new(
        "user",
        Set::Line { args: "<user> [<group>]", set: |cx, line| cx.script.user = user(cx, line) },
        "Who runs it.",
    )
    .default("script_user"),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-253..253> [reverse]",
            set: |cx, line| {
                let complaint = format!("Weight for script {} must be between [-253..253] inclusive. Ignoring...", cx.name);
                if line.need(cx, 1).is_none() {
                    return;
                }
                cx.script.weight = weight(cx, line, 253, &complaint, "").or(cx.script.weight);
            },
        },
        "Added to the priority while it succeeds (positive) or fails (negative); 0: failing is a fault.",
    )
    .default("0"),
];

static PROCESS_OWN: &[Keyword] = &[
    Keyword::new(
        "param_match",
        Set::Line { args: "[initial|partial]", set: param_match },
        "How the parameters are compared; no word: exactly.",
    ),
    Keyword::new(
        "process",
        Set::Line {
            args: "<name or path> [<parameter> ...]",
            set: |cx, line| {
                if line.need(cx, 1).is_some() {
                    cx.process.process = line.args().iter().map(spanned).collect();
                }
            },
        },
        "What has to run.",
    ).once("Process already set for track process {} - ignoring {v}"),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-254..254> [reverse]",
            set: |cx, line| {
                let complaint = format!("Weight for process {} must be between [-254..254] inclusive. Ignoring...", cx.name);
                let missing = format!("No weight specified for process {} - ignoring", cx.name);
                cx.process.weight = weight(cx, line, 254, &complaint, &missing).or(cx.process.weight);
            },
        },
        "Added to the priority while it runs (positive) or does not (negative); 0: absence is a fault.",
    ).once("Weight already set for track process {} - ignoring {v}")
    .default("0"),
];

static BFD_OWN: &[Keyword] = &[Keyword::new(
    "weight",
    Set::Line {
        args: "<-253..253> [reverse]",
        set: |cx, line| {
            if line.need(cx, 1).is_none() {
                return;
            }
            let complaint = format!(
                "Configuration error: BFD instance {} weight value {{v}} not valid (must be in range [-253-253]), ignoring",
                cx.name
            );
            cx.bfd.weight = weight(cx, line, 253, &complaint, "").or(cx.bfd.weight);
        },
    },
    "Weight for instances that track the session without naming one.",
)
.default("0")];

static FILE_ROWS: &[Keyword] = &[
    Keyword::new("file", Set::Word(file), "The file.").missing("track file file name missing"),
    Keyword::new(
        "init_file",
        Set::Line { args: "[<value>] [overwrite]", set: init_file },
        "Creates the file at start, and overwrites it when told so.",
    ),
    Keyword::new(
        "weight",
        Set::Line {
            args: "<-254..254> [reverse]",
            set: |cx, line| {
                let complaint = format!(
                    "Weight ({{v}}) for track_file {} must be between [-254..254] inclusive. Ignoring...",
                    cx.name
                );
                let missing = format!("No weight specified for track file {} - ignoring", cx.name);
                cx.file.weight = weight(cx, line, 254, &complaint, &missing).or(cx.file.weight);
            },
        },
        "What the number in the file is multiplied with.",
    ).once("Weight already set for track file {} - ignoring {v}")
    .default("1"),
];

static GROUP_ROWS: &[Keyword] = &[Keyword::new(
    "group",
    Set::List {
        args: "<vrrp_instance> ...",
        open: |cx, line| {
            root::plain(cx, line) && no_list(cx, line, !cx.track_group.members.is_empty())
        },
        item: |cx, line| {
            cx.track_group
                .members
                .extend(line.words().iter().map(spanned));
        },
        close: |cx| {
            if cx.track_group.members.is_empty() {
                let text = format!(
                    "Warning - track group {} has empty group block",
                    cx.track_group.name.value
                );
                cx.report("empty-block", Severity::Warning, text, cx.here);
            }
        },
    },
    "The instances.",
)];

fn param_match(cx: &mut Cx, line: &Line<'_>) {
    let word = line.word(1);
    if let Some(other) = word.filter(|word| !word.is("initial") && !word.is("partial")) {
        let text = format!("Invalid param_match type {} - ignoring", other.text());
        return cx.report("bad-value", Severity::Warning, text, other.span);
    }
    cx.process.param_match = Some(optional(line));
}

/// A group has one list of members; a second one is left out.
pub(super) fn no_list(cx: &mut Cx, line: &Line<'_>, there: bool) -> bool {
    if there {
        let text = format!("Group list already specified for sync group {}", cx.name);
        cx.report("duplicate-value", Severity::Error, text, line.span());
    }
    !there
}

/// The name behind a block's keyword; the block is left out without one.
fn named(cx: &mut Cx, line: &Line<'_>) -> Option<Spanned<Box<str>>> {
    let name = spanned(line.need(cx, 1)?);
    no_extra(cx, line, 2);
    cx.name = name.value.clone();
    Some(name)
}

/// Of two blocks with one name the first counts, and the original says nothing.
fn is_first(
    cx: &mut Cx,
    keyword: &str,
    name: &Spanned<Box<str>>,
    known: fn(&mut Names) -> &mut HashMap<Box<str>, Span>,
) -> bool {
    let known = known(&mut cx.names);
    let Some(&first) = known.get(&name.value) else {
        known.insert(name.value.clone(), name.span);
        return true;
    };
    let text = format!("{keyword} {} already defined", name.value);
    let found = Diagnostic::new("second-block", Severity::Advice, text).at(name.span);
    cx.push(
        found
            .label(first, "first defined here")
            .help("the block is left out"),
    );
    false
}

pub(super) fn open_script(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.script = TrackScript {
        name: name.clone().unwrap_or_default(),
        ..TrackScript::default()
    };
    name.is_some()
}

pub(super) fn close_script(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.script);
    if block.script.is_none() {
        let text = format!(
            "No script set for vrrp_script {} - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "vrrp_script", &block.name, |names| &mut names.scripts) {
        cx.config.scripts.push(block);
    }
}

pub(super) fn open_process(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.process = TrackProcess {
        name: name.clone().unwrap_or_default(),
        ..TrackProcess::default()
    };
    name.is_some()
}

pub(super) fn close_process(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.process);
    if block.process.is_empty() {
        let text = format!(
            "No process set for vrrp_track_process {} - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "vrrp_track_process", &block.name, |names| {
        &mut names.processes
    }) {
        cx.config.processes.push(block);
    }
}

pub(super) fn open_bfd(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line).filter(|name| is_new_session(cx, name));
    cx.bfd = Bfd {
        name: name.clone().unwrap_or_default(),
        ..Bfd::default()
    };
    name.is_some()
}

fn is_new_session(cx: &mut Cx, name: &Spanned<Box<str>>) -> bool {
    let Some(&first) = cx.names.bfds.get(&name.value) else {
        return true;
    };
    let text = format!("BFD {} already specified", name.value);
    let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
    cx.push(
        found
            .label(first, "first defined here")
            .help("the block is left out"),
    );
    false
}

pub(super) fn close_bfd(cx: &mut Cx) {
    let mut block = std::mem::take(&mut cx.bfd);
    if block.neighbor_ip.is_none() {
        let text = format!(
            "Configuration error: BFD instance {} has no neighbor address set, disabling instance",
            block.name.value
        );
        return cx.report("no-neighbour", Severity::Error, text, block.name.span);
    }
    if let (Some(source), Some(neighbour)) = (block.source_ip, block.neighbor_ip)
        && source.value.is_ipv4() != neighbour.value.is_ipv4()
    {
        let text = format!(
            "Configuration error: BFD instance {} source address {} and neighbor address {} are not of the same family, disabling instance",
            block.name.value, source.value, neighbour.value
        );
        return cx.report("source-family", Severity::Error, text, source.span);
    }
    let other = cx.config.bfds.iter().find(|other| {
        let value = |address: Option<Spanned<IpAddr>>| address.map(|at| at.value);
        let (ours, theirs) = (value(block.source_ip), value(other.source_ip));
        let same_way = ours == theirs || ours.is_none() || theirs.is_none();
        same_way && value(other.neighbor_ip) == value(block.neighbor_ip)
    });
    if let (Some(other), Some(neighbour)) = (other, block.neighbor_ip) {
        let text = format!(
            "Configuration error: BFD instance {} has duplicate neighbor address {}, ignoring instance",
            block.name.value, neighbour.value
        );
        let text = match block.source_ip {
            None => text,
            Some(source) => text.replace(
                &format!("neighbor address {}", neighbour.value),
                &format!(
                    "source/neighbor address {}/{}",
                    source.value, neighbour.value
                ),
            ),
        };
        let found = Diagnostic::new("duplicate-neighbour", Severity::Error, text);
        let found = found
            .at(neighbour.span)
            .label(other.name.span, "the other one");
        return cx.push(found);
    }
    let ipv6 = block.neighbor_ip.is_some_and(|at| at.value.is_ipv6());
    let ttl = block
        .ttl
        .map_or(if ipv6 { 64 } else { 255 }, |ttl| i16::from(ttl.value));
    // -1 is more than any but the largest
    if let Some(hops) = block.max_hops
        && (hops.value > ttl || (hops.value < 0 && ttl < 255))
    {
        let text = format!(
            "BFD instance {}: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit",
            block.name.value
        );
        cx.report("bfd-hops", Severity::Warning, text, hops.span);
        block.max_hops = Some(hops.map(|_| ttl));
    }
    cx.names
        .bfds
        .insert(block.name.value.clone(), block.name.span);
    cx.config.bfds.push(block);
}

pub(super) fn open_file(cx: &mut Cx, line: &Line<'_>) -> bool {
    let name = named(cx, line);
    cx.file = TrackFile {
        name: name.clone().unwrap_or_default(),
        ..TrackFile::default()
    };
    name.is_some()
}

pub(super) fn close_file(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.file);
    if block.file.is_none() {
        let text = format!("No file set for track_file {} - ignoring", block.name.value);
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    if is_first(cx, "track_file", &block.name, |names| &mut names.files) {
        cx.config.files.push(block);
    }
}

pub(super) fn open_group(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.word(1).map(spanned) else {
        let text = "track_group must have a name - skipping";
        cx.report("missing-name", Severity::Error, text, line.span());
        return false;
    };
    let mut groups = cx.config.track_groups.iter();
    if let Some(first) = groups.find(|group| group.name.value == name.value) {
        let text = format!("track_group {} already defined", name.value);
        let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
        let found = found.label(first.name.span, "first defined here");
        cx.push(found.help("the block is left out"));
        return false;
    }
    cx.name = name.value.clone();
    cx.track_group = TrackGroup {
        name,
        members: Vec::new(),
    };
    true
}

pub(super) fn close_group(cx: &mut Cx) {
    let block = std::mem::take(&mut cx.track_group);
    if block.members.is_empty() {
        let text = format!(
            "Static track group {} has no members - removing",
            block.name.value
        );
        return cx.report("empty-block", Severity::Error, text, block.name.span);
    }
    cx.config.track_groups.push(block);
}

fn file(cx: &mut Cx, path: Spanned<Box<str>>) {
    if cx.file.file.is_some() {
        let text = format!(
            "File already set for track file {} - ignoring {}",
            cx.name, path.value
        );
        return cx.report("duplicate-value", Severity::Error, text, path.span);
    }
    cx.file.file = Some(path);
}

fn init_file(cx: &mut Cx, line: &Line<'_>) {
    cx.file.init = Some(Spanned::new(0, line.span()));
    for word in line.args() {
        let text = word.text();
        if &*text == "overwrite" {
            cx.file.overwrite = true;
        } else if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let complaint = format!("Track file {} init value {{v}} is invalid", cx.name);
            let number = super::number(
                cx,
                word,
                i64::from(i32::MIN),
                i64::from(i32::MAX),
                &complaint,
            );
            cx.file.init = number
                .map(|n| Spanned::new(super::fit(n), word.span))
                .or(cx.file.init);
        } else {
            let text = format!("Unknown track file init option {text}");
            cx.report("bad-value", Severity::Error, text, word.span);
        }
    }
}

fn user(cx: &mut Cx, line: &Line<'_>) -> Option<User> {
    let user = spanned(line.need(cx, 1)?);
    Some(User {
        user,
        group: line.word(2).map(spanned),
    })
}

/// `interval`, `timeout`: seconds with up to three decimals, not nothing.
fn script_time(cx: &mut Cx, line: &Line<'_>) -> Option<Spanned<Duration>> {
    let word = line.need(cx, 1)?;
    let keyword = line.word(0)?.text();
    match value::decimal(&word.text(), 3, 0, 4_294_000) {
        Ok((millis, _)) if millis > 0 => {
            Some(Spanned::new(Duration::from_millis(millis), word.span))
        }
        outcome => {
            let text = format!(
                "({}): vrrp script {keyword} must be greater than 0, setting to 1",
                cx.name
            );
            let found = match outcome {
                Err(refused) => {
                    Diagnostic::new("bad-value", Severity::Warning, refused.why).consequence(text)
                }
                Ok(_) => Diagnostic::new("zero-count", Severity::Warning, text),
            };
            cx.push(found.at(word.span));
            Some(Spanned::new(Duration::from_secs(1), word.span))
        }
    }
}

/// `weight N [reverse]`.
fn weight(
    cx: &mut Cx,
    line: &Line<'_>,
    max: i64,
    complaint: &str,
    missing: &str,
) -> Option<Weight> {
    let Some(word) = line.word(1) else {
        cx.report("missing-value", Severity::Error, missing, line.span());
        return None;
    };
    let number = super::number(cx, word, -max, max, complaint)?;
    let reverse = line.word(2);
    if let Some(other) = reverse.filter(|w| !w.is("reverse")) {
        let text = format!("unknown weight option {}", other.text());
        cx.report("bad-value", Severity::Error, text, other.span);
    }
    Some(Weight {
        value: Spanned::new(super::fit(number), word.span),
        reverse: reverse.is_some(),
    })
}

/// What a line of a `track_…` block tracks: the words of its messages and the bound of its weight.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Interface,
    Script,
    File,
    Process,
    Bfd,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Interface => "interface",
            Kind::Script => "script",
            Kind::File => "file",
            Kind::Process => "process",
            Kind::Bfd => "bfd",
        }
    }

    /// The weight that the original names as the bound; it reads up to 254 and cuts the rest.
    const fn max(self) -> i64 {
        match self {
            Kind::Interface | Kind::Script | Kind::Bfd => 253,
            Kind::File | Kind::Process => 254,
        }
    }

    fn bad_weight(self, cx: &Cx, name: &str, weight: &str) -> String {
        let (max, what) = (self.max(), self.word());
        match self {
            Kind::Interface => {
                format!(
                    "({}) weight {weight} for {name} must be between [-{max}..{max}] inclusive. Ignoring...",
                    cx.name
                )
            }
            Kind::File => format!(
                "({}) weight for track file {name} must be in [-{max}..{max}] inclusive. Ignoring...",
                cx.name
            ),
            _ => format!(
                "({}) track {what} {name}: weight must be between [-{max}..{max}] inclusive, ignoring...",
                cx.name
            ),
        }
    }
}

/// One line of a `track_…` block; `known` are the lines before it.
pub(super) fn track(cx: &mut Cx, line: &Line<'_>, kind: Kind, known: &[Track]) -> Option<Track> {
    let name = spanned(line.word(0)?);
    let what = kind.word();
    if let Some(first) = known.iter().find(|track| track.name.value == name.value) {
        let text = format!(
            "({}) duplicate track_{what} {} - ignoring",
            cx.name, name.value
        );
        let found = Diagnostic::new("duplicate-track", Severity::Error, text).at(name.span);
        cx.push(found.label(first.name.span, "first written here"));
        return None;
    }
    let mut track = Track {
        name,
        weight: None,
        reverse: None,
    };
    let mut at = 1;
    while let Some(word) = line.word(at) {
        at += 1;
        let text = match &*word.text() {
            "weight" => {
                let number = line.word(at);
                at += 1;
                track_weight(cx, &mut track, kind, word, number);
                continue;
            }
            option @ ("reverse" | "noreverse") if track.weight.is_some() => {
                track.reverse = Some(option == "reverse");
                continue;
            }
            other if track.weight.is_some() => {
                format!(
                    "({}) unknown track_{what} {} weight option {other} - ignoring",
                    cx.name, track.name.value
                )
            }
            other => format!(
                "({}) unknown track {what} option {other} - ignoring",
                cx.name
            ),
        };
        cx.report("unknown-option", Severity::Error, text, word.span);
    }
    Some(track)
}

/// Whether what a line tracks was defined before it, as the original reads it. Interfaces are
/// facts of the machine, which the plan looks at.
pub(super) fn is_defined(cx: &mut Cx, kind: Kind, track: &Track) -> bool {
    let names = match kind {
        Kind::Interface => return true,
        Kind::Script => &cx.names.scripts,
        Kind::File => &cx.names.files,
        Kind::Process => &cx.names.processes,
        Kind::Bfd => &cx.names.bfds,
    };
    if names.contains_key(&track.name.value) {
        return true;
    }
    let text = format!(
        "({}) track {} {} not found, ignoring...",
        cx.name,
        kind.word(),
        track.name.value
    );
    let found = Diagnostic::new("unknown-name", Severity::Error, text).at(track.name.span);
    let near = cx.nearest(&track.name.value, names.keys().map(|name| &**name));
    let found = match near {
        Some(near) => found.help(format!("did you mean '{near}'?")),
        None => found.help("it must be defined before its use"),
    };
    cx.push(found);
    false
}

fn track_weight(
    cx: &mut Cx,
    track: &mut Track,
    kind: Kind,
    word: &Word<'_>,
    number: Option<&Word<'_>>,
) {
    let Some(number) = number else {
        let (name, what) = (&track.name.value, kind.word());
        let text = format!(
            "({}) weight without value specified for track {what} {name} - ignoring",
            cx.name
        );
        return cx.report("missing-value", Severity::Error, text, word.span);
    };
    match value::int(&number.text(), -254, 254) {
        Ok(value) if value.abs() > kind.max() => {
            let text = format!(
                "({}) weight for {} cannot be +/-254. Setting to +/-253",
                cx.name, track.name.value
            );
            cx.report("clamped", Severity::Warning, text, number.span);
            track.weight = Some(Spanned::new(
                super::fit(value.clamp(-253, 253)),
                number.span,
            ));
        }
        Ok(value) => track.weight = Some(Spanned::new(super::fit(value), number.span)),
        Err(refused) => {
            let text = kind.bad_weight(cx, &track.name.value, &number.text());
            let found = Diagnostic::new("bad-value", Severity::Error, refused.why).at(number.span);
            cx.push(found.consequence(text));
        }
    }
}
