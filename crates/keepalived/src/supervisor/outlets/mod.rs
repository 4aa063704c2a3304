//! Mail and webhooks. All of it is queued here and goes out beside everything else: nothing waits
//! for a mail server or a web server, whatever that does.
mod identity;
mod mail;
mod outbox;
mod pools;
mod webhook;

use super::{Event, Supervisor};
use crate::vrrp_role::notify_names;
use outbox::Outbox;
use report::alert;
use report::notice::{Notice, Occasion};
use report::webhook as json;
use std::collections::BTreeMap;
use tokio::sync::mpsc::UnboundedSender;

/// What is on its way to people and programs elsewhere.
pub(super) struct Outlets {
    mail: Outbox<mail::Item>,
    /// By URL, so that one that does not answer holds up no other.
    hooks: BTreeMap<String, Outbox<webhook::Item>>,
    events: UnboundedSender<Event>,
}

impl Outlets {
    pub(super) fn new(events: UnboundedSender<Event>) -> Outlets {
        Outlets {
            mail: Outbox::default(),
            hooks: BTreeMap::new(),
            events,
        }
    }

    /// Nothing is on its way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.mail.is_at_rest() && self.hooks.values().all(Outbox::is_at_rest)
    }

    /// The daemon is leaving.
    pub(super) fn hurry(&self) {
        self.mail.hurry();
        self.hooks.values().for_each(Outbox::hurry);
    }
}

impl Supervisor {
    /// Tells people and programs elsewhere of a change of an instance or a group.
    pub(super) fn tell_of_vrrp(&mut self, notice: &Notice) {
        let plans = [Some(&self.plan), self.previous.as_ref()];
        let known = plans.into_iter().flatten().find_map(|plan| {
            let (name, notify) = notify_names(plan, notice.who)?;
            Some((plan, name, notify))
        });
        let Some((plan, name, notify)) = known else {
            return;
        };
        let global = &self.plan.global;
        let url = notify.url.as_ref().or(global.url.as_ref());
        if let Some(url) = url.filter(|_| notice.occasion.is_transition()) {
            let text = json::vrrp(plan, notice, name, &now());
            self.outlets.post(url, global.url_ca_file.as_deref(), text);
        }
        let fault = notice.occasion == Occasion::Fault;
        if let Some(mail) = &global.mail
            && notify.alert
            && !(fault && mail.no_faults)
            && let Some(alert) = alert::vrrp(notice, name)
        {
            let node = global.router_id.as_deref().unwrap_or_default();
            self.outlets.mail(mail, node, alert);
        }
    }
}

/// Now, as RFC 3339 has it.
fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
