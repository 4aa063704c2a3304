//! Floor 3: mail and webhooks on their way out.
//!
//! [`deliver`] hands one mail to a mail server, [`post`] one JSON text to a web server. Both try
//! once and say what came of it: queues, retries and their bounds belong to the caller. Whatever
//! the other side does costs bounded time and memory.
mod failure;
mod http;
mod line;
mod smtp;

pub use failure::Failure;
pub use http::post;
pub use smtp::{Letter, deliver};
