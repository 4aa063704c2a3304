//! From files to a plan, for a start, a reload and a test alike.
use crate::cli::Options;
use crate::exit;
use crate::files::Disk;
use crate::names;
use crate::place::Place;
use crate::supervisor::scripts::security;
use conf::{LoadOptions, Severity, Verdict};
use plan::{Facts, Plan};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{IsTerminal, Read as _, Write};

/// What a load came to.
pub(crate) struct Loaded {
    /// `None` when the daemon cannot run with it.
    pub(crate) plan: Option<Plan>,
    /// What there is to say, for the log.
    pub(crate) lines: Vec<String>,
    /// The exit code of a start without plan.
    pub(crate) exit: u8,
    /// Where this copy of the daemon lives.
    pub(crate) place: Place,
    pub(crate) source: Source,
}

/// What the dump is made from.
pub(crate) struct Source {
    config: conf::Config,
    /// Equal for equal text.
    pub(crate) print: u64,
}

impl Source {
    pub(crate) fn sheet(&self, plan: &Plan) -> plan::Sheet {
        report::dump::sheet(&self.config, plan, &hostname())
    }
}

/// Loads for the daemon.
pub(crate) fn load(options: &Options) -> Loaded {
    let read = read(options, &options.file, Use::Run);
    let mut lines = Vec::new();
    if !read.is_missing() {
        lines.push(format!("Configuration file {}", options.file));
    }
    lines.extend(report::diagnostics::lines(
        &read.findings,
        &read.snapshot,
        false,
    ));
    lines.extend(read.details.iter().cloned());
    lines.extend(read.dump.iter().cloned());
    let fatal = read
        .findings
        .iter()
        .any(|found| found.severity >= Severity::Fatal);
    let exit = if read.is_missing() {
        exit::NO_CONFIG
    } else {
        exit::CONFIG
    };
    let mut plan = (!fatal && !read.is_missing()).then_some(read.plan);
    if let (Some(plan), Some(namespace)) = (&mut plan, &options.namespace) {
        plan.lasting.namespace = Some(namespace.clone());
    }
    Loaded {
        plan,
        lines,
        exit,
        place: read.place,
        source: Source {
            print: fingerprint(&read.snapshot),
            config: read.config,
        },
    }
}

fn fingerprint(snapshot: &conf::Snapshot) -> u64 {
    let mut hasher = DefaultHasher::new();
    for source in snapshot.sources() {
        source.bytes.hash(&mut hasher);
    }
    hasher.finish()
}

/// `-t`: says what is wrong, on standard error or at the end of the file `log`; gives the exit
/// code. On a terminal the places are drawn, elsewhere each finding is one line.
pub(crate) fn test(options: &Options, log: Option<&str>) -> u8 {
    if options.nodes.len() > 1 {
        return compare(options, log);
    }
    let file = options.nodes.first().unwrap_or(&options.file);
    let mut read = read(options, file, Use::Test);
    if !options.lint {
        read.findings
            .retain(|found| found.severity > Severity::Advice);
    }
    say(options, log, &read.findings, &read.snapshot);
    let exit = conf::verdict(&read.findings).exit_code();
    // the process ends here: to take a large configuration to pieces first would be for nothing
    std::mem::forget(read);
    exit
}

/// `-t --lint FILE FILE ...`: each file, then what does not fit together. The exit code is the
/// largest that one of them has.
fn compare(options: &Options, log: Option<&str>) -> u8 {
    let mut exit = exit::NORMAL;
    let mut all = Vec::new();
    for file in &options.nodes {
        let read = read(options, file, Use::Test);
        say(options, log, &read.findings, &read.snapshot);
        exit = exit.max(conf::verdict(&read.findings).exit_code());
        all.push((file, read.plan));
    }
    let nodes: Vec<_> = all
        .iter()
        .map(|(name, plan)| plan::Node { name, plan })
        .collect();
    let findings = plan::compare(&nodes);
    say(options, log, &findings, &conf::Snapshot::default());
    exit
}

/// Says what was found, in the form that was asked for.
fn say(
    options: &Options,
    log: Option<&str>,
    findings: &[conf::Diagnostic],
    snapshot: &conf::Snapshot,
) {
    let mut text = String::new();
    let stderr = std::io::stderr();
    if options.json {
        text = report::diagnostics::json(findings, snapshot) + "\n";
    } else if log.is_none() && stderr.is_terminal() {
        text = report::diagnostics::draw(findings, snapshot, true);
    } else {
        for line in report::diagnostics::lines(findings, snapshot, options.lint) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    let written = match log {
        None => stderr.lock().write_all(text.as_bytes()),
        Some(path) => append(path, &text),
    };
    if let Err(e) = written {
        eprintln!("Cannot write the findings: {e}");
    }
}

/// `fmt`: prints the file in canonical layout.
pub(crate) fn format(file: &str) -> u8 {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(e) => {
            eprintln!("{file}: {e}");
            return exit::FATAL;
        }
    };
    match std::io::stdout().lock().write_all(&conf::layout(&text)) {
        Ok(()) => exit::NORMAL,
        Err(_) => exit::FATAL,
    }
}

