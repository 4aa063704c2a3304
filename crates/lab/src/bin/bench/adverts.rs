//! How regular adverts are, and whether they drift.
use crate::Contender;
use crate::burn::Burn;
use crate::figures::{Figures, Table, figures};
use crate::stage::{LONG, Stage, crowd};
use lab::timeline::{Stamp, seconds};
use std::io;
use std::thread::sleep;
use std::time::Duration;

const INTERVAL: f64 = 0.01;

/// A master that advertises each 10 ms for `span` seconds, with idle and with busy processors.
pub(crate) fn bench(contenders: &[Contender], span: u32) -> io::Result<()> {
    let mut table = Table::new(
        "adverts each 10 ms: ms off (aim with four burners: p99 at most 0.2), and drift (aim: 0)",
        &["adverts", "p50", "p99", "most", "drift ppm"],
    );
    for (load, burners) in [("idle", 0), ("burners", 4)] {
        for contender in contenders {
            let sent = sent(contender, burners, span)?;
            row(&mut table, &format!("{} {load}", contender.name), &sent);
        }
    }
    table.print();
    Ok(())
}

fn sent(contender: &Contender, burners: usize, span: u32) -> io::Result<Vec<Stamp>> {
    let mut stage = Stage::new(1)?;
    stage.start(contender, &crowd(1, "0.01"))?;
    let begun = stage.tap.wait(LONG, |seen| seen.adverts.first().copied());
    begun.ok_or_else(|| io::Error::other("no adverts"))?;
    sleep(Duration::from_secs(1));
    let burn = (burners > 0).then(|| Burn::start(burners));
    sleep(Duration::from_millis(500));
    stage.tap.take();
    sleep(Duration::from_secs(span.into()));
    let seen = stage.tap.take();
    drop(burn);
    Ok(seen.adverts.into_iter().map(|(at, _)| at).collect())
}

fn row(table: &mut Table, name: &str, sent: &[Stamp]) {
    let gaps: Vec<f64> = sent
        .iter()
        .zip(sent.iter().skip(1))
        .map(|(a, b)| seconds(*a, *b))
        .collect();
    let off: Vec<f64> = gaps
        .iter()
        .map(|gap| (gap - INTERVAL).abs() * 1e3)
        .collect();
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
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let drift = (mean / INTERVAL - 1.0) * 1e6;
    table.row(
        name,
        &[(count + 1) as f64, median, p99, most, drift.round()],
    );
}
