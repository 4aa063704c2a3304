//! The Markdown files in `cases/`: a sentence, a configuration, what is said about it, what it
//! means. Written as a user would write them; a block without the expectation fails.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may stop where it stands

use conf::{InMemory, LoadOptions};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The machine of the cases about scripts: a program that only root can change, one that anybody
/// can, a folder, and two users.
fn scripts(config: &conf::Config) -> plan::ScriptFacts {
    let fact = |program: &str| plan::PathFact {
        found: matches!(program, "/usr/bin/check" | "/tmp/check" | "/usr/share"),
        insecure: program == "/tmp/check",
        no_file: program == "/usr/share",
    };
    let paths = plan::programs(config).into_iter().map(|program| {
        let fact = fact(&program);
        (program, fact)
    });
    let users = plan::script_users(config).into_iter();
    let users = users.filter(|user| matches!(&*user.user, "root" | "nobody"));
    plan::ScriptFacts {
        paths: paths.collect(),
        users: users
            .map(|user| (user.clone(), user.user == "root"))
            .collect(),
        customary: false,
    }
}

fn understood(text: &str, with_scripts: bool) -> (conf::Loaded, plan::Plan, Vec<conf::Diagnostic>) {
    let loaded = conf::load(
        &mut InMemory(text),
        "keepalived.conf",
        &LoadOptions::default(),
    );
    let interfaces = ["lo", "eth0", "eth1"]
        .map(str::to_owned)
        .into_iter()
        .collect::<BTreeSet<_>>();
    let facts = plan::Facts {
        interfaces,
        hostname: "node".into(),
        scripts: with_scripts.then(|| scripts(&loaded.config)),
        ..plan::Facts::default()
    };
    let (plan, more) = plan::build(&loaded.config, &facts);
    (loaded, plan, more)
}

/// What the configuration leads to, as the cases write it.
fn outcome(text: &str, with_scripts: bool) -> (String, String) {
    let (loaded, plan, more) = understood(text, with_scripts);
    let mut all = loaded.diagnostics;
    all.extend(more);
    let mut said = String::new();
    for found in &all {
        let at = found
            .spans
            .first()
            .and_then(|label| loaded.snapshot.locate(label.span));
        let at = at.map_or("-".to_owned(), |at| format!("{}:{}", at.line, at.column));
        writeln!(
            said,
            "{at} {:?} {}: {}",
            found.severity, found.id, found.message
        )
        .unwrap();
        if let Some(line) = &found.consequence {
            writeln!(said, "  so: {line}").unwrap();
        }
        if let Some(line) = &found.help {
            writeln!(said, "  help: {line}").unwrap();
        }
    }
    writeln!(said, "exit {}", conf::verdict(&all).exit_code()).unwrap();
    let mut meant = String::new();
    for instance in plan.instances.values() {
        let p = &instance.params;
        writeln!(
            meant,
            "{} {} vrid {} {:?} priority {} every {} s {:?} {}",
            instance.name,
            p.interface,
            p.vrid,
            p.version,
            p.priority,
            p.interval,
            p.preempt,
            auth(&p.auth)
        )
        .unwrap();
        for a in &instance.addresses {
            writeln!(
                meant,
                "  {} dev {} scope {} label {:?} brd {:?}",
                a.prefix, a.dev, a.scope, a.label, a.broadcast
            )
            .unwrap();
        }
        policy(instance, &mut meant);
        tracks(&plan, instance, &mut meant);
    }
    for object in plan.trackers.values() {
        let (name, kind) = (&object.tracker.name, object.tracker.kind);
        writeln!(meant, "{name} is {kind:?}: {}", source(&object.source)).unwrap();
    }
    for group in plan.groups.values() {
        let names = group.members.iter().map(|id| &*plan.instances[id].name);
        writeln!(
            meant,
            "group {}: {:?}",
            group.name,
            names.collect::<Vec<_>>()
        )
        .unwrap();
    }
    for upper in &plan.uppers {
        let (name, base, kind) = (&upper.name, &upper.base, upper.kind);
        let adverts = upper.carries_adverts;
        writeln!(meant, "{name} on {base}: {kind:?} adverts {adverts}").unwrap();
    }
    for one in &plan.statics {
        let count = (one.addresses.len(), one.routes.len(), one.rules.len());
        writeln!(meant, "static {count:?} tracked by {:?}", one.tracked_by).unwrap();
    }
    (said, meant)
}

/// What an instance tracks, its group's lines included.
fn tracks(plan: &plan::Plan, instance: &plan::Instance, meant: &mut String) {
    for one in &instance.params.tracks {
        let name = match &one.what {
            vrrp::What::Interface(name) => name,
            vrrp::What::Object(id) => &plan.trackers[id].tracker.name,
        };
        let reverse = if one.reverse { " reverse" } else { "" };
        writeln!(meant, "  tracks {name} weight {}{reverse}", one.weight).unwrap();
    }
}

/// What is measured.
fn source(source: &plan::Source) -> String {
    match source {
        plan::Source::Script(script) => {
            let (words, user) = (&script.command.words, &script.command.user);
            let (interval, timeout) = (script.interval, script.timeout);
            format!("{words:?} as {user:?} every {interval:?} for {timeout:?}")
        }
        plan::Source::File(file) => format!("{} init {:?}", file.path, file.init),
        plan::Source::Process(process) => format!("{process:?}"),
        plan::Source::Bfd => "a session".into(),
    }
}

