//! The processes besides the supervisor.

/// What a child process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Virtual routers and everything with their deadlines.
    Vrrp,
}

impl Role {
    /// The word handed over to the child.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Vrrp => "vrrp",
        }
    }

    /// As log lines call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Role::Vrrp => "VRRP",
        }
    }

    /// The inverse of [`Role::name`].
    pub(crate) fn from_name(name: &str) -> Option<Role> {
        (name == Role::Vrrp.name()).then_some(Role::Vrrp)
    }
}
