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
            // each takes as much memory as it needs itself
            Probe::Http(http) => Box::pin(http::run(http, step, &self.pages)).await,
            Probe::Smtp(smtp) => Box::pin(smtp::run(smtp)).await,
            Probe::Dns(dns) => Box::pin(dns::run(dns)).await,
            Probe::Udp(udp) => Box::pin(udp::run(udp)).await,
            Probe::Ping(endpoint) => Box::pin(ping::run(endpoint)).await,
            Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_) => Err(Failure::NotHere),
        }
    }
}

/// A number that is not easily guessed, for the identification of questions.
fn nonce() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::lvs::{Endpoint, Tls};

    /// There are ten thousand of them at a time.
    #[test]
    fn a_check_under_way_is_small() {
        let endpoint = Endpoint::new([127, 0, 0, 1].into(), 80);
        let tls = Contexts::new(&Tls::default());
        let job = Job::new(Probe::Tcp(endpoint.clone()), &tls);
        let size = size_of_val(&job.run(0));
        assert!(size <= 512, "{size} octets");
        let page = plan::lvs::Http {
            endpoint,
            tls: None,
            version: plan::lvs::HttpVersion::V10,
            urls: vec![plan::lvs::Url::get("/", "h.example")],
        };
        let pages = Pages::new(&page, &tls);
        let size = size_of_val(&http::run(&page, 0, &pages));
        assert!(size <= 2048, "{size} octets");
    }
}
