//! One line of `virtual_ipaddress` and its kin.
use crate::{Span, Spanned};
use std::net::Ipv4Addr;
use wire::Prefix;

/// An address and how it is put on an interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    /// The line.
    pub span: Span,
    /// Address and prefix length; /32 and /128 when none was written.
    pub prefix: Prefix,
    /// `dev`.
    pub dev: Option<Spanned<Box<str>>>,
    /// `label`.
    pub label: Option<Spanned<Box<str>>>,
    /// `scope`, as the kernel's number.
    pub scope: Option<u8>,
    /// `broadcast`, `brd`.
    pub broadcast: Option<Broadcast>,
    /// `peer`.
    pub peer: Option<Prefix>,
    /// `preferred_lft`, in seconds; `u32::MAX` is `forever`.
    pub preferred_lft: Option<u32>,
    /// `track_group` (static addresses).
    pub track_group: Option<Spanned<Box<str>>>,
    /// `home`.
    pub home: bool,
    /// `-nodad`: detect duplicates, which is otherwise skipped.
    pub detect_duplicates: bool,
    /// `mngtmpaddr`.
    pub mngtmpaddr: bool,
    /// `noprefixroute`.
    pub noprefixroute: bool,
    /// `autojoin`.
    pub autojoin: bool,
    /// `no_track`.
    pub no_track: bool,
    /// `use_vmac`.
    pub use_vmac: bool,
}

impl Address {
    /// An address with nothing behind it.
    pub fn new(prefix: Prefix, span: Span) -> Self {
        Address {
            span,
            prefix,
            dev: None,
            label: None,
            scope: None,
            broadcast: None,
            peer: None,
            preferred_lft: None,
            track_group: None,
            home: false,
            detect_duplicates: false,
            mngtmpaddr: false,
            noprefixroute: false,
            autojoin: false,
            no_track: false,
            use_vmac: false,
        }
    }
}

/// `broadcast`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broadcast {
    /// An address.
    Given(Ipv4Addr),
    /// `+`: all host bits one.
    Ones,
    /// `-`: all host bits zero.
    Zeros,
}
