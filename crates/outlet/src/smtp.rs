//! One mail to one mail server (RFC 5321).
//!
//! Without encryption and authentication the dialogue is the original's: `HELO`, not `EHLO`. That
//! is why it is our own: libraries always begin with `EHLO`.
use crate::Failure;
use crate::failure::shown;
use crate::line::{self, Line, Trust};
use core::time::Duration;
use openssl::base64::encode_block as base64;
use plan::{Login, Password, Relay, Security};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

/// Longest line of an answer, in octets; the RFC allows 512.
const LINE: u64 = 2048;
/// Most lines of one answer.
const LINES: usize = 64;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Who we are, for `HELO` or `EHLO`.
    pub helo: String,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// Header and body, lines ended by a line feed.
    pub text: String,
}

/// Hands a mail to a mail server.
///
/// # Errors
/// Why the server did not take it.
pub async fn deliver(relay: &Relay, letter: &Letter) -> Result<(), Failure> {
    let line = line::connect(&relay.host, relay.port, relay.timeout).await?;
    let line = match relay.security {
        Security::Tls => encrypt(line, relay).await?,
        Security::None | Security::StartTls => line,
    };
    let mut talk = Talk::new(line, relay.timeout);
    talk.expect(2, "the greeting").await?;
    if relay.security == Security::None && relay.login.is_none() {
        talk.ask(&format!("HELO {}", letter.helo), 2).await?;
    } else {
        talk = introduce(talk, relay, &letter.helo).await?;
    }
    talk.mail(letter).await?;
    // it has the mail: how it says goodbye does not matter
    let _ = talk.ask("QUIT", 2).await;
    Ok(())
}

async fn encrypt(line: Box<dyn Line>, relay: &Relay) -> Result<Box<dyn Line>, Failure> {
    let trust = Trust {
        verify: relay.verify,
        ca_file: relay.ca_file.as_deref(),
    };
    line::encrypt(line, &relay.host, trust, relay.timeout).await
}

/// `EHLO`, and what it takes to be believed.
async fn introduce(mut talk: Talk, relay: &Relay, helo: &str) -> Result<Talk, Failure> {
    let hello = format!("EHLO {helo}");
    let mut offers = talk.ask(&hello, 2).await?;
    if relay.security == Security::StartTls {
        if !offers
            .iter()
            .any(|line| word(line).eq_ignore_ascii_case("STARTTLS"))
        {
            return Err(Failure::Tls(
                "the server does not offer STARTTLS".to_owned(),
            ));
        }
        talk.ask("STARTTLS", 2).await?;
        let line = talk.into_line()?;
        talk = Talk::new(encrypt(line, relay).await?, relay.timeout);
        offers = talk.ask(&hello, 2).await?;
    }
    if let Some(login) = &relay.login {
        talk.log_in(login, &offers).await?;
    }
    Ok(talk)
}

/// A conversation; each answer has its time.
struct Talk {
    line: BufReader<Box<dyn Line>>,
    limit: Duration,
}

impl Talk {
    fn new(line: Box<dyn Line>, limit: Duration) -> Talk {
        Talk {
            line: BufReader::new(line),
            limit,
        }
    }

    /// The bare connection. What came behind the answer to `STARTTLS` in plain would count as said
    /// in confidence: somebody else may have said it.
    fn into_line(self) -> Result<Box<dyn Line>, Failure> {
        if self.line.buffer().is_empty() {
            Ok(self.line.into_inner())
        } else {
            Err(Failure::Garbage(
                "the server goes on in plain behind STARTTLS",
            ))
        }
    }

    /// Sends a command; gives the lines of the answer when its code begins with this digit.
    async fn ask(&mut self, command: &str, digit: u16) -> Result<Vec<String>, Failure> {
        self.send(&format!("{command}\r\n")).await?;
        self.expect(digit, "an answer").await
    }

    async fn send(&mut self, text: &str) -> Result<(), Failure> {
        let line = self.line.get_mut();
        let sent = async {
            line.write_all(text.as_bytes()).await?;
            line.flush().await
        };
        let sent = timeout(self.limit, sent).await;
        Ok(sent.map_err(|_| Failure::Timeout("sending"))??)
    }

