//! Valid configurations from the keyword tables.
use super::Random;
use super::samples;
use conf::keywords::{ALL, ROOT};
use conf::{Keyword, Set, Table};

/// What the original of 2.3.4 does not know, or what does not belong into a test: it would change
/// the place of the test, or look for names outside.
const LEFT_OUT: &[&str] = &[
    "instance",
    "net_namespace",
    "net_namespace_ipvs",
    "namespace_with_ipsets",
    "auth_hmac",
    "sni_name",
    "set_supplementary_groups",
    "vrrp_delay_after_boot",
    "state_dump_file",
    "stats_dump_file",
    "json_dump_file",
    "config_save_dir",
    "tmp_config_directory",
    "vrf",
    "vrrp_ipsets",
    "vrrp_iptables",
    "disable_local_igmp",
    "SSL",
];

/// Lines without which a block is none; a keyword's own belong together.
pub fn needed(path: &str, number: usize) -> &'static [&'static str] {
    match (path, number % 2) {
        ("global_defs", 1) => &["enable_script_security", "script_user root"],
        ("vrrp_instance", 0) => &["interface eth0", "virtual_ipaddress {\n10.0.0.1\n}"],
        ("vrrp_instance", _) => &["interface eth1", "virtual_ipaddress {\n10.0.0.2/24\n}"],
        ("virtual_server", _) => &["protocol TCP", "lb_algo rr", "lb_kind NAT"],
        ("garp_group", _) => &["garp_interval 0.5"],
        ("vrrp_script", _) => &["script /usr/bin/env"],
        ("track_file" | "vrrp_track_file", _) => &["file /tmp/f"],
        ("vrrp_track_process", _) => &["process nginx"],
        ("bfd_instance", _) => &["neighbor_ip 10.1.1.2"],
        ("track_group", _) => &["group {\nV0\n}"],
        ("vrrp_sync_group", _) => &["group {\nV0\nV1\n}"],
        (path, _) if path.ends_with("HTTP_GET") || path.ends_with("SSL_GET") => {
            &["url {\npath /\nstatus_code 200\n}"]
        }
        (path, _) if path.ends_with("DNS_CHECK") => &["type A"],
        (path, _) if path.ends_with("url") => &["path /"],
        (path, _) if path.ends_with("MISC_CHECK") => &["misc_path /usr/bin/env"],
        (path, _) if path.ends_with("FILE_CHECK") => &["track_file F0"],
        (path, _) if path.ends_with("BFD_CHECK") => &["name B0"],
        _ => &[],
    }
}

/// Which keywords the original has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(Vec<u32>);

impl Version {
    /// From what it says to `-v`.
    pub fn new(said: &str) -> Option<Version> {
        let (_, behind) = said.split_once("Keepalived v")?;
        numbers(behind.split_whitespace().next()?)
    }

    /// Whether a keyword can be tried.
    pub fn has(&self, row: &Keyword) -> bool {
        !LEFT_OUT.contains(&row.name) && self.knows(row)
    }

    fn knows(&self, row: &Keyword) -> bool {
        let always = row.since.is_empty() && !row.doc.contains("Not in the original");
        always || numbers(row.since).is_some_and(|since| since <= *self)
    }
}

/// `None`: it is no version of the original.
fn numbers(text: &str) -> Option<Version> {
    let parts = text.split('.').map(str::parse);
    parts.collect::<Result<_, _>>().ok().map(Version)
}

/// A configuration that a person might have written.
pub fn configuration(version: &Version, random: &mut Random) -> String {
    let mut maker = Maker {
        version: Some(version),
        random,
        out: String::new(),
        depth: 0,
        count: 0,
    };
    // most files have instances or services, and what these refer to
    let blocks: &[&str] = &[
        "global_defs",
        "vrrp_script",
        "track_file",
        "vrrp_track_process",
        "bfd_instance",
        "vrrp_instance",
        "vrrp_instance",
        "vrrp_sync_group",
        "track_group",
        "static_ipaddress",
        "static_routes",
        "static_rules",
        "garp_group",
        "interface_up_down_delays",
        "virtual_server_group",
        "virtual_server",
        "virtual_server",
    ];
    let mut instances = 0;
    for name in blocks {
        let Some(row) = ROOT.find(name.as_bytes()) else {
            continue;
        };
        let global = *name == "global_defs";
        let wanted = match *name {
            "global_defs" => true,
            // what others refer to
            "vrrp_script" | "track_file" | "vrrp_track_process" | "bfd_instance" => {
                maker.random.below(3) > 0
            }
            "vrrp_instance" => maker.random.below(2) == 0,
            "vrrp_sync_group" => instances == 2 || maker.random.below(12) == 0,
            "track_group" => instances > 0 || maker.random.below(12) == 0,
            _ => maker.random.below(4) == 0,
        };
        if wanted {
            maker.count = if global {
                maker.random.below(4).min(1)
            } else {
                instances
            };
            maker.row("", row);
            instances += usize::from(*name == "vrrp_instance");
        }
    }
    maker.out
}

