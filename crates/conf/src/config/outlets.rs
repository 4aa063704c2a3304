//! Mail and webhooks beyond what the original knows.
use crate::Spanned;
use core::time::Duration;

/// Mail and webhooks beyond what the original knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outlets {
    /// `smtp_security`.
    pub security: Option<Spanned<MailSecurity>>,
    /// `smtp_verify`.
    pub verify: Option<Spanned<bool>>,
    /// `smtp_ca_file`.
    pub ca_file: Option<Spanned<Box<str>>>,
    /// `smtp_auth_user`.
    pub user: Option<Spanned<Box<str>>>,
    /// `smtp_auth_pass`: the password, or `file:` and a path.
    pub password: Option<Spanned<Box<str>>>,
    /// `smtp_digest`.
    pub digest: Option<Spanned<Duration>>,
    /// `smtp_alert_file`.
    pub file: Option<Spanned<Box<str>>>,
    /// `notify_url` of everything.
    pub url: Option<Spanned<Box<str>>>,
    /// `notify_url_ca_file`.
    pub url_ca_file: Option<Spanned<Box<str>>>,
}

/// `smtp_security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailSecurity {
    /// Nothing is encrypted.
    None,
    /// The connection begins in plain and is encrypted before anything is said.
    StartTls,
    /// The connection is encrypted from its beginning.
    Tls,
}
