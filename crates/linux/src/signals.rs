//! Signals as something to read, so that they take their turn in a loop.
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// A `signalfd`: the given signals are blocked in this thread (and in those it starts) and wait
/// here instead.
#[derive(Debug)]
pub struct Signals(OwnedFd);

impl Signals {
    /// For these signal numbers, real-time ones included.
    pub fn new(numbers: &[i32]) -> io::Result<Signals> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigemptyset` fills the set it is given.
        let mut set = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            set.assume_init()
        };
        for &number in numbers {
            // SAFETY: the set is initialised; a number that is no signal gives an error.
            if unsafe { libc::sigaddset(&raw mut set, number) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // SAFETY: the set was filled by `sigemptyset` and `sigaddset`.
        let mask = unsafe { SigSet::from_sigset_t_unchecked(set) };
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&mask), None)?;
        // SAFETY: the set is valid; -1 asks for a new descriptor.
        let fd =
            unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just given us this descriptor.
        Ok(Signals(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The next signal that waits; `None` when there is none.
    pub fn next_signal(&mut self) -> io::Result<Option<i32>> {
        let mut info = [0; size_of::<libc::signalfd_siginfo>()];
        match nix::unistd::read(&self.0, &mut info) {
            Ok(_) => {
                // the first field of the structure is the number
                let number = info.first_chunk().copied().map(u32::from_ne_bytes);
                Ok(number.and_then(|n| i32::try_from(n).ok()))
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_wait_to_be_read() {
        let json = libc::SIGRTMIN() + 2;
        let mut signals = Signals::new(&[libc::SIGUSR1, json]).unwrap();
        assert_eq!(signals.next_signal().unwrap(), None);
        for number in [json, libc::SIGUSR1] {
            // SAFETY: sends a signal that is blocked to this very thread.
            unsafe { libc::pthread_kill(libc::pthread_self(), number) };
        }
        assert_eq!(signals.next_signal().unwrap(), Some(libc::SIGUSR1));
        assert_eq!(signals.next_signal().unwrap(), Some(json));
        assert_eq!(signals.next_signal().unwrap(), None);
    }
}
