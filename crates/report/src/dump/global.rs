//! `Global definitions`.
use super::Out;
use conf::config::FlushOnStop;
use conf::{Config, Spanned};
use core::time::Duration;
use wire::Version;

type Written<T> = Option<Spanned<T>>;

fn or<T: Copy>(written: Written<T>, default: T) -> T {
    written.map_or(default, |v| v.value)
}

fn secs(written: Written<Duration>, default: u64) -> u64 {
    written.map_or(default, |v| v.value.as_secs())
}

fn micros(written: Written<Duration>, default: f64) -> String {
    format!("{:.6}", written.map_or(default, |v| v.value.as_secs_f64()))
}

fn word<'a>(written: Option<&'a Spanned<Box<str>>>, default: &'a str) -> &'a str {
    written.map_or(default, |v| &v.value)
}

fn on(written: Written<bool>) -> bool {
    or(written, false)
}

pub(super) fn write(out: &mut Out, config: &Config, hostname: &str) {
    out.title("Global definitions");
    identity(out, config, hostname);
    mail(out, config);
    behaviour(out, config);
    vrrp(out, config);
    processes(out, config);
    services(out, config);
}

fn identity(out: &mut Out, config: &Config, hostname: &str) {
    let daemon = &config.daemon;
    out.value(
        1,
        "Network namespace",
        word(daemon.net_namespace.as_ref(), "(default)"),
    );
    let ipvs = daemon
        .net_namespace_ipvs
        .as_ref()
        .and_then(|name| name.value.as_deref());
    out.value(
        1,
        "Network namespace ipvs",
        ipvs.unwrap_or("(main namespace)"),
    );
    if let Some(instance) = &daemon.instance {
        out.value(1, "Instance name", &instance.value);
    }
    let process = &config.global.process;
    let names = [
        ("VRRP", &process.vrrp_process_name, "keepalived_vrrp"),
        ("LVS", &process.checker_process_name, "keepalived_lvs"),
        ("BFD", &process.bfd_process_name, "keepalived_bfd"),
    ];
    for (what, name, default) in names {
        if process.process_names || name.is_some() {
            out.value(
                1,
                &format!("{what} process name"),
                word(name.as_ref(), default),
            );
        }
    }
    out.line(1, "Replace symlinks in script paths");
    out.value(
        1,
        "Router ID",
        word(config.global.router_id.as_ref(), hostname),
    );
}

fn mail(out: &mut Out, config: &Config) {
    let global = &config.global;
    if let Some(server) = &global.smtp_server {
        out.value(1, "Smtp server", &server.host.value);
        out.value(1, "Smtp server port", or(server.port, 25));
    }
    if let Some(name) = &global.smtp_helo_name {
        out.value(1, "Smtp HELO name", &name.value);
    }
    if let Some(timeout) = global.smtp_connect_timeout {
        out.value(1, "Smtp server connection timeout", timeout.value.as_secs());
    }
    if let Some(from) = &global.notification_email_from {
        out.value(1, "Email notification from", &from.value);
    }
    if !global.notification_email.is_empty() {
        out.line(1, "Email notification to:");
        for to in &global.notification_email {
            out.line(2, &*to.value);
        }
    }
    let alert = |written: Written<bool>| match written.map(|v| v.value) {
        None => "unset",
        Some(true) => "on",
        Some(false) => "off",
    };
    out.value(1, "Default smtp_alert", alert(global.scripts.smtp_alert));
    out.value(
        1,
        "Default smtp_alert_vrrp",
        alert(global.scripts.smtp_alert_vrrp),
    );
    out.value(
        1,
        "Default smtp_alert_checker",
        alert(global.scripts.smtp_alert_checker),
    );
}

fn behaviour(out: &mut Out, config: &Config) {
    let global = &config.global;
    out.value(
        1,
        "Checkers log all failures",
        on(global.scripts.checker_log_all_failures),
    );
    let tested = global.process.reload_check_config.is_some();
    out.line(
        1,
        if tested {
            "Test config before reload"
        } else {
            "No test config before reload"
        },
    );
    out.value(
        1,
        "keep script symlinks",
        on(global.scripts.use_symlink_paths),
    );
    out.value(1, "Dynamic interfaces", global.dynamic_interfaces);
    if global.dynamic_interfaces {
        out.value(1, "Allow interface changes", false);
    }
    out.value(
        1,
        "Default interface",
        word(global.default_interface.as_ref(), "eth0"),
    );
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    out.value(1, "Disable local IGMP", yes(global.vrrp.disable_local_igmp));
    out.value(
        1,
        "Use VRRPv2 checksum for VRRPv3 IPv4",
        yes(global.vrrp.v3_checksum_as_v2),
    );
    out.value(1, "LVS flush", global.kernel.lvs_flush);
    let flush = match global.kernel.lvs_flush_on_stop.map(|v| v.value) {
        None => "disabled",
        Some(FlushOnStop::All) => "full",
        Some(FlushOnStop::VirtualServers) => "VS",
    };
    out.value(1, "LVS flush on stop", flush);
    let scripts = &global.scripts;
    let fifos = [
        ("Global", &scripts.notify_fifo),
        ("VRRP", &scripts.vrrp_notify_fifo),
        ("LVS", &scripts.lvs_notify_fifo),
    ];
    for (what, fifo) in fifos {
        if let Some(fifo) = fifo {
            out.value(
                1,
                &format!("{what} notify fifo"),
                format!("{}, uid:gid 0:0", fifo.command.value),
            );
        }
    }
    out.value(
        1,
        "FIFO write vrrp states on reload",
        scripts.fifo_write_vrrp_states_on_reload,
    );
    out.value(
        1,
        "VRRP notify priority changes",
        on(scripts.vrrp_notify_priority_changes),
    );
}

