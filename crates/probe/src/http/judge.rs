//! What an answer is worth.
use super::Page;
use crate::pattern::{Body, Pattern};
use crate::{Failure, limits};
use core::mem::MaybeUninit;
use md5::{Digest, Md5};
use plan::lvs::Url;

/// Reads an answer piece by piece and keeps no more of it than its header, and its body where a
/// regular expression is to be tried on it.
pub(super) struct Judge<'a> {
    url: &'a Url,
    /// The header, so far.
    header: Vec<u8>,
    /// How long it was when a piece came last, and when it was read last.
    read: usize,
    read_at: usize,
    status: Option<u16>,
    digest: Option<Md5>,
    pattern: Option<(&'a Pattern, Body)>,
    length: u64,
    /// So much of the body counts, as the header says.
    counts: u64,
    /// What else speaks against the server, read from its trailers.
    refused: Option<Failure>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(url: &'a Url, pattern: Option<&'a Pattern>) -> Judge<'a> {
        Judge {
            url,
            header: Vec::new(),
            read: 0,
            read_at: 0,
            status: None,
            digest: url.digest.map(|_| Md5::new()),
            pattern: pattern.map(|pattern| (pattern, Body::default())),
            length: 0,
            counts: u64::MAX,
            refused: None,
        }
    }

    /// A piece of an answer in HTTP/1.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.status.is_some() {
            return self.take_body(piece);
        }
        self.header.extend_from_slice(piece);
        if !self.is_worth_reading() {
            return Ok(());
        }
        let mut lines = [const { MaybeUninit::uninit() }; limits::HTTP_HEADERS];
        let mut answer = httparse::Response::new(&mut []);
        let mut config = httparse::ParserConfig::default();
        config.allow_obsolete_multiline_headers_in_responses(true);
        let read = config.parse_response_with_uninit_headers(&mut answer, &self.header, &mut lines);
        match read {
            Ok(httparse::Status::Complete(end)) => {
                self.status = answer.code;
                let announced = answer.headers.iter().find_map(content_length);
                self.counts = announced.unwrap_or(u64::MAX);
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

    /// A header that drips is not read at each drop: at its end, or when it is twice as long.
    fn is_worth_reading(&mut self) -> bool {
        let length = self.header.len();
        let new = self.header.get(self.read.saturating_sub(3)..);
        let ends = new.is_some_and(|new| {
            new.windows(2).any(|pair| pair == b"\n\n")
                || new.windows(3).any(|three| three == b"\n\r\n")
        });
        let worth = ends || length >= 2 * self.read_at || length >= limits::HTTP_HEADER;
        self.read = length;
        if worth {
            self.read_at = length;
        }
        worth
    }

    /// The status, where it was read otherwise.
    pub(super) const fn take_status(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// The last word of the server on itself.
    pub(super) fn take_refusal(&mut self, why: Failure) {
        self.refused = Some(why);
    }

    pub(super) fn take_body(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let room = usize::try_from(self.counts.saturating_sub(self.length)).unwrap_or(usize::MAX);
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.length = self.length.saturating_add(length);
        if self.length > limits::HTTP_BODY {
            return Err(Failure::TooLong("the body"));
        }
        let piece = piece.get(..room).unwrap_or(piece);
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        match &mut self.pattern {
            Some((_, body)) => body.take(piece),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let status = self.status.ok_or_else(|| incomplete(&self.header))?;
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
        if let Some((pattern, body)) = self.pattern {
            pattern.judge(body.octets())?;
        }
        self.refused.map_or(Ok(()), Err)
    }

    pub(super) fn page(self) -> Result<Page, Failure> {
        self.status.ok_or_else(|| incomplete(&self.header))?;
        Ok(Page {
            digest: self.digest.unwrap_or_default().finalize().into(),
            header: self.header,
        })
    }
}

fn content_length(line: &httparse::Header<'_>) -> Option<u64> {
    let text = core::str::from_utf8(line.value).ok()?;
    let number = text.trim().parse().ok();
    number.filter(|_| line.name.eq_ignore_ascii_case("content-length"))
}

const fn incomplete(header: &[u8]) -> Failure {
    if header.is_empty() {
        Failure::Garbage("the server closed the connection without an answer")
    } else {
        Failure::Garbage("the answer ends within its header")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::http) fn url() -> Url {
        Url {
            path: "/a".into(),
            host: "h.example".into(),
            status: vec![(200, 299)],
            digest: None,
            regex: None,
            method: "GET".into(),
            headers: Vec::new(),
            body: None,
            grpc: None,
        }
    }

    /// What comes of an answer, whatever pieces it arrives in.
    fn judge(url: &Url, answer: &[u8]) -> Result<(), String> {
        let whole = |size: usize| {
            let mut judge = Judge::new(url, None);
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
        for length in ["99", "5", "x"] {
            let answer = format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\nhello");
            assert_eq!(judge(&hello, answer.as_bytes()), Ok(()));
        }
        // no more than is announced counts, as with the original
        let answer = b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello, and more";
        assert_eq!(judge(&hello, answer), Ok(()));
        let answer = b"HTTP/1.0 200 OK\r\n\r\nHello";
        let why = judge(&hello, answer).unwrap_err();
        assert_eq!(why, "MD5 digest 8b1a9953c4611296a827abf8c47804d7");
    }

    #[test]
    fn garbage_is_a_verdict_not_a_trap() {
        let cases: [(&[u8], &str); 5] = [
            (b"", "the server closed the connection without an answer"),
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
        let mut judge = Judge::new(&URL, None);
        let why = many.chunks(4096).find_map(|piece| judge.take(piece).err());
        assert_eq!(
            why.unwrap().to_string(),
            "the header is longer than it may be"
        );
        let mut one = b"HTTP/1.0 200 OK\r\na: ".to_vec();
        one.resize(1 << 20, b'x');
        let mut judge = Judge::new(&URL, None);
        let why = one.chunks(4096).find_map(|piece| judge.take(piece).err());
        assert_eq!(
            why.unwrap().to_string(),
            "the header is longer than it may be"
        );
        assert!(judge.header.capacity() <= 4 * limits::HTTP_HEADER);
    }

    static URL: std::sync::LazyLock<Url> = std::sync::LazyLock::new(url);
}
