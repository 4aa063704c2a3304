//! Tables, chains, sets and rules as netlink writes them (`linux/netfilter/nf_tables.h`). All
//! numbers are in network order.
use crate::netlink::Message;

const SUBSYSTEM: u16 = 10;
const NLA_F_NESTED: u16 = 0x8000;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;
const NFT_MSG_NEWTABLE: u8 = 0;
const NFT_MSG_DELTABLE: u8 = 2;
const NFT_MSG_NEWCHAIN: u8 = 3;
const NFT_MSG_NEWRULE: u8 = 6;
const NFT_MSG_NEWSET: u8 = 9;
const NFT_MSG_NEWSETELEM: u8 = 12;
const NFT_MSG_DELSETELEM: u8 = 14;
const LIST_ELEM: u16 = 1;
const DATA_VALUE: u16 = 1;
/// Numbers of the types "interface index" and "mark" for the nft program.
const LINK_INDEX: u32 = 20;
const MARK: u32 = 19;

/// The address family that a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableFamily {
    Ip = 2,
    Ip6 = 10,
}

/// Where a table is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) family: TableFamily,
    pub(super) table: &'a str,
}

/// Places in the path of packets (`NF_INET_*`).
#[derive(Debug, Clone, Copy)]
pub(super) enum Hook {
    LocalIn = 1,
    LocalOut = 3,
}

/// A type of set elements: its number for the nft program, and its length in octets.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyType(u32, u32);

impl KeyType {
    pub(super) const IPV4: KeyType = KeyType(7, 4);
    pub(super) const IPV6: KeyType = KeyType(8, 16);
    pub(super) const LINK_INDEX: KeyType = KeyType(LINK_INDEX, 4);
    pub(super) const ICMPV6_TYPE: KeyType = KeyType(29, 1);
    pub(super) const LINK_NAME: KeyType = KeyType(41, 16);
    pub(super) const PORT: KeyType = KeyType(13, 2);
    pub(super) const MARK: KeyType = KeyType(MARK, 4);
}

/// A named set or map.
#[derive(Debug)]
pub(super) struct Set<'a> {
    pub(super) name: &'a str,
    /// One type, or several that are put together.
    pub(super) key: &'a [KeyType],
    /// What a map gives.
    pub(super) data: Option<KeyType>,
    pub(super) kind: SetKind,
    pub(super) elements: Vec<Element>,
}

/// What a set is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetKind {
    /// Elements that come and go.
    Plain,
    /// Its elements never change.
    Constant,
    /// Elements are from one key to another, in each of the parts.
    Ranges {
        /// Each counts.
        counters: bool,
    },
}

impl Set<'_> {
    /// A note for the nft program, which would print interface numbers in the wrong byte order
    /// without: pairs of what (0 key, 1 data), length, and 1 for the machine's order or 2 for
    /// network order.
    fn user_data(&self) -> Vec<u8> {
        let order = |KeyType(kind, _): &KeyType| match *kind {
            LINK_INDEX | MARK => 1u32,
            _ => 2,
        };
        let note =
            |what: u8, kind: &KeyType| [&[what, 4], order(kind).to_ne_bytes().as_slice()].concat();
        let key = match (self.key, self.kind) {
            ([single], _) => note(0, single),
            // as the original has it
            (_, SetKind::Ranges { .. }) => note(0, &KeyType::MARK),
            _ => Vec::new(),
        };
        let data = self.data.as_ref().map_or(Vec::new(), |kind| note(1, kind));
        [key, data].concat()
    }
}

/// An element, and what a map gives for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) key: Vec<u8>,
    /// The last one of a range.
    pub(super) last: Option<Vec<u8>>,
    pub(super) data: Option<Vec<u8>>,
}

fn message(place: Place<'_>, kind: u8, flags: u16) -> Message {
    let header = [place.family as u8, 0, 0, 0];
    Message::new(SUBSYSTEM << 8 | u16::from(kind), flags, &header)
}

/// Begins or ends what is carried out as a whole or not at all.
pub(super) fn bracket(end: bool) -> Message {
    let [high, low] = SUBSYSTEM.to_be_bytes();
    Message::new(if end { 0x11 } else { 0x10 }, 0, &[0, 0, high, low])
}

pub(super) fn add_table(place: Place<'_>) -> Message {
    message(place, NFT_MSG_NEWTABLE, NLM_F_CREATE).attr_text(1, place.table)
}

pub(super) fn delete_table(place: Place<'_>) -> Message {
    message(place, NFT_MSG_DELTABLE, 0).attr_text(1, place.table)
}

