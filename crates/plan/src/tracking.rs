//! What is tracked: scripts, files, processes; and which lines count for an instance.
use crate::notify::{self, Command};
use crate::{Instance, Plan};
use conf::Config;
use conf::config::{self, SyncGroup, Track, Weight};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vrrp::{Tracked, Tracker, TrackerId, TrackerKind, What};

/// Everything that is tracked besides interfaces, by id.
pub type Trackers = BTreeMap<TrackerId, Object>;

/// A tracked object: what the machine counts, and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What the machine knows of it.
    pub tracker: Tracker,
    /// What is measured.
    pub source: Source,
    /// The weight of its definition; the lines that track it may have others.
    pub weight: i32,
}

/// What is measured. Two objects of one name that measure the same keep their state over a
/// reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A command is run.
    Script(Script),
    /// A number is read.
    File(File),
    /// Processes are counted.
    Process(Process),
    /// A session of the bfd process is followed.
    Bfd,
}

/// A `vrrp_script`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// What is run.
    pub command: Command,
    /// From one start to the next.
    pub interval: Duration,
    /// How long it may take.
    pub timeout: Duration,
}

/// A `track_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Where it is.
    pub path: String,
    /// `init_file`: what to write into it at the start, and whether over what is there.
    pub init: Option<(i32, bool)>,
}

/// A `vrrp_track_process`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Program, by path or name.
    pub program: String,
    /// Its parameters, and how they are compared; `None`: they do not matter.
    pub params: Option<(Vec<String>, ParamMatch)>,
    /// The whole first word of the command line counts, not the short name.
    pub full_command: bool,
    /// Fewest copies that are enough.
    pub quorum: u32,
    /// Most copies that are not too many.
    pub quorum_max: u32,
    /// How long the quorum has to be met before it counts.
    pub fork_delay: Duration,
    /// How long it has to be lost before that counts.
    pub terminate_delay: Duration,
}

/// `param_match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParamMatch {
    /// All are equal.
    Exact,
    /// `initial`: all match, the last one as a beginning.
    Initial,
    /// `partial`: they equal the first ones of the process.
    Partial,
}

/// Trackers with the weights of their definitions.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) trackers: Trackers,
    by_name: BTreeMap<(Kind, String), (TrackerId, i32, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Script,
    File,
    Process,
    Bfd,
}

pub(crate) fn known(config: &Config) -> Known {
    let mut known = Known::default();
    for block in &config.scripts {
        let Some(source) = script(block) else {
            continue;
        };
        let kind = TrackerKind::Script {
            rise: block.rise.map_or(1, |n| n.value),
            fall: block.fall.map_or(1, |n| n.value),
            init_fail: block.init_fail,
        };
        let weight = own_weight(block.weight, 0);
        known.add(
            Kind::Script,
            &block.name.value,
            kind,
            Source::Script(source),
            weight,
        );
    }
    for block in &config.files {
        let Some(path) = &block.file else { continue };
        let source = Source::File(File {
            path: path.value.to_string(),
            init: block.init.map(|value| (value.value, block.overwrite)),
        });
        let weight = own_weight(block.weight, 1);
        known.add(
            Kind::File,
            &block.name.value,
            TrackerKind::File,
            source,
            weight,
        );
    }
    for block in &config.processes {
        let Some(source) = process(block) else {
            continue;
        };
        let weight = own_weight(block.weight, 0);
        let source = Source::Process(source);
        known.add(
            Kind::Process,
            &block.name.value,
            TrackerKind::Process,
            source,
            weight,
        );
    }
    for block in &config.bfds {
        let weight = own_weight(block.weight, 0);
        known.add(
            Kind::Bfd,
            &block.name.value,
            TrackerKind::Bfd,
            Source::Bfd,
            weight,
        );
    }
    known
}

/// The sync group of an instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grouped<'a> {
    pub(crate) group: &'a SyncGroup,
    /// A member owns its addresses: then no weight of the group counts.
    pub(crate) owned: bool,
}

