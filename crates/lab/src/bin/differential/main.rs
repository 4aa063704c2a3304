//! `make differential`: configurations made from the keyword tables, valid and broken, given to
//! `-t` of ours and of the original. The exit codes must be the same; what is not is made as
//! small as it can be and printed.
//!
//! `ORIGINAL` names the original (else Debian's), `CASES` how many are tried, `SEED` which.
mod generate;
mod mutate;
mod random;
mod samples;
mod shrink;

use lab::{Lan, Node, original};
use random::Random;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where a case stands in the node.
const FILE: &str = "/tmp/case.conf";
/// Disagreements that are made smaller and shown.
const SHOWN: usize = 40;

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

/// The two programs, in one network that has `eth0` and `eth1`.
struct Pair {
    node: Node,
    /// The node's network, which ends with it.
    _lan: Lan,
    ours: PathBuf,
    theirs: PathBuf,
}

/// Exit codes, ours first; `None`: ended by a signal.
type Codes = (Option<i32>, Option<i32>);

impl Pair {
    fn new() -> io::Result<Pair> {
        let built = std::env::current_exe()?.with_file_name("keepalived");
        let ours = std::env::var_os("KEEPALIVED").map_or(built, PathBuf::from);
        let lan = Lan::new()?;
        let node = lan.node("case", "198.18.0.1/24".parse().map_err(io::Error::other)?)?;
        let second = [
            "link", "add", "eth1", "type", "veth", "peer", "name", "peer1",
        ];
        node.space.output("ip", &second)?;
        let (ours, theirs) = (
            node.space.stage(&ours)?,
            node.space.stage(&original::path()?)?,
        );
        Ok(Pair {
            node,
            _lan: lan,
            ours,
            theirs,
        })
    }

    fn codes(&self, text: &[u8]) -> io::Result<Codes> {
        self.node.space.write(FILE, text)?;
        let code = |program: &Path| {
            let out = self.node.space.finish(program, &["-t", "-f", FILE])?;
            io::Result::Ok(out.status.code())
        };
        Ok((code(&self.ours)?, code(&self.theirs)?))
    }

    fn said(&self, program: &Path, text: &[u8]) -> io::Result<String> {
        self.node.space.write(FILE, text)?;
        let out = self.node.space.finish(program, &["-t", "-f", FILE])?;
        Ok(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}

fn run() -> io::Result<bool> {
    let pair = Pair::new()?;
    let (cases, seed) = (setting("CASES", 2000)?, setting("SEED", 1)?);
    let mut random = Random::new(seed);
    let mut codes: BTreeMap<Codes, u64> = BTreeMap::new();
    let mut different = Vec::new();
    for _ in 0..cases {
        let mut text = generate::configuration(&mut random);
        if random.below(2) == 0 {
            text = mutate::mutate(&text, &mut random);
        }
        let both = pair.codes(text.as_bytes())?;
        *codes.entry(both).or_default() += 1;
        // the original sometimes ends by a signal: nothing to be like
        if both.0 != both.1 && both.1.is_some() {
            different.push((text, both));
        }
    }
    for (text, both) in different.iter().take(SHOWN) {
        let small = shrink::shrink(text, |text| Ok(pair.codes(text.as_bytes())? == *both))?;
        println!("---- ours {:?}, the original {:?}", both.0, both.1);
        println!("{small}");
        print!("ours says: {}", pair.said(&pair.ours, small.as_bytes())?);
        print!(
            "theirs says: {}",
            pair.said(&pair.theirs, small.as_bytes())?
        );
    }
    for ((ours, theirs), count) in &codes {
        println!("{count:7} ours {ours:?} the original {theirs:?}");
    }
    let agreed = cases - different.len() as u64;
    println!("{agreed} of {cases} verdicts agree (seed {seed})");
    Ok(different.is_empty())
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