/// A chain that packets pass at `hook`, or one that is only gone to.
pub(super) fn add_chain(place: Place<'_>, name: &str, hook: Option<(Hook, i32)>) -> Message {
    let message = message(place, NFT_MSG_NEWCHAIN, NLM_F_CREATE)
        .attr_text(1, place.table)
        .attr_text(3, name);
    let Some((hook, priority)) = hook else {
        return message;
    };
    message
        .nest(4 | NLA_F_NESTED, |inner| {
            inner
                .attr(1, &(hook as u32).to_be_bytes())
                .attr(2, &priority.to_be_bytes())
        })
        .attr(5, &1u32.to_be_bytes()) // policy: accept
        .attr_text(7, "filter")
}

pub(super) fn add_rule(place: Place<'_>, chain: &str, expressions: &[Expression<'_>]) -> Message {
    message(place, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND)
        .attr_text(1, place.table)
        .attr_text(2, chain)
        .nest(4 | NLA_F_NESTED, |list| {
            expressions
                .iter()
                .fold(list, |list, expression| expression.describe(list))
        })
}

pub(super) fn add_set(place: Place<'_>, set: &Set<'_>, id: u32) -> Message {
    // Each part of a key begins at a register of four octets, and six bits number its type.
    let kind = set
        .key
        .iter()
        .fold(0, |all, KeyType(kind, _)| all << 6 | kind);
    let length: u32 = set
        .key
        .iter()
        .map(|KeyType(_, length)| length.next_multiple_of(4))
        .sum();
    let length = if let [KeyType(_, length)] = set.key {
        *length
    } else {
        length
    };
    let flags = match set.kind {
        SetKind::Plain => 0u32,
        SetKind::Constant => 2,
        // intervals, of several parts
        SetKind::Ranges { .. } => 0x84,
    } | if set.data.is_some() { 8 } else { 0 };
    let message = message(place, NFT_MSG_NEWSET, NLM_F_CREATE)
        .attr_text(1, place.table)
        .attr_text(2, set.name)
        .attr(3, &flags.to_be_bytes())
        .attr(4, &kind.to_be_bytes())
        .attr(5, &length.to_be_bytes());
    let message = match set.data {
        Some(KeyType(kind, length)) => message
            .attr(6, &kind.to_be_bytes())
            .attr(7, &length.to_be_bytes()),
        None => message,
    };
    let message = message.attr(10, &id.to_be_bytes());
    let message = match set.kind {
        SetKind::Ranges { .. } => message.nest(9 | NLA_F_NESTED, |about| parts(about, set.key)),
        _ => message,
    };
    let message = message.attr(13, &set.user_data());
    match set.kind {
        SetKind::Ranges { counters: true } => message.nest(0x11 | NLA_F_NESTED, |expression| {
            expression
                .attr_text(1, "counter")
                .nest(2 | NLA_F_NESTED, |none| none)
        }),
        _ => message,
    }
}

/// How long each part of a key is.
fn parts(about: Message, key: &[KeyType]) -> Message {
    about.nest(2 | NLA_F_NESTED, |list| {
        key.iter().fold(list, |list, KeyType(_, length)| {
            list.nest(LIST_ELEM | NLA_F_NESTED, |part| {
                part.attr(1, &length.to_be_bytes())
            })
        })
    })
}

/// Adds elements; not more than some hundreds, as an attribute holds 64 KiB.
pub(super) fn add_elements(place: Place<'_>, set: &str, elements: &[Element]) -> Message {
    let message = message(place, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
    with_elements(message, place, set, elements)
}

/// Removes elements; not more than some hundreds.
pub(super) fn remove_elements(place: Place<'_>, set: &str, elements: &[Element]) -> Message {
    let message = message(place, NFT_MSG_DELSETELEM, 0);
    with_elements(message, place, set, elements)
}

fn with_elements(message: Message, place: Place<'_>, set: &str, elements: &[Element]) -> Message {
    let value = |octets: &[u8], message: Message, kind: u16| {
        message.nest(kind | NLA_F_NESTED, |inner| inner.attr(DATA_VALUE, octets))
    };
    message
        .attr_text(1, place.table)
        .attr_text(2, set)
        .nest(3 | NLA_F_NESTED, |list| {
            elements.iter().fold(list, |list, element| {
                list.nest(LIST_ELEM | NLA_F_NESTED, |inner| {
                    let inner = value(&element.key, inner, 1);
                    let inner = match &element.last {
                        Some(last) => value(last, inner, 10),
                        None => inner,
                    };
                    match &element.data {
                        Some(data) => value(data, inner, 2),
                        None => inner,
                    }
                })
            })
        })
}

/// Registers of sixteen octets.
pub(super) const FIRST: u32 = 1;
pub(super) const SECOND: u32 = 2;
/// The second four octets of the first register.
pub(super) const BEHIND_IPV4: u32 = 9;

/// What a rule looks at (`NFT_META_*`).
#[derive(Debug, Clone, Copy)]
pub(super) enum Meta {
    InLink = 4,
    OutLink = 5,
    OutLinkName = 7,
    Protocol = 16,
    OutLinkKind = 27,
}

const META_MARK: u32 = 3;

/// Where in a packet octets are counted from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    Network = 1,
    Transport = 2,
}

