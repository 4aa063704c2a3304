//! The command line: the original's options.
//!
//! Parsing follows `getopt_long`: clustered short options (`-Dt`), attached optional arguments
//! (`-tFILE`), and long options abbreviated to any unambiguous beginning.
use lexopt::{Arg, Parser};
use std::ffi::OsString;

mod options;
mod table;

pub(crate) use options::{Command, LogOptions, Options, Subsystems};
pub(crate) use table::help;
use table::{Id, Row, Takes, by_long, by_short};

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
            Arg::Value(word) if options.lint => {
                options.nodes.push(word.to_string_lossy().into_owned());
                continue;
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
        Id::DontReleaseIpvs => o.keep_ipvs_at_stop = true,
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
        Id::Namespace => o.namespace = Some(value),
        Id::IgnoreSigint => o.ignore_sigint = true,
        Id::Lint => o.lint = true,
        Id::Format => match value.as_str() {
            "json" => o.json = true,
            "text" => o.json = false,
            _ => o.warnings.push(format!("Unknown format '{value}'")),
        },
        // handled by the caller, or without effect here
        Id::ReleaseVips | Id::Signum | Id::ConfigTest | Id::Version | Id::Help => {}
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
        let Ok(Command::Test(o, None)) = run("-t --lint a b") else {
            panic!("files of nodes");
        };
        assert_eq!(o.nodes, ["a", "b"]);
        assert!(run("-t a --lint").is_err());
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
