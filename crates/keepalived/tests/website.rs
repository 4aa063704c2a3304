//! Scenario C: real nginx on both load balancers, two web servers, a client without pause.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{check, ours, theirs};
use lab::Launch;
use lab::client::{Experience, experience};
use lab::scenario::{LABEL, NGINX, VIP};
use lab::timeline::{now, seconds};
use lab::website::Website;
use std::collections::BTreeSet;

#[test]
fn the_site_outlives_a_load_balancer() {
    let mut site = Website::start([ours(), ours()]).unwrap();
    let begun = now();
    let (struck, taken) = site.lose_lb01().unwrap();
    let (back, regained) = site.return_lb01().unwrap();
    assert!(site.proxies_run(), "nginx ended on a load balancer");

    let requests = site.client.requests();
    let lost = experience(&requests, struck, back);
    let returned = experience(&requests, back, now());
    println!(
        "lost: {lost:?} ({:.3} s until takeover), returned: {returned:?} ({:.3} s)",
        seconds(struck, taken),
        seconds(back, regained)
    );
    // While nobody has the address, requests fail: the gap is there, and it is counted.
    check(
        lost.failed > 0 && lost.answered > 0,
        &format!("{lost:?}"),
        &site.pair,
    );
    check(returned.answered > 0, &format!("{returned:?}"), &site.pair);
    // The client saw no longer gap than the address was away, but for its own patience and a
    // busy machine.
    check(
        lost.outage < seconds(struck, taken) + 3.0,
        &format!("{lost:?}"),
        &site.pair,
    );
    check(returned.outage < 3.0, &format!("{returned:?}"), &site.pair);

    let servers: BTreeSet<_> = requests
        .into_iter()
        .filter(|r| r.begun > begun)
        .filter_map(|r| r.answer)
        .collect();
    assert_eq!(
        servers,
        BTreeSet::from(["web01".to_owned(), "web02".to_owned()]),
        "both web servers answer"
    );
}

/// The example's configurations with something that is tracked.
fn tracking(define: &str, track: &str) -> [String; 2] {
    NGINX.map(|config| {
        let block = format!("{track}\n    virtual_ipaddress {{");
        format!(
            "{define}\n{}",
            config.replace("    virtual_ipaddress {", &block)
        )
    })
}

/// nginx on the master ends, and the address moves; nginx is back, and so is the address. What the
/// client saw meanwhile, twice.
fn nginx_dies_and_returns(launch: &Launch, configs: &[String; 2]) -> [Experience; 2] {
    let launches = [launch.clone(), launch.clone()];
    let mut site = Website::with(launches, [&configs[0], &configs[1]]).unwrap();
    let (struck, taken) = site.kill_nginx().unwrap();
    let fault = site.pair.lb01.logs("Entering FAULT STATE", struck);
    check(fault.is_some(), "lb01 is in no fault", &site.pair);
    let held = site
        .pair
        .lb01
        .comes_to_hold(VIP, Some(LABEL), false)
        .unwrap();
    check(held, "lb01 still has the address", &site.pair);
    let (back, regained) = site.return_nginx().unwrap();
    let held = site
        .pair
        .lb02
        .comes_to_hold(VIP, Some(LABEL), false)
        .unwrap();
    check(held, "lb02 still has the address", &site.pair);
    assert!(site.proxies_run(), "nginx ended on a load balancer");

    let requests = site.client.requests();
    let lost = experience(&requests, struck, back);
    let returned = experience(&requests, back, now());
    println!(
        "{}: lost {lost:?} ({:.3} s until takeover), returned {returned:?} ({:.3} s)",
        launch.program.display(),
        seconds(struck, taken),
        seconds(back, regained)
    );
    // Nobody serves before the end is noticed; from the takeover on somebody does.
    check(
        lost.failed > 0 && lost.outage < seconds(struck, taken) + 3.0,
        &format!("{lost:?}"),
        &site.pair,
    );
    check(
        returned.answered > 0 && returned.outage < 3.0,
        &format!("{returned:?}"),
        &site.pair,
    );
    [lost, returned]
}

#[test]
fn a_tracked_script_moves_the_site_away_from_a_dead_nginx() {
    let script = "vrrp_script chk_nginx {\n script \"/usr/bin/killall -0 nginx\"\n interval 1\n}";
    let configs = tracking(script, "    track_script {\n        chk_nginx\n    }");
    for launch in [ours(), theirs()] {
        nginx_dies_and_returns(&launch, &configs);
    }
}

/// The original hears of processes in the first network namespace only, so there is nothing to
/// compare with: in a namespace it never notices.
#[test]
fn a_tracked_process_moves_the_site_away_from_a_dead_nginx() {
    let process = "vrrp_track_process nginx {\n process nginx\n}";
    let configs = tracking(process, "    track_process {\n        nginx\n    }");
    nginx_dies_and_returns(&ours(), &configs);
}
