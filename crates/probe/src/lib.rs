//! Floor 3: health checks as they are made on the wire.
//!
//! [`run`] makes one check and says what came of it. It knows nothing of retries, pools or the
//! load balancer, and whatever a server sends costs bounded time and memory: see [`limits`].
mod connect;
mod dns;
mod failure;
mod http;
pub mod limits;
mod pattern;
mod ping;
mod smtp;
mod tls;
mod udp;

pub use failure::Failure;
pub use http::{Page, fetch};
pub use tls::Context;

use plan::lvs::Probe;

/// Makes a check, or its part `step` (urls of `HTTP_GET`, counted from 0).
///
/// # Errors
/// Why the server is to be taken for dead. `MISC_CHECK`, `FILE_CHECK` and `BFD_CHECK` are not made
/// on the wire and are [`Failure::NotHere`].
pub async fn run(probe: &Probe, step: u32, tls: &Context) -> Result<(), Failure> {
    match probe {
        Probe::Tcp(endpoint) => connect::tcp(endpoint).await.map(drop),
        Probe::Http(http) => http::run(http, step, tls).await,
        Probe::Smtp(smtp) => smtp::run(smtp).await,
        Probe::Dns(dns) => dns::run(dns).await,
        Probe::Udp(udp) => udp::run(udp).await,
        Probe::Ping(endpoint) => ping::run(endpoint).await,
        Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_) => Err(Failure::NotHere),
    }
}

/// A number that is not easily guessed, for the identification of questions.
fn nonce() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
