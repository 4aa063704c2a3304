//! Mail about changes, in the original's words: filters of mailboxes look for them.
use crate::notice::{Notice, Occasion, Who};
use plan::Mail;

/// One thing that people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Without the name of the node.
    pub subject: String,
    /// Text, without a line feed at the end.
    pub body: String,
}

/// The mail about a change of an instance or a group; `None` for what nobody is told by mail.
pub fn vrrp(notice: &Notice, name: &str) -> Option<Alert> {
    let (kind, group) = match notice.who {
        Who::Instance(_) => ("Instance", false),
        Who::Group(_) => ("Group", true),
    };
    let (event, instance, all) = match notice.occasion {
        Occasion::Master => (
            "Entering MASTER state",
            "is now owning VRRP VIPs",
            "in MASTER state",
        ),
        Occasion::Backup => (
            "Entering BACKUP state",
            "is no longer owning VRRP VIPs",
            "in BACKUP state",
        ),
        Occasion::Fault => (
            "Entering FAULT state",
            "is no longer owning VRRP VIPs",
            "in FAULT state",
        ),
        Occasion::Stop => ("Stopping", "stopping", "stopping"),
        Occasion::Deleted => ("Deleted", "", ""),
        Occasion::MasterRxLowerPri | Occasion::MasterPriority | Occasion::BackupPriority => {
            return None;
        }
    };
    let body = match notice.occasion {
        Occasion::Deleted => "=> VRRP Deleted at reload <=".to_owned(),
        _ if group => format!("=> All VRRP group instances are now {all} <="),
        _ => format!("=> VRRP Instance {instance} <="),
    };
    Some(Alert {
        subject: format!("VRRP {kind} {name} - {event}"),
        body,
    })
}

const fn up_or_down(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

/// A change of a real server, or of one of its checks. `why` goes between the arrows.
pub fn real_server(real: &str, service: &str, up: bool, why: &str) -> Alert {
    let word = up_or_down(up);
    Alert {
        subject: format!("Realserver {real} of virtual server {service} - {word}"),
        body: format!("=> {why} <="),
    }
}

/// A change of a virtual server.
pub fn virtual_server(service: &str, up: bool, why: &str) -> Alert {
    let word = up_or_down(up);
    Alert {
        subject: format!("Virtualserver {service} - {word}"),
        body: format!("=> {why} <="),
    }
}

/// Several in one, each with the time at which it happened; `lost` of them found no room.
pub fn digest(alerts: &[(String, Alert)], lost: u64) -> Option<Alert> {
    if let ([(_, only)], 0) = (alerts, lost) {
        return Some(only.clone());
    }
    let (_, last) = alerts.last()?;
    let mut lines: Vec<String> = Vec::new();
    if lost > 0 {
        lines.push(format!("{lost} earlier ones were lost"));
    }
    for (date, alert) in alerts {
        lines.push(format!("{date}: {}", alert.subject));
        lines.push(format!("    {}", alert.body));
    }
    let count = alerts.len();
    Some(Alert {
        subject: format!("{count} alerts, the last: {}", last.subject),
        body: lines.join("\n"),
    })
}

/// Header and body. Lines of the header cannot be broken by what names have in them.
pub fn letter(mail: &Mail, node: &str, from: &str, date: &str, alert: &Alert) -> String {
    let Alert { subject, body } = alert;
    let header = [
        format!("Date: {date}"),
        format!("From: {}", one_line(from)),
        format!("Subject: [{}] {}", one_line(node), one_line(subject)),
        "X-Mailer: Keepalived".to_owned(),
        format!("To: {}", mail.to.join(",\n ")),
    ];
    format!("{}\n\n{body}\n\n", header.join("\n"))
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vrrp::{GroupId, InstanceId};

    fn alert(who: Who, occasion: Occasion) -> (String, String) {
        let notice = Notice {
            who,
            occasion,
            priority: 100,
            from: None,
            cause: None,
        };
        let alert = vrrp(&notice, "N").unwrap();
        (alert.subject, alert.body)
    }

    /// Every line was seen from the original.
    #[test]
    fn changes_of_instances_and_groups_have_the_originals_words() {
        let (one, group) = (Who::Instance(InstanceId(1)), Who::Group(GroupId(1)));
        let cases = [
            (
                alert(one, Occasion::Master),
                "VRRP Instance N - Entering MASTER state",
                "=> VRRP Instance is now owning VRRP VIPs <=",
            ),
            (
                alert(one, Occasion::Backup),
                "VRRP Instance N - Entering BACKUP state",
                "=> VRRP Instance is no longer owning VRRP VIPs <=",
            ),
            (
                alert(one, Occasion::Fault),
                "VRRP Instance N - Entering FAULT state",
                "=> VRRP Instance is no longer owning VRRP VIPs <=",
            ),
            (
                alert(one, Occasion::Stop),
                "VRRP Instance N - Stopping",
                "=> VRRP Instance stopping <=",
            ),
            (
                alert(one, Occasion::Deleted),
                "VRRP Instance N - Deleted",
                "=> VRRP Deleted at reload <=",
            ),
            (
                alert(group, Occasion::Master),
                "VRRP Group N - Entering MASTER state",
                "=> All VRRP group instances are now in MASTER state <=",
            ),
            (
                alert(group, Occasion::Stop),
                "VRRP Group N - Stopping",
                "=> All VRRP group instances are now stopping <=",
            ),
        ];
        for ((subject, body), want_subject, want_body) in cases {
            assert_eq!((&*subject, &*body), (want_subject, want_body));
        }
    }

    #[test]
    fn several_become_one_that_says_when_each_was() {
        let at = |n: u32| (format!("day {n}"), real_server("r", "v", n > 1, "CHECK"));
        assert_eq!(digest(&[at(1)], 0), Some(at(1).1), "one stays as it is");
        let both = digest(&[at(1), at(2)], 3).unwrap();
        assert_eq!(
            both.subject,
            "2 alerts, the last: Realserver r of virtual server v - UP"
        );
        assert_eq!(
            both.body,
            "3 earlier ones were lost\n\
             day 1: Realserver r of virtual server v - DOWN\n    => CHECK <=\n\
             day 2: Realserver r of virtual server v - UP\n    => CHECK <="
        );
        assert_eq!(digest(&[], 1), None);
    }
}
