//! `vrrp_sync_group`: its plain words.
use crate::table::{Keyword, Set};

/// `vrrp_sync_group`.
pub(in crate::keywords) static GROUP_ROWS: &[Keyword] = &[
    Keyword::new(
        "global_tracking",
        Set::Flag(|cx| cx.group.global_tracking = true),
        "Obsolete; now equals sync_group_tracking_weight, with a warning.",
    )
    .notice("({}) global_tracking is deprecated. Use track_interface/script/file on the sync group")
    .deprecated("track_interface, track_script, track_file"),
    Keyword::new(
        "sync_group_tracking_weight",
        Set::Flag(|cx| cx.group.sync_group_tracking_weight = true),
        "Allow non-zero tracking weights on members.",
    ),
];
