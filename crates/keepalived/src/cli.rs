//! The command line: the original's options, one row each.
//!
//! Parsing follows `getopt_long`: clustered short options (`-Dt`), attached optional arguments
//! (`-tFILE`), and long options abbreviated to any unambiguous beginning.
use crate::role::Role;
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::fmt::Write as _;

/// What one option does; the rows of [`OPTIONS`] name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Id {
    UseFile,
    Vrrp,
    Check,
    NoBfd,
    All,
    LogConsole,
    LogDetail,
    LogFacility,
    NoSyslog,
    Umask,
    ReleaseVips,
    DontReleaseVrrp,
    DontReleaseIpvs,
    DontRespawn,
    DontFork,
    DumpConf,
    Pid,
    VrrpPid,
    CheckersPid,
    BfdPid,
    AddressMonitoring,
    AllConfig,
    ConfigName,
    IgnoreSigint,
    Signum,
    ConfigTest,
    Lint,
    Format,
    Version,
    Help,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value(&'static str),
    Maybe(&'static str),
}

struct Row {
    short: Option<char>,
    long: &'static str,
    takes: Takes,
    id: Id,
    help: &'static str,
}

const fn row(short: char, long: &'static str, takes: Takes, id: Id, help: &'static str) -> Row {
    Row {
        short: if short == ' ' { None } else { Some(short) },
        long,
        takes,
        id,
        help,
    }
}

#[rustfmt::skip]
const OPTIONS: &[Row] = &[
    row('f', "use-file", Takes::Value("FILE"), Id::UseFile, "Use the specified configuration file (default '/etc/keepalived/keepalived.conf')"),
    row('P', "vrrp", Takes::Nothing, Id::Vrrp, "Only run with VRRP subsystem"),
    row('C', "check", Takes::Nothing, Id::Check, "Only run with Health-checker subsystem"),
    row('B', "no_bfd", Takes::Nothing, Id::NoBfd, "Don't run BFD subsystem"),
    row(' ', "all", Takes::Nothing, Id::All, "Force all child processes to run, even if have no configuration"),
    row('l', "log-console", Takes::Nothing, Id::LogConsole, "Log messages to local console"),
    row('D', "log-detail", Takes::Nothing, Id::LogDetail, "Detailed log messages"),
    row('S', "log-facility", Takes::Value("FACILITY"), Id::LogFacility, "Set syslog facility: 0-7, local0-local7, user or daemon (default)"),
    row('G', "no-syslog", Takes::Nothing, Id::NoSyslog, "Don't log via syslog"),
    row('u', "umask", Takes::Value("MASK"), Id::Umask, "umask for file creation (in numeric form)"),
    row('X', "release-vips", Takes::Nothing, Id::ReleaseVips, "Drop VIP on transition from signal (always done; accepted for compatibility)"),
    row('V', "dont-release-vrrp", Takes::Nothing, Id::DontReleaseVrrp, "Don't remove VRRP VIPs and VROUTEs on daemon stop"),
    row('I', "dont-release-ipvs", Takes::Nothing, Id::DontReleaseIpvs, "Don't remove IPVS topology on daemon stop"),
    row('R', "dont-respawn", Takes::Nothing, Id::DontRespawn, "Don't respawn child processes"),
    row('n', "dont-fork", Takes::Nothing, Id::DontFork, "Don't fork the daemon process"),
    row('d', "dump-conf", Takes::Nothing, Id::DumpConf, "Dump the configuration data"),
    row('p', "pid", Takes::Value("FILE"), Id::Pid, "Use specified pidfile for parent process"),
    row('r', "vrrp_pid", Takes::Value("FILE"), Id::VrrpPid, "Use specified pidfile for VRRP child process"),
    row('c', "checkers_pid", Takes::Value("FILE"), Id::CheckersPid, "Use specified pidfile for checkers child process"),
    row('b', "bfd_pid", Takes::Value("FILE"), Id::BfdPid, "Use specified pidfile for BFD child process"),
    row('a', "address-monitoring", Takes::Nothing, Id::AddressMonitoring, "Report all address additions/deletions notified via netlink"),
    row('e', "all-config", Takes::Nothing, Id::AllConfig, "Error if any configuration file missing (same as includet)"),
    row('i', "config-id", Takes::Value("ID"), Id::ConfigName, "Skip any configuration lines beginning '@' that don't match ID, or '@^' that do (default: the host name)"),
    row(' ', "ignore-sigint", Takes::Nothing, Id::IgnoreSigint, "Ignore SIGINT (default means terminate)"),
    row(' ', "signum", Takes::Value("SIGFUNC"), Id::Signum, "Return signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON"),
    row('t', "config-test", Takes::Maybe("LOG_FILE"), Id::ConfigTest, "Check the configuration for obvious errors, output to stderr by default"),
    row(' ', "lint", Takes::Nothing, Id::Lint, "With -t: also say what is allowed but probably not meant"),
    row(' ', "format", Takes::Value("FORMAT"), Id::Format, "With -t: 'text' (default) or 'json'"),
    row('v', "version", Takes::Nothing, Id::Version, "Display the version number"),
    row('h', "help", Takes::Nothing, Id::Help, "Display this help message"),
];

/// Which parts of the configuration run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subsystems {
    pub(crate) vrrp: bool,
    pub(crate) checker: bool,
    pub(crate) bfd: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Box<Options>),
    /// `fmt FILE`: print it in canonical layout.
    Format(String),
    /// `explain WORD`: what the keyword is for.
    Explain(String),
    /// `-t`, with the file that findings are appended to.
    Test(Box<Options>, Option<String>),
    Version,
    Help,
    /// `--signum`: the number to print.
    Signum(i32),
}

