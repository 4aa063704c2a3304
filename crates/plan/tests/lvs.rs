//! Virtual servers: what is inherited, what is defaulted, what is put right; ids over a reload.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use conf::{InMemory, LoadOptions};
use core::time::Duration;
use ledger::ipvs::Forwarding;
use plan::Plan;
use plan::lvs::Probe;

/// The plan and what is said about it.
fn plan(text: &str) -> (Plan, Vec<String>) {
    let options = LoadOptions::default();
    let loaded = conf::load(&mut InMemory(text), "keepalived.conf", &options);
    let (plan, more) = plan::build(&loaded.config, &plan::Facts::default());
    let all = loaded.diagnostics.into_iter().chain(more);
    (plan, all.map(|found| found.message.clone()).collect())
}

fn real(address: &str, body: &str) -> String {
    format!("real_server {address} 80 {{\n{body}\n}}\n")
}

fn service(head: &str, body: &str) -> String {
    format!("virtual_server {head} {{\n{body}\n}}\n")
}

const TCP: &str = "TCP_CHECK {\n}\n";

#[test]
fn defaults_are_the_manuals() {
    let text = service(
        "10.0.0.1 80",
        &format!("protocol TCP\n{}", real("10.0.1.1", TCP)),
    );
    let (plan, _) = plan(&text);
    let server = &plan.lvs.servers[0];
    assert_eq!(server.name, "[10.0.0.1]:tcp:80");
    assert_eq!(server.spec.scheduler, "wlc");
    assert_eq!((server.spec.persistence, server.spec.granularity), (0, 32));
    assert_eq!((server.quorum, server.hysteresis), (1, 0));
    let real = &server.servers[0];
    assert_eq!(real.name, "[10.0.1.1]:tcp:80");
    assert_eq!((real.weight, real.forwarding), (1, Forwarding::Masquerade));
    let check = &real.checks[0];
    assert_eq!(check.params.delay_loop, Duration::from_mins(1));
    assert_eq!(check.params.warmup, Duration::from_mins(1));
    assert_eq!(check.params.delay_before_retry, Duration::from_secs(1));
    assert_eq!(check.params.retry, 1);
    let Probe::Tcp(endpoint) = &check.probe else {
        panic!("not a TCP check");
    };
    assert_eq!(endpoint.port, 80);
    assert_eq!(endpoint.timeout, Duration::from_secs(5));
}

#[test]
fn the_nearest_word_wins() {
    let check = "TCP_CHECK {\nretry 7\nconnect_port 81\n}";
    let body = format!(
        "protocol TCP\ndelay_loop 10\nretry 5\nalpha\nweight 3\ninhibit_on_failure\n{}{}",
        real("10.0.1.1", &format!("delay_loop 4\n{check}")),
        real("10.0.1.2", &format!("weight 9\nalpha no\n{TCP}")),
    );
    let (plan, _) = plan(&service("10.0.0.1 80", &body));
    let servers = &plan.lvs.servers[0].servers;
    let first = &servers[0].checks[0].params;
    assert_eq!((first.retry, first.alpha), (7, true));
    assert_eq!(first.delay_loop, Duration::from_secs(4));
    let second = &servers[1].checks[0].params;
    assert_eq!((second.retry, second.alpha), (5, false));
    assert_eq!(second.delay_loop, Duration::from_secs(10));
    assert_eq!((servers[0].weight, servers[1].weight), (3, 9));
    assert!(servers[1].inhibit_on_failure);
}

#[test]
fn a_service_without_protocol_is_udp_and_that_is_said() {
    let (plan, said) = plan(&service("10.0.0.1 80", &real("10.0.1.1", TCP)));
    assert_eq!(plan.lvs.servers[0].name, "[10.0.0.1]:udp:80");
    let line = "Virtual server [10.0.0.1]:none:80: no protocol set - defaulting to UDP";
    assert!(said.iter().any(|said| said == line), "{said:?}");
}

#[test]
fn direct_routing_keeps_the_port() {
    let body = format!(
        "protocol TCP\nlvs_method DR\nsorry_server 10.0.1.9 8080\nreal_server 10.0.1.1 81 {{\n{TCP}}}"
    );
    let (plan, said) = plan(&service("10.0.0.1 80", &body));
    let server = &plan.lvs.servers[0];
    assert_eq!(server.servers[0].key.port, 80);
    assert_eq!(server.sorry.as_ref().unwrap().key.port, 80);
    let line =
        "WARNING - virtual server [10.0.0.1]:tcp:80 and sorry server ports don't match - resetting";
    assert!(said.iter().any(|said| said == line), "{said:?}");
}

