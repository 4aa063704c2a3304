//! `HTTP_GET`: one request on one connection, the answer read to its end.
//!
//! The body is what stands on the wire behind the header, whatever the header says of it: so the
//! digests of `genhash` stay what they are.
use crate::pattern::Pattern;
use crate::{Context, Failure, connect, limits};
use md5::{Digest, Md5};
use plan::lvs::{Http, HttpVersion, Url};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Duration, timeout};

/// Octets taken at once.
const PIECE: usize = 16 * 1024;

pub(crate) async fn run(http: &Http, step: u32, tls: &Context) -> Result<(), Failure> {
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    let url = http.urls.get(step).ok_or(Failure::NotHere)?;
    ask(http, step, url, tls).await?.finish()
}

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    /// Status line and header lines.
    pub header: Vec<u8>,
    /// MD5 of all that followed.
    pub digest: [u8; 16],
}

/// Fetches the first url, whatever its status.
///
/// # Errors
/// As for a check.
pub async fn fetch(http: &Http, tls: &Context) -> Result<Page, Failure> {
    let url = http.urls.first().ok_or(Failure::NotHere)?;
    let url = Url {
        digest: Some([0; 16]),
        ..url.clone()
    };
    let judge = ask(http, 0, &url, tls).await?;
    judge
        .status
        .ok_or(Failure::Garbage("the answer ends within its header"))?;
    Ok(Page {
        digest: judge.digest.unwrap_or_default().finalize().into(),
        header: judge.header,
    })
}

/// Asks, and reads the answer to its end.
async fn ask<'a>(
    http: &Http,
    step: usize,
    url: &'a Url,
    tls: &Context,
) -> Result<Judge<'a>, Failure> {
    let each = http.endpoint.timeout;
    let whole = async {
        let stream = connect::tcp(&http.endpoint).await?;
        let Some(secure) = &http.tls else {
            return converse(stream, http.version, url, each).await;
        };
        let name = secure.names.get(step).and_then(Option::as_deref);
        let shaken = timeout(each, tls.connect(stream, name, secure.compliant)).await;
        let stream = shaken.unwrap_or(Err(Failure::Timeout("TLS handshake")))?;
        converse(stream, http.version, url, each).await
    };
    let judged = timeout(limits::conversation(each), whole).await;
    judged.unwrap_or(Err(Failure::Timeout("the end of the body")))
}

/// What is asked, octet by octet as the original asks it.
fn request(version: HttpVersion, url: &Url) -> String {
    let (number, close) = match version {
        HttpVersion::V10 => ("1.0", ""),
        HttpVersion::V10Close => ("1.0", "Connection: close\r\n"),
        HttpVersion::V11 => ("1.1", "Connection: close\r\n"),
    };
    format!(
        "GET {} HTTP/{number}\r\nUser-Agent: KeepAliveClient\r\n{close}Host: {}\r\n\r\n",
        url.path, url.host
    )
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    version: HttpVersion,
    url: &Url,
    each: Duration,
) -> Result<Judge<'_>, Failure> {
    let question = request(version, url);
    let sent = timeout(each, stream.write_all(question.as_bytes())).await;
    sent.map_err(|_| Failure::Timeout("request"))?
        .map_err(|why| Failure::Io("request", why))?;
    let mut judge = Judge::new(url)?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = timeout(each, stream.read(&mut piece)).await;
        let count = read
            .map_err(|_| Failure::Timeout("answer"))?
            .map_err(|why| Failure::Io("answer", why))?;
        if count == 0 {
            return Ok(judge);
        }
        judge.take(piece.get(..count).unwrap_or_default())?;
    }
}

/// Reads an answer piece by piece and keeps no more of it than its header.
struct Judge<'a> {
    url: &'a Url,
    /// The header, so far.
    header: Vec<u8>,
    status: Option<u16>,
    digest: Option<Md5>,
    pattern: Option<Pattern<'a>>,
    body: u64,
}

impl<'a> Judge<'a> {
    fn new(url: &'a Url) -> Result<Judge<'a>, Failure> {
        let pattern = url.regex.as_ref().map(Pattern::new).transpose()?;
        Ok(Judge {
            url,
            header: Vec::new(),
            status: None,
            digest: url.digest.map(|_| Md5::new()),
            pattern,
            body: 0,
        })
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.status.is_some() {
            return self.take_body(piece);
        }
        self.header.extend_from_slice(piece);
        let mut lines = [httparse::EMPTY_HEADER; limits::HTTP_HEADERS];
        let mut answer = httparse::Response::new(&mut lines);
        let mut config = httparse::ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        match config.parse_response(&mut answer, &self.header) {
            Ok(httparse::Status::Complete(end)) => {
                self.status = answer.code;
                let body = self.header.split_off(end);
                self.take_body(&body)
            }
            Ok(httparse::Status::Partial) if self.header.len() < limits::HTTP_HEADER => Ok(()),
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                Err(Failure::TooLong("the header"))
            }
            Err(_) => Err(Failure::Garbage("not an HTTP answer")),
        }
    }

