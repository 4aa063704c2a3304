//! Words of other lines that have a grammar of their own.
use super::{Word, word};

#[rustfmt::skip] // a row a line
pub(super) static PLACES: &[(&str, &[Word])] = &[
    ("vrrp_instance/use_vmac", &[
        word("<ifname>", "bare word, 15 chars max", "", "Macvlan name; default PREFIX.VRID or PREFIX6.VRID."),
        word("name", "<ifname>", "2.3.0", "Explicit form of interface name."),
        word("<MAC>", "5 octets (VRID appended) or 6 octets", "", "Non-standard MAC address."),
        word("netlink_notify_msg", "(flag)", "2.2.8", "Re-announce after creation for listeners."),
        word("group", "<name|number>", "2.3.0", "Interface group of the macvlan."),
    ]),
    ("vrrp_instance/use_ipvlan", &[
        word("<ifname>", "bare word", "", "Ipvlan name."),
        word("name", "<ifname>", "2.3.0", "Explicit form of interface name."),
        word("<IP>[/<len>]", "address", "", "Source address placed on the ipvlan."),
        word("bridge", "(flag)", "", "Ipvlan L2 bridge mode flag."),
        word("private", "(flag)", "", "Ipvlan L2 private mode flag."),
        word("vepa", "(flag)", "", "Ipvlan L2 vepa mode flag."),
        word("group", "<name|number>", "2.3.0", "Interface group of the ipvlan."),
    ]),
    ("vrrp_instance/unicast_peer", &[
        word("<IP>", "address; no duplicates", "", "Peer address."),
        word("min_ttl", "<0..255>", "", "Lowest TTL accepted from the peer."),
        word("max_ttl", "<0..255>", "", "Highest TTL accepted from the peer."),
    ]),
    ("vrrp_instance/old_unicast_checksum", &[
        word("never", "(word)", "", "Never fall back to the old checksum."),
    ]),
    ("(tracker line) track_interface/script/file/process/bfd in vrrp_instance, vrrp_sync_group", &[
        word("<name>", "object name", "", "Tracked object."),
        word("weight", "<int, range by type>", "", "Priority delta: positive when up, negative when down, zero FAULT."),
        word("reverse", "(flag after weight)", "", "Invert the up/down meaning."),
        word("noreverse", "(flag after weight; not interfaces)", "", "Cancel reverse inherited from the definition."),
    ]),
    ("track_file/weight", &[
        word("reverse", "(word)", "", "Negate the file contribution by default."),
    ]),
    ("track_file/init_file", &[
        word("overwrite", "(word)", "", "Rewrite an existing file at start."),
    ]),
    ("vrrp_script/weight", &[
        word("reverse", "(word)", "", "Invert result meaning by default."),
    ]),
    ("vrrp_track_process/weight", &[
        word("reverse", "(word)", "", "Invert meaning by default."),
    ]),
    ("vrrp_track_process/param_match", &[
        word("initial", "(word)", "", "All given match; last one only as a prefix."),
        word("partial", "(word)", "", "Given parameters equal the first ones of the process."),
    ]),
    ("bfd_instance/weight", &[
        word("reverse", "(word)", "", "Invert meaning by default."),
    ]),
    ("linkbeat_interfaces", &[
        word("MII", "(word)", "", "Poll through MII ioctl."),
        word("ETHTOOL", "(word)", "", "Poll through ethtool link query."),
        word("IOCTL", "(word)", "", "Poll interface flags."),
    ]),
    ("global_defs/lvs_timeouts", &[
        word("tcp", "<0..2678400>", "", "Established TCP timeout."),
        word("tcpfin", "<0..2678400>", "", "TCP FIN wait timeout."),
        word("udp", "<0..2678400>", "", "UDP timeout."),
    ]),
    ("global_defs/lvs_sync_daemon", &[
        word("inst", "<vrrp_instance>", "", "Instance driving master/backup role."),
        word("id", "<0..255>", "", "Sync id, default the VRID."),
        word("maxlen", "<1..65507>", "", "Sync message size."),
        word("port", "<1..65535>", "", "Sync UDP port."),
        word("ttl", "<1..255>", "", "Sync multicast TTL."),
        word("group", "<multicast IP>", "", "Sync multicast address."),
    ]),
    ("global_defs/lvs_flush_on_stop", &[
        word("VS", "(word)", "", "Remove only own services, quickly."),
    ]),
    ("global_defs/dynamic_interfaces", &[
        word("allow_if_changes", "(word)", "", "Interface may be recreated as another type."),
    ]),
    ("global_defs/vrrp_garp_extra_if", &[
        word("all", "(word)", "", "Include every VIP interface, not only VMACs."),
    ]),
    ("vrrp_instance/garp_extra_if", &[
        word("all", "(word)", "", "Include every VIP interface, not only VMACs."),
    ]),
    ("global_defs/vrrp_rx_bufs_policy", &[
        word("MTU", "(word)", "", "Size by interface MTU."),
        word("ADVERT", "(word)", "", "Size by largest advert."),
    ]),
    ("global_defs/include_check", &[
        word("read", "[+|-] prefix adds/removes", "", "Unreadable file."),
        word("match", "[+|-] prefix adds/removes", "", "No file matches."),
        word("wildcard_match", "[+|-] prefix adds/removes", "", "No match although wildcard used."),
        word("brace_match", "[+|-] prefix adds/removes", "", "No match for one brace alternative."),
    ]),
    ("virtual_server_group", &[
        word("<IP> [<port>]", "entry", "", "One address."),
        word("<IP>-<last> [<port>]", "entry: last octet/hextet or full IP", "", "Inclusive address range."),
        word("<IP>/<len> [<port>]", "entry", "", "Whole network of addresses."),
        word("fwmark", "<uint32> [inet|inet6]", "", "Firewall mark service."),
    ]),
    ("(lvs_method options)", &[
        word("NAT", "(word)", "", "Masquerading."),
        word("DR", "(word)", "", "Direct routing."),
        word("TUN", "(word)", "", "Tunnelling."),
        word("type", "ipip|gre|gue port <1..65535>", "", "Tunnel encapsulation."),
        word("port", "<1..65535> (gue only)", "", "GUE destination port."),
        word("nocsum", "(flag)", "", "No tunnel checksum."),
        word("csum", "(flag)", "", "Tunnel checksum."),
        word("remcsum", "(flag)", "", "Remote checksum offload."),
    ]),
    ("virtual_server/lvs_sched", &[
        word("rr", "(word)", "", "Round robin."),
        word("wrr", "(word)", "", "Weighted round robin."),
        word("lc", "(word)", "", "Least connection."),
        word("wlc", "(word)", "", "Weighted least connection, default."),
        word("lblc", "(word)", "", "Locality-based least connection."),
        word("lblcr", "(word)", "", "Locality-based with replication."),
        word("sh", "(word)", "", "Source hashing."),
        word("mh", "(word)", "", "Maglev hashing."),
        word("dh", "(word)", "", "Destination hashing."),
        word("fo", "(word)", "", "Weighted failover."),
        word("ovf", "(word)", "", "Weighted overflow."),
        word("sed", "(word)", "", "Shortest expected delay."),
        word("nq", "(word)", "", "Never queue."),
        word("twos", "(word)", "", "Power of two choices."),
    ]),
    ("HTTP_GET|SSL_GET/url/regex_options", &[
        word("allow_empty_class", "(word)", "", "PCRE2 option ALLOW_EMPTY_CLASS."),
        word("alt_bsux", "(word)", "", "PCRE2 option ALT_BSUX."),
        word("auto_callout", "(word)", "", "PCRE2 option AUTO_CALLOUT."),
        word("caseless", "(word)", "", "PCRE2 option CASELESS."),
        word("dollar_endonly", "(word)", "", "PCRE2 option DOLLAR_ENDONLY."),
        word("dotall", "(word)", "", "PCRE2 option DOTALL."),
        word("dupnames", "(word)", "", "PCRE2 option DUPNAMES."),
        word("extended", "(word)", "", "PCRE2 option EXTENDED."),
        word("firstline", "(word)", "", "PCRE2 option FIRSTLINE."),
        word("match_unset_backref", "(word)", "", "PCRE2 option MATCH_UNSET_BACKREF."),
        word("multiline", "(word)", "", "PCRE2 option MULTILINE."),
        word("never_ucp", "(word)", "", "PCRE2 option NEVER_UCP."),
        word("never_utf", "(word)", "", "PCRE2 option NEVER_UTF."),
        word("no_auto_capture", "(word)", "", "PCRE2 option NO_AUTO_CAPTURE."),
        word("no_auto_possess", "(word)", "", "PCRE2 option NO_AUTO_POSSESS."),
        word("no_dotstar_anchor", "(word)", "", "PCRE2 option NO_DOTSTAR_ANCHOR."),
        word("no_start_optimize", "(word)", "", "PCRE2 option NO_START_OPTIMIZE."),
        word("ucp", "(word)", "", "PCRE2 option UCP."),
        word("ungreedy", "(word)", "", "PCRE2 option UNGREEDY."),
        word("utf", "(word)", "", "PCRE2 option UTF."),
        word("never_backslash_c", "(word)", "", "PCRE2 option NEVER_BACKSLASH_C."),
        word("alt_circumflex", "(word)", "", "PCRE2 option ALT_CIRCUMFLEX."),
        word("alt_verbnames", "(word)", "", "PCRE2 option ALT_VERBNAMES."),
        word("use_offset_limit", "(word)", "", "PCRE2 option USE_OFFSET_LIMIT."),
    ]),
    ("vrrp_instance/auth_hmac/key", &[
        word("hex:", "<64..128 hex digits>", "2.4.0", "Binary key written in hex."),
        word("file:", "<path>", "2.4.0", "Key read from a file."),
    ]),
];
