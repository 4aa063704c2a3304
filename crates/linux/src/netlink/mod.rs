//! Netlink: asking the kernel for links, addresses, routes and rules, changing them, hearing of changes.
//!
//! [`Socket`] asks and changes; [`Monitor`] hears. Both parse only what is used: an unknown
//! attribute is skipped, a damaged one costs that attribute and never the message.
mod address;
pub(crate) mod connector;
mod encap;
mod error;
mod executor;
pub(crate) mod genl;
mod ip;
mod link;
mod monitor;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod policy_tests;
mod route;
mod rule;
mod socket;
#[cfg(test)]
mod tests;
mod tlv;
mod transport;
mod vmac;

pub use address::{Address, PROTOCOL};
pub use error::Error;
pub use link::{Link, VethEnd};
pub use monitor::{Fact, Monitor};
pub(crate) use socket::Dump;
pub use socket::Socket;
pub use tlv::{Attr, Attrs, Message};
pub use vmac::{Ipv4Setting, IpvlanMode, Upper};

/// Values of `linux/netlink.h` and `linux/rtnetlink.h` that `libc` has with other types or not
/// at all.
pub(crate) mod uapi {
    pub(crate) const NLM_F_REQUEST: u16 = 0x001;
    pub(crate) const NLM_F_ACK: u16 = 0x004;
    pub(crate) const NLM_F_DUMP_INTR: u16 = 0x010;
    pub(crate) const NLM_F_CAPPED: u16 = 0x100;
    pub(crate) const NLM_F_ACK_TLVS: u16 = 0x200;
    pub(crate) const NLM_F_DUMP: u16 = 0x300;
    pub(crate) const NLM_F_EXCL: u16 = 0x200;
    pub(crate) const NLM_F_CREATE: u16 = 0x400;
    pub(crate) const NLM_F_APPEND: u16 = 0x800;
    pub(crate) const NLMSG_ERROR: u16 = 2;
    pub(crate) const NLMSG_DONE: u16 = 3;
    pub(crate) const NLMSGERR_ATTR_MSG: u16 = 1;
    pub(crate) const RTM_NEWLINK: u16 = 16;
    pub(crate) const RTM_DELLINK: u16 = 17;
    pub(crate) const RTM_GETLINK: u16 = 18;
    pub(crate) const RTM_NEWADDR: u16 = 20;
    pub(crate) const RTM_DELADDR: u16 = 21;
    pub(crate) const RTM_GETADDR: u16 = 22;
    pub(crate) const RTM_NEWROUTE: u16 = 24;
    pub(crate) const RTM_DELROUTE: u16 = 25;
    pub(crate) const RTM_GETROUTE: u16 = 26;
    pub(crate) const RTM_NEWRULE: u16 = 32;
    pub(crate) const RTM_DELRULE: u16 = 33;
    pub(crate) const RTM_GETRULE: u16 = 34;
    pub(crate) const RTNLGRP_LINK: i32 = 1;
    pub(crate) const RTNLGRP_IPV4_IFADDR: i32 = 5;
    pub(crate) const RTNLGRP_IPV4_ROUTE: i32 = 7;
    pub(crate) const RTNLGRP_IPV4_RULE: i32 = 8;
    pub(crate) const RTNLGRP_IPV6_IFADDR: i32 = 9;
    pub(crate) const RTNLGRP_IPV6_ROUTE: i32 = 11;
    pub(crate) const RTNLGRP_IPV6_RULE: i32 = 19;
}
