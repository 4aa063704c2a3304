//! A plan comes into force: removals before additions, and what stays is not touched.
use super::Role;
use super::effects::protocol;
use super::sockets::{Ear, Mouth};
use crate::link::{FromRole, News};
use linux::clock;
use plan::Plan;
use std::collections::BTreeSet;
use std::sync::Arc;
use vrrp::{Change, InstanceId};
use wire::{Family, Instant};

impl Role {
    /// Puts a plan in force: at the start, and at each reload. What leaves does so under the old
    /// plan, since only that one knows what it held and where it was heard.
    pub(super) fn take_over(&mut self, next: Plan, news: &[News]) {
        let now = clock::now();
        self.router.handle_clock(now, clock::utc());
        let moved = self.moved_addresses(&next);
        let staying = self.let_go(now, plan::diff(&self.plan, &next));
        self.links.set_plan(&next);
        self.plan = next;
        crate::files::set_umask(&self.plan);
        self.statics.clear();
        self.make_uppers(now);
        self.change_settings();
        self.kernel.configure(&self.plan, &self.links);
        self.filter_is_due = true;
        self.open_pipes();
        self.set_trackers(now, news);
        self.open_sockets();
        for change in staying {
            self.router.apply(now, change);
        }
        for id in moved {
            let instance = self.plan.instances.get(&id);
            let repeat = instance.map_or(0, |one| one.params.garp.repeat);
            self.queue_announcements(id, repeat);
        }
        for id in self.held.iter().copied().collect::<Vec<_>>() {
            self.begin_extra(id, now);
        }
        self.perform();
        let lines = self
            .uppers
            .remove_others(&self.plan.uppers, self.kernel.netlink());
        self.lines.extend(lines);
        self.queue.push(FromRole::Ready);
        linux::memory::give_back();
    }

    /// Takes away what the next plan does not have; gives what is left to do.
    fn let_go(
        &mut self,
        now: Instant,
        changes: plan::Changes,
    ) -> Vec<Change<InstanceId, Arc<vrrp::Params>>> {
        let mut staying = Vec::new();
        let params = changes.into_iter();
        for change in params.map(|change| change.map(|instance| instance.params)) {
            match change {
                Change::Remove(id) => {
                    self.router.remove(now, id);
                    self.removing = true;
                    self.drain_effects();
                    self.removing = false;
                }
                Change::Rebuild(id, params) => {
                    self.router.remove(now, id);
                    self.drain_effects();
                    staying.push(Change::Add(id, params));
                }
                other => staying.push(other),
            }
        }
        staying
    }

    /// Masters whose addresses stay what they are and move to other interfaces.
    fn moved_addresses(&self, next: &Plan) -> Vec<InstanceId> {
        let moves = |id: &InstanceId| {
            let (old, new) = (self.plan.instances.get(id)?, next.instances.get(id)?);
            let devs = |one: &plan::Instance| -> Vec<String> {
                one.addresses.iter().map(|a| a.dev.clone()).collect()
            };
            // then the machine announces them
            let told =
                old.params.addresses != new.params.addresses || old.params.vrid != new.params.vrid;
            Some(!told && devs(old) != devs(new))
        };
        let moved = self.held.iter().filter(|id| moves(id) == Some(true));
        moved.copied().collect()
    }

    pub(super) fn open_sockets(&mut self) {
        let (mut ears, mut mouths) = (BTreeSet::new(), BTreeSet::new());
        for instance in self.plan.instances.values() {
            let params = &instance.params;
            let Some(link) = self.links.index_of(&params.interface) else {
                continue;
            };
            let (interface, protocol) = (params.interface.clone(), protocol(params));
            let source = params
                .source
                .or_else(|| self.links.view(link)?.source(params.family));
            // peers send to our address; without peers the group is heard
            let heard = if params.peers.is_empty() {
                Some(params.group)
            } else {
                source
            };
            ears.extend(heard.map(|address| Ear {
                interface: interface.clone(),
                link,
                address,
                protocol,
            }));
            let v6 = params.family == Family::V6;
            mouths.insert(Mouth {
                interface,
                link,
                v6,
                protocol,
                ttl: instance.ttl,
            });
        }
        self.lines
            .extend(self.sockets.ensure(&ears, &mouths, &mut self.reactor));
    }

    /// Tells the members of track groups what became of their static objects.
    pub(super) fn review_statics(&mut self) {
        let now = clock::now();
        let tracked = (0..).zip(&self.plan.statics);
        for (place, group) in tracked.filter(|(_, group)| !group.tracked_by.is_empty()) {
            let in_force = self.kernel.statics_in_force(place);
            if self.end_at.is_some() || self.statics.insert(place, in_force) == Some(in_force) {
                continue;
            }
            let members = self.plan.instances.iter();
            let members = members.filter(|(_, one)| group.tracked_by.contains(&one.name));
            for (id, _) in members {
                self.router.handle_static(now, *id, !in_force);
            }
        }
    }

    /// Settings of the kernel that the plan wants otherwise.
    fn change_settings(&mut self) {
        let netlink = self.kernel.netlink();
        if self.plan.global.no_local_igmp
            && let Some(why) = self.uppers.stop_local_reports()
        {
            self.lines.push(why);
        }
        let devs = self.plan.instances.values().flat_map(|one| &one.promote_on);
        for index in devs.filter_map(|dev| self.links.index_of(dev)) {
            self.uppers.promote(index, netlink);
        }
    }

    pub(super) fn refilter(&mut self) {
        let lines = self.filter.apply(&self.plan, &self.held, &self.links);
        self.lines.extend(lines);
    }
}
