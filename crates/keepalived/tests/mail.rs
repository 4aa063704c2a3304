//! Mail about changes: word for word the original's, taken by a real server, encrypted if wanted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod common;
use common::alone::Alone;
use common::listener::{self, Heard};
use common::{ours, theirs};
use lab::scenario::host;
use lab::timeline::now;
use lab::{Launch, Node};
use std::net::Ipv4Addr;
use std::process::{Child, Command};

/// Where the mail server is.
const POST: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 25);

/// Fails while /run/down exists.
const CONFIG: &str = "
global_defs {
    router_id lb01
    notification_email {
        ops@example.com
        root@example.org
    }
    notification_email_from ka@example.com
    smtp_server 10.20.0.25
    smtp_helo_name lb01.example.com
    # more
    smtp_alert
}
vrrp_script chk {
    script \"/usr/bin/test ! -e /run/down\"
    interval 1
    fall 1
    rise 1
}
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    version 3
    track_script {
        chk
    }
    notify_deleted
    virtual_ipaddress {
        10.20.0.249/24 dev eth0 label eth0:1
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    advert_int 0.1
    version 3
    smtp_alert no
    virtual_ipaddress {
        10.20.0.248/24 dev eth0
    }
}
";

fn more(words: &str) -> String {
    CONFIG.replace("# more", words)
}

/// lb01 and a mail server's machine; nothing runs yet.
fn stage(config: &str) -> (Alone, Node) {
    let mut alone = Alone::new();
    let post = alone.lan.node("post", host(POST)).unwrap();
    config.clone_into(&mut alone.lb.config);
    (alone, post)
}

/// Waits until so many conversations have ended; gives what was said, without the dates, sorted:
/// the original sends several at a time.
fn said(alone: &mut Alone, heard: &Heard, count: usize) -> Vec<String> {
    alone.wait(&format!("not {count} mails"), |_| {
        heard.all().len() >= count
    });
    let undated = |text: &String| {
        let lines = text.lines().filter(|line| !line.starts_with("Date: "));
        // 2.2.7 does not fold the header
        lines.collect::<Vec<_>>().join("\n").replace(",\n ", ", ")
    };
    let mut all: Vec<_> = heard.all().iter().map(undated).collect();
    all.sort();
    all
}

/// Master, fault, master again, `VI_1` and its group removed by a reload.
fn play(launch: Launch) -> Vec<String> {
    let (mut alone, post) = stage(CONFIG);
    alone.lb.launch = launch;
    let heard = listener::serve(&post, 25, listener::mail);
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    said(&mut alone, &heard, 4);
    alone.lb.node.space.write("/run/down", "").unwrap();
    said(&mut alone, &heard, 6);
    let since = now();
    alone.lb.node.space.finish("rm", &["/run/down"]).unwrap();
    alone.becomes_master(since);
    said(&mut alone, &heard, 10);
    let begin = CONFIG.find("vrrp_sync_group").unwrap();
    let end = CONFIG.find("vrrp_instance VI_2").unwrap();
    let rest = [&CONFIG[..begin], &CONFIG[end..]].concat();
    alone.lb.reload(&rest).unwrap();
    let all = said(&mut alone, &heard, 11);
    assert_eq!(all.len(), 11, "{all:#?}");
    all
}

#[test]
fn every_word_is_the_originals() {
    let original = std::thread::spawn(|| play(theirs()));
    let ours = play(ours());
    assert_eq!(ours, original.join().unwrap());
    let deleted = "MAIL FROM:<ka@example.com>\nRCPT TO:<ops@example.com>\nRCPT TO:<root@example.org>\nDATA\nFrom: ka@example.com\nSubject: [lb01] VRRP Instance VI_1 - Deleted\nX-Mailer: Keepalived\nTo: ops@example.com, root@example.org\n\n=> VRRP Deleted at reload <=\n\n.\nQUIT";
    assert!(
        ours.contains(&format!("HELO lb01.example.com\n{deleted}")),
        "{ours:#?}"
    );
}

