//! Mail: to the server, and to the file.
use super::{Event, Outbox, Outlets, identity};
use outlet::Letter;
use plan::Mail;
use report::alert::{self, Alert};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::rc::Rc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

/// A change that people are told of, and how.
#[derive(Debug)]
pub(super) struct Item {
    mail: Rc<Mail>,
    node: String,
    alert: Alert,
    at: Instant,
    /// As a mail's header has it.
    date: String,
}

impl Outlets {
    /// Tells of a change by mail.
    pub(in crate::supervisor) fn mail(&mut self, mail: &Mail, node: &str, alert: Alert) {
        let item = Item {
            mail: Rc::new(mail.clone()),
            node: node.to_owned(),
            alert,
            at: Instant::now(),
            date: date(),
        };
        if self.mail.push(item) {
            tokio::task::spawn_local(work(self.mail.clone(), self.events.clone()));
        }
    }
}

/// Now, as the original writes it.
fn date() -> String {
    let now = jiff::Zoned::now();
    now.strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// Sends what waits until nothing does.
async fn work(outbox: Outbox<Item>, events: UnboundedSender<Event>) {
    let say = |line: String| {
        let _ = events.send(Event::Outlet(Some(line)));
    };
    while let Some(first) = outbox.next() {
        let (mail, node) = (Rc::clone(&first.mail), first.node.clone());
        let mut alerts = vec![(first.date, first.alert)];
        if let Some(digest) = mail.digest {
            outbox.wait_until(first.at + digest).await;
            let more = outbox.drain().into_iter();
            alerts.extend(more.map(|item| (item.date, item.alert)));
        }
        let lost = outbox.lost();
        if lost > 0 {
            say(format!(
                "{lost} mails were lost: more than that wait already"
            ));
        }
        let date = alerts
            .last()
            .map(|(date, _)| date.clone())
            .unwrap_or_default();
        let Some(alert) = alert::digest(&alerts, lost) else {
            continue;
        };
        let from = match &mail.from {
            Some(from) => from.clone(),
            None => identity::address().await,
        };
        let text = alert::letter(&mail, &node, &from, &date, &alert);
        keep(&mail, &text, &say);
        send(&outbox, &mail, (from, text), &alert.subject, &say).await;
    }
    let _ = events.send(Event::Outlet(None));
}

/// Appends a mail to the file of alerts.
fn keep(mail: &Mail, text: &str, say: &impl Fn(String)) {
    if let Some(path) = &mail.file
        && let Err(why) = append(path, text)
    {
        say(format!("Cannot write to smtp_alert_file {path}: {why}"));
    }
}

async fn send(
    outbox: &Outbox<Item>,
    mail: &Mail,
    (from, text): (String, String),
    subject: &str,
    say: &impl Fn(String),
) {
    let Some(relay) = &mail.relay else { return };
    let helo = match &relay.helo {
        Some(name) => name.clone(),
        None => identity::host().await,
    };
    let to = mail.to.clone();
    let letter = Letter {
        helo,
        from,
        to,
        text,
    };
    let place = format!("[{}]:{}", relay.host, relay.port);
    let attempt = async || outlet::deliver(relay, &letter).await;
    let told = |why: &outlet::Failure| {
        say(format!(
            "SMTP server {place}: {why}; it will be tried again"
        ));
    };
    match outbox.insist(attempt, told).await {
        Ok(()) => say("SMTP alert successfully sent.".to_owned()),
        Err(why) => say(format!("SMTP server {place}: {why}; given up: {subject}")),
    }
}

/// Adds to a file of ours; not to a pipe, which might keep us waiting, and not behind a link.
fn append(path: &str, text: &str) -> io::Result<()> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    file.write_all(text.as_bytes())
}
