//! Valid configurations from the keyword tables.
use crate::random::Random;
use crate::samples;
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

/// Lines without which a block is none.
fn needed(path: &str, number: usize) -> &'static [&'static str] {
    match (path, number % 2) {
        ("vrrp_instance", 0) => &["interface eth0", "virtual_ipaddress {", "10.0.0.1", "}"],
        ("vrrp_instance", _) => &["interface eth1", "virtual_ipaddress {", "10.0.0.2/24", "}"],
        ("virtual_server", _) => &["protocol TCP", "lb_kind NAT"],
        ("vrrp_script", _) => &["script /usr/bin/env"],
        ("track_file" | "vrrp_track_file", _) => &["file /tmp/f"],
        ("vrrp_track_process", _) => &["process nginx"],
        ("bfd_instance", _) => &["neighbor_ip 10.1.1.2"],
        ("track_group" | "vrrp_sync_group", _) => &["group {", "V0", "V1", "}"],
        (path, _) if path.ends_with("url") => &["path /"],
        (path, _) if path.ends_with("MISC_CHECK") => &["misc_path /usr/bin/env"],
        (path, _) if path.ends_with("FILE_CHECK") => &["track_file F0"],
        (path, _) if path.ends_with("BFD_CHECK") => &["name B0"],
        _ => &[],
    }
}

pub(crate) fn configuration(random: &mut Random) -> String {
    let mut maker = Maker {
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
        if maker.random.below(3) == 0 {
            maker.count = instances;
            maker.row("", row);
            instances += usize::from(*name == "vrrp_instance");
        }
    }
    maker.out
}

struct Maker<'a> {
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
        if LEFT_OUT.contains(&row.name) || row.since.starts_with("2.4") {
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
            "" => name.to_owned(),
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
        for line in needed(&path, count) {
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

    fn some_rows(&mut self, path: &str, table: &Table) {
        let rows: Vec<&Keyword> = table.rows().collect();
        if path == "virtual_server" {
            for _ in 0..self.random.below(3) {
                if let Some(row) = table.find(b"real_server") {
                    self.row(path, row);
                }
            }
        }
        for _ in 0..self.random.below(5) {
            if let Some(row) = rows.get(self.random.below(rows.len())) {
                self.row(path, row);
            }
        }
    }

    fn list(&mut self, name: &str) {
        let words = samples::block(name, self.count, self.random);
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
