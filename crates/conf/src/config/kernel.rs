//! IPVS, nftables, netlink.
use crate::Spanned;
use std::net::IpAddr;

/// IPVS, nftables and netlink.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kernel {
    /// `lvs_flush`: clear the whole IPVS table at start.
    pub lvs_flush: bool,
    /// `lvs_netlink_cmd_rcv_bufs`: receive buffer of the checker netlink cmd socket.
    pub lvs_netlink_cmd_rcv_bufs: Option<Spanned<u32>>,
    /// `lvs_netlink_cmd_rcv_bufs_force`: exceed `rmem_max` for the checker netlink cmd socket.
    pub lvs_netlink_cmd_rcv_bufs_force: Option<Spanned<bool>>,
    /// `lvs_netlink_monitor_rcv_bufs`: receive buffer of the checker netlink monitor socket.
    pub lvs_netlink_monitor_rcv_bufs: Option<Spanned<u32>>,
    /// `lvs_netlink_monitor_rcv_bufs_force`: exceed `rmem_max` for the checker netlink monitor socket.
    pub lvs_netlink_monitor_rcv_bufs_force: Option<Spanned<bool>>,
    /// `lvs_flush_on_stop`.
    pub lvs_flush_on_stop: Option<Spanned<FlushOnStop>>,
    /// `lvs_sync_daemon`.
    pub lvs_sync_daemon: Option<SyncDaemon>,
    /// `lvs_timeouts`.
    pub lvs_timeouts: LvsTimeouts,
    /// `vrrp_rx_bufs_policy`.
    pub rx_bufs_policy: Option<Spanned<RxBufs>>,
    /// `nftables`: use nftables for no-accept and VMAC filtering.
    pub nftables: Option<Spanned<Option<Box<str>>>>,
    /// `nftables_counters`: add counters to generated rules.
    pub nftables_counters: bool,
    /// `nftables_ifindex`: match interface by index instead of name.
    pub nftables_ifindex: bool,
    /// `nftables_ipvs`: mark `virtual_server_group` traffic in nftables, one fwmark service.
    pub nftables_ipvs: Option<Spanned<Option<Box<str>>>>,
    /// `nftables_ipvs_priority`: hook priority of the IPVS marking chain.
    pub nftables_ipvs_priority: Option<Spanned<i32>>,
    /// `nftables_ipvs_start_fwmark`: first fwmark allocated for groups.
    pub nftables_ipvs_start_fwmark: Option<Spanned<u32>>,
    /// `nftables_priority`: hook priority of the base chains.
    pub nftables_priority: Option<Spanned<i32>>,
    /// `process_monitor_rcv_bufs`: receive buffer of the process event connector.
    pub process_monitor_rcv_bufs: Option<Spanned<u32>>,
    /// `process_monitor_rcv_bufs_force`: exceed `rmem_max` for the process event connector.
    pub process_monitor_rcv_bufs_force: Option<Spanned<bool>>,
    /// `vrrp_ipsets`: ipset names used with `vrrp_iptables` [unknown to Debian build].
    pub vrrp_ipsets: Vec<Spanned<Box<str>>>,
    /// `vrrp_iptables`: use iptables for no-accept and VMAC filtering.
    pub vrrp_iptables: Vec<Spanned<Box<str>>>,
    /// `vrrp_netlink_cmd_rcv_bufs`: receive buffer of the VRRP netlink cmd socket.
    pub vrrp_netlink_cmd_rcv_bufs: Option<Spanned<u32>>,
    /// `vrrp_netlink_cmd_rcv_bufs_force`: exceed `rmem_max` for the VRRP netlink cmd socket.
    pub vrrp_netlink_cmd_rcv_bufs_force: Option<Spanned<bool>>,
    /// `vrrp_netlink_monitor_rcv_bufs`: receive buffer of the VRRP netlink monitor socket.
    pub vrrp_netlink_monitor_rcv_bufs: Option<Spanned<u32>>,
    /// `vrrp_netlink_monitor_rcv_bufs_force`: exceed `rmem_max` for the VRRP netlink monitor socket.
    pub vrrp_netlink_monitor_rcv_bufs_force: Option<Spanned<bool>>,
    /// `vrrp_rx_bufs_multiplier`: adverts the receive buffer must hold.
    pub vrrp_rx_bufs_multiplier: Option<Spanned<u32>>,
}

/// `lvs_flush_on_stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlushOnStop {
    /// The whole table.
    All,
    /// `VS`: own virtual servers.
    VirtualServers,
}

/// `vrrp_rx_bufs_policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RxBufs {
    /// `MTU`.
    Mtu,
    /// `ADVERT`.
    Advert,
    /// Bytes.
    Bytes(u32),
}

/// `lvs_timeouts`, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LvsTimeouts {
    /// `tcp`.
    pub tcp: Option<u32>,
    /// `tcpfin`.
    pub tcpfin: Option<u32>,
    /// `udp`.
    pub udp: Option<u32>,
}

/// `lvs_sync_daemon`.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncDaemon {
    /// The interface.
    pub interface: Spanned<Box<str>>,
    /// `inst`: the instance whose state it follows.
    pub instance: Option<Spanned<Box<str>>>,
    /// `id`.
    pub id: Option<u8>,
    /// `maxlen`, in bytes.
    pub maxlen: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`.
    pub group: Option<IpAddr>,
}
