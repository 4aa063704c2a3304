//! Webhooks: JSON for programs elsewhere.
use super::{Event, Outbox, Outlets};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Time to connect, for the handshake, and for the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// What is posted.
#[derive(Debug)]
pub(super) struct Item {
    ca_file: Option<String>,
    json: String,
}

impl Outlets {
    /// Posts a text to a URL.
    pub(in crate::supervisor) fn post(&mut self, url: &str, ca_file: Option<&str>, json: String) {
        self.hooks
            .retain(|known, outbox| known == url || !outbox.is_at_rest());
        let outbox = self.hooks.entry(url.to_owned()).or_default();
        let item = Item {
            ca_file: ca_file.map(str::to_owned),
            json,
        };
        if outbox.push(item) {
            let (outbox, events) = (outbox.clone(), self.events.clone());
            tokio::task::spawn_local(work(url.to_owned(), outbox, events));
        }
    }
}

/// Posts what waits until nothing does.
async fn work(url: String, outbox: Outbox<Item>, events: UnboundedSender<Event>) {
    let say = |line: String| {
        let _ = events.send(Event::Outlet(Some(line)));
    };
    while let Some(item) = outbox.next() {
        let lost = outbox.lost();
        if lost > 0 {
            say(format!(
                "{lost} posts to {url} were lost: more than that wait already"
            ));
        }
        let attempt = async || outlet::post(&url, item.ca_file.as_deref(), LIMIT, &item.json).await;
        let told = |why: &outlet::Failure| {
            say(format!("notify_url {url}: {why}; it will be tried again"));
        };
        if let Err(why) = outbox.insist(attempt, told).await {
            say(format!("notify_url {url}: {why}; given up"));
        }
    }
    let _ = events.send(Event::Outlet(None));
}
