//! Policy routing rules.
use super::error::Error;
use super::ip::{INET, INET6, family, family_number, octets, parse_network};
use super::socket::{Dump, Socket};
use super::tlv::{Attr, Attrs, Message, number};
use super::uapi;
use ledger::{Action, Rule};

const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_FLOW: u16 = 11;
const FRA_TUN_ID: u16 = 12;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;
const FR_ACT_TO_TBL: u8 = 1;
const FR_ACT_GOTO: u8 = 2;
const FR_ACT_NOP: u8 = 3;
const FR_ACT_BLACKHOLE: u8 = 6;
const FR_ACT_UNREACHABLE: u8 = 7;
const FR_ACT_PROHIBIT: u8 = 8;
const FIB_RULE_INVERT: u32 = 2;
/// How the kernel writes "not set".
const NONE: u32 = u32::MAX;
/// Size of `struct fib_rule_hdr`.
const HEADER: usize = 12;

/// `RTM_NEWRULE`; an equal rule that is there makes it fail.
pub(super) fn add_message(rule: &Rule) -> Message {
    describe(
        uapi::RTM_NEWRULE,
        uapi::NLM_F_CREATE | uapi::NLM_F_EXCL,
        rule,
    )
}

/// `RTM_DELRULE` for the same rule.
pub(super) fn delete_message(rule: &Rule) -> Message {
    describe(uapi::RTM_DELRULE, 0, rule)
}

fn describe(kind: u16, flags: u16, rule: &Rule) -> Message {
    let length = |prefix: Option<wire::Prefix>| prefix.map_or(0, |prefix| prefix.prefix_len());
    let invert = if rule.not { FIB_RULE_INVERT } else { 0 };
    let [a, b, c, d] = invert.to_ne_bytes();
    let (to, from) = (length(rule.to), length(rule.from));
    let family = family_number(rule.family);
    let header = [
        family,
        to,
        from,
        rule.tos,
        0,
        0,
        0,
        action(rule.action),
        a,
        b,
        c,
        d,
    ];
    let network = |prefix: wire::Prefix| octets(prefix.trunc().addr());
    let ports = |(low, high): (u16, u16)| [low.to_ne_bytes(), high.to_ne_bytes()].concat();
    let users = |(low, high): (u32, u32)| [low.to_ne_bytes(), high.to_ne_bytes()].concat();
    let message = Message::new(kind, flags, &header)
        .attr_if(FRA_DST, rule.to.map(network))
        .attr_if(FRA_SRC, rule.from.map(network))
        .attr_u32(FRA_PRIORITY, rule.priority)
        .attr_if(FRA_IIFNAME, rule.iif.as_deref().map(text))
        .attr_if(FRA_OIFNAME, rule.oif.as_deref().map(text))
        .attr_if(FRA_FWMARK, rule.mark.map(|(mark, _)| mark.to_ne_bytes()))
        .attr_if(FRA_FWMASK, rule.mark.map(|(_, mask)| mask.to_ne_bytes()))
        .attr_if(FRA_FLOW, rule.realms.map(u32::to_ne_bytes))
        .attr_if(FRA_TUN_ID, rule.tunnel.map(u64::to_be_bytes))
        .attr_if(
            FRA_SUPPRESS_IFGROUP,
            rule.suppress_group.map(u32::to_ne_bytes),
        )
        .attr_if(
            FRA_SUPPRESS_PREFIXLEN,
            rule.suppress_prefix.map(u32::to_ne_bytes),
        )
        .attr_if(FRA_UID_RANGE, rule.users.map(users))
        .attr_if(FRA_IP_PROTO, rule.ip_protocol.map(|protocol| [protocol]))
        .attr_if(FRA_SPORT_RANGE, rule.source_ports.map(ports))
        .attr_if(FRA_DPORT_RANGE, rule.destination_ports.map(ports))
        .attr(FRA_PROTOCOL, &[rule.protocol]);
    match rule.action {
        Action::Table(table) => message.attr_u32(FRA_TABLE, table),
        Action::Goto(priority) => message.attr_u32(FRA_GOTO, priority),
        Action::L3mdev => message.attr(FRA_L3MDEV, &[1]),
        _ => message,
    }
}

