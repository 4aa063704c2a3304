//! `http2`: the same question in HTTP/2 (RFC 9113), over TLS or, where the server knows, plain.
use super::judge::Judge;
use super::{grpc, request};
use crate::Failure;
use crate::failure::shown;
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::{Request, Uri, Version};
use plan::lvs::Url;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Duration, timeout};

/// Longest header section, in octets.
const HEADER: u32 = 64 * 1024;

pub(super) async fn converse<'a>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    secure: bool,
    url: &Url,
    judge: Judge<'a>,
    each: Duration,
) -> Result<Judge<'a>, Failure> {
    let mut builder = Builder::new();
    builder.enable_push(false).max_header_list_size(HEADER);
    let shaken = timeout(each, builder.handshake::<_, Bytes>(stream)).await;
    let (send, connection) = within("HTTP/2 handshake", shaken)?;
    let exchange = exchange(send, question(secure, url)?, url, judge, each);
    tokio::pin!(exchange, connection);
    tokio::select! {
        biased;
        judged = &mut exchange => return judged,
        _ = &mut connection => {}
    }
    // the connection ended: what came before that is still to be read
    exchange.await
}

fn question(secure: bool, url: &Url) -> Result<Request<()>, Failure> {
    let ours = |why: http::Error| Failure::Ours(why.to_string());
    let uri = Uri::builder()
        .scheme(if secure { "https" } else { "http" })
        .authority(&*url.host)
        .path_and_query(&*url.path)
        .build()
        .map_err(ours)?;
    let mut question = Request::builder()
        .method(&*url.method)
        .uri(uri)
        .version(Version::HTTP_2);
    if !request::has(url, "user-agent") {
        question = question.header("user-agent", request::AGENT);
    }
    if url.grpc.is_some() {
        question = question
            .header("content-type", "application/grpc")
            .header("te", "trailers");
    }
    for (name, value) in &url.headers {
        question = question.header(name, value);
    }
    question.body(()).map_err(ours)
}

async fn exchange<'a>(
    send: SendRequest<Bytes>,
    question: Request<()>,
    url: &Url,
    mut judge: Judge<'a>,
    each: Duration,
) -> Result<Judge<'a>, Failure> {
    let mut send = within("HTTP/2 settings", timeout(each, send.ready()).await)?;
    let body = match &url.grpc {
        Some(service) => Some(grpc::question(service)),
        None => url.body.as_ref().map(|body| body.as_bytes().to_vec()),
    };
    let sent = send.send_request(question, body.is_none());
    let (answer, mut upload) = sent.map_err(|why| broken(&why))?;
    if let Some(body) = body {
        let sent = upload.send_data(body.into(), true);
        sent.map_err(|why| broken(&why))?;
    }
    let answer = within("answer", timeout(each, answer).await)?;
    judge.take_status(answer.status().as_u16());
    let (head, mut body) = answer.into_parts();
    let mut reply = grpc::Reply::default();
    loop {
        let piece = timeout(each, body.data()).await;
        let piece = piece.map_err(|_| Failure::Timeout("answer"))?;
        let Some(piece) = piece.transpose().map_err(|why| broken(&why))? else {
            break;
        };
        judge.take_body(&piece)?;
        reply.take(&piece);
        let released = body.flow_control().release_capacity(piece.len());
        released.map_err(|why| broken(&why))?;
    }
    let trailers = within("trailers", timeout(each, body.trailers()).await)?;
    if url.grpc.is_some()
        && let Err(why) = reply.judge(&head.headers, trailers.as_ref())
    {
        judge.take_refusal(why);
    }
    Ok(judge)
}

fn within<T>(
    what: &'static str,
    result: Result<Result<T, h2::Error>, tokio::time::error::Elapsed>,
) -> Result<T, Failure> {
    let result = result.map_err(|_| Failure::Timeout(what))?;
    result.map_err(|why| broken(&why))
}

fn broken(why: &h2::Error) -> Failure {
    Failure::Http2(shown(why.to_string().as_bytes()))
}
