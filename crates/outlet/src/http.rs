//! One JSON text to one web server.
use crate::Failure;
use crate::line::{self, Trust};
use core::time::Duration;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use openssl::base64::encode_block as base64;
use tokio::time::timeout;

const AGENT: &str = concat!("keepalived-rs/", env!("CARGO_PKG_VERSION"));

/// Posts a JSON text to an `http` or `https` URL. An answer of class 2 is success; its body is not
/// read, and redirections are not followed.
///
/// # Errors
/// Why it was not taken.
pub async fn post(
    url: &str,
    ca_file: Option<&str>,
    limit: Duration,
    json: &str,
) -> Result<(), Failure> {
    let place = Place::parse(url)?;
    let mut line = line::connect(&place.host, place.port, limit).await?;
    if place.encrypted {
        let trust = Trust {
            verify: true,
            ca_file,
        };
        line = line::encrypt(line, &place.host, trust, limit).await?;
    }
    let talk = converse(TokioIo::new(line), place.request(json)?);
    let status = timeout(limit, talk).await;
    match status.map_err(|_| Failure::Timeout("an answer"))?? {
        200..=299 => Ok(()),
        // these ask for patience, as 5xx does
        code @ (408 | 425 | 429 | 500..) => Err(Failure::Refused(0, format!("status {code}"))),
        code => Err(Failure::Ours(format!("refused: status {code}"))),
    }
}

async fn converse<L>(line: TokioIo<L>, request: Request<Full<Bytes>>) -> Result<u16, Failure>
where
    TokioIo<L>: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let broken = |why: hyper::Error| Failure::Io(std::io::Error::other(why));
    let (mut sender, connection) = http1::handshake(line).await.map_err(broken)?;
    let answer = sender.send_request(request);
    tokio::pin!(answer, connection);
    let mut open = true;
    loop {
        tokio::select! {
            answer = &mut answer => return Ok(answer.map_err(broken)?.status().as_u16()),
            ended = &mut connection, if open => {
                ended.map_err(broken)?;
                open = false;
            }
        }
    }
}

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    encrypted: bool,
    host: String,
    port: u16,
    path: String,
    /// As the header has it.
    authority: String,
    /// `user:password`.
    login: Option<String>,
}

impl Place {
    fn parse(url: &str) -> Result<Place, Failure> {
        let wrong = || Failure::Ours(format!("{url} is no http or https URL"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let encrypted = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let (login, rest) = match authority.as_str().rsplit_once('@') {
            Some((login, rest)) => (Some(login.to_owned()), rest),
            None => (None, authority.as_str()),
        };
        Ok(Place {
            encrypted,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if encrypted { 443 } else { 80 }),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            authority: rest.to_owned(),
            login,
        })
    }

    fn request(&self, json: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::post(&self.path)
            .header(header::HOST, &self.authority)
            .header(header::USER_AGENT, AGENT)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close");
        if let Some(login) = &self.login {
            let value = format!("Basic {}", base64(login.as_bytes()));
            request = request.header(header::AUTHORIZATION, value);
        }
        let body = Full::new(Bytes::copy_from_slice(json.as_bytes()));
        request
            .body(body)
            .map_err(|why| Failure::Ours(why.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_somewhere_or_are_refused() {
        let place = Place::parse("https://u:p@example.com/hooks/1?a=b").unwrap();
        assert!(place.encrypted && place.port == 443 && place.path == "/hooks/1?a=b");
        assert_eq!(
            (&*place.host, &*place.authority),
            ("example.com", "example.com")
        );
        assert_eq!(place.login.as_deref(), Some("u:p"));
        let place = Place::parse("http://[::1]:8080").unwrap();
        assert_eq!((&*place.host, place.port, &*place.path), ("::1", 8080, "/"));
        for wrong in [
            "",
            "example.com/x",
            "ftp://example.com/",
            "http://",
            "http:///x",
        ] {
            assert!(Place::parse(wrong).is_err(), "{wrong}");
        }
    }
}
