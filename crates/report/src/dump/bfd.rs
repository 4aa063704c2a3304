//! `BFD Topology`: the sessions as configured.
use super::Out;
use conf::config::Bfd;
use conf::{Config, Spanned};
use core::time::Duration;

pub(super) fn write(out: &mut Out, config: &Config) {
    if config.bfds.is_empty() {
        return;
    }
    out.title("BFD Topology");
    for block in &config.bfds {
        session(out, block);
    }
}

fn session(out: &mut Out, block: &Bfd) {
    out.value(1, "BFD Instance", &block.name.value);
    if let Some(peer) = block.neighbor_ip {
        out.value(2, "Neighbor IP", peer.value);
    }
    if let Some(source) = block.source_ip {
        out.value(2, "Source IP", source.value);
    }
    for (label, written, default) in [
        ("Required min RX interval", block.min_rx, 10),
        ("Desired min TX interval", block.min_tx, 10),
        ("Desired idle TX interval", block.idle_tx, 1000),
    ] {
        out.value(2, label, micros(written, default));
    }
    out.value(
        2,
        "Detection multiplier",
        block.multiplier.map_or(5, |n| n.value),
    );
    let v4 = block.neighbor_ip.is_none_or(|peer| peer.value.is_ipv4());
    let ttl = block.ttl.map_or(if v4 { 255 } else { 64 }, |ttl| ttl.value);
    out.value(2, "TTL", ttl);
    out.value(2, "max_hops", block.max_hops.map_or(0, |hops| hops.value));
    out.value(2, "passive", block.passive);
    let yes = |on: bool| if on { "Yes" } else { "No" };
    let all = !block.vrrp && !block.checker;
    out.value(2, "send event to VRRP process", yes(all || block.vrrp));
    out.value(
        2,
        "send event to checker process",
        yes(all || block.checker),
    );
}

fn micros(written: Option<Spanned<Duration>>, default_ms: u64) -> String {
    let time = written.map_or(Duration::from_millis(default_ms), |time| time.value);
    format!("{} us", time.as_micros())
}
