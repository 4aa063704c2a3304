//! The family of an instance. What is written first decides: an address, the source, the
//! group, a peer, or `native_ipv6`; the original drops what comes later and is of the other one.
use crate::keywords::global;
use crate::parse::Cx;
use crate::{Diagnostic, Severity, Span, Spanned};
use std::net::IpAddr;
use wire::{Family, Version};

/// Said of the place that decided.
pub(in crate::keywords) const DECIDES: &str = "what comes first decides";

/// Whether an address can belong to the instance; else what decided.
pub(in crate::keywords) fn fits(cx: &mut Cx, address: IpAddr, at: Span) -> Result<(), Span> {
    let own = match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    };
    let decided = *cx.instance.family.get_or_insert(Spanned::new(own, at));
    if decided.value == own {
        Ok(())
    } else {
        Err(decided.span)
    }
}

/// The same for an address that stands alone: `what` it is goes into the original's complaint.
pub(super) fn demand(cx: &mut Cx, address: IpAddr, at: Span, id: &'static str, what: &str) -> bool {
    let Err(decided) = fits(cx, address, at) else {
        return true;
    };
    let text = format!(
        "Configuration error: VRRP instance[{}] and {what} address[{address}] MUST be of the same family !!! Skipping...",
        cx.name
    );
    let found = Diagnostic::new(id, Severity::Error, text).at(at);
    cx.push(found.label(decided, DECIDES));
    false
}

/// Also decides the version, unless one was written.
pub(super) fn native_ipv6(cx: &mut Cx) {
    let at = cx.here;
    let decided = *cx
        .instance
        .family
        .get_or_insert(Spanned::new(Family::V6, at));
    if decided.value == Family::V4 {
        let text = format!(
            "({}) Cannot specify native_ipv6 with IPv4 addresses",
            cx.name
        );
        return cx.report("native-ipv6", Severity::Error, text, at);
    }
    let version = Spanned::new(Version::V3, at);
    cx.instance.version.get_or_insert(version);
}

/// The first one counts; version 2 cannot be chosen any more for what is IPv6 already.
pub(super) fn version(cx: &mut Cx, written: Spanned<i64>) {
    let wanted = written.map(global::version);
    let known = cx.instance.version.map(|version| version.value);
    let v6 = cx.instance.family.is_some_and(|f| f.value == Family::V6);
    let conflicts = match known {
        Some(known) => known != wanted.value,
        None => v6 && wanted.value == Version::V2,
    };
    if !conflicts {
        cx.instance.version = Some(wanted);
        return;
    }
    let known = match known {
        None => 0,
        Some(Version::V2) => 2,
        Some(Version::V3) => 3,
    };
    let text = format!(
        "({}) vrrp_version {} conflicts with configured or deduced version {known}; ignoring.",
        cx.name, written.value
    );
    cx.report("version-conflict", Severity::Error, text, written.span);
}
