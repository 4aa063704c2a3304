//! How much sockets hold until they are read.
use conf::Spanned;
use conf::config::{Kernel, RxBufs};
use serde::{Deserialize, Serialize};

/// Receive buffers as the configuration wants them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffers {
    /// `vrrp_rx_bufs_policy`: what a buffer for adverts is measured by.
    pub adverts: Option<BufferSize>,
    /// `vrrp_rx_bufs_multiplier`: how many of that it holds.
    pub multiplier: Option<u32>,
    /// `vrrp_netlink_cmd_rcv_bufs`.
    pub vrrp_commands: Buffer,
    /// `vrrp_netlink_monitor_rcv_bufs`.
    pub vrrp_monitor: Buffer,
    /// `lvs_netlink_cmd_rcv_bufs`.
    pub checker_commands: Buffer,
    /// `lvs_netlink_monitor_rcv_bufs`.
    pub checker_monitor: Buffer,
    /// `process_monitor_rcv_bufs`.
    pub processes: Buffer,
}

/// What a buffer for adverts is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BufferSize {
    /// `MTU` of the interface.
    Mtu,
    /// `ADVERT`: the longest advert.
    Advert,
    /// So many octets.
    Octets(u32),
}

/// A buffer of one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffer {
    /// In octets; the usual one when `None`.
    pub octets: Option<u32>,
    /// `*_force`: also beyond `rmem_max`.
    pub force: bool,
}

pub(crate) fn build(kernel: &Kernel) -> Buffers {
    Buffers {
        adverts: kernel.rx_bufs_policy.map(|policy| match policy.value {
            RxBufs::Mtu => BufferSize::Mtu,
            RxBufs::Advert => BufferSize::Advert,
            RxBufs::Bytes(octets) => BufferSize::Octets(octets),
        }),
        multiplier: kernel.vrrp_rx_bufs_multiplier.map(|times| times.value),
        vrrp_commands: buffer(
            kernel.vrrp_netlink_cmd_rcv_bufs,
            kernel.vrrp_netlink_cmd_rcv_bufs_force,
        ),
        vrrp_monitor: buffer(
            kernel.vrrp_netlink_monitor_rcv_bufs,
            kernel.vrrp_netlink_monitor_rcv_bufs_force,
        ),
        checker_commands: buffer(
            kernel.lvs_netlink_cmd_rcv_bufs,
            kernel.lvs_netlink_cmd_rcv_bufs_force,
        ),
        checker_monitor: buffer(
            kernel.lvs_netlink_monitor_rcv_bufs,
            kernel.lvs_netlink_monitor_rcv_bufs_force,
        ),
        processes: buffer(
            kernel.process_monitor_rcv_bufs,
            kernel.process_monitor_rcv_bufs_force,
        ),
    }
}

fn buffer(octets: Option<Spanned<u32>>, force: Option<Spanned<bool>>) -> Buffer {
    Buffer {
        octets: octets.map(|octets| octets.value),
        force: force.is_some_and(|on| on.value),
    }
}
