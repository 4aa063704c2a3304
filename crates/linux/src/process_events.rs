//! Hearing of processes that begin, change and end (the process events connector,
//! `linux/cn_proc.h`).
//!
//! The kernel tells of them only in the first network namespace, and only a privileged process.
//! Elsewhere processes can be followed by [`process::watch`](crate::process::watch) once they are
//! found.
use crate::netlink::connector::{Connector, number};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// `CN_IDX_PROC`, which is also the multicast group.
const PROCESS_EVENTS: u32 = 1;
const LISTEN: u32 = 1;
const FORK: u32 = 0x0000_0001;
const EXEC: u32 = 0x0000_0002;
const COMM: u32 = 0x0000_0200;
const EXIT: u32 = 0x8000_0000;

/// What became of a process. Threads are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessEvent {
    /// There is a new process, still running its parent's program.
    Forked {
        /// Whose child it is.
        parent: u32,
        /// Its number.
        pid: u32,
    },
    /// It runs another program: name and arguments are new.
    Executed(u32),
    /// It gave itself another name.
    Renamed(u32),
    /// It has ended.
    Ended(u32),
    /// Events came faster than they were read: look at all processes again.
    Lost,
}

/// A socket that hears of all processes of the machine.
#[derive(Debug)]
pub struct ProcessEvents(Connector);

impl ProcessEvents {
    /// Begins to listen.
    ///
    /// # Errors
    /// `ConnectionRefused` outside the first network namespace, `PermissionDenied` without
    /// `CAP_NET_ADMIN`, `Unsupported` (`EPROTONOSUPPORT`) where the kernel lacks it.
    pub fn new() -> io::Result<Self> {
        let connector = Connector::new(PROCESS_EVENTS)?;
        connector.send(PROCESS_EVENTS, PROCESS_EVENTS, &LISTEN.to_ne_bytes())?;
        Ok(ProcessEvents(connector))
    }

    /// The next event; `None` when all is told.
    pub fn next_event(&mut self) -> io::Result<Option<ProcessEvent>> {
        loop {
            match self.0.receive() {
                Ok(None) => return Ok(None),
                Ok(Some(payload)) => {
                    if let Some(event) = parse(payload) {
                        return Ok(Some(event));
                    }
                }
                Err(why) if why.raw_os_error() == Some(libc::ENOBUFS) => {
                    return Ok(Some(ProcessEvent::Lost));
                }
                Err(why) => return Err(why),
            }
        }
    }
}

impl AsFd for ProcessEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// `struct proc_event`: what, processor, time, then process and thread group numbers.
fn parse(payload: &[u8]) -> Option<ProcessEvent> {
    let word = |place: usize| number(payload, 16 + place * 4).map(u32::from_ne_bytes);
    let (pid, group) = (word(0)?, word(1)?);
    match u32::from_ne_bytes(number(payload, 0)?) {
        FORK => {
            let (parent, pid, group) = (group, word(2)?, word(3)?);
            (pid == group).then_some(ProcessEvent::Forked { parent, pid })
        }
        EXEC => Some(ProcessEvent::Executed(group)),
        COMM if pid == group => Some(ProcessEvent::Renamed(pid)),
        EXIT if pid == group => Some(ProcessEvent::Ended(pid)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Namespace;
    use crate::testing::wait_for;
    use std::process::Command;

    /// `struct proc_event` with these words after its head.
    fn event(what: u32, words: &[u32]) -> Vec<u8> {
        let mut octets = what.to_ne_bytes().to_vec();
        octets.resize(16, 0);
        octets.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        octets
    }

    #[test]
    fn processes_are_told_and_threads_are_not() {
        let forked = ProcessEvent::Forked { parent: 7, pid: 9 };
        assert_eq!(parse(&event(FORK, &[8, 7, 9, 9])), Some(forked));
        assert_eq!(parse(&event(FORK, &[8, 7, 9, 7])), None);
        assert_eq!(
            parse(&event(EXEC, &[9, 9])),
            Some(ProcessEvent::Executed(9))
        );
        assert_eq!(
            parse(&event(COMM, &[9, 9, 0, 0, 0, 0])),
            Some(ProcessEvent::Renamed(9))
        );
        assert_eq!(
            parse(&event(EXIT, &[9, 9, 0, 17])),
            Some(ProcessEvent::Ended(9))
        );
        assert_eq!(parse(&event(EXIT, &[10, 9, 0, 17])), None);
        assert_eq!(parse(&event(0x40, &[9, 9])), None);
        assert_eq!(parse(&event(FORK, &[8])), None);
        assert_eq!(parse(&[1, 0]), None);
    }

    #[test]
    fn other_namespaces_are_refused_plainly() {
        let why = Namespace::new()
            .unwrap()
            .run(|| ProcessEvents::new().map(drop))
            .unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::ConnectionRefused);
    }

    /// Where the machine itself lets us listen, a child's whole life is told.
    #[test]
    fn a_child_is_followed_from_fork_to_end() {
        let mut events = match ProcessEvents::new() {
            Ok(events) => events,
            // In a container this is all that there is to see.
            Err(why) => return assert_eq!(why.kind(), io::ErrorKind::ConnectionRefused),
        };
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let mut told = Vec::new();
        while !told.contains(&ProcessEvent::Ended(pid)) {
            wait_for(events.as_fd());
            while let Some(event) = events.next_event().unwrap() {
                assert_ne!(event, ProcessEvent::Lost);
                told.push(event);
            }
        }
        let forked = ProcessEvent::Forked {
            parent: std::process::id(),
            pid,
        };
        assert!(told.contains(&forked) && told.contains(&ProcessEvent::Executed(pid)));
    }
}
