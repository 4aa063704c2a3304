//! Packets that no honest router sends, ten thousand a second.
use crate::Contender;
use crate::figures::Table;
use crate::stage::{LONG, Stage};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::thread::sleep;
use std::time::{Duration, Instant};
use wire::vrrp::{Auth, Cover, Repr};
use wire::{AdvertInterval, Family, Priority, Version, Vrid, ipv4};

const RATE: f64 = 10_000.0;
const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 100, 0, 66);
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const VIP: Ipv4Addr = Ipv4Addr::new(10, 100, 7, 9);
const VRID: Vrid = Vrid::new(55).expect("in range");
const ETHERNET: [u8; 14] = [1, 0, 0x5e, 0, 0, 0x12, 2, 0, 0, 0, 9, 9, 8, 0];

/// A master under bad packets, then under adverts of lower priority.
pub(crate) fn bench(contenders: &[Contender], packets: u32) -> io::Result<()> {
    let mut table = Table::new(
        format!(
            "{packets} packets, 10,000 a second (aim: CPU at most a third, log at most 100 kB, one answer per interval)"
        ),
        &[
            "bad: us each",
            "log kB",
            "lower: us each",
            "answers",
            "of due",
        ],
    );
    for contender in contenders {
        let mut stage = Stage::new(1)?;
        stage.start(contender, &config())?;
        let master = stage
            .tap
            .wait(LONG, |seen| seen.announcements.first().copied());
        master.ok_or_else(|| io::Error::other("no master"))?;
        sleep(Duration::from_secs(6));
        let logged = stage.logged()?;
        let bad = flood(&stage, bad(), packets)?;
        let log = (stage.logged()? - logged) as f64 / 1e3;
        sleep(Duration::from_secs(1));
        stage.tap.take();
        let tenth = packets / 10;
        let lower = flood(&stage, vec![frame(255, &advert(50, |_| ()))], tenth)?;
        // the flood's own adverts have another priority
        let own = stage.tap.take().adverts;
        let answers = own.iter().filter(|(_, priority)| *priority == 200).count();
        let due = f64::from(tenth) / RATE;
        table.row(contender.name, &[bad, log, lower, answers as f64, due]);
    }
    table.print();
    Ok(())
}

fn config() -> String {
    format!(
        "vrrp_instance VI_1 {{
    interface eth0
    virtual_router_id 55
    version 3
    priority 200
    advert_int 1
    virtual_ipaddress {{
        {VIP}/32
    }}
}}
"
    )
}

/// Sends `count` frames in turn into the cable; gives microseconds of the daemon's time for each.
fn flood(stage: &Stage, frames: Vec<Vec<u8>>, count: u32) -> io::Result<f64> {
    let before = stage.usage()?;
    stage.space.run(move || -> io::Result<()> {
        let mut socket = linux::netlink::Socket::route()?;
        let wire = socket.link("wire0").map_err(io::Error::other)?;
        let wire = wire.ok_or(io::ErrorKind::NotFound)?.index;
        let socket = linux::arp::ArpSocket::new()?;
        let begin = Instant::now();
        for (n, frame) in (0..count).zip(frames.iter().cycle()) {
            let due = begin + Duration::from_secs_f64(f64::from(n) / RATE);
            let left = due.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                sleep(left);
            }
            socket.send_all(&[(wire, frame.as_slice())], |_, _| ());
        }
        Ok(())
    })??;
    let after = stage.usage()?;
    Ok((after.cpu - before.cpu) * 1e6 / f64::from(count))
}

fn frame(ttl: u8, message: &[u8]) -> Vec<u8> {
    let header = ipv4::Repr::advert(SOURCE, GROUP, ttl, 7, message.len());
    let mut frame = ETHERNET.to_vec();
    frame.extend(header.emit().unwrap_or_default());
    frame.extend(message);
    frame
}

fn advert(priority: u8, change: impl FnOnce(&mut Repr)) -> Vec<u8> {
    let mut repr = Repr {
        version: Version::V3,
        family: Family::V4,
        vrid: VRID,
        priority: Priority::new(priority),
        interval: AdvertInterval::DEFAULT,
        auth: Auth::None,
        addresses: vec![IpAddr::V4(VIP)],
    };
    change(&mut repr);
    let (src, dst) = (SOURCE.into(), GROUP.into());
    repr.emit(Cover::Pseudo { src, dst })
}

/// One of each kind that must be refused.
fn bad() -> Vec<Vec<u8>> {
    let good = advert(50, |_| ());
    let poked = |at: usize, value: u8| {
        let mut message = good.clone();
        if let Some(octet) = message.get_mut(at) {
            *octet ^= value;
        }
        frame(255, &message)
    };
    let cut = |length: usize| frame(255, good.get(..length).unwrap_or_default());
    let long = [good.as_slice(), &[7; 61]].concat();
    vec![
        poked(6, 0x5a),
        frame(64, &good),
        poked(0, 0x10),
        poked(0, 0x02),
        poked(3, 0x07),
        cut(5),
        cut(9),
        frame(255, &long),
        poked(1, 0x3f),
        frame(1, &[0xff; 40]),
    ]
}
