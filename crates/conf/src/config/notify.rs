//! Scripts, named pipes, mail.
use super::Script;
use crate::Spanned;

/// Scripts, named pipes and what is notified.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scripts {
    /// `fifo_write_vrrp_states_on_reload`: rewrite all instance/group states to FIFO after reload.
    pub fifo_write_vrrp_states_on_reload: bool,
    /// `lvs_notify_fifo`: named pipe receiving virtual/real server events, created if absent.
    pub lvs_notify_fifo: Option<Script>,
    /// `lvs_notify_fifo_script`: program started to read the LVS pipe; path appended.
    pub lvs_notify_fifo_script: Option<Script>,
    /// `notify_fifo`: named pipe receiving all events, created if absent.
    pub notify_fifo: Option<Script>,
    /// `notify_fifo_script`: program started to read the global pipe; path appended.
    pub notify_fifo_script: Option<Script>,
    /// `vrrp_notify_fifo`: named pipe receiving VRRP events, created if absent.
    pub vrrp_notify_fifo: Option<Script>,
    /// `vrrp_notify_fifo_script`: program started to read the VRRP pipe; path appended.
    pub vrrp_notify_fifo_script: Option<Script>,
    /// `vrrp_notify_priority_changes`: emit FIFO lines when effective priority changes.
    pub vrrp_notify_priority_changes: Option<Spanned<bool>>,
    /// `rs_init_notifies`: run real server notify scripts for initial state.
    pub rs_init_notifies: Option<Spanned<bool>>,
    /// `set_supplementary_groups`: give scripts the supplementary groups of their user (post-2.4.3).
    pub set_supplementary_groups: Option<Spanned<bool>>,
    /// `shutdown_script`: run by parent after children stopped.
    pub shutdown_script: Option<Script>,
    /// `shutdown_script_timeout`: limit for `shutdown_script`.
    pub shutdown_script_timeout: Option<Spanned<u16>>,
    /// `startup_script`: run by parent before children start.
    pub startup_script: Option<Script>,
    /// `startup_script_timeout`: limit for `startup_script`.
    pub startup_script_timeout: Option<Spanned<u16>>,
    /// `use_symlink_paths`: keep symlinks unresolved in script paths passed to exec.
    pub use_symlink_paths: Option<Spanned<bool>>,
    /// `no_checker_emails`: suppress per-check mail, keep server state mail.
    pub no_checker_emails: Option<Spanned<bool>>,
    /// `no_email_faults`: suppress mail for FAULT transitions.
    pub no_email_faults: bool,
    /// `smtp_alert`: default mail alerting for every VRRP and checker object.
    pub smtp_alert: Option<Spanned<bool>>,
    /// `smtp_alert_checker`: default mail alerting for virtual/real servers.
    pub smtp_alert_checker: Option<Spanned<bool>>,
    /// `smtp_alert_vrrp`: default mail alerting for VRRP instances and groups.
    pub smtp_alert_vrrp: Option<Spanned<bool>>,
    /// `checker_log_all_failures`: log each failed check attempt, not only state changes.
    pub checker_log_all_failures: Option<Spanned<bool>>,
}

/// Scripts and mail of an instance or a group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Notify {
    /// `notify_deleted`; `None` inside: no script, only the state.
    pub deleted: Option<Option<Script>>,
    /// `notify`: script on any transition; four arguments appended.
    pub notify: Option<Script>,
    /// `notify_backup`: script on entering BACKUP.
    pub notify_backup: Option<Script>,
    /// `notify_fault`: script on entering FAULT.
    pub notify_fault: Option<Script>,
    /// `notify_master`: script on entering MASTER.
    pub notify_master: Option<Script>,
    /// `notify_stop`: script on entering STOP.
    pub notify_stop: Option<Script>,
    /// `notify_master_rx_lower_pri`: script when master hears a lower-priority advert.
    pub notify_master_rx_lower_pri: Option<Script>,
    /// `notify_priority_changes`: FIFO lines on priority changes.
    pub notify_priority_changes: Option<Spanned<bool>>,
    /// `smtp_alert`: mail on group transitions.
    pub smtp_alert: Option<Spanned<bool>>,
    /// `notify_url`: webhook on transitions.
    pub url: Option<Spanned<Box<str>>>,
}
