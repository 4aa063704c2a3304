//! Tracked processes, by looking at `/proc`.
//!
//! Process events of the kernel reach the first network namespace only; a scan reaches
//! everywhere, containers included.
use crate::link::News;
use plan::{ParamMatch, Plan, Process, Source};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use vrrp::{Reading, TrackerId, Why};

/// From one look to the next.
const PERIOD: Duration = Duration::from_millis(250);
/// The kernel keeps this much of a process's short name.
const COMM: usize = 15;

/// All tracked processes.
#[derive(Debug, Default)]
pub(super) struct Processes {
    all: BTreeMap<TrackerId, (Process, Quorum)>,
    next: Option<Instant>,
}

/// Whether a quorum counts as met, with the delays of changing that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Quorum {
    met: Option<bool>,
    /// Since when the opposite is seen.
    opposite_since: Option<Instant>,
}

impl Processes {
    /// Gives what there is to log.
    pub(super) fn follow(&mut self, plan: &Plan, now: Instant) -> Option<String> {
        let process = |(id, object): (&TrackerId, &plan::Object)| match &object.source {
            Source::Process(process) => Some((*id, process.clone())),
            _ => None,
        };
        let mut before = std::mem::take(&mut self.all);
        let wanted = plan.trackers.iter().filter_map(process);
        self.all = wanted
            .map(|(id, process)| {
                (
                    id,
                    (
                        process,
                        before
                            .remove(&id)
                            .map_or(Quorum::default(), |(_, quorum)| quorum),
                    ),
                )
            })
            .collect();
        let began = self.next.is_none() && !self.all.is_empty();
        self.next = (!self.all.is_empty()).then_some(now);
        self.handle_timeout(now);
        began.then(|| {
            format!(
                "Tracked processes are looked for every {} ms",
                PERIOD.as_millis()
            )
        })
    }

    pub(super) fn known(&self) -> impl Iterator<Item = News> + '_ {
        let told = self
            .all
            .iter()
            .filter_map(|(id, (_, quorum))| Some((*id, quorum.met?)));
        told.map(|(id, met)| (id, reading(met)))
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Looks at all processes; gives the quorums that changed.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<News> {
        if self.next.is_none_or(|at| now < at) {
            return Vec::new();
        }
        self.next = Some(now + PERIOD);
        let counts = count(self.all.values().map(|(process, _)| process));
        let mut news = Vec::new();
        for ((id, (process, quorum)), copies) in self.all.iter_mut().zip(counts) {
            if quorum.see(now, process, copies)
                && let Some(met) = quorum.met
            {
                news.push((*id, reading(met)));
            }
        }
        news
    }
}

fn reading(met: bool) -> Reading {
    if met {
        Reading::Up
    } else {
        Reading::Down(Why::Lost)
    }
}

impl Quorum {
    /// So many copies run; true when that changes what counts.
    fn see(&mut self, now: Instant, process: &Process, copies: u32) -> bool {
        let met = (process.quorum..=process.quorum_max).contains(&copies);
        let Some(before) = self.met else {
            self.met = Some(met);
            return true;
        };
        if before == met {
            self.opposite_since = None;
            return false;
        }
        let since = *self.opposite_since.get_or_insert(now);
        let delay = if met {
            process.fork_delay
        } else {
            process.terminate_delay
        };
        let over = now >= since + delay;
        if over {
            *self = Quorum {
                met: Some(met),
                opposite_since: None,
            };
        }
        over
    }
}

/// How many copies of each run.
fn count<'a>(wanted: impl Iterator<Item = &'a Process>) -> Vec<u32> {
    let wanted: Vec<&Process> = wanted.collect();
    let mut counts = vec![0; wanted.len()];
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !name
            .as_encoded_bytes()
            .first()
            .is_some_and(u8::is_ascii_digit)
        {
            continue;
        }
        let Ok(comm) = std::fs::read(entry.path().join("comm")) else {
            continue;
        };
        let comm = comm.strip_suffix(b"\n").unwrap_or(&comm);
        let mut words = None;
        for (process, copies) in wanted.iter().zip(&mut counts) {
            let found = if process.full_command {
                let words = words.get_or_insert_with(|| command_line(&entry.path()));
                matches(process, words)
            } else {
                let name = process.program.as_bytes();
                comm == name.get(..COMM).unwrap_or(name)
            };
            *copies += u32::from(found);
        }
    }
    counts
}

fn command_line(process: &std::path::Path) -> Vec<String> {
    let text = std::fs::read(process.join("cmdline")).unwrap_or_default();
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
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

    fn process(program: &str, params: Option<(&[&str], ParamMatch)>) -> Process {
        Process {
            program: program.into(),
            full_command: params.is_some(),
            params: params
                .map(|(words, how)| (words.iter().map(|&word| word.to_owned()).collect(), how)),
            quorum: 1,
            quorum_max: 2,
            fork_delay: Duration::from_secs(2),
            terminate_delay: Duration::from_secs(3),
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
    fn a_quorum_counts_after_its_delay_and_too_many_are_too_many() {
        let (process, start) = (process("x", None), Instant::now());
        let mut quorum = Quorum::default();
        let at = |seconds| start + Duration::from_secs(seconds);
        let steps = [
            (0, 1, true, true),
            (1, 0, false, true),
            (3, 1, false, true),
            (4, 3, false, true),
            (7, 0, true, false),
            (8, 2, false, false),
            (10, 1, true, true),
        ];
        for (second, copies, news, met) in steps {
            assert_eq!(
                quorum.see(at(second), &process, copies),
                news,
                "at {second}"
            );
            assert_eq!(quorum.met, Some(met), "at {second}");
        }
    }

    #[test]
    fn running_processes_are_found_by_short_name_and_by_command_line() {
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
            let counts = count(both.iter());
            counts[0] >= 1 && counts[1] == 1
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found);
    }
}
