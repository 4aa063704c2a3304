//! The packet filter: which addresses do not talk, and what interfaces of `use_vmac` may not send.
use super::links::Links;
use linux::nftables::{Firewall, LinkName, Rules, Settings, Vmac};
use plan::{Plan, UpperKind};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use vrrp::InstanceId;

/// The table of this process, and what it holds.
#[derive(Debug, Default)]
pub(super) struct Filter {
    firewall: Option<Firewall>,
    settings: plan::Firewall,
    holds: Rules,
    /// The kernel cannot: said once.
    failed: bool,
}

impl Filter {
    /// Makes the table what the plan asks for while `held` are master; gives what to log.
    pub(super) fn apply(
        &mut self,
        plan: &Plan,
        held: &BTreeSet<InstanceId>,
        links: &Links,
    ) -> Vec<String> {
        let rules = rules(plan, held, links);
        let mut lines = Vec::new();
        if self.settings != plan.global.firewall {
            self.remove();
            self.settings = plan.global.firewall.clone();
            self.firewall = None;
        }
        if rules == self.holds || self.failed {
            return lines;
        }
        if self.firewall.is_none() {
            if !self.settings.written {
                lines.push("use_vmac or no_accept/strict specified, but no firewall configured - using nftables".into());
            }
            match Firewall::open(settings(&self.settings)) {
                Ok(firewall) => self.firewall = Some(firewall),
                Err(why) => {
                    self.failed = true;
                    lines.push(format!("Cannot use nftables: {why}"));
                }
            }
        }
        if let Some(firewall) = &mut self.firewall {
            match firewall.replace(&rules) {
                Ok(()) => self.holds = rules,
                Err(why) => {
                    self.failed = true;
                    lines.push(format!("Cannot set up nftables: {why}"));
                }
            }
        }
        lines
    }

    /// Leaves nothing behind.
    pub(super) fn remove(&mut self) {
        if self.holds != Rules::default()
            && let Some(firewall) = &mut self.firewall
        {
            let _ = firewall.remove();
        }
        self.holds = Rules::default();
    }
}

fn settings(written: &plan::Firewall) -> Settings {
    let default = Settings::default();
    Settings {
        table: written.table.clone().unwrap_or(default.table),
        priority: written.priority.unwrap_or(default.priority),
        counters: written.counters,
    }
}

fn rules(plan: &Plan, held: &BTreeSet<InstanceId>, links: &Links) -> Rules {
    let closed = plan
        .instances
        .iter()
        .filter(|(id, instance)| held.contains(id) && !instance.accept);
    let addresses = closed.flat_map(|(_, instance)| &instance.addresses);
    let on_link = |address: &plan::Address| -> Option<(IpAddr, u32)> {
        Some((address.prefix.addr(), links.index_of(&address.dev)?))
    };
    Rules {
        closed: addresses.filter_map(on_link).collect(),
        vmacs: plan
            .uppers
            .iter()
            .filter(|upper| matches!(upper.kind, UpperKind::Macvlan(_)))
            .filter_map(|upper| vmac(upper, links))
            .collect(),
    }
}

fn vmac(upper: &plan::Upper, links: &Links) -> Option<Vmac> {
    let parent = links.index_of(&upper.base)?;
    let link_local: Option<Ipv6Addr> = links.view(parent).and_then(|link| link.ipv6);
    Some(Vmac {
        family: upper.family,
        link: LinkName {
            index: links.index_of(&upper.name)?,
            name: upper.name.clone(),
        },
        parent,
        parent_link_local: link_local,
    })
}