/// Settings of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) file: String,
    pub(crate) subsystems: Subsystems,
    pub(crate) run_all: bool,
    pub(crate) log: LogOptions,
    pub(crate) umask: Option<u32>,
    pub(crate) keep_vips_at_stop: bool,
    pub(crate) respawn: bool,
    pub(crate) fork: bool,
    pub(crate) dump_conf: bool,
    /// `--lint`: advice too.
    pub(crate) lint: bool,
    /// `--format json`.
    pub(crate) json: bool,
    pub(crate) pid_files: PidPaths,
    pub(crate) address_monitoring: bool,
    pub(crate) all_config: bool,
    pub(crate) config_id: Option<String>,
    pub(crate) ignore_sigint: bool,
    /// What was wrong on the command line and is passed over, as the original does.
    pub(crate) warnings: Vec<String>,
}

/// Where log lines go.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct LogOptions {
    pub(crate) console: bool,
    pub(crate) syslog: bool,
    /// Syslog facility number (daemon is 3).
    pub(crate) facility: u8,
    pub(crate) detail: bool,
}

/// Where process ids are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidPaths {
    pub(crate) parent: String,
    pub(crate) vrrp: String,
    pub(crate) checkers: String,
    pub(crate) bfd: String,
}

impl PidPaths {
    /// The file of one role.
    pub(crate) fn of(&self, role: Role) -> &str {
        match role {
            Role::Vrrp => &self.vrrp,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            file: "/etc/keepalived/keepalived.conf".into(),
            subsystems: Subsystems {
                vrrp: true,
                checker: true,
                bfd: true,
            },
            run_all: false,
            log: LogOptions {
                console: false,
                syslog: true,
                facility: 3,
                detail: false,
            },
            umask: None,
            keep_vips_at_stop: false,
            respawn: true,
            fork: true,
            dump_conf: false,
            lint: false,
            json: false,
            pid_files: PidPaths {
                parent: "/run/keepalived.pid".into(),
                vrrp: "/run/vrrp.pid".into(),
                checkers: "/run/checkers.pid".into(),
                bfd: "/run/bfd.pid".into(),
            },
            address_monitoring: false,
            all_config: false,
            config_id: None,
            ignore_sigint: false,
            warnings: Vec::new(),
        }
    }
}

/// Why a command line is refused; exit code 1.
pub(crate) type Refusal = String;

/// Parses the words after the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let mut parser = Parser::from_args(args);
    let mut options = Options::default();
    let mut chosen = Chosen::default();
    let mut test = None;
    while let Some(arg) = parser.next().map_err(|e| e.to_string())? {
        let row = match arg {
            Arg::Short(c) => by_short(c)?,
            Arg::Long(name) => by_long(name)?,
            Arg::Value(word) if word == "fmt" => {
                let file = parser.value().map_err(|_| "fmt: which file?".to_owned())?;
                return Ok(Command::Format(file.to_string_lossy().into_owned()));
            }
            Arg::Value(word) if word == "explain" => {
                let word = parser
                    .value()
                    .map_err(|_| "explain: which keyword?".to_owned())?;
                return Ok(Command::Explain(word.to_string_lossy().into_owned()));
            }
            Arg::Value(word) => {
                return Err(format!("Unexpected argument {}", word.to_string_lossy()));
            }
        };
        let value = value_of(row, &mut parser)?;
        match row.id {
            Id::Version => return Ok(Command::Version),
            Id::Help => return Ok(Command::Help),
            Id::Signum => return signum(&value.unwrap_or_default()).map(Command::Signum),
            Id::ConfigTest => test = Some(value),
            _ => apply(row.id, value.unwrap_or_default(), &mut options, &mut chosen),
        }
    }
    chosen.settle(&mut options);
    Ok(match test {
        Some(log) => Command::Test(Box::new(options), log),
        None => Command::Run(Box::new(options)),
    })
}

