//! The processes besides the supervisor.

/// What a child process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Virtual routers and everything with their deadlines.
    Vrrp,
    /// Virtual servers.
    Checker,
}

impl Role {
    /// The word handed over to the child.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Vrrp => "vrrp",
            Role::Checker => "checker",
        }
    }

    /// As log lines call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Role::Vrrp => "VRRP",
            Role::Checker => "Healthcheck",
        }
    }

    /// The inverse of [`Role::name`].
    pub(crate) fn from_name(name: &str) -> Option<Role> {
        [Role::Vrrp, Role::Checker]
            .into_iter()
            .find(|role| role.name() == name)
    }
}
