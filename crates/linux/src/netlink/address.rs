//! Addresses on interfaces.
use super::error::Error;
use super::ip::{family_of, octets, parse_ip};
use super::socket::{Dump, Socket};
use super::tlv::{Attr, Attrs, Message, number};
use super::uapi;
use ledger::{AddressKey, AddressSpec};
use nix::errno::Errno;
use std::net::{IpAddr, Ipv4Addr};
use wire::Prefix;

/// What we tag our addresses with: `RTPROT_KEEPALIVED`.
pub const PROTOCOL: u8 = 18;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_BROADCAST: u16 = 4;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;

const IFA_F_SECONDARY: u32 = 0x01;
const IFA_F_DADFAILED: u32 = 0x08;
const IFA_F_DEPRECATED: u32 = 0x20;
const IFA_F_TENTATIVE: u32 = 0x40;
/// nodad, home address, managetempaddr, noprefixroute, mcautojoin: what one asks for, as
/// opposed to what the kernel reports.
const ASKED_FLAGS: u32 = 0x02 | 0x10 | 0x100 | 0x200 | 0x400;
const FOREVER: u32 = u32::MAX;
/// Size of `struct ifaddrmsg`.
const HEADER: usize = 8;

/// An address as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What identifies it.
    pub key: AddressKey,
    /// How it was put there. The label is the interface's name when none was given.
    pub spec: AddressSpec,
    /// Who put it there (`IFA_PROTO`; 0 unknown, 18 a keepalived).
    pub protocol: u8,
    /// All `IFA_F_*` bits.
    pub flags: u32,
}

impl Address {
    /// Another address of the same network came first (IPv4).
    pub fn is_secondary(&self) -> bool {
        self.key.prefix.addr().is_ipv4() && self.flags & IFA_F_SECONDARY != 0
    }

    /// Duplicate address detection has not finished (IPv6): it cannot be sent from yet.
    pub const fn is_tentative(&self) -> bool {
        self.flags & IFA_F_TENTATIVE != 0
    }

    /// Duplicate address detection found another owner (IPv6).
    pub const fn is_duplicate(&self) -> bool {
        self.flags & IFA_F_DADFAILED != 0
    }

    /// Out of `RTM_NEWADDR` or `RTM_DELADDR`. `None` for families other than IP and for
    /// messages without an address.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let [family, length, flags, scope] = number(payload, 0)?;
        let link = u32::from_ne_bytes(number(payload, 4)?);
        let attrs = Attrs::after(payload, HEADER);
        let ip = |kind| {
            attrs
                .find_kind(kind)
                .and_then(|attr| parse_ip(family, attr))
        };
        let address = ip(IFA_ADDRESS).or_else(|| ip(IFA_LOCAL))?;
        let local = ip(IFA_LOCAL).unwrap_or(address);
        let prefix = Prefix::new(local, length).ok()?;
        let flags = attrs
            .find_kind(IFA_FLAGS)
            .and_then(Attr::u32)
            .unwrap_or(flags.into());
        let broadcast = ip(IFA_BROADCAST).and_then(|ip| match ip {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        });
        let spec = AddressSpec {
            label: attrs.find_kind(IFA_LABEL).map(Attr::text),
            scope,
            broadcast,
            flags: flags & ASKED_FLAGS,
            preferred: preferred(flags, &attrs),
        };
        let protocol = attrs.find_kind(IFA_PROTO).and_then(Attr::u8).unwrap_or(0);
        let peer = (local != address).then_some(address);
        Some(Address {
            key: AddressKey { link, prefix, peer },
            spec,
            protocol,
            flags,
        })
    }
}

/// For a permanent IPv4 address the kernel reports "for ever" and only the flag says otherwise.
fn preferred(flags: u32, attrs: &Attrs<'_>) -> Option<u32> {
    if flags & IFA_F_DEPRECATED != 0 {
        return Some(0);
    }
    let seconds = attrs.find_kind(IFA_CACHEINFO).and_then(Attr::u32);
    seconds.filter(|seconds| *seconds != FOREVER)
}

