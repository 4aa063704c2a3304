//! `genhash` beside the original's: what is asked and what is printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
use lab::Space;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};

/// Answers, and the options with which they are asked for.
const ANSWERS: &[&str] = &[
    "HTTP/1.0 200 OK\r\n\r\nhello",
    "HTTP/1.0 404 Not Found\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhello",
    "HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
];
const OPTIONS: &[&str] = &[
    "-u /",
    "-u /a?b=c -P 1.0c",
    "-u /a -P 1.1",
    "--url /a -V h.example",
    "-u /a --use-virtualhost h.example:81 --protocol 1.1",
];

/// What a genhash asks a server that answers like this, and what it prints.
fn play(space: &Space, words: &[&str], at: SocketAddr, answer: &'static str) -> (String, String) {
    let listener = space.run(move || TcpListener::bind(at)).unwrap().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = String::new();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        while !asked.ends_with("\r\n\r\n") && lines.read_line(&mut asked).unwrap() > 0 {}
        stream.write_all(answer.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = lines.read_to_end(&mut Vec::new());
        asked
    });
    let (program, arguments) = words.split_first().unwrap();
    let port = at.port().to_string();
    let host = at.ip().to_string();
    let arguments = [arguments, &["-s", &host, "-p", &port]].concat();
    let printed = space.output(program, &arguments).unwrap();
    (server.join().unwrap(), printed)
}

#[test]
fn asks_and_prints_as_the_original_does() {
    let space = Space::new("genhash").unwrap();
    space.output("ip", &["link", "set", "lo", "up"]).unwrap();
    let ours = space
        .stage(env!("CARGO_BIN_EXE_keepalived").as_ref())
        .unwrap();
    let mut port = 8000;
    for address in ["127.0.0.1", "::1"] {
        for options in OPTIONS {
            for answer in ANSWERS {
                port += 1;
                let at = SocketAddr::new(address.parse().unwrap(), port);
                let options: Vec<&str> = options.split(' ').collect();
                let theirs = [&["genhash"], &*options].concat();
                let theirs = play(&space, &theirs, at, answer);
                let ours = [&[ours.to_str().unwrap(), "-T"], &*options].concat();
                let ours = play(&space, &ours, at, answer);
                assert_eq!(ours, theirs, "{options:?} {answer:?}");
            }
        }
    }
}