/// The original connects at the end, too, but is gone before it has said anything.
#[test]
fn the_end_is_told_before_it_comes() {
    let (mut alone, post) = stage(CONFIG);
    let heard = listener::serve(&post, 25, listener::mail);
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    said(&mut alone, &heard, 4);
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
    let all = said(&mut alone, &heard, 6);
    for subject in ["VRRP Instance VI_1 - Stopping", "VRRP Group G1 - Stopping"] {
        assert!(all.iter().any(|mail| mail.contains(subject)), "{all:#?}");
    }
}

#[test]
fn faults_can_be_kept_quiet_and_a_storm_be_one_mail() {
    let file = "no_email_faults\n    smtp_digest 1\n    smtp_alert_file /run/alerts";
    let (mut alone, _post) = stage(&more(file).replace("    smtp_server 10.20.0.25\n", ""));
    alone.lb.start().unwrap();
    alone.becomes_master(0);
    let has = |alone: &mut Alone, words: &str| {
        alone.wait(&format!("no {words:?} in the file"), |lb| {
            let text = lb.node.space.read("/run/alerts").unwrap_or_default();
            String::from_utf8_lossy(&text).contains(words)
        });
    };
    // BACKUP and MASTER of the instance and of the group, within a second
    has(&mut alone, "Subject: [lb01] 4 alerts, the last: VRRP ");
    has(
        &mut alone,
        "VRRP Group G1 - Entering MASTER state\n    => All VRRP",
    );
    let since = now();
    alone.lb.node.space.write("/run/down", "").unwrap();
    alone.check(
        alone
            .lb
            .logs("(VI_1) Entering FAULT STATE", since)
            .is_some(),
        "no fault",
    );
    let since = now();
    alone.lb.node.space.finish("rm", &["/run/down"]).unwrap();
    alone.becomes_master(since);
    assert!(alone.lb.daemon().unwrap().stop().unwrap().success());
    has(&mut alone, "VRRP Group G1 - Stopping");
    let text = alone.lb.node.space.read("/run/alerts").unwrap();
    assert!(!String::from_utf8_lossy(&text).contains("FAULT"));
}

/// Exim, a mail server that Debian has: 25 takes everything, 465 is encrypted from the beginning,
/// 587 wants encryption before anything else; both want to know who we are.
const EXIM: &str = "
primary_hostname = mail.example.com
qualify_domain = example.com
spool_directory = /run/exim
log_file_path = /run/exim/log-%s
pid_file_path = /run/exim/pid
exim_user = root
exim_group = root
never_users =
keep_environment =
local_interfaces = 0.0.0.0
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = /run/exim/cert.pem
tls_privatekey = /run/exim/key.pem
acl_smtp_rcpt = check
begin acl
check:
  accept condition = ${if eq{$received_port}{25}}
  deny   message = encrypt
         !encrypted = *
  deny   message = log in
         !authenticated = *
  accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = /run/box/mails
  user = mail
begin authenticators
AUTH:
  driver = plaintext
  public_name = AUTH
";
const PLAIN: &str = "  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{ka}}{eq{$auth3}{top secret}}}}
  server_set_id = $auth2
";
const LOGIN: &str = "  server_prompts = User : Password
  server_condition = ${if and{{eq{$auth1}{ka}}{eq{$auth2}{top secret}}}}
  server_set_id = $auth1
";

struct Exim(Child);

