//! Servers of our own in a node: they do what a test wants and write down what they hear.
use lab::Node;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a server heard: an entry for each conversation that came to its end.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
}

/// Serves each client on a thread of its own, for as long as the test runs.
pub(crate) fn serve(
    node: &Node,
    port: u16,
    client: impl Fn(TcpStream, &Heard) + Send + Sync + 'static,
) -> Heard {
    let listen = move || TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    let listener = node.space.run(listen).unwrap().unwrap();
    let heard = Heard::default();
    let (client, book) = (Arc::new(client), heard.clone());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (client, book) = (Arc::clone(&client), book.clone());
            thread::spawn(move || client(stream.unwrap(), &book));
        }
    });
    heard
}

/// A mail server of the simplest kind: says yes to everything, writes down what the client says.
pub(crate) fn mail(stream: TcpStream, heard: &Heard) {
    let mut out = stream.try_clone().unwrap();
    let mut lines = BufReader::new(stream).lines();
    let (mut said, mut in_mail) = (String::new(), false);
    out.write_all(b"220 mail.example.com\r\n").unwrap();
    while let Some(Ok(line)) = lines.next() {
        said.push_str(&line);
        said.push('\n');
        let answer: &[u8] = match (&*line, in_mail) {
            (".", true) => b"250 taken\r\n",
            (_, true) => continue,
            ("DATA", false) => b"354 go on\r\n",
            ("QUIT", false) => b"221 bye\r\n",
            (_, false) => b"250 yes\r\n",
        };
        in_mail = line == "DATA";
        if out.write_all(answer).is_err() {
            return;
        }
        if line == "QUIT" {
            heard.add(said);
            return;
        }
    }
}

/// A web server that gives this answer and writes down request line and body.
pub(crate) fn web(mut stream: TcpStream, heard: &Heard, status: &str) {
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if request.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
            length = number.trim().parse().unwrap();
        }
        lines.push(line.trim().to_owned());
    }
    let mut body = vec![0; length];
    if request.read_exact(&mut body).is_err() {
        return;
    }
    let first = lines.first().cloned().unwrap_or_default();
    heard.add(format!("{first} {}", String::from_utf8(body).unwrap()));
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
}
