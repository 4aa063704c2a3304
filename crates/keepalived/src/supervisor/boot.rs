//! From the command line to the first event: configuration, locks, background, roles.
use super::child::Slot;
use super::following::Following;
use super::outlets::Outlets;
use super::scripts::Runner;
use super::track::Tracking;
use super::{Phase, Supervisor, inbox, listen_to_signals};
use crate::cli::Options;
use crate::config::{self, Source};
use crate::link::Sealed;
use crate::log::Log;
use crate::role::Role;
use crate::{exit, version};
use linux::pidfile::{Error as PidError, PidFile};
use linux::process::Foreground;
use nix::sys::signal::{SigSet, Signal};
use plan::Plan;
use std::path::Path;

/// Runs the daemon until it is told to stop; gives the exit code.
pub(crate) fn run(mut options: Options) -> u8 {
    // a reload that is asked for before anybody listens waits until then
    hold_hups(true);
    let mut lines = first_lines(&options);
    let loaded = config::load(&options);
    lines.extend(loaded.lines);
    loaded.place.settle(&mut options);
    if !options.log.suffix.is_empty() {
        let ident = format!("Keepalived{}", options.log.suffix);
        lines.push(format!("Changing syslog ident to {ident}"));
    }
    let Some(plan) = loaded.plan else {
        return leave(&options, lines, loaded.exit);
    };
    crate::files::set_umask(&plan);
    let locked = match lock(&options, &plan) {
        Ok(locked) => locked,
        Err((line, code)) => {
            lines.push(line);
            return leave(&options, lines, code);
        }
    };
    let foreground = match options
        .fork
        .then(|| linux::process::daemonize(options.log.console))
        .transpose()
    {
        Ok(foreground) => foreground,
        Err(e) => {
            lines.push(format!("Cannot go to the background: {e}"));
            return leave(&options, lines, exit::FATAL);
        }
    };
    supervise(options, (plan, loaded.source), locked, foreground, lines)
}

/// Whether `HUP`, which would end the process, is kept for later. No child must inherit that.
fn hold_hups(hold: bool) {
    let mut hup = SigSet::empty();
    hup.add(Signal::SIGHUP);
    let _ = if hold {
        hup.thread_block()
    } else {
        hup.thread_unblock()
    };
}

fn first_lines(options: &Options) -> Vec<String> {
    let mut lines = options.warnings.clone();
    lines.push(format!("Starting {}", version::COMPATIBLE));
    lines.push(format!("Running on {}", version::kernel()));
    lines.extend(command_line(std::env::args()));
    lines
}

/// The words of the command line, quoted, in lines of readable length.
fn command_line(words: impl Iterator<Item = String>) -> Vec<String> {
    const WIDTH: usize = 110;
    let mut lines = vec!["Command line:".to_owned()];
    for word in words {
        let fits = lines
            .last()
            .is_some_and(|line| line.len() + word.len() + 3 <= WIDTH);
        if !fits {
            lines.push(" ".repeat("Command line:".len()));
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(" '");
            line.push_str(&word);
            line.push('\'');
        }
    }
    lines
}

/// Logs what there is to say and gives up.
fn leave(options: &Options, lines: Vec<String>, code: u8) -> u8 {
    if let Ok(log) = Log::start(&options.log, "Keepalived") {
        for line in lines {
            log.info(line);
        }
        log.info(format!("Stopped {}", version::COMPATIBLE));
    }
    code
}

struct Locked {
    parent: PidFile,
    slots: Vec<Slot>,
}

/// Takes the locks; a daemon that holds one already is no error, as with the original.
fn lock(options: &Options, plan: &Plan) -> Result<Locked, (String, u8)> {
    let take = |path: &str| {
        PidFile::lock(Path::new(path)).map_err(|e| match e {
            PidError::Held => ("daemon is already running".to_owned(), exit::NORMAL),
            PidError::Io(e) => (format!("Unable to open pid file {path}: {e}"), exit::FATAL),
        })
    };
    let parent = take(&options.pid_files.parent)?;
    let mut slots = Vec::new();
    let enabled = [
        (Role::Vrrp, options.subsystems.vrrp),
        (Role::Checker, options.subsystems.checker),
    ];
    for (role, _) in enabled.into_iter().filter(|(_, enabled)| *enabled) {
        // only what runs has a pid file; a reload may bring more
        let pid_file = super::wanted(role, options, plan)
            .then(|| take(options.pid_files.of(role)))
            .transpose()?;
        slots.push(Slot::new(role, pid_file));
    }
    Ok(Locked { parent, slots })
}

fn supervise(
    options: Options,
    configuration: (Plan, Source),
    locked: Locked,
    foreground: Option<Foreground>,
    lines: Vec<String>,
) -> u8 {
    let code = try_supervise(options, configuration, locked, foreground, lines);
    code.unwrap_or_else(|e| {
        eprintln!("keepalived: {e}");
        exit::FATAL
    })
}

fn try_supervise(
    options: Options,
    configuration: (Plan, Source),
    locked: Locked,
    foreground: Option<Foreground>,
    lines: Vec<String>,
) -> std::io::Result<u8> {
    let (plan, source) = configuration;
    let log = Log::start(&options.log, "Keepalived")?;
    for line in lines {
        log.info(line);
    }
    let name = plan.global.process_names.parent.as_ref();
    linux::process::set_name(plan::ProcessNames::or_default(name))?;
    linux::process::adopt_orphans()?;
    locked.parent.write(std::process::id())?;
    if let Some(foreground) = foreground {
        foreground.release(exit::NORMAL);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let code = tokio::task::LocalSet::new().block_on(&runtime, async {
        let (events, inbox) = inbox();
        listen_to_signals(&events)?;
        hold_hups(false);
        let sealed = Sealed::new(&plan)?;
        let supervisor = Supervisor {
            options,
            log,
            plan,
            previous: None,
            runner: Runner::default(),
            outlets: Outlets::new(events.clone()),
            tracking: Tracking::default(),
            fifo_scripts: Vec::new(),
            sealed,
            scattered: true,
            print: source.print,
            slots: locked.slots,
            pid_file: locked.parent,
            phase: Phase::Starting { again: false },
            leave_at: None,
            following: Following::default(),
            events,
        };
        Ok(Box::pin(supervisor.serve(source, inbox)).await)
    });
    // a thread that waits for a name server is left behind
    runtime.shutdown_background();
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_line_goes_over_several_lines() {
        let words = (0..20).map(|i| format!("--option-{i}"));
        let lines = command_line(words);
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= 110));
        assert!(lines[1].starts_with("              '--option-"));
    }
}