impl Socket {
    /// All addresses of the namespace, both families.
    pub fn addresses(&mut self) -> Result<Vec<Address>, Error> {
        let request = Message::new(uapi::RTM_GETADDR, 0, &[0; HEADER]);
        let mut addresses = Vec::new();
        self.dump(&request, |part| match part {
            Dump::Restart => addresses.clear(),
            Dump::Object(payload) => addresses.extend(Address::parse(payload)),
        })?;
        Ok(addresses)
    }

    /// Puts an address on an interface, tagged as ours where the kernel can.
    ///
    /// # Errors
    /// `EEXIST` when it is there already, `ENODEV` without the interface.
    pub fn add_address(&mut self, key: &AddressKey, spec: &AddressSpec) -> Result<(), Error> {
        let mut answer = self.request(add_message(key, spec, self.tag()));
        self.retry_untagged(key, spec, &mut answer);
        answer
    }

    /// The tag for new addresses, if the kernel takes one.
    pub(super) fn tag(&self) -> Option<u8> {
        self.tags_addresses.then_some(PROTOCOL)
    }

    /// Kernels before 5.18 do not know the tag; those that refuse what they do not know are asked
    /// again without.
    pub(super) fn retry_untagged(
        &mut self,
        key: &AddressKey,
        spec: &AddressSpec,
        answer: &mut Result<(), Error>,
    ) {
        let refused = |why: &Error| why.is(Errno::EINVAL) || why.is(Errno::EOPNOTSUPP);
        if self.tags_addresses
            && answer.as_ref().is_err_and(refused)
            && self.request(add_message(key, spec, None)).is_ok()
        {
            self.tags_addresses = false;
            *answer = Ok(());
        }
    }

    /// Takes an address away.
    ///
    /// # Errors
    /// `EADDRNOTAVAIL` when it is not there, `ENODEV` without the interface.
    pub fn delete_address(&mut self, key: &AddressKey) -> Result<(), Error> {
        self.request(delete_message(key))
    }
}

/// `struct ifaddrmsg`.
fn header(key: &AddressKey, scope: u8, flags: u32) -> [u8; HEADER] {
    let family = family_of(key.prefix.addr());
    let [a, b, c, d] = key.link.to_ne_bytes();
    let [.., low] = flags.to_be_bytes();
    [family, key.prefix.prefix_len(), low, scope, a, b, c, d]
}

fn identity(message: Message, key: &AddressKey) -> Message {
    let local = key.prefix.addr();
    message
        .attr(IFA_LOCAL, &octets(local))
        .attr(IFA_ADDRESS, &octets(key.peer.unwrap_or(local)))
}

pub(super) fn add_message(key: &AddressKey, spec: &AddressSpec, tag: Option<u8>) -> Message {
    let flags = uapi::NLM_F_CREATE | uapi::NLM_F_EXCL;
    let message = Message::new(
        uapi::RTM_NEWADDR,
        flags,
        &header(key, spec.scope, spec.flags),
    );
    let mut message = identity(message, key)
        .attr_if(IFA_BROADCAST, spec.broadcast.as_ref().map(Ipv4Addr::octets));
    if let Some(label) = &spec.label {
        message = message.attr_text(IFA_LABEL, label);
    }
    if spec.flags != 0 {
        message = message.attr_u32(IFA_FLAGS, spec.flags);
    }
    if let Some(preferred) = spec.preferred {
        // struct ifa_cacheinfo: preferred, valid, and two stamps that only the kernel sets.
        let mut lifetimes = [0; 16];
        lifetimes[..4].copy_from_slice(&preferred.to_ne_bytes());
        lifetimes[4..8].copy_from_slice(&FOREVER.to_ne_bytes());
        message = message.attr(IFA_CACHEINFO, &lifetimes);
    }
    message.attr_if(IFA_PROTO, tag.map(|tag| [tag]))
}

pub(super) fn delete_message(key: &AddressKey) -> Message {
    identity(Message::new(uapi::RTM_DELADDR, 0, &header(key, 0, 0)), key)
}
