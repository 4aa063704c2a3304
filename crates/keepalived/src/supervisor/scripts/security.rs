//! Which scripts may be run: those that exist, that their user may execute, and, when that user
//! is root, that nobody else can change.
use super::users::Users;
use linux::script::Credentials;
use plan::{Command, PathFact, Plan, ScriptFacts, Source};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const UNSAFE: &str = "somebody else than root can change what root runs";

/// A script is not run, for a reason that was told.
#[derive(Debug)]
struct Refused;

/// What the checks of a configuration have to know of its scripts.
pub(crate) fn facts(config: &conf::Config) -> ScriptFacts {
    let paths = plan::programs(config).into_iter().map(|program| {
        let path = which(&program).unwrap_or_else(|| PathBuf::from(&program));
        let meta = path.metadata().ok();
        let fact = PathFact {
            found: meta.is_some(),
            insecure: changeable(&path).is_some(),
            no_file: meta.is_some_and(|meta| !meta.is_file()),
        };
        (program, fact)
    });
    let users = plan::script_users(config).into_iter();
    let users = users.filter_map(|user| {
        let found = Credentials::look_up(&user.user, user.group.as_deref(), false)?;
        Some((user, found.is_root()))
    });
    ScriptFacts {
        paths: paths.collect(),
        users: users.collect(),
        customary: Users::customary(false).is_some(),
    }
}

/// Removes from the plan what cannot or must not be run, and names programs by their whole path.
/// Gives what only the log needs to say: the findings are those of the plan's checks.
pub(crate) fn vet(plan: &mut Plan) -> Vec<String> {
    let users = Users::new(&plan.global.scripts);
    let mut details = Vec::new();
    let secure = plan.global.scripts.secure;
    let mut check = Check {
        users,
        secure,
        details: &mut details,
    };
    for instance in plan.instances.values_mut() {
        for (_, slot) in instance.notify.commands_mut() {
            check.slot(slot);
        }
    }
    for group in plan.groups.values_mut() {
        for (_, slot) in group.notify.commands_mut() {
            check.slot(slot);
        }
    }
    let mut disabled = Vec::new();
    for (id, object) in &mut plan.trackers {
        let Source::Script(script) = &mut object.source else {
            continue;
        };
        if check.command(&mut script.command).is_err() {
            disabled.push(*id);
        }
    }
    let fifos = &mut plan.global.fifos;
    for fifo in [&mut fifos.all, &mut fifos.vrrp, &mut fifos.lvs]
        .into_iter()
        .flatten()
    {
        check.slot(&mut fifo.script);
    }
    for id in disabled {
        plan.drop_tracker(id);
    }
    details
}

struct Check<'a> {
    users: Users,
    secure: bool,
    details: &'a mut Vec<String>,
}

impl Check<'_> {
    /// A notify script: what is refused is not there.
    fn slot(&mut self, slot: &mut Option<Command>) {
        if let Some(command) = slot
            && self.command(command).is_err()
        {
            *slot = None;
        }
    }

    fn command(&mut self, command: &mut Command) -> Result<(), Refused> {
        let Some(program) = command.words.first().cloned() else {
            return Err(Refused);
        };
        let user = command.user.as_ref();
        let Some(credentials) = self.users.credentials(user) else {
            let name = user.map_or("", |user| &user.user);
            self.say(format!("Script user '{name}' does not exist"));
            self.say(format!(
                "Invalid user/group for notify script {program} - ignoring"
            ));
            return Err(Refused);
        };
        let path = self.locate(&program)?;
        let meta = path.metadata().map_err(|e| {
            let why = reason(&e);
            self.say(format!("Script {program} cannot be accessed - {why}"));
            Refused
        })?;
        if !meta.is_file() {
            self.say(format!("Wrong file type found in script path '{program}'."));
            return Err(Refused);
        }
        if !may_execute(&meta, &credentials) {
            let (uid, gid) = (credentials.uid, credentials.gid);
            self.say(format!("WARNING - script '{program}' is not executable for uid:gid {uid}:{gid} - disabling."));
            return Err(Refused);
        }
        if let Some(first) = command.words.first_mut() {
            *first = path.to_string_lossy().into_owned();
        }
        match changeable(&path).filter(|_| credentials.is_root()) {
            None => Ok(()),
            Some(what) => self.unsafe_path(&program, &what),
        }
    }

    fn unsafe_path(&mut self, program: &str, what: &str) -> Result<(), Refused> {
        if self.secure {
            self.say(format!(
                "Unsafe permissions found for script '{program}' - disabling."
            ));
        } else {
            self.say(format!("Unsafe permissions found for script '{program}'."));
        }
        self.say(format!("  {what}: {UNSAFE}"));
        if self.secure { Err(Refused) } else { Ok(()) }
    }

    /// The whole path of a program; by `PATH` when it is a bare name.
    fn locate(&mut self, program: &str) -> Result<PathBuf, Refused> {
        if program.contains('/') {
            return Ok(PathBuf::from(program));
        }
        let Some(found) = which(program) else {
            self.say(format!("Cannot find script {program} in path - disabling"));
            return Err(Refused);
        };
        let full = found.display();
        self.say(format!("WARNING - script `{program}` resolved by path search to `{full}`. Please specify full path."));
        Ok(found)
    }

    fn say(&mut self, line: String) {
        self.details.push(line);
    }
}

