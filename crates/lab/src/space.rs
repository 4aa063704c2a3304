//! One set of fresh namespaces and the thread that lives in it.
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

/// Network, mount, process, host name and IPC namespaces of one node.
///
/// They have no name. What keeps them is process 1 inside, which waits for the end of a pipe
/// whose other end only this value holds: when it is dropped, or this process dies in whatever
/// way, process 1 ends and the kernel kills all others in there and frees the rest.
#[derive(Debug)]
pub struct Space {
    jobs: mpsc::Sender<Job>,
    holder: Child,
    net: OwnedFd,
}

/// Process 1: children that lose their parent come to it and vanish without a trace, since it
/// ignores `SIGCHLD`; it ends when its standard input does.
const HOLDER: &str =
    "mount -t proc proc /proc; echo ready; exec env --ignore-signal=CHLD cat >/dev/null";

impl Space {
    /// New namespaces with the host name `name`, loopback not yet up, empty `/run` and `/tmp`.
    pub fn new(name: &str) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (ready, opened) = mpsc::channel();
        let host = name.to_owned();
        // The thread ends with the sender of its jobs, that is with this value.
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let made = enter(&host);
                let failed = made.is_err();
                if ready.send(made).is_err() || failed {
                    return;
                }
                for job in queue {
                    job();
                }
            })?;
        let gone = || io::Error::other("the thread of a namespace ended early");
        let (holder, net) = opened.recv().map_err(|_| gone())??;
        Ok(Self { jobs, holder, net })
    }

    /// Calls `work` on the thread that lives in these namespaces: sockets opened, files written
    /// and processes started there belong to the node.
    pub fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (send, receive) = mpsc::channel();
        let job: Job = Box::new(move || {
            let _ = send.send(work());
        });
        let gone = || io::Error::other("the thread of a namespace ended");
        self.jobs.send(job).map_err(|_| gone())?;
        receive.recv().map_err(|_| gone())
    }

    /// Starts a program in these namespaces.
    pub fn spawn(&self, mut command: Command) -> io::Result<Child> {
        let name = command.get_program().to_string_lossy().into_owned();
        self.run(move || command.spawn())?
            .map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))
    }

    /// Runs a program to its end.
    pub fn finish(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> io::Result<Output> {
        let mut command = Command::new(program.as_ref());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .current_dir("/");
        let name = program.as_ref().to_string_lossy().into_owned();
        self.run(move || command.output())?
            .map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))
    }

    /// Runs a program to its good end and returns what it wrote to its standard output.
    pub fn output(&self, program: &str, arguments: &[&str]) -> io::Result<String> {
        let out = self.finish(program, arguments)?;
        if !out.status.success() {
            let text = String::from_utf8_lossy(&out.stderr).into_owned();
            return Err(io::Error::other(format!("{program} {arguments:?}: {text}")));
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    /// Writes a file as the node sees the path, with the directories above it.
    pub fn write(&self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> io::Result<()> {
        let (path, text) = (path.into(), text.into());
        self.run(move || {
            if let Some(dir) = path.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(path, text)
        })?
    }

    /// Reads a file as the node sees the path.
    pub fn read(&self, path: impl Into<PathBuf>) -> io::Result<Vec<u8>> {
        let path = path.into();
        self.run(move || fs::read(path))?
    }

    /// Sets a sysctl, as `net.ipv4.ip_nonlocal_bind`.
    pub fn sysctl(&self, key: &str, value: &str) -> io::Result<()> {
        let path = format!("/proc/sys/{}", key.replace('.', "/"));
        let value = value.to_owned();
        self.run(move || fs::write(path, value))?
    }

    /// Makes a program of the outside callable inside: as it is, unless it lies where the node
    /// has directories of its own.
    pub fn stage(&self, program: &Path) -> io::Result<PathBuf> {
        let program = fs::canonicalize(program)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", program.display())))?;
        if !PRIVATE.iter().any(|dir| program.starts_with(dir)) {
            return Ok(program);
        }
        let name = program.file_name().unwrap_or_default().to_owned();
        let inside = Path::new("/run/lab").join(name);
        let mut from = fs::File::open(&program)?;
        let to = inside.clone();
        self.run(move || {
            use std::os::unix::fs::OpenOptionsExt;
            if to.exists() {
                return Ok(());
            }
            fs::create_dir_all("/run/lab")?;
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o755)
                .open(&to)?;
            io::copy(&mut from, &mut file).map(|_| ())
        })??;
        Ok(inside)
    }

    /// Hides what the machine has in a directory: the node sees an empty one of its own.
    pub fn hide(&self, directory: &str) -> io::Result<()> {
        let directory = directory.to_owned();
        let mounted = self.run(move || {
            let none: Option<&str> = None;
            mount(
                Some("lab"),
                directory.as_str(),
                Some("tmpfs"),
                MsFlags::empty(),
                none,
            )
        })?;
        Ok(mounted?)
    }

    /// The network namespace, to move one end of a cable into it.
    pub fn net(&self) -> BorrowedFd<'_> {
        self.net.as_fd()
    }
}

impl Drop for Space {
    /// Ends all processes inside and waits until they are gone; not for ever, since the kernel
    /// keeps process 1 until everybody has collected their children, and a test that panicked
    /// may not have.
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let end = Instant::now() + Duration::from_secs(5);
        while matches!(self.holder.try_wait(), Ok(None)) && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Directories of which each node has its own.
const PRIVATE: [&str; 2] = ["/run", "/tmp"];
/// Where services that run in nodes would write, too.
const SERVICES: [&str; 2] = ["/var/lib/nginx", "/var/log/nginx"];

fn enter(host: &str) -> io::Result<(Child, OwnedFd)> {
    let flags = CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC;
    unshare(flags).map_err(|e| io::Error::other(format!("new namespaces (are we root?): {e}")))?;
    nix::unistd::sethostname(host)?;
    let net = fs::File::open("/proc/thread-self/ns/net")?.into();
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    let services = SERVICES.into_iter().filter(|dir| Path::new(dir).is_dir());
    for dir in PRIVATE.into_iter().chain(services) {
        mount(Some("lab"), dir, Some("tmpfs"), MsFlags::empty(), none)?;
    }
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", HOLDER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut holder = command.current_dir("/").spawn()?;
    let out = holder
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    if line.trim() == "ready" {
        Ok((holder, net))
    } else {
        Err(io::Error::other("process 1 of a namespace did not start"))
    }
}