/// `-P`, `-C` and `-B` name what runs; together they add up.
#[derive(Default)]
struct Chosen {
    vrrp: bool,
    check: bool,
    no_bfd: bool,
}

impl Chosen {
    fn settle(&self, options: &mut Options) {
        let all = !self.vrrp && !self.check;
        options.subsystems = Subsystems {
            vrrp: all || self.vrrp,
            checker: all || self.check,
            bfd: !self.no_bfd,
        };
    }
}

fn apply(id: Id, value: String, o: &mut Options, chosen: &mut Chosen) {
    match id {
        Id::UseFile => o.file = value,
        Id::Vrrp => chosen.vrrp = true,
        Id::Check => chosen.check = true,
        Id::NoBfd => chosen.no_bfd = true,
        Id::All => o.run_all = true,
        Id::LogConsole => o.log.console = true,
        Id::LogDetail => o.log.detail = true,
        Id::LogFacility => match facility(&value) {
            Some(number) => o.log.facility = number,
            None => o.warnings.push(format!("Invalid log facility '{value}'")),
        },
        Id::NoSyslog => o.log.syslog = false,
        Id::Umask => match umask(&value) {
            Some(mask) => o.umask = Some(mask),
            None => o.warnings.push(format!("Invalid --umask option {value}")),
        },
        Id::DontReleaseVrrp => o.keep_vips_at_stop = true,
        Id::DontRespawn => o.respawn = false,
        Id::DontFork => o.fork = false,
        Id::DumpConf => o.dump_conf = true,
        Id::Pid => o.pid_files.parent = value,
        Id::VrrpPid => o.pid_files.vrrp = value,
        Id::CheckersPid => o.pid_files.checkers = value,
        Id::BfdPid => o.pid_files.bfd = value,
        Id::AddressMonitoring => o.address_monitoring = true,
        Id::AllConfig => o.all_config = true,
        Id::ConfigName => o.config_id = Some(value),
        Id::IgnoreSigint => o.ignore_sigint = true,
        Id::Lint => o.lint = true,
        Id::Format => match value.as_str() {
            "json" => o.json = true,
            "text" => o.json = false,
            _ => o.warnings.push(format!("Unknown format '{value}'")),
        },
        // handled by the caller, or without effect here
        Id::ReleaseVips
        | Id::DontReleaseIpvs
        | Id::Signum
        | Id::ConfigTest
        | Id::Version
        | Id::Help => {}
    }
}

fn by_short(c: char) -> Result<&'static Row, Refusal> {
    OPTIONS
        .iter()
        .find(|row| row.short == Some(c))
        .ok_or_else(|| format!("Unknown option -{c}"))
}

fn by_long(name: &str) -> Result<&'static Row, Refusal> {
    let mut matches = OPTIONS.iter().filter(|row| row.long.starts_with(name));
    match (
        OPTIONS.iter().find(|row| row.long == name),
        matches.next(),
        matches.next(),
    ) {
        (Some(exact), ..) | (None, Some(exact), None) => Ok(exact),
        (None, Some(_), Some(_)) => Err(format!("Ambiguous option --{name}")),
        (None, None, _) => Err(format!("Unknown option --{name}")),
    }
}

fn value_of(row: &Row, parser: &mut Parser) -> Result<Option<String>, Refusal> {
    let text = |value: OsString| value.to_string_lossy().into_owned();
    match row.takes {
        Takes::Nothing => Ok(None),
        Takes::Maybe(_) => Ok(parser.optional_value().map(text)),
        Takes::Value(_) => match parser.value() {
            Ok(value) => Ok(Some(text(value))),
            Err(_) => Err(format!("Missing parameter for option --{}", row.long)),
        },
    }
}

