//! Who we are to a mail server when nothing was written: the whole name of this machine, and the
//! user that runs us, as the original has it.

/// The whole name of this machine; `localhost` when nobody knows it. Asks the name service, which
/// may take its time: a thread does that.
pub(super) async fn host() -> String {
    let found = tokio::task::spawn_blocking(linux::names::canonical_host).await;
    let known = found.ok().flatten();
    known.unwrap_or_else(|| "localhost".to_owned())
}

/// The sender of mails.
pub(super) async fn address() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid());
    let user = user.ok().flatten().map(|user| user.name);
    format!("{}@{}", user.as_deref().unwrap_or("root"), host().await)
}
