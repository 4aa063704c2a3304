//! From the last advert of a killed master to the backup's first gratuitous ARP.
use crate::Contender;
use crate::figures::{Figures, figures};
use lab::Event;
use lab::scenario::{ACTIVE_BACKUP, Death, Pair, VIP};
use lab::timeline::seconds;
use std::io;
use std::thread::sleep;
use std::time::Duration;
use wire::{AdvertInterval, Priority, Version};

/// Kills the master `rounds` times for each contender, in turns, and prints what the takeover took
/// beyond the interval that the protocol demands.
pub(crate) fn bench(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(overhead(contender, round)? * 1e3);
        }
    }
    println!("\ntakeover after kill -9, milliseconds beyond Master_Down_Interval");
    println!(
        "  {:<10}{:>7}{:>9}{:>9}{:>9}{:>9}",
        "", "rounds", "least", "median", "p99", "most"
    );
    for (contender, samples) in contenders.iter().zip(&samples) {
        if let Some(Figures {
            count,
            least,
            median,
            p99,
            most,
        }) = figures(samples)
        {
            println!(
                "  {:<10}{count:>7}{least:>9.3}{median:>9.3}{p99:>9.3}{most:>9.3}",
                contender.name
            );
        }
    }
    Ok(())
}

fn overhead(contender: &Contender, round: u32) -> io::Result<f64> {
    let demanded = AdvertInterval::DEFAULT.master_down(Version::V2, Priority::DEFAULT, 3);
    let mut pair = Pair::new(
        [contender.launch.clone(), contender.launch.clone()],
        ACTIVE_BACKUP,
    )?;
    pair.start()?;
    // Not always at the same moment of the interval.
    sleep(Duration::from_millis(1100 + u64::from(round * 137 % 1000)));
    let killed = Death::Killed.strike(&mut pair.lb01)?;
    let taken = pair
        .lb02
        .announces(VIP, killed)
        .ok_or_else(|| pair.failed("no takeover"))?;
    let advert = |e: &Event| (e.node == "lb01").then_some(()).and(e.frame()?.advert());
    let (last, _) = pair
        .lan
        .timeline()
        .last_before(taken, advert)
        .ok_or_else(|| pair.failed("no advert"))?;
    Ok(seconds(last, taken) - demanded.as_secs_f64())
}
