//! What `notify_url` posts.
use crate::cause;
use crate::notice::{Notice, Occasion};
use plan::Plan;
use serde::Serialize;
use vrrp::{Cause, StateKind};

/// A change of an instance or a group.
#[derive(Serialize)]
struct Vrrp<'a> {
    time: &'a str,
    node: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'static str>,
    priority: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

/// A change of a virtual or a real server.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are the names in the JSON")]
struct Server<'a> {
    time: &'a str,
    node: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_server: Option<&'a str>,
    state: &'static str,
}

/// A change of an instance or a group; `time` as RFC 3339 has it.
pub fn vrrp(plan: &Plan, notice: &Notice, name: &str, time: &str) -> String {
    let kind = notice.kind();
    // scripts and mail have the original's word for a removal, FAULT, unless `notify_deleted`
    let word = match (&notice.cause, notice.occasion) {
        (Some(Cause::Reloaded), Occasion::Fault) => Occasion::Deleted.word(),
        (_, occasion) => occasion.word(),
    };
    let change = Vrrp {
        time,
        node: node(plan),
        kind,
        name,
        state: word,
        previous: notice.from.map(state),
        priority: notice.priority,
        cause: notice.cause.as_ref().map(|cause| cause::text(cause, plan)),
    };
    // plain strings and numbers cannot fail
    serde_json::to_string(&change).unwrap_or_default()
}

/// A change of a real server, or of a virtual one: then `service` is `None`.
pub fn server(plan: &Plan, name: &str, service: Option<&str>, up: bool, time: &str) -> String {
    let change = Server {
        time,
        node: node(plan),
        kind: if service.is_some() { "RS" } else { "VS" },
        name,
        virtual_server: service,
        state: if up { "UP" } else { "DOWN" },
    };
    serde_json::to_string(&change).unwrap_or_default()
}

fn node(plan: &Plan) -> &str {
    plan.global.router_id.as_deref().unwrap_or_default()
}

const fn state(state: StateKind) -> &'static str {
    match state {
        StateKind::Init => "INIT",
        StateKind::Backup => "BACKUP",
        StateKind::Master => "MASTER",
        StateKind::Fault => "FAULT",
        StateKind::Stopped => "STOP",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Who;
    use vrrp::{GroupId, InstanceId};

    #[test]
    fn changes_are_told_with_what_was_before_and_why() {
        let mut plan = Plan::default();
        plan.global.router_id = Some("lb01".into());
        let mut notice = Notice {
            who: Who::Instance(InstanceId(0)),
            occasion: Occasion::Master,
            priority: 100,
            from: Some(StateKind::Backup),
            cause: Some(Cause::MasterSilent),
        };
        assert_eq!(
            vrrp(&plan, &notice, "VI_1", "T"),
            r#"{"time":"T","node":"lb01","type":"INSTANCE","name":"VI_1","state":"MASTER","previous":"BACKUP","priority":100,"cause":"no advert from a master in time"}"#
        );
        let removed = Notice {
            occasion: Occasion::Fault,
            cause: Some(Cause::Reloaded),
            ..notice.clone()
        };
        assert!(vrrp(&plan, &removed, "VI_1", "T").contains(r#""state":"DELETED""#));
        notice.who = Who::Group(GroupId(0));
        (notice.from, notice.cause) = (None, None);
        assert_eq!(
            vrrp(&plan, &notice, "a \"b\"", "T"),
            r#"{"time":"T","node":"lb01","type":"GROUP","name":"a \"b\"","state":"MASTER","priority":100}"#
        );
        assert_eq!(
            server(
                &plan,
                "[10.0.1.1]:tcp:80",
                Some("[10.0.0.1]:tcp:80"),
                false,
                "T"
            ),
            r#"{"time":"T","node":"lb01","type":"RS","name":"[10.0.1.1]:tcp:80","virtual_server":"[10.0.0.1]:tcp:80","state":"DOWN"}"#
        );
    }
}
