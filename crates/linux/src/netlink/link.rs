//! Network interfaces.
use super::error::Error;
use super::socket::{Dump, Socket};
use super::tlv::{Attr, Attrs, Message, number};
use super::uapi;
use super::vmac::is_private_macvlan;
use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};
use wire::MacAddr;

const IFF_UP: u32 = 0x1;
const IFF_LOOPBACK: u32 = 0x8;
const IFF_RUNNING: u32 = 0x40;
const IFF_NOARP: u32 = 0x80;
const IFF_MULTICAST: u32 = 0x1000;
const IFF_LOWER_UP: u32 = 0x10000;

pub(super) const IFLA_ADDRESS: u16 = 1;
pub(super) const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
pub(super) const IFLA_LINK: u16 = 5;
pub(super) const IFLA_MASTER: u16 = 10;
pub(super) const IFLA_LINKINFO: u16 = 18;
const IFLA_GROUP: u16 = 27;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_EXT_MASK: u16 = 29;
pub(super) const IFLA_INFO_KIND: u16 = 1;
pub(super) const IFLA_INFO_DATA: u16 = 2;
const IFLA_BR_FORWARD_DELAY: u16 = 1;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const VETH_INFO_PEER: u16 = 1;
const IFLA_VRF_TABLE: u16 = 1;
/// Without counters: they make a dump three times as long.
const RTEXT_FILTER_SKIP_STATS: u32 = 8;
/// Size of `struct ifinfomsg`.
const HEADER: usize = 16;

/// An interface as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number, unique for the life of the namespace.
    pub index: u32,
    /// Its name, at most 15 octets.
    pub name: String,
    /// Hardware address; `None` when it has none or one that is not six octets long.
    pub mac: Option<MacAddr>,
    /// Largest packet, in octets.
    pub mtu: u32,
    /// `IFF_*` bits.
    pub flags: u32,
    /// Driver kind (`veth`, `bridge`, `macvlan` …); hardware has none.
    pub kind: Option<String>,
    /// The bridge, bond or VRF it belongs to.
    pub master: Option<u32>,
    /// Interface group.
    pub group: u32,
    /// A macvlan in private mode, as `use_vmac` makes them.
    pub private_macvlan: bool,
    /// The routing table of a VRF.
    pub vrf_table: Option<u32>,
    /// The interface it sits on (VLAN, macvlan) or is paired with (veth).
    pub lower: Option<u32>,
}

impl Link {
    /// The administrator wants it up.
    pub const fn is_up(&self) -> bool {
        self.flags & IFF_UP != 0
    }

    /// It can carry packets (`IFF_RUNNING`: operational state up or unknown).
    pub const fn is_running(&self) -> bool {
        self.flags & IFF_RUNNING != 0
    }

    /// The physical layer has a carrier.
    pub const fn is_lower_up(&self) -> bool {
        self.flags & IFF_LOWER_UP != 0
    }

    /// The loopback interface.
    pub const fn is_loopback(&self) -> bool {
        self.flags & IFF_LOOPBACK != 0
    }

    /// It takes multicast.
    pub const fn is_multicast(&self) -> bool {
        self.flags & IFF_MULTICAST != 0
    }

    /// Neighbours are found by ARP or ND.
    pub const fn is_arp(&self) -> bool {
        self.flags & IFF_NOARP == 0
    }

    /// Out of `RTM_NEWLINK` or `RTM_DELLINK`. `None` for messages that only look like it:
    /// those of another family (a bridge telling of its ports) and those without a name.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        if *payload.first()? != 0 {
            return None;
        }
        let index = u32::from_ne_bytes(number(payload, 4)?);
        let flags = u32::from_ne_bytes(number(payload, 8)?);
        let attrs = Attrs::after(payload, HEADER);
        let info = attrs.find_kind(IFLA_LINKINFO);
        let value = |kind| attrs.find_kind(kind).and_then(Attr::u32);
        Some(Link {
            index,
            name: attrs.find_kind(IFLA_IFNAME)?.text(),
            mac: attrs
                .find_kind(IFLA_ADDRESS)
                .and_then(|a| a.payload.try_into().ok())
                .map(MacAddr),
            mtu: value(IFLA_MTU).unwrap_or(0),
            flags,
            kind: info
                .and_then(|a| a.nested().find_kind(IFLA_INFO_KIND))
                .map(Attr::text),
            master: value(IFLA_MASTER).filter(|index| *index != 0),
            group: value(IFLA_GROUP).unwrap_or(0),
            private_macvlan: info.is_some_and(|info| is_private_macvlan(&info.nested())),
            vrf_table: info.and_then(|info| vrf_table(&info.nested())),
            lower: value(IFLA_LINK).filter(|lower| *lower != 0 && *lower != index),
        })
    }
}

/// The table that a VRF looks its routes up in.
fn vrf_table(info: &Attrs<'_>) -> Option<u32> {
    let kind = info.find_kind(IFLA_INFO_KIND)?;
    let data = info.find_kind(IFLA_INFO_DATA)?.nested();
    let table = data.find_kind(IFLA_VRF_TABLE)?.u32();
    table.filter(|_| kind.text() == "vrf")
}

/// One end of a veth pair to be.
#[derive(Debug, Clone, Copy)]
pub struct VethEnd<'a> {
    /// Name, at most 15 octets.
    pub name: &'a str,
    /// Hardware address; `None`: the kernel draws one.
    pub mac: Option<MacAddr>,
    /// Where it is made; `None`: in the socket's namespace.
    pub namespace: Option<BorrowedFd<'a>>,
}

