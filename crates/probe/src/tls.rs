//! TLS of `SSL_GET`: as old and as lax as the servers may be, since it is their life and not their
//! identity that is checked. As with the original nothing is verified, unless it is asked for.
use crate::Failure;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslVerifyMode, SslVersion,
};
use openssl::x509::{X509, X509VerifyResult};
use plan::lvs::{Http, HttpTls, HttpVersion, Tls, Verify};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Waker, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// `SSL_OP_LEGACY_SERVER_CONNECT`: servers without secure renegotiation.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(4);

/// What connections share: one context for all that verify nothing, one for each set of authorities.
pub struct Contexts {
    material: Tls,
    plain: Rc<Context>,
    verifying: RefCell<HashMap<Option<String>, Rc<Context>>>,
}

impl Contexts {
    /// `material` has the files' contents, not their names: whoever makes checks may not read them.
    pub fn new(material: &Tls) -> Contexts {
        Contexts {
            material: material.clone(),
            plain: Rc::new(Context::new(material, Trust::Anybody)),
            verifying: RefCell::default(),
        }
    }

    pub(crate) fn get(&self, verify: Option<&Verify>) -> Rc<Context> {
        let Some(verify) = verify else {
            return Rc::clone(&self.plain);
        };
        let mut known = self.verifying.borrow_mut();
        let context = known.entry(verify.ca.clone());
        let trust = verify.ca.clone().map_or(Trust::System, Trust::These);
        let new = || Rc::new(Context::new(&self.material, trust));
        Rc::clone(context.or_insert_with(new))
    }
}

/// Whose certificates will do.
#[derive(Debug, Clone)]
enum Trust {
    Anybody,
    /// Those that the system's authorities signed.
    System,
    /// Those that these authorities signed, in PEM.
    These(String),
}

/// What some connections share; made when it is first needed.
pub(crate) struct Context {
    material: Tls,
    trust: Trust,
    made: OnceCell<Result<SslContext, String>>,
}

impl Context {
    fn new(material: &Tls, trust: Trust) -> Context {
        Context {
            material: material.clone(),
            trust,
            made: OnceCell::new(),
        }
    }

    fn made(&self) -> Result<&SslContext, Failure> {
        if matches!(&self.trust, Trust::These(pem) if !pem.contains("-BEGIN")) {
            let text = "the file of tls_ca cannot be read or holds no certificate";
            return Err(Failure::Ours(text.into()));
        }
        let make = || build(&self.material, &self.trust);
        let made = self
            .made
            .get_or_init(|| make().map_err(|why| why.to_string()));
        made.as_ref().map_err(|why| Failure::Ours(why.clone()))
    }

    /// Shakes hands over a connection, for one of a check's urls.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        http: &Http,
        secure: &HttpTls,
        step: usize,
    ) -> Result<SslStream<Line>, Failure> {
        let ours = |why: ErrorStack| Failure::Ours(why.to_string());
        let mut ssl = Ssl::new(self.made()?).map_err(ours)?;
        if let Some(name) = secure.names.get(step).and_then(Option::as_deref) {
            ssl.set_hostname(name).map_err(ours)?;
        }
        if let Some(name) = secure.verify.as_ref().and_then(|v| v.names.get(step)) {
            expect(&mut ssl, name).map_err(ours)?;
        }
        let two = http.version == HttpVersion::V2;
        if two {
            ssl.set_alpn_protos(b"\x02h2").map_err(ours)?;
        }
        let line = Line {
            stream,
            compliant: secure.compliant,
        };
        let mut stream = SslStream::new(ssl, line).map_err(ours)?;
        let shaken = Pin::new(&mut stream).connect().await;
        shaken.map_err(|why| refused(stream.ssl(), &why))?;
        if two && stream.ssl().selected_alpn_protocol() != Some(b"h2") {
            return Err(Failure::Tls("the server does not offer HTTP/2".into()));
        }
        Ok(stream)
    }
}

/// Who the certificate has to be of.
fn expect(ssl: &mut Ssl, name: &str) -> Result<(), ErrorStack> {
    match name.parse::<IpAddr>() {
        Ok(address) => ssl.param_mut().set_ip(address),
        Err(_) => ssl.param_mut().set_host(name),
    }
}

fn refused(ssl: &SslRef, why: &openssl::ssl::Error) -> Failure {
    let verified = ssl.verify_result();
    if ssl.ssl_context().verify_mode() != SslVerifyMode::NONE && verified != X509VerifyResult::OK {
        return Failure::Certificate(verified.error_string().to_owned());
    }
    Failure::Tls(why.to_string())
}

fn build(material: &Tls, trust: &Trust) -> Result<SslContext, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    match trust {
        Trust::Anybody => lax(&mut context)?,
        Trust::System => strict(&mut context, None)?,
        Trust::These(pem) => strict(&mut context, Some(pem))?,
    }
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
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

/// Whatever the server may be capable of.
fn lax(context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    context.set_verify(SslVerifyMode::NONE);
    context.set_min_proto_version(None)?;
    context.set_security_level(0);
    context.set_cipher_list("ALL:@SECLEVEL=0")?;
    context.set_options(LEGACY_SERVER_CONNECT);
    Ok(())
}

/// As a browser would have it.
fn strict(context: &mut SslContextBuilder, authorities: Option<&str>) -> Result<(), ErrorStack> {
    context.set_verify(SslVerifyMode::PEER);
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    let Some(pem) = authorities else {
        return context.set_default_verify_paths();
    };
    let store = context.cert_store_mut();
    for authority in X509::stack_from_pem(pem.as_bytes())? {
        store.add_cert(authority)?;
    }
    Ok(())
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