    async fn expect(&mut self, digit: u16, what: &'static str) -> Result<Vec<String>, Failure> {
        let reply = timeout(self.limit, reply(&mut self.line)).await;
        let (code, lines) = reply.map_err(|_| Failure::Timeout(what))??;
        if code / 100 == digit {
            return Ok(lines);
        }
        let said = lines.last().map_or("", String::as_str);
        Err(Failure::Refused(code, format!("{code} {said}")))
    }

    /// `AUTH PLAIN` (RFC 4616), else `AUTH LOGIN`, which some servers have only.
    async fn log_in(&mut self, login: &Login, offers: &[String]) -> Result<(), Failure> {
        let password = password(&login.password)?;
        let offered = |kind: &str| {
            offers.iter().any(|line| {
                let mut words = line.split([' ', '=']);
                let is_auth = words.next().is_some_and(|w| w.eq_ignore_ascii_case("AUTH"));
                is_auth && words.any(|word| word.eq_ignore_ascii_case(kind))
            })
        };
        if offered("PLAIN") {
            let both = [b"\0", login.user.as_bytes(), b"\0", &password].concat();
            self.ask(&format!("AUTH PLAIN {}", base64(&both)), 2)
                .await?;
        } else if offered("LOGIN") {
            self.ask("AUTH LOGIN", 3).await?;
            self.ask(&base64(login.user.as_bytes()), 3).await?;
            self.ask(&base64(&password), 2).await?;
        } else {
            let why = "the mail server offers no authentication that we know (PLAIN, LOGIN)";
            return Err(Failure::Ours(why.to_owned()));
        }
        Ok(())
    }

    /// The mail itself. It goes to whom the server knows, unless that is nobody.
    async fn mail(&mut self, letter: &Letter) -> Result<(), Failure> {
        self.ask(&format!("MAIL FROM:<{}>", letter.from), 2).await?;
        let mut refusal = None;
        let mut accepted = 0;
        for to in &letter.to {
            match self.ask(&format!("RCPT TO:<{to}>"), 2).await {
                Ok(_) => accepted += 1,
                Err(why @ Failure::Refused(..)) => refusal = Some(why),
                Err(why) => return Err(why),
            }
        }
        if let Some(why) = refusal.filter(|_| accepted == 0) {
            return Err(why);
        }
        self.ask("DATA", 3).await?;
        self.send(&data(&letter.text)).await?;
        self.expect(2, "taking the mail").await?;
        Ok(())
    }
}

/// The text as it is sent: lines end with CR LF, a dot at their beginning is doubled.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        if line.starts_with('.') {
            out.push('.');
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    out.push_str(".\r\n");
    out
}

fn word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn password(password: &Password) -> Result<Vec<u8>, Failure> {
    match password {
        Password::Written(secret) => Ok(secret.expose().to_vec()),
        Password::File(path) => {
            let text = std::fs::read(path);
            let text = text.map_err(|why| Failure::Ours(format!("{path}: {why}")))?;
            let first = text.split(|octet| *octet == b'\n').next();
            Ok(first.unwrap_or_default().trim_ascii_end().to_vec())
        }
    }
}

/// An answer: its code, and its lines without it (RFC 5321 section 4.2).
async fn reply(line: &mut BufReader<Box<dyn Line>>) -> Result<(u16, Vec<String>), Failure> {
    let mut lines = Vec::new();
    for _ in 0..LINES {
        let mut octets = Vec::new();
        line.take(LINE).read_until(b'\n', &mut octets).await?;
        if octets.is_empty() {
            return Err(Failure::Garbage("the server closed the connection"));
        }
        let code = octets
            .get(..3)
            .filter(|code| code.iter().all(u8::is_ascii_digit));
        let code = code.and_then(|code| core::str::from_utf8(code).ok()?.parse().ok());
        let Some(code) = code.filter(|_| octets.ends_with(b"\n")) else {
            return Err(Failure::Garbage("the server does not speak SMTP"));
        };
        lines.push(shown(octets.get(4..).unwrap_or_default()));
        if octets.get(3) != Some(&b'-') {
            return Ok((code, lines));
        }
    }
    Err(Failure::Garbage("the server does not end its answer"))
}
