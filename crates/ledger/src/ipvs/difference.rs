//! From a service as it is to the service as it is wanted.
use super::{DestKey, Op, Service, ServiceKey, Wanted};
use std::collections::BTreeSet;

/// Operations that make `seen` what is wanted. Destinations are added before others go, so that
/// a service that changes hands is never without one. Of the destinations in `seen`, only those in
/// `ours` are removed.
pub(super) fn difference(
    key: ServiceKey,
    wanted: Option<&Wanted>,
    seen: Option<&Service>,
    ours: &BTreeSet<DestKey>,
) -> Vec<Op> {
    let mut ops = Vec::new();
    let Some(wanted) = wanted.map(|wanted| &wanted.service) else {
        ops.extend(seen.map(|_| Op::RemoveService(key)));
        return ops;
    };
    match seen {
        None => ops.push(Op::AddService(key, wanted.spec.clone())),
        Some(seen) if seen.spec != wanted.spec => {
            ops.push(Op::EditService(key, wanted.spec.clone()));
        }
        Some(_) => {}
    }
    let there = |dest: &DestKey| seen.and_then(|seen| seen.dests.get(dest));
    for (dest, spec) in &wanted.dests {
        match there(dest) {
            None => ops.push(Op::AddDest(key, *dest, *spec)),
            Some(is) if !spec.is_met_by(is) => ops.push(Op::EditDest(key, *dest, *spec)),
            Some(_) => {}
        }
    }
    let stale = seen.into_iter().flat_map(|seen| seen.dests.keys());
    let stale = stale.filter(|dest| ours.contains(dest) && !wanted.dests.contains_key(dest));
    ops.extend(stale.map(|dest| Op::RemoveDest(key, *dest)));
    ops
}
