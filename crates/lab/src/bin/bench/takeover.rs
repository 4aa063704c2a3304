//! From the last advert of a killed master to the backup's first gratuitous ARP.
use crate::Contender;
use crate::burn::Burn;
use crate::figures::{Figures, Table, figures};
use lab::Event;
use lab::scenario::{Death, Pair, VIP};
use lab::timeline::seconds;
use std::io;
use std::thread::sleep;
use std::time::Duration;
use wire::{AdvertInterval, Priority, Version};

/// How fast the protocol runs, and on what machine.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) version: Version,
    /// In hundredths of a second.
    pub(crate) interval: u16,
    /// Threads that take the processors.
    pub(crate) burners: usize,
}

impl Pace {
    fn config(self, priority: u8) -> String {
        let version = match self.version {
            Version::V2 => 2,
            Version::V3 => 3,
        };
        let interval = f64::from(self.interval) / 100.0;
        format!(
            "vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 55
    version {version}
    priority {priority}
    advert_int {interval}
    virtual_ipaddress {{
        {VIP}/24 dev eth0 label eth0:1
    }}
}}
"
        )
    }

    fn interval(self) -> AdvertInterval {
        AdvertInterval::from_centis(self.interval).unwrap_or(AdvertInterval::DEFAULT)
    }

    /// `Master_Down_Interval` of the backup.
    fn demanded(self) -> f64 {
        let down = self
            .interval()
            .master_down(self.version, Priority::DEFAULT, 3);
        down.as_secs_f64()
    }
}

/// Kills the master `rounds` times for each contender, in turns, and prints what the takeover took
/// beyond the interval that the protocol demands.
pub(crate) fn bench(contenders: &[Contender], pace: Pace, rounds: u32) -> io::Result<()> {
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(overhead(contender, pace, round)? * 1e3);
        }
    }
    let interval = pace.interval().as_duration();
    let (load, aim) = match pace.burners {
        0 => ("quiet".to_owned(), "median at most 0.4"),
        burners => (format!("{burners} burners"), "most at most 2"),
    };
    let mut table = Table::new(
        format!(
            "takeover after kill -9, adverts each {interval:?}, {load}: ms beyond Master_Down_Interval (aim: {aim})"
        ),
        &["rounds", "least", "median", "most"],
    );
    for (contender, samples) in contenders.iter().zip(&samples) {
        if let Some(Figures {
            count,
            least,
            median,
            most,
            ..
        }) = figures(samples)
        {
            table.row(contender.name, &[count as f64, least, median, most]);
        }
    }
    table.print();
    Ok(())
}

fn overhead(contender: &Contender, pace: Pace, round: u32) -> io::Result<f64> {
    let configs = [pace.config(150), pace.config(100)];
    let launches = [contender.launch.clone(), contender.launch.clone()];
    let mut pair = Pair::new(launches, [&configs[0], &configs[1]])?;
    pair.start()?;
    // Not always at the same moment of the interval.
    let interval = pace.interval().as_duration();
    sleep(interval + Duration::from_millis(100) + interval * (round * 37 % 100) / 100);
    let burn = (pace.burners > 0).then(|| Burn::start(pace.burners));
    sleep(Duration::from_millis(200));
    // with burners the takeover may be over before the killing comes back
    let before = lab::timeline::now();
    Death::Killed.strike(&mut pair.lb01)?;
    let taken = pair
        .lb02
        .announces(VIP, before)
        .ok_or_else(|| pair.failed("no takeover"))?;
    drop(burn);
    let advert = |e: &Event| (e.node == "lb01").then_some(()).and(e.frame()?.advert());
    let (last, _) = pair
        .lan
        .timeline()
        .last_before(taken, advert)
        .ok_or_else(|| pair.failed("no advert"))?;
    Ok(seconds(last, taken) - pace.demanded())
}
