//! Sync groups and tracked objects.
use super::{Out, quoted};
use conf::Config;
use conf::config::{SyncGroup, Track, TrackProcess, TrackScript, Weight};
use plan::{Gap, Instance, Object, ParamMatch, Plan, Source, Subject};
use vrrp::{TrackerId, What};

pub(super) fn write(out: &mut Out, config: &Config, plan: &Plan) {
    groups(out, config, plan);
    scripts(out, config, plan);
    files(out, config, plan);
    processes(out, config, plan);
    bfds(out, config, plan);
}

fn groups(out: &mut Out, config: &Config, plan: &Plan) {
    if plan.groups.is_empty() {
        return;
    }
    out.title("VRRP Sync groups");
    for planned in plan.groups.values() {
        let mut blocks = config.sync_groups.iter();
        if let Some(block) = blocks.find(|block| *block.name.value == *planned.name) {
            out.about(Subject::Group(planned.name.clone()));
            group(out, config, plan, planned, block);
        }
    }
}

fn group(out: &mut Out, config: &Config, plan: &Plan, planned: &plan::Group, block: &SyncGroup) {
    let members = || {
        planned
            .members
            .iter()
            .filter_map(|id| plan.instances.get(id))
    };
    // the gap's line has one blank only
    let idle = format!("VRRP Sync Group = {}, BACKUP", planned.name);
    out.gap(1, Gap::Group, Some(&idle));
    out.line(2, "VRRP member instances :");
    for member in members() {
        out.line(3, &member.name);
    }
    if block.sync_group_tracking_weight || block.global_tracking {
        out.line(2, "sync group tracking weight set");
    }
    let alert = block.notify.smtp_alert.is_some_and(|alert| alert.value);
    out.value(
        2,
        "Using smtp notification",
        if alert { "yes" } else { "no" },
    );
    lists(out, (config, plan), &Lists::of_group(block), "process");
    super::instance::scripts(out, config, &planned.notify);
}

/// The `track_…` blocks of an instance or a group.
pub(super) struct Lists<'a> {
    pub(super) interfaces: &'a [Track],
    pub(super) scripts: &'a [Track],
    pub(super) files: &'a [Track],
    pub(super) processes: &'a [Track],
    pub(super) bfds: &'a [Track],
}

impl<'a> Lists<'a> {
    const fn of_group(block: &'a SyncGroup) -> Lists<'a> {
        Lists {
            interfaces: block.track_interfaces.as_slice(),
            scripts: block.track_scripts.as_slice(),
            files: block.track_files.as_slice(),
            processes: block.track_processes.as_slice(),
            bfds: block.track_bfds.as_slice(),
        }
    }
}

/// Each kind has a form of its own: `NAME weight N`, `NAME, weight N`, `NAME: weight N`.
pub(super) fn lists(
    out: &mut Out,
    (config, plan): (&Config, &Plan),
    lists: &Lists<'_>,
    process: &str,
) {
    let kinds = [
        (Kind::Interface, "interfaces", "", lists.interfaces),
        (Kind::Script, "scripts", "", lists.scripts),
        (Kind::File, "files", ",", lists.files),
        (Kind::Process, process, ",", lists.processes),
        (Kind::Bfd, "BFDs", ":", lists.bfds),
    ];
    for (kind, what, sign, tracks) in kinds {
        let known = tracks.iter().filter(|track| kind.is_in(plan, track));
        let lines: Vec<_> = known.map(|track| kind.line(config, track, sign)).collect();
        if lines.is_empty() {
            continue;
        }
        out.line(2, format_args!("Tracked {what} :"));
        for line in lines {
            out.line(3, line);
        }
    }
}

/// Nothing adds to the priority of an owner of the addresses: what has a weight is not tracked.
pub(super) fn owners_lists(out: &mut Out, (config, plan): (&Config, &Plan), all: &Lists<'_>) {
    let without = |kind: Kind, tracks: &[Track]| -> Vec<Track> {
        let weight = |track: &Track| {
            let own = kind.own_weight(config, &track.name.value);
            let written = track.weight.or(own.map(|own| own.value));
            written.map_or(i32::from(kind == Kind::File), |weight| weight.value)
        };
        let counts = tracks.iter().filter(|track| weight(track) == 0);
        counts.cloned().collect()
    };
    let mine = Lists {
        interfaces: &without(Kind::Interface, all.interfaces),
        scripts: &without(Kind::Script, all.scripts),
        files: &without(Kind::File, all.files),
        processes: all.processes,
        bfds: &without(Kind::Bfd, all.bfds),
    };
    lists(out, (config, plan), &mine, "processes");
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Interface,
    Script,
    File,
    Process,
    Bfd,
}

impl Kind {
    /// What was dropped, like a script that cannot be run, is not tracked.
    fn is_in(self, plan: &Plan, track: &Track) -> bool {
        let of_kind = |source: &Source| match source {
            Source::Script(_) => self == Kind::Script,
            Source::File(_) => self == Kind::File,
            Source::Process(_) => self == Kind::Process,
            Source::Bfd => self == Kind::Bfd,
        };
        let mut objects = plan.trackers.values();
        self == Kind::Interface
            || objects
                .any(|object| of_kind(&object.source) && *object.tracker.name == *track.name.value)
    }

