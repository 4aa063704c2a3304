//! Cables and bridges.
use crate::space::Space;
use ipnet::Ipv4Net;
use std::io;
use std::os::fd::AsRawFd;
use wire::MacAddr;

fn ip(space: &Space, line: &str) -> io::Result<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    space.output("ip", &words).map(|_| ())
}

/// A bridge that forwards at once (no spanning tree).
pub(crate) fn bridge(switch: &Space, name: &str) -> io::Result<()> {
    ip(switch, &format!("link add {name} type bridge"))?;
    set_up(switch, name, true)
}

/// A cable from port `port` of the bridge to a new interface `name` of `node`, both up.
pub(crate) fn cable(switch: &Space, port: &str, bridge: &str, node: &Space, name: &str, mac: MacAddr) -> io::Result<()> {
    let net = nix::unistd::dup(node.net())?;
    nix::fcntl::fcntl(&net, nix::fcntl::F_SETFD(nix::fcntl::FdFlag::empty()))?;
    let net = net.as_raw_fd();
    ip(switch, &format!("link add {port} type veth peer name {name} address {mac} netns /proc/self/fd/{net}"))?;
    ip(switch, &format!("link set {port} master {bridge} up"))?;
    set_up(node, "lo", true)?;
    set_up(node, name, true)
}

/// Gives an interface an address.
pub(crate) fn add_address(node: &Space, name: &str, address: Ipv4Net) -> io::Result<()> {
    ip(node, &format!("addr add {address} brd + dev {name}"))
}

/// Takes an address from an interface.
pub(crate) fn remove_address(node: &Space, name: &str, address: Ipv4Net) -> io::Result<()> {
    ip(node, &format!("addr del {address} dev {name}"))
}

/// Sets an interface administratively up or down.
pub(crate) fn set_up(space: &Space, name: &str, up: bool) -> io::Result<()> {
    ip(space, &format!("link set {name} {}", if up { "up" } else { "down" }))
}
