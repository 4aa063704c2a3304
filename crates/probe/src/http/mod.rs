//! `HTTP_GET`, `SSL_GET`: one request on one connection, the answer read to its end.
mod grpc;
mod judge;
mod request;
mod two;

use crate::pattern::Pattern;
use crate::tls::{Context, Contexts};
use crate::{Failure, connect, limits};
use judge::Judge;
use plan::lvs::{Http, HttpVersion, Url};
use std::cell::{OnceCell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Duration, timeout};

/// Octets taken at once.
const PIECE_LENGTH: usize = 16 * 1024;

/// What is made once for all checks of a block.
#[derive(Default)]
pub(crate) struct Pages {
    tls: Option<Rc<Context>>,
    /// The pattern of each url, read when it is first needed.
    patterns: Vec<OnceCell<Result<Pattern, String>>>,
}

impl Pages {
    pub(crate) fn new(http: &Http, tls: &Contexts) -> Pages {
        Pages {
            tls: http
                .tls
                .as_ref()
                .map(|tls_of| tls.get(tls_of.verify.as_ref())),
            patterns: http.urls.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    fn pattern(&self, step: usize, url: &Url) -> Result<Option<&Pattern>, Failure> {
        let (Some(block), Some(cell)) = (&url.regex, self.patterns.get(step)) else {
            return Ok(None);
        };
        let read = cell.get_or_init(|| Pattern::new(block).map_err(|why| why.to_string()));
        let ours = |why: &String| Failure::Ours(why.clone());
        read.as_ref().map(Some).map_err(ours)
    }
}

pub(crate) async fn run(http: &Http, step: u32, pages: &Pages) -> Result<(), Failure> {
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    let url = http.urls.get(step).ok_or(Failure::NotHere)?;
    let judge = Judge::new(url, pages.pattern(step, url)?);
    ask(http, step, url, pages, judge).await?.finish()
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
pub async fn fetch(http: &Http, tls: &Contexts) -> Result<Page, Failure> {
    let url = http.urls.first().ok_or(Failure::NotHere)?;
    let url = Url {
        digest: Some([0; 16]),
        ..url.clone()
    };
    let judge = Judge::new(&url, None);
    let pages = Pages::new(http, tls);
    ask(http, 0, &url, &pages, judge).await?.page()
}

/// Asks, and reads the answer to its end.
async fn ask<'a>(
    http: &Http,
    step: usize,
    url: &Url,
    pages: &Pages,
    judge: Judge<'a>,
) -> Result<Judge<'a>, Failure> {
    let each = http.endpoint.timeout;
    let whole = async {
        let stream = connect::tcp(&http.endpoint).await?;
        let (Some(secure), Some(tls)) = (&http.tls, &pages.tls) else {
            return converse(stream, http, url, judge).await;
        };
        let secure = async {
            let shaken = timeout(each, tls.connect(stream, http, secure, step)).await;
            let stream = shaken.unwrap_or(Err(Failure::Timeout("TLS handshake")))?;
            converse(stream, http, url, judge).await
        };
        // the rarer ways are not to make the others larger
        Box::pin(secure).await
    };
    let judged = timeout(limits::conversation(each), whole).await;
    judged.unwrap_or(Err(Failure::Timeout("the end of the body")))
}

async fn converse<'a>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    http: &Http,
    url: &Url,
    judge: Judge<'a>,
) -> Result<Judge<'a>, Failure> {
    let each = http.endpoint.timeout;
    if http.version == HttpVersion::V2 {
        let two = two::converse(stream, http.tls.is_some(), url, judge, each);
        return Box::pin(two).await;
    }
    one(stream, http.version, url, judge, each).await
}

/// HTTP/1.0 and 1.1. The answer ends with the connection. Its body is what stands on the wire behind
/// the header, chunks and all, up to the length that is announced: so the digests of `genhash` stay
/// what they are.
async fn one<'a>(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    version: HttpVersion,
    url: &Url,
    mut judge: Judge<'a>,
    each: Duration,
) -> Result<Judge<'a>, Failure> {
    let question = request::text(version, url);
    let sent = timeout(each, stream.write_all(question.as_bytes())).await;
    sent.map_err(|_| Failure::Timeout("request"))?
        .map_err(|why| Failure::Io("request", why))?;
    loop {
        let read = timeout(each, take_piece(&mut stream, &mut judge)).await;
        if read.map_err(|_| Failure::Timeout("answer"))?? == 0 {
            return Ok(judge);
        }
    }
}

thread_local! {
    /// Where all read: nothing stays in it from one piece to the next.
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; PIECE_LENGTH]);
}

/// Has the judge take what is there to be read; gives how much it was.
async fn take_piece(
    stream: &mut (impl AsyncRead + Unpin),
    judge: &mut Judge<'_>,
) -> Result<usize, Failure> {
    poll_fn(|context| {
        PIECE.with_borrow_mut(|piece| {
            let mut piece = ReadBuf::new(piece);
            let read = ready!(Pin::new(&mut *stream).poll_read(context, &mut piece));
            read.map_err(|why| Failure::Io("answer", why))?;
            let piece = piece.filled();
            if !piece.is_empty() {
                judge.take(piece)?;
            }
            Poll::Ready(Ok(piece.len()))
        })
    })
    .await
}
