//! Two namespaces with a cable between them, for the tests of this crate.
use crate::clock;
use crate::namespace::Namespace;
use crate::netlink::{Link, Socket, VethEnd};
use crate::reactor::Reactor;
use core::time::Duration;
use ledger::{AddressKey, AddressSpec};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// `eth0` with 10.0.0.1/24 on the left, 10.0.0.2/24 on the right, both up.
pub(crate) struct Wire {
    left: Namespace,
    right: Namespace,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let wire = Wire {
            left: Namespace::new().unwrap(),
            right: Namespace::new().unwrap(),
        };
        let end = VethEnd {
            name: "eth0",
            mac: None,
            namespace: None,
        };
        let peer = VethEnd {
            namespace: Some(wire.right.as_fd()),
            ..end
        };
        wire.left
            .run(|| Ok(Socket::route()?.create_veth(end, peer)?))
            .unwrap();
        for (space, address) in [(&wire.left, "10.0.0.1/24"), (&wire.right, "10.0.0.2/24")] {
            in_space(space, |link| {
                let mut socket = Socket::route()?;
                let key = AddressKey::new(link.index, address.parse().unwrap());
                socket.add_address(&key, &AddressSpec::default())?;
                Ok(socket.set_up(link.index, true)?)
            });
        }
        wire
    }

    pub(crate) fn left<T: Send>(&self, work: impl FnOnce(&Link) -> io::Result<T> + Send) -> T {
        in_space(&self.left, work)
    }

    pub(crate) fn right<T: Send>(&self, work: impl FnOnce(&Link) -> io::Result<T> + Send) -> T {
        in_space(&self.right, work)
    }
}

fn in_space<T: Send>(space: &Namespace, work: impl FnOnce(&Link) -> io::Result<T> + Send) -> T {
    let run = || work(&Socket::route()?.link("eth0")?.unwrap());
    space.run(run).unwrap()
}

/// Waits until there is something to read; panics when nothing comes at all.
pub(crate) fn wait_for(fd: BorrowedFd<'_>) {
    let mut reactor = Reactor::new().unwrap();
    reactor.add(fd, 0).unwrap();
    let mut ready = Vec::new();
    reactor
        .wait(Some(clock::now() + Duration::from_secs(30)), &mut ready)
        .unwrap();
    assert!(!ready.is_empty(), "nothing to read for 30 s");
}