    fn line(self, config: &Config, track: &Track, sign: &str) -> String {
        let own = self.own_weight(config, &track.name.value);
        let default = i32::from(self == Kind::File);
        let weight = track.weight.or(own.map(|own| own.value));
        let weight = weight.map_or(default, |weight| weight.value);
        let reverse = track.reverse.or(own.map(|own| own.reverse));
        let name = format!("{}{sign}", track.name.value);
        weighted(&name, weight, reverse.unwrap_or(false))
    }

    /// The weight of an object's definition.
    fn own_weight(self, config: &Config, name: &str) -> Option<Weight> {
        match self {
            Kind::Interface => None,
            Kind::Script => find(&config.scripts, name, |b| (&b.name.value, b.weight)),
            Kind::File => find(&config.files, name, |b| (&b.name.value, b.weight)),
            Kind::Process => find(&config.processes, name, |b| (&b.name.value, b.weight)),
            Kind::Bfd => find(&config.bfds, name, |b| (&b.name.value, b.weight)),
        }
    }
}

fn find<T>(
    blocks: &[T],
    name: &str,
    look: impl Fn(&T) -> (&str, Option<Weight>),
) -> Option<Weight> {
    let mut weights = blocks.iter().map(look);
    weights.find(|(known, _)| *known == name)?.1
}

fn weighted(name: &str, weight: i32, reverse: bool) -> String {
    let reverse = if reverse { " reverse" } else { "" };
    format!("{name} weight {weight}{reverse}")
}

/// Who tracks an object, with the weight that counts there.
fn trackers(out: &mut Out, plan: &Plan, id: TrackerId) {
    out.line(2, "Tracking instances :");
    for instance in plan.instances.values() {
        for tracked in of(instance, id) {
            let name = format!("{},", instance.name);
            out.line(3, weighted(&name, tracked.weight, tracked.reverse));
        }
    }
}

fn of(instance: &Instance, id: TrackerId) -> impl Iterator<Item = &vrrp::Tracked> {
    let tracks = instance.params.tracks.iter();
    tracks.filter(move |tracked| tracked.what == What::Object(id))
}

/// Begins a kind's section with its first object; gives the objects that the plan has.
fn planned<'a>(
    plan: &'a Plan,
    is: impl Fn(&Source) -> bool + 'a,
) -> impl Iterator<Item = (TrackerId, &'a Object)> {
    let all = plan.trackers.iter();
    all.filter(move |(_, object)| is(&object.source))
        .map(|(id, object)| (*id, object))
}

fn titled<'a>(
    out: &mut Out,
    title: &str,
    objects: impl Iterator<Item = (TrackerId, &'a Object)>,
) -> Vec<(TrackerId, &'a Object)> {
    let all: Vec<_> = objects.collect();
    if !all.is_empty() {
        out.title(title);
    }
    all
}

fn own_weight(out: &mut Out, written: Option<Weight>, default: i32) {
    let weight = written.map_or(default, |weight| weight.value.value);
    let reverse = written.is_some_and(|weight| weight.reverse);
    let reverse = if reverse { " reverse" } else { "" };
    out.value(2, "Weight", format_args!("{weight}{reverse}"));
}

fn scripts(out: &mut Out, config: &Config, plan: &Plan) {
    let is = |source: &Source| matches!(source, Source::Script(_));
    for (id, object) in titled(out, "VRRP Scripts", planned(plan, is)) {
        let name = &object.tracker.name;
        let block = config.scripts.iter().find(|b| *b.name.value == **name);
        let (Source::Script(script), Some(block)) = (&object.source, block) else {
            continue;
        };
        out.about(Subject::Object(name.clone()));
        out.value(1, "VRRP Script", name);
        out.value(2, "Command", quoted(&script.command));
        script_numbers(out, script, block);
        out.gap(2, Gap::Reading, None);
        out.value(2, "Script uid:gid", user(config, &script.command));
        out.line(2, "VRRP instances :");
        trackers(out, plan, id);
    }
}