impl Known {
    fn add(
        &mut self,
        kind: Kind,
        name: &str,
        machine: TrackerKind,
        source: Source,
        weight: (i32, bool),
    ) {
        let id = TrackerId(u32::try_from(self.trackers.len()).unwrap_or(u32::MAX));
        let tracker = Tracker {
            name: name.to_owned(),
            kind: machine,
        };
        let object = Object {
            tracker,
            source,
            weight: weight.0,
        };
        self.trackers.insert(id, object);
        self.by_name
            .insert((kind, name.to_owned()), (id, weight.0, weight.1));
    }

    /// The lines that count for an instance: its own, then those of its group. Weights of
    /// members count only when the group says so, and never for an owner of the addresses.
    pub(crate) fn tracks(
        &self,
        block: &config::Instance,
        group: Option<Grouped<'_>>,
        owner: bool,
    ) -> Vec<Tracked> {
        let shares_weights = group.is_none_or(|Grouped { group, .. }| {
            group.sync_group_tracking_weight || group.global_tracking
        });
        let own_link = block.interface.as_ref().map(|name| &*name.value);
        let mut all = self.lines(&lists(block));
        // the own interface is tracked anyway, or not at all (`dont_track_primary`)
        all.retain(
            |tracked| !matches!(&tracked.what, What::Interface(name) if Some(&**name) == own_link),
        );
        if !shares_weights {
            all.retain(|tracked| tracked.weight == 0 || self.is_file(tracked));
        }
        if let Some(Grouped { group, owned }) = group {
            let mut shared = self.lines(&group_lists(group));
            if owned {
                for tracked in &mut shared {
                    tracked.weight = 0;
                }
            }
            // what the group tracks too counts once, with the group's weight
            all.retain(|own| shared.iter().all(|tracked| tracked.what != own.what));
            all.extend(shared);
        }
        if owner {
            all.retain(|tracked| tracked.weight == 0);
        }
        all
    }

    fn is_file(&self, tracked: &Tracked) -> bool {
        let What::Object(id) = tracked.what else {
            return false;
        };
        let object = self.trackers.get(&id);
        object.is_some_and(|object| object.tracker.kind == TrackerKind::File)
    }

    fn lines(&self, lists: &Lists<'_>) -> Vec<Tracked> {
        let interfaces = lists.interfaces.iter().map(|track| Tracked {
            what: What::Interface(track.name.value.to_string()),
            weight: track
                .weight
                .map_or(0, |weight| weight.value)
                .clamp(-253, 253),
            reverse: track.reverse.unwrap_or(false),
        });
        let objects = lists.objects.iter().flat_map(|(kind, tracks)| {
            tracks.iter().filter_map(|track| {
                let name = track.name.value.to_string();
                let (id, weight, reverse) = *self.by_name.get(&(*kind, name))?;
                Some(Tracked {
                    what: What::Object(id),
                    weight: track.weight.map_or(weight, |weight| weight.value),
                    reverse: track.reverse.unwrap_or(reverse),
                })
            })
        });
        interfaces.chain(objects).collect()
    }
}

struct Lists<'a> {
    interfaces: &'a [Track],
    objects: [(Kind, &'a [Track]); 4],
}

fn lists(block: &config::Instance) -> Lists<'_> {
    Lists {
        interfaces: &block.track_interfaces,
        objects: [
            (Kind::Script, &block.track_scripts),
            (Kind::File, &block.track_files),
            (Kind::Process, &block.track_processes),
            (Kind::Bfd, &block.track_bfds),
        ],
    }
}

fn group_lists(block: &SyncGroup) -> Lists<'_> {
    Lists {
        interfaces: &block.track_interfaces,
        objects: [
            (Kind::Script, &block.track_scripts),
            (Kind::File, &block.track_files),
            (Kind::Process, &block.track_processes),
            (Kind::Bfd, &block.track_bfds),
        ],
    }
}

fn own_weight(weight: Option<Weight>, default: i32) -> (i32, bool) {
    weight.map_or((default, false), |weight| {
        (weight.value.value, weight.reverse)
    })
}

