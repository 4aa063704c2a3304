//! Who is told of a change of state: commands and named pipes.
use crate::mail;
use conf::{Spanned, config};
use core::ops::{Deref, DerefMut};
use serde::{Deserialize, Serialize};

/// A program with its arguments. It is small where there is none, as with most of the many that
/// may be told of something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Command(Box<Line>);

impl Command {
    /// The program first; the default user of scripts when `None`.
    pub fn new(words: Vec<String>, user: Option<RunAs>) -> Self {
        Command(Box::new(Line { words, user }))
    }
}

impl Deref for Command {
    type Target = Line;

    fn deref(&self) -> &Line {
        &self.0
    }
}

impl DerefMut for Command {
    fn deref_mut(&mut self) -> &mut Line {
        &mut self.0
    }
}

/// What a [`Command`] is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The program first.
    pub words: Vec<String>,
    /// Whom it runs as; the default user of scripts when `None`.
    pub user: Option<RunAs>,
}

/// A user and perhaps a group, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunAs {
    /// User.
    pub user: String,
    /// Group; the user's own when `None`.
    pub group: Option<String>,
}

/// How scripts are run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scripts {
    /// `script_user`.
    pub user: Option<RunAs>,
    /// `enable_script_security`: what somebody else than root could change is not run as root.
    pub secure: bool,
    /// `set_supplementary_groups`.
    pub supplementary_groups: bool,
}

/// Named pipes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fifos {
    /// `notify_fifo`: everything.
    pub all: Option<Fifo>,
    /// `vrrp_notify_fifo`: instances and groups.
    pub vrrp: Option<Fifo>,
    /// `lvs_notify_fifo`: virtual and real servers.
    pub lvs: Option<Fifo>,
    /// `fifo_write_vrrp_states_on_reload`.
    pub repeat_on_reload: bool,
}

/// A named pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// Where it is, or is made.
    pub path: String,
    /// Whom it belongs to when it is made.
    pub owner: Option<RunAs>,
    /// A program that reads it; the path is added to its arguments.
    pub script: Option<Command>,
}

/// Who is told of changes of an instance or a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notify {
    /// `notify_master`.
    pub master: Option<Command>,
    /// `notify_backup`.
    pub backup: Option<Command>,
    /// `notify_fault`.
    pub fault: Option<Command>,
    /// `notify_stop`.
    pub stop: Option<Command>,
    /// `notify_deleted`; `None` outside: a removal is told as a fault.
    pub deleted: Option<Option<Command>>,
    /// `notify`, which gets four more arguments.
    pub any: Option<Command>,
    /// `notify_master_rx_lower_pri`.
    pub lower_priority: Option<Command>,
    /// `notify_priority_changes`: changes of the effective priority go to the pipes.
    pub priority_changes: bool,
    /// `smtp_alert`: changes of state go out as mail.
    pub alert: bool,
    /// `notify_url`; the global one when `None`.
    pub url: Option<String>,
}

impl Notify {
    /// Whether there is any command.
    pub fn has_commands(&self) -> bool {
        let all = [
            &self.master,
            &self.backup,
            &self.fault,
            &self.stop,
            &self.any,
            &self.lower_priority,
        ];
        all.into_iter().chain(&self.deleted).any(Option::is_some)
    }

    /// All commands, to look at or to remove.
    pub fn commands_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Option<Command>)> {
        let named = [
            ("master", &mut self.master),
            ("backup", &mut self.backup),
            ("fault", &mut self.fault),
            ("stop", &mut self.stop),
            ("generic", &mut self.any),
            ("master_rx_lower_pri", &mut self.lower_priority),
        ];
        let deleted = self.deleted.as_mut().map(|command| ("deleted", command));
        named.into_iter().chain(deleted)
    }
}

/// What `vrrp_instance` and `vrrp_sync_group` say about telling.
pub(crate) fn notify(
    global: &config::Global,
    block: &config::Notify,
    alert: Option<Spanned<bool>>,
) -> Notify {
    let one = |script: &Option<config::Script>| script.as_ref().map(command);
    let all = global.scripts.vrrp_notify_priority_changes.as_ref();
    Notify {
        master: one(&block.notify_master),
        backup: one(&block.notify_backup),
        fault: one(&block.notify_fault),
        stop: one(&block.notify_stop),
        deleted: block.deleted.as_ref().map(one),
        any: one(&block.notify),
        lower_priority: one(&block.notify_master_rx_lower_pri),
        priority_changes: block
            .notify_priority_changes
            .as_ref()
            .or(all)
            .is_some_and(|on| on.value),
        alert: alert.map_or_else(|| mail::vrrp_alerts(global), |on| on.value),
        url: block.url.as_ref().map(|url| url.value.to_string()),
    }
}

pub(crate) fn user(user: &config::User) -> RunAs {
    RunAs {
        user: user.user.value.to_string(),
        group: user.group.as_ref().map(|group| group.value.to_string()),
    }
}

pub(crate) fn scripts(global: &config::Global) -> Scripts {
    let groups = global.scripts.set_supplementary_groups.as_ref();
    Scripts {
        user: global.script_user.as_ref().map(user),
        secure: global.enable_script_security,
        supplementary_groups: groups.is_some_and(|on| on.value),
    }
}

pub(crate) fn fifos(global: &config::Global) -> Fifos {
    let words = &global.scripts;
    let one = |pipe: &Option<config::Script>, script: &Option<config::Script>| {
        pipe.as_ref().map(|pipe| Fifo {
            path: pipe.command.value.to_string(),
            owner: run_as(pipe),
            script: script.as_ref().map(command),
        })
    };
    Fifos {
        all: one(&words.notify_fifo, &words.notify_fifo_script),
        vrrp: one(&words.vrrp_notify_fifo, &words.vrrp_notify_fifo_script),
        lvs: one(&words.lvs_notify_fifo, &words.lvs_notify_fifo_script),
        repeat_on_reload: words.fifo_write_vrrp_states_on_reload,
    }
}

/// The command of a line, cut into words.
pub fn command(script: &config::Script) -> Command {
    Command::new(words(&script.command.value), run_as(script))
}

pub(crate) fn run_as(script: &config::Script) -> Option<RunAs> {
    script.user.as_ref().map(|user| RunAs {
        user: user.value.to_string(),
        group: script.group.as_ref().map(|group| group.value.to_string()),
    })
}

/// Splits at blanks; `'…'` keeps blanks together, as keepalived.conf(5) "Quoted strings" says.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in command.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_ascii_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_part_words_and_single_quotes_keep_them_together() {
        let cases: [(&str, &[&str]); 6] = [
            ("/bin/a", &["/bin/a"]),
            ("/bin/a  b\tc ", &["/bin/a", "b", "c"]),
            ("/bin/sh -c 'exit 0'", &["/bin/sh", "-c", "exit 0"]),
            ("a x'y z'w", &["a", "xy zw"]),
            ("a ''", &["a", ""]),
            ("a 'open end", &["a", "open end"]),
        ];
        for (text, want) in cases {
            assert_eq!(words(text), want, "{text}");
        }
    }
}
