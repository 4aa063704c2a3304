//! `authentication`.
use crate::config::{AuthType, Authentication};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity, Spanned};

/// Password bytes that fit into a version 2 advert (RFC 2338 section 5.3.10).
const PASS_MAX: usize = 8;

/// `authentication`.
pub static AUTHENTICATION: Table = Table {
    block: "authentication",
    parts: &[AUTHENTICATION_ROWS],
};

static AUTHENTICATION_ROWS: &[Keyword] = &[
    Keyword::new(
        "auth_pass",
        Set::Line {
            args: "<up to 8 characters>",
            set: auth_pass,
        },
        "The password, readable by everybody on the network.",
    ),
    Keyword::new(
        "auth_type",
        Set::Choice {
            words: &["PASS", "AH"],
            set: |cx, v| {
                let kind = v.map(|index| {
                    if index == 0 {
                        AuthType::Pass
                    } else {
                        AuthType::Ah
                    }
                });
                authentication(cx).kind = Some(kind);
            },
        },
        "PASS: a password in the advert; AH: IPsec authentication header.",
    )
    .complaint("({}) unknown authentication type '{v}'"),
];

pub(super) fn open_authentication(cx: &mut Cx, line: &Line<'_>) -> bool {
    authentication(cx).span = line.span();
    true
}

pub(super) fn authentication(cx: &mut Cx) -> &mut Authentication {
    cx.instance.authentication.get_or_insert_default()
}

fn auth_pass(cx: &mut Cx, line: &Line<'_>) {
    let Some(word) = line.need(cx, 1) else { return };
    let cut = word.bytes.get(..PASS_MAX).unwrap_or(&word.bytes);
    if word.bytes.len() > PASS_MAX {
        let text = "Truncating auth_pass to 8 characters";
        let found = Diagnostic::new("long-password", Severity::Warning, text).at(word.span);
        cx.push(
            found.help("version 2 adverts carry eight bytes; write these, the same on all nodes"),
        );
    }
    authentication(cx).pass = Some(Spanned::new(cut.into(), word.span));
}
