//! Who we are, and as which version of the original we behave.

/// The original's version whose behaviour we follow; tools parse it from the first line of `-v`.
pub(crate) const COMPATIBLE: &str = "Keepalived v2.4.3 (07/20,2026)";

/// The parts of the original's option lists that tools look for and that hold for us.
const CONFIGURE: &str = "--enable-json --enable-bfd --enable-regex --with-init=systemd";
const CONFIG: &str = "VRRP VRRP_AUTH JSON INIT=systemd SYSTEMD_NOTIFY";

/// The text of `--version`.
pub(crate) fn text() -> String {
    format!(
        "{COMPATIBLE}\n\n\
         keepalived-rs {}, a rewrite in Rust that behaves as the version above\n\
         Running on {}\n\n\
         configure options: {CONFIGURE}\n\n\
         Config options:  {CONFIG}\n",
        env!("CARGO_PKG_VERSION"),
        kernel()
    )
}

/// The running kernel, as the original prints it.
pub(crate) fn kernel() -> String {
    nix::sys::utsname::uname().map_or_else(
        |_| "an unknown kernel".into(),
        |u| {
            let part = |s: &std::ffi::OsStr| s.to_string_lossy().into_owned();
            format!(
                "{} {} {}",
                part(u.sysname()),
                part(u.release()),
                part(u.version())
            )
        },
    )
}
