//! The load balancer, named pipes, SNMP, buffers.
use super::{Out, Written, micros, on, or, word, written};
use conf::Config;
use conf::config::{FlushOnStop, RxBufs, Script, SyncDaemon};

pub(super) fn balancer(out: &mut Out, config: &Config) {
    let (global, kernel) = (&config.global, &config.global.kernel);
    let timeouts = &kernel.lvs_timeouts;
    for (label, timeout) in [
        ("LVS TCP timeout", timeouts.tcp),
        ("LVS TCP FIN timeout", timeouts.tcpfin),
        // the original's label for UDP, which tools may look for
        ("LVS TCP timeout", timeouts.udp),
    ] {
        if let Some(timeout) = timeout {
            out.value(1, label, timeout);
        }
    }
    if !config.instances.is_empty() || global.default_interface.is_some() {
        let interface = word(global.default_interface.as_ref(), "eth0");
        out.value(1, "Default interface", interface);
    }
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    out.value(1, "Disable local IGMP", yes(global.vrrp.disable_local_igmp));
    out.value(
        1,
        "Use VRRPv2 checksum for VRRPv3 IPv4",
        yes(global.vrrp.v3_checksum_as_v2),
    );
    if let Some(daemon) = &kernel.lvs_sync_daemon {
        sync_daemon(out, daemon);
    }
    out.value(1, "LVS flush", kernel.lvs_flush);
    let flush = match kernel.lvs_flush_on_stop.map(|v| v.value) {
        None => "disabled",
        Some(FlushOnStop::All) => "full",
        Some(FlushOnStop::VirtualServers) => "VS",
    };
    out.value(1, "LVS flush on stop", flush);
}

fn sync_daemon(out: &mut Out, daemon: &SyncDaemon) {
    written(out, "LVS syncd vrrp name", daemon.instance.as_ref());
    out.value(1, "LVS syncd interface", &daemon.interface.value);
    out.value(1, "LVS syncd syncid", daemon.id.unwrap_or(0));
    if let Some(length) = daemon.maxlen {
        out.value(1, "LVS syncd maxlen", length);
    }
    if let Some(group) = daemon.group {
        out.line(1, format_args!("LVS mcast group {group}"));
    }
    if let Some(port) = daemon.port {
        out.value(1, "LVS syncd mcast port", port);
    }
    if let Some(ttl) = daemon.ttl {
        out.value(1, "LVS syncd mcast ttl", ttl);
    }
}

pub(super) fn fifos(out: &mut Out, config: &Config) {
    let scripts = &config.global.scripts;
    for (what, fifo, script) in [
        ("Global", &scripts.notify_fifo, &scripts.notify_fifo_script),
        (
            "VRRP",
            &scripts.vrrp_notify_fifo,
            &scripts.vrrp_notify_fifo_script,
        ),
        (
            "LVS",
            &scripts.lvs_notify_fifo,
            &scripts.lvs_notify_fifo_script,
        ),
    ] {
        let Some(fifo) = fifo else { continue };
        let path = &fifo.command.value;
        let owner = user(config, fifo);
        let label = format!("{what} notify fifo");
        out.value(1, &label, format_args!("{path}, uid:gid {owner}"));
        if let Some(script) = script {
            let text = command(config, script, Some(path));
            out.value(1, &format!("{label} script"), text);
        }
    }
    let repeat = scripts.fifo_write_vrrp_states_on_reload;
    out.value(1, "FIFO write vrrp states on reload", repeat);
    let changes = on(scripts.vrrp_notify_priority_changes);
    out.value(1, "VRRP notify priority changes", changes);
}

/// A command as it is run, with a last argument, and whom it runs as.
pub(super) fn command(config: &Config, script: &Script, last: Option<&str>) -> String {
    let mut command = plan::command(script);
    command.words.extend(last.map(ToOwned::to_owned));
    let user = super::super::tracks::user(config, &command);
    format!("{}, uid:gid {user}", super::super::quoted(&command))
}

fn user(config: &Config, fifo: &Script) -> String {
    super::super::tracks::user(config, &plan::command(fifo))
}

