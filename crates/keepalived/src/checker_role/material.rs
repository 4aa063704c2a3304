//! What the files of `SSL` and of checks hold: a prober may not read them itself.
use crate::link::Material;
use plan::lvs::{Lvs, Probe};

/// The contents of all files that checks need, by name. What cannot be read is empty, and every
/// check that needs it says so.
pub(super) fn collect(lvs: &Lvs) -> Material {
    let reals = lvs.servers.iter().flat_map(|service| &service.servers);
    let checks = reals.flat_map(|real| &real.checks);
    let authorities = checks.filter_map(|check| match &check.probe {
        Probe::Http(http) => http.tls.as_ref()?.verify.as_ref()?.ca.as_ref(),
        _ => None,
    });
    let own = [&lvs.tls.certificate, &lvs.tls.key].into_iter().flatten();
    let mut material = Material::new();
    for name in own.chain(authorities) {
        let contents = material.entry(name.clone());
        contents.or_insert_with(|| std::fs::read_to_string(name).unwrap_or_default());
    }
    material
}
