//! Giving up what a process does not need.
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, geteuid, setgroups, setresgid, setresuid};
use std::io;

/// `nobody`, by number: there may be no user database.
const NOBODY: u32 = 65_534;
/// `linux/capability.h`.
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;
const CAP_NET_RAW: u32 = 13;

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapabilityData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Becomes `nobody`, for good, and keeps but one right: raw sockets, which `PING_CHECK` and marks on
/// packets need. A process that is not root has nothing to give up, which is fine.
///
/// # Errors
/// Where there is no `nobody` (a user namespace): all other rights are given up nevertheless.
pub fn only_raw_sockets() -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let nobody = become_nobody();
    set_capabilities(1 << CAP_NET_RAW)?;
    prctl::set_no_new_privs()?;
    nobody
}

fn become_nobody() -> io::Result<()> {
    prctl::set_keepcaps(true)?;
    setgroups(&[])?;
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    setresgid(group, group, group)?;
    setresuid(user, user, user)?;
    prctl::set_keepcaps(false)?;
    Ok(())
}

fn set_capabilities(low: u32) -> io::Result<()> {
    let header = CapabilityHeader {
        version: CAPABILITY_VERSION_3,
        pid: 0,
    };
    let mut data = [CapabilityData::default(); 2];
    data[0].effective = low;
    data[0].permitted = low;
    // SAFETY: both structs are laid out as capset(2) wants them for version 3 (two data elements),
    // and live for the call.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) };
    Errno::result(set)?;
    Ok(())
}

/// Allows as many open files as the system lets us have.
pub fn open_files_max() -> io::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
