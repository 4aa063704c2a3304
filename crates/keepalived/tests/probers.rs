//! Checks where the kernel need not have a load balancer: who makes them, and who takes over.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::ours;
use lab::Lan;
use lab::scenario::{Balancer, LB01};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::TcpListener;

const SERVERS: u8 = 6;

fn config() -> String {
    let reals = (1..=SERVERS).map(|n| {
        format!("real_server 127.0.0.{n} 80 {{\nTCP_CHECK {{\nretry 0\nconnect_timeout 5\n}}\n}}\n")
    });
    format!(
        "global_defs {{\nchecker_without_ipvs\nchecker_probers 3\n}}\n\
         virtual_server 10.20.0.100 80 {{\ndelay_loop 1\nlb_algo rr\nlb_kind NAT\nprotocol TCP\n\
         {}}}\n",
        reals.collect::<String>()
    )
}

/// Processes of the daemon that have given up being root.
fn probers(lb: &mut Balancer) -> Vec<u32> {
    let all = lb.daemon().unwrap().processes();
    let is_nobody = |pid: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
        status.is_ok_and(|text| text.contains("Uid:\t65534\t65534\t65534\t65534"))
    };
    all.into_iter().filter(is_nobody).collect()
}

#[test]
fn probers_share_the_servers_and_are_replaced() {
    let lan = Lan::new().unwrap();
    let mut lb = Balancer::new(&lan, "lb01", LB01, ours(), &config()).unwrap();
    let listen = || TcpListener::bind("0.0.0.0:80").unwrap();
    let listener = lb.node.space.run(listen).unwrap();
    lb.start().unwrap();
    let story = || lan.timeline().story(0);
    for n in 1..=SERVERS {
        let line = format!("TCP connection to [127.0.0.{n}]:tcp:80 success.");
        assert!(lb.logs(&line, 0).is_some(), "{line}\n{}", story());
    }
    let before = probers(&mut lb);
    assert_eq!(before.len(), 3, "{}", story());
    for pid in &before {
        let pid = Pid::from_raw(i32::try_from(*pid).unwrap());
        kill(pid, Signal::SIGKILL).unwrap();
    }
    assert!(lb.logs("The prober ended", 0).is_some(), "{}", story());
    drop(listener);
    for n in 1..=SERVERS {
        let line = format!("TCP_CHECK on service [127.0.0.{n}]:tcp:80 failed.");
        assert!(lb.logs(&line, 0).is_some(), "{line}\n{}", story());
    }
    let after = probers(&mut lb);
    assert_eq!(after.len(), 3, "{}", story());
    assert!(after.iter().all(|pid| !before.contains(pid)));
}
