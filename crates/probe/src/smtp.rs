//! `SMTP_CHECK`: the greeting, `HELO`, `QUIT`.
use crate::failure::shown;
use crate::{Failure, connect, limits};
use plan::lvs::Smtp;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) async fn run(smtp: &Smtp) -> Result<(), Failure> {
    let stream = BufReader::new(connect::tcp(&smtp.endpoint).await?);
    let each = smtp.endpoint.timeout;
    let talk = timeout(limits::conversation(each), converse(stream, smtp));
    talk.await
        .unwrap_or(Err(Failure::Timeout("the whole dialogue")))
}

async fn converse(mut stream: BufReader<TcpStream>, smtp: &Smtp) -> Result<(), Failure> {
    let each = smtp.endpoint.timeout;
    let answer = timeout(each, reply(&mut stream));
    expect(
        b"220",
        &answer.await.map_err(|_| Failure::Timeout("greeting"))??,
    )?;
    send(&mut stream, &format!("HELO {}\r\n", smtp.helo)).await?;
    let answer = timeout(each, reply(&mut stream));
    expect(
        b"250",
        &answer.await.map_err(|_| Failure::Timeout("HELO"))??,
    )?;
    send(&mut stream, "QUIT\r\n").await?;
    // its answer says nothing about the service
    let _ = timeout(each, reply(&mut stream)).await;
    Ok(())
}

async fn send(stream: &mut BufReader<TcpStream>, words: &str) -> Result<(), Failure> {
    let sent = stream.get_mut().write_all(words.as_bytes()).await;
    sent.map_err(|why| Failure::Io("command", why))
}

fn expect(code: &[u8], line: &[u8]) -> Result<(), Failure> {
    if line.starts_with(code) {
        Ok(())
    } else {
        Err(Failure::Refused(shown(line)))
    }
}

/// The last line of an answer: a hyphen behind the code says that more lines follow (RFC 5321
/// section 4.2.1).
async fn reply(stream: &mut BufReader<TcpStream>) -> Result<Vec<u8>, Failure> {
    for _ in 0..limits::SMTP_LINES {
        let mut line = Vec::new();
        let bound = u64::try_from(limits::SMTP_LINE).unwrap_or(u64::MAX);
        let read = stream.take(bound).read_until(b'\n', &mut line).await;
        read.map_err(|why| Failure::Io("answer", why))?;
        if line.is_empty() {
            return Err(Failure::Garbage("the server closed the connection"));
        }
        if !line.ends_with(b"\n") {
            return Err(Failure::TooLong("a line"));
        }
        let coded = line.iter().take(3).all(u8::is_ascii_digit);
        if !coded || line.get(3) != Some(&b'-') {
            return Ok(line);
        }
    }
    Err(Failure::TooLong("an answer"))
}
