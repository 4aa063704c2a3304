//! Scenario C: real nginx on both load balancers, two web servers, a client without pause.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::{check, ours};
use lab::client::experience;
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
