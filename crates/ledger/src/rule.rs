//! Policy routing rules.
use serde::{Deserialize, Serialize};
use wire::{Family, Prefix};

/// What a rule does (`FR_ACT_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Looks into a table.
    Table(u32),
    /// Looks into the table of the VRF that the packet belongs to.
    L3mdev,
    /// Goes on at the rule with this priority.
    Goto(u32),
    /// Nothing.
    Nop,
    /// Drops silently.
    Blackhole,
    /// Drops with "network unreachable".
    Unreachable,
    /// Drops with "administratively prohibited".
    Prohibit,
}

/// A rule, all of which is its identity: the kernel refuses an equal one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Address family.
    pub family: Family,
    /// Order among the rules, the lowest first.
    pub priority: u32,
    /// What it does.
    pub action: Action,
    /// It is for packets that do *not* fit.
    pub not: bool,
    /// For packets from here.
    pub from: Option<Prefix>,
    /// For packets to there.
    pub to: Option<Prefix>,
    /// For this type of service.
    pub tos: u8,
    /// For packets with this mark, of which only the bits of the mask count.
    pub mark: Option<(u32, u32)>,
    /// For packets that come by this interface.
    pub iif: Option<String>,
    /// For packets of sockets bound to this interface.
    pub oif: Option<String>,
    /// For packets of this tunnel.
    pub tunnel: Option<u64>,
    /// For packets of these users, from and to.
    pub users: Option<(u32, u32)>,
    /// For this IP protocol.
    pub ip_protocol: Option<u8>,
    /// For these source ports, from and to.
    pub source_ports: Option<(u16, u16)>,
    /// For these destination ports, from and to.
    pub destination_ports: Option<(u16, u16)>,
    /// Realms, the first in the high half (IPv4).
    pub realms: Option<u32>,
    /// Ignores routes that are no longer than this.
    pub suppress_prefix: Option<u32>,
    /// Ignores routes by interfaces of this group.
    pub suppress_group: Option<u32>,
    /// Who put it there (18 keepalived).
    pub protocol: u8,
}

impl Rule {
    /// A rule for all packets, tagged as ours.
    pub const fn new(family: Family, priority: u32, action: Action) -> Self {
        Rule {
            family,
            priority,
            action,
            not: false,
            from: None,
            to: None,
            tos: 0,
            mark: None,
            iif: None,
            oif: None,
            tunnel: None,
            users: None,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
            realms: None,
            suppress_prefix: None,
            suppress_group: None,
            protocol: 18,
        }
    }

    /// As the kernel reports it: networks without host bits, and those of all addresses left out.
    #[must_use]
    pub fn normal(mut self) -> Self {
        let tidy = |prefix: Prefix| Some(prefix.trunc()).filter(|prefix| prefix.prefix_len() > 0);
        self.from = self.from.and_then(tidy);
        self.to = self.to.and_then(tidy);
        self
    }
}
