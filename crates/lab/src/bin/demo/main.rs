//! `make demo`: the blog post's load balancers on this machine, in namespaces that vanish with
//! this process, and what happens when the master dies.
mod story;

use lab::client::{Experience, experience};
use lab::scenario::{ACTIVE_BACKUP, Death, LONG, Pair, VIP};
use lab::timeline::{Stamp, now, seconds};
use lab::website::Website;
use lab::{Event, Launch, nginx};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;
use wire::{AdvertInterval, Priority, Version};

fn main() -> ExitCode {
    match prepare().and_then(|launch| run(&launch)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Becomes root, if only in a user namespace (before any thread starts), and finds the daemon.
fn prepare() -> io::Result<Launch> {
    if !nix::unistd::geteuid().is_root() {
        println!("Not root: everything runs in a user namespace.");
        linux::namespace::become_root_in_user_namespace().map_err(|why| {
            io::Error::new(
                why.kind(),
                format!("this machine allows no user namespaces ({why}): run the demo as root"),
            )
        })?;
    }
    let built = std::env::current_exe()?.with_file_name("keepalived");
    let daemon = std::env::var_os("KEEPALIVED").map_or(built, PathBuf::from);
    if daemon.is_file() {
        Ok(Launch::new(daemon))
    } else {
        Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("no daemon at {}", daemon.display()),
        ))
    }
}

fn run(launch: &Launch) -> io::Result<()> {
    println!("Daemon: {}", launch.program.display());
    active_backup(launch)?;
    match nginx::path() {
        Some(_) => website(launch)?,
        None => println!(
            "\nScenario C needs nginx, which is not installed: run `scripts/install-deps` as root, then `make demo` again."
        ),
    }
    print!("{}", story::NEXT);
    Ok(())
}

/// Three intervals and the skew of lb02: `advert_int 1`, priority 100.
fn demanded() -> f64 {
    AdvertInterval::DEFAULT
        .master_down(Version::V2, Priority::DEFAULT, 3)
        .as_secs_f64()
}

fn active_backup(launch: &Launch) -> io::Result<()> {
    println!("{}", story::SCENARIO_A);
    let mut pair = Pair::new([launch.clone(), launch.clone()], ACTIVE_BACKUP)?;
    let begin = now();
    pair.start()?;
    sleep(Duration::from_millis(2500));
    let killed = Death::Killed.strike(&mut pair.lb01)?;
    let taken = pair
        .lb02
        .announces(VIP, killed)
        .ok_or_else(|| pair.failed("lb02 did not take over"))?;
    sleep(Duration::from_millis(2500));
    let back = Death::Killed.undo(&mut pair.lb01)?;
    let regained = pair
        .lb01
        .announces(VIP, back)
        .ok_or_else(|| pair.failed("lb01 did not take back"))?;
    let yielded = pair.lb02.logs("Entering BACKUP STATE", back);
    yielded.ok_or_else(|| pair.failed("lb02 did not yield"))?;
    sleep(Duration::from_millis(1200));

    let timeline = pair.lan.timeline();
    print!("{}", story::tell(&timeline.since(begin), begin));
    let (last, ()) = timeline
        .last_before(taken, lb01_advert)
        .ok_or_else(|| pair.failed("no advert seen"))?;
    println!("\n  from the last advert of lb01 to the first gratuitous ARP of lb02");
    println!(
        "      the protocol demands  {:7.4} s   (3 x advert_int + skew)",
        demanded()
    );
    println!(
        "      measured              {:7.4} s   ({:+.1} ms)",
        seconds(last, taken),
        (seconds(last, taken) - demanded()) * 1e3
    );
    println!(
        "  from the kill to the takeover   {:7.4} s",
        seconds(killed, taken)
    );
    println!(
        "  lb01 was master again           {:7.4} s after its start",
        seconds(back, regained)
    );
    Ok(())
}

fn lb01_advert(event: &Event) -> Option<()> {
    (event.node == "lb01").then_some(())?;
    event.frame()?.advert().map(|_| ())
}

fn website(launch: &Launch) -> io::Result<()> {
    println!("{}", story::SCENARIO_C);
    let begin = now();
    let mut site = Website::start([launch.clone(), launch.clone()])?;
    sleep(Duration::from_millis(1500));
    let (struck, taken) = site.lose_lb01()?;
    sleep(Duration::from_millis(1500));
    let (back, regained) = site.return_lb01()?;
    let yielded = site.pair.lb02.logs("Entering BACKUP STATE", back);
    yielded.ok_or_else(|| site.pair.failed("lb02 did not yield"))?;
    site.client.answered(regained, LONG);
    sleep(Duration::from_millis(1200));

    let end = now();
    print!(
        "{}",
        story::tell(&site.pair.lan.timeline().since(begin), begin)
    );
    let requests = site.client.requests();
    println!(
        "\n  what the client saw             answered   failed   longest time without an answer"
    );
    let row = |name: &str, from: Stamp, to: Stamp| {
        let Experience {
            answered,
            failed,
            outage,
        } = experience(&requests, from, to);
        println!("      {name:<26}{answered:>8} {failed:>8}   {outage:7.3} s");
    };
    let first = requests
        .iter()
        .find(|r| r.answer.is_some())
        .map_or(begin, |r| r.begun);
    row("before", first, struck);
    row("while lb01 died", struck, back);
    row("while lb01 came back", back, end);
    println!(
        "      (the protocol demands up to {:.3} s while lb01 dies, and none when it comes back)",
        demanded()
    );
    println!(
        "  lb02 took over {:.3} s after the power was lost",
        seconds(struck, taken)
    );
    Ok(())
}
