//! Whom scripts run as.
use linux::script::Credentials;
use plan::{RunAs, Scripts};

/// The user that scripts run as when nothing else is said and this user exists.
const CUSTOMARY: &str = "keepalived_script";

/// Looks users up, by the rules of one plan.
#[derive(Debug, Clone)]
pub(crate) struct Users {
    default: Option<Credentials>,
    supplementary: bool,
}

impl Users {
    pub(crate) fn new(scripts: &Scripts) -> Users {
        let supplementary = scripts.supplementary_groups;
        let default = match &scripts.user {
            Some(user) => look_up(user, supplementary),
            // root is not taken for granted where security is asked for
            None => {
                Users::customary(supplementary).or_else(|| (!scripts.secure).then(Credentials::own))
            }
        };
        Users {
            default,
            supplementary,
        }
    }

    /// The user that scripts usually run as, where there is one.
    pub(crate) fn customary(supplementary: bool) -> Option<Credentials> {
        Credentials::look_up(CUSTOMARY, None, supplementary)
    }

    /// `None` when there is no such user or group.
    pub(crate) fn credentials(&self, user: Option<&RunAs>) -> Option<Credentials> {
        match user {
            Some(user) => look_up(user, self.supplementary),
            None => self.default.clone(),
        }
    }
}

fn look_up(user: &RunAs, supplementary: bool) -> Option<Credentials> {
    Credentials::look_up(&user.user, user.group.as_deref(), supplementary)
}