    fn take_body(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.body = self.body.saturating_add(length);
        if self.body > limits::HTTP_BODY {
            return Err(Failure::TooLong("the body"));
        }
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        match &mut self.pattern {
            Some(pattern) => pattern.take(piece),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let Some(status) = self.status else {
            return Err(Failure::Garbage("the answer ends within its header"));
        };
        let mut wanted = self.url.status.iter();
        if !wanted.any(|(from, to)| (*from..=*to).contains(&status)) {
            return Err(Failure::Status(status));
        }
        if let (Some(digest), Some(wanted)) = (self.digest, self.url.digest) {
            let digest: [u8; 16] = digest.finalize().into();
            if digest != wanted {
                return Err(Failure::Digest(digest));
            }
        }
        self.pattern.map_or(Ok(()), |pattern| pattern.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url {
            path: "/a".into(),
            host: "h.example".into(),
            status: vec![(200, 299)],
            digest: None,
            regex: None,
        }
    }

    /// What comes of an answer, whatever pieces it arrives in.
    fn judge(url: &Url, answer: &[u8]) -> Result<(), String> {
        let whole = |size: usize| {
            let mut judge = Judge::new(url)?;
            for piece in answer.chunks(size) {
                judge.take(piece)?;
            }
            judge.finish()
        };
        let results = [1, 7, 100_000].map(|size| whole(size).map_err(|why| why.to_string()));
        assert_eq!(results[0], results[1]);
        assert_eq!(results[1], results[2]);
        results[2].clone()
    }

    #[test]
    fn requests_are_the_originals() {
        let expected = "GET /a HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: h.example\r\n\r\n";
        assert_eq!(request(HttpVersion::V10, &url()), expected);
        let expected = "GET /a HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\n\
                        Connection: close\r\nHost: h.example\r\n\r\n";
        assert_eq!(request(HttpVersion::V11, &url()), expected);
    }

    #[test]
    fn the_status_decides() {
        assert_eq!(judge(&url(), b"HTTP/1.0 200 OK\r\n\r\nhello"), Ok(()));
        let failed = judge(&url(), b"HTTP/1.1 503 No\r\nA: b\r\n\r\n");
        assert_eq!(failed.unwrap_err(), "HTTP status code 503");
        let only_404 = Url {
            status: vec![(404, 404)],
            ..url()
        };
        assert_eq!(judge(&only_404, b"HTTP/1.0 404 No\r\n\r\n"), Ok(()));
    }

    #[test]
    fn the_digest_is_of_what_stands_on_the_wire() {
        let hello = Url {
            digest: Some(*b"\x5d\x41\x40\x2a\xbc\x4b\x2a\x76\xb9\x71\x9d\x91\x10\x17\xc5\x92"),
            ..url()
        };
        let answer = b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nhello";
        assert_eq!(judge(&hello, answer), Ok(()));
        let answer = b"HTTP/1.0 200 OK\r\n\r\nHello";
        let why = judge(&hello, answer).unwrap_err();
        assert_eq!(why, "MD5 digest 8b1a9953c4611296a827abf8c47804d7");
    }

    #[test]
    fn garbage_is_a_verdict_not_a_trap() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "the answer ends within its header"),
            (
                b"HTTP/1.0 200 OK\r\nA: b",
                "the answer ends within its header",
            ),
            (b"SSH-2.0-OpenSSH\r\n", "not an HTTP answer"),
            (b"\0\x01\x02\xff\xfe\xfd\xfc\xfb", "not an HTTP answer"),
            (b"HTTP/1.0 999999 OK\r\n\r\n", "not an HTTP answer"),
        ];
        for (answer, why) in cases {
            assert_eq!(judge(&url(), answer).unwrap_err(), why);
        }
    }

    #[test]
    fn headers_are_bounded_in_number_and_size() {
        let mut many = b"HTTP/1.0 200 OK\r\n".to_vec();
        many.extend(b"a: b\r\n".repeat(100_000));
        let mut judge = Judge::new(&URL).unwrap();
        let why = many.chunks(PIECE).find_map(|piece| judge.take(piece).err());
        assert_eq!(
            why.unwrap().to_string(),
            "the header is longer than it may be"
        );
        let mut one = b"HTTP/1.0 200 OK\r\na: ".to_vec();
        one.resize(1 << 20, b'x');
        let mut judge = Judge::new(&URL).unwrap();
        let why = one.chunks(PIECE).find_map(|piece| judge.take(piece).err());
        assert_eq!(
            why.unwrap().to_string(),
            "the header is longer than it may be"
        );
        assert!(judge.header.capacity() <= 4 * limits::HTTP_HEADER);
    }

    static URL: std::sync::LazyLock<Url> = std::sync::LazyLock::new(url);
}
