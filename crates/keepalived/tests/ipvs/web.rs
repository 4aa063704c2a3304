//! The blog post's web pair behind two directors with the kernel's load balancer: requests counted
//! per server, a web server that dies and returns, a director that is cut off and returns.
use super::MODULES;
use std::path::Path;
use std::time::Duration;

#[track_caller]
fn play(method: &str) {
    let guest = lab::uml::Guest {
        modules: &[MODULES, &["bridge"]].concat(),
        programs: &[Path::new(env!("CARGO_BIN_EXE_keepalived"))],
        limit: Duration::from_mins(8),
        ..lab::uml::Guest::default()
    };
    let script = format!(
        "KEEPALIVED=$BOX/keepalived METHOD={method}\n{}",
        include_str!("web.sh")
    );
    let outcome = guest.run(&script).unwrap();
    let expected = "
        lb01 is master: web01=5 web02=5
        ha_suspend: lb02 has asked 0 times
        web01 is dead: web02=10
        lb02 knows nothing of it
        web01 is back: web01=5 web02=5
        lb01 is cut off, lb02 serves: web01=5 web02=5
        a connection from before goes on
        web02 is dead: web01=10
        lb01 is back: web01=5 web02=5
        the end: nothing of ours is left";
    super::compare(&outcome, expected);
}

#[test]
fn the_web_pair_by_nat() {
    play("NAT");
}

#[test]
fn the_web_pair_by_direct_routing() {
    play("DR");
}
