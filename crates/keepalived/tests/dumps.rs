//! Files that signals ask for, read as the well-known tools read them: by leading blanks, labels and
//! separators.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::Alone;
use std::collections::BTreeMap;
use std::process::Command;

const CONFIG: &str = "
global_defs {
    # more
}
vrrp_script chk {
    script /usr/bin/true
    interval 1
    weight 5
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 90
    advert_int 0.1
    version 3
    track_script {
        chk
    }
    virtual_ipaddress {
        10.20.0.249/24 dev eth0 label eth0:1
        10.20.0.247/32 dev eth0
    }
    virtual_ipaddress_excluded {
        10.20.0.246/32 dev eth0
    }
}
vrrp_instance a/b {
    interface eth0
    virtual_router_id 52
    version 3
    priority 50
    virtual_ipaddress {
        10.20.0.248/24 dev eth0
    }
}
";

fn master(more: &str) -> Alone {
    let mut alone = Alone::new();
    alone.lb.config = CONFIG.replace("# more", more);
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    alone
}

/// As tools ask for the number: `--signum=NAME`.
fn number(name: &str) -> String {
    let program = env!("CARGO_BIN_EXE_keepalived");
    let mut command = Command::new(program);
    let said = command.arg(format!("--signum={name}")).output().unwrap();
    assert!(said.status.success());
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn signal(alone: &mut Alone, name: &str) {
    let pid = alone.lb.daemon().unwrap().pid().to_string();
    let flag = format!("-{}", number(name));
    assert!(
        Command::new("kill")
            .args([flag, pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Sends the signal and waits for the file.
fn file(alone: &mut Alone, name: &str, path: &str) -> String {
    alone.lb.node.space.finish("rm", &["-f", path]).unwrap();
    signal(alone, name);
    let mut text = Vec::new();
    alone.wait(&format!("no {path}"), |lb| {
        text = lb.node.space.read(path).unwrap_or_default();
        !text.is_empty()
    });
    String::from_utf8(text).unwrap()
}

type Fields = BTreeMap<String, String>;

/// Blocks of `keepalived.data` whose head is indented by one blank, as exporters read them: a line
/// ` HEAD = NAME` begins one, lines with three blanks are `key = value`, with five an item of the
/// list before; everything else ends it.
fn blocks(text: &str, head: &str) -> BTreeMap<String, (Fields, BTreeMap<String, Vec<String>>)> {
    let mut all: BTreeMap<String, (Fields, BTreeMap<String, Vec<String>>)> = BTreeMap::new();
    let (mut name, mut list) = (None::<String>, String::new());
    for line in text.lines() {
        let is_head = line.strip_prefix(&format!(" {head}"));
        if let Some((_, value)) = is_head.and_then(|rest| rest.split_once('=')) {
            name = Some(value.trim().to_owned());
            all.entry(value.trim().to_owned()).or_default();
        } else if let Some(name) = name.as_ref().filter(|_| line.starts_with("   ")) {
            let (fields, lists) = all.get_mut(name).unwrap();
            if let Some(item) = line.strip_prefix("     ") {
                lists.entry(list.clone()).or_default().push(item.to_owned());
            } else if let Some((key, value)) = line.split_once('=') {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                // "Virtual IP (2):" and the like begin a list
                fields.entry(key).or_insert(value);
                list.clear();
            } else {
                let title = line.trim().split(" (").next().unwrap();
                title.trim_end_matches(':').trim_end().clone_into(&mut list);
            }
        } else {
            name = None;
        }
    }
    all
}

/// `keepalived.stats`: a line per instance, sections by two blanks, counters by four.
fn counters(text: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut all: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let (mut name, mut section) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(instance) = line.strip_prefix("VRRP Instance: ") {
            instance.clone_into(&mut name);
            section.clear();
        } else if let Some((key, value)) = line.trim().split_once(": ") {
            if !line.starts_with("    ") {
                section.clear();
            }
            let value = value.parse().unwrap();
            all.entry(name.clone())
                .or_default()
                .insert(format!("{section}{key}"), value);
        } else {
            section = format!("{}/", line.trim().trim_end_matches(':'));
        }
    }
    all
}

#[test]
fn an_exporter_that_reads_text_finds_everything() {
    let mut alone = master("");
    let text = file(&mut alone, "DATA", "/tmp/keepalived.data");
    let instances = blocks(&text, "VRRP Instance");
    let names: Vec<&str> = instances.keys().map(String::as_str).collect();
    assert_eq!(names, ["VI_1", "a/b"], "{text}");
    let (fields, lists) = &instances["VI_1"];
    for (key, value) in [
        ("State", "MASTER"),
        ("Interface", "eth0"),
        ("Virtual Router ID", "51"),
        ("Effective priority", "95"),
    ] {
        assert_eq!(
            fields.get(key).map(String::as_str),
            Some(value),
            "{key}\n{text}"
        );
    }
    for key in ["Wantstate", "Last transition", "Gratuitous ARP delay"] {
        assert!(fields.contains_key(key), "{key}\n{text}");
    }
    let address = |list: &str, at: usize| {
        let item = &lists.get(list).unwrap_or_else(|| panic!("{list}\n{text}"))[at];
        item.split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(address("Virtual IP", 0), "10.20.0.249/24");
    assert_eq!(address("Virtual IP", 1), "10.20.0.247");
    assert_eq!(address("Virtual IP Excluded", 0), "10.20.0.246");
    let scripts = blocks(&text, "VRRP Script");
    let status = scripts["chk"].0.get("Status").map(String::as_str);
    assert_eq!(status, Some("GOOD"), "{text}");

    let text = file(&mut alone, "STATS", "/tmp/keepalived.stats");
    let all = counters(&text);
    let one = &all["VI_1"];
    for label in [
        "Advertisements/Received",
        "Packet Errors/Length",
        "Packet Errors/TTL",
        "Packet Errors/Invalid Type",
        "Packet Errors/Advertisement Interval",
        "Packet Errors/Address List",
        "Authentication Errors/Invalid Type",
        "Authentication Errors/Type Mismatch",
        "Authentication Errors/Failure",
        "Priority Zero/Received",
        "Priority Zero/Sent",
        "Released master",
    ] {
        assert_eq!(one.get(label), Some(&0), "{label}\n{text}");
    }
    assert_eq!(one["Became master"], 1);
    assert!(one["Advertisements/Sent"] > 0);

    // told and forgotten
    let text = file(&mut alone, "STATS_CLEAR", "/tmp/keepalived.stats");
    assert_eq!(counters(&text)["VI_1"]["Became master"], 1);
    let text = file(&mut alone, "STATS", "/tmp/keepalived.stats");
    assert_eq!(counters(&text)["VI_1"]["Became master"], 0);
}

#[test]
fn an_exporter_that_reads_json_finds_whole_numbers() {
    let mut alone = master("");
    let text = file(&mut alone, "JSON", "/tmp/keepalived.json");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let one = &json[0];
    assert_eq!(one["data"]["iname"], "VI_1");
    for key in [
        "state",
        "vrid",
        "effective_priority",
        "wantstate",
        "base_priority",
    ] {
        assert!(one["data"][key].is_u64(), "{key}\n{text}");
    }
    assert_eq!(one["data"]["state"], 2);
    assert!(one["data"]["last_transition"].is_f64());
    for key in [
        "advert_rcvd",
        "advert_sent",
        "become_master",
        "release_master",
        "packet_len_err",
        "advert_interval_err",
        "ip_ttl_err",
        "invalid_type_rcvd",
        "addr_list_err",
        "invalid_authtype",
        "authtype_mismatch",
        "auth_failure",
        "pri_zero_rcvd",
        "pri_zero_sent",
    ] {
        assert!(one["stats"][key].is_u64(), "{key}\n{text}");
    }
    assert_eq!(json[1]["data"]["iname"], "a/b");
}

#[test]
fn files_are_made_safely_and_where_they_are_wanted() {
    let mut alone = Alone::new();
    alone.lb.launch = alone.lb.launch.clone().env("TMPDIR", "/run/dumps");
    let space = &alone.lb.node.space;
    space.write("/run/dumps/x", "").unwrap();
    // somebody knows the name and lies in wait
    space.write("/run/victim", "precious").unwrap();
    space
        .output("ln", &["-s", "/run/victim", "/run/dumps/keepalived.json"])
        .unwrap();
    alone.lb.config = CONFIG.replace("# more", "umask 0027");
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    signal(&mut alone, "JSON");
    let is_there = "test -f /run/dumps/keepalived.json -a ! -L /run/dumps/keepalived.json";
    alone.wait("no JSON", |lb| {
        let test = lb.node.space.finish("sh", &["-c", is_there]);
        test.unwrap().status.success()
    });
    let space = &alone.lb.node.space;
    assert_eq!(space.read("/run/victim").unwrap(), b"precious");
    let stat = ["-c", "%a", "/run/dumps/keepalived.json"];
    assert_eq!(space.output("stat", &stat).unwrap().trim(), "640");
    assert!(space.read("/tmp/keepalived.json").is_err());

    // without a word nobody else may read them
    alone.lb.daemon().unwrap().stop().unwrap();
    alone.lb.config = CONFIG.to_owned();
    let since = lab::timeline::now();
    alone.lb.start().unwrap();
    alone.becomes_master(since);
    file(&mut alone, "STATS", "/run/dumps/keepalived.stats");
    let stat = ["-c", "%a", "/run/dumps/keepalived.stats"];
    let mode = alone.lb.node.space.output("stat", &stat).unwrap();
    assert_eq!(mode.trim(), "600");
}

/// Routes, rules and tracked processes, in the words of 2.3.4.
#[test]
fn json_tells_of_routes_rules_and_processes() {
    let mut alone = Alone::new();
    // a name that no other program on this machine has
    let name = format!("js{}", std::process::id());
    let space = &alone.lb.node.space;
    let program = format!("/run/{name}");
    space.finish("cp", &["/bin/sleep", &program]).unwrap();
    let block = "    interface eth0\n    virtual_router_id 51\n    version 3\n    advert_int 0.1\n";
    alone.lb.config = format!(
        "global_defs {{\n    json_version 2\n}}\n\
         vrrp_track_process p {{\n    process {name}\n    weight 5\n    fork_delay 60\n}}\n\
         vrrp_instance VI_1 {{\n{block}    virtual_ipaddress {{\n        \
         10.20.0.249/24 dev eth0 label eth0:1\n    }}\n    \
         track_process {{\n        p weight 3\n    }}\n    \
         virtual_routes {{\n        10.50.0.0/16 via 10.20.0.254 dev eth0 metric 10\n        \
         blackhole 10.51.0.0/24\n    }}\n    \
         virtual_rules {{\n        to 10.61.0.0/16 lookup main priority 500\n    }}\n}}\n"
    );
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    let read = |alone: &mut Alone| -> serde_json::Value {
        let text = file(alone, "JSON", "/tmp/keepalived.json");
        serde_json::from_str(&text).unwrap()
    };
    let before = read(&mut alone);
    let data = &before["vrrp"][0]["data"];
    let routes = [
        "prepend 10.50.0.0/16 via inet 10.20.0.254 dev eth0 proto 18 metric 10",
        "prepend blackhole 10.51.0.0/24 proto 18",
    ];
    assert_eq!(data["vroutes"], serde_json::json!(routes));
    let rules = ["from all to 10.61.0.0/16 priority 500 tos 0x0 protocol 18 lookup 254"];
    assert_eq!(data["vrules"], serde_json::json!(rules));
    let tracked = |all: &serde_json::Value| {
        let one = &all["track_process"][0];
        (
            one["current_processes"].clone(),
            one["fork_delay_timer_running"].clone(),
        )
    };
    assert_eq!(before["track_process"][0]["weight"], 5);
    assert_eq!(tracked(&before), (0.into(), false.into()));
    let mut command = Command::new(&program);
    command.arg("60");
    let mut sleeper = alone.lb.node.space.spawn(command).unwrap();
    let mut seen = tracked(&before);
    for _ in 0..100 {
        if seen == (1.into(), true.into()) {
            break;
        }
        seen = tracked(&read(&mut alone));
    }
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert_eq!(
        seen,
        (1.into(), true.into()),
        "the copy waits for fork_delay"
    );
}
