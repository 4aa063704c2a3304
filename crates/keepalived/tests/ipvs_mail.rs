//! Mail about virtual and real servers, in a kernel that has a load balancer. Every line was seen
//! from the original.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::path::Path;
use std::time::Duration;

const STAGE: &str = include_str!("ipvs/stage.sh");
const MAIL: &str = include_str!("ipvs/mail.sh");

const TOLD: &str = "
start: [lb01] Virtualserver VS - UP\tStarting with quorum up 2+0=2 <= 2
script: [lb01] Realserver ONE of virtual server VS - DOWN\tMISC CHECK failed on service
script: [lb01] Virtualserver VS - DOWN\tLost quorum 2+0=2 <= 1
port: [lb01] Realserver ONE of virtual server VS - DOWN\tTCP CHECK failed on service
script again: [lb01] Realserver ONE of virtual server VS - DOWN\tMISC CHECK succeeded on service
back: [lb01] Realserver ONE of virtual server VS - UP\tTCP CHECK succeed on service
back: [lb01] Virtualserver VS - UP\tGained quorum 2+0=2 <= 2
quiet: [lb01] Realserver ONE of virtual server VS - DOWN\tMISC CHECK failed on service
quiet: [lb01] Realserver TWO of virtual server VS - DOWN\tCHECK failed on service : HTTP/SSL request failed
quiet: [lb01] Virtualserver VS - DOWN\tLost quorum 2+0=2 <= 1
two is back: [lb01] Realserver TWO of virtual server VS - UP\tCHECK succeed on service
removed: [lb01] Realserver TWO of virtual server VS - DOWN\tRemoving
";

#[test]
fn people_are_told_of_servers_and_quorums() {
    let modules = ["veth", "ip_vs", "ip_vs_rr", "ip_vs_wrr", "nf_conntrack"];
    let daemon = env!("CARGO_BIN_EXE_keepalived");
    let script = format!("KEEPALIVED=$BOX/keepalived\n{STAGE}\n{MAIL}");
    let limit = Duration::from_mins(8);
    let outcome = lab::uml::run(&modules, &[Path::new(daemon)], &script, limit).unwrap();
    let said: Vec<String> = outcome
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("== "))
        .map(|line| line.replace("\t    ", "\t"))
        .collect();
    let full = TOLD
        .replace("ONE", "[10.2.1.2]:tcp:80")
        .replace("TWO", "[10.2.2.2]:tcp:80")
        .replace("server VS", "server [10.1.0.100]:tcp:80")
        .replace("Virtualserver VS", "Virtualserver [10.1.0.100]:tcp:80");
    let expected: Vec<&str> = full.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(said, expected, "{}", outcome.output);
    assert_eq!(outcome.status, 0, "{}", outcome.output);
}