fn vrrp(out: &mut Out, config: &Config) {
    let (global, garp) = (&config.global, &config.global.garp);
    let group4 = global
        .mcast_group4
        .map_or_else(|| "224.0.0.18".into(), |g| g.value.to_string());
    let group6 = global
        .mcast_group6
        .map_or_else(|| "ff02::12".into(), |g| g.value.to_string());
    out.value(1, "VRRP IPv4 mcast group", group4);
    out.value(1, "VRRP IPv6 mcast group", group6);
    let (delay, repeat) = if on(global.min_garp) { (0, 1) } else { (5, 5) };
    let (delay, repeat) = (
        secs(garp.master_delay, delay),
        or(garp.master_repeat, repeat),
    );
    out.value(1, "Gratuitous ARP delay", delay);
    out.value(1, "Gratuitous ARP repeat", repeat);
    out.value(
        1,
        "Gratuitous ARP refresh timer",
        secs(garp.master_refresh, 0),
    );
    out.value(
        1,
        "Gratuitous ARP refresh repeat",
        or(garp.master_refresh_repeat, 1),
    );
    out.value(
        1,
        "Gratuitous ARP lower priority delay",
        secs(garp.lower_prio_delay, delay),
    );
    out.value(
        1,
        "Gratuitous ARP lower priority repeat",
        or(garp.lower_prio_repeat, repeat),
    );
    out.value(
        1,
        "Num adverts before down",
        or(global.down_timer_adverts, 3),
    );
    let extra = global
        .garp_extra_if
        .map_or(0, |extra| extra.interval.value.as_secs());
    out.value(
        1,
        "Gratuitous ARP for each secondary VMAC",
        format!("{extra}s"),
    );
    out.value(
        1,
        "Send advert after receive lower priority advert",
        !on(global.lower_prio_no_advert),
    );
    out.value(
        1,
        "Send advert after receive higher priority advert",
        on(global.higher_prio_send_advert),
    );
    out.value(
        1,
        "Gratuitous ARP interval",
        micros(global.vrrp.garp_interval, 0.0),
    );
    out.value(
        1,
        "Gratuitous NA interval",
        micros(global.vrrp.gna_interval, 0.0),
    );
    let version = if or(global.vrrp_version, Version::V2) == Version::V2 {
        2
    } else {
        3
    };
    out.value(1, "VRRP default protocol version", version);
    out.line(
        1,
        if global.kernel.nftables_counters {
            "nftables with counters"
        } else {
            "nftables without counters"
        },
    );
    out.value(1, "VRRP check unicast_src", global.vrrp.check_unicast_src);
    out.value(
        1,
        "VRRP skip check advert addresses",
        on(global.vrrp.skip_check_adv_addr),
    );
    out.value(1, "VRRP strict mode", on(global.vrrp_strict));
}

fn processes(out: &mut Out, config: &Config) {
    let (global, process) = (&config.global, &config.global.process);
    let most = global
        .max_auto_priority
        .map_or(0, |v| v.value.unwrap_or(99));
    out.value(1, "Max auto priority", most);
    out.value(
        1,
        "Min auto priority delay",
        format!("{} usecs", or(process.min_auto_priority_delay, 1_000_000)),
    );
    let all = [
        (
            "VRRP",
            process.vrrp_priority,
            process.vrrp_no_swap,
            process.vrrp_rt_priority,
            process.vrrp_rlimit_rttime,
        ),
        (
            "Checker",
            process.checker_priority,
            process.checker_no_swap,
            process.checker_rt_priority,
            process.checker_rlimit_rttime,
        ),
        (
            "BFD",
            process.bfd_priority,
            process.bfd_no_swap,
            process.bfd_rt_priority,
            process.bfd_rlimit_rttime,
        ),
    ];
    for (what, nice, no_swap, realtime, limit) in all {
        out.value(1, &format!("{what} process priority"), or(nice, 0));
        out.value(1, &format!("{what} don't swap"), no_swap);
        out.value(1, &format!("{what} realtime priority"), or(realtime, 0));
        out.value(1, &format!("{what} realtime limit"), or(limit, 10_000));
    }
}

