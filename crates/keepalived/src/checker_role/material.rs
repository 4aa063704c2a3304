//! What the files of `SSL` and of checks hold: a prober may not read them itself.
use plan::lvs::{Lvs, Probe, Tls};
use std::collections::HashMap;

/// Puts contents in the place of names. What cannot be read is handed over empty, and every check
/// that needs it says so.
pub(super) fn read(lvs: &mut Lvs) {
    let mut files = Files::default();
    lvs.tls = tls(&lvs.tls, &mut files);
    let reals = lvs
        .servers
        .iter_mut()
        .flat_map(|service| &mut service.servers);
    for check in reals.flat_map(|real| &mut real.checks) {
        if let Probe::Http(http) = &mut check.probe
            && let Some(verify) = http.tls.as_mut().and_then(|tls| tls.verify.as_mut())
        {
            verify.ca = files.read(verify.ca.as_deref());
        }
    }
}

fn tls(names: &Tls, files: &mut Files) -> Tls {
    Tls {
        ca: None,
        certificate: files.read(names.certificate.as_deref()),
        key: files.read(names.key.as_deref()),
        password: names.password.clone(),
    }
}

/// Each file is read once.
#[derive(Default)]
struct Files(HashMap<String, String>);

impl Files {
    fn read(&mut self, name: Option<&str>) -> Option<String> {
        let name = name?;
        let contents = self.0.entry(name.to_owned());
        let read = || std::fs::read_to_string(name).unwrap_or_default();
        Some(contents.or_insert_with(read).clone())
    }
}
