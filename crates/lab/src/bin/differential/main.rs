//! `make differential`: configurations made from the keyword tables, valid and broken, given to
//! `-t` of ours and of the original. The exit codes must be the same; what is not is made as
//! small as it can be, put together with its like by what only one of the two says, and printed.
//!
//! `ORIGINAL` names the original (else Debian's), `CASES` how many are tried, `SEED` which; a
//! seed makes the same cases on every machine.
mod class;
mod pair;
mod shrink;

use class::Class;
use lab::Lan;
use lab::cases::{Random, Version, each, generate, mutate};
use pair::{Codes, Pair};
use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Disagreements that are made smaller; each takes up to a hundred runs of both.
const SHRUNK: u64 = 1000;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("differential: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What a worker found.
#[derive(Default)]
struct Found {
    codes: BTreeMap<Codes, u64>,
    /// By class: how many, and the smallest text.
    classes: BTreeMap<Class, (u64, String)>,
    different: u64,
}

fn run() -> io::Result<bool> {
    let (random, seed) = (setting("CASES", 2000)?, setting("SEED", 1)?);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let lan = Lan::new()?;
    let pairs = (0..workers).map(|number| Pair::new(&lan, number));
    let pairs = pairs.collect::<io::Result<Vec<_>>>()?;
    let version = pairs.first().map(Pair::version).transpose()?;
    let version = version
        .flatten()
        .ok_or_else(|| io::Error::other("the original says no version"))?;
    let each = each::each(&version);
    let cases = each.len() as u64 + random;
    let work = Work {
        version,
        each,
        cases,
        seed,
        next: AtomicU64::new(0),
        shrunk: AtomicU64::new(0),
    };
    let work = &work;
    let found = thread::scope(|scope| {
        let threads: Vec<_> = pairs
            .into_iter()
            .map(|pair| scope.spawn(move || work.all(&pair)))
            .collect();
        let ended = threads.into_iter().map(|one| match one.join() {
            Ok(found) => found,
            Err(_) => Err(io::Error::other("a worker panicked")),
        });
        ended.collect::<io::Result<Vec<_>>>()
    })?;
    let found = found.into_iter().fold(Found::default(), Found::with);
    found.print();
    let agreed = cases - found.different;
    println!("{agreed} of {cases} verdicts agree (seed {seed})");
    Ok(found.different == 0)
}

/// What the workers share.
struct Work {
    version: Version,
    /// The cases that come first, whatever the seed.
    each: Vec<String>,
    cases: u64,
    seed: u64,
    next: AtomicU64,
    shrunk: AtomicU64,
}

impl Work {
    /// Takes cases until there are no more.
    fn all(&self, pair: &Pair) -> io::Result<Found> {
        let mut found = Found::default();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.cases {
                return Ok(found);
            }
            self.one(pair, self.made(number), &mut found)?;
        }
    }

    /// Case `number` of the seed.
    fn made(&self, number: u64) -> String {
        let first = usize::try_from(number)
            .ok()
            .and_then(|at| self.each.get(at));
        if let Some(text) = first {
            return text.clone();
        }
        let mut random = Random::new(self.seed.wrapping_mul(1_000_003).wrapping_add(number));
        let text = generate::configuration(&self.version, &mut random);
        if random.below(2) == 0 {
            return text;
        }
        mutate::mutate(&text, &mut random)
    }

    fn one(&self, pair: &Pair, text: String, found: &mut Found) -> io::Result<()> {
        let both = pair.codes(&text)?;
        *found.codes.entry(both).or_default() += 1;
        // the original sometimes ends by a signal: nothing to be like
        if both.0 == both.1 || both.1.is_none() {
            return Ok(());
        }
        found.different += 1;
        let small = if self.shrunk.fetch_add(1, Ordering::Relaxed) < SHRUNK {
            shrink::shrink(&text, |text| Ok(pair.codes(text)? == both))?
        } else {
            text
        };
        let (ours, theirs) = pair.run(&small)?;
        let class = Class::new(both, &ours.said, &theirs.said);
        let (count, shortest) = found.classes.entry(class).or_default();
        *count += 1;
        if *count == 1 || small.len() < shortest.len() {
            *shortest = small;
        }
        Ok(())
    }
}

impl Found {
    fn with(mut self, other: Found) -> Found {
        for (codes, count) in other.codes {
            *self.codes.entry(codes).or_default() += count;
        }
        for (class, (count, text)) in other.classes {
            let (sum, shortest) = self.classes.entry(class).or_default();
            if *sum == 0 || text.len() < shortest.len() {
                *shortest = text;
            }
            *sum += count;
        }
        self.different += other.different;
        self
    }

    fn print(&self) {
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (class, (count, text)) in classes {
            println!("---- {count} cases: {class}");
            println!("{}", text.trim_end());
        }
        println!("----");
        for ((ours, theirs), count) in &self.codes {
            println!("{count:7} ours {ours:?} the original {theirs:?}");
        }
    }
}

/// A number from the environment.
fn setting(name: &str, default: u64) -> io::Result<u64> {
    match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => text
            .parse()
            .map_err(|e| io::Error::other(format!("{name}={text}: {e}"))),
    }
}
