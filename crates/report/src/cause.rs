//! Why something happened, in words.
use plan::Plan;
use vrrp::Cause;

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
        Cause::Tracked => "a tracked object failed".into(),
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
