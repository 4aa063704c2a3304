//! Tracked objects: what they say, and what that does to the priority and the fault of an
//! instance (keepalived.conf(5), `track_interface`, `track_script`, `track_file`,
//! `track_process`, `track_bfd`).
use serde::{Deserialize, Serialize};
use wire::Priority;

/// Names a script, file, process or BFD session for the life of the daemon.
///
/// The plan keeps it stable over reloads as long as the object measures the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackerId(pub u32);

/// One line of a `track_…` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// The object.
    pub what: What,
    /// −254 to 254; zero: the object decides about fault.
    pub weight: i32,
    /// The opposite of what the object says counts.
    pub reverse: bool,
}

/// What is tracked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// An interface, by name: up and running.
    Interface(String),
    /// Anything else.
    Object(TrackerId),
}

/// How an object's readings become a level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracker {
    /// Its name, for people.
    pub name: String,
    /// Its kind.
    pub kind: TrackerKind,
}

/// Kinds of tracked objects besides interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrackerKind {
    /// A `vrrp_script`.
    Script {
        /// Successes in a row until it counts as up.
        rise: u32,
        /// Failures in a row until it counts as down.
        fall: u32,
        /// Counts as down until its first result.
        init_fail: bool,
    },
    /// A `track_file`: its level is the number in it.
    File,
    /// A `vrrp_track_process`: up while its quorum is met.
    Process,
    /// A `bfd_instance`: up while its session is; down until then.
    Bfd,
}

/// News of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    /// A script ended well, a quorum is met, a session is up.
    Up,
    /// The opposite, and why.
    Down(Why),
    /// The number in a file.
    Value(i32),
}

/// Why something is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// A script ended with this status.
    Exited(i32),
    /// A script was ended by this signal.
    Signaled(i32),
    /// A script took too long.
    TimedOut,
    /// A script could not be run.
    NotRun,
    /// A quorum is not met, or a session is down.
    Lost,
}

/// What an object says, all readings considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Nothing yet: good so far, but no instance starts on it.
    Unknown,
    Up,
    Down,
    Value(i32),
}

/// What one line of a `track_…` block contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    pub(crate) weight: i32,
    pub(crate) fault: bool,
    /// The instance has to wait for the first reading.
    pub(crate) wait: bool,
}

impl Share {
    pub(crate) fn add(self, other: Share) -> Share {
        Share {
            weight: self.weight.saturating_add(other.weight),
            fault: self.fault || other.fault,
            wait: self.wait || other.wait,
        }
    }
}

/// An object at work.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) tracker: Tracker,
    pub(crate) level: Level,
    /// Readings in a row that speak against the level.
    pub(crate) against: u32,
    /// The last reading, to tell when it changes.
    pub(crate) last: Option<Reading>,
}

/// What a reading came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The level moved.
    pub(crate) moved: bool,
    /// It is another reading than the last one.
    pub(crate) news: bool,
}

impl Watch {
    pub(crate) fn new(tracker: Tracker) -> Watch {
        let level = match tracker.kind {
            TrackerKind::Bfd => Level::Down,
            _ => Level::Unknown,
        };
        Watch {
            tracker,
            level,
            against: 0,
            last: None,
        }
    }

    /// Takes up a reading. The first one counts at once; later ones have to be `rise` or `fall`
    /// in a row.
    pub(crate) fn read(&mut self, reading: Reading) -> Taken {
        let before = self.level;
        // a first success is no news: that is what everybody expects
        let last = self.last.replace(reading).unwrap_or(Reading::Up);
        let news = last != reading;
        let says = match reading {
            Reading::Value(value) => Level::Value(value),
            Reading::Up => Level::Up,
            Reading::Down(_) => Level::Down,
        };
        let needed = match (self.tracker.kind, before, says) {
            (TrackerKind::Script { rise, .. }, Level::Down, Level::Up) => rise,
            (TrackerKind::Script { fall, .. }, Level::Up, Level::Down) => fall,
            _ => 1,
        };
        self.against = if says == before {
            0
        } else {
            self.against.saturating_add(1)
        };
        if self.against >= needed {
            (self.level, self.against) = (says, 0);
        }
        Taken {
            moved: self.level != before,
            news,
        }
    }

    /// Nothing has been heard, and that counts as bad.
    fn fails_unheard(&self) -> bool {
        matches!(
            self.tracker.kind,
            TrackerKind::Script {
                init_fail: true,
                ..
            }
        )
    }

    pub(crate) fn share(&self, weight: i32, reverse: bool) -> Share {
        let level = match self.level {
            Level::Unknown if weight != 0 && self.fails_unheard() => Level::Down,
            level => level,
        };
        share(level, weight, reverse)
    }
}

