//! What may stand behind keywords with a grammar of their own.
use super::Random;

/// Words between a block's keyword and its brace.
pub fn block(name: &str, count: usize, random: &mut Random) -> String {
    let one = |all: &[&str], random: &mut Random| random.pick(all).unwrap_or_default().to_owned();
    match name {
        "vrrp_instance" => format!("V{count}"),
        "vrrp_sync_group" => "S".to_owned(),
        "track_group" => "T".to_owned(),
        "vrrp_script" => "C0".to_owned(),
        "track_file" | "vrrp_track_file" => "F0".to_owned(),
        "vrrp_track_process" => "P0".to_owned(),
        "bfd_instance" => "B0".to_owned(),
        "virtual_server_group" => "G".to_owned(),
        "virtual_server" => one(
            &[
                "10.0.0.1 80",
                "fd00::1 80",
                "fwmark 5",
                "group G",
                "10.0.0.1 0",
                "10.0.0.7 443",
            ],
            random,
        ),
        "real_server" => one(
            &[
                "10.0.1.1 80",
                "10.0.1.2 80",
                "fd00::2 80",
                "10.0.1.3 81",
                "10.0.1.1",
            ],
            random,
        ),
        _ => String::new(),
    }
}

/// A line of a list.
pub fn item(name: &str, random: &mut Random) -> &'static str {
    random.pick(items(name)).unwrap_or_default()
}

/// All lines of a list that are tried.
pub fn items(name: &str) -> &'static [&'static str] {
    match name {
        "virtual_ipaddress" | "virtual_ipaddress_excluded" | "static_ipaddress" => &[
            "10.0.0.3/24",
            "10.0.0.4 dev eth1",
            "10.0.0.5/24 brd + label eth0:5",
            "10.0.0.6/24 brd 10.0.0.255 scope link no_track",
            "fd00::3/64",
            "fd00::4 dev eth0 home -nodad",
            "10.0.0.7 peer 10.0.0.8",
            "10.0.0.9/24 track_group T",
            "fe80::9 preferred_lft 5",
        ],
        "virtual_routes" | "static_routes" => &[
            "10.2.0.0/24 via 10.0.0.254 dev eth0",
            "10.2.0.0/24 via 10.0.0.254",
            "10.3.0.0/24 dev eth0 metric 5 table 7",
            "blackhole 10.4.0.0/24",
            "10.5.0.0/24 nexthop via 10.0.0.9 dev eth0 weight 2 nexthop via 10.0.0.8 weight 3",
            "fd01::/64 via fd00::9 dev eth0",
            "default via 10.0.0.254 no_track",
            "10.6.0.0/24 via 10.0.0.9 dev eth1 mtu lock 1400 rto_min 20ms",
            "src 10.0.0.3 to 10.7.0.0/24 via 10.0.0.9 dev eth0",
            "10.7.0.0/24 via 10.0.0.9 or 10.0.0.8 dev eth0 no_track",
            "10.8.0.0/24 dev eth0 protocol 77 no_track",
            "10.9.0.0/24 dev eth0 scope link tos 0x10 onlink",
        ],
        "virtual_rules" | "static_rules" => &[
            "from 10.0.0.3 table 7 preference 40",
            "to 10.0.0.0/24 table 8 preference 12",
            "not from 10.1.0.0/24 blackhole priority 9",
            "from 10.2.0.0/24 lookup main fwmark 24/12 iif eth0 preference 39 sport 10-20",
            "inet6 table 8 preference 6",
            "from 10.0.0.3 goto 50 preference 42",
            "from all table 9 preference 3 ipproto tcp no_track",
        ],
        "track_interface" => &["eth1", "eth1 weight 5", "eth0 weight -5", "eth1 weight 254"],
        "track_script" => &["C0", "C0 weight 5", "C0 weight -5 reverse", "none"],
        "track_file" => &["F0", "F0 weight 5", "F0 weight -5 reverse"],
        "track_process" => &["P0", "P0 weight 5", "P0 weight 300"],
        "track_bfd" => &["B0", "B0 weight 5", "B0 weight -5 reverse"],
        "unicast_peer" => &[
            "10.0.0.22",
            "10.0.0.23 min_ttl 5 max_ttl 9",
            "fd00::22",
            "10.0.0.24",
        ],
        "group" => &["V0", "V1", "V2"],
        "interfaces" => &["eth0", "eth1"],
        "interface_up_down_delays" => &["eth0 1", "eth1 1 2", "eth0 0.5 3"],
        "linkbeat_interfaces" => &["eth0", "eth1 MII"],
        "notification_email" => &["a@example.com", "b"],
        "virtual_server_group" => &[
            "10.0.0.5 80",
            "10.0.0.6-9 80",
            "fwmark 7",
            "fd00::5 80",
            "10.0.1.0/30 81",
            "fwmark 8 inet6",
        ],
        _ => &["word"],
    }
}

