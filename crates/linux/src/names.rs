//! The name of this machine.
use std::ffi::{CStr, CString};
use std::ptr;

/// The whole name of this machine, as the name service knows it; `None` when it does not. May take
/// as long as the name service does.
pub fn canonical_host() -> Option<String> {
    let own = nix::unistd::gethostname().ok()?.into_string().ok()?;
    let own = CString::new(own).ok()?;
    // SAFETY: all zeros is a valid `addrinfo`: numbers and null pointers.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = libc::AF_UNSPEC;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = libc::AI_CANONNAME;
    let mut list = ptr::null_mut();
    // SAFETY: the name is a C string, the hints live, and `list` is where the result goes.
    let failed =
        unsafe { libc::getaddrinfo(own.as_ptr(), ptr::null(), &raw const hints, &raw mut list) };
    if failed != 0 || list.is_null() {
        return None;
    }
    // SAFETY: the call succeeded: `list` is an entry whose name is null or a C string, and it stays
    // until it is freed, once, here.
    unsafe {
        let name = (*list).ai_canonname;
        let name = (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned());
        libc::freeaddrinfo(list);
        name
    }
}