/// A positive weight counts while up, a negative one while down, none decides about fault. A file
/// counts its number times the weight.
pub(crate) fn share(level: Level, weight: i32, reverse: bool) -> Share {
    let sign = if reverse { -1 } else { 1 };
    match (level, weight) {
        (Level::Unknown, 0) => Share {
            wait: true,
            ..Share::default()
        },
        (Level::Up | Level::Down, 0) => Share {
            fault: (level == Level::Down) != reverse,
            ..Share::default()
        },
        (Level::Up, 1..) | (Level::Down, ..0) => Share {
            weight: weight.saturating_mul(sign),
            ..Share::default()
        },
        (Level::Unknown | Level::Up | Level::Down, _) => Share::default(),
        (Level::Value(value), 0) => Share {
            fault: value != 0,
            ..Share::default()
        },
        (Level::Value(value), _) => file_share(value.saturating_mul(weight).saturating_mul(sign)),
    }
}

/// −254 and less is a fault, more than 253 counts as 253.
fn file_share(sum: i32) -> Share {
    if sum <= -254 {
        Share {
            fault: true,
            ..Share::default()
        }
    } else {
        Share {
            weight: sum.min(253),
            ..Share::default()
        }
    }
}

/// Base and weights, within 1 to 254.
pub(crate) fn effective(base: Priority, weight: i32) -> Priority {
    let sum = i32::from(base.get()).saturating_add(weight).clamp(1, 254);
    Priority::new(u8::try_from(sum).unwrap_or(254))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: Reading = Reading::Up;
    const BAD: Reading = Reading::Down(Why::Exited(1));

    /// Level, weight, reverse, weight counted, fault, wait. From keepalived.conf(5) and the
    /// original.
    #[rustfmt::skip] // a table
    const SHARES: &[(Level, i32, bool, i32, bool, bool)] = &[
        (Level::Up, 20, false, 20, false, false),
        (Level::Down, 20, false, 0, false, false),
        (Level::Up, -20, false, 0, false, false),
        (Level::Down, -20, false, -20, false, false),
        (Level::Up, 20, true, -20, false, false),
        (Level::Down, -20, true, 20, false, false),
        (Level::Up, -20, true, 0, false, false),
        (Level::Down, 20, true, 0, false, false),
        (Level::Up, 0, false, 0, false, false),
        (Level::Down, 0, false, 0, true, false),
        (Level::Up, 0, true, 0, true, false),
        (Level::Down, 0, true, 0, false, false),
        (Level::Unknown, 0, false, 0, false, true),
        (Level::Unknown, 0, true, 0, false, true),
        (Level::Unknown, 20, false, 0, false, false),
        (Level::Unknown, -20, false, 0, false, false),
        (Level::Value(7), 10, false, 70, false, false),
        (Level::Value(-3), 10, false, -30, false, false),
        (Level::Value(3), 10, true, -30, false, false),
        (Level::Value(-254), 1, false, 0, true, false),
        (Level::Value(-253), 1, false, -253, false, false),
        (Level::Value(254), 1, false, 253, false, false),
        (Level::Value(i32::MIN), 254, true, 253, false, false),
        (Level::Value(0), 0, false, 0, false, false),
        (Level::Value(1), 0, false, 0, true, false),
    ];

    #[test]
    fn every_level_and_weight_has_its_share() {
        for &(level, weight, reverse, counted, fault, wait) in SHARES {
            let want = Share {
                weight: counted,
                fault,
                wait,
            };
            assert_eq!(
                share(level, weight, reverse),
                want,
                "{level:?} {weight} {reverse}"
            );
        }
    }

    fn script(rise: u32, fall: u32, init_fail: bool) -> Watch {
        Watch::new(Tracker {
            name: "s".into(),
            kind: TrackerKind::Script {
                rise,
                fall,
                init_fail,
            },
        })
    }

    #[test]
    fn the_first_result_counts_at_once_and_later_ones_in_a_row() {
        let mut watch = script(2, 3, false);
        let readings = [OK, BAD, BAD, OK, BAD, BAD, BAD, OK, BAD, OK, OK];
        let levels: String = readings
            .map(|reading| {
                watch.read(reading);
                if watch.level == Level::Up { 'u' } else { 'd' }
            })
            .into_iter()
            .collect();
        assert_eq!(levels, "uuuuuudddd".to_owned() + "u");
        let mut failing = script(2, 3, false);
        assert_eq!(
            failing.read(BAD),
            Taken {
                moved: true,
                news: true
            }
        );
        assert_eq!(
            failing.read(BAD),
            Taken {
                moved: false,
                news: false
            }
        );
        assert_eq!(failing.level, Level::Down);
    }

    #[test]
    fn until_the_first_result_an_init_fail_script_counts_as_failed() {
        assert_eq!(script(1, 1, true).share(-20, false).weight, -20);
        assert_eq!(script(1, 1, false).share(-20, false).weight, 0);
        assert!(script(1, 1, true).share(0, false).wait);
    }

    #[test]
    fn the_effective_priority_stays_between_1_and_254() {
        for (base, weight, want) in [
            (100, 20, 120),
            (100, -253, 1),
            (100, 200, 254),
            (100, i32::MIN, 1),
        ] {
            assert_eq!(effective(Priority::new(base), weight).get(), want);
        }
    }
}
