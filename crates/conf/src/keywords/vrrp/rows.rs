//! `vrrp_instance`: its own words.
use super::{auth, family, lines};
use crate::config::StartState;
use crate::keywords::garp::{COUNT_MAX, TIMER_MAX, at_least_one, count, secs};
use crate::keywords::{IFNAME_MAX, address, root};
use crate::parse::Cx;
use crate::table::{Keyword, Set};
use crate::{Severity, Spanned};
use wire::{Priority, Vrid};

pub(super) static INSTANCE_ROWS: &[Keyword] = &[
    Keyword::new(
        "advert_int",
        Set::Seconds {
            min: 10_000,
            max: 255_000_000,
            set: |cx, v| cx.instance.advert_int = Some(v),
        },
        "Time between adverts; version 2 takes whole seconds, version 3 hundredths up to 40.95.",
    )
    .default("1")
    .unit("seconds")
    .complaint("({}) Advert interval ({v}) not valid! Must be > 0 - ignoring"),
    Keyword::new(
        "authentication",
        Set::Block {
            args: "",
            table: &auth::AUTHENTICATION,
            open: auth::open_authentication,
            close: |_| {},
        },
        "Authentication of version 2 adverts.",
    ),
    Keyword::new(
        "dont_track_primary",
        Set::Flag(|cx| cx.instance.dont_track_primary = true),
        "Faults of the instance's own interface do not count.",
    ),
    Keyword::new(
        "down_timer_adverts",
        Set::Int {
            min: 1,
            max: 100,
            set: |cx, v| {
                cx.instance.down_timer_adverts = Some(v.map(|n| u8::try_from(n).unwrap_or(3)));
            },
        },
        "Missed adverts before the master counts as gone.",
    )
    .default("vrrp_down_timer_adverts")
    .complaint("({}): Invalid down_timer_adverts [1:100] '{v}'"),
    Keyword::new(
        "garp_lower_prio_delay",
        Set::Int {
            min: 0,
            max: TIMER_MAX,
            set: |cx, v| cx.instance.garp.lower_prio_delay = Some(secs(v)),
        },
        "Time to the second announcement after an advert of lower priority.",
    )
    .default("vrrp_garp_lower_prio_delay")
    .unit("seconds")
    .complaint("({}): garp_lower_prio_delay '{v}' invalid - ignoring"),
    Keyword::new(
        "garp_lower_prio_repeat",
        Set::Int {
            min: 0,
            max: 2_147_483_647,
            set: |cx, v| cx.instance.garp.lower_prio_repeat = Some(count(v)),
        },
        "Announcements per address after an advert of lower priority.",
    )
    .default("vrrp_garp_lower_prio_repeat")
    .complaint("({}): Invalid garp_lower_prio_repeat '{v}'"),
    Keyword::new(
        "garp_master_delay",
        Set::Int {
            min: 0,
            max: TIMER_MAX,
            set: |cx, v| cx.instance.garp.master_delay = Some(secs(v)),
        },
        "Time to the second announcement on becoming master; 0: no second one.",
    )
    .default("vrrp_garp_master_delay")
    .unit("seconds")
    .complaint("({}): garp_master_delay '{v}' invalid - ignoring"),
    Keyword::new(
        "garp_master_refresh",
        Set::Int {
            min: 0,
            max: COUNT_MAX,
            set: |cx, v| cx.instance.garp.master_refresh = Some(secs(v)),
        },
        "Period of announcements while master; 0: none.",
    )
    .default("vrrp_garp_master_refresh")
    .unit("seconds")
    .complaint("({}): Invalid garp_master_refresh '{v}' - ignoring"),
    Keyword::new(
        "garp_master_refresh_repeat",
        Set::Int {
            min: 0,
            max: COUNT_MAX,
            set: |cx, v| {
                let keyword = format!("({}): garp_master_refresh_repeat", cx.name);
                cx.instance.garp.master_refresh_repeat = Some(at_least_one(cx, &keyword, v));
            },
        },
        "Announcements per address in each refresh.",
    )
    .default("vrrp_garp_master_refresh_repeat")
    .complaint("({}): garp_master_refresh_repeat '{v}' invalid - ignoring"),
    Keyword::new(
        "garp_master_repeat",
        Set::Int {
            min: 0,
            max: COUNT_MAX,
            set: |cx, v| {
                let keyword = format!("({}): garp_master_repeat", cx.name);
                cx.instance.garp.master_repeat = Some(at_least_one(cx, &keyword, v));
            },
        },
        "Announcements per address on becoming master.",
    )
    .default("vrrp_garp_master_repeat")
    .complaint("({}): garp_master_repeat '{v}' invalid - ignoring"),
    Keyword::new(
        "higher_prio_send_advert",
        Set::Bool(|cx, v| cx.instance.higher_prio_send_advert = Some(v)),
        "As master, sends one advert more before yielding to a higher priority.",
    )
    .default("vrrp_higher_prio_send_advert")
    .complaint("({}) invalid higher_prio_send_advert {v} specified"),
    Keyword::new(
        "interface",
        Set::Word(interface),
        "Interface on which adverts are sent and heard.",
    ),
    Keyword::new(
        "lower_prio_no_advert",
        Set::Bool(|cx, v| cx.instance.lower_prio_no_advert = Some(v)),
        "As master, does not answer adverts of lower priority at once.",
    )
    .default("vrrp_lower_prio_no_advert")
    .complaint("({}) invalid lower_prio_no_advert {v} specified"),
    Keyword::new(
        "mcast_src_ip",
        Set::Line {
            args: "<address>",
            set: lines::source,
        },
        "Source address of adverts.",
    )
    .default("the interface's first address"),
    Keyword::new(
        "no_virtual_ipaddress",
        Set::Flag(|cx| cx.instance.no_addresses = true),
        "The instance is meant to have no virtual address.",
    )
    .since("2.2.8"),
    Keyword::new(
        "nopreempt",
        Set::Flag(|cx| cx.instance.nopreempt = Some(cx.here)),
        "Leaves a master of lower priority in place.",
    ),
    Keyword::new(
        "preempt",
        Set::Flag(|cx| cx.instance.nopreempt = None),
        "Takes over from a master of lower priority; undoes nopreempt.",
    ),
    Keyword::new(
        "preempt_delay",
        Set::Seconds {
            min: 0,
            max: 1_000_000_000,
            set: |cx, v| cx.instance.preempt_delay = Some(v),
        },
        "How long a master of lower priority is left in place.",
    )
    .default("0")
    .unit("seconds")
    .complaint("({}) Preempt_delay not valid! must be between 0-1000"),
    Keyword::new(
        "priority",
        Set::Int {
            min: 1,
            max: 255,
            set: |cx, v| {
                cx.instance.priority =
                    Some(v.map(|n| Priority::new(u8::try_from(n).unwrap_or(100))));
            },
        },
        "Priority in the election; 255: owner of the addresses.",
    )
    .default("100; 255 with state MASTER")
    .complaint("({}) Priority not valid! must be between 1 & 255. Using default 100"),
    Keyword::new(
        "smtp_alert",
        Set::Bool(|cx, v| cx.instance.smtp_alert = Some(v)),
        "Sends mail when the state changes.",
    )
    .default("smtp_alert_vrrp")
    .complaint("Invalid vrrp_instance smtp_alert parameter {v}"),
    Keyword::new(
        "state",
        Set::Choice {
            words: &["MASTER", "BACKUP"],
            set: |cx, v| {
                let state = |index| {
                    if index == 0 {
                        StartState::Master
                    } else {
                        StartState::Backup
                    }
                };
                cx.instance.state = Some(v.map(state));
            },
        },
        "The state aimed at on start; a MASTER does not wait the full time for another one.",
    )
    .default("BACKUP")
    .complaint("({}) unknown state '{v}', defaulting to BACKUP"),
    Keyword::new(
        "strict_mode",
        Set::Bool(|cx, v| cx.instance.strict_mode = Some(v)),
        "Holds the instance to the letter of the RFC.",
    )
    .default("vrrp_strict")
    .complaint("({}) invalid strict_mode {v} specified"),
    Keyword::new(
        "unicast_src_ip",
        Set::Line {
            args: "<address>",
            set: lines::source,
        },
        "Source address of adverts.",
    )
    .default("the interface's first address"),
    Keyword::new(
        "version",
        Set::Int {
            min: 2,
            max: 3,
            set: family::version,
        },
        "Protocol version.",
    )
    .default("vrrp_version")
    .complaint("({}): Version must be either 2 or 3"),
    Keyword::new(
        "virtual_ipaddress",
        Set::List {
            args: address::ARGS,
            open: root::plain,
            item: address::virtual_line,
            close: |_| {},
        },
        "Addresses that the master holds and names in its adverts.",
    ),
    Keyword::new(
        "virtual_ipaddress_excluded",
        Set::List {
            args: address::ARGS,
            open: root::plain,
            item: address::excluded_line,
            close: |_| {},
        },
        "Addresses that the master holds without naming them in its adverts.",
    ),
    Keyword::new(
        "virtual_router_id",
        Set::Int {
            min: 1,
            max: 255,
            set: |cx, v| {
                let vrid = u8::try_from(v.value).ok().and_then(Vrid::new);
                cx.instance.vrid = vrid.map(|vrid| Spanned::new(vrid, v.span));
            },
        },
        "Names the virtual router on its network; mandatory.",
    )
    .complaint("({}): VRID '{v}' not valid - must be between 1 & 255"),
];

pub(super) fn interface(cx: &mut Cx, name: Spanned<Box<str>>) {
    if name.value.len() > IFNAME_MAX {
        let text = format!("Interface name '{}' too long - ignoring", name.value);
        cx.report("long-interface-name", Severity::Error, text, name.span);
        return;
    }
    cx.instance.interface = Some(name);
}
