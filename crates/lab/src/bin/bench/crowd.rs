//! Many instances: what they cost while all advertise, and how soon they are all there.
use crate::Contender;
use crate::figures::Table;
use crate::floor;
use crate::stage::{LONG, Stage, Usage, crowd};
use lab::timeline::{now, seconds};
use std::io;
use std::thread::sleep;
use std::time::Duration;

/// On one interface, as many as there are identifiers.
const MANY: usize = 250;
const INTERVAL: f64 = 0.01;
const SPAN: Duration = Duration::from_secs(5);

/// 250 instances at 10 ms: processor time, and adverts sent of those due.
pub(crate) fn fast(contenders: &[Contender]) -> io::Result<()> {
    let due = MANY as f64 / INTERVAL;
    let floor = floor::cpu(MANY, Duration::from_millis(10), SPAN)?;
    let mut table = Table::new(
        "250 instances at 10 ms (aim: CPU at most 1.2 of the bare sender's, all adverts)",
        &["CPU %", "of floor", "sent of due %"],
    );
    table.row("bare sender", &[floor, 1.0, 100.0]);
    for contender in contenders {
        let mut stage = Stage::new(1)?;
        stage.start(contender, &crowd(MANY, "0.01"))?;
        stage
            .tap
            .wait(LONG, |seen| (seen.first.len() == MANY).then_some(()));
        // the second burst of announcements is over
        sleep(Duration::from_secs(6));
        let (before, count, begin) = (stage.usage()?, stage.packets()?, now());
        sleep(SPAN);
        let (after, sent) = (stage.usage()?, stage.packets()? - count);
        let span = seconds(begin, now());
        let cpu = (after.cpu - before.cpu) / span * 100.0;
        let sent = sent as f64 / (due * span) * 100.0;
        table.row(contender.name, &[cpu, cpu / floor, sent]);
    }
    table.print();
    Ok(())
}

/// 1,000 instances: from exec until each has advertised, and memory, beside one instance.
pub(crate) fn start(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    let mut table = Table::new(
        "1,000 instances (aim: all master within 60 ms; memory at most the original's)",
        &["ms median", "ms most", "PSS MiB", "one: PSS MiB"],
    );
    let mut times = vec![Vec::new(); contenders.len()];
    let mut memory = vec![[0.0; 2]; contenders.len()];
    for _ in 0..rounds {
        for ((contender, times), memory) in contenders.iter().zip(&mut times).zip(&mut memory) {
            let (time, usage) = all_master(contender, 1000)?;
            times.push(time);
            let (_, one) = all_master(contender, 1)?;
            *memory = [usage.pss, one.pss];
        }
    }
    for ((contender, times), [many, one]) in contenders.iter().zip(&times).zip(memory) {
        let (median, most) = crate::figures::middle(times);
        table.row(contender.name, &[median, most, many, one]);
    }
    table.print();
    Ok(())
}

fn all_master(contender: &Contender, count: usize) -> io::Result<(f64, Usage)> {
    let mut stage = Stage::new(count.div_ceil(250))?;
    let begin = stage.start(contender, &crowd(count, "1"))?;
    let all = stage.tap.wait(LONG, |seen| {
        let last = seen.first.values().max().copied();
        last.filter(|_| seen.first.len() == count)
    });
    let all = all.ok_or_else(|| io::Error::other("not all became master"))?;
    sleep(Duration::from_secs(1));
    Ok((seconds(begin, all) * 1e3, stage.usage()?))
}
