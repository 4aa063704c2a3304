//! Address changes of a node, as its kernel tells them.
use crate::space::Space;
use crate::timeline::{Event, Timeline, What, now};
use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;

/// A running monitor; it ends with this value.
#[derive(Debug)]
pub(crate) struct Monitor(Child);

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts watching.
pub(crate) fn start(space: &Space, node: &str, timeline: Timeline) -> io::Result<Monitor> {
    let mut command = Command::new("ip");
    command.args(["-o", "-4", "monitor", "address"]).stdout(Stdio::piped());
    let mut child = space.spawn(command)?;
    let node = node.to_owned();
    if let Some(out) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let deleted = line.starts_with("Deleted");
                let address = line.split_whitespace().skip_while(|w| *w != "inet").nth(1);
                let address = address.and_then(|a| a.split('/').next()?.parse().ok());
                if let Some(address) = address {
                    let what = if deleted { What::AddressRemoved(address) } else { What::AddressAdded(address) };
                    timeline.push(Event { at: now(), node: node.clone(), what });
                }
            }
        });
    }
    Ok(Monitor(child))
}
