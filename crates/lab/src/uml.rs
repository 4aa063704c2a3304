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

/// Boots a guest, runs `script` (for `bash`; the modules named are loaded, `$BOX` is a directory of
/// its own that outlasts the guest's `/tmp`), and waits for its end. `programs` are copied into
/// `$BOX` first: where they lie may be covered in the guest.
///
/// A guest that ended before `script` began, as happens on a busy machine, is booted again, `BOOTS`
/// times at most.
///
/// # Errors
/// `NotFound` when User-Mode Linux is not installed, `TimedOut` when the guest did not end within
/// `limit`; it is killed then, and the error has what it wrote.
pub fn run(
    modules: &[&str],
    programs: &[&Path],
    script: &str,
    limit: Duration,
) -> io::Result<Outcome> {
    if !Path::new(KERNEL).exists() || !Path::new(MODULES).exists() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "User-Mode Linux is not installed: run scripts/install-deps",
        ));
    }
    let mut consoles = String::new();
    for _ in 0..BOOTS {
        let place = Place::new()?;
        for program in programs {
            let name = program.file_name().unwrap_or_default();
            fs::copy(program, place.0.join(name))?;
        }
        place.write("script", script)?;
        place.write("init", &init(&place.0, modules))?;
        place.compile_shim()?;
        boot(&place, limit)?;
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

/// Starts the guest's kernel and waits for its end.
fn boot(place: &Place, limit: Duration) -> io::Result<()> {
    let console = File::create(place.0.join("console"))?;
    let name = place.0.file_name().unwrap_or_default().to_string_lossy();
    let mut guest = Command::new(KERNEL)
        .args(["mem=384M", "rootfstype=hostfs", "rootflags=/", "rw"])
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

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.0.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
    }

    /// See the head of `uml/xstate.c`.
    fn compile_shim(&self) -> io::Result<()> {
        self.write("xstate.c", include_str!("uml/xstate.c"))?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-o", "xstate.so", "xstate.c"]);
        let made = compiler.current_dir(&self.0).output()?;
        if made.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&made.stderr).into_owned();
        Err(io::Error::other(format!("cc: {why}")))
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
