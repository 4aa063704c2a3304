//! Checks against servers as they should not be, each in a network of its own: a verdict within
//! bounded time, and a reason that people understand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
use lab::Space;
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use plan::lvs::{Dns, Endpoint, Http, HttpTls, HttpVersion, Probe, Regex, Smtp, Source, Tls, Url};
use probe::{Contexts, Job};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// For servers that never answer as they should.
const ANSWER: Duration = Duration::from_millis(500);
/// For servers that do, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(1);

fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        timeout: ANSWER,
        ..Endpoint::new([127, 0, 0, 1].into(), port)
    }
}

fn http(port: u16, tls: bool) -> Http {
    let url = Url::get("/", "h.example");
    let secure = HttpTls {
        names: vec![Some("h.example".into())],
        ..HttpTls::default()
    };
    Http {
        endpoint: endpoint(port),
        tls: tls.then_some(secure),
        version: HttpVersion::V10,
        urls: vec![url],
    }
}

fn network() -> Space {
    let space = Space::new("probe").unwrap();
    space.output("ip", &["link", "set", "lo", "up"]).unwrap();
    space
}

/// What comes of a check, and in bounded time.
fn run(space: &Space, probe: impl FnOnce() -> Probe + Send + 'static) -> Result<(), String> {
    let check = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let start = Instant::now();
        let tls = Contexts::new(&Tls::default());
        let result = runtime.block_on(Job::new(probe(), &tls).run(0));
        // four answers' time, and much more for a machine that is busy otherwise
        assert!(start.elapsed() < PATIENCE, "bounded in time");
        result.map_err(|why| why.to_string())
    };
    space.run(check).unwrap()
}

/// What comes of a check of a server that treats its one client like this.
fn verdict(
    probe: impl FnOnce(u16) -> Probe + Send + 'static,
    serve: impl FnOnce(TcpStream) + Send + 'static,
) -> Result<(), String> {
    let space = network();
    // a socket stays in the network that it was made in, whatever thread uses it
    let listener = space
        .run(|| TcpListener::bind("127.0.0.1:0").unwrap())
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || serve(listener.accept().unwrap().0));
    run(&space, move || probe(port))
}

fn regex(pattern: &str) -> Regex {
    Regex {
        pattern: pattern.into(),
        options: 0,
        inverted: false,
        min_offset: None,
        max_offset: None,
        stack: None,
    }
}

fn patient(port: u16, tls: bool) -> Http {
    let mut http = http(port, tls);
    http.endpoint.timeout = PATIENCE;
    http
}

fn plain(port: u16) -> Probe {
    Probe::Http(Box::new(http(port, false)))
}

fn secure(port: u16) -> Probe {
    Probe::Http(Box::new(http(port, true)))
}

/// Reads the request, so that closing does not reset the connection.
fn hear(stream: &mut TcpStream) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
}

#[test]
fn a_good_server_passes() {
    let good = |mut stream: TcpStream| {
        hear(&mut stream);
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello").unwrap();
    };
    let plain = |port| Probe::Http(Box::new(patient(port, false)));
    assert_eq!(verdict(plain, good), Ok(()));
    let pattern = |port| {
        let mut http = patient(port, false);
        http.urls[0].regex = Some(regex("h.l+o"));
        Probe::Http(Box::new(http))
    };
    assert_eq!(verdict(pattern, good), Ok(()));
}

#[test]
fn a_server_that_says_nothing_fails_in_time() {
    let silent = |stream: TcpStream| {
        std::thread::sleep(Duration::from_mins(1));
        drop(stream);
    };
    let why = "answer: no answer in time";
    assert_eq!(verdict(plain, silent).unwrap_err(), why);
    let why = "TLS handshake: no answer in time";
    assert_eq!(verdict(secure, silent).unwrap_err(), why);
}

