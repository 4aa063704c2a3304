//! `global_defs`: mail and webhooks beyond what the original knows.
use crate::config::{MailSecurity, Outlets};
use crate::parse::Cx;
use crate::table::{Keyword, Set};

/// What `smtp_security` may say, in the order of its words.
const SECURITY: [MailSecurity; 3] = [
    MailSecurity::None,
    MailSecurity::StartTls,
    MailSecurity::Tls,
];

fn outlets(cx: &mut Cx) -> &mut Outlets {
    &mut cx.config.global.outlets
}

/// Mail and webhooks.
pub(in crate::keywords) static OUTLETS: &[Keyword] = &[
    Keyword::new(
        "notify_url",
        Set::Word(|cx, v| outlets(cx).url = Some(v)),
        "Posts each change of an instance, a group, a virtual or a real server to this http or https URL as JSON. Not in the original.",
    )
    .default("none"),
    Keyword::new(
        "notify_url_ca_file",
        Set::Word(|cx, v| outlets(cx).url_ca_file = Some(v)),
        "Certificates (PEM) that the server of a notify_url is verified by. Not in the original.",
    )
    .default("those of the system"),
    Keyword::new(
        "smtp_alert_file",
        Set::Word(|cx, v| outlets(cx).file = Some(v)),
        "File that each mail is appended to, also without a mail server. Not in the original.",
    )
    .default("none"),
    Keyword::new(
        "smtp_auth_pass",
        Set::Word(|cx, v| outlets(cx).password = Some(v)),
        "Password for smtp_auth_user, or file:PATH; the file is read for each connection. Not in the original.",
    ),
    Keyword::new(
        "smtp_auth_user",
        Set::Word(|cx, v| outlets(cx).user = Some(v)),
        "User that the mail server is told (AUTH PLAIN or LOGIN); with smtp_security none in the clear. Not in the original.",
    )
    .default("none: no authentication"),
    Keyword::new(
        "smtp_ca_file",
        Set::Word(|cx, v| outlets(cx).ca_file = Some(v)),
        "Certificates (PEM) that the mail server is verified by. Not in the original.",
    )
    .default("those of the system"),
    Keyword::new(
        "smtp_digest",
        Set::Seconds {
            min: 1_000_000,
            max: 86_400_000_000,
            set: |cx, v| outlets(cx).digest = Some(v),
        },
        "Alerts that come within this time of the first go out together, as one mail. Not in the original.",
    )
    .default("each alert is a mail of its own")
    .unit("seconds"),
    Keyword::new(
        "smtp_security",
        Set::Choice {
            words: &["none", "starttls", "tls"],
            set: |cx, v| {
                let security = |index| SECURITY.get(index).copied().unwrap_or(MailSecurity::None);
                outlets(cx).security = Some(v.map(security));
            },
        },
        "Encryption towards the mail server: none, starttls, or tls from the beginning. Not in the original.",
    )
    .default("none"),
    Keyword::new(
        "smtp_verify",
        Set::Bool(|cx, v| outlets(cx).verify = Some(v)),
        "Whether the mail server must prove its name by a certificate. Not in the original.",
    )
    .default("yes"),
];
