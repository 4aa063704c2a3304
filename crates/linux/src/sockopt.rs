//! Socket options that neither `socket2` nor `nix` know.
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Sets an option whose value is a plain C structure or integer.
pub(crate) fn set<T: Copy>(fd: impl AsFd, level: i32, name: i32, value: &T) -> io::Result<()> {
    let size = libc::socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: the kernel reads `size` octets from `value`, which is borrowed for the call and
    // that large; the descriptor is borrowed, thus open.
    let done = unsafe {
        libc::setsockopt(
            fd.as_fd().as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            size,
        )
    };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Asks for a receive buffer of `octets` beyond `net.core.rmem_max`; where that is not allowed,
/// for as much of it as is.
pub(crate) fn set_receive_buffer(fd: impl AsFd, octets: i32) -> io::Result<()> {
    let fd = fd.as_fd();
    set(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &octets)
        .or_else(|_| set(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, &octets))
}
