//! The daemon: one binary that is supervisor, role process or test run, as it is told.
//!
//! [`cli`] reads the command line; [`supervisor`] runs the daemon; [`vrrp_role`] is what a child
//! process does. See `docs/architecture.md` for the way from text to packets.
mod checker_role;
mod cli;
mod config;
mod exit;
mod fifo;
mod files;
mod genhash;
mod link;
mod log;
mod names;
mod place;
mod prober_role;
mod queue;
mod role;
mod signals;
mod supervisor;
mod tuning;
mod version;
mod vrrp_role;

use cli::Command;
use role::Role;
use std::process::ExitCode;

/// Keys and passwords leave nothing behind where they have been.
#[global_allocator]
static ALLOCATOR: linux::wipe::Wiping = linux::wipe::Wiping;

fn main() -> ExitCode {
    if let Some(code) = role_process() {
        return ExitCode::from(code);
    }
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let words: Vec<_> = args.collect();
    if let Some(words) = genhash::is_meant(std::path::Path::new(&program), &words) {
        return ExitCode::from(genhash::run(words));
    }
    let code = match cli::parse(words) {
        Ok(Command::Run(options)) => supervisor::run(*options),
        Ok(Command::Test(options, log)) => config::test(&options, log.as_deref()),
        Ok(Command::Format(file)) => config::format(&file),
        Ok(Command::Explain(word)) => match report::manual::explain(&word) {
            Ok(text) => {
                print!("{text}");
                exit::NORMAL
            }
            Err(text) => {
                eprint!("{text}");
                exit::FATAL
            }
        },
        Ok(Command::Version) => {
            // on stderr, where the original prints it and tools read it
            eprint!("{}", version::text());
            exit::NORMAL
        }
        Ok(Command::Help) => {
            print!("{}", cli::help(&program.to_string_lossy()));
            exit::NORMAL
        }
        Ok(Command::Signum(number)) => {
            println!("{number}");
            exit::NORMAL
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            exit::FATAL
        }
    };
    ExitCode::from(code)
}

/// Runs as a role if the supervisor started this process as one.
fn role_process() -> Option<u8> {
    let name = std::env::var(supervisor::ROLE).ok()?;
    let number = std::env::var(supervisor::CHANNEL).ok()?.parse().ok()?;
    let channel = match linux::channel::Channel::inherited(number) {
        Ok(channel) => channel,
        Err(e) => {
            eprintln!("keepalived: no channel to the supervisor: {e}");
            return Some(exit::FATAL);
        }
    };
    Some(match Role::from_name(&name) {
        Some(Role::Vrrp) => vrrp_role::run(channel),
        Some(Role::Checker) => checker_role::run(channel),
        None => prober_role::run(channel),
    })
}

/// Where dump files go: `TMPDIR` if it names a directory, else `/tmp`.
fn dump_dir() -> String {
    let wanted = std::env::var("TMPDIR")
        .ok()
        .filter(|dir| std::path::Path::new(dir).is_dir());
    wanted.unwrap_or_else(|| "/tmp".into())
}