impl VethEnd<'_> {
    fn describe(&self, message: Message) -> Message {
        let namespace = self.namespace.map(|fd| fd.as_raw_fd().to_ne_bytes());
        message
            .attr_text(IFLA_IFNAME, self.name)
            .attr_if(IFLA_ADDRESS, self.mac.map(|mac| mac.0))
            .attr_if(IFLA_NET_NS_FD, namespace)
    }
}

impl Socket {
    /// All interfaces of the namespace.
    pub fn links(&mut self) -> Result<Vec<Link>, Error> {
        let request = Message::new(uapi::RTM_GETLINK, 0, &header(0, 0, 0))
            .attr_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        let mut links = Vec::new();
        self.dump(&request, |part| match part {
            Dump::Restart => links.clear(),
            Dump::Object(payload) => links.extend(Link::parse(payload)),
        })?;
        Ok(links)
    }

    /// The interface of this name; `None` when there is none.
    pub fn link(&mut self, name: &str) -> Result<Option<Link>, Error> {
        let request = Message::new(uapi::RTM_GETLINK, 0, &header(0, 0, 0))
            .attr_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
            .attr_text(IFLA_IFNAME, name);
        let mut found = None;
        match self.exchange(request, |_, payload| found = Link::parse(payload)) {
            Err(why) if why.is(Errno::ENODEV) => Ok(None),
            other => other.map(|()| found),
        }
    }

    /// Makes a veth pair; the namespaces of the two ends may differ.
    pub fn create_veth(&mut self, end: VethEnd<'_>, peer: VethEnd<'_>) -> Result<(), Error> {
        self.request(veth_message(end, peer))
    }

    /// Makes a bridge that behaves as a plain switch: it forwards at once (no forward delay)
    /// and floods multicast (no snooping).
    pub fn create_bridge(&mut self, name: &str) -> Result<(), Error> {
        self.request(bridge_message(name))
    }

    /// Removes an interface; for a veth its peer too.
    pub fn delete_link(&mut self, index: u32) -> Result<(), Error> {
        self.request(Message::new(uapi::RTM_DELLINK, 0, &header(index, 0, 0)))
    }

    /// Switches an interface on or off.
    pub fn set_up(&mut self, index: u32, up: bool) -> Result<(), Error> {
        let flags = if up { IFF_UP } else { 0 };
        self.request(Message::new(
            uapi::RTM_NEWLINK,
            0,
            &header(index, flags, IFF_UP),
        ))
    }

    /// Puts an interface into a bridge, bond or VRF, or takes it out.
    pub fn set_master(&mut self, index: u32, master: Option<u32>) -> Result<(), Error> {
        self.request(change(index).attr_u32(IFLA_MASTER, master.unwrap_or(0)))
    }

    /// Sets the hardware address.
    pub fn set_mac(&mut self, index: u32, mac: MacAddr) -> Result<(), Error> {
        self.request(change(index).attr(IFLA_ADDRESS, &mac.0))
    }

    /// Sets the largest packet, in octets.
    pub fn set_mtu(&mut self, index: u32, mtu: u32) -> Result<(), Error> {
        self.request(change(index).attr_u32(IFLA_MTU, mtu))
    }

    /// Gives an interface another name, at most 15 octets. Older kernels want it to be down.
    pub fn rename(&mut self, index: u32, name: &str) -> Result<(), Error> {
        self.request(change(index).attr_text(IFLA_IFNAME, name))
    }

    /// Moves an interface into another namespace. It arrives down, without addresses,
    /// and maybe with another index.
    pub fn move_to(&mut self, index: u32, namespace: BorrowedFd<'_>) -> Result<(), Error> {
        let fd = namespace.as_raw_fd().to_ne_bytes();
        self.request(change(index).attr(IFLA_NET_NS_FD, &fd))
    }
}

/// `struct ifinfomsg`.
pub(super) fn header(index: u32, flags: u32, mask: u32) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header[8..12].copy_from_slice(&flags.to_ne_bytes());
    header[12..].copy_from_slice(&mask.to_ne_bytes());
    header
}

pub(super) fn change(index: u32) -> Message {
    Message::new(uapi::RTM_NEWLINK, 0, &header(index, 0, 0))
}

pub(super) fn new_link() -> Message {
    Message::new(
        uapi::RTM_NEWLINK,
        uapi::NLM_F_CREATE | uapi::NLM_F_EXCL,
        &header(0, 0, 0),
    )
}

pub(super) fn bridge_message(name: &str) -> Message {
    new_link()
        .attr_text(IFLA_IFNAME, name)
        .nest(IFLA_LINKINFO, |info| {
            info.attr_text(IFLA_INFO_KIND, "bridge")
                .nest(IFLA_INFO_DATA, |data| {
                    data.attr_u32(IFLA_BR_FORWARD_DELAY, 0)
                        .attr(IFLA_BR_MCAST_SNOOPING, &[0])
                })
        })
}

pub(super) fn veth_message(end: VethEnd<'_>, peer: VethEnd<'_>) -> Message {
    end.describe(new_link()).nest(IFLA_LINKINFO, |info| {
        info.attr_text(IFLA_INFO_KIND, "veth")
            .nest(IFLA_INFO_DATA, |data| {
                data.nest_with(VETH_INFO_PEER, &header(0, 0, 0), |inner| {
                    peer.describe(inner)
                })
            })
    })
}