const fn action(action: Action) -> u8 {
    match action {
        Action::Table(_) | Action::L3mdev => FR_ACT_TO_TBL,
        Action::Goto(_) => FR_ACT_GOTO,
        Action::Nop => FR_ACT_NOP,
        Action::Blackhole => FR_ACT_BLACKHOLE,
        Action::Unreachable => FR_ACT_UNREACHABLE,
        Action::Prohibit => FR_ACT_PROHIBIT,
    }
}

fn text(name: &str) -> Vec<u8> {
    [name.as_bytes(), &[0]].concat()
}

/// Out of `RTM_NEWRULE` or `RTM_DELRULE`. `None` for other families and actions.
pub(super) fn parse(payload: &[u8]) -> Option<Rule> {
    let [number_of_family, to, from, tos, table, _, _, action] = number(payload, 0)?;
    let flags = u32::from_ne_bytes(number(payload, 8)?);
    let family = family(number_of_family)?;
    let attrs = Attrs::after(payload, HEADER);
    let value = |kind| attrs.find_kind(kind).and_then(Attr::u32);
    let octet = |kind| attrs.find_kind(kind).and_then(Attr::u8);
    let name = |kind| attrs.find_kind(kind).map(Attr::text);
    let network = |kind, length: u8| {
        let attr = attrs.find_kind(kind).filter(|_| length > 0)?;
        parse_network(number_of_family, Some(attr), length)
    };
    let l3mdev = octet(FRA_L3MDEV).is_some_and(|on| on != 0);
    let table = value(FRA_TABLE).unwrap_or(table.into());
    let action = match action {
        FR_ACT_TO_TBL if l3mdev => Action::L3mdev,
        FR_ACT_TO_TBL => Action::Table(table),
        FR_ACT_GOTO => Action::Goto(value(FRA_GOTO)?),
        FR_ACT_NOP => Action::Nop,
        FR_ACT_BLACKHOLE => Action::Blackhole,
        FR_ACT_UNREACHABLE => Action::Unreachable,
        FR_ACT_PROHIBIT => Action::Prohibit,
        _ => return None,
    };
    let tunnel = attrs
        .find_kind(FRA_TUN_ID)
        .and_then(|attr| number(attr.payload, 0));
    Some(Rule {
        family,
        priority: value(FRA_PRIORITY).unwrap_or(0),
        action,
        not: flags & FIB_RULE_INVERT != 0,
        from: network(FRA_SRC, from),
        to: network(FRA_DST, to),
        tos,
        mark: value(FRA_FWMARK).zip(value(FRA_FWMASK)),
        iif: name(FRA_IIFNAME),
        oif: name(FRA_OIFNAME),
        tunnel: tunnel.map(u64::from_be_bytes),
        users: attrs.find_kind(FRA_UID_RANGE).and_then(parse_users),
        ip_protocol: octet(FRA_IP_PROTO),
        source_ports: attrs.find_kind(FRA_SPORT_RANGE).and_then(parse_ports),
        destination_ports: attrs.find_kind(FRA_DPORT_RANGE).and_then(parse_ports),
        realms: value(FRA_FLOW),
        suppress_prefix: value(FRA_SUPPRESS_PREFIXLEN).filter(|length| *length != NONE),
        suppress_group: value(FRA_SUPPRESS_IFGROUP).filter(|group| *group != NONE),
        protocol: octet(FRA_PROTOCOL).unwrap_or(0),
    })
}

fn parse_users(attr: Attr<'_>) -> Option<(u32, u32)> {
    let low = u32::from_ne_bytes(number(attr.payload, 0)?);
    Some((low, u32::from_ne_bytes(number(attr.payload, 4)?)))
}

fn parse_ports(attr: Attr<'_>) -> Option<(u16, u16)> {
    let [a, b, c, d] = number(attr.payload, 0)?;
    Some((u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d])))
}

impl Socket {
    /// All rules of both families.
    pub fn rules(&mut self) -> Result<Vec<Rule>, Error> {
        let mut rules = Vec::new();
        for family in [INET, INET6] {
            let header = [family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            let request = Message::new(uapi::RTM_GETRULE, 0, &header);
            let before = rules.len();
            self.dump(&request, |part| match part {
                Dump::Restart => rules.truncate(before),
                Dump::Object(payload) => rules.extend(parse(payload)),
            })?;
        }
        Ok(rules)
    }
}
