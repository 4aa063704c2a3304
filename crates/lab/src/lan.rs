//! A bridge with nodes on it.
use crate::record::{self, Ports, Recorder};
use crate::space::Space;
use crate::timeline::{Stamp, Timeline};
use crate::{link, monitor};
use ipnet::Ipv4Net;
use serde_json::Value;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError};
use wire::MacAddr;

/// Each node's only interface.
pub const INTERFACE: &str = "eth0";
const BRIDGE: &str = "br0";

/// One Ethernet: a bridge in a namespace of its own, recorded on every port.
#[derive(Debug)]
pub struct Lan {
    switch: Arc<Space>,
    ports: Ports,
    timeline: Timeline,
    _recorder: Recorder,
}

impl Lan {
    /// An empty LAN. Needs root, if only in a user namespace.
    pub fn new() -> io::Result<Self> {
        let switch = Space::new("switch")?;
        link::bridge(&switch, BRIDGE)?;
        let (ports, timeline) = (Ports::default(), Timeline::default());
        let recorder = record::start(&switch, Arc::clone(&ports), timeline.clone())?;
        Ok(Self {
            switch: Arc::new(switch),
            ports,
            timeline,
            _recorder: recorder,
        })
    }

    /// Plugs in a new node whose interface `eth0` has this address. The hardware address follows
    /// from the order, so that two runs of the same scenario give the same frames.
    pub fn node(&self, name: &str, address: Ipv4Net) -> io::Result<Node> {
        let space = Space::new(name)?;
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        let number = u8::try_from(ports.len() + 1).map_err(io::Error::other)?;
        let port = format!("port{number}");
        let mac = MacAddr([2, 0, 0, 0, 0, number]);
        let index = link::cable(&self.switch, &port, BRIDGE, &space, INTERFACE, mac)?;
        link::add_address(&space, INTERFACE, address)?;
        ports.insert(
            usize::try_from(index).map_err(io::Error::other)?,
            name.to_owned(),
        );
        let monitor = monitor::start(&space, name, self.timeline.clone())?;
        let (switch, timeline) = (Arc::clone(&self.switch), self.timeline.clone());
        Ok(Node {
            name: name.to_owned(),
            address,
            mac,
            port,
            switch,
            timeline,
            monitor,
            space,
        })
    }

    /// What happened so far.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }
}

/// A machine on the LAN.
#[derive(Debug)]
pub struct Node {
    /// Its host name.
    pub name: String,
    /// The address of its own.
    pub address: Ipv4Net,
    /// Hardware address of its interface.
    pub mac: MacAddr,
    port: String,
    switch: Arc<Space>,
    timeline: Timeline,
    monitor: monitor::Monitor,
    /// Where its processes live.
    pub space: Space,
}

impl Node {
    /// Pulls the cable out of the bridge (the node loses carrier), or plugs it in again.
    pub fn cable(&self, plugged: bool) -> io::Result<Stamp> {
        let at = self.timeline.mark(
            &self.name,
            if plugged {
                "cable plugged in"
            } else {
                "cable pulled"
            },
        );
        link::set_up(&self.switch, &self.port, plugged)?;
        Ok(at)
    }

    /// Sets the node's interface administratively down or up.
    pub fn interface(&self, up: bool) -> io::Result<Stamp> {
        let at = self.timeline.mark(
            &self.name,
            if up {
                "interface set up"
            } else {
                "interface set down"
            },
        );
        link::set_up(&self.space, INTERFACE, up)?;
        Ok(at)
    }

    /// Adds an address behind the daemon's back.
    pub fn add_address(&self, address: Ipv4Net) -> io::Result<()> {
        link::add_address(&self.space, INTERFACE, address)
    }

    /// Removes an address behind the daemon's back.
    pub fn remove_address(&self, address: Ipv4Net) -> io::Result<()> {
        link::remove_address(&self.space, INTERFACE, address)
    }

    /// How often the node's kernel told of a change of an interface, address, route or rule so
    /// far: writes that change nothing are not told.
    pub fn kernel_changes(&self) -> u64 {
        self.monitor.told()
    }

    /// `ip -j addr show dev eth0`: what an administrator or a script sees.
    pub fn ip_addr(&self) -> io::Result<Value> {
        let text = self
            .space
            .output("ip", &["-j", "addr", "show", "dev", INTERFACE])?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Whether the interface carries the address, with the label when one is asked for.
    pub fn holds(&self, address: Ipv4Addr, label: Option<&str>) -> io::Result<bool> {
        let shown = self.ip_addr()?;
        let local = Value::from(address.to_string());
        let infos = shown
            .pointer("/0/addr_info")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let fits = |info: &Value| {
            info.get("local") == Some(&local)
                && label.is_none_or(|l| info.get("label") == Some(&Value::from(l)))
        };
        Ok(infos.iter().any(fits))
    }
}
