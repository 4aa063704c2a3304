//! Log lines about tracked objects and sync groups, in the original's wording.
use vrrp::{Reading, StateKind, TrackEvent, Tracker, TrackerKind, Why};

/// The line for news of a tracked object; `None` for what is not worth one.
pub fn event(tracker: &Tracker, event: TrackEvent) -> Option<String> {
    let name = &tracker.name;
    match (tracker.kind, event) {
        (TrackerKind::Script { .. }, TrackEvent::Reading(reading)) => {
            let status = status(reading)?;
            Some(format!("Script `{name}` now returning {status}"))
        }
        (TrackerKind::Script { .. }, TrackEvent::Level(reading)) => {
            Some(format!("VRRP_Script({name}) {}", verdict(reading)))
        }
        (TrackerKind::Process, TrackEvent::Level(Reading::Up)) => {
            Some(format!("Quorum gained for tracked process {name}"))
        }
        (TrackerKind::Process, TrackEvent::Level(_)) => {
            Some(format!("Quorum lost for tracked process {name}"))
        }
        _ => None,
    }
}

fn status(reading: Reading) -> Option<i32> {
    match reading {
        Reading::Up => Some(0),
        Reading::Down(Why::Exited(code)) => Some(code),
        Reading::Down(_) | Reading::Value(_) => None,
    }
}

fn verdict(reading: Reading) -> String {
    match reading {
        Reading::Up | Reading::Value(_) => "succeeded".into(),
        Reading::Down(Why::Exited(code)) => format!("failed (exited with status {code})"),
        Reading::Down(Why::Signaled(signal)) => format!("failed (due to signal {signal})"),
        Reading::Down(Why::TimedOut) => "timed_out".into(),
        Reading::Down(Why::NotRun) => "failed (could not be run)".into(),
        Reading::Down(Why::Lost) => "failed".into(),
    }
}

/// The members of a group follow one of them.
pub fn syncing(group: &str, to: StateKind) -> String {
    let word = crate::data::name(to);
    format!("VRRP_Group({group}) Syncing instances to {word} state")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line was seen from the original.
    #[test]
    fn scripts_and_groups_are_told_as_the_original_does() {
        let (rise, fall, init_fail) = (1, 1, false);
        let kind = TrackerKind::Script {
            rise,
            fall,
            init_fail,
        };
        let chk = Tracker {
            name: "chk".into(),
            kind,
        };
        let line = |what| event(&chk, what).unwrap();
        let bad = Reading::Down(Why::Exited(3));
        assert_eq!(
            line(TrackEvent::Reading(bad)),
            "Script `chk` now returning 3"
        );
        assert_eq!(
            line(TrackEvent::Reading(Reading::Up)),
            "Script `chk` now returning 0"
        );
        assert_eq!(
            line(TrackEvent::Level(Reading::Up)),
            "VRRP_Script(chk) succeeded"
        );
        assert_eq!(
            line(TrackEvent::Level(bad)),
            "VRRP_Script(chk) failed (exited with status 3)"
        );
        let late = Reading::Down(Why::TimedOut);
        assert_eq!(line(TrackEvent::Level(late)), "VRRP_Script(chk) timed_out");
        assert_eq!(event(&chk, TrackEvent::Reading(late)), None);
        assert_eq!(
            syncing("G1", StateKind::Fault),
            "VRRP_Group(G1) Syncing instances to FAULT state"
        );
    }
}
