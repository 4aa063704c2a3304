//! Commands that the daemon runs.
use crate::Spanned;

/// A user, and perhaps a group.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// User.
    pub user: Spanned<Box<str>>,
    /// Group; the user's when not written.
    pub group: Option<Spanned<Box<str>>>,
}

/// A command and whom it runs as.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The command with its arguments, as one word.
    pub command: Spanned<Box<str>>,
    /// User; `script_user` when not written.
    pub user: Option<Spanned<Box<str>>>,
    /// Group; the user's when not written.
    pub group: Option<Spanned<Box<str>>>,
}
