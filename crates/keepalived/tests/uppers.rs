//! `use_ipvlan` and `vrf`, which need a kernel that has them.
#![allow(clippy::unwrap_used)]
use std::path::Path;
use std::time::Duration;

const MODULES: &[&str] = &["veth", "macvlan", "ipvlan", "vrf"];

#[test]
fn interfaces_are_made_in_their_kind_and_vrf_and_removed() {
    let daemon = Path::new(env!("CARGO_BIN_EXE_keepalived"));
    let script = include_str!("uppers/guest.sh");
    let outcome = lab::uml::run(MODULES, &[daemon], script, Duration::from_mins(5)).unwrap();
    let said: Vec<&str> = outcome
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("== "))
        .collect();
    let expected = [
        "ipvlan: ipvlan  mode l2 private",
        "its own address: 10.20.0.5/24",
        "on a member of a VRF: master blue",
        "where the file says: master blue",
        "a route of a VRF: 10.99.0.0/24 dev eth1 proto keepalived",
        "the end: 0 0",
    ];
    assert_eq!(said, expected, "{}", outcome.output);
    assert_eq!(outcome.status, 0, "{}", outcome.output);
}