#[test]
fn a_server_that_drips_fails_in_time() {
    let drips = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        while stream.write_all(b".").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let why = "the end of the body: no answer in time";
    assert_eq!(verdict(plain, drips).unwrap_err(), why);
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

#[test]
fn a_body_without_end_fails_and_takes_no_room() {
    let floods = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
        let much = vec![b'x'; 1 << 20];
        while stream.write_all(&much).is_ok() {}
    };
    let matching = |port| {
        let mut http = patient(port, false);
        http.urls[0].regex = Some(regex("y"));
        Probe::Http(Box::new(http))
    };
    let known = [
        "the body is longer than it may be",
        "the end of the body: no answer in time",
    ];
    let before = peak();
    let why = verdict(plain, floods).unwrap_err();
    assert!(known.contains(&&*why), "{why}");
    let why = verdict(matching, floods).unwrap_err();
    assert_eq!(
        why,
        "the body, for a regular expression, is longer than it may be"
    );
    let grown = peak() - before;
    assert!(grown < 32 * 1024, "{grown} KiB more");
}

#[test]
fn headers_without_end_fail() {
    let many = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n");
        let _ = stream.write_all(&b"a: b\r\n".repeat(100_000));
    };
    let why = "the header is longer than it may be";
    let patient = |port| Probe::Http(Box::new(patient(port, false)));
    assert_eq!(verdict(patient, many).unwrap_err(), why);
    let long = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\na: ");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    };
    assert_eq!(verdict(patient, long).unwrap_err(), why);
}

#[test]
fn what_is_no_answer_in_http_2_fails() {
    let two = |port| {
        let mut http = patient(port, false);
        http.version = HttpVersion::V2;
        Probe::Http(Box::new(http))
    };
    let old = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    };
    let why = verdict(two, old).unwrap_err();
    assert!(why.starts_with("HTTP/2: "), "{why}");
    // SETTINGS, then a header block that goes on in CONTINUATION frames for ever
    let endless = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"\0\0\0\x04\0\0\0\0\0");
        let _ = stream.write_all(b"\0\0\x01\x01\0\0\0\0\x01\x88");
        let field = b"\0\0\x05\x09\0\0\0\0\x01\0\x01a\x01b";
        while stream.write_all(field).is_ok() {}
    };
    let why = verdict(two, endless).unwrap_err();
    assert!(why.starts_with("HTTP/2: "), "{why}");
    // questions of its own, and never an answer
    let asks = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"\0\0\0\x04\0\0\0\0\0");
        stream.set_nonblocking(true).unwrap();
        let ping = b"\0\0\x08\x06\0\0\0\0\x0012345678";
        loop {
            let _ = stream.read(&mut [0; 4096]);
            match stream.write(ping) {
                Err(why) if why.kind() != std::io::ErrorKind::WouldBlock => return,
                _ => std::thread::sleep(Duration::from_micros(100)),
            }
        }
    };
    let hurried = |port| {
        let mut http = http(port, false);
        http.version = HttpVersion::V2;
        Probe::Http(Box::new(http))
    };
    let why = verdict(hurried, asks).unwrap_err();
    let known = [
        "answer: no answer in time",
        "the end of the body: no answer in time",
    ];
    assert!(
        known.contains(&&*why) || why.starts_with("HTTP/2: "),
        "{why}"
    );
}

#[test]
fn garbage_fails_and_says_so() {
    let garbage = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(&[0x15, 0x03, 0x01, 0, 2, 2, 40]);
    };
    assert_eq!(verdict(plain, garbage).unwrap_err(), "not an HTTP answer");
    let why = verdict(secure, garbage).unwrap_err();
    assert!(why.starts_with("TLS: "), "{why}");
    // a handshake message of 16 MiB in records without end
    let bomb = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"\x16\x03\x03\x40\0\x02\xff\xff\xff");
        while stream.write_all(&[0; 4096]).is_ok() {}
    };
    let why = verdict(secure, bomb).unwrap_err();
    assert!(why.starts_with("TLS: "), "{why}");
}

fn smtp(port: u16) -> Probe {
    Probe::Smtp(Box::new(Smtp {
        endpoint: endpoint(port),
        helo: "h.example".into(),
    }))
}

