//! `make bench`: what the daemon adds to what the protocol demands, beside the original.
//!
//! Both run with `-n -l -G` in the same minute and take turns, so that what else the machine does
//! meets both alike. Numbers mean something only on a machine that is otherwise idle.
mod adverts;
mod burn;
mod figures;
mod takeover;

use lab::{Launch, original};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// A daemon and the name of its column.
struct Contender {
    name: &'static str,
    launch: Launch,
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
    let contenders = contenders()?;
    let rounds = setting("ROUNDS", 20)?;
    let seconds = setting("SECONDS", 60)?;
    for contender in &contenders {
        println!("{}: {}", contender.name, contender.launch.program.display());
    }
    takeover::bench(&contenders, rounds)?;
    adverts::bench(&contenders, seconds)
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