pub(super) fn snmp(out: &mut Out, config: &Config) {
    let snmp = &config.global.snmp;
    let state = |flag: bool| if flag { "enabled" } else { "disabled" };
    for (what, flag) in [
        ("SNMP vrrp", snmp.enable_snmp_vrrp),
        ("SNMP checker", snmp.enable_snmp_checker),
        ("SNMP RFCv2", snmp.enable_snmp_rfcv2 || snmp.enable_snmp_rfc),
        ("SNMP RFCv3", snmp.enable_snmp_rfcv3 || snmp.enable_snmp_rfc),
        ("SNMP traps", snmp.enable_traps),
    ] {
        out.line(1, format_args!("{what} {}", state(flag)));
    }
    let socket = word(
        snmp.snmp_socket.as_ref(),
        "default (unix:/var/agentx/master)",
    );
    out.value(1, "SNMP socket", socket);
    let vs = snmp.snmp_vs_stats_update_interval;
    let rs = snmp.snmp_rs_stats_update_interval.or(vs);
    out.value(1, "SNMP VS stats update interval", micros(vs, 5.0));
    out.value(1, "SNMP RS stats update interval", micros(rs, 5.0));
    out.line(1, format_args!("DBus {}", state(snmp.enable_dbus)));
    let name = word(snmp.dbus_service_name.as_ref(), "");
    out.value(1, "DBus service name", name);
    let none = word(snmp.dbus_no_interface_name.as_ref(), "none");
    out.value(1, "DBus no interface name", none);
    let security = state(config.global.enable_script_security);
    out.line(1, format_args!("Script security {security}"));
    let nobody = plan::Command::new(Vec::new(), None);
    let user = super::super::tracks::user(config, &nobody);
    out.line(1, format_args!("Default script uid:gid {user}"));
}

/// Buffers and what else has its keyword's name for a label.
pub(super) fn limits(out: &mut Out, config: &Config) {
    let (global, kernel) = (&config.global, &config.global.kernel);
    let flag = |written: Written<bool>| u8::from(on(written));
    for (label, bytes, force) in [
        (
            "vrrp_netlink_cmd",
            kernel.vrrp_netlink_cmd_rcv_bufs,
            kernel.vrrp_netlink_cmd_rcv_bufs_force,
        ),
        (
            "vrrp_netlink_monitor",
            kernel.vrrp_netlink_monitor_rcv_bufs,
            kernel.vrrp_netlink_monitor_rcv_bufs_force,
        ),
        (
            "process_monitor",
            kernel.process_monitor_rcv_bufs,
            kernel.process_monitor_rcv_bufs_force,
        ),
        (
            "lvs_netlink_cmd",
            kernel.lvs_netlink_cmd_rcv_bufs,
            kernel.lvs_netlink_cmd_rcv_bufs_force,
        ),
        (
            "lvs_netlink_monitor",
            kernel.lvs_netlink_monitor_rcv_bufs,
            kernel.lvs_netlink_monitor_rcv_bufs_force,
        ),
    ] {
        out.value(1, &format!("{label}_rcv_bufs"), or(bytes, 0));
        out.value(1, &format!("{label}_rcv_bufs_force"), flag(force));
    }
    out.value(1, "rs_init_notifies", flag(global.scripts.rs_init_notifies));
    out.value(
        1,
        "no_checker_emails",
        flag(global.scripts.no_checker_emails),
    );
    if let Some(policy) = kernel.rx_bufs_policy {
        out.value(
            1,
            "rx_bufs_policy",
            match policy.value {
                RxBufs::Mtu => "MTU".to_owned(),
                RxBufs::Advert => "ADVERT".to_owned(),
                RxBufs::Bytes(bytes) => bytes.to_string(),
            },
        );
    }
    out.value(
        1,
        "rx_bufs_multiples",
        or(kernel.vrrp_rx_bufs_multiplier, 3),
    );
    rest(out, config);
}

fn rest(out: &mut Out, config: &Config) {
    let (vrrp, process) = (&config.global.vrrp, &config.global.process);
    out.value(1, "umask", format_args!("0{:o}", or(process.umask, 0o177)));
    for (label, delay) in [
        ("vrrp_startup_delay", vrrp.startup_delay),
        ("vrrp_delay_after_boot", vrrp.delay_after_boot),
    ] {
        if let Some(delay) = delay {
            out.value(1, label, delay.value.as_secs_f64());
        }
    }
    if vrrp.log_unknown_vrids {
        out.line(1, "log_unknown_vrids");
    }
    if on(vrrp.owner_ignore_adverts) {
        out.line(1, "vrrp_owner_ignore_adverts");
    }
    written(out, "VMAC prefix", vrrp.vmac_prefix.as_ref());
    written(out, "VMAC address prefix", vrrp.vmac_addr_prefix.as_ref());
    out.line(
        1,
        format_args!("json_version {}", or(process.json_version, 1)),
    );
    let usr = word(process.iproute_usr_dir.as_ref(), "/usr/share/iproute2");
    let etc = word(process.iproute_etc_dir.as_ref(), "/etc/iproute2");
    out.line(1, format_args!("iproute usr directory {usr}"));
    out.line(1, format_args!("iproute etc directory {etc}"));
    if let Some(file) = &process.state_dump_file {
        out.line(1, format_args!("state dump file {}", file.value));
    }
}
