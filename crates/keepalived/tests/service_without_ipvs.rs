//! Virtual servers on a kernel without a load balancer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::ours;
use lab::Lan;
use lab::scenario::{ACTIVE_BACKUP, Balancer, LABEL, LB01, VIP};

const SERVICE: &str = "
virtual_server 10.20.0.100 80 {
    delay_loop 1
    protocol TCP
    real_server 10.20.0.11 80 {
        TCP_CHECK {
        }
    }
}
";

/// The virtual address comes up whether or not the kernel has IPVS; where it has none, the log
/// names the module.
#[test]
fn service_without_ipvs() {
    let lan = Lan::new().unwrap();
    let config = format!("{}\n{SERVICE}", ACTIVE_BACKUP[0]);
    let mut lb = Balancer::new(&lan, "lb01", LB01, ours(), &config).unwrap();
    lb.start().unwrap();
    let story = || lan.timeline().story(0);
    assert!(lb.announces(VIP, 0).is_some(), "not master\n{}", story());
    let held = lb.comes_to_hold(VIP, Some(LABEL), true).unwrap();
    assert!(held, "no address\n{}", story());
    let line = if std::path::Path::new("/proc/net/ip_vs").exists() {
        "Gained quorum 1+0=1 <= 1 for VS [10.20.0.100]:tcp:80"
    } else {
        "IPVS: Can't initialize ipvs: the kernel has no module ip_vs"
    };
    assert!(lb.logs(line, 0).is_some(), "{line}\n{}", story());
    let pids = lb.daemon().unwrap().processes();
    assert!(pids.len() >= 3, "supervisor, vrrp and checker\n{}", story());
}
