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
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use plan::lvs::{Endpoint, Http, HttpTls, HttpVersion, Probe, Regex, Smtp, Tls, Url};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// For servers that never answer as they should.
const ANSWER: Duration = Duration::from_millis(500);
/// For servers that do, on however busy a machine.
const PATIENCE: Duration = Duration::from_mins(1);

fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        address: [127, 0, 0, 1].into(),
        port,
        timeout: ANSWER,
        bind_address: None,
        bind_port: None,
        bind_interface: None,
        fwmark: None,
    }
}

fn http(port: u16, tls: bool) -> Http {
    let url = Url {
        path: "/".into(),
        host: "h.example".into(),
        status: vec![(200, 299)],
        digest: None,
        regex: None,
    };
    let secure = HttpTls {
        names: vec![Some("h.example".into())],
        compliant: false,
    };
    Http {
        endpoint: endpoint(port),
        tls: tls.then_some(secure),
        version: HttpVersion::V10,
        urls: vec![url],
    }
}

/// What comes of a check of a server that treats its one client like this; and in bounded time.
fn verdict(
    probe: impl FnOnce(u16) -> Probe + Send + 'static,
    serve: impl FnOnce(TcpStream) + Send + 'static,
) -> Result<(), String> {
    let space = Space::new("probe").unwrap();
    space.output("ip", &["link", "set", "lo", "up"]).unwrap();
    // a socket stays in the network that it was made in, whatever thread uses it
    let listener = space
        .run(|| TcpListener::bind("127.0.0.1:0").unwrap())
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || serve(listener.accept().unwrap().0));
    space
        .run(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let start = Instant::now();
            let tls = probe::Context::new(&Tls::default());
            let result = runtime.block_on(probe::run(&probe(port), 0, &tls));
            // four answers' time, and much more for a machine that is busy otherwise
            assert!(start.elapsed() < PATIENCE, "bounded in time");
            result.map_err(|why| why.to_string())
        })
        .unwrap()
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
        http.urls[0].regex = Some(Regex {
            pattern: "h.l+o".into(),
            options: 0,
            inverted: false,
            min_offset: None,
            max_offset: None,
        });
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

#[test]
fn a_body_without_end_fails() {
    let floods = |mut stream: TcpStream| {
        hear(&mut stream);
        let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
        let much = vec![b'x'; 1 << 20];
        while stream.write_all(&much).is_ok() {}
    };
    let why = verdict(plain, floods).unwrap_err();
    let known = [
        "the body is longer than it may be",
        "the end of the body: no answer in time",
    ];
    assert!(known.contains(&&*why), "{why}");
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
    let smtp = |port| {
        Probe::Smtp(Box::new(Smtp {
            endpoint: endpoint(port),
            helo: "h.example".into(),
        }))
    };
    let endless = |mut stream: TcpStream| {
        while stream.write_all(b"220-and so on\r\n").is_ok() {}
    };
    let why = "an answer is longer than it may be";
    assert_eq!(verdict(smtp, endless).unwrap_err(), why);
}

/// A server with a certificate that nobody signed and that ended yesterday.
fn acceptor() -> SslAcceptor {
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
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_certificate(&certificate.build()).unwrap();
    acceptor.build()
}

#[test]
fn tls_is_spoken_with_whomever_and_without_farewell() {
    let secure = |port| Probe::Http(Box::new(patient(port, true)));
    let acceptor = acceptor();
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
