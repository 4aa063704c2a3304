//! A change, as scripts and named pipes are told of it (keepalived.conf(5), `notify` and
//! `notify_fifo`).
use plan::Command;
use plan::Notify;
use serde::{Deserialize, Serialize};
use vrrp::{Cause, GroupId, InstanceId, StateKind};

/// Who changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Who {
    /// A virtual router.
    Instance(InstanceId),
    /// A sync group.
    Group(GroupId),
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Occasion {
    /// Entered MASTER.
    Master,
    /// Entered BACKUP.
    Backup,
    /// Entered FAULT, or was removed by a reload.
    Fault,
    /// Stopped.
    Stop,
    /// Was removed by a reload, with `notify_deleted`.
    Deleted,
    /// As master, heard somebody of lower priority.
    MasterRxLowerPri,
    /// The effective priority changed, as master.
    MasterPriority,
    /// The effective priority changed, as backup.
    BackupPriority,
}

/// What happened to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who.
    pub who: Who,
    /// What.
    pub occasion: Occasion,
    /// Effective priority; 0 for groups.
    pub priority: u8,
    /// The state before, where there was a change of state.
    pub from: Option<StateKind>,
    /// Why, where it is known.
    pub cause: Option<Cause>,
}

impl Occasion {
    /// Of a change of state; `None` for what nobody is told.
    pub const fn of(state: StateKind) -> Option<Occasion> {
        match state {
            StateKind::Master => Some(Occasion::Master),
            StateKind::Backup => Some(Occasion::Backup),
            StateKind::Fault => Some(Occasion::Fault),
            StateKind::Stopped => Some(Occasion::Stop),
            StateKind::Init => None,
        }
    }

    /// The word that scripts and pipes get.
    pub const fn word(self) -> &'static str {
        match self {
            Occasion::Master => "MASTER",
            Occasion::Backup => "BACKUP",
            Occasion::Fault => "FAULT",
            Occasion::Stop => "STOP",
            Occasion::Deleted => "DELETED",
            Occasion::MasterRxLowerPri => "MASTER_RX_LOWER_PRI",
            Occasion::MasterPriority => "MASTER_PRIORITY",
            Occasion::BackupPriority => "BACKUP_PRIORITY",
        }
    }

    /// Changes of state have the generic script too; the others only their own, if any.
    pub const fn is_transition(self) -> bool {
        !matches!(
            self,
            Occasion::MasterRxLowerPri | Occasion::MasterPriority | Occasion::BackupPriority
        )
    }
}

impl Notice {
    pub(crate) const fn kind(&self) -> &'static str {
        match self.who {
            Who::Instance(_) => "INSTANCE",
            Who::Group(_) => "GROUP",
        }
    }

    /// The line for named pipes.
    pub fn line(&self, name: &str) -> String {
        let (kind, word) = (self.kind(), self.occasion.word());
        format!("{kind} \"{name}\" {word} {}\n", self.priority)
    }

    /// The commands to run, in order, each with the arguments that go behind its own.
    pub fn commands<'a>(&self, name: &str, notify: &'a Notify) -> Vec<(&'a Command, Vec<String>)> {
        let own = match self.occasion {
            Occasion::Master => &notify.master,
            Occasion::Backup => &notify.backup,
            Occasion::Fault => &notify.fault,
            Occasion::Stop => &notify.stop,
            Occasion::Deleted => notify.deleted.as_ref().unwrap_or(&None),
            Occasion::MasterRxLowerPri => &notify.lower_priority,
            Occasion::MasterPriority | Occasion::BackupPriority => &None,
        };
        let words = [self.kind(), name, self.occasion.word()].map(str::to_owned);
        let mut four = words.to_vec();
        four.push(self.priority.to_string());
        let any = notify
            .any
            .as_ref()
            .filter(|_| self.occasion.is_transition());
        let own = own.iter().map(|command| (command, Vec::new()));
        own.chain(any.map(|command| (command, four))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(word: &str) -> Command {
        Command::new(vec![word.into()], None)
    }

    /// Every line was seen from the original.
    #[test]
    fn pipes_get_quoted_names_and_groups_have_no_priority() {
        let notice = |who, occasion, priority| Notice {
            who,
            occasion,
            priority,
            from: None,
            cause: None,
        };
        let one = Who::Instance(InstanceId(3));
        let cases = [
            (
                notice(one, Occasion::Backup, 100),
                "INSTANCE \"N\" BACKUP 100\n",
            ),
            (
                notice(one, Occasion::MasterRxLowerPri, 90),
                "INSTANCE \"N\" MASTER_RX_LOWER_PRI 90\n",
            ),
            (
                notice(one, Occasion::BackupPriority, 93),
                "INSTANCE \"N\" BACKUP_PRIORITY 93\n",
            ),
            (
                notice(one, Occasion::Stop, 105),
                "INSTANCE \"N\" STOP 105\n",
            ),
            (
                notice(Who::Group(GroupId(1)), Occasion::Fault, 0),
                "GROUP \"N\" FAULT 0\n",
            ),
        ];
        for (notice, line) in cases {
            assert_eq!(notice.line("N"), line);
        }
    }

    #[test]
    fn the_scripts_of_the_state_come_before_the_generic_one() {
        let notify = Notify {
            master: Some(command("m")),
            deleted: Some(Some(command("d"))),
            any: Some(command("any")),
            lower_priority: Some(command("low")),
            ..Notify::default()
        };
        let told = |occasion| {
            let (who, priority) = (Who::Instance(InstanceId(3)), 100);
            let notice = Notice {
                who,
                occasion,
                priority,
                from: None,
                cause: None,
            };
            let all = notice.commands("N", &notify).into_iter();
            all.map(|(command, more)| format!("{} {}", command.words[0], more.join(" ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(Occasion::Master), ["m ", "any INSTANCE N MASTER 100"]);
        assert_eq!(told(Occasion::Backup), ["any INSTANCE N BACKUP 100"]);
        assert_eq!(
            told(Occasion::Deleted),
            ["d ", "any INSTANCE N DELETED 100"]
        );
        assert_eq!(told(Occasion::MasterRxLowerPri), ["low "]);
        assert!(told(Occasion::MasterPriority).is_empty());
    }
}
