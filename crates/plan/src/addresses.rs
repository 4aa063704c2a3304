//! Address lines.
use crate::Address;
use conf::config::{Address as Line, Broadcast};
use std::net::Ipv4Addr;
use wire::Prefix;

/// The meaning of a line; `interface` carries it when the line names none.
pub(crate) fn build(line: &Line, interface: &str) -> Address {
    Address {
        prefix: line.prefix,
        dev: line
            .dev
            .as_ref()
            .map_or(interface, |dev| &dev.value)
            .to_owned(),
        label: line.label.as_ref().map(|label| label.value.to_string()),
        scope: line.scope.unwrap_or(0),
        broadcast: line
            .broadcast
            .and_then(|written| broadcast(written, line.prefix)),
    }
}

fn broadcast(written: Broadcast, prefix: Prefix) -> Option<Ipv4Addr> {
    let Prefix::V4(net) = prefix else { return None };
    Some(match written {
        Broadcast::Given(address) => address,
        Broadcast::Ones => net.broadcast(),
        Broadcast::Zeros => net.network(),
    })
}
