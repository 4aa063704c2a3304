//! A role process, as its parent sees it.
use super::Event;
use crate::link::{self, FromRole, News, Sealed, Settings, ToRole};
use crate::role::Role;
use linux::channel::Channel;
use linux::pidfile::PidFile;
use std::ffi::OsString;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

/// Environment variables that tell a process that it is a role, and where its channel is.
pub(crate) const ROLE: &str = "KEEPALIVED_ROLE";
pub(crate) const CHANNEL: &str = "KEEPALIVED_CHANNEL";

/// A running role.
pub(super) struct Child {
    pub(super) role: Role,
    pub(super) pid: u32,
    pub(super) started: Instant,
    channel: Rc<AsyncFd<Channel>>,
}

impl Child {
    /// Starts this program again as `role` and hands it the plan.
    pub(super) fn start(
        role: Role,
        (settings, news): (Settings, Vec<News>),
        sealed: &Sealed,
        events: &UnboundedSender<Event>,
    ) -> io::Result<Child> {
        let (ours, theirs) = Channel::pair()?;
        theirs.keep_over_exec(true)?;
        let mut args = std::env::args_os();
        let name = args.next().unwrap_or_else(|| OsString::from("keepalived"));
        // The role keeps our command line, so that `ps` shows what it shows for the original.
        let process = Command::new("/proc/self/exe")
            .arg0(name)
            .args(args)
            .env(ROLE, role.name())
            .env(CHANNEL, theirs.as_raw_fd().to_string())
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null())
            .spawn()?;
        link::send(&ours, &ToRole::Start(settings, news), &sealed.files())?;
        #[expect(
            deprecated,
            reason = "its successor is unsafe; a Channel owns its descriptor, which is what that is about"
        )]
        let channel = Rc::new(AsyncFd::new(ours)?);
        let pid = process.id();
        tokio::task::spawn_local(listen(Rc::clone(&channel), pid, events.clone()));
        Ok(Child {
            role,
            pid,
            started: Instant::now(),
            channel,
        })
    }

    /// What the role said last, before it ended.
    pub(super) fn last_words(&self) -> Vec<FromRole> {
        let next = || link::receive::<FromRole>(self.channel.get_ref());
        std::iter::from_fn(|| next().ok().flatten())
            .map(|(message, _)| message)
            .collect()
    }

    /// Sends a message. A role that does not read any more is told so by its end, later.
    pub(super) fn tell(&self, message: &ToRole) -> io::Result<()> {
        link::send(self.channel.get_ref(), message, &[])
    }

    /// The same of a plan.
    pub(super) fn reload(&self, news: Vec<News>, sealed: &Sealed) -> io::Result<()> {
        let message = ToRole::Reload(news);
        link::send(self.channel.get_ref(), &message, &sealed.files())
    }
}

/// Passes on what the role says until it ends.
async fn listen(channel: Rc<AsyncFd<Channel>>, pid: u32, events: UnboundedSender<Event>) {
    while let Ok(mut ready) = channel.readable().await {
        loop {
            match link::receive::<FromRole>(channel.get_ref()) {
                Ok(Some((message, _))) => {
                    if events.send(Event::Said(pid, message)).is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                // the end is learnt from the process, see `Event::Signal(SIGCHLD)`
                Err(_) => return,
            }
        }
        ready.clear_ready();
    }
}

/// A role's place: its pid file and how often it died lately.
pub(super) struct Slot {
    pub(super) role: Role,
    /// Taken when the role is started for the first time.
    pub(super) pid_file: Option<PidFile>,
    pub(super) child: Option<Child>,
    /// The child has the plan in force.
    pub(super) ready: bool,
    /// When to start it again.
    pub(super) respawn_at: Option<Instant>,
    /// When to tell it again of the plan, since it did not read.
    pub(super) tell_at: Option<Instant>,
    failures: u32,
}

/// A role that lived this long died by accident, not by its configuration.
const STABLE: Duration = Duration::from_mins(1);
const LONGEST_DELAY: u64 = 60;

impl Slot {
    pub(super) fn new(role: Role, pid_file: Option<PidFile>) -> Slot {
        Slot {
            role,
            pid_file,
            child: None,
            ready: false,
            respawn_at: None,
            tell_at: None,
            failures: 0,
        }
    }

    /// Writes the child's number, and locks the file first if that has not been done.
    pub(super) fn write_pid(&mut self, path: &str, pid: u32) -> io::Result<()> {
        let file = match self.pid_file.take() {
            Some(file) => file,
            None => PidFile::lock(std::path::Path::new(path)).map_err(io::Error::other)?,
        };
        self.pid_file.insert(file).write(pid)
    }

    /// Plans the next start after a death: at once, then after 1, 2, 4 … 60 s.
    pub(super) fn schedule_respawn(&mut self, lived: Duration) -> Duration {
        let delay = respawn_delay(&mut self.failures, lived);
        self.respawn_at = Some(Instant::now() + delay);
        delay
    }
}

fn respawn_delay(failures: &mut u32, lived: Duration) -> Duration {
    if lived >= STABLE {
        *failures = 0;
    }
    let delay = match *failures {
        0 => 0,
        n => 1_u64
            .checked_shl(n - 1)
            .unwrap_or(LONGEST_DELAY)
            .min(LONGEST_DELAY),
    };
    *failures = failures.saturating_add(1);
    Duration::from_secs(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respawn_backs_off_and_forgets_after_a_stable_minute() {
        let mut failures = 0;
        let mut delays = || respawn_delay(&mut failures, Duration::from_secs(1)).as_secs();
        let seen: Vec<u64> = (0..9).map(|_| delays()).collect();
        assert_eq!(seen, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(respawn_delay(&mut failures, STABLE).as_secs(), 0);
        failures = u32::MAX;
        assert_eq!(respawn_delay(&mut failures, Duration::ZERO).as_secs(), 60);
    }
}
