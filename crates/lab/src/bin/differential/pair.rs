//! The two programs beside each other.
use lab::cases::Version;
use lab::{Lan, Node, original};
use std::io;
use std::path::{Path, PathBuf};

/// Where a case stands in the node.
const FILE: &str = "/tmp/case.conf";

/// Exit codes, ours first; `None`: ended by a signal.
pub(crate) type Codes = (Option<i32>, Option<i32>);

/// In one network that has `eth0` and `eth1`.
pub(crate) struct Pair {
    node: Node,
    ours: PathBuf,
    theirs: PathBuf,
}

/// What one of them answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

impl Pair {
    pub(crate) fn new(lan: &Lan, number: usize) -> io::Result<Pair> {
        let built = std::env::current_exe()?.with_file_name("keepalived");
        let ours = std::env::var_os("KEEPALIVED").map_or(built, PathBuf::from);
        let address = format!("198.18.0.{}/24", number + 1);
        let address = address.parse().map_err(io::Error::other)?;
        let node = lan.node(&format!("case{number}"), address)?;
        let second = [
            "link", "add", "eth1", "type", "veth", "peer", "name", "peer1",
        ];
        node.space.output("ip", &second)?;
        let (ours, theirs) = (
            node.space.stage(&ours)?,
            node.space.stage(&original::path()?)?,
        );
        Ok(Pair { node, ours, theirs })
    }

    /// Ours, then the original's.
    pub(crate) fn run(&self, text: &str) -> io::Result<(Answer, Answer)> {
        self.node.space.write(FILE, text)?;
        let answer = |program: &Path| {
            let out = self.node.space.finish(program, &["-t", "-f", FILE])?;
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            let code = out.status.code();
            io::Result::Ok(Answer { code, said })
        };
        Ok((answer(&self.ours)?, answer(&self.theirs)?))
    }

    /// The original's.
    pub(crate) fn version(&self) -> io::Result<Option<Version>> {
        let out = self.node.space.finish(&self.theirs, &["-v"])?;
        Ok(Version::new(&String::from_utf8_lossy(&out.stderr)))
    }

    pub(crate) fn codes(&self, text: &str) -> io::Result<Codes> {
        let (ours, theirs) = self.run(text)?;
        Ok((ours.code, theirs.code))
    }
}
