//! Checks of real servers: a web server, a mail server, a name server, TLS of several ages and with
//! several certificates; each in a network of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
use lab::Space;
use plan::lvs::{Dns, Endpoint, Http, HttpTls, HttpVersion, Probe, Smtp, Tls, Udp, Url, Verify};
use probe::{Contexts, Job};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// For servers that do answer, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A network with servers, which end with it.
struct Lab {
    space: Space,
    servers: Vec<Child>,
}

impl Lab {
    fn new() -> Lab {
        let space = Space::new("peers").unwrap();
        space.output("ip", &["link", "set", "lo", "up"]).unwrap();
        Lab {
            space,
            servers: Vec::new(),
        }
    }

    fn start(&mut self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = self.space.spawn(command);
        self.servers.push(server.unwrap());
    }

    /// What comes of a check.
    fn check(&self, probe: &Probe) -> Result<(), String> {
        let probe = probe.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let job = Job::new(probe, &Contexts::new(&Tls::default()));
            let result = runtime.block_on(job.run(0));
            result.map_err(|why| why.to_string())
        };
        self.space.run(run).unwrap()
    }

    /// A check that passes as soon as the server has started.
    #[track_caller]
    fn passes(&self, probe: &Probe) {
        let end = Instant::now() + PATIENCE;
        while let Err(why) = self.check(probe) {
            assert!(Instant::now() < end, "{why}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        timeout: PATIENCE,
        ..Endpoint::new([127, 0, 0, 1].into(), port)
    }
}

fn page(port: u16, path: &str) -> Http {
    Http {
        endpoint: endpoint(port),
        tls: None,
        version: HttpVersion::V11,
        urls: vec![Url::get(path, "h.example")],
    }
}

fn http(http: &Http) -> Probe {
    Probe::Http(Box::new(http.clone()))
}

const NGINX: &str = "
daemon off; master_process off; user root; pid /run/nginx.pid; error_log /run/error.log;
events {}
http {
    access_log off;
    server { listen 80; server_name h.example; root /run/www;
        location = /post { if ($request_method != POST) { return 405; }
                           if ($http_x_key != secret) { return 403; } return 200; }
    }
    server { listen 80 default_server; return 421; }
    server { listen 81 http2; server_name h.example; root /run/www; }
    server { listen 82 http2; server_name h.example; root /run/www;
        location = /grpc.health.v1.Health/Check { error_page 405 =200 /health; return 405; }
        location = /health { internal; default_type application/grpc;
                             add_trailer grpc-status 0; }
    }
    server { listen 443 ssl http2; server_name h.example; root /run/www;
        ssl_certificate /run/h.example.pem; ssl_certificate_key /run/h.example.key; }
}";

#[test]
fn a_web_server() {
    let mut lab = Lab::new();
    authority(&lab);
    certificate(&lab, "h.example", "rsa:2048", "1");
    lab.space.write("/run/www/a", "hello").unwrap();
    lab.space.write("/run/nginx.conf", NGINX).unwrap();
    lab.start("nginx", &["-e", "/run/error.log", "-c", "/run/nginx.conf"]);
    let mut hello = page(80, "/a");
    hello.urls[0].digest = Some(0x5d41_402a_bc4b_2a76_b971_9d91_1017_c592_u128.to_be_bytes());
    lab.passes(&http(&hello));
    for version in [HttpVersion::V10, HttpVersion::V10Close] {
        let old = Http {
            version,
            ..hello.clone()
        };
        assert_eq!(lab.check(&http(&old)), Ok(()));
    }
    let missing = lab.check(&http(&page(80, "/b")));
    assert_eq!(missing.unwrap_err(), "HTTP status code 404");
    let mut stranger = page(80, "/a");
    stranger.urls[0].host = "other.example".into();
    assert_eq!(
        lab.check(&http(&stranger)).unwrap_err(),
        "HTTP status code 421"
    );

    let mut posted = page(80, "/post");
    posted.urls[0].method = "POST".into();
    posted.urls[0].body = Some("{\"a\": 1}".into());
    assert_eq!(
        lab.check(&http(&posted)).unwrap_err(),
        "HTTP status code 403"
    );
    posted.urls[0].headers = vec![("X-Key".into(), "secret".into())];
    assert_eq!(lab.check(&http(&posted)), Ok(()));

    let mut two = Http {
        version: HttpVersion::V2,
        ..hello.clone()
    };
    two.endpoint.port = 81;
    assert_eq!(lab.check(&http(&two)), Ok(()), "without TLS");
    two.endpoint.port = 443;
    two.tls = Some(HttpTls::default());
    assert_eq!(lab.check(&http(&two)), Ok(()), "by ALPN");
    two.urls[0].path = "/b".into();
    assert_eq!(lab.check(&http(&two)).unwrap_err(), "HTTP status code 404");
    two.tls = None;
    two.endpoint.port = 80;
    let why = lab.check(&http(&two)).unwrap_err();
    assert!(why.starts_with("HTTP/2: "), "{why}");
}

/// The health service as nginx can play it: an answer, and the trailer behind it.
#[test]
fn a_grpc_server() {
    let mut lab = Lab::new();
    authority(&lab);
    certificate(&lab, "h.example", "rsa:2048", "1");
    lab.space.write("/run/nginx.conf", NGINX).unwrap();
    let serving = b"\0\0\0\0\x02\x08\x01";
    lab.space.write("/run/www/health", *serving).unwrap();
    let mut ask = page(82, "/grpc.health.v1.Health/Check");
    ask.version = HttpVersion::V2;
    ask.urls[0].method = "POST".into();
    ask.urls[0].grpc = Some("my.Service".into());
    lab.start("nginx", &["-e", "/run/error.log", "-c", "/run/nginx.conf"]);
    lab.passes(&http(&ask));
    let not_serving = b"\0\0\0\0\x02\x08\x02";
    lab.space.write("/run/www/health", *not_serving).unwrap();
    assert_eq!(lab.check(&http(&ask)).unwrap_err(), "refused: NOT_SERVING");
    ask.endpoint.port = 81;
    let why = lab.check(&http(&ask)).unwrap_err();
    assert_eq!(why, "HTTP status code 404");
}

#[test]
fn a_mail_server() {
    let mut lab = Lab::new();
    let config = "primary_hostname = mail.example\nspool_directory = /run/spool\n\
                  log_file_path = /run/%slog\nhelo_accept_junk_hosts = *\n\
                  acl_smtp_helo = helo\nbegin acl\nhelo:\n\
                  deny condition = ${if eq{$sender_helo_name}{bad.example}}\n\
                  message = go away\naccept\n";
    lab.space.write("/run/exim.conf", config).unwrap();
    let serve = "EXEC:exim4 -bs -C /run/exim.conf";
    lab.start("socat", &["TCP4-LISTEN:25,fork,reuseaddr", serve]);
    let greet = |helo: &str| {
        Probe::Smtp(Box::new(Smtp {
            endpoint: endpoint(25),
            helo: helo.into(),
        }))
    };
    lab.passes(&greet("smtpchecker.keepalived.org"));
    let why = lab.check(&greet("bad.example")).unwrap_err();
    assert_eq!(why, "refused: 550 go away");
}

#[test]
fn a_name_server() {
    let mut lab = Lab::new();
    let config = "server:\n directory: \"/run\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n\
                  use-syslog: no\n interface: 127.0.0.1\n do-ip6: no\n\
                  local-zone: \"example.\" static\n\
                  local-data: \"www.example. A 10.0.0.1\"\n\
                  local-data: \"example. SOA a. b. 1 2 3 4 5\"\n\
                  local-zone: \"refused.\" refuse\nremote-control:\n control-enable: no\n";
    lab.space.write("/run/unbound.conf", config).unwrap();
    lab.start("unbound", &["-d", "-c", "/run/unbound.conf"]);
    let ask = |kind: u16, name: &str| {
        Probe::Dns(Box::new(Dns {
            endpoint: endpoint(53),
            kind,
            name: name.into(),
        }))
    };
    lab.passes(&ask(1, "www.example"));
    for kind in [2, 5, 6, 15, 16, 28, 46, 48] {
        assert_eq!(lab.check(&ask(kind, "example")), Ok(()), "type {kind}");
    }
    let why = lab.check(&ask(1, "nowhere.example")).unwrap_err();
    assert_eq!(why, "no such name");
    let why = lab.check(&ask(1, "a.refused")).unwrap_err();
    assert_eq!(why, "the server refuses");
    let datagram = |payload: &[u8], port, reply: Option<Vec<(u8, u8)>>| {
        let timeout = if reply.is_some() {
            PATIENCE
        } else {
            Duration::from_secs(1)
        };
        Probe::Udp(Box::new(Udp {
            endpoint: Endpoint {
                timeout,
                ..endpoint(port)
            },
            payload: payload.to_vec(),
            reply,
            min_length: 0,
            max_length: 255,
        }))
    };
    let question = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\0\0\x01\0\x01";
    let same_id = Some(vec![(0x12, 0xff), (0x34, 0xff)]);
    assert_eq!(lab.check(&datagram(question, 53, same_id)), Ok(()));
    let other_id = Some(vec![(0x13, 0xff)]);
    assert!(lab.check(&datagram(question, 53, other_id)).is_err());
    // nobody is there, and the kernel says so
    assert!(lab.check(&datagram(b"x", 54, Some(Vec::new()))).is_err());
    assert!(lab.check(&datagram(b"x", 54, None)).is_err());
    assert_eq!(lab.check(&Probe::Ping(endpoint(0))), Ok(()));
}

/// Calls `openssl` in /run.
#[track_caller]
fn openssl(lab: &Lab, words: &str) {
    let command = format!("cd /run && openssl {words}");
    lab.space.output("sh", &["-c", &command]).unwrap();
}

fn authority(lab: &Lab) {
    openssl(
        lab,
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -days 2 -keyout ca.key -out ca.pem",
    );
}

/// `/run/NAME.pem` and `.key`, signed by the authority; `days` from yesterday on.
fn certificate(lab: &Lab, name: &str, key: &str, days: &str) {
    let file = name.replace('*', "any");
    openssl(
        lab,
        &format!(
            "req -newkey {key} -nodes -subj /CN={name} -addext subjectAltName=DNS:{name} \
             -keyout {file}.key -out {file}.csr"
        ),
    );
    openssl(
        lab,
        &format!(
            "x509 -req -in {file}.csr -CA ca.pem -CAkey ca.key -days {days} -copy_extensions copy \
             -out {file}.pem"
        ),
    );
}

/// A TLS server of openssl's on a port; it answers each request with a page.
fn tls_server(lab: &mut Lab, port: &str, file: &str, more: &[&str]) {
    let (pem, key) = (format!("/run/{file}.pem"), format!("/run/{file}.key"));
    let mut words = vec![
        "s_server", "-www", "-accept", port, "-cert", &pem, "-key", &key,
    ];
    words.extend(more);
    lab.start("openssl", &words);
}

fn secure(lab: &Lab, port: u16, name: Option<&str>, verify: Option<&str>) -> Probe {
    let ca = lab.space.read("/run/ca.pem").unwrap();
    let mut page = page(port, "/");
    page.version = HttpVersion::V10;
    page.tls = Some(HttpTls {
        names: vec![name.map(Into::into)],
        compliant: false,
        verify: verify.map(|name| Verify {
            ca: Some(String::from_utf8(ca).unwrap()),
            names: vec![name.into()],
        }),
    });
    http(&page)
}

#[test]
fn tls_servers_old_and_new() {
    let mut lab = Lab::new();
    authority(&lab);
    certificate(&lab, "rsa.example", "rsa:2048", "1");
    certificate(&lab, "small.example", "rsa:1024", "1");
    certificate(
        &lab,
        "ec.example",
        "ec -pkeyopt ec_paramgen_curve:prime256v1",
        "1",
    );
    let servers = [
        ("4401", "rsa.example", "-tls1_2"),
        ("4402", "rsa.example", "-tls1_3"),
        ("4403", "ec.example", "-tls1_2"),
        ("4404", "ec.example", "-tls1_3"),
        ("4405", "rsa.example", "-tls1_2 -cipher AES128-SHA"),
        ("4406", "rsa.example", "-tls1_2 -cipher DHE-RSA-AES256-SHA"),
        ("4407", "rsa.example", "-tls1 -cipher ALL:@SECLEVEL=0"),
        ("4408", "small.example", "-tls1_1 -cipher ALL:@SECLEVEL=0"),
    ];
    for (port, file, more) in servers {
        let more: Vec<&str> = more.split(' ').collect();
        tls_server(&mut lab, port, file, &more);
    }
    for (port, file, more) in servers {
        let port: u16 = port.parse().unwrap();
        lab.passes(&secure(&lab, port, None, None));
        let verified = lab.check(&secure(&lab, port, None, Some(file)));
        // who asks for proof does not take it from yesterday's protocols
        let old = more.contains("-tls1 ") || more.contains("-tls1_1");
        assert_eq!(verified.is_err(), old, "{more}: {verified:?}");
    }
}

#[test]
fn certificates_are_verified_where_that_is_asked_for() {
    let mut lab = Lab::new();
    authority(&lab);
    certificate(&lab, "h.example", "rsa:2048", "1");
    certificate(&lab, "other.example", "rsa:2048", "1");
    certificate(&lab, "old.example", "rsa:2048", "-1");
    openssl(
        &lab,
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=h.example -keyout self.key -out self.pem",
    );
    // by SNI the second certificate, else the first
    let other = "-servername other.example -cert2 /run/other.example.pem \
                 -key2 /run/other.example.key";
    let other: Vec<&str> = other.split_whitespace().collect();
    tls_server(&mut lab, "4411", "h.example", &other);
    tls_server(&mut lab, "4412", "old.example", &[]);
    tls_server(&mut lab, "4413", "self", &[]);
    for port in [4411, 4412, 4413] {
        // nothing is verified unless it is asked for
        lab.passes(&secure(&lab, port, None, None));
    }
    let verdict = |port, sni, name| lab.check(&secure(&lab, port, sni, Some(name)));
    assert_eq!(verdict(4411, None, "h.example"), Ok(()));
    assert_eq!(
        verdict(4411, Some("other.example"), "other.example"),
        Ok(())
    );
    let wrong = verdict(4411, None, "other.example").unwrap_err();
    assert_eq!(wrong, "certificate: hostname mismatch");
    let wrong = verdict(4411, None, "127.0.0.1").unwrap_err();
    assert_eq!(wrong, "certificate: IP address mismatch");
    let old = verdict(4412, None, "old.example").unwrap_err();
    assert_eq!(old, "certificate: certificate has expired");
    let own = verdict(4413, None, "h.example").unwrap_err();
    assert_eq!(own, "certificate: self-signed certificate");
}
