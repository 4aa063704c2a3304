//! How it is noticed that processes begin and end.
use crate::supervisor::Event;
use linux::process_events::{ProcessEvent, ProcessEvents};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

/// Ends its task when dropped.
#[derive(Debug)]
pub(super) struct Watch(JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Has the kernel tell of all processes, as far as it does: see [`ProcessEvents::new`].
pub(super) fn hear(events: &UnboundedSender<Event>) -> io::Result<Watch> {
    let mut source = ProcessEvents::new()?;
    let readable = readable(source.as_fd().try_clone_to_owned()?)?;
    let events = events.clone();
    Ok(Watch(tokio::task::spawn_local(async move {
        while let Ok(mut ready) = readable.readable().await {
            let mut batch = Vec::new();
            loop {
                match source.next_event() {
                    Ok(Some(event)) => batch.push(event),
                    Ok(None) => break,
                    Err(_) => {
                        batch.push(ProcessEvent::Lost);
                        break;
                    }
                }
            }
            ready.clear_ready();
            if events.send(Event::Processes(batch)).is_err() {
                return;
            }
        }
    })))
}

/// Tells of the end of one process, whoever's child it is.
pub(super) fn watch(pid: u32, events: &UnboundedSender<Event>) -> io::Result<Watch> {
    let readable = readable(linux::process::watch(pid)?)?;
    let events = events.clone();
    Ok(Watch(tokio::task::spawn_local(async move {
        if readable.readable().await.is_ok() {
            let _ = events.send(Event::Processes(vec![ProcessEvent::Ended(pid)]));
        }
    })))
}

fn readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(
        deprecated,
        reason = "its successor is unsafe; an OwnedFd owns its descriptor, which is what that is about"
    )]
    AsyncFd::with_interest(fd, Interest::READABLE)
}
