//! `nftables_ipvs`: the packet filter's table that marks what is for groups.
use super::Role;
use ledger::marks::Marks;
use linux::nftables::{MarkTable, Marking};
use plan::Plan;

/// The table, and whether it can be relied on.
#[derive(Debug, Default)]
pub(super) struct Marker {
    table: Option<(plan::lvs::Marking, MarkTable)>,
    /// What it holds.
    held: Option<Marks>,
    works: bool,
}

impl Marker {
    /// Whether packets for groups are marked. Where they are not, groups are served address by
    /// address.
    pub(super) const fn works(&self) -> bool {
        self.works
    }

    /// Makes the table what the plan asks for; gives what there is to say.
    fn apply(&mut self, plan: &Plan) -> Option<String> {
        let wanted = plan.lvs.marking.as_ref()?;
        let marks = plan.lvs.marks();
        let same = self
            .table
            .as_ref()
            .is_some_and(|(made, _)| same(made, wanted));
        if same && self.held.as_ref() == Some(&marks) {
            return None;
        }
        let result = self.hold(plan, wanted, same, marks.clone());
        self.works = result.is_ok();
        self.held = result.is_ok().then_some(marks);
        let why = result.err()?;
        Some(format!(
            "nftables_ipvs: cannot mark packets: {why}. Virtual server groups are served address by \
             address"
        ))
    }

    fn hold(
        &mut self,
        plan: &Plan,
        wanted: &plan::lvs::Marking,
        same: bool,
        marks: Marks,
    ) -> std::io::Result<()> {
        if !same {
            let settings = Marking {
                table: wanted.table.clone(),
                priority: wanted.priority,
                counters: wanted.counters,
            };
            let namespace = plan.lvs.namespace.as_deref();
            self.table = Some((wanted.clone(), MarkTable::open(settings, namespace)?));
        }
        match &mut self.table {
            Some((_, table)) => Ok(table.hold(marks)?),
            None => Ok(()),
        }
    }

    /// Leaves nothing behind.
    pub(super) fn remove(&mut self) -> Option<String> {
        let (_, mut table) = self.table.take()?;
        let why = table.remove().err().filter(|_| self.works)?;
        Some(format!("nftables_ipvs: cannot remove the table: {why}"))
    }
}

/// The table is made alike; marks are given by the plan.
fn same(made: &plan::lvs::Marking, wanted: &plan::lvs::Marking) -> bool {
    let of = |marking: &plan::lvs::Marking| (marking.priority, marking.counters);
    made.table == wanted.table && of(made) == of(wanted)
}

impl Role {
    /// Has the packets of the next plan's groups marked; gives whether groups are served otherwise
    /// than before.
    pub(super) fn mark(&mut self, next: &Plan) -> bool {
        let before = self.marker.works();
        if let Some(line) = self.marker.apply(next) {
            self.log.info(line);
        }
        before != self.marker.works()
    }
}
