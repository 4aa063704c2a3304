//! Mail servers and web servers as they should not be: transitions know nothing of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::Alone;
use common::listener::{self, Heard};
use lab::Node;
use lab::scenario::{VIP, host};
use lab::timeline::{Stamp, now};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Where the servers are.
const POST: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 25);

/// Fails while /run/down exists. Everything is told by mail and to a URL.
const CONFIG: &str = "
global_defs {
    router_id lb01
    notification_email {
        ops@example.com
    }
    notification_email_from ka@example.com
    smtp_helo_name lb01.example.com
    smtp_server MAIL
    smtp_connect_timeout 2
    smtp_alert
    notify_url WEB
}
vrrp_script chk {
    script \"/usr/bin/test ! -e /run/down\"
    interval 0.1
    fall 1
    rise 1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    version 3
    track_script {
        chk
    }
    virtual_ipaddress {
        10.20.0.249/24 dev eth0 label eth0:1
    }
}
";

fn stage(mail: &str, web: &str) -> (Alone, Node) {
    let mut alone = Alone::new();
    let post = alone.lan.node("post", host(POST)).unwrap();
    alone.lb.config = CONFIG.replace("MAIL", mail).replace("WEB", web);
    (alone, post)
}

/// Waits for an advert of this priority.
fn advertises(alone: &Alone, priority: u8, since: Stamp) {
    let seen = alone.lan.timeline().wait(since, lab::scenario::LONG, |e| {
        let advert = e.frame()?.advert()?;
        (advert == (51, priority)).then_some(())
    });
    alone.check(seen.is_some(), &format!("no advert of priority {priority}"));
}

/// Master, fault, master again, the end: all of it happens while nothing that was to be told has
/// got through, and the address comes and goes with it.
fn lives_without_them(alone: &mut Alone) {
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    for _ in 0..3 {
        let since = now();
        alone.lb.node.space.write("/run/down", "").unwrap();
        advertises(alone, 0, since);
        let gone = alone.lb.comes_to_hold(VIP, None, false).unwrap();
        alone.check(gone, "the address stays");
        let since = now();
        alone.lb.node.space.finish("rm", &["/run/down"]).unwrap();
        alone.becomes_master(since);
        advertises(alone, 100, since);
    }
    let since = now();
    let status = alone.lb.daemon().unwrap().stop().unwrap();
    alone.check(status.success(), "no good end");
    advertises(alone, 0, since);
    let told = |e: &lab::Event| e.log().is_some_and(|l| l.contains("successfully sent"));
    let events = alone.lan.timeline().since(0);
    assert!(!events.iter().any(told), "told, after all");
}

#[test]
fn nobody_has_the_address() {
    // nobody answers ARP for it: the connection is neither made nor refused
    let (mut alone, _post) = stage("10.20.0.77", "http://10.20.0.77/hook");
    lives_without_them(&mut alone);
}

#[test]
fn nobody_listens() {
    let (mut alone, _post) = stage("10.20.0.25", "https://10.20.0.25/hook");
    lives_without_them(&mut alone);
    let complaint = "SMTP server [10.20.0.25]:25: Connection refused";
    alone.check(alone.lb.logs(complaint, 0).is_some(), "not said");
}

/// Takes what comes and says nothing, until the client has enough.
fn silent(mut stream: TcpStream, heard: &Heard) {
    heard.add("connected");
    let mut some = [0; 1024];
    while stream.read(&mut some).is_ok_and(|length| length > 0) {}
}

#[test]
fn they_take_the_connection_and_say_nothing() {
    let (mut alone, post) = stage("10.20.0.25", "http://10.20.0.25/hook");
    let heard = [25, 80].map(|port| listener::serve(&post, port, silent));
    lives_without_them(&mut alone);
    for heard in heard {
        assert!(!heard.all().is_empty(), "nobody came");
    }
}

/// An octet now and then, of a line that never ends.
fn dripping(mut stream: TcpStream, heard: &Heard) {
    heard.add("connected");
    let _ = stream.write_all(b"220-");
    while stream.write_all(b"a").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn they_answer_octet_by_octet() {
    let (mut alone, post) = stage("10.20.0.25", "http://10.20.0.25/hook");
    let heard = [25, 80].map(|port| listener::serve(&post, port, dripping));
    lives_without_them(&mut alone);
    for heard in heard {
        assert!(!heard.all().is_empty(), "nobody came");
    }
}

#[test]
fn they_refuse_and_send_garbage() {
    let (mut alone, post) = stage("10.20.0.25", "http://10.20.0.25/hook");
    let refused = listener::serve(&post, 25, |mut stream, heard| {
        heard.add("connected");
        let _ = stream.write_all(b"554 go \x1b[31maway\r\n");
    });
    listener::serve(&post, 80, |mut stream, _| {
        let _ = stream.write_all(&vec![0xff; 100_000]);
    });
    lives_without_them(&mut alone);
    assert!(!refused.all().is_empty(), "nobody came");
    let line = alone.lb.logs("refused: 554 go", 0).unwrap();
    assert!(
        line.contains("\\x1b[31maway; given up: VRRP Instance VI_1"),
        "{line}"
    );
}

#[test]
fn a_webhook_is_told_everything_in_order_and_again_when_it_had_no_time() {
    let (mut alone, post) = stage("10.20.0.25", "http://user:word@10.20.0.25:8080/hook?a=b");
    let busy = AtomicUsize::new(0);
    let heard = listener::serve(&post, 8080, move |stream, heard| {
        let first = busy.fetch_add(1, Ordering::Relaxed) == 0;
        let status = if first { "503 Busy" } else { "204 Thanks" };
        listener::web(stream, heard, status);
    });
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    alone.wait("not told", |_| heard.all().len() >= 3);
    let since = now();
    alone.lb.node.space.write("/run/down", "").unwrap();
    advertises(&alone, 0, since);
    alone.lb.daemon().unwrap().stop().unwrap();
    let all = heard.all();
    let request = "POST /hook?a=b HTTP/1.1 ";
    let bodies = all.iter().map(|text| text.strip_prefix(request).unwrap());
    let said: Vec<serde_json::Value> = bodies.map(|b| serde_json::from_str(b).unwrap()).collect();
    assert_eq!(said[0], said[1], "the one that was refused comes again");
    let told: Vec<String> = said[1..]
        .iter()
        .map(|json| {
            let word = |key: &str| json[key].as_str().unwrap_or("-").to_owned();
            assert_eq!(
                (word("node"), word("type")),
                ("lb01".into(), "INSTANCE".into())
            );
            let (name, from, to) = (word("name"), word("previous"), word("state"));
            format!("{name} {from} {to}: {}", word("cause"))
        })
        .collect();
    let want = [
        "VI_1 INIT BACKUP: it started",
        "VI_1 BACKUP MASTER: no advert from a master in time",
        "VI_1 MASTER FAULT: script chk failed",
        "VI_1 FAULT STOP: the daemon was told to stop",
    ];
    assert_eq!(told, want);
}