#[test]
fn marks_have_the_family_of_their_servers_and_groups_many_services() {
    let body = "real_server fd00::1 80 {\n}";
    let group = "virtual_server_group g {\n10.0.0.1-3 80\nfwmark 7\n}\n";
    let grouped = format!("protocol TCP\n{}", real("10.0.1.1", TCP));
    let text = format!(
        "{group}{}{}",
        service("fwmark 6", body),
        service("group g", &grouped)
    );
    let (plan, _) = plan(&text);
    let shown = |at: usize| -> Vec<String> {
        let services = plan.lvs.servers[at].services.iter();
        services.map(ToString::to_string).collect()
    };
    assert_eq!(plan.lvs.servers[0].services[0].family(), wire::Family::V6);
    assert_eq!(plan.lvs.servers[0].spec.granularity, 128);
    assert_eq!(shown(0), ["FWM 6"]);
    assert_eq!(
        shown(1),
        [
            "[10.0.0.1]:tcp:80",
            "[10.0.0.2]:tcp:80",
            "[10.0.0.3]:tcp:80",
            "FWM 7"
        ]
    );
}

#[test]
fn a_quorum_that_cannot_be_reached_is_lowered() {
    let body = format!(
        "protocol TCP\nquorum 5\nhysteresis 1\n{}{}",
        real("10.0.1.1", TCP),
        real("10.0.1.2", TCP)
    );
    let (plan, _) = plan(&service("10.0.0.1 80", &body));
    let server = &plan.lvs.servers[0];
    assert_eq!((server.quorum, server.hysteresis), (2, 1));
    let body = body.replace("hysteresis 1", "hysteresis 3");
    let (plan, _) = self::plan(&service("10.0.0.1 80", &body));
    let server = &plan.lvs.servers[0];
    assert_eq!((server.quorum, server.hysteresis), (2, 0));
}

#[test]
fn a_server_that_is_written_twice_counts_once() {
    let body = format!(
        "protocol TCP\n{}{}",
        real("10.0.1.1", "weight 5"),
        real("10.0.1.1", "weight 7")
    );
    let (plan, said) = plan(&service("10.0.0.1 80", &body));
    let weights: Vec<u32> = plan.lvs.servers[0]
        .servers
        .iter()
        .map(|s| s.weight)
        .collect();
    assert_eq!(weights, [5], "{said:?}");
}

#[test]
fn ids_stay_with_what_stays() {
    let two = |first: &str, second: &str| {
        let body = format!(
            "protocol TCP\n{}{}",
            real(first, TCP),
            real(second, "TCP_CHECK {\nconnect_port 99\n}")
        );
        service("10.0.0.1 80", &body)
    };
    let (running, _) = plan(&two("10.0.1.1", "10.0.1.2"));
    let other = service(
        "10.0.0.9 80",
        &format!("protocol TCP\n{}", real("10.0.1.1", TCP)),
    );
    // another service comes before, the servers change places, one of them its check
    let changed = two("10.0.1.2", "10.0.1.1");
    let (mut next, _) = plan(&format!("{other}{changed}"));
    plan::adopt_ids(&mut next, &running);
    let (old, new) = (&running.lvs.servers[0], &next.lvs.servers[1]);
    assert_eq!(new.id, old.id);
    assert_ne!(next.lvs.servers[0].id, old.id);
    assert_eq!(new.servers[0].id, old.servers[1].id);
    assert_eq!(new.servers[1].id, old.servers[0].id);
    let known: Vec<_> = old.servers.iter().map(|s| s.checks[0].id).collect();
    assert!(new.servers.iter().all(|s| !known.contains(&s.checks[0].id)));
    let (mut same, _) = plan(&two("10.0.1.1", "10.0.1.2"));
    plan::adopt_ids(&mut same, &running);
    assert_eq!(same.lvs, running.lvs);
}

#[test]
fn a_payload_is_made_of_words() {
    let check = "UDP_CHECK {\npayload Ab12f 3 456 546443123\nrequire_reply 1x F\n}";
    let body = format!("protocol UDP\n{}", real("10.0.1.1", check));
    let (plan, findings) = plan(&service("10.0.0.1 80", &body));
    let Probe::Udp(udp) = &plan.lvs.servers[0].servers[0].checks[0].probe else {
        panic!("{findings:?}");
    };
    // the manual's own example
    let expected = [0xab, 0x12, 0x0f, 3, 0x45, 6, 0x54, 0x64, 0x43, 0x12, 3];
    assert_eq!(udp.payload, expected);
    assert_eq!(udp.reply, Some(vec![(0x10, 0xf0), (0x0f, 0xff)]));
    assert_eq!((udp.min_length, udp.max_length), (0, 255));
}