/// What is said of nodes beside each other.
fn compared(nodes: &[String]) -> String {
    let plans: Vec<_> = nodes.iter().map(|text| understood(text, false).1).collect();
    let names = ["one", "two", "three"];
    let nodes: Vec<_> = names
        .iter()
        .zip(&plans)
        .map(|(name, plan)| plan::Node { name, plan })
        .collect();
    let mut said = String::new();
    for found in plan::compare(&nodes) {
        writeln!(said, "{:?} {}: {}", found.severity, found.id, found.message).unwrap();
        writeln!(said, "  help: {}", found.help.unwrap_or_default()).unwrap();
    }
    said
}

/// Routes and rules: what is not as in every other one.
fn policy(instance: &plan::Instance, meant: &mut String) {
    for one in &instance.routes {
        let r = &one.route;
        let track = if one.no_track { " untracked" } else { "" };
        writeln!(
            meant,
            "  route {} type {} table {} protocol {} scope {:?} metric {} tos {} source {:?}{track}",
            r.destination, r.kind, r.table, r.protocol, r.scope, r.metric, r.tos, r.source
        )
        .unwrap();
        for (hop, dev) in r.hops.iter().zip(&one.devs) {
            let (via, weight, flag) = (hop.via, hop.weight, hop.onlink);
            writeln!(
                meant,
                "    via {via:?} dev {dev:?} weight {weight} onlink {flag} encap {:?}",
                hop.encap
            )
            .unwrap();
        }
        if !r.metrics.is_empty() {
            writeln!(meant, "    metrics {:?} locked {:#x}", r.metrics, r.locked).unwrap();
        }
    }
    for one in &instance.rules {
        let r = &one.rule;
        let track = if one.no_track { " untracked" } else { "" };
        writeln!(
            meant,
            "  rule {} {:?} {:?} not {} from {:?} to {:?} mark {:?} in {:?} ports {:?}{track}",
            r.priority, r.family, r.action, r.not, r.from, r.to, r.mark, r.iif, r.source_ports
        )
        .unwrap();
    }
}

/// Fenced blocks of a Markdown text: language, first line number, content.
fn blocks(text: &str) -> Vec<(&str, usize, String)> {
    let mut out = Vec::new();
    let mut open: Option<(&str, usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language, number + 1, String::new())),
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some((_, _, content)), None) => {
                content.push_str(line);
                content.push('\n');
            }
            (None, None) => {}
        }
    }
    out
}

#[test]
fn every_case_says_and_means_what_its_file_promises() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let update = std::env::var_os("UPDATE_CASES").is_some();
    let (mut cases, mut wrong) = (0, String::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let with_scripts = file.ends_with("scripts.md");
        let mut renewed = text.clone();
        let mut config: Option<(usize, (String, String))> = None;
        let mut nodes: Vec<String> = Vec::new();
        let mut differences = String::new();
        for (language, line, content) in blocks(&text) {
            if language == "node" {
                nodes.push(content);
                cases += 1;
                continue;
            }
            if language == "differences" {
                differences = compared(&std::mem::take(&mut nodes));
            }
            let (at, found) = match (language, &config) {
                ("differences", _) => (&line, &differences),
                ("keepalived", _) => {
                    config = Some((line, outcome(&content, with_scripts)));
                    cases += 1;
                    continue;
                }
                ("findings", Some((at, found))) => (at, &found.0),
                ("plan", Some((at, found))) => (at, &found.1),
                (other, _) => panic!("{}:{line}: unexpected block '{other}'", file.display()),
            };
            if content != *found {
                let name = file.file_name().unwrap().to_string_lossy();
                writeln!(
                    wrong,
                    "{name}:{at} {language}\n--- written\n{content}--- found\n{found}"
                )
                .unwrap();
                let (old, new) = (
                    format!("```{language}\n{content}```"),
                    format!("```{language}\n{found}```"),
                );
                let from: usize = text.lines().take(line - 1).map(|l| l.len() + 1).sum();
                let from = from + renewed.len() - text.len();
                let place = renewed[from..].find(&old).unwrap() + from;
                renewed.replace_range(place..place + old.len(), &new);
            }
        }
        if update {
            std::fs::write(&file, renewed).unwrap();
        }
    }
    assert!(cases >= 20, "only {cases} cases were found");
    assert!(wrong.is_empty() || update, "{wrong}");
}

/// With the secret, which `Debug` masks.
fn auth(auth: &vrrp::Auth) -> String {
    match auth {
        vrrp::Auth::Pass(password) => format!("Pass({password:?})"),
        other => format!("{other:?}"),
    }
}

/// `keepalived fmt` changes no meaning, and nothing that is already laid out.
#[test]
fn a_layout_means_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for (language, line, content) in blocks(&text) {
            if language != "keepalived" {
                continue;
            }
            let laid_out = conf::layout(content.as_bytes());
            assert_eq!(conf::layout(&laid_out), laid_out, "line {line}");
            let laid_out = String::from_utf8(laid_out).unwrap();
            // places may move within a line
            let without_places = |(said, meant): (String, String)| {
                let said = said.lines().map(|line| {
                    let (_, rest) = line.split_once(' ').unwrap_or(("", line));
                    rest.to_owned()
                });
                (said.collect::<Vec<_>>(), meant)
            };
            let [before, after] =
                [&content, &laid_out].map(|text| without_places(outcome(text, true)));
            assert_eq!(before, after, "line {line}");
            cases += 1;
        }
    }
    assert!(cases > 30, "only {cases} configurations");
}
