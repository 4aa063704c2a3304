//! `make bench`: what the daemon adds to what the protocol demands, beside the original.
//!
//! Both run with `-n -l -G` in the same minute and take turns, so that what else the machine does
//! meets both alike. Numbers mean something only on a machine that is otherwise idle.
#![allow(clippy::cast_precision_loss)] // counts of a bench are small
mod adverts;
mod burn;
mod checks;
mod configuration;
mod crowd;
mod figures;
mod flood;
mod floor;
mod process;
mod reload;
mod stage;
mod takeover;

use lab::{Launch, original};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use takeover::Pace;
use wire::Version;

/// A daemon and the name of its row.
struct Contender {
    name: &'static str,
    launch: Launch,
}

/// Runs with so many rounds, seconds or packets, and prints what came of it.
type Part = fn(&[Contender], u32) -> io::Result<()>;

/// Parts by name, each with its usual number.
#[rustfmt::skip]
const PARTS: &[(&str, u32, Part)] = &[
    ("takeover", 6, |all, n| takeover::bench(all, pace(Version::V2, 100, 0), n)),
    ("takeover-100ms", 10, |all, n| takeover::bench(all, pace(Version::V3, 10, 0), n)),
    ("takeover-10ms", 20, |all, n| takeover::bench(all, pace(Version::V3, 1, 0), n)),
    ("takeover-busy", 20, |all, n| takeover::bench(all, pace(Version::V3, 1, 4), n)),
    ("process", 1, |all, _| process::killed(all)),
    ("stop", 5, process::stopped),
    ("regularity", 10, adverts::bench),
    ("crowd", 1, |all, _| crowd::fast(all)),
    ("start", 5, crowd::start),
    ("addresses", 5, process::many_addresses),
    ("flood", 200_000, flood::bench),
    ("reload", 6, reload::bench),
    ("checks", 3, checks::bench),
    ("configuration", 5, configuration::bench),
];

const fn pace(version: Version, interval: u16, burners: usize) -> Pace {
    Pace {
        version,
        interval,
        burners,
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let only = only(std::env::args().skip(1))?;
    let contenders = contenders()?;
    for contender in &contenders {
        println!("{}: {}", contender.name, contender.launch.program.display());
    }
    for (name, usual, part) in PARTS {
        if only.is_empty() || only.iter().any(|wanted| wanted == name) {
            part(&contenders, setting("ROUNDS", *usual)?)?;
        }
    }
    Ok(())
}

/// What follows `--only`, one name or several with commas; nothing: all parts.
fn only(mut words: impl Iterator<Item = String>) -> io::Result<Vec<String>> {
    let known: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
    let usage = || {
        let text = format!("usage: bench [--only NAME,…], of {}", known.join(" "));
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let mut only = Vec::new();
    while let Some(word) = words.next() {
        let names = words.next().filter(|_| word == "--only");
        only.extend(names.ok_or_else(usage)?.split(',').map(str::to_owned));
    }
    if only.iter().any(|name| !known.contains(&&**name)) {
        return Err(usage());
    }
    Ok(only)
}

fn contenders() -> io::Result<Vec<Contender>> {
    let built = std::env::current_exe()?.with_file_name("keepalived");
    let ours = std::env::var_os("KEEPALIVED").map_or(built, PathBuf::from);
    if !ours.is_file() {
        let text = format!("no daemon at {}", ours.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    let ours = Contender {
        name: "ours",
        launch: Launch::new(ours),
    };
    let theirs = Contender {
        name: "original",
        launch: Launch::new(original::path()?),
    };
    Ok(vec![ours, theirs])
}

/// A number from the environment.
fn setting(name: &str, default: u32) -> io::Result<u32> {
    match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => text
            .parse()
            .map_err(|e| io::Error::other(format!("{name}={text}: {e}"))),
    }
}