fn facility(word: &str) -> Option<u8> {
    let local = word.strip_prefix("local").unwrap_or(word);
    match word {
        "user" => Some(1),
        "daemon" => Some(3),
        _ => local.parse().ok().filter(|n| *n <= 7).map(|n: u8| 16 + n),
    }
}

fn umask(word: &str) -> Option<u32> {
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None if word.starts_with('0') => u32::from_str_radix(word, 8),
        None => word.parse(),
    };
    parsed.ok().filter(|mask| *mask <= 0o777)
}

/// Signals by the original's names; users' scripts ask for them.
fn signum(name: &str) -> Result<i32, Refusal> {
    use crate::signals as sig;
    match name {
        "STOP" => Ok(sig::TERM),
        "RELOAD" => Ok(sig::HUP),
        "DATA" => Ok(sig::USR1),
        "STATS" => Ok(sig::USR2),
        "STATS_CLEAR" => Ok(sig::stats_clear()),
        "JSON" => Ok(sig::json()),
        _ => Err(format!("Unknown sigfunc {name}")),
    }
}

/// The text of `--help`.
pub(crate) fn help(program: &str) -> String {
    let mut text = format!("Usage: {program} [OPTION...]\n");
    for row in OPTIONS {
        let short = row.short.map_or("    ".to_owned(), |c| format!("-{c}, "));
        let long = match row.takes {
            Takes::Nothing => row.long.to_owned(),
            Takes::Value(what) => format!("{}={what}", row.long),
            Takes::Maybe(what) => format!("{}[={what}]", row.long),
        };
        let _ = writeln!(text, "  {short}--{long:<24} {}", row.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &str) -> Result<Command, Refusal> {
        parse(words.split_whitespace().map(OsString::from))
    }

    fn options(words: &str) -> Options {
        match run(words) {
            Ok(Command::Run(options)) => *options,
            other => panic!("{words}: {other:?}"),
        }
    }

    #[test]
    fn options_cluster_and_abbreviate_as_getopt_does() {
        let o = options("-nlGD -f a.conf --vrrp_p=/v --dont-resp");
        assert!(!o.fork && o.log.console && !o.log.syslog && o.log.detail && !o.respawn);
        assert_eq!(
            (o.file.as_str(), o.pid_files.vrrp.as_str()),
            ("a.conf", "/v")
        );
        assert_eq!(run("--dont-re"), Err("Ambiguous option --dont-re".into()));
        assert_eq!(run("--bogus"), Err("Unknown option --bogus".into()));
        assert_eq!(
            run("-f"),
            Err("Missing parameter for option --use-file".into())
        );
        assert!(run("stray").is_err());
    }

    #[test]
    fn a_config_test_takes_its_log_file_attached() {
        for words in [
            "-Dt/tmp/x -f a",
            "-t/tmp/x -f a",
            "--config-test=/tmp/x -f a",
        ] {
            let Ok(Command::Test(o, Some(log))) = run(words) else {
                panic!("{words}")
            };
            assert_eq!((o.file.as_str(), log.as_str()), ("a", "/tmp/x"));
        }
        assert!(matches!(run("-t"), Ok(Command::Test(_, None))));
    }

    #[test]
    fn subsystems_add_up() {
        let of = |words| options(words).subsystems;
        assert_eq!(
            of(""),
            Subsystems {
                vrrp: true,
                checker: true,
                bfd: true
            }
        );
        assert_eq!(
            of("-P"),
            Subsystems {
                vrrp: true,
                checker: false,
                bfd: true
            }
        );
        assert_eq!(
            of("-C -B"),
            Subsystems {
                vrrp: false,
                checker: true,
                bfd: false
            }
        );
        assert_eq!(
            of("-P -C"),
            Subsystems {
                vrrp: true,
                checker: true,
                bfd: true
            }
        );
    }

    #[test]
    fn signal_names_and_facilities_are_the_originals() {
        assert_eq!(run("--signum=JSON"), Ok(Command::Signum(36)));
        assert_eq!(run("--signum=STATS_CLEAR"), Ok(Command::Signum(63)));
        assert_eq!(run("--signum=FOO"), Err("Unknown sigfunc FOO".into()));
        assert_eq!(options("-S local3").log.facility, 19);
        assert_eq!(options("-S 7").log.facility, 23);
        assert_eq!(options("-u 022").umask, Some(0o22));
        assert_eq!(options("-u 999 -S 9").warnings.len(), 2);
    }
}
