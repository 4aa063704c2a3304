//! Many datagrams in one system call.
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Datagrams in one system call.
pub(crate) const BATCH: usize = 16;

/// Receives up to [`BATCH`] datagrams without waiting, each into its own `slots`; writes their
/// lengths and returns how many there were. What is longer than its slot is cut.
pub(crate) fn receive(
    fd: BorrowedFd<'_>,
    slots: &mut [Vec<u8>; BATCH],
    lengths: &mut [usize; BATCH],
) -> io::Result<usize> {
    let mut parts = slots.each_mut().map(|slot| libc::iovec {
        iov_base: slot.as_mut_ptr().cast(),
        iov_len: slot.len(),
    });
    let mut headers = parts.each_mut().map(|part| header(part, None));
    loop {
        // SAFETY: each header points at one part, each part at the whole of one slot; all of them
        // outlive the call, and the count is that of the headers.
        let got = unsafe {
            let (first, count) = (headers.as_mut_ptr(), c_uint(headers.len()));
            libc::recvmmsg(
                fd.as_raw_fd(),
                first,
                count,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        match usize::try_from(got) {
            Ok(count) => {
                for (length, header) in lengths.iter_mut().zip(&headers) {
                    *length = usize::try_from(header.msg_len).unwrap_or(0);
                }
                return Ok(count);
            }
            Err(_) => match io::Error::last_os_error() {
                why if why.kind() == io::ErrorKind::Interrupted => {}
                why if why.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                why => return Err(why),
            },
        }
    }
}

/// Sends up to [`BATCH`] frames without waiting, each by its interface; returns how many of them
/// went out.
///
/// # Errors
/// That of the first frame, when not even that went out.
pub(crate) fn send(fd: BorrowedFd<'_>, frames: &[(libc::sockaddr_ll, &[u8])]) -> io::Result<usize> {
    let mut parts: Vec<_> = frames
        .iter()
        .map(|(_, frame)| libc::iovec {
            // The kernel only reads from it; the structure has no constant variant.
            iov_base: frame.as_ptr().cast_mut().cast(),
            iov_len: frame.len(),
        })
        .collect();
    let mut headers: Vec<_> = parts
        .iter_mut()
        .zip(frames)
        .map(|(part, (to, _))| header(part, Some(to)))
        .collect();
    loop {
        // SAFETY: each header points at one part and one address, each part at one frame; all
        // of them outlive the call, the kernel writes only to the headers.
        let sent = unsafe {
            let (first, count) = (headers.as_mut_ptr(), c_uint(headers.len()));
            libc::sendmmsg(fd.as_raw_fd(), first, count, libc::MSG_DONTWAIT)
        };
        match usize::try_from(sent) {
            Ok(count) => return Ok(count),
            Err(_) => match io::Error::last_os_error() {
                why if why.kind() == io::ErrorKind::Interrupted => {}
                why => return Err(why),
            },
        }
    }
}

fn c_uint(count: usize) -> libc::c_uint {
    libc::c_uint::try_from(count).unwrap_or(libc::c_uint::MAX)
}

fn header(part: &mut libc::iovec, to: Option<&libc::sockaddr_ll>) -> libc::mmsghdr {
    // SAFETY: a structure of integers and pointers, for which all zeroes is a value ("none").
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = part;
    header.msg_hdr.msg_iovlen = 1;
    if let Some(to) = to {
        header.msg_hdr.msg_name = std::ptr::from_ref(to).cast_mut().cast();
        header.msg_hdr.msg_namelen = c_uint(size_of_val(to));
    }
    header
}
