//! What `/proc` says of a process.
use plan::{ParamMatch, Process};
use std::path::PathBuf;

/// The kernel keeps this much of a process's short name.
const COMM: usize = 15;

/// A process as far as tracking goes.
#[derive(Debug)]
pub(super) struct Look {
    place: PathBuf,
    comm: Vec<u8>,
    words: Option<Vec<String>>,
}

impl Look {
    /// `None` when there is no such process, or only its exit status is left of it.
    pub(super) fn at(pid: u32) -> Option<Look> {
        let place = PathBuf::from(format!("/proc/{pid}"));
        let stat = std::fs::read(place.join("stat")).ok()?;
        let comm = alive(&stat)?.to_vec();
        Some(Look {
            place,
            comm,
            words: None,
        })
    }

    /// Whether it is one of those that are tracked.
    pub(super) fn is(&mut self, process: &Process) -> bool {
        if !process.full_command {
            let name = process.program.as_bytes();
            return self.comm == name.get(..COMM).unwrap_or(name);
        }
        let place = &self.place;
        let words = self.words.get_or_insert_with(|| {
            command_line(&std::fs::read(place.join("cmdline")).unwrap_or_default())
        });
        matches(process, words)
    }
}

/// All processes there are.
pub(super) fn pids() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The short name in `/proc/PID/stat`, `number (name) state …`, unless the process has ended.
fn alive(stat: &[u8]) -> Option<&[u8]> {
    let begin = stat.iter().position(|byte| *byte == b'(')? + 1;
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let ended = matches!(stat.get(end + 2)?, b'Z' | b'X');
    stat.get(begin..end).filter(|_| !ended)
}

fn command_line(text: &[u8]) -> Vec<String> {
    let text = text.strip_suffix(b"\0").unwrap_or(text);
    let words = text.split(|byte| *byte == 0);
    words
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

fn matches(process: &Process, words: &[String]) -> bool {
    let Some((program, theirs)) = words.split_first() else {
        return false;
    };
    if *program != process.program {
        return false;
    }
    let Some((ours, how)) = &process.params else {
        return true;
    };
    match (how, ours.split_last()) {
        (ParamMatch::Exact, _) => ours == theirs,
        (ParamMatch::Partial, _) | (ParamMatch::Initial, None) => theirs.starts_with(ours),
        (ParamMatch::Initial, Some((last, before))) => {
            theirs.starts_with(before)
                && theirs
                    .get(before.len())
                    .is_some_and(|word| word.starts_with(&**last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn process(program: &str, params: Option<(&[&str], ParamMatch)>) -> Process {
        Process {
            program: program.into(),
            full_command: params.is_some(),
            params: params
                .map(|(words, how)| (words.iter().map(|&word| word.to_owned()).collect(), how)),
            quorum: 1,
            quorum_max: u32::MAX,
            fork_delay: Duration::ZERO,
            terminate_delay: Duration::ZERO,
        }
    }

    #[test]
    fn parameters_match_as_the_manual_says() {
        let words: Vec<String> = ["/bin/x", "-a", "value"].map(str::to_owned).to_vec();
        let cases: [(&[&str], ParamMatch, bool); 7] = [
            (&["-a", "value"], ParamMatch::Exact, true),
            (&["-a"], ParamMatch::Exact, false),
            (&["-a"], ParamMatch::Partial, true),
            (&["-a", "val"], ParamMatch::Partial, false),
            (&["-a", "val"], ParamMatch::Initial, true),
            (&["-b", "val"], ParamMatch::Initial, false),
            (&[], ParamMatch::Exact, false),
        ];
        for (params, how, want) in cases {
            assert_eq!(
                matches(&process("/bin/x", Some((params, how))), &words),
                want,
                "{params:?} {how:?}"
            );
        }
        assert!(!matches(
            &process("/bin/y", Some((&["-a", "value"], ParamMatch::Exact))),
            &words
        ));
    }

    #[test]
    fn the_short_name_is_that_of_a_process_that_lives() {
        let cases: [(&str, Option<&str>); 6] = [
            ("7 (nginx) S 1 7 7", Some("nginx")),
            ("7 (a) Z (b) R 1 7", Some("a) Z (b")),
            ("7 (nginx) Z 1 7 7", None),
            ("7 (nginx) X 1 7 7", None),
            ("7 (nginx)", None),
            ("", None),
        ];
        for (stat, name) in cases {
            assert_eq!(alive(stat.as_bytes()), name.map(str::as_bytes), "{stat:?}");
        }
    }

    #[test]
    fn running_processes_are_known_by_short_name_and_by_command_line() {
        let mut child = std::process::Command::new("sleep")
            .arg("86399.5")
            .spawn()
            .unwrap();
        let params: &[&str] = &["86399.5"];
        let both = [
            process("sleep", None),
            process("sleep", Some((params, ParamMatch::Exact))),
        ];
        // between fork and exec the child still has our name
        let found = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            let mut look = Look::at(child.id()).unwrap();
            both.iter().all(|process| look.is(process))
        });
        child.kill().unwrap();
        let ended = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            Look::at(child.id()).is_none()
        });
        child.wait().unwrap();
        assert!(found, "not found");
        assert!(ended, "what is not collected yet counts as running");
    }
}