/// A bare name in `PATH`.
fn which(program: &str) -> Option<PathBuf> {
    if program.is_empty() || program.contains('/') {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|at| at.is_file())
}

/// As `strerror(3)` says it, without the number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn may_execute(meta: &Metadata, who: &Credentials) -> bool {
    let mode = meta.mode();
    if who.is_root() {
        mode & 0o111 != 0
    } else if meta.uid() == who.uid {
        mode & 0o100 != 0
    } else if meta.gid() == who.gid || who.groups.contains(&meta.gid()) {
        mode & 0o010 != 0
    } else {
        mode & 0o001 != 0
    }
}

/// Whether nobody but root can change a program, now that it is to be run.
pub(super) fn still_safe(program: &Path) -> Result<(), String> {
    changeable(program).map_or(Ok(()), |what| Err(format!("{what}: {UNSAFE}")))
}

/// The first part of the path, or of what its links lead to, that others than root can change.
fn changeable(path: &Path) -> Option<String> {
    let target = path.canonicalize().ok()?;
    let parts = path.ancestors().skip(1).chain(target.ancestors());
    parts
        .filter(|part| !part.as_os_str().is_empty())
        .find_map(fault)
}

/// What is wrong with one file or directory: its inode, mode and owner.
fn fault(part: &Path) -> Option<String> {
    let meta = part.metadata().ok()?;
    let mode = meta.mode();
    // in a directory with the sticky bit nobody can replace what belongs to somebody else
    let sticky = meta.is_dir() && mode & 0o1000 != 0;
    let by_others = mode & 0o002 != 0 || (mode & 0o020 != 0 && meta.gid() != 0);
    if meta.uid() == 0 && (sticky || !by_others) {
        return None;
    }
    Some(format!(
        "{} (inode {}) has mode {:04o}, owner {}, group {}",
        part.display(),
        meta.ino(),
        mode & 0o7777,
        meta.uid(),
        meta.gid()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    fn plan(program: &Path, secure: bool) -> Plan {
        let mut plan = Plan::default();
        plan.global.scripts.secure = secure;
        plan.global.fifos.all = Some(plan::Fifo {
            path: "/x".into(),
            owner: None,
            script: Some(Command::new(
                vec![program.to_str().unwrap().into()],
                Some(plan::RunAs {
                    user: "root".into(),
                    group: None,
                }),
            )),
        });
        plan
    }

    fn script(name: &str, mode: u32) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vet-{}-{name}", std::process::id()));
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Whether it stays, and what is said. Files are made by root: tests of this daemon need it.
    fn outcome(path: &Path, secure: bool) -> (bool, String) {
        let mut plan = plan(path, secure);
        let details = vet(&mut plan);
        let kept = plan.global.fifos.all.unwrap().script.is_some();
        (kept, details.join("\n"))
    }

    #[test]
    fn what_others_can_change_is_not_run_as_root_and_the_culprit_is_named() {
        let (good, bad) = (script("good", 0o755), script("bad", 0o777));
        assert!(outcome(&good, true).0);
        let (kept, said) = outcome(&bad, true);
        let inode = fs::metadata(&bad).unwrap().ino();
        assert!(
            !kept && said.contains(&format!("(inode {inode}) has mode 0777, owner 0")),
            "{said}"
        );
        let (kept, said) = outcome(&bad, false);
        assert!(kept && said.contains("Unsafe permissions"), "{said}");
        for path in [good, bad] {
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_is_missing_or_not_executable_is_dropped() {
        let (said, dull) = (|path: &Path| outcome(path, false), script("dull", 0o644));
        let (kept, why) = said(Path::new("/nonexistent/x"));
        assert!(!kept);
        assert!(
            why.starts_with("Script /nonexistent/x cannot be accessed - No such file or directory"),
            "{why}"
        );
        assert!(!said(&dull).0);
        assert!(said(Path::new("/tmp")).1.contains("Wrong file type"));
        assert!(
            said(Path::new("no-such-program"))
                .1
                .contains("Cannot find script")
        );
        assert!(
            said(Path::new("sh")).0,
            "found by PATH, and a link is followed"
        );
        fs::remove_file(dull).unwrap();
    }
}