fn script(block: &config::TrackScript) -> Option<Script> {
    let mut command = notify::command(block.script.as_ref()?);
    if let Some(user) = &block.user {
        command.user = Some(notify::user(user));
    }
    let interval = block
        .interval
        .map_or(Duration::from_secs(1), |time| time.value);
    let timeout = block
        .timeout
        .map(|time| time.value)
        .filter(|time| !time.is_zero());
    Some(Script {
        command,
        interval,
        timeout: timeout.unwrap_or(interval),
    })
}

fn process(block: &config::TrackProcess) -> Option<Process> {
    let (program, params) = block.process.split_first()?;
    let params: Vec<String> = params.iter().map(|word| word.value.to_string()).collect();
    let matching = block
        .param_match
        .as_ref()
        .map(|word| match word.value.as_deref() {
            Some("initial") => ParamMatch::Initial,
            Some("partial") => ParamMatch::Partial,
            _ => ParamMatch::Exact,
        });
    let matching = matching.or((!params.is_empty()).then_some(ParamMatch::Exact));
    let delay = |own: Option<conf::Spanned<Duration>>| {
        own.or(block.delay)
            .map_or(Duration::ZERO, |time| time.value)
    };
    Some(Process {
        program: program.value.to_string(),
        full_command: block.full_command || matching.is_some(),
        params: matching.map(|how| (params, how)),
        quorum: block.quorum.map_or(1, |n| u32::from(n.value)),
        quorum_max: block.quorum_max.map_or(u32::MAX, |n| u32::from(n.value)),
        fork_delay: delay(block.fork_delay),
        terminate_delay: delay(block.terminate_delay),
    })
}

impl Object {
    /// Whether it measures what the other does, so that the other's state is its state.
    fn continues(&self, other: &Object) -> bool {
        let same = match (&self.source, &other.source) {
            (Source::Script(a), Source::Script(b)) => a.command == b.command,
            (Source::File(a), Source::File(b)) => a.path == b.path,
            (Source::Process(a), Source::Process(b)) => a == b,
            (Source::Bfd, Source::Bfd) => true,
            _ => false,
        };
        same && self.tracker.name == other.tracker.name
    }
}

/// Gives the objects of `next` the ids that those they continue have in `running`, and new ones,
/// never used in `running`, to the others.
pub(crate) fn adopt(next: &mut Plan, running: &Plan) {
    let mut fresh = running
        .trackers
        .last_key_value()
        .map_or(0, |(id, _)| id.0.saturating_add(1));
    let mut moved = BTreeMap::new();
    for (built, object) in std::mem::take(&mut next.trackers) {
        let known = running
            .trackers
            .iter()
            .find(|(_, old)| object.continues(old));
        let id = known.map_or(TrackerId(fresh), |(id, _)| *id);
        if known.is_none() {
            fresh = fresh.saturating_add(1);
        }
        moved.insert(built, id);
        next.trackers.insert(id, object);
    }
    for instance in next.instances.values_mut() {
        for tracked in &mut Arc::make_mut(&mut instance.params).tracks {
            if let What::Object(id) = &mut tracked.what {
                *id = moved.get(id).copied().unwrap_or(*id);
            }
        }
    }
}

impl Plan {
    /// What nothing tracks need not be measured.
    pub(crate) fn forget_unused(&mut self) {
        let used: BTreeSet<TrackerId> = self
            .instances
            .values()
            .flat_map(|one| used_by(one))
            .collect();
        self.trackers.retain(|id, _| used.contains(id));
    }

    /// Takes a tracked object away, as if no line named it.
    pub fn drop_tracker(&mut self, id: TrackerId) {
        self.trackers.remove(&id);
        for instance in self.instances.values_mut() {
            Arc::make_mut(&mut instance.params)
                .tracks
                .retain(|tracked| tracked.what != What::Object(id));
        }
    }
}

fn used_by(instance: &Instance) -> impl Iterator<Item = TrackerId> {
    instance
        .params
        .tracks
        .iter()
        .filter_map(|tracked| match tracked.what {
            What::Object(id) => Some(id),
            What::Interface(_) => None,
        })
}
