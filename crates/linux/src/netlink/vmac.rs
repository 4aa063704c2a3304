//! Interfaces on top of others, as `use_vmac` and `use_ipvlan` make them, and their settings.
use super::error::Error;
use super::link::{IFLA_ADDRESS, IFLA_IFNAME, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_LINK};
use super::link::{IFLA_LINKINFO, IFLA_MASTER, change, header, new_link};
use super::socket::Socket;
use super::tlv::{Attrs, Message, number};
use super::uapi;
use nix::errno::Errno;
use wire::MacAddr;

const IFLA_AF_SPEC: u16 = 26;
const IFLA_GROUP: u16 = 27;
const IFLA_MACVLAN_MODE: u16 = 1;
const MACVLAN_MODE_PRIVATE: u32 = 1;
const IFLA_IPVLAN_MODE: u16 = 1;
const IFLA_IPVLAN_FLAGS: u16 = 2;
const IPVLAN_MODE_L2: u16 = 0;
const IFLA_INET_CONF: u16 = 1;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// What an interface on top of another is to be.
#[derive(Debug, Clone, Copy)]
pub struct Upper<'a> {
    /// Name, at most 15 octets.
    pub name: &'a str,
    /// Index of the interface below.
    pub parent: u32,
    /// Interface group; `None`: the default group, 0.
    pub group: Option<u32>,
    /// The VRF that it shall belong to.
    pub master: Option<u32>,
}

/// How interfaces over the same parent see each other (`IPVLAN_F_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpvlanMode {
    /// Directly.
    Bridge,
    /// Not at all.
    Private,
    /// By way of the switch outside.
    Vepa,
}

/// IPv4 settings of an interface (`net.ipv4.conf.IF.*`), numbered as netlink does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Ipv4Setting {
    /// `forwarding`
    Forwarding = 1,
    /// `rp_filter`
    RpFilter = 8,
    /// `arp_filter`
    ArpFilter = 13,
    /// `arp_ignore`
    ArpIgnore = 19,
    /// `promote_secondaries`
    PromoteSecondaries = 20,
    /// `accept_local`
    AcceptLocal = 23,
}

impl Socket {
    /// Makes a macvlan with this hardware address, in the mode in which it neither talks to its
    /// siblings nor to the parent. It is down.
    pub fn create_macvlan(&mut self, upper: &Upper<'_>, mac: MacAddr) -> Result<(), Error> {
        self.request(macvlan_message(upper, mac))
    }

    /// Makes an ipvlan, layer 2. It is down and shares the parent's hardware address.
    pub fn create_ipvlan(&mut self, upper: &Upper<'_>, mode: IpvlanMode) -> Result<(), Error> {
        self.request(ipvlan_message(upper, mode))
    }

    /// Whether the interface gives itself an IPv6 link-local address when it comes up.
    pub fn set_address_generation(&mut self, index: u32, on: bool) -> Result<(), Error> {
        self.request(change(index).nest(IFLA_AF_SPEC, |spec| {
            spec.nest(AF_INET6, |inner| {
                inner.attr(IFLA_INET6_ADDR_GEN_MODE, &[u8::from(!on)])
            })
        }))
    }

    /// Puts an interface into a group. The kernel tells everybody of the interface, also when it is
    /// in that group already.
    pub fn set_group(&mut self, index: u32, group: u32) -> Result<(), Error> {
        self.request(change(index).attr_u32(IFLA_GROUP, group))
    }

    /// Changes IPv4 settings of an interface, all or none. Needs no writable `/proc/sys`, which
    /// containers rarely have.
    pub fn set_ipv4(&mut self, index: u32, all: &[(Ipv4Setting, u32)]) -> Result<(), Error> {
        self.request(change(index).nest(IFLA_AF_SPEC, |spec| {
            spec.nest(AF_INET, |inner| {
                inner.nest(IFLA_INET_CONF, |list| {
                    all.iter().fold(list, |list, (setting, value)| {
                        list.attr_u32(*setting as u16, *value)
                    })
                })
            })
        }))
    }

    /// An IPv4 setting of an interface; `None` when the interface has no IPv4.
    pub fn ipv4(&mut self, index: u32, setting: Ipv4Setting) -> Result<Option<u32>, Error> {
        let request = Message::new(uapi::RTM_GETLINK, 0, &header(index, 0, 0));
        let mut found = None;
        self.exchange(request, |_, payload| found = parse_ipv4(payload, setting))?;
        Ok(found)
    }

    /// Whether this kernel can make interfaces of this kind (`macvlan`, `ipvlan` …), loading what
    /// it takes.
    pub fn supports(&mut self, kind: &str) -> Result<bool, Error> {
        // Without a parent it is refused in any case, but for another reason.
        let message = new_link()
            .attr_text(IFLA_IFNAME, "probe")
            .nest(IFLA_LINKINFO, |info| info.attr_text(IFLA_INFO_KIND, kind));
        match self.request(message) {
            Err(why) if why.is(Errno::EOPNOTSUPP) => Ok(false),
            Err(why) if why.is(Errno::EPERM) => Err(why),
            Err(_) => Ok(true),
            Ok(()) => {
                let made = self.link("probe")?;
                made.map_or(Ok(()), |link| self.delete_link(link.index))?;
                Ok(true)
            }
        }
    }
}

pub(super) fn macvlan_message(upper: &Upper<'_>, mac: MacAddr) -> Message {
    describe(upper)
        .attr(IFLA_ADDRESS, &mac.0)
        .nest(IFLA_LINKINFO, |info| {
            info.attr_text(IFLA_INFO_KIND, "macvlan")
                .nest(IFLA_INFO_DATA, |data| {
                    data.attr_u32(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE)
                })
        })
}

