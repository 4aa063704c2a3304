//! Connections, in plain or encrypted.
use crate::Failure;
use core::pin::Pin;
use core::time::Duration;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_openssl::SslStream;

/// Something to talk over.
pub(crate) trait Line: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Line for T {}

/// How the other side proves its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trust<'a> {
    pub(crate) verify: bool,
    pub(crate) ca_file: Option<&'a str>,
}

/// Connects, the look-up of the name included.
pub(crate) async fn connect(
    host: &str,
    port: u16,
    limit: Duration,
) -> Result<Box<dyn Line>, Failure> {
    let connected = timeout(limit, TcpStream::connect((host, port))).await;
    Ok(Box::new(
        connected.map_err(|_| Failure::Timeout("the connection"))??,
    ))
}

/// Encrypts what is said from now on.
pub(crate) async fn encrypt(
    line: Box<dyn Line>,
    host: &str,
    trust: Trust<'_>,
    limit: Duration,
) -> Result<Box<dyn Line>, Failure> {
    let ours = |why: openssl::error::ErrorStack| Failure::Ours(format!("TLS: {why}"));
    let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(ours)?;
    if let Some(path) = trust.ca_file {
        // not readable now, perhaps readable for the next try
        let failed = |why| Failure::Tls(format!("{path}: {why}"));
        connector.set_ca_file(path).map_err(failed)?;
    }
    if !trust.verify {
        connector.set_verify(SslVerifyMode::NONE);
    }
    let configuration = connector.build().configure().map_err(ours)?;
    let ssl = configuration
        .verify_hostname(trust.verify)
        .into_ssl(host)
        .map_err(ours)?;
    let mut stream = SslStream::new(ssl, line).map_err(ours)?;
    let shaken = timeout(limit, Pin::new(&mut stream).connect()).await;
    match shaken {
        Err(_) => Err(Failure::Timeout("the TLS handshake")),
        Ok(Err(why)) => Err(Failure::Tls(why.to_string())),
        Ok(Ok(())) => Ok(Box::new(stream)),
    }
}
