//! `vrrp_instance`: words whose lines have a grammar of their own.
use super::{hmac, lines};
use crate::keywords::{root, route, track};
use crate::table::{Keyword, Set};

pub(super) static INSTANCE_LINES: &[Keyword] = &[
    Keyword::new(
        "auth_hmac",
        Set::Block { args: "", table: &hmac::HMAC, open: hmac::open_hmac, close: |_| {} },
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
    .notice("({}) thread_timer_expired - please replace with keyword 'timer_expired_backup'")
    .deprecated("timer_expired_backup")
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