fn append(path: &str, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?;
    file.write_all(text.as_bytes())
}

struct Read {
    snapshot: conf::Snapshot,
    config: conf::Config,
    findings: Vec<conf::Diagnostic>,
    /// What only the log needs to say.
    details: Vec<String>,
    /// `-d`: the effective configuration.
    dump: Vec<String>,
    plan: Plan,
    place: Place,
}

impl Read {
    /// There is no such file at all: no findings, but nothing to run either.
    fn is_missing(&self) -> bool {
        self.snapshot.files() == 0
    }
}

/// What a configuration is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Run,
    Test,
}

fn read(options: &Options, file: &str, purpose: Use) -> Read {
    let how = LoadOptions {
        config_id: Some(config_id(options)),
        all_includes: options.all_config,
        directory: std::env::current_dir()
            .map_or_else(|_| "/".into(), |dir| dir.to_string_lossy().into_owned()),
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        seed: seed(),
        ..LoadOptions::default()
    };
    let mut disk = Disk::default();
    let loaded = conf::load(&mut disk, file, &how);
    // what there is depends on where we are; a test stays where it is, as the original's
    let place = Place::of(options, &loaded.config);
    let entered = match purpose {
        Use::Run => place.enter(),
        Use::Test => Ok(()),
    };
    let elsewhere = purpose == Use::Test && place.is_elsewhere();
    let (mut plan, more) = plan::build(&loaded.config, &facts(&loaded.config, elsewhere));
    let mut details = security::vet(&mut plan);
    if let Some(mask) = options.umask
        && plan.global.umask.replace(mask).is_some()
    {
        let line = "umask command line option specified, ignoring config option";
        details.push(line.to_owned());
    }
    let mut findings = loaded.diagnostics;
    findings.extend(entered.err().map(|why| {
        conf::Diagnostic::new("network-namespace", Severity::Fatal, why)
            .help("name one that 'ip netns' shows")
    }));
    // the original ends at a missing argument: what follows from it is not worth telling
    if conf::verdict(&findings) != Verdict::Abort {
        findings.extend(more);
    }
    let dump = if options.dump_conf {
        report::dump::configuration(&loaded.config, &plan, &hostname())
    } else {
        Vec::new()
    };
    Read {
        dump,
        snapshot: loaded.snapshot,
        config: loaded.config,
        findings,
        details,
        plan,
        place,
    }
}

/// Different for each process and time; nothing more is asked of `${_RANDOM}`.
fn seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = now.map_or(0, |since| u64::from(since.subsec_nanos()) ^ since.as_secs());
    nanos.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id())
}

fn config_id(options: &Options) -> String {
    let host = hostname();
    let node = host.split('.').next().unwrap_or_default();
    options.config_id.clone().unwrap_or_else(|| node.to_owned())
}

fn hostname() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// What the configuration is checked against.
fn facts(config: &conf::Config, elsewhere: bool) -> Facts {
    let links = linux::netlink::Socket::route()
        .map_err(Into::into)
        .and_then(|mut socket| socket.links())
        .unwrap_or_default();
    let mut interfaces: BTreeSet<String> = links.iter().map(|link| link.name.clone()).collect();
    if elsewhere {
        // what there is nobody knows: all that is named is taken to be
        let named = config.instances.iter().flat_map(|one| {
            let tracked = one.track_interfaces.iter().map(|track| &track.name);
            one.interface.iter().chain(tracked)
        });
        let groups = config.sync_groups.iter();
        let grouped =
            groups.flat_map(|group| group.track_interfaces.iter().map(|track| &track.name));
        interfaces.extend(named.chain(grouped).map(|name| name.value.to_string()));
    }
    Facts {
        interfaces,
        hostname: hostname(),
        key_files: plan::key_files(config)
            .map(|path| (path.to_owned(), key_file(path)))
            .collect(),
        scripts: Some(security::facts(config)),
        names: names::read(&config.global.process, &links),
    }
}

/// A key file, as far as a key can be long.
fn key_file(path: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(256).read_to_end(&mut octets).ok()?;
    Some(octets)
}
