//! `auth_hmac`.
use super::lines;
use crate::config::{Hmac, HmacMode};
use crate::keywords::garp::secs;
use crate::keywords::{fit, no_extra};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};

/// `auth_hmac`.
pub static HMAC: Table = Table {
    block: "auth_hmac",
    parts: &[HMAC_ROWS],
};

static HMAC_ROWS: &[Keyword] = &[
    Keyword::new(
        "active_key",
        Set::Int {
            min: 1,
            max: 255,
            set: |cx, v| hmac(cx).active_key = Some(v.map(fit)),
        },
        "Number of the key that signs.",
    ),
    Keyword::new(
        "anti_replay",
        Set::Choice {
            words: &["time", "monotonic"],
            set: |cx, v| hmac(cx).monotonic = Some(v.map(|i| i == 1)),
        },
        "How a repeated advert is recognised.",
    )
    .default("time"),
    Keyword::new(
        "key",
        Set::Line {
            args: "<1..255> <text>|hex:<digits>|file:<path>",
            set: lines::hmac_key,
        },
        "A key of 32 to 64 bytes and its number.",
    ),
    Keyword::new(
        "mode",
        Set::Choice {
            words: &["enforce", "permissive", "receive-only"],
            set: |cx, v| {
                let modes = [
                    HmacMode::Enforce,
                    HmacMode::Permissive,
                    HmacMode::ReceiveOnly,
                ];
                hmac(cx).mode = Some(v.map(|i| modes.get(i).copied().unwrap_or(HmacMode::Enforce)));
            },
        },
        "Whether bare adverts pass, and whether own ones are signed.",
    )
    .default("enforce"),
    Keyword::new(
        "time_window",
        Set::Int {
            min: 1,
            max: 300,
            set: |cx, v| hmac(cx).time_window = Some(secs(v)),
        },
        "Difference between the clocks that is accepted.",
    )
    .default("the larger of 5 and three times advert_int")
    .unit("seconds"),
];

pub(super) fn open_hmac(cx: &mut Cx, line: &Line<'_>) -> bool {
    no_extra(cx, line, 1);
    hmac(cx).span = line.span();
    true
}

fn hmac(cx: &mut Cx) -> &mut Hmac {
    cx.instance.hmac.get_or_insert_default()
}
