//! What a network notices of a vrrp process that is killed, and of a daemon that is told to stop.
use crate::Contender;
use crate::figures::{Table, middle};
use crate::stage::{LONG, Stage};
use lab::Event;
use lab::scenario::{ACTIVE_BACKUP, Pair};
use lab::timeline::{now, seconds};
use std::io;
use std::thread::sleep;
use std::time::Duration;

/// Kills the master's vrrp process alone: the longest silence, and adverts of the backup.
pub(crate) fn killed(contenders: &[Contender]) -> io::Result<()> {
    let mut table = Table::new(
        "only the vrrp process killed, adverts each second (aim: no takeover, no advert missed)",
        &["longest gap s", "of the backup"],
    );
    for contender in contenders {
        let launches = [contender.launch.clone(), contender.launch.clone()];
        let mut pair = Pair::new(launches, ACTIVE_BACKUP)?;
        pair.start()?;
        sleep(Duration::from_millis(1500));
        let since = now();
        let pid = pair.lb01.node.space.read("/run/vrrp.pid")?;
        let pid = String::from_utf8_lossy(&pid).trim().to_owned();
        pair.lb01.node.space.output("kill", &["-9", &pid])?;
        sleep(Duration::from_secs(6));
        let events = pair.lan.timeline().since(since - 1_000_000_000);
        let of = |node: &str| -> Vec<u64> {
            let advert =
                |e: &&Event| e.node == node && e.frame().is_some_and(|f| f.advert().is_some());
            events.iter().filter(advert).map(|e| e.at).collect()
        };
        let ours = of("lb01");
        let gaps = ours.windows(2).map(|two| match two {
            [a, b] => seconds(*a, *b),
            _ => 0.0,
        });
        let longest = gaps.fold(0.0, f64::max);
        table.row(contender.name, &[longest, of("lb02").len() as f64]);
    }
    table.print();
    Ok(())
}

/// SIGTERM until the daemon has ended, with one address and with 255.
pub(crate) fn stopped(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    let mut table = Table::new(
        "SIGTERM until the end, without scripts: ms (aim: 50; with 255 addresses 100)",
        &["median", "255: median", "255: most"],
    );
    let mut samples = vec![[Vec::new(), Vec::new()]; contenders.len()];
    for _ in 0..rounds {
        for (contender, [one, many]) in contenders.iter().zip(&mut samples) {
            one.push(stop(contender, 1)?);
            many.push(stop(contender, 255)?);
        }
    }
    for (contender, [one, many]) in contenders.iter().zip(&samples) {
        let ((one, _), (many, most)) = (middle(one), middle(many));
        table.row(contender.name, &[one, many, most]);
    }
    table.print();
    Ok(())
}

fn stop(contender: &Contender, addresses: u32) -> io::Result<f64> {
    let mut stage = Stage::new(1)?;
    stage.start(contender, &addressed(addresses))?;
    let master = stage
        .tap
        .wait(LONG, |seen| seen.announcements.first().copied());
    master.ok_or_else(|| io::Error::other("no master"))?;
    sleep(Duration::from_millis(300));
    stage.stop()
}

/// An owner of so many addresses; most are not in its adverts.
pub(crate) fn addressed(addresses: u32) -> String {
    let line = |n: u32| {
        format!(
            "        10.{}.{}.{}/32\n",
            110 + n / 60_000,
            n / 250 % 240,
            n % 250 + 1
        )
    };
    let first: String = (0..addresses.min(20)).map(line).collect();
    let rest: String = (20..addresses).map(line).collect();
    let rest = if rest.is_empty() {
        rest
    } else {
        format!("    virtual_ipaddress_excluded {{\n{rest}    }}\n")
    };
    format!(
        "vrrp_instance VI_1 {{
    state MASTER
    interface eth0
    virtual_router_id 55
    priority 255
    virtual_ipaddress {{
{first}    }}
{rest}}}
"
    )
}

/// An owner of 2,000 addresses: from its first advert to the end of the first announcements.
pub(crate) fn many_addresses(contenders: &[Contender], rounds: u32) -> io::Result<()> {
    const ADDRESSES: usize = 2000;
    const FRAMES: usize = ADDRESSES * 5;
    let mut table = Table::new(
        "one instance, 2,000 addresses: ms from its advert to the last of the first 10,000 gratuitous ARP (aim: half)",
        &["median", "most"],
    );
    let mut samples = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            let mut stage = Stage::new(1)?;
            stage.start(contender, &addressed(2000))?;
            let took = stage.tap.wait(LONG, |seen| {
                let (begin, _) = seen.adverts.first()?;
                let end = seen.announcements.get(FRAMES - 1)?;
                Some(seconds(*begin, *end) * 1e3)
            });
            samples.push(took.ok_or_else(|| io::Error::other("announcements are missing"))?);
        }
    }
    for (contender, samples) in contenders.iter().zip(&samples) {
        let (median, most) = middle(samples);
        table.row(contender.name, &[median, most]);
    }
    table.print();
    Ok(())
}