/// A file that says "down" is not asked again.
#[test]
fn a_file_has_no_retries() {
    let file = "track_file f {\nfile /f\nweight 1\n}\n";
    let check = "FILE_CHECK {\ntrack_file f\n}";
    let body = format!("protocol TCP\nretry 3\n{}", real("10.0.1.1", check));
    let (plan, _) = plan(&format!("{file}{}", service("10.0.0.1 80", &body)));
    let check = &plan.lvs.servers[0].servers[0].checks[0];
    assert!(check.params.passive);
    assert_eq!(check.params.retry, 0);
}

#[test]
fn each_host_of_a_mail_server_is_checked() {
    let check = "SMTP_CHECK {\nretry 4\nhelo_name h\nhost {\nconnect_port 26\n}\n\
                 host {\nconnect_ip 10.0.1.9\nretry 2\n}\n}";
    let body = format!("protocol TCP\n{}", real("10.0.1.1", check));
    let (plan, _) = plan(&service("10.0.0.1 80", &body));
    let checks = plan.lvs.servers[0].servers[0].checks.iter();
    let seen: Vec<_> = checks
        .map(|check| match &check.probe {
            Probe::Smtp(smtp) => {
                let endpoint = &smtp.endpoint;
                (
                    endpoint.address.to_string(),
                    endpoint.port,
                    check.params.retry,
                )
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [("10.0.1.1".into(), 26, 4), ("10.0.1.9".into(), 80, 2)]
    );
}

#[test]
fn what_the_original_does_not_check() {
    let check = "SSL_GET {\nenable_sni\ntls_ca /ca\nhttp2\nurl {\npath /a\nvirtualhost h:443\n}\n\
                 url {\nbody \"a b\"\nheader X-A: b c\npath /b\n}\nurl {\ngrpc_service s\n}\n}";
    let body = format!(
        "protocol TCP\nlb_algo rr\nlb_kind NAT\n{}",
        real("10.0.1.1", check)
    );
    let (plan, findings) = plan(&service("10.0.0.1 443", &body));
    assert!(findings.is_empty(), "{findings:?}");
    let Probe::Http(http) = &plan.lvs.servers[0].servers[0].checks[0].probe else {
        panic!("not HTTP");
    };
    assert_eq!(http.version, plan::lvs::HttpVersion::V2);
    let verify = http.tls.as_ref().unwrap().verify.as_ref().unwrap();
    assert_eq!(verify.ca.as_deref(), Some("/ca"));
    assert_eq!(verify.names, ["h", "10.0.1.1", "10.0.1.1"]);
    let [get, post, grpc] = &*http.urls else {
        panic!("{:?}", http.urls);
    };
    assert_eq!((&*get.method, &*post.method), ("GET", "POST"));
    assert_eq!(post.body.as_deref(), Some("a b"));
    assert_eq!(post.headers, [("X-A".to_owned(), "b c".to_owned())]);
    assert_eq!(grpc.grpc.as_deref(), Some("s"));
    assert_eq!(grpc.path, "/grpc.health.v1.Health/Check");
}

#[test]
fn a_range_goes_on_over_an_octet_and_services_of_a_group_are_numbered() {
    let group = "virtual_server_group g {\n10.0.0.254-10.0.1.1 80\n}\n";
    let of = |protocol: &str| {
        let body = format!("protocol {protocol}\n{}", real("10.0.2.1", TCP));
        service("group g", &body)
    };
    let (plan, _) = plan(&format!("{group}{}{}", of("TCP"), of("UDP")));
    let names: Vec<&str> = plan.lvs.servers.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["[g]:0", "[g]:1"]);
    let services = plan.lvs.servers[0].services.iter();
    let shown: Vec<String> = services.map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "[10.0.0.254]:tcp:80",
            "[10.0.0.255]:tcp:80",
            "[10.0.1.0]:tcp:80",
            "[10.0.1.1]:tcp:80"
        ]
    );
}

#[test]
fn port_0_is_all_ports_and_an_engine_needs_persistence() {
    let body = "protocol UDP\npersistence_engine sip\nreal_server 10.0.1.1 0 {\n}";
    let (plan, _) = plan(&format!(
        "{}{}",
        service("10.0.0.1 0", body),
        service("10.0.0.2 5060", body)
    ));
    let (all, one) = (&plan.lvs.servers[0], &plan.lvs.servers[1]);
    assert_eq!(all.servers[0].key.port, 0);
    assert_eq!(
        (all.spec.persistence, all.spec.engine.as_deref()),
        (360, Some("sip"))
    );
    assert_eq!((one.spec.persistence, &one.spec.engine), (0, &None));
}