#[test]
fn mail_servers_that_are_none_fail() {
    let endless = |mut stream: TcpStream| while stream.write_all(b"220-and so on\r\n").is_ok() {};
    let why = "an answer is longer than it may be";
    assert_eq!(verdict(smtp, endless).unwrap_err(), why);
    let no_line = |mut stream: TcpStream| while stream.write_all(b"220 and so on").is_ok() {};
    let why = "a line is longer than it may be";
    assert_eq!(verdict(smtp, no_line).unwrap_err(), why);
    let other = |mut stream: TcpStream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9\x1b[2J\r\n");
        hear(&mut stream);
    };
    let why = "refused: SSH-2.0-OpenSSH_9[2J";
    assert_eq!(verdict(smtp, other).unwrap_err(), why);
    let drips = |mut stream: TcpStream| {
        while stream.write_all(b"2").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let why = verdict(smtp, drips).unwrap_err();
    assert_eq!(why, "greeting: no answer in time");
}

/// A name server that answers everything but what was asked.
#[test]
fn answers_to_other_questions_do_not_count() {
    let space = network();
    let socket = space
        .run(|| UdpSocket::bind("127.0.0.1:0").unwrap())
        .unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        let (length, from) = socket.recv_from(&mut question).unwrap();
        question[2] |= 0x80;
        while socket.send_to(&question[1..length], from).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let probe = Probe::Dns(Box::new(Dns {
        endpoint: endpoint(port),
        kind: 1,
        name: "a.example".into(),
    }));
    let why = run(&space, move || probe).unwrap_err();
    assert_eq!(why, "answer: no answer in time");
}

/// `bindto`, `bind_port`, `bind_if` and `fwmark`.
#[test]
fn a_check_comes_from_where_it_should() {
    let space = network();
    let listener = space
        .run(|| TcpListener::bind("127.0.0.1:0").unwrap())
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let rules = "table ip t { chain c { type filter hook output priority 0; \
                 meta mark 7 tcp flags syn counter reject; }; }";
    space.output("nft", &[rules]).unwrap();
    let plain = Endpoint {
        timeout: PATIENCE,
        ..endpoint(port)
    };
    let bound = Endpoint {
        source: Source {
            address: Some([127, 0, 0, 9].into()),
            port: Some(4321),
            interface: Some("lo".into()),
            fwmark: None,
        }
        .written(),
        ..plain.clone()
    };
    assert_eq!(run(&space, move || Probe::Tcp(bound)), Ok(()));
    let (_, peer) = listener.accept().unwrap();
    assert_eq!(peer.to_string(), "127.0.0.9:4321");
    let marked = Endpoint {
        source: Source {
            fwmark: Some(7),
            ..Source::default()
        }
        .written(),
        ..plain.clone()
    };
    let why = run(&space, move || Probe::Tcp(marked)).unwrap_err();
    assert!(why.starts_with("connect: "), "{why}");
    let elsewhere = Endpoint {
        source: Source {
            interface: Some("nowhere0".into()),
            ..Source::default()
        }
        .written(),
        ..plain
    };
    let why = run(&space, move || Probe::Tcp(elsewhere)).unwrap_err();
    assert!(why.starts_with("cannot be made here: "), "{why}");
}

/// A certificate that nobody signed and that ended yesterday, and its key.
fn certificate() -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_pubkey(&key).unwrap();
    let (from, to) = (
        Asn1Time::from_unix(0).unwrap(),
        Asn1Time::from_unix(86_400).unwrap(),
    );
    certificate.set_not_before(&from).unwrap();
    certificate.set_not_after(&to).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    (certificate.build(), key)
}

/// A server that shows it, and so many more of the kind behind it.
fn acceptor(more: usize) -> SslAcceptor {
    let (certificate, key) = certificate();
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    for _ in 0..more {
        acceptor.add_extra_chain_cert(certificate.clone()).unwrap();
    }
    acceptor.build()
}

