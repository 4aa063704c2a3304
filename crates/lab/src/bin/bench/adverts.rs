//! How regular adverts are, and whether they drift.
use crate::Contender;
use crate::burn::Burn;
use crate::figures::{Figures, figures};
use lab::scenario::{ACTIVE_BACKUP, Balancer, LB01, VIP};
use lab::timeline::{Stamp, seconds};
use lab::{Event, Lan};
use std::io;
use std::thread::sleep;
use std::time::Duration;

/// Lets a master of each contender advertise once a second for `span` seconds, at the same time,
/// with idle and with busy processors.
pub(crate) fn bench(contenders: &[Contender], span: u32) -> io::Result<()> {
    println!(
        "\nadvert interval of 1 s over {span} s: milliseconds off, and drift of the whole span"
    );
    println!(
        "  {:<20}{:>8}{:>9}{:>9}{:>9}{:>9}",
        "", "adverts", "p50", "p99", "most", "drift"
    );
    for busy in [false, true] {
        let burn = busy.then(Burn::start);
        let name = if busy { "busy" } else { "idle" };
        let masters: Vec<(Lan, Balancer)> =
            contenders.iter().map(master).collect::<io::Result<_>>()?;
        sleep(Duration::from_secs(u64::from(span) + 2));
        for (contender, (lan, _)) in contenders.iter().zip(&masters) {
            row(&format!("{} {name}", contender.name), &sent(lan));
        }
        drop(burn);
    }
    Ok(())
}

fn master(contender: &Contender) -> io::Result<(Lan, Balancer)> {
    let lan = Lan::new()?;
    let [config, _] = ACTIVE_BACKUP;
    let mut lb = Balancer::new(&lan, "lb01", LB01, contender.launch.clone(), config)?;
    lb.start()?;
    match lb.announces(VIP, 0) {
        Some(_) => Ok((lan, lb)),
        None => Err(io::Error::other(lan.timeline().story(0))),
    }
}

/// When adverts were sent.
fn sent(lan: &Lan) -> Vec<Stamp> {
    let advert = |e: Event| e.frame()?.advert().map(|_| e.at);
    lan.timeline()
        .since(0)
        .into_iter()
        .filter_map(advert)
        .collect()
}

fn row(name: &str, sent: &[Stamp]) {
    let gaps: Vec<f64> = sent
        .iter()
        .zip(sent.iter().skip(1))
        .map(|(a, b)| seconds(*a, *b))
        .collect();
    let off: Vec<f64> = gaps.iter().map(|gap| (gap - 1.0).abs() * 1e3).collect();
    let Some(Figures {
        count,
        median,
        p99,
        most,
        ..
    }) = figures(&off)
    else {
        return;
    };
    let drift =
        (gaps.iter().sum::<f64>() - f64::from(u32::try_from(gaps.len()).unwrap_or(u32::MAX))) * 1e3;
    println!(
        "  {name:<20}{:>8}{median:>9.3}{p99:>9.3}{most:>9.3}{drift:>9.3}",
        count + 1
    );
}
