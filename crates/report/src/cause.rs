//! Why something happened, in words.
use plan::Plan;
use vrrp::{Cause, TrackerKind, What};

/// Why an instance changed its state, as half a sentence.
pub fn text(cause: &Cause, plan: &Plan) -> String {
    match cause {
        Cause::Started => "it started".into(),
        Cause::Resumed => "it goes on where the process before it ended".into(),
        Cause::MasterSilent => "no advert from a master in time".into(),
        Cause::MasterLeft { from } => format!("the master {from} left"),
        Cause::HigherAdvert { from, priority } => {
            format!("an advert of priority {priority} from {from}")
        }
        Cause::Owner => "it owns the addresses".into(),
        Cause::LinkDown => "its interface cannot be used".into(),
        Cause::LinkUp => "what held it in fault is over".into(),
        Cause::Tracked { what } => format!("{} failed", object(what, plan)),
        Cause::Recovered { what } => format!("{} is well again", object(what, plan)),
        Cause::StaticLost => "a static address, route or rule that it tracks is gone".into(),
        Cause::Group { first } => match plan.instances.get(first) {
            Some(first) => format!("{} of its sync group went first", first.name),
            None => "another member of its sync group went first".into(),
        },
        Cause::AddressLost => "somebody removed an address of it".into(),
        Cause::Overslept => "it was kept from running for too long".into(),
        Cause::Reloaded => "a reload".into(),
        Cause::Stopping => "the daemon was told to stop".into(),
    }
}

/// What is tracked, by kind and name.
fn object(what: &What, plan: &Plan) -> String {
    let id = match what {
        What::Interface(name) => return format!("interface {name}"),
        What::Object(id) => id,
    };
    let Some(object) = plan.trackers.get(id) else {
        return "a tracked object".into();
    };
    let kind = match object.tracker.kind {
        TrackerKind::Script { .. } => "script",
        TrackerKind::File => "file",
        TrackerKind::Process => "process",
        TrackerKind::Bfd => "BFD session",
    };
    format!("{kind} {}", object.tracker.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::{Object, Source};
    use vrrp::{Tracker, TrackerId};

    #[test]
    fn tracked_objects_are_called_by_their_names() {
        let (id, gone) = (TrackerId(3), TrackerId(4));
        let tracker = Tracker {
            name: "b1".into(),
            kind: TrackerKind::Bfd,
        };
        let source = Source::Bfd;
        let plan = Plan {
            trackers: [(
                id,
                Object {
                    tracker,
                    source,
                    weight: 0,
                },
            )]
            .into(),
            ..Plan::default()
        };
        for (what, want) in [
            (What::Object(id), "BFD session b1 failed"),
            (What::Object(gone), "a tracked object failed"),
            (What::Interface("eth1".into()), "interface eth1 failed"),
        ] {
            assert_eq!(text(&Cause::Tracked { what }, &plan), want);
        }
        let what = What::Object(id);
        assert_eq!(
            text(&Cause::Recovered { what }, &plan),
            "BFD session b1 is well again"
        );
    }
}