/// One step of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expression<'a> {
    /// Puts something about the packet into a register.
    Meta(Meta, u32),
    /// Puts octets of the packet (from where, how many) into a register.
    Payload(Base, u32, u32, u32),
    /// Keeps the bits of the mask in the first register.
    Mask(&'a [u8]),
    /// Goes on if the first register is this.
    Equals(&'a [u8]),
    /// Goes on if the first register is in the set.
    In(&'a str),
    /// Replaces a register by what the map gives for it, and goes on if it gives something.
    Map(&'a str, u32),
    /// Gives the packet the mark in the first register.
    SetMark,
    /// Sends a copy to the address in the first by the interface in the second register.
    Copy,
    /// Counts.
    Counter,
    /// Ends: drops the packet.
    Drop,
    /// Ends: lets it pass.
    Accept,
    /// Leaves the chain.
    Return,
    /// Goes on in another chain.
    Goto(&'a str),
}

impl Expression<'_> {
    fn describe(&self, list: Message) -> Message {
        let number = |message: Message, kind, value: u32| message.attr(kind, &value.to_be_bytes());
        let value = |message: Message, kind: u16, octets: &[u8]| {
            message.nest(kind | NLA_F_NESTED, |inner| inner.attr(DATA_VALUE, octets))
        };
        let step = |name: &str, fill: &dyn Fn(Message) -> Message| {
            list.nest(LIST_ELEM | NLA_F_NESTED, |inner| {
                inner.attr_text(1, name).nest(2 | NLA_F_NESTED, fill)
            })
        };
        match *self {
            Expression::Meta(key, to) => step("meta", &|m| number(number(m, 2, key as u32), 1, to)),
            Expression::Payload(base, offset, length, to) => step("payload", &|m| {
                let m = number(number(m, 1, to), 2, base as u32);
                number(number(m, 3, offset), 4, length)
            }),
            Expression::Mask(mask) => step("bitwise", &|m| {
                let length = u32::try_from(mask.len()).unwrap_or(0);
                let m = number(number(number(m, 1, FIRST), 2, FIRST), 3, length);
                value(value(m, 4, mask), 5, &vec![0; mask.len()])
            }),
            Expression::Equals(octets) => step("cmp", &|m| {
                value(number(number(m, 1, FIRST), 2, 0), 3, octets)
            }),
            Expression::In(set) => step("lookup", &|m| number(m.attr_text(1, set), 2, FIRST)),
            Expression::Map(map, register) => step("lookup", &|m| {
                number(number(m.attr_text(1, map), 2, register), 3, register)
            }),
            Expression::SetMark => step("meta", &|m| number(number(m, 2, META_MARK), 3, FIRST)),
            Expression::Copy => step("dup", &|m| number(number(m, 1, FIRST), 2, SECOND)),
            Expression::Counter => step("counter", &|m| m),
            Expression::Drop => step("immediate", &|m| verdict(m, 0, None)),
            Expression::Accept => step("immediate", &|m| verdict(m, 1, None)),
            Expression::Return => step("immediate", &|m| verdict(m, -5, None)),
            Expression::Goto(chain) => step("immediate", &|m| verdict(m, -4, Some(chain))),
        }
    }
}

/// Into register 0, which decides.
fn verdict(message: Message, code: i32, chain: Option<&str>) -> Message {
    message
        .attr(1, &0u32.to_be_bytes())
        .nest(2 | NLA_F_NESTED, |data| {
            data.nest(2 | NLA_F_NESTED, |inner| {
                let inner = inner.attr(1, &code.to_be_bytes());
                match chain {
                    Some(chain) => inner.attr_text(2, chain),
                    None => inner,
                }
            })
        })
}