impl Exim {
    /// Starts it, with a certificate for its name and address that it signed itself.
    fn start(post: &Node, kind: &str, how: &str) -> Exim {
        let program = "/usr/sbin/exim4";
        assert!(
            std::path::Path::new(program).exists(),
            "exim4 is not installed: run scripts/install-deps"
        );
        let config = EXIM.replace("AUTH", kind) + how;
        post.space.write("/run/exim.conf", config).unwrap();
        post.space.write("/run/box/mails", "").unwrap();
        // it delivers as somebody who is not root
        let own = ["-R", "mail:mail", "/run/box"];
        assert!(post.space.finish("chown", &own).unwrap().status.success());
        post.space.write("/run/exim/empty", "").unwrap();
        let names = "subjectAltName=DNS:mail.example.com,IP:10.20.0.25";
        let key = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=mail.example.com",
            "-addext",
            names,
            "-keyout",
            "/run/exim/key.pem",
            "-out",
            "/run/exim/cert.pem",
        ];
        assert!(post.space.finish("openssl", &key).unwrap().status.success());
        let mut command = Command::new(program);
        command
            .args(["-C", "/run/exim.conf", "-bdf"])
            .current_dir("/");
        Exim(post.space.spawn(command).unwrap())
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a mail with these words in its header in the server's box.
fn arrives(alone: &mut Alone, post: &Node, words: &[&str]) {
    alone.wait(&format!("no mail with {words:?}"), |_| {
        let text = post.space.read("/run/box/mails").unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut mails = text.split("\nFrom ");
        mails.any(|mail| words.iter().all(|word| mail.contains(word)))
    });
}

/// Starts the daemon with these words besides; the server is believed by its own certificate.
fn starts_with(post: &Node, alone: &mut Alone, words: &str) {
    let certificate = post.space.read("/run/exim/cert.pem").unwrap();
    let space = &alone.lb.node.space;
    space.write("/run/ca.pem", certificate).unwrap();
    space.write("/run/password", "top secret\n").unwrap();
    alone.lb.config = more(words);
    alone.lb.start().unwrap();
    alone.becomes_master(0);
}

#[test]
fn a_real_server_takes_mail_in_plain_and_encrypted_and_knows_who_we_are() {
    let (mut alone, post) = stage(CONFIG);
    let _exim = Exim::start(&post, "PLAIN", PLAIN);
    starts_with(&post, &mut alone, "");
    let subject = "Subject: [lb01] VRRP Instance VI_1 - Entering MASTER state";
    let arrived = [
        subject,
        "with smtp ",
        "From: ka@example.com",
        "=> VRRP Instance is now owning VRRP VIPs <=",
    ];
    arrives(&mut alone, &post, &arrived);
    alone.lb.daemon().unwrap().stop().unwrap();

    let words = "smtp_server mail.example.com 587
        smtp_security starttls
        smtp_ca_file /run/ca.pem
        smtp_auth_user ka
        smtp_auth_pass 'top secret'";
    let words = words
        .replace("mail.example.com", "10.20.0.25")
        .replace('\'', "\"");
    starts_with(&post, &mut alone, &words);
    arrives(&mut alone, &post, &[subject, "with esmtpsa "]);
    alone.lb.daemon().unwrap().stop().unwrap();
}

#[test]
fn encryption_from_the_beginning_login_and_a_password_file() {
    let (mut alone, post) = stage(CONFIG);
    let _exim = Exim::start(&post, "LOGIN", LOGIN);
    let words = "smtp_server 10.20.0.25 465
        smtp_security tls
        smtp_ca_file /run/ca.pem
        smtp_auth_user ka
        smtp_auth_pass file:/run/password";
    starts_with(&post, &mut alone, words);
    let subject = "Subject: [lb01] VRRP Instance VI_1 - Entering MASTER state";
    arrives(&mut alone, &post, &[subject, "with esmtpsa "]);
    alone.lb.daemon().unwrap().stop().unwrap();
}

#[test]
fn a_server_that_cannot_prove_its_name_gets_neither_mail_nor_password() {
    let (mut alone, post) = stage(CONFIG);
    let _exim = Exim::start(&post, "PLAIN", PLAIN);
    let words = "smtp_server 10.20.0.25 587
        smtp_security starttls
        smtp_auth_user ka
        smtp_auth_pass \"top secret\"";
    starts_with(&post, &mut alone, words);
    alone.check(
        alone.lb.logs("certificate verify failed", 0).is_some(),
        "not refused",
    );
    alone.lb.daemon().unwrap().stop().unwrap();
    let box_ = post.space.read("/run/box/mails").unwrap();
    assert_eq!(String::from_utf8_lossy(&box_), "");
    starts_with(
        &post,
        &mut alone,
        &format!("{words}\n        smtp_verify no"),
    );
    arrives(&mut alone, &post, &["with esmtpsa "]);
}