/// One keyword with a good value; a block holds only what the version has.
pub fn row(version: Option<&Version>, path: &str, row: &Keyword, random: &mut Random) -> String {
    let mut maker = Maker {
        version,
        random,
        out: String::new(),
        depth: 0,
        count: 0,
    };
    maker.row(path, row);
    maker.out
}

/// The keyword of a line.
fn first(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

struct Maker<'a> {
    /// Which keywords are made; all of them when `None`.
    version: Option<&'a Version>,
    random: &'a mut Random,
    out: String,
    depth: usize,
    /// Number of the block among its like.
    count: usize,
}

impl Maker<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(&" ".repeat(self.depth));
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn row(&mut self, path: &str, row: &Keyword) {
        if self.version.is_some_and(|version| !version.has(row)) {
            return;
        }
        let name = row.name;
        match row.set {
            Set::Flag(_) => self.line(name),
            Set::Bool(_) => {
                let value = self.random.pick(&["", "on", "off", "true", "no"]);
                self.line(&format!("{name} {}", value.unwrap_or_default()));
            }
            Set::Int { min, max, .. } => {
                let value = self.random.within(min, max);
                self.line(&format!("{name} {value}"));
            }
            Set::Seconds { min, max, .. } => self.time(name, min, max, 1_000_000),
            Set::Millis { min, max, .. } => self.time(name, min, max, 1000),
            Set::Choice { words, .. } => {
                let word = self.random.pick(words).unwrap_or_default();
                self.line(&format!("{name} {word}"));
            }
            Set::Word(_) | Set::Line { .. } => {
                let value = samples::line(path, name, self.random);
                self.line(&format!("{name} {value}"));
            }
            Set::Address(_) => {
                let address = self.random.pick(&["10.0.0.9", "fd00::9"]);
                self.line(&format!("{name} {}", address.unwrap_or_default()));
            }
            Set::Script(_) => self.line(&format!("{name} \"/usr/bin/env a b\"")),
            Set::Block { table, .. } => self.block(path, name, table),
            Set::List { .. } => self.list(name),
        }
    }

    fn time(&mut self, name: &str, min: u64, max: u64, unit: u64) {
        let most = max.min(100 * unit);
        let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let value = self.random.within(bound(min), bound(most));
        let value = u64::try_from(value).unwrap_or(0);
        // half of them whole
        let value = if self.random.below(2) == 0 {
            (value / unit * unit).max(min)
        } else {
            value
        };
        let (whole, part) = (value / unit, value % unit);
        let places = if unit == 1000 { 3 } else { 6 };
        let text = if part == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{part:0places$}")
        };
        self.line(&format!("{name} {text}"));
    }

    fn block(&mut self, outer: &str, name: &str, table: &Table) {
        let path = match outer {
            "" | "(root)" => name.to_owned(),
            outer => format!("{outer}/{name}"),
        };
        // tables that blocks share have one path
        let known = ALL.iter().any(|(known, _)| *known == path);
        let count = self.count;
        let words = samples::block(name, count, self.random);
        self.line(&format!("{name} {words}").replace("  ", " "));
        if let Some(text) = self.out.strip_suffix('\n') {
            self.out = format!("{text} {{\n");
        }
        self.depth += 1;
        for line in needed(&path, count).iter().flat_map(|lines| lines.lines()) {
            self.line(line);
        }
        if name == "vrrp_instance" {
            self.line(&format!("virtual_router_id {}", count + 1));
        }
        if known {
            self.some_rows(&path, table);
        }
        self.depth -= 1;
        self.line("}");
    }

    /// Most keywords only once: the original refuses many of them when they come again.
    fn some_rows(&mut self, path: &str, table: &Table) {
        let mut rows: Vec<&Keyword> = table.rows().collect();
        let count = self.count;
        if self.random.below(12) > 0 {
            let there: Vec<_> = needed(path, count).iter().map(|line| first(line)).collect();
            rows.retain(|row| !there.contains(&row.name));
        }
        if path == "virtual_server" {
            for _ in 0..self.random.below(8).clamp(1, 2) {
                if let Some(row) = table.find(b"real_server") {
                    self.row(path, row);
                }
            }
        }
        for _ in 0..self.random.below(5) {
            let at = self.random.below(rows.len());
            if let Some(row) = rows.get(at).copied() {
                self.row(path, row);
                if self.random.below(12) > 0 {
                    rows.remove(at);
                }
            }
        }
    }

    fn list(&mut self, name: &str) {
        let words = match name {
            "virtual_server_group" => "G",
            _ => "",
        };
        let opening = format!("{name} {words}").trim_end().to_owned();
        self.line(&format!("{opening} {{"));
        self.depth += 1;
        for _ in 0..=self.random.below(3) {
            let item = samples::item(name, self.random);
            self.line(item);
        }
        self.depth -= 1;
        self.line("}");
    }
}