fn script_numbers(out: &mut Out, script: &plan::Script, block: &TrackScript) {
    let number = |written: Option<conf::Spanned<u32>>| written.map_or(1, |n| n.value);
    out.value(
        2,
        "Interval",
        format!("{} sec", script.interval.as_secs_f64()),
    );
    let timeout = block.timeout.map_or(0.0, |time| time.value.as_secs_f64());
    out.value(2, "Timeout", format_args!("{timeout} sec"));
    own_weight(out, block.weight, 0);
    out.value(2, "Rise", number(block.rise));
    out.value(2, "Fall", number(block.fall));
}

/// Whom a script runs as, as far as the configuration says.
pub(super) fn user(config: &Config, command: &plan::Command) -> String {
    let written = command
        .user
        .as_ref()
        .map(|user| (user.user.clone(), user.group.clone()));
    let default = config.global.script_user.as_ref();
    let default = default.map(|user| {
        let group = user.group.as_ref().map(|group| group.value.to_string());
        (user.user.value.to_string(), group)
    });
    let (user, group) = written.or(default).unwrap_or(("root".into(), None));
    // the dump is made without asking the machine for its users: root is known
    let id = |name: &str| if name == "root" { "0" } else { name }.to_owned();
    format!("{}:{}", id(&user), id(&group.unwrap_or(user.clone())))
}

fn files(out: &mut Out, config: &Config, plan: &Plan) {
    let is = |source: &Source| matches!(source, Source::File(_));
    for (id, object) in titled(out, "VRRP Track files", planned(plan, is)) {
        let Source::File(file) = &object.source else {
            continue;
        };
        let name = &object.tracker.name;
        let block = config.files.iter().find(|b| *b.name.value == **name);
        out.about(Subject::Object(name.clone()));
        out.value(1, "Track file", name);
        out.value(2, "File", &file.path);
        out.gap(2, Gap::Reading, Some("Status = 0"));
        own_weight(out, block.and_then(|block| block.weight), 1);
        trackers(out, plan, id);
    }
}

fn processes(out: &mut Out, config: &Config, plan: &Plan) {
    let is = |source: &Source| matches!(source, Source::Process(_));
    for (id, object) in titled(out, "VRRP Track processes", planned(plan, is)) {
        let name = &object.tracker.name;
        let block = config.processes.iter().find(|b| *b.name.value == **name);
        if let (Source::Process(process), Some(block)) = (&object.source, block) {
            out.about(Subject::Object(name.clone()));
            out.value(1, "VRRP Track process", name);
            one_process(out, process, block);
            trackers(out, plan, id);
        }
    }
}

fn one_process(out: &mut Out, process: &plan::Process, block: &TrackProcess) {
    out.value(2, "Process", &process.program);
    if let Some((params, how)) = &process.params {
        if !params.is_empty() {
            out.value(2, "Parameters", params.join(" "));
        }
        match how {
            ParamMatch::Exact => out.line(2, "Param match"),
            ParamMatch::Initial => out.value(2, "Param match", "initial"),
            ParamMatch::Partial => out.value(2, "Param match", "partial"),
        }
    }
    out.value(2, "Min processes", process.quorum);
    if process.quorum_max != u32::MAX {
        out.value(2, "Max processes", process.quorum_max);
    }
    out.gap(2, Gap::Reading, Some("Have quorum = false"));
    own_weight(out, block.weight, 0);
    for (label, delay) in [
        ("Terminate delay", process.terminate_delay),
        ("Fork delay", process.fork_delay),
    ] {
        out.value(2, label, format_args!("{:.6}s", delay.as_secs_f64()));
    }
    out.value(2, "Full command", process.full_command);
}

fn bfds(out: &mut Out, config: &Config, plan: &Plan) {
    let is = |source: &Source| matches!(source, Source::Bfd);
    for (id, object) in titled(out, "VRRP Track BFDs", planned(plan, is)) {
        let name = &object.tracker.name;
        let block = config.bfds.iter().find(|b| *b.name.value == **name);
        out.about(Subject::Object(name.clone()));
        out.value(1, "VRRP Track BFD", name);
        own_weight(out, block.and_then(|block| block.weight), 0);
        out.gap(2, Gap::Reading, Some("Bfd is down"));
        out.line(2, "Tracking VRRP instances :");
        trackers(out, plan, id);
    }
}
