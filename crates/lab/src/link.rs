//! Cables and bridges, over netlink.
use crate::space::Space;
use ipnet::Ipv4Net;
use ledger::AddressKey;
use linux::netlink::{Error, Message, Socket, VethEnd};
use std::io;
use wire::{MacAddr, Prefix};

/// A netlink socket of that node, and the index of one of its interfaces.
fn on(space: &Space, interface: &str) -> io::Result<(Socket, u32)> {
    let mut socket = space.run(Socket::route)??;
    let link = socket.link(interface).map_err(io::Error::other)?;
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("no interface {interface}"));
    link.map(|l| (socket, l.index)).ok_or_else(missing)
}

fn context(what: String) -> impl FnOnce(Error) -> io::Error {
    move |why| io::Error::other(format!("{what}: {why}"))
}

/// A bridge that forwards at once.
pub(crate) fn bridge(switch: &Space, name: &str) -> io::Result<()> {
    let mut socket = switch.run(Socket::route)??;
    socket
        .create_bridge(name)
        .map_err(context(format!("bridge {name}")))?;
    set_up(switch, name, true)
}

/// A cable from port `port` of the bridge to a new interface `name` of `node`, both up; returns
/// the port's index.
pub(crate) fn cable(
    switch: &Space,
    port: &str,
    bridge: &str,
    node: &Space,
    name: &str,
    mac: MacAddr,
) -> io::Result<u32> {
    let (mut socket, bridge) = on(switch, bridge)?;
    let here = VethEnd {
        name: port,
        mac: None,
        namespace: None,
    };
    let there = VethEnd {
        name,
        mac: Some(mac),
        namespace: Some(node.net()),
    };
    socket
        .create_veth(here, there)
        .map_err(context(format!("cable {port}")))?;
    let (_, index) = on(switch, port)?;
    socket
        .set_master(index, Some(bridge))
        .map_err(context(format!("plug in {port}")))?;
    for (space, end) in [(switch, port), (node, "lo"), (node, name)] {
        set_up(space, end, true)?;
    }
    Ok(index)
}

/// Gives an interface an address, as an administrator would: without the mark by which a daemon
/// knows its own.
pub(crate) fn add_address(node: &Space, name: &str, address: Ipv4Net) -> io::Result<()> {
    const NEW_ADDRESS: u16 = 20;
    const CREATE_EXCLUSIVELY: u16 = 0x600;
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const INET: u8 = 2;
    let (mut socket, link) = on(node, name)?;
    let [a, b, c, d] = link.to_ne_bytes();
    let header = [INET, address.prefix_len(), 0, 0, a, b, c, d];
    let octets = address.addr().octets();
    let message = Message::new(NEW_ADDRESS, CREATE_EXCLUSIVELY, &header)
        .attr(LOCAL, &octets)
        .attr(ADDRESS, &octets);
    socket
        .request(message)
        .map_err(context(format!("add {address}")))
}

/// Takes an address from an interface.
pub(crate) fn remove_address(node: &Space, name: &str, address: Ipv4Net) -> io::Result<()> {
    let (mut socket, link) = on(node, name)?;
    socket
        .delete_address(&AddressKey::new(link, Prefix::V4(address)))
        .map_err(context(format!("remove {address}")))
}

/// Sets an interface administratively up or down.
pub(crate) fn set_up(space: &Space, name: &str, up: bool) -> io::Result<()> {
    let (mut socket, index) = on(space, name)?;
    socket
        .set_up(index, up)
        .map_err(context(format!("{name} up {up}")))
}
