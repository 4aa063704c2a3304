//! What a process says of itself, and becoming a daemon.
use nix::sys::prctl;
use nix::sys::signal::Signal;
use std::ffi::CString;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Sets the name that `ps -C` and `pgrep` see; the kernel keeps 15 bytes.
pub fn set_name(name: &str) -> io::Result<()> {
    let name = CString::new(name).map_err(|_| io::ErrorKind::InvalidInput)?;
    Ok(prctl::set_name(&name)?)
}

/// Has the kernel send `TERM` to this process when its parent ends.
///
/// If the parent has ended already, nothing would ever come: `parent` is the pid that the caller
/// knows, and an error says that it is gone.
pub fn end_with_parent(parent: u32) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGTERM)?;
    match std::os::unix::process::parent_id() {
        now if now == parent => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the parent process has ended",
        )),
    }
}

/// Orphans among our descendants become our children, so that none is left behind.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(prctl::set_child_subreaper(true)?)
}

/// The daemon's way of telling the waiting foreground process how the start went.
#[derive(Debug)]
pub struct Foreground(std::io::PipeWriter);

impl Foreground {
    /// Lets the foreground process end with this exit code.
    pub fn release(mut self, code: u8) {
        // if it was killed meanwhile nobody waits for the answer
        let _ = self.0.write_all(&[code]);
    }
}

/// Goes on in a child process with a session of its own, standard input and output on /dev/null
/// (standard error too unless `keep_stderr`), while the calling process waits for
/// [`Foreground::release`] and ends with that code: so that pid files are there when the command
/// returns. If the daemon dies before, the code is 1.
///
/// Call it before any thread is started.
pub fn daemonize(keep_stderr: bool) -> io::Result<Foreground> {
    let (mut answer, foreground) = std::io::pipe()?;
    // SAFETY: the caller promises that there is one thread, so the child is a full copy.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(answer);
            nix::unistd::setsid()?;
            quiet(keep_stderr)?;
            Ok(Foreground(foreground))
        }
        _ => {
            drop(foreground);
            let mut code = [1];
            let _ = answer.read(&mut code);
            std::process::exit(code.into_iter().next().map_or(1, i32::from));
        }
    }
}

fn quiet(keep_stderr: bool) -> io::Result<()> {
    let null = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    for number in 0..=(if keep_stderr { 1 } else { 2 }) {
        // SAFETY: both are open descriptor numbers; the standard streams have no Rust owner that
        // could close them.
        if unsafe { libc::dup2(null.as_raw_fd(), number) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// A descriptor that becomes readable when the process of this number ends, whoever its parent is.
/// It keeps meaning that process also when the number is used again.
///
/// # Errors
/// `NotFound` (`ESRCH`) when there is none.
pub fn watch(pid: u32) -> io::Result<OwnedFd> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: plain numbers; a descriptor that it returns is new and nobody else's.
    let fd = unsafe {
        let fd = libc::syscall(libc::SYS_pidfd_open, pid, 0);
        libc::c_int::try_from(fd)
            .ok()
            .filter(|fd| *fd >= 0)
            .map(|fd| OwnedFd::from_raw_fd(fd))
    };
    match fd {
        Some(fd) => Ok(fd),
        None => match io::Error::last_os_error() {
            why if why.raw_os_error() == Some(libc::ESRCH) => {
                Err(io::Error::new(io::ErrorKind::NotFound, why))
            }
            why => Err(why),
        },
    }
}

#[cfg(test)]
mod watch_tests {
    use crate::testing::wait_for;
    use std::io;
    use std::os::fd::AsFd;
    use std::process::Command;

    #[test]
    fn the_end_of_a_process_is_seen() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let watched = super::watch(child.id()).unwrap();
        child.kill().unwrap();
        wait_for(watched.as_fd());
        child.wait().unwrap();
        assert_eq!(
            super::watch(child.id()).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
