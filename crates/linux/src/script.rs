//! Starting programs for others: another user, a process group of its own, nothing inherited.
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Group, Pid, Uid, User};
use std::ffi::CString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Whom a program runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

impl Credentials {
    /// Whoever this process is, without supplementary groups.
    pub fn own() -> Credentials {
        Credentials {
            uid: Uid::effective().as_raw(),
            gid: Gid::effective().as_raw(),
            groups: Vec::new(),
        }
    }

    /// By name or number; `None` when there is no such user or group. Asks the name service, so
    /// it may block.
    pub fn look_up(user: &str, group: Option<&str>, supplementary: bool) -> Option<Credentials> {
        let known = match user.parse() {
            Ok(number) => User::from_uid(Uid::from_raw(number)),
            Err(_) => User::from_name(user),
        };
        let known = known.ok().flatten()?;
        let gid = match group {
            None => known.gid,
            Some(name) => match name.parse() {
                Ok(number) => Gid::from_raw(number),
                Err(_) => Group::from_name(name).ok().flatten()?.gid,
            },
        };
        let name = CString::new(known.name).ok()?;
        let groups = supplementary.then(|| nix::unistd::getgrouplist(&name, gid).ok());
        let groups = groups.flatten().unwrap_or_default();
        Some(Credentials {
            uid: known.uid.as_raw(),
            gid: gid.as_raw(),
            groups: groups.into_iter().map(Gid::as_raw).collect(),
        })
    }

    /// The user may change everything anyway.
    pub const fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// Makes the program start as leader of a process group of its own, as another user, without
/// our descriptors, and end (`TERM`) when this process ends. Standard streams are /dev/null.
pub fn isolate(command: &mut Command, credentials: &Credentials) {
    command.process_group(0);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let own = Credentials::own();
    let change = (own != *credentials).then(|| credentials.clone());
    // SAFETY: the closure calls functions that are safe after fork (system calls only) and
    // allocates nothing; what it reads was made before the fork.
    unsafe {
        command.pre_exec(move || {
            if let Some(to) = &change {
                become_user(to)?;
            }
            // after the change of user, which clears it
            nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
            close_at_exec()
        });
    }
}

fn become_user(to: &Credentials) -> io::Result<()> {
    // SAFETY: the pointer and the length describe a live slice; the calls take plain numbers.
    let failed = unsafe {
        libc::setgroups(to.groups.len(), to.groups.as_ptr()) != 0
            || libc::setgid(to.gid) != 0
            || libc::setuid(to.uid) != 0
    };
    if failed {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Also what somebody left open in us without close-on-exec. An old kernel does not know the
/// call; then our own descriptors, which all have the flag, are the ones that matter.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the last step of a closure that gives a result"
)]
fn close_at_exec() -> io::Result<()> {
    // SAFETY: plain numbers.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3_u32,
            u32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        );
    }
    Ok(())
}

/// Signals a whole process group, given its leader's pid; an empty group is no error.
pub fn signal_group(leader: u32, signal: Signal) -> io::Result<()> {
    let Some(group) = i32::try_from(leader).ok().filter(|pid| *pid > 1) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    match nix::sys::signal::killpg(Pid::from_raw(group), signal) {
        Err(nix::Error::ESRCH) => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_number() {
        let root = Credentials::look_up("root", None, false).unwrap();
        assert!(root.is_root() && root.groups.is_empty());
        assert_eq!(Credentials::look_up("0", None, false), Some(root));
        assert_eq!(Credentials::look_up("no such user", None, false), None);
        assert_eq!(
            Credentials::look_up("root", Some("no such group"), false),
            None
        );
        let all = Credentials::look_up("root", None, true).unwrap();
        assert!(all.groups.contains(&0));
    }

    #[test]
    fn the_child_leads_its_group_and_has_no_descriptor_of_ours() {
        let leak = std::fs::File::open("/dev/null").unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&leak);
        // SAFETY: plain numbers; clears the close-on-exec flag of our own descriptor
        assert_eq!(unsafe { libc::fcntl(number, libc::F_SETFD, 0) }, 0);
        let mut command = Command::new("/bin/sh");
        let test = format!("test ! -e /proc/self/fd/{number} && test $(ps -o pgid= -p $$) = $$");
        command.args(["-c", &test]);
        isolate(&mut command, &Credentials::own());
        let mut child = command.spawn().unwrap();
        assert!(child.wait().unwrap().success());
        assert!(signal_group(child.id(), Signal::SIGTERM).is_ok());
        assert!(signal_group(1, Signal::SIGTERM).is_err());
    }
}
