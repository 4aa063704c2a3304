//! Mail and webhooks: what is told to whom outside of this machine.
use conf::config::{Config, Global, MailSecurity};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use wire::Secret;

/// Port of mail servers (RFC 5321).
const SMTP: u16 = 25;
/// `smtp_connect_timeout` when not written.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Mail about changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `smtp_server`; mail only goes to `file` when `None`.
    pub relay: Option<Relay>,
    /// `notification_email_from`; the user that runs the daemon at this machine when `None`.
    pub from: Option<String>,
    /// `notification_email`.
    pub to: Vec<String>,
    /// `no_email_faults`: nobody is told of faults.
    pub no_faults: bool,
    /// `no_checker_emails`: only changes of servers are told, not those of their checks.
    pub no_checks: bool,
    /// `smtp_digest`: what comes within this time goes out together.
    pub digest: Option<Duration>,
    /// `smtp_alert_file`.
    pub file: Option<String>,
}

/// A mail server and how it is talked to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relay {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `smtp_helo_name`; the name of this machine when `None`.
    pub helo: Option<String>,
    /// How long it may take to connect, and to answer each time.
    pub timeout: Duration,
    /// `smtp_security`.
    pub security: Security,
    /// `smtp_verify`: it must prove its name.
    pub verify: bool,
    /// `smtp_ca_file`.
    pub ca_file: Option<String>,
    /// `smtp_auth_user` and `smtp_auth_pass`.
    pub login: Option<Login>,
}

/// `smtp_security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// In plain.
    None,
    /// Encrypted before anything is said.
    StartTls,
    /// Encrypted from the beginning.
    Tls,
}

/// Who we are to a mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// User.
    pub user: String,
    /// How the user proves to be that.
    pub password: Password,
}

/// A password, or where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Password {
    /// As written.
    Written(Secret),
    /// The first line of this file.
    File(String),
}

/// `None` when nobody is to be told by mail.
pub(crate) fn mail(config: &Config) -> Option<Mail> {
    let global = &config.global;
    let relay = relay(global);
    let file = global.outlets.file.as_ref();
    if global.notification_email.is_empty() || (relay.is_none() && file.is_none()) {
        return None;
    }
    let from = global.notification_email_from.as_ref();
    let to = global.notification_email.iter();
    Some(Mail {
        relay,
        from: from.map(|from| from.value.to_string()),
        to: to.map(|to| to.value.to_string()).collect(),
        no_faults: global.scripts.no_email_faults,
        no_checks: global
            .scripts
            .no_checker_emails
            .as_ref()
            .is_some_and(|no| no.value),
        digest: global.outlets.digest.as_ref().map(|digest| digest.value),
        file: file.map(|file| file.value.to_string()),
    })
}

fn relay(global: &Global) -> Option<Relay> {
    let server = global.smtp_server.as_ref()?;
    let outlets = &global.outlets;
    let helo = global.smtp_helo_name.as_ref();
    Some(Relay {
        host: server.host.value.to_string(),
        port: server.port.as_ref().map_or(SMTP, |port| port.value),
        helo: helo.map(|name| name.value.to_string()),
        timeout: global
            .smtp_connect_timeout
            .as_ref()
            .map_or(CONNECT_TIMEOUT, |t| t.value),
        security: match outlets.security.as_ref().map(|security| security.value) {
            None | Some(MailSecurity::None) => Security::None,
            Some(MailSecurity::StartTls) => Security::StartTls,
            Some(MailSecurity::Tls) => Security::Tls,
        },
        verify: outlets.verify.as_ref().is_none_or(|verify| verify.value),
        ca_file: outlets.ca_file.as_ref().map(|file| file.value.to_string()),
        login: login(global),
    })
}

fn login(global: &Global) -> Option<Login> {
    let outlets = &global.outlets;
    let written = outlets
        .password
        .as_ref()
        .map_or("", |password| &password.value);
    Some(Login {
        user: outlets.user.as_ref()?.value.to_string(),
        password: match written.strip_prefix("file:") {
            Some(path) => Password::File(path.to_owned()),
            None => Password::Written(Secret::new(written.as_bytes().to_vec())),
        },
    })
}

/// Whether instances and groups are told of by mail when they do not say so themselves.
pub(crate) fn vrrp_alerts(global: &Global) -> bool {
    let scripts = &global.scripts;
    let written = scripts
        .smtp_alert_vrrp
        .as_ref()
        .or(scripts.smtp_alert.as_ref());
    written.is_some_and(|on| on.value)
}

/// The same for virtual servers; real servers are told of unless somebody says no.
pub(crate) fn checker_alerts(global: &Global) -> Option<bool> {
    let scripts = &global.scripts;
    let written = scripts
        .smtp_alert_checker
        .as_ref()
        .or(scripts.smtp_alert.as_ref());
    written.map(|on| on.value)
}
