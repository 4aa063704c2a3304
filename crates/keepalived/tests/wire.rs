//! Checks in a kernel with a load balancer: what they send, beside the original, and what they do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
use std::path::Path;
use std::time::Duration;

const MODULES: &[&str] = &["veth", "ip_vs", "ip_vs_rr", "nf_conntrack"];
const STAGE: &str = include_str!("ipvs/stage.sh");
/// Checks of the scenario, each named once its octets are the same.
const SAME: &str = "http_1.0 http_1.0C http_1.1 http_url_host http_host http_host_1.1 http_query \
                    http_port_80 http_v6 ssl ssl_sni smtp smtp_helo dns dns_a dns_txt dns_aaaa \
                    udp udp_any ping connect";

/// Runs a scenario in a kernel with a load balancer; gives what it says.
#[track_caller]
fn said(scenario: &str, expected: &[&str]) {
    let ours = Path::new(env!("CARGO_BIN_EXE_keepalived"));
    let theirs = lab::original::path().unwrap();
    let script = format!(
        "KEEPALIVED=$BOX/keepalived\nORIGINAL={}\n{STAGE}\n{scenario}",
        theirs.display()
    );
    let limit = Duration::from_mins(8);
    let outcome = lab::uml::run(MODULES, &[ours], &script, limit).unwrap();
    let said: Vec<&str> = outcome
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("== "))
        .collect();
    assert_eq!(said, expected, "{}", outcome.output);
    assert_eq!(outcome.status, 0, "{}", outcome.output);
}

#[test]
fn checks_ask_as_the_original_does() {
    let same: Vec<&str> = SAME.split_whitespace().collect();
    said(include_str!("ipvs/wire.sh"), &same);
}

#[test]
fn every_kind_of_check_takes_a_server_out_and_back_in() {
    let expected = [
        "out: TCP HTTP SSL SMTP DNS UDP PING MISC FILE",
        "in: TCP HTTP SSL SMTP DNS UDP PING MISC FILE",
        "weights of a script and a file",
    ];
    said(include_str!("ipvs/checks.sh"), &expected);
}
