//! Network namespaces: several networks inside one machine.
//!
//! A [`Namespace`] is kept alive by its descriptor alone; nothing appears in the file system
//! unless [`Namespace::bind`] is called, and nothing is left when the program dies.
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{getgid, getuid};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread;

/// A network namespace.
#[derive(Debug)]
pub struct Namespace(OwnedFd);

impl Namespace {
    /// A new, empty network (its loopback is down). Needs `CAP_SYS_ADMIN`.
    pub fn new() -> io::Result<Self> {
        on_own_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            Self::current()
        })
    }

    /// The network namespace of the calling thread.
    pub fn current() -> io::Result<Self> {
        Ok(Namespace(File::open("/proc/thread-self/ns/net")?.into()))
    }

    /// Opens one that has a name in the file system, like `/run/netns/NAME` or `/proc/PID/ns/net`.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Namespace(File::open(path)?.into()))
    }

    /// Runs `work` inside, on a thread of its own; the caller's namespace does not change. Sockets
    /// that `work` opens and returns stay in this namespace.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        on_own_thread(|| {
            self.enter()?;
            work()
        })
    }

    /// Moves the calling thread into the namespace, for good. Threads and processes that it starts
    /// from now on are inside too.
    pub fn enter(&self) -> io::Result<()> {
        Ok(setns(&self.0, CloneFlags::CLONE_NEWNET)?)
    }

    /// Gives the namespace a name in the file system, for `ip netns` and the like: `path` is made
    /// as an empty file and the namespace mounted over it. Lasts until [`unbind`].
    pub fn bind(&self, path: &Path) -> io::Result<()> {
        File::create_new(path)?;
        let own = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        let done = mount(
            Some(own.as_str()),
            path,
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        );
        done.map_err(|why| {
            let _ = fs::remove_file(path);
            why.into()
        })
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Takes back the name that [`Namespace::bind`] gave.
pub fn unbind(path: &Path) -> io::Result<()> {
    umount2(path, MntFlags::MNT_DETACH)?;
    fs::remove_file(path)
}

/// Makes the process root of a new user namespace with a network and mounts of its own, so
/// that an ordinary user may build namespaces, links and addresses in it. To be called before any
/// thread is started.
///
/// # Errors
/// `PermissionDenied` where the administrator forbids it (`kernel.unprivileged_userns_clone`,
/// `AppArmor`), `InvalidInput` when the process has several threads.
pub fn become_root_in_user_namespace() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

/// Gives the calling thread mounts of its own: what it and the processes it starts mount from now
/// on, nobody else sees. To be called on a thread made for it, or before any other is started.
pub fn unshare_mounts() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)?;
    Ok(())
}

/// Namespaces belong to threads: what changes one runs on a thread that ends with it.
fn on_own_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().spawn_scoped(scope, work)?;
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> io::Result<String> {
        Ok(fs::read_link("/proc/thread-self/ns/net")?
            .display()
            .to_string())
    }

    #[test]
    fn work_runs_inside_and_the_caller_stays_outside() {
        let before = identity().unwrap();
        let one = Namespace::new().unwrap();
        let two = Namespace::new().unwrap();
        let inside = one.run(identity).unwrap();
        assert_ne!(inside, before);
        assert_ne!(inside, two.run(identity).unwrap());
        assert_eq!(inside, one.run(identity).unwrap());
        assert_eq!(identity().unwrap(), before);
    }

    #[test]
    fn a_name_can_be_given_and_taken_back() {
        let path = std::env::temp_dir().join(format!("linux-ns-{}", std::process::id()));
        let space = Namespace::new().unwrap();
        space.bind(&path).unwrap();
        let again = Namespace::open(&path).unwrap();
        let same = again.run(identity).unwrap() == space.run(identity).unwrap();
        unbind(&path).unwrap();
        assert!(same);
        assert!(!path.exists());
    }

    /// In a child process with one thread, as the function demands.
    #[test]
    fn an_ordinary_user_becomes_root_of_a_network_of_his_own() {
        let (mut answer, mut child_end) = io::pipe().unwrap();
        // SAFETY: the child only makes system calls, starts a thread and formats a line before it ends;
        // the C library keeps its allocator usable over fork, and no other lock is taken.
        match unsafe { libc::fork() } {
            -1 => panic!("{}", io::Error::last_os_error()),
            0 => {
                // Without any right in the first namespace.
                let dropped = nix::unistd::setgroups(&[])
                    .and_then(|()| nix::unistd::setgid(65534.into()))
                    .and_then(|()| nix::unistd::setuid(65534.into()))
                    // As after an exec: else /proc/self would still be root's.
                    .and_then(|()| nix::sys::prctl::set_dumpable(true));
                let done = dropped.map_err(io::Error::from).and_then(|()| {
                    become_root_in_user_namespace()?;
                    let mut socket = crate::netlink::Socket::route()?;
                    socket.create_bridge("br")?;
                    let there = Namespace::new()?.run(|| Ok(getuid().is_root()))?;
                    Ok(there && socket.link("br")?.is_some())
                });
                let _ = io::Write::write_all(&mut child_end, format!("{done:?}").as_bytes());
                // SAFETY: ends the child at once, without running what belongs to the parent.
                unsafe { libc::_exit(0) }
            }
            child => {
                drop(child_end);
                let said = io::read_to_string(&mut answer).unwrap();
                nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(child), None).unwrap();
                assert_eq!(said, "Ok(true)");
            }
        }
    }
}
