//! The timeline as people read it.
use lab::timeline::{Stamp, seconds};
use lab::{Event, What};
use std::fmt::Write;

pub(crate) const SCENARIO_A: &str = "
A. One address, two load balancers       (examples/active-backup)
   lb01, 10.20.0.1, priority 150, and lb02, 10.20.0.2, priority 100, share 10.20.0.249.
   The daemon on lb01 is killed with SIGKILL, later started again.
";

pub(crate) const SCENARIO_C: &str = "
C. nginx on both load balancers, two web servers, one client     (examples/nginx)
   The client asks http://10.20.0.249/ without pause. lb01 loses its power, later comes back.
";

pub(crate) const NEXT: &str = "
What you can try next
   target/release/keepalived -t -f FILE   check a configuration of yours; every finding has its place and a hint
   target/release/keepalived -nlD -f FILE run it in the foreground (as root)
   examples/                              the configurations shown here, and active/active
   make test                              all tests, the original daemon as the other node
   make bench                             takeover and advert regularity, beside the original's
   KEEPALIVED=/usr/sbin/keepalived make demo    the same story told by another daemon
Nothing outside the namespaces was changed; they are gone now.
";

/// A line of the story and how often it came.
struct Line {
    first: Stamp,
    last: Stamp,
    node: String,
    text: String,
    times: u32,
}

/// One line for each thing worth telling; what repeats is folded.
pub(crate) fn tell(events: &[Event], begin: Stamp) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for (event, text) in events.iter().filter_map(|e| Some((e, line(&e.what)?))) {
        match repeated(&mut lines, event, &text) {
            Some(line) => (line.last, line.times) = (event.at, line.times + 1),
            None => lines.push(Line {
                first: event.at,
                last: event.at,
                node: event.node.clone(),
                text,
                times: 1,
            }),
        }
    }
    lines.iter().fold(String::new(), |mut page, line| {
        let times = if line.times > 1 {
            format!("   ({} times)", line.times)
        } else {
            String::new()
        };
        let _ = writeln!(
            page,
            "  {:8.3} s  {:<6} {}{times}",
            seconds(begin, line.first),
            line.node,
            line.text
        );
        page
    })
}

/// The line that this event repeats: the last one, or one of the same burst.
fn repeated<'a>(lines: &'a mut [Line], event: &Event, text: &str) -> Option<&'a mut Line> {
    const BURST: f64 = 0.05;
    let newest = lines.len().checked_sub(1)?;
    let fits = |(at, line): &(usize, &mut Line)| {
        let near = *at == newest || seconds(line.last, event.at) < BURST;
        near && line.node == event.node && line.text == text
    };
    lines
        .iter_mut()
        .enumerate()
        .rev()
        .take(6)
        .find(fits)
        .map(|(_, line)| line)
}

/// `None` for what only fills the page: greetings in the log, ordinary ARP.
fn line(what: &What) -> Option<String> {
    match what {
        What::Log(line) if line.contains("STATE") => Some(format!("log: {line}")),
        What::Log(_) => None,
        What::Frame(frame) if frame.advert().is_none() && frame.gratuitous().is_none() => None,
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lines_are_folded_and_greetings_left_out() {
        let event = |at, node: &str, what| Event {
            at,
            node: node.to_owned(),
            what,
        };
        let hello = || What::Log("Starting Keepalived".to_owned());
        let mark = || What::Mark("daemon started".to_owned());
        let told = tell(
            &[
                event(0, "lb01", mark()),
                event(1, "lb01", hello()),
                event(2, "lb01", mark()),
                event(1_500_000_000, "lb02", mark()),
            ],
            0,
        );
        let expected = "     0.000 s  lb01   *** daemon started   (2 times)\n     1.500 s  lb02   *** daemon started\n";
        assert_eq!(told, expected);
    }
}