pub(super) fn ipvlan_message(upper: &Upper<'_>, mode: IpvlanMode) -> Message {
    let flags: u16 = match mode {
        IpvlanMode::Bridge => 0,
        IpvlanMode::Private => 1,
        IpvlanMode::Vepa => 2,
    };
    describe(upper).nest(IFLA_LINKINFO, |info| {
        info.attr_text(IFLA_INFO_KIND, "ipvlan")
            .nest(IFLA_INFO_DATA, |data| {
                data.attr(IFLA_IPVLAN_MODE, &IPVLAN_MODE_L2.to_ne_bytes())
                    .attr(IFLA_IPVLAN_FLAGS, &flags.to_ne_bytes())
            })
    })
}

fn describe(upper: &Upper<'_>) -> Message {
    new_link()
        .attr_text(IFLA_IFNAME, upper.name)
        .attr_u32(IFLA_LINK, upper.parent)
        .attr_if(IFLA_GROUP, upper.group.map(u32::to_ne_bytes))
        .attr_if(IFLA_MASTER, upper.master.map(u32::to_ne_bytes))
}

/// The settings are an array of 32-bit numbers whose first has number 1.
fn parse_ipv4(payload: &[u8], setting: Ipv4Setting) -> Option<u32> {
    let spec = Attrs::after(payload, size_of_val(&header(0, 0, 0))).find_kind(IFLA_AF_SPEC)?;
    let list = spec
        .nested()
        .find_kind(AF_INET)?
        .nested()
        .find_kind(IFLA_INET_CONF)?;
    number(list.payload, (usize::from(setting as u16) - 1) * 4).map(u32::from_ne_bytes)
}

/// Whether a message of this payload is about a private macvlan: one of ours, maybe.
pub(super) fn is_private_macvlan(info: &Attrs<'_>) -> bool {
    let kind = info
        .find_kind(IFLA_INFO_KIND)
        .is_some_and(|kind| kind.text() == "macvlan");
    let data = info.find_kind(IFLA_INFO_DATA).map(super::tlv::Attr::nested);
    let mode = data.and_then(|data| data.find_kind(IFLA_MACVLAN_MODE)?.u32());
    kind && mode == Some(MACVLAN_MODE_PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::Link;
    use crate::netlink::tests::{in_namespace, pair};
    use crate::sysctl;

    const MAC: MacAddr = MacAddr([0, 0, 0x5e, 0, 1, 51]);

    fn make(socket: &mut Socket, parent: &Link) -> Link {
        let upper = Upper {
            name: "vrrp.51",
            parent: parent.index,
            group: Some(7),
            master: None,
        };
        socket.create_macvlan(&upper, MAC).unwrap();
        socket.link("vrrp.51").unwrap().unwrap()
    }

    #[test]
    fn a_vmac_is_made_and_known_again() {
        in_namespace(|| {
            let (mut socket, parent) = pair();
            assert!(!parent.private_macvlan);
            let vmac = make(&mut socket, &parent);
            assert_eq!(
                (vmac.mac, vmac.lower, vmac.group),
                (Some(MAC), Some(parent.index), 7)
            );
            assert!(vmac.private_macvlan && !vmac.is_up());
            assert_eq!(vmac.kind.as_deref(), Some("macvlan"));
            socket.set_address_generation(vmac.index, false).unwrap();
            socket.set_up(vmac.index, true).unwrap();
            let vmac = socket.link("vrrp.51").unwrap().unwrap();
            assert!(vmac.is_up() && vmac.is_lower_up());
            // Without address generation no link-local address appears, not even later.
            let all = socket.addresses().unwrap();
            assert!(all.iter().all(|address| address.key.link != vmac.index));
            socket.set_up(parent.index, false).unwrap();
            assert!(!socket.link("vrrp.51").unwrap().unwrap().is_lower_up());
        });
    }

    #[test]
    fn ipv4_settings_are_those_of_proc_sys() {
        in_namespace(|| {
            let (mut socket, parent) = pair();
            let vmac = make(&mut socket, &parent);
            let all = [
                (Ipv4Setting::ArpIgnore, "arp_ignore", 1),
                (Ipv4Setting::ArpFilter, "arp_filter", 1),
                (Ipv4Setting::AcceptLocal, "accept_local", 1),
                (Ipv4Setting::RpFilter, "rp_filter", 2),
                (Ipv4Setting::PromoteSecondaries, "promote_secondaries", 1),
                (Ipv4Setting::Forwarding, "forwarding", 1),
            ];
            let file = |name| format!("net/ipv4/conf/vrrp.51/{name}");
            for (setting, name, value) in all {
                let before = sysctl::get(&file(name)).unwrap().parse().ok();
                assert_eq!(socket.ipv4(vmac.index, setting).unwrap(), before, "{name}");
                socket.set_ipv4(vmac.index, &[(setting, value)]).unwrap();
                assert_eq!(
                    sysctl::get(&file(name)).unwrap(),
                    value.to_string(),
                    "{name}"
                );
                assert_eq!(
                    socket.ipv4(vmac.index, setting).unwrap(),
                    Some(value),
                    "{name}"
                );
            }
        });
    }

    #[test]
    fn what_the_kernel_can_make_is_found_out() {
        in_namespace(|| {
            let mut socket = Socket::route().unwrap();
            assert!(socket.supports("macvlan").unwrap());
            assert!(socket.supports("veth").unwrap());
            assert!(!socket.supports("no-such-kind").unwrap());
            assert!(socket.links().unwrap().iter().all(Link::is_loopback));
        });
    }
}
