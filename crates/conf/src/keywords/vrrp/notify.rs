//! Scripts and mail of instances and groups.
use crate::table::{Keyword, Set};

/// What is run and told when the state changes.
pub(in crate::keywords) static INSTANCE_NOTIFY: &[Keyword] = &[
    Keyword::new(
        "notify",
        Set::Script(|cx, v| cx.instance.notify.notify = Some(v)),
        "Script on any transition; four arguments appended.",
    )
    .once("({}) notify script already specified - ignoring {v}"),
    Keyword::new(
        "notify_backup",
        Set::Script(|cx, v| cx.instance.notify.notify_backup = Some(v)),
        "Script on entering BACKUP.",
    )
    .once("({}) notify_backup script already specified - ignoring {v}"),
    Keyword::new(
        "notify_fault",
        Set::Script(|cx, v| cx.instance.notify.notify_fault = Some(v)),
        "Script on entering FAULT.",
    )
    .once("({}) notify_fault script already specified - ignoring {v}"),
    Keyword::new(
        "notify_master",
        Set::Script(|cx, v| cx.instance.notify.notify_master = Some(v)),
        "Script on entering MASTER.",
    )
    .once("({}) notify_master script already specified - ignoring {v}"),
    Keyword::new(
        "notify_master_rx_lower_pri",
        Set::Script(|cx, v| cx.instance.notify.notify_master_rx_lower_pri = Some(v)),
        "Script when master hears a lower-priority advert.",
    )
    .once("({}) notify_master_rx_lower_pri script already specified - ignoring {v}"),
    Keyword::new(
        "notify_priority_changes",
        Set::Bool(|cx, v| cx.instance.notify.notify_priority_changes = Some(v)),
        "FIFO lines on priority changes.",
    )
    .complaint("({}) Invalid value '{v}' for notify_priority_changes specified"),
    Keyword::new(
        "notify_stop",
        Set::Script(|cx, v| cx.instance.notify.notify_stop = Some(v)),
        "Script on entering STOP.",
    )
    .once("({}) notify_stop script already specified - ignoring {v}"),
    Keyword::new(
        "notify_url",
        Set::Word(|cx, v| cx.instance.notify.url = Some(v)),
        "Posts each transition to this http or https URL as JSON. Not in the original.",
    )
    .default("the global one"),
];

/// What is run and told when the state changes.
pub(in crate::keywords) static GROUP_NOTIFY: &[Keyword] = &[
    Keyword::new(
        "notify",
        Set::Script(|cx, v| cx.group.notify.notify = Some(v)),
        "Script on any group transition; four arguments appended.",
    )
    .once("vrrp group {}: notify script already specified - ignoring {v}"),
    Keyword::new(
        "notify_backup",
        Set::Script(|cx, v| cx.group.notify.notify_backup = Some(v)),
        "Script on group entering BACKUP.",
    )
    .once("vrrp group {}: notify_backup script already specified - ignoring {v}"),
    Keyword::new(
        "notify_fault",
        Set::Script(|cx, v| cx.group.notify.notify_fault = Some(v)),
        "Script on group entering FAULT.",
    )
    .once("vrrp group {}: notify_fault script already specified - ignoring {v}"),
    Keyword::new(
        "notify_master",
        Set::Script(|cx, v| cx.group.notify.notify_master = Some(v)),
        "Script on group entering MASTER.",
    )
    .once("vrrp group {}: notify_master script already specified - ignoring {v}"),
    Keyword::new(
        "notify_priority_changes",
        Set::Bool(|cx, v| cx.group.notify.notify_priority_changes = Some(v)),
        "FIFO lines on group priority changes.",
    )
    .complaint("({}) Invalid value '{v}' for sync group notify_priority_changes specified"),
    Keyword::new(
        "notify_stop",
        Set::Script(|cx, v| cx.group.notify.notify_stop = Some(v)),
        "Script on group entering STOP.",
    )
    .once("vrrp group {}: notify_stop script already specified - ignoring {v}"),
    Keyword::new(
        "notify_url",
        Set::Word(|cx, v| cx.group.notify.url = Some(v)),
        "Posts each group transition to this http or https URL as JSON. Not in the original.",
    )
    .default("the global one"),
    Keyword::new(
        "smtp_alert",
        Set::Bool(|cx, v| cx.group.notify.smtp_alert = Some(v)),
        "Mail on group transitions.",
    )
    .complaint("Invalid vrrp_group smtp_alert parameter {v}"),
];