#[test]
fn tls_is_spoken_with_whomever_and_without_farewell() {
    let secure = |port| Probe::Http(Box::new(patient(port, true)));
    let acceptor = acceptor(0);
    let serve = |status: &'static str| {
        let acceptor = acceptor.clone();
        move |stream: TcpStream| {
            let mut stream = acceptor.accept(stream).unwrap();
            let name = stream.ssl().servername(openssl::ssl::NameType::HOST_NAME);
            assert_eq!(name, Some("h.example"));
            let _ = stream.read(&mut [0; 4096]);
            write!(stream, "HTTP/1.0 {status}\r\n\r\nhello").unwrap();
            // the connection ends without close_notify
        }
    };
    assert_eq!(verdict(secure, serve("200 OK")), Ok(()));
    let why = verdict(secure, serve("500 No")).unwrap_err();
    assert_eq!(why, "HTTP status code 500");
    let strict = |port| {
        let mut http = patient(port, true);
        http.tls.as_mut().unwrap().compliant = true;
        Probe::Http(Box::new(http))
    };
    let why = verdict(strict, serve("200 OK")).unwrap_err();
    assert!(why.starts_with("answer: "), "{why}");
}

#[test]
fn a_chain_of_certificates_without_end_fails() {
    let secure = |port| Probe::Http(Box::new(patient(port, true)));
    let acceptor = acceptor(1000);
    let before = peak();
    let chain = move |stream: TcpStream| drop(acceptor.accept(stream));
    let why = verdict(secure, chain).unwrap_err();
    assert!(why.starts_with("TLS: "), "{why}");
    let grown = peak() - before;
    assert!(grown < 32 * 1024, "{grown} KiB more");
}

/// Messages that a client has to pass over, without end: it does other things meanwhile, and ends.
#[test]
fn a_handshake_that_never_gets_on_fails_in_time() {
    let floods: [(&[u8], usize); 3] = [
        // HelloRequest, a change of ciphers, a warning
        (b"\x16\x03\x03\0\x04\0\0\0\0", 1000),
        (b"\x14\x03\x03\0\x01\x01", 1000),
        (b"\x15\x03\x03\0\x02\x01\x64", 1000),
    ];
    let before = peak();
    for (record, many) in floods {
        let flood = move |mut stream: TcpStream| {
            hear(&mut stream);
            let records = record.repeat(many);
            while stream.write_all(&records).is_ok() {}
        };
        let why = verdict(secure, flood).unwrap_err();
        let in_time = why == "TLS handshake: no answer in time";
        assert!(in_time || why.starts_with("TLS: "), "{why}");
    }
    let grown = peak() - before;
    assert!(grown < 32 * 1024, "{grown} KiB more");
}

/// TLS 1.3 lets a server ask for new keys as often as it likes.
#[test]
fn new_keys_without_end_fail_in_time() {
    let space = network();
    let (certificate, key) = certificate();
    let private = key.private_key_to_pem_pkcs8().unwrap();
    space
        .write("/run/cert", certificate.to_pem().unwrap())
        .unwrap();
    space.write("/run/key", private).unwrap();
    let mut server = Command::new("openssl");
    server.args(["s_server", "-accept", "127.0.0.1:4433", "-tls1_3"]);
    server.args(["-cert", "/run/cert", "-key", "/run/key"]);
    server.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = space.spawn(server).unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ACCEPT"));
    let mut asks = server.stdin.take().unwrap();
    let flood = std::thread::spawn(move || {
        // what it prints has to go somewhere
        let talk = std::thread::spawn(move || lines.count());
        while asks.write_all(b"K\n").is_ok() {
            std::thread::sleep(Duration::from_micros(200));
        }
        talk.join().unwrap()
    });
    let before = peak();
    let why = run(&space, || secure(4433)).unwrap_err();
    let grown = peak() - before;
    server.kill().unwrap();
    server.wait().unwrap();
    let said = flood.join().unwrap();
    assert_eq!(why, "answer: no answer in time");
    assert!(said > 10, "{said} lines: it sent no keys");
    assert!(grown < 32 * 1024, "{grown} KiB more");
}
