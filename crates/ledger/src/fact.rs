//! What goes in and what comes out: facts and operations.
use crate::{AddressKey, AddressSpec, Route, Rule};

/// Who wants something: an instance, the static group. Lower numbers come first where order
/// matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u32);

/// An address the kernel has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What identifies it.
    pub key: AddressKey,
    /// How it is put on its interface.
    pub spec: AddressSpec,
    /// It bears the tag of a keepalived (`IFA_PROTO` 18).
    pub tagged: bool,
    /// Another address of the same network came before it (`IFA_F_SECONDARY`, IPv4 only).
    pub secondary: bool,
}

/// Something that happened in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An address came, or changed.
    Present(Seen),
    /// An address went.
    Absent(AddressKey),
    /// A route came.
    RoutePresent(Box<Route>),
    /// A route went.
    RouteAbsent(Box<Route>),
    /// A rule came.
    RulePresent(Box<Rule>),
    /// A rule went.
    RuleAbsent(Box<Rule>),
    /// An interface is there; whether it is up.
    Link {
        /// Its index.
        index: u32,
        /// Whether it is up.
        up: bool,
    },
    /// An interface went, and all its addresses.
    LinkGone(u32),
}

/// Something to do in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Take an address away.
    Remove(AddressKey),
    /// Put an address on its interface.
    Add(AddressKey, AddressSpec),
    /// Take a route away.
    RemoveRoute(Box<Route>),
    /// Put a route in place.
    AddRoute(Box<Route>),
    /// Take a rule away.
    RemoveRule(Box<Rule>),
    /// Put a rule in place.
    AddRule(Box<Rule>),
}

impl Op {
    /// The address it is about, if it is about one.
    pub const fn address(&self) -> Option<&AddressKey> {
        match self {
            Op::Remove(key) | Op::Add(key, _) => Some(key),
            _ => None,
        }
    }

    /// Whether it takes something away.
    pub const fn is_removal(&self) -> bool {
        matches!(self, Op::Remove(_) | Op::RemoveRoute(_) | Op::RemoveRule(_))
    }
}

/// Why an operation was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// To be added, but there already.
    AlreadyThere,
    /// To be removed, but not there.
    NotThere,
    /// The interface does not exist, or anything else: it makes no sense to try the same again.
    Refused,
}
