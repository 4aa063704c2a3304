//! The table that marks packets for the load balancer (`nftables_ipvs`).
use super::message::{
    BEHIND_IPV4, Base, Element, Expression, FIRST, Hook, KeyType, Meta, Place, SECOND, Set,
    SetKind, TableFamily, add_chain, add_elements, add_rule, add_set, add_table, delete_table,
    remove_elements,
};
use super::ruleset::PORTION;
use super::{commit, socket};
use crate::namespace::Namespace;
use crate::netlink::{Error, Message, Socket};
use ledger::marks::{Change, Entry, MapKey, Marks, changes};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use wire::Family;

/// The one chain.
const CHAIN: &str = "in";

/// How the table is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marking {
    /// Name of the table (`nftables_ipvs`).
    pub table: String,
    /// Order among others at the same hook (`nftables_ipvs_priority`, -1).
    pub priority: i32,
    /// Rules and elements count (`nftables_counters`).
    pub counters: bool,
}

/// The table of one daemon in the load balancer's network namespace.
#[derive(Debug)]
pub struct MarkTable {
    socket: Socket,
    settings: Marking,
    /// What is in it; `None` before the first change, and when that is not known any more.
    held: Option<Marks>,
}

impl MarkTable {
    /// Opens it, in the namespace of this name or in that of the calling thread; nothing is changed
    /// yet.
    ///
    /// # Errors
    /// `Unsupported` (`EPROTONOSUPPORT`) where the kernel has no netfilter.
    pub fn open(settings: Marking, namespace: Option<&str>) -> io::Result<MarkTable> {
        let socket = match namespace {
            Some(name) => Namespace::open(&Path::new("/run/netns").join(name))?.run(socket)?,
            None => socket()?,
        };
        Ok(MarkTable {
            socket,
            settings,
            held: None,
        })
    }

    /// Makes it hold these marks: by what differs from before, else as a whole. No packet meets half
    /// of a change.
    ///
    /// # Errors
    /// `EAFNOSUPPORT`, `EOPNOTSUPP` or `ENOENT` where the kernel lacks tables or a kind of
    /// expression.
    pub fn hold(&mut self, marks: Marks) -> Result<(), Error> {
        if let Some(held) = self.held.take() {
            let next = marks.clone().with_maps_of(&held);
            // somebody else may have changed it
            if self.change(Vec::new(), &held, &next).is_ok() {
                self.held = Some(next);
                return Ok(());
            }
        }
        let families = [Family::V4, Family::V6].map(|family| self.place(family));
        // added first, so that there is one to delete
        let clear = families.map(|place| [add_table(place), delete_table(place)]);
        self.change(clear.concat(), &Marks::default(), &marks)?;
        self.held = Some(marks);
        Ok(())
    }

    /// Removes it.
    pub fn remove(&mut self) -> Result<(), Error> {
        self.held = None;
        self.hold(Marks::default())
    }

    fn change(&mut self, before: Vec<Message>, held: &Marks, next: &Marks) -> Result<(), Error> {
        let mut requests = before;
        for change in changes(held, next) {
            self.describe(change, &mut requests);
        }
        if requests.is_empty() {
            return Ok(());
        }
        commit(&mut self.socket, requests)
    }

    fn place(&self, family: Family) -> Place<'_> {
        let family = match family {
            Family::V4 => TableFamily::Ip,
            Family::V6 => TableFamily::Ip6,
        };
        Place {
            family,
            table: &self.settings.table,
        }
    }

    fn describe(&self, change: Change, requests: &mut Vec<Message>) {
        match change {
            Change::Table(family) => {
                let place = self.place(family);
                let hook = (Hook::LocalIn, self.settings.priority);
                requests.extend([add_table(place), add_chain(place, CHAIN, Some(hook))]);
            }
            Change::Map(key) => requests.extend(self.map(key)),
            Change::Remove(key, gone) => {
                let place = self.place(key.family);
                let portions = gone.chunks(PORTION);
                let remove = |part: &[Entry]| remove_elements(place, &name(key), &elements(part));
                requests.extend(portions.map(remove));
            }
            Change::Add(key, new) => {
                let place = self.place(key.family);
                let portions = new.chunks(PORTION);
                let add = |part: &[Entry]| add_elements(place, &name(key), &elements(part));
                requests.extend(portions.map(add));
            }
        }
    }

    /// A map, and the rule that looks into it.
    fn map(&self, key: MapKey) -> [Message; 2] {
        let (place, name) = (self.place(key.family), name(key));
        let counters = self.settings.counters;
        let (address, offset, length, behind) = match key.family {
            Family::V4 => (KeyType::IPV4, 16, 4, BEHIND_IPV4),
            Family::V6 => (KeyType::IPV6, 24, 16, SECOND),
        };
        let set = Set {
            name: &name,
            key: &[address, KeyType::PORT],
            data: Some(KeyType::MARK),
            kind: SetKind::Ranges { counters },
            elements: Vec::new(),
        };
        let number = [key.protocol.number()];
        let mut rule = vec![
            Expression::Meta(Meta::Protocol, FIRST),
            Expression::Equals(&number),
            Expression::Payload(Base::Network, offset, length, FIRST),
            Expression::Payload(Base::Transport, 2, 2, behind),
            Expression::Map(&name, FIRST),
            Expression::SetMark,
        ];
        rule.extend(counters.then_some(Expression::Counter));
        rule.push(Expression::Return);
        // the number is for what refers to a set by it, which nothing does
        [add_set(place, &set, 1), add_rule(place, CHAIN, &rule)]
    }
}

fn name(key: MapKey) -> String {
    format!("{}_map", key.protocol)
}

fn elements(entries: &[Entry]) -> Vec<Element> {
    let key = |address: IpAddr, port: u16| {
        let mut key = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        // each part fills four octets
        key.extend(port.to_be_bytes());
        key.extend([0, 0]);
        key
    };
    let element = |(span, mark): &Entry| Element {
        key: key(span.addresses.0, span.ports.0),
        last: Some(key(span.addresses.1, span.ports.1)),
        data: Some(mark.to_ne_bytes().to_vec()),
    };
    entries.iter().map(element).collect()
}
