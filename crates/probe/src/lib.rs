//! Floor 3: health checks as they are made on the wire.
//!
//! A [`Job`] is a check made ready; [`Job::run`] makes it once and says what came of it. It knows
//! nothing of retries, pools or the load balancer, and whatever a server sends costs bounded time
//! and memory: see [`limits`].
mod connect;
mod dialect;
mod dns;
mod failure;
mod http;
pub mod limits;
mod pattern;
mod ping;
mod smtp;
mod tls;
mod udp;

pub use self::http::{Page, fetch};
pub use failure::Failure;
pub use tls::Contexts;

use self::http::Pages;
use plan::lvs::Probe;

/// A check, with all that can be done once and for all done.
pub struct Job {
    probe: Probe,
    pages: Pages,
}

impl Job {
    /// `tls` is shared by all checks.
    pub fn new(probe: Probe, tls: &Contexts) -> Job {
        let pages = match &probe {
            Probe::Http(http) => Pages::new(http, tls),
            _ => Pages::default(),
        };
        Job { probe, pages }
    }

    /// Makes it, or its part `step` (urls of `HTTP_GET`, counted from 0).
    ///
    /// # Errors
    /// Why the server is to be taken for dead. `MISC_CHECK`, `FILE_CHECK` and `BFD_CHECK` are not
    /// made on the wire and are [`Failure::NotHere`].
    pub async fn run(&self, step: u32) -> Result<(), Failure> {
        match &self.probe {
            Probe::Tcp(endpoint) => connect::tcp(endpoint).await.map(drop),
            Probe::Http(http) => http::run(http, step, &self.pages).await,
            Probe::Smtp(smtp) => smtp::run(smtp).await,
            Probe::Dns(dns) => dns::run(dns).await,
            Probe::Udp(udp) => udp::run(udp).await,
            Probe::Ping(endpoint) => ping::run(endpoint).await,
            Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_) => Err(Failure::NotHere),
        }
    }
}

/// A number that is not easily guessed, for the identification of questions.
fn nonce() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
