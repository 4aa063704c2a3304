//! The options, one row each: the parser, `--help` and abbreviations read the same table.
use super::Refusal;
use std::fmt::Write as _;

/// What one option does; the rows of [`OPTIONS`] name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
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
    Namespace,
    IgnoreSigint,
    Signum,
    ConfigTest,
    Lint,
    Format,
    Version,
    Help,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value(&'static str),
    Maybe(&'static str),
}

pub(super) struct Row {
    short: Option<char>,
    pub(super) long: &'static str,
    pub(super) takes: Takes,
    pub(super) id: Id,
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
    row('s', "namespace", Takes::Value("NAME"), Id::Namespace, "Run in network namespace NAME (overrides config)"),
    row(' ', "ignore-sigint", Takes::Nothing, Id::IgnoreSigint, "Ignore SIGINT (default means terminate)"),
    row(' ', "signum", Takes::Value("SIGFUNC"), Id::Signum, "Return signal number for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON"),
    row('t', "config-test", Takes::Maybe("LOG_FILE"), Id::ConfigTest, "Check the configuration for obvious errors, output to stderr by default"),
    row(' ', "lint", Takes::Nothing, Id::Lint, "With -t: also say what is allowed but probably not meant; with two or more files behind it, compare the nodes"),
    row(' ', "format", Takes::Value("FORMAT"), Id::Format, "With -t: 'text' (default) or 'json'"),
    row('v', "version", Takes::Nothing, Id::Version, "Display the version number"),
    row('h', "help", Takes::Nothing, Id::Help, "Display this help message"),
];

pub(super) fn by_short(c: char) -> Result<&'static Row, Refusal> {
    OPTIONS
        .iter()
        .find(|row| row.short == Some(c))
        .ok_or_else(|| format!("Unknown option -{c}"))
}

pub(super) fn by_long(name: &str) -> Result<&'static Row, Refusal> {
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
