//! TLS of `SSL_GET`: as old and as lax as the servers may be, since it is their life and not their
//! identity that is checked. As with the original nothing is verified.
use crate::Failure;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslOptions, SslVerifyMode};
use openssl::x509::X509;
use plan::lvs::Tls;
use std::io;
use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// `SSL_OP_LEGACY_SERVER_CONNECT`: servers without secure renegotiation.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(4);

/// What all connections share.
pub struct Context(Result<SslContext, String>);

impl Context {
    /// `material` has the files' contents, not their names: whoever makes checks may not read them.
    pub fn new(material: &Tls) -> Context {
        Context(build(material).map_err(|why| why.to_string()))
    }

    /// Shakes hands over a connection.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        name: Option<&str>,
        compliant: bool,
    ) -> Result<SslStream<Line>, Failure> {
        let context = self.0.as_ref();
        let context = context.map_err(|why| Failure::Ours(why.clone()))?;
        let ours = |why: ErrorStack| Failure::Ours(why.to_string());
        let mut ssl = Ssl::new(context).map_err(ours)?;
        if let Some(name) = name {
            ssl.set_hostname(name).map_err(ours)?;
        }
        let mut stream = SslStream::new(ssl, Line { stream, compliant }).map_err(ours)?;
        let shaken = Pin::new(&mut stream).connect().await;
        shaken.map_err(|why| Failure::Tls(why.to_string()))?;
        Ok(stream)
    }
}

fn build(material: &Tls) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_verify(SslVerifyMode::NONE);
    context.set_min_proto_version(None)?;
    context.set_security_level(0);
    context.set_cipher_list("ALL:@SECLEVEL=0")?;
    context.set_options(LEGACY_SERVER_CONNECT | SslOptions::IGNORE_UNEXPECTED_EOF);
    if let Some(pem) = &material.certificate {
        let mut chain = X509::stack_from_pem(pem.as_bytes())?.into_iter();
        if let Some(own) = chain.next() {
            context.set_certificate(&own)?;
        }
        for above in chain {
            context.add_extra_chain_cert(above)?;
        }
    }
    if let Some(pem) = &material.key {
        let password = material.password.as_deref().unwrap_or_default();
        let key = PKey::private_key_from_pem_passphrase(pem.as_bytes(), password.as_bytes())?;
        context.set_private_key(&key)?;
    }
    Ok(context.build())
}

/// The connection under TLS. With `tls_compliant` its end is an error there: a server that says
/// farewell (`close_notify`) is heard before the connection ends.
pub(crate) struct Line {
    stream: TcpStream,
    compliant: bool,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(waker, buffer))?;
        let ended = buffer.filled().len() == before && buffer.remaining() > 0;
        if ended && self.compliant {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(waker, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(waker)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(waker)
    }
}