/// The words behind a keyword.
pub fn line(path: &str, name: &str, random: &mut Random) -> &'static str {
    let all: &[&str] = match (path, name) {
        ("bfd_instance" | "vrrp_script" | "vrrp_track_process", "weight") => {
            &["5", "-5", "253 reverse", "0"]
        }
        ("vrrp_script", "interval" | "timeout") => &["5", "5", "1.5"],
        ("vrrp_instance", "weight") => &["5"],
        ("vrrp_instance", "state") => &["BACKUP", "BACKUP", "MASTER"],
        (_, "weight") if path.ends_with("track_file") => &["5", "-5", "200 reverse", "0"],
        (_, "weight") => &["5", "-5", "200 reverse", "0", "1 noreverse"],
        ("virtual_server/real_server/DNS_CHECK", "type") => &["A", "MX", "AAAA"],
        (_, "interface" | "bind_if" | "default_interface" | "lvs_sync_daemon_interface") => {
            &["eth0", "eth1"]
        }
        (_, "track_file") => &["F0"],
        _ => other(name),
    };
    random.pick(all).unwrap_or_default()
}

fn other(name: &str) -> &'static [&'static str] {
    match name {
        "mcast_src_ip" | "unicast_src_ip" => &["10.0.0.77"],
        "vmac_prefix" | "vmac_addr_prefix" => &["vm"],
        "script" => &["/usr/bin/env", "\"/usr/bin/env a b\""],
        "bfd_cpu_affinity" | "checker_cpu_affinity" | "vrrp_cpu_affinity" => &["0", "0 1"],
        "dynamic_interfaces" => &["", "allow_if_changes"],
        "include_check" => &["", "+read", "-match wildcard_match", "brace_match"],
        "lvs_flush_on_stop" | "lvs_flush_onstop" => &["", "VS"],
        "lvs_sync_daemon" => &[
            "eth0",
            "eth0 V0",
            "eth0 inst V0 id 5 maxlen 1000",
            "eth1 id 9 port 99 ttl 7",
        ],
        "lvs_timeouts" => &["tcp 5", "tcp 5 tcpfin 6 udp 7", "udp 9"],
        "max_auto_priority" => &["", "-1", "50"],
        "nftables" | "nftables_ipvs" => &["", "mine"],
        "reload_check_config" | "reload_file" => &["", "/tmp/x"],
        "script_user" | "user" => &["root", "root root"],
        "smtp_server" => &["127.0.0.1", "127.0.0.1 25", "::1"],
        "umask" => &["022", "0x12", "IRUSR|IWUSR", "18"],
        "vrrp_garp_extra_if" | "vrrp_vmac_garp_intvl" | "garp_extra_if" | "vmac_garp_intvl" => {
            &["all 5", "7"]
        }
        "vrrp_mcast_group4" | "mcast_dst_ip" => &["224.0.0.19"],
        "vrrp_mcast_group6" => &["ff02::13"],
        "vrrp_rx_bufs_policy" => &["MTU", "ADVERT", "5000", "MTU ADVERT"],
        "init_file" => &["", "5", "5 overwrite", "overwrite"],
        "persistence_granularity" => &["255.255.255.0", "64"],
        "persistence_timeout" => &["", "50"],
        "lb_algo" | "lvs_sched" => &["rr", "wlc", "mh", "sh", "dh"],
        "lb_kind" | "lvs_method" | "sorry_server_lvs_method" => &[
            "NAT",
            "DR",
            "TUN",
            "TUN type ipip",
            "TUN type gue port 55 csum",
            "TUN type gre nocsum",
        ],
        "ip_family" => &["inet", "inet6"],
        "protocol" => &["TCP", "UDP", "SCTP"],
        "sorry_server" => &["10.0.9.9 80", "10.0.9.9", "fd00::99 80"],
        "path" => &["/", "/a/b?c=d"],
        "digest" => &["640205b7b0fc66c1ea91c463fac6334d"],
        "status_code" => &["200", "200-299", "200 300-310"],
        "regex" => &["\"foo.*bar\"", "a"],
        "regex_options" => &["caseless", "multiline dotall"],
        "regex_stack" => &["1 2", "8 9"],
        "http_protocol" => &["1.0", "1.1", "1.0C"],
        "payload" => &["aabbcc", "00"],
        "require_reply" => &["", "aaxx01"],
        "old_unicast_checksum" => &["", "never"],
        "state" => &["MASTER", "BACKUP"],
        "thread_timer_expired" | "timer_expired_backup" => &["", "5"],
        "use_vmac" => &["", "vrrp.7", "name foo", "02:03:04:05:06:07"],
        "use_ipvlan" => &["", "ipv1", "private", "10.0.0.44/24"],
        "auth_type" => &["PASS", "AH"],
        "auth_pass" => &["1111", "12345678", "\"a b\""],
        "process" => &["nginx", "nginx -g x"],
        "param_match" => &["", "initial", "partial"],
        "notify_deleted" => &["", "/usr/bin/env"],
        "file" | "reload_time_file" => &["/tmp/f"],
        "persistence_engine" => &["sip"],
        "iproute_etc_dir" | "iproute_usr_dir" => &["/etc/iproute2"],
        "name" => &["example.com"],
        _ => &["word"],
    }
}
