//! What is asked, octet by octet as the original asks it.
use plan::lvs::{HttpVersion, Url};
use std::fmt::Write;

/// As the original calls itself.
pub(super) const AGENT: &str = "KeepAliveClient";

/// A request of HTTP/1.0 or 1.1. Headers of the url take the place of ours with the same name.
pub(super) fn text(version: HttpVersion, url: &Url) -> String {
    let number = if version == HttpVersion::V11 {
        "1.1"
    } else {
        "1.0"
    };
    let mut out = format!("{} {} HTTP/{number}\r\n", url.method, url.path);
    let mut line = |name: &str, value: &str| {
        if !has(url, name) {
            let _ = write!(out, "{name}: {value}\r\n");
        }
    };
    line("User-Agent", AGENT);
    if version != HttpVersion::V10 {
        line("Connection", "close");
    }
    line("Host", &url.host);
    if let Some(body) = &url.body {
        line("Content-Length", &body.len().to_string());
    }
    for (name, value) in &url.headers {
        let _ = write!(out, "{name}: {value}\r\n");
    }
    out.push_str("\r\n");
    out.push_str(url.body.as_deref().unwrap_or_default());
    out
}

/// Whether the url brings a header of this name.
pub(super) fn has(url: &Url, name: &str) -> bool {
    let mut names = url.headers.iter().map(|(name, _)| name);
    names.any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::judge::tests::url;

    #[test]
    fn requests_are_the_originals() {
        let expected = "GET /a HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: h.example\r\n\r\n";
        assert_eq!(text(HttpVersion::V10, &url()), expected);
        let close = "User-Agent: KeepAliveClient\r\nConnection: close\r\nHost: h.example\r\n\r\n";
        let expected = format!("GET /a HTTP/1.0\r\n{close}");
        assert_eq!(text(HttpVersion::V10Close, &url()), expected);
        let expected = format!("GET /a HTTP/1.1\r\n{close}");
        assert_eq!(text(HttpVersion::V11, &url()), expected);
    }

    #[test]
    fn a_body_and_headers_come_along() {
        let posted = Url {
            method: "POST".into(),
            headers: vec![
                ("user-agent".into(), "mine".into()),
                ("X-A".into(), "b c".into()),
            ],
            body: Some("{}".into()),
            ..url()
        };
        let expected = "POST /a HTTP/1.0\r\nHost: h.example\r\nContent-Length: 2\r\n\
                        user-agent: mine\r\nX-A: b c\r\n\r\n{}";
        assert_eq!(text(HttpVersion::V10, &posted), expected);
    }
}
