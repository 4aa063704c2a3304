//! A kernel of our own: User-Mode Linux, an ordinary process that is a whole machine.
//!
//! It has what the running kernel may lack (IPVS) and sees the host's files as they are. A guest
//! runs one shell script as root, with the host's programs, and is gone when that ends.
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KERNEL: &str = "/usr/bin/linux.uml";
const MODULES: &str = "/usr/lib/uml/modules";
/// How often a boot is tried.
const BOOTS: u32 = 3;

/// What a guest left.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status of the script.
    pub status: i32,
    /// All that it wrote.
    pub output: String,
}

/// Boots a guest with the usual memory, runs `script` and waits for its end: see [`Guest::run`].
///
/// # Errors
/// Those of [`Guest::run`].
pub fn run(
    modules: &[&str],
    programs: &[&Path],
    script: &str,
    limit: Duration,
) -> io::Result<Outcome> {
    let guest = Guest {
        modules,
        programs,
        limit,
        ..Guest::default()
    };
    guest.run(script)
}

/// What a guest is given.
#[derive(Debug, Clone, Copy)]
pub struct Guest<'a> {
    /// Kernel modules to load.
    pub modules: &'a [&'a str],
    /// Programs that are copied into `$BOX`: where they lie may be covered in the guest.
    pub programs: &'a [&'a Path],
    /// Further files of `$BOX`: name and text.
    pub files: &'a [(&'a str, &'a str)],
    /// Memory, in MiB; only what is used is taken from the host.
    pub memory: u32,
    /// It is killed when it has not ended by then.
    pub limit: Duration,
}

impl Default for Guest<'_> {
    fn default() -> Self {
        Guest {
            modules: &[],
            programs: &[],
            files: &[],
            memory: 384,
            limit: Duration::from_mins(5),
        }
    }
}

impl Guest<'_> {
    /// Boots the guest, runs `script` (for `bash`; `$BOX` is a directory of its own that outlasts the
    /// guest's `/tmp`), and waits for its end.
    ///
    /// A guest that ended before `script` began, as happens on a busy machine, is booted again,
    /// `BOOTS` times at most.
    ///
    /// # Errors
    /// `NotFound` when User-Mode Linux is not installed, `TimedOut` when the guest did not end
    /// in time; it is killed then, and the error has what it wrote.
    pub fn run(&self, script: &str) -> io::Result<Outcome> {
        if !Path::new(KERNEL).exists() || !Path::new(MODULES).exists() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "User-Mode Linux is not installed: run scripts/install-deps",
            ));
        }
        let mut consoles = String::new();
        for _ in 0..BOOTS {
            let place = self.furnish(script)?;
            boot(&place, self.memory, self.limit)?;
            let output = place.read("output");
            if let Ok(status) = place.read("status").trim().parse() {
                return Ok(Outcome { status, output });
            }
            consoles.push_str(&place.read("console"));
            if place.0.join("output").exists() {
                let why = format!("the guest ended early:\n{consoles}\n{output}");
                return Err(io::Error::other(why));
            }
        }
        let why = format!("the guest did not boot:\n{consoles}");
        Err(io::Error::other(why))
    }

    fn furnish(&self, script: &str) -> io::Result<Place> {
        let place = Place::new()?;
        for program in self.programs {
            let name = program.file_name().unwrap_or_default();
            fs::copy(program, place.0.join(name))?;
        }
        for (name, text) in self.files {
            place.write(name, text, 0o644)?;
        }
        place.write("script", script, 0o755)?;
        place.write("init", &init(&place.0, self.modules), 0o755)?;
        // see its head
        crate::shim::compile(&place.0, "xstate", include_str!("uml/xstate.c"))?;
        Ok(place)
    }
}

/// Starts the guest's kernel and waits for its end.
fn boot(place: &Place, memory: u32, limit: Duration) -> io::Result<()> {
    let console = File::create(place.0.join("console"))?;
    let name = place.0.file_name().unwrap_or_default().to_string_lossy();
    let mut guest = Command::new(KERNEL)
        .arg(format!("mem={memory}M"))
        .args(["rootfstype=hostfs", "rootflags=/", "rw"])
        .args(["con=null", "con0=null,fd:1", "quiet", "panic=-1"])
        .arg(format!("init={}", place.0.join("init").display()))
        .arg(format!("umid={name}"))
        .env("TMPDIR", "/var/tmp")
        .env("LD_PRELOAD", place.0.join("xstate.so"))
        .stdin(Stdio::null())
        .stdout(console.try_clone()?)
        .stderr(console)
        .process_group(0)
        .spawn()?;
    let end = Instant::now() + limit;
    while guest.try_wait()?.is_none() {
        if Instant::now() >= end {
            // the guest's processes are threads and children of the kernel's process
            let group = i32::try_from(guest.id()).unwrap_or(i32::MAX);
            let group = nix::unistd::Pid::from_raw(group);
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
            let _ = guest.wait();
            let why = format!("the guest did not end:\n{}", place.read("output"));
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn init(place: &Path, modules: &[&str]) -> String {
    let (place, modules) = (place.display(), modules.join(" "));
    format!(
        "#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin BOX={place}
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mount -t tmpfs mod /lib/modules
rel=$(uname -r)
mkdir -p /lib/modules/$rel
mount --bind {MODULES}/$rel /lib/modules/$rel
for module in {modules}; do modprobe $module; done
ip link set lo up
bash $BOX/script >$BOX/output 2>&1 </dev/null
echo $? >$BOX/status
sync
halt -f
"
    )
}

/// A directory that is removed with this value. Not in /tmp, which the guest covers.
struct Place(PathBuf);

impl Place {
    fn new() -> io::Result<Place> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("lab-uml-{}-{number}", std::process::id());
        let path = Path::new("/var/tmp").join(name);
        fs::create_dir(&path)?;
        Ok(Place(path))
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> io::Result<()> {
        let path = self.0.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
    }

    fn read(&self, name: &str) -> String {
        let octets = fs::read(self.0.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&octets).into_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