fn services(out: &mut Out, config: &Config) {
    let (global, snmp) = (&config.global, &config.global.snmp);
    let state = |flag: bool| if flag { "enabled" } else { "disabled" };
    out.line(1, format!("SNMP vrrp {}", state(snmp.enable_snmp_vrrp)));
    out.line(
        1,
        format!("SNMP checker {}", state(snmp.enable_snmp_checker)),
    );
    out.line(
        1,
        format!(
            "SNMP RFCv2 {}",
            state(snmp.enable_snmp_rfcv2 || snmp.enable_snmp_rfc)
        ),
    );
    out.line(
        1,
        format!(
            "SNMP RFCv3 {}",
            state(snmp.enable_snmp_rfcv3 || snmp.enable_snmp_rfc)
        ),
    );
    out.line(1, format!("SNMP traps {}", state(snmp.enable_traps)));
    out.value(
        1,
        "SNMP socket",
        word(
            snmp.snmp_socket.as_ref(),
            "default (unix:/var/agentx/master)",
        ),
    );
    out.value(
        1,
        "SNMP VS stats update interval",
        micros(snmp.snmp_vs_stats_update_interval, 5.0),
    );
    let rs = snmp
        .snmp_rs_stats_update_interval
        .or(snmp.snmp_vs_stats_update_interval);
    out.value(1, "SNMP RS stats update interval", micros(rs, 5.0));
    out.line(1, format!("DBus {}", state(snmp.enable_dbus)));
    out.value(
        1,
        "DBus service name",
        word(snmp.dbus_service_name.as_ref(), ""),
    );
    out.value(
        1,
        "DBus no interface name",
        word(snmp.dbus_no_interface_name.as_ref(), "none"),
    );
    out.line(
        1,
        format!("Script security {}", state(global.enable_script_security)),
    );
    out.line(1, "Default script uid:gid 0:0");
    let (kernel, flag) = (&global.kernel, |written: Written<bool>| {
        u8::from(on(written))
    });
    out.value(
        1,
        "vrrp_netlink_cmd_rcv_bufs",
        or(kernel.vrrp_netlink_cmd_rcv_bufs, 0),
    );
    out.value(
        1,
        "vrrp_netlink_cmd_rcv_bufs_force",
        flag(kernel.vrrp_netlink_cmd_rcv_bufs_force),
    );
    out.value(
        1,
        "vrrp_netlink_monitor_rcv_bufs",
        or(kernel.vrrp_netlink_monitor_rcv_bufs, 0),
    );
    out.value(
        1,
        "vrrp_netlink_monitor_rcv_bufs_force",
        flag(kernel.vrrp_netlink_monitor_rcv_bufs_force),
    );
    out.value(
        1,
        "process_monitor_rcv_bufs",
        or(kernel.process_monitor_rcv_bufs, 0),
    );
    out.value(
        1,
        "process_monitor_rcv_bufs_force",
        flag(kernel.process_monitor_rcv_bufs_force),
    );
    out.value(
        1,
        "lvs_netlink_cmd_rcv_bufs",
        or(kernel.lvs_netlink_cmd_rcv_bufs, 0),
    );
    out.value(
        1,
        "lvs_netlink_cmd_rcv_bufs_force",
        flag(kernel.lvs_netlink_cmd_rcv_bufs_force),
    );
    out.value(
        1,
        "lvs_netlink_monitor_rcv_bufs",
        or(kernel.lvs_netlink_monitor_rcv_bufs, 0),
    );
    out.value(
        1,
        "lvs_netlink_monitor_rcv_bufs_force",
        flag(kernel.lvs_netlink_monitor_rcv_bufs_force),
    );
    out.value(1, "rs_init_notifies", flag(global.scripts.rs_init_notifies));
    out.value(
        1,
        "no_checker_emails",
        flag(global.scripts.no_checker_emails),
    );
    out.value(
        1,
        "rx_bufs_multiples",
        or(kernel.vrrp_rx_bufs_multiplier, 3),
    );
    out.value(
        1,
        "umask",
        format!("0{:o}", or(global.process.umask, 0o177)),
    );
    out.line(
        1,
        format!("json_version {}", or(global.process.json_version, 1)),
    );
    out.line(
        1,
        format!(
            "iproute usr directory {}",
            word(
                global.process.iproute_usr_dir.as_ref(),
                "/usr/share/iproute2"
            )
        ),
    );
    out.line(
        1,
        format!(
            "iproute etc directory {}",
            word(global.process.iproute_etc_dir.as_ref(), "/etc/iproute2")
        ),
    );
}
