//! `vrrp_instance` and its blocks.
pub(super) mod family;
mod group;
mod group_rows;
pub(super) mod lines;
mod more;
mod notify;

pub use group::SYNC_GROUP;
pub(super) use group::{close_group, open_group};

use super::garp::{COUNT_MAX, TIMER_MAX, at_least_one, count, secs};
use super::{IFNAME_MAX, address, fit, no_extra, root, route, track};
use crate::config::{AuthType, Authentication, Hmac, HmacMode, Instance, StartState};
use crate::parse::{Cx, Line};
use crate::table::{Keyword, Set, Table};
use crate::{Diagnostic, Severity, Spanned};
use wire::{Priority, Vrid};

/// Password bytes that fit into a version 2 advert (RFC 2338 section 5.3.10).
const PASS_MAX: usize = 8;

/// `vrrp_instance`.
pub static INSTANCE: Table = Table {
    block: "vrrp_instance",
    parts: &[
        INSTANCE_ROWS,
        INSTANCE_LINES,
        more::MORE,
        notify::INSTANCE_NOTIFY,
    ],
};

static INSTANCE_ROWS: &[Keyword] = &[
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
            table: &AUTHENTICATION,
            open: open_authentication,
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

pub(super) fn open(cx: &mut Cx, line: &Line<'_>) -> bool {
    let Some(name) = line.word(1).filter(|_| line.args().len() == 1) else {
        let text = "vrrp_instance must have a name";
        let found = Diagnostic::new("missing-name", Severity::Error, text).at(line.span());
        cx.push(found.help("write one word behind vrrp_instance; the block is left out"));
        return false;
    };
    cx.name = name.text().into();
    if let Some(&first) = cx.names.instances.get(&cx.name) {
        let text = format!("vrrp instance {} already defined", cx.name);
        let found = Diagnostic::new("duplicate-name", Severity::Error, text).at(name.span);
        let found = found.label(first, "first defined here");
        cx.push(found.help("give it another name; the block is left out"));
        return false;
    }
    cx.names.instances.insert(cx.name.clone(), name.span);
    cx.instance = Instance {
        name: Spanned::new(cx.name.clone(), name.span),
        ..Instance::default()
    };
    true
}

pub(super) fn close(cx: &mut Cx) {
    lines::check_xmit_base(cx);
    let instance = std::mem::take(&mut cx.instance);
    cx.config.instances.push(instance);
}

fn open_authentication(cx: &mut Cx, line: &Line<'_>) -> bool {
    authentication(cx).span = line.span();
    true
}

fn authentication(cx: &mut Cx) -> &mut Authentication {
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

fn interface(cx: &mut Cx, name: Spanned<Box<str>>) {
    if name.value.len() > IFNAME_MAX {
        let text = format!("Interface name '{}' too long - ignoring", name.value);
        cx.report("long-interface-name", Severity::Error, text, name.span);
        return;
    }
    cx.instance.interface = Some(name);
}

static INSTANCE_LINES: &[Keyword] = &[
    Keyword::new(
        "auth_hmac",
        Set::Block { args: "", table: &HMAC, open: open_hmac, close: |_| {} },
        "Authentication of adverts by a keyed hash behind them, for versions 2 and 3.",
    )
    .since("2.4.0"),
    Keyword::new(
        "garp_extra_if",
        Set::Line { args: "[all] <0..86400>", set: lines::garp_extra_if },
        "Repeats announcements on other interfaces that carry addresses.",
    )
    .unit("seconds"),
    Keyword::new(
        "mcast_dst_ip",
        Set::Line { args: "<multicast address>", set: lines::mcast_dst_ip },
        "Destination of the adverts.",
    )
    .default("vrrp_mcast_group4, vrrp_mcast_group6"),
    Keyword::new(
        "notify_deleted",
        Set::Line {
            args: "[\"<script>\" [<user> [<group>]]]",
            set: |cx, line| cx.instance.notify.deleted = Some(crate::parse::script(line, 1)),
        },
        "A removed instance is told as DELETED, not as FAULT, and this is run.",
    ).once("({}) notify_deleted already specified - ignoring {v}"),
    Keyword::new(
        "old_unicast_checksum",
        Set::Line { args: "[never]", set: lines::old_unicast_checksum },
        "Uses, or never uses, the checksum of versions before 1.3.6 with unicast peers.",
    ),
    Keyword::new(
        "thread_timer_expired",
        Set::Line { args: "[<1..254>]", set: lines::timer_expired_backup },
        "The same as timer_expired_backup.",
    )
    .since("2.3.2"),
    Keyword::new(
        "timer_expired_backup",
        Set::Line { args: "[<1..254>]", set: lines::timer_expired_backup },
        "Steps back without a word when the own timers were so late that another may be master; needs nopreempt.",
    )
    .default("254")
    .since("2.2.8"),
    Keyword::new(
        "track_bfd",
        Set::List { args: track::TRACK_ARGS, open: root::plain, item: lines::track_bfd, close: |_| {} },
        "BFD sessions that change the priority or are a fault.",
    ),
    Keyword::new(
        "track_file",
        Set::List { args: track::TRACK_ARGS, open: root::plain, item: lines::track_file, close: |_| {} },
        "Files that change the priority or are a fault.",
    ),
    Keyword::new(
        "track_interface",
        Set::List { args: track::TRACK_ARGS, open: root::plain, item: lines::track_interface, close: |_| {} },
        "Interfaces that change the priority or are a fault.",
    ),
    Keyword::new(
        "track_process",
        Set::List { args: track::TRACK_ARGS, open: root::plain, item: lines::track_process, close: |_| {} },
        "Processes that change the priority or are a fault.",
    ),
    Keyword::new(
        "track_script",
        Set::List { args: track::TRACK_ARGS, open: root::plain, item: lines::track_script, close: |_| {} },
        "Scripts that change the priority or are a fault.",
    ),
    Keyword::new(
        "unicast_peer",
        Set::List {
            args: "<address> [min_ttl <0..255>] [max_ttl <0..255>]",
            open: |cx, line| {
                cx.instance.more.unicast_word = Some(line.span());
                root::plain(cx, line)
            },
            item: lines::unicast_peer,
            close: |_| {},
        },
        "Neighbours that get adverts by unicast.",
    ),
    Keyword::new(
        "use_ipvlan",
        Set::Line {
            args: "[[name] <interface>] [<address>[/<length>]] [bridge|private|vepa] [group <group>]",
            set: lines::use_ipvlan,
        },
        "Runs on an ipvlan interface of its own.",
    ),
    Keyword::new(
        "use_vmac",
        Set::Line {
            args: "[[name] <interface>] [<hardware address>] [netlink_notify_msg] [group <group>]",
            set: lines::use_vmac,
        },
        "Runs on a macvlan interface with the virtual hardware address.",
    ),
    Keyword::new(
        "virtual_routes",
        Set::List {
            args: route::ROUTE_ARGS,
            open: root::plain,
            item: |cx, line| {
                let route = route::of_instance(cx, line, route::route);
                cx.instance.routes.extend(route);
            },
            close: |_| {},
        },
        "Routes that are there while master.",
    ),
    Keyword::new(
        "virtual_rules",
        Set::List {
            args: route::RULE_ARGS,
            open: root::plain,
            item: |cx, line| {
                let rule = route::of_instance(cx, line, route::rule);
                cx.instance.rules.extend(rule);
            },
            close: |_| {},
        },
        "Policy rules that are there while master.",
    ),
    Keyword::new(
        "vmac_garp_intvl",
        Set::Line { args: "[all] <0..86400>", set: lines::garp_extra_if },
        "Old spelling of garp_extra_if.",
    )
    .deprecated("garp_extra_if"),
];

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

fn open_hmac(cx: &mut Cx, line: &Line<'_>) -> bool {
    no_extra(cx, line, 1);
    hmac(cx).span = line.span();
    true
}

fn hmac(cx: &mut Cx) -> &mut Hmac {
    cx.instance.hmac.get_or_insert_default()
}
