//! Defaults of virtual routers.
use super::{Out, Written, micros, on, or};
use conf::Config;
use core::time::Duration;
use wire::Version;

fn secs(written: Written<Duration>, default: u64) -> u64 {
    written.map_or(default, |v| v.value.as_secs())
}

pub(super) fn write(out: &mut Out, config: &Config) {
    let global = &config.global;
    let group4 = global
        .mcast_group4
        .map_or_else(|| "224.0.0.18".into(), |g| g.value.to_string());
    let group6 = global
        .mcast_group6
        .map_or_else(|| "ff02::12".into(), |g| g.value.to_string());
    out.value(1, "VRRP IPv4 mcast group", group4);
    out.value(1, "VRRP IPv6 mcast group", group6);
    announcements(out, config);
    let send = "Send advert after receive";
    out.value(
        1,
        &format!("{send} lower priority advert"),
        !on(global.lower_prio_no_advert),
    );
    out.value(
        1,
        &format!("{send} higher priority advert"),
        on(global.higher_prio_send_advert),
    );
    let pause = micros(global.vrrp.garp_interval, 0.0);
    out.value(1, "Gratuitous ARP interval", pause);
    let pause = micros(global.vrrp.gna_interval, 0.0);
    out.value(1, "Gratuitous NA interval", pause);
    let version = if or(global.vrrp_version, Version::V2) == Version::V2 {
        2
    } else {
        3
    };
    out.value(1, "VRRP default protocol version", version);
    filter(out, config);
    out.value(1, "VRRP check unicast_src", global.vrrp.check_unicast_src);
    out.value(
        1,
        "VRRP skip check advert addresses",
        on(global.vrrp.skip_check_adv_addr),
    );
    out.value(1, "VRRP strict mode", on(global.vrrp_strict));
}

fn announcements(out: &mut Out, config: &Config) {
    let (global, garp) = (&config.global, &config.global.garp);
    let (delay, repeat) = if on(global.min_garp) { (0, 1) } else { (5, 5) };
    let (delay, repeat) = (
        secs(garp.master_delay, delay),
        or(garp.master_repeat, repeat),
    );
    for (label, value) in [
        ("delay", delay),
        ("repeat", repeat.into()),
        ("refresh timer", secs(garp.master_refresh, 0)),
        ("refresh repeat", or(garp.master_refresh_repeat, 1).into()),
        ("lower priority delay", secs(garp.lower_prio_delay, delay)),
        (
            "lower priority repeat",
            or(garp.lower_prio_repeat, repeat).into(),
        ),
    ] {
        out.value(1, &format!("Gratuitous ARP {label}"), value);
    }
    let adverts = or(global.down_timer_adverts, 3);
    out.value(1, "Num adverts before down", adverts);
    let extra = global.garp_extra_if;
    let what = if extra.is_some_and(|extra| extra.all) {
        "i/f"
    } else {
        "VMAC"
    };
    let seconds = extra.map_or(0, |extra| extra.interval.value.as_secs());
    let label = format!("Gratuitous ARP for each secondary {what}");
    out.value(1, &label, format_args!("{seconds}s"));
}

fn filter(out: &mut Out, config: &Config) {
    let kernel = &config.global.kernel;
    let strict = config.global.vrrp_strict;
    let needed = |block: &conf::config::Instance| {
        let strict = block.strict_mode.or(strict).is_some_and(|on| on.value);
        let more = &block.more;
        more.no_accept || more.use_vmac.is_some() || (strict && !more.accept)
    };
    // without a word it is used where it is needed
    let used = !kernel.vrrp_iptables.is_empty() || config.instances.iter().any(needed);
    if kernel.nftables.is_some() || used {
        let table = kernel
            .nftables
            .as_ref()
            .and_then(|table| table.value.as_deref());
        let table = table.unwrap_or("keepalived");
        out.value(1, "nftables table name", table);
        let priority = or(kernel.nftables_priority, -1);
        out.value(1, "nftables base chain priority", priority);
        let how = if kernel.nftables_ifindex {
            ""
        } else {
            "don't "
        };
        let text = format!("nftables {how}force use ifindex for link local IPv6");
        out.line(1, text);
    }
    if let Some(table) = &kernel.nftables_ipvs {
        let table = table.value.as_deref().unwrap_or("keepalived_ipvs");
        out.value(1, "ipvs nftables table name", table);
        let priority = or(kernel.nftables_ipvs_priority, -1);
        out.value(1, "ipvs nftables base chain priority", priority);
        let mark = or(kernel.nftables_ipvs_start_fwmark, 1000);
        out.value(1, "ipvs nftables start fwmark", mark);
    }
    let counters = if kernel.nftables_counters {
        "with"
    } else {
        "without"
    };
    out.line(1, format_args!("nftables {counters} counters"));
}
